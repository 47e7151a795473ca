"""A whole night over fake APIs: what goes, what waits, and that nothing goes twice."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import msgspec
import pytest
from tests.unit.pipeline.fakes import PDF, invoice, missing_pdf

from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import ConfigurationError, DocumentError, LeaseHeld, TryLater
from sellsy_ledger.pipeline.steps import open_batch
from sellsy_ledger.sources.sellsy.listing import Problem


def _raising(error):
    def fail(*arguments):
        raise error

    return fail


def test_a_night_posts_and_verifies_every_document(world):
    documents = [invoice(1), invoice(2), invoice(3, kind=Kind.PURCHASE_INVOICE)]
    here = world(*documents)
    report = here.night()
    assert report.read == report.new == report.worked_on == 3
    assert report.all_states == {"verified": 3}
    assert report.debit_cents == report.credit_cents == 36000
    assert here.keys_held() == [
        "sellsy:4242:purchase_invoice:3",
        "sellsy:4242:sales_invoice:1",
        "sellsy:4242:sales_invoice:2",
    ]


def test_a_second_night_has_nothing_to_do_and_asks_the_tool_nothing(world):
    here = world(invoice(1))
    here.night()
    here.tool.calls.clear()
    here.sellsy.calls.clear()
    assert here.night() is None
    assert here.tool.calls == []
    assert here.sellsy.calls == ["mark", "accounted"]


def test_an_idle_night_leaves_the_lease_free(world):
    here = world(invoice(1))
    here.night()
    here.night()
    here.register.take_lease("atelier", holder="somebody else")


def test_a_document_accounted_late_goes_whatever_its_date(world):
    here = world(invoice(20))
    here.night()
    late = invoice(1)
    here.sellsy.documents.append(late)
    report = here.night()
    assert report.new == 1
    assert here.state(late) == "verified"


def test_nothing_before_the_start_date_is_read(world):
    early = invoice(1, date=dt.date(2025, 12, 31))
    here = world(early, invoice(2))
    here.night(kind="backfill", dated_from=dt.date(2025, 1, 1))
    assert here.register.load("atelier", [early.key]) == []


def test_a_backfill_takes_only_its_interval(world):
    inside, outside = invoice(5), invoice(20)
    here = world(inside, outside)
    here.night(kind="backfill", dated_from=dt.date(2026, 2, 1), dated_to=dt.date(2026, 2, 10))
    assert here.state(inside) == "verified"
    assert here.register.load("atelier", [outside.key]) == []


def test_a_manual_run_takes_only_the_numbers_asked_for(world):
    wanted, other = invoice(5), invoice(6)
    here = world(wanted, other)
    here.night(kind="manual", numbers=(wanted.number,))
    assert here.keys_held() == ["sellsy:4242:sales_invoice:5"]
    assert here.register.load("atelier", [other.key]) == []


def test_a_document_without_its_pdf_waits_and_goes_when_it_appears(world):
    document = invoice(1)
    here = world(document)
    here.sellsy.pdfs[document.key] = missing_pdf()
    report = here.night()
    assert report.reasons == {"supporting_document_missing": 1}
    assert here.tool.held == []
    events = len(here.register.events("atelier", document.key))
    here.night()
    assert len(here.register.events("atelier", document.key)) == events, "waiting again writes no line"
    del here.sellsy.pdfs[document.key]
    here.night()
    assert here.state(document) == "verified"


def test_a_document_without_its_pdf_goes_where_the_settings_say_so(world):
    document = invoice(1)
    here = world(document, without_supporting_document="post")
    here.sellsy.pdfs[document.key] = missing_pdf()
    here.night()
    assert here.state(document) == "verified"
    assert here.tool.held[0].request.pdf is None


def test_allowing_documents_without_pdf_releases_those_that_wait(world):
    document = invoice(1)
    here = world(document)
    here.sellsy.pdfs[document.key] = missing_pdf()
    here.night()
    here.settings = here.settings.model_copy(update={"without_supporting_document": "post"})
    here.night()
    assert here.state(document) == "verified"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>Oups, aucun fichier</html>", "n'est pas un PDF"),
        (b"", "n'est pas un PDF"),
        (PDF + b"x" * (1024 * 1024), "pèse 1 Mo"),
    ],
)
def test_what_is_no_usable_pdf_is_never_sent(world, body, told):
    document, other = invoice(1), invoice(2)
    here = world(document, other)
    here.sellsy.pdfs[document.key] = body
    here.night()
    (record,) = here.register.load("atelier", [document.key])
    assert record.reason is Reason.SUPPORTING_DOCUMENT_MISSING
    assert told in record.detail
    assert here.state(other) == "verified"


def test_a_pdf_service_that_fails_for_one_document_stops_no_other(world):
    document, other = invoice(1), invoice(2)
    here = world(document, other, without_supporting_document="post")
    here.sellsy.pdfs[document.key] = TryLater("503")
    here.night()
    assert here.state(document) == "waiting(supporting_document_missing)", "not missing for good: never sent without"
    assert here.state(other) == "verified"
    del here.sellsy.pdfs[document.key]
    here.night()
    assert here.state(document) == "verified"


def test_a_pdf_service_that_is_down_stops_the_step_and_keeps_what_was_fetched(world):
    documents = [invoice(identifier) for identifier in range(1, 6)]
    here = world(*documents)
    for document in documents[1:]:
        here.sellsy.pdfs[document.key] = TryLater("503")
    with pytest.raises(TryLater):
        here.night()
    (record,) = here.register.load("atelier", [documents[0].key])
    assert record.supporting_document is not None
    here.sellsy.pdfs.clear()
    here.night("run-1")
    assert len(here.keys_held()) == 5


def test_an_unmapped_rate_waits_and_goes_once_it_is_mapped(world):
    document = invoice(1)
    mappings = dict(here_mappings())
    here = world(document, mappings={**mappings, "vat": []})
    here.night()
    assert here.state(document) == "waiting(vat_code_unmapped)"
    events = len(here.register.events("atelier", document.key))
    here.night()
    assert len(here.register.events("atelier", document.key)) == events
    here.settings = here.settings.model_validate({**here.settings.model_dump(mode="json"), "mappings": mappings})
    here.night()
    assert here.state(document) == "verified"


def here_mappings():
    from tests.unit.pipeline.fakes import SETTINGS

    return SETTINGS["mappings"]


def test_a_changed_document_is_worked_on_from_the_start_before_posting(world):
    document = invoice(1)
    here = world(document)
    here.sellsy.pdfs[document.key] = missing_pdf()
    here.night()
    changed = invoice(1, net_cents=20000)
    here.sellsy.documents[:] = [changed]
    del here.sellsy.pdfs[document.key]
    here.night()
    assert here.tool.held[0].request.entry.debit_cents == 24000


def test_a_document_changed_after_posting_is_told_and_never_posted_again(world):
    here = world(invoice(1))
    here.night()
    here.sellsy.documents[:] = [invoice(1, net_cents=20000)]
    here.night()
    assert here.state(invoice(1)) == "changed_after_posting"
    assert len(here.tool.held) == 1


def test_a_document_no_longer_accounted_waits_until_it_is_again(world):
    document = invoice(1)
    here = world(document, invoice(2))
    here.sellsy.pdfs[document.key] = missing_pdf()
    here.night()
    del here.sellsy.pdfs[document.key]
    here.sellsy.documents.remove(document)
    here.night()
    assert here.state(document) == "waiting(not_accounted)"
    assert here.keys_held() == ["sellsy:4242:sales_invoice:2"]
    here.sellsy.documents.append(document)
    here.night()
    assert here.state(document) == "verified"


def test_a_posted_document_no_longer_accounted_is_retracted_and_comes_back_as_posted(world):
    document = invoice(1)
    here = world(document, invoice(2))
    here.night()
    here.sellsy.documents.remove(document)
    here.night()
    assert here.state(document) == "retracted"
    here.sellsy.documents.append(document)
    here.night()
    assert here.state(document) == "verified"
    assert len(here.tool.held) == 2


def test_a_list_that_lost_most_documents_is_not_believed(world, caplog):
    documents = [invoice(identifier) for identifier in range(1, 21)]
    here = world(*documents)
    here.night()
    here.sellsy.documents.clear()
    here.night()
    assert here.state(documents[0]) == "verified"
    assert "too many to be retractions" in caplog.text


def test_details_are_asked_for_once_and_only_where_the_list_does_not_suffice(world):
    here = world(invoice(1))
    here.sellsy.lists_rows = False
    here.sellsy.pdfs[invoice(1).key] = missing_pdf()
    here.night()
    here.night()
    assert here.sellsy.calls.count("detail sales_invoice:1") == 1


def test_a_quiet_journal_spares_the_listing_for_a_week(world):
    here = world(invoice(1))
    here.sellsy.tells_marks = True
    here.night()
    here.sellsy.calls.clear()
    assert here.night() is None
    assert here.sellsy.calls == ["mark"]
    here.clock += dt.timedelta(days=7)
    assert here.night() is None
    assert here.sellsy.calls == ["mark", "mark", "accounted"]


def test_a_quiet_journal_forgets_no_waiting_document(world):
    document = invoice(1)
    here = world(document)
    here.sellsy.tells_marks = True
    here.sellsy.pdfs[document.key] = missing_pdf()
    here.night()
    del here.sellsy.pdfs[document.key]
    here.night()
    assert here.state(document) == "verified"
    assert here.sellsy.calls.count("accounted") == 1


def test_new_settings_or_a_scan_with_something_left_to_ask_list_again(world):
    bad = invoice(1)
    here = world(bad, invoice(2))
    here.sellsy.tells_marks = True
    here.sellsy.lists_rows = False
    here.sellsy.faults["detail", bad.key] = TryLater("503")
    here.night()
    here.sellsy.faults.clear()
    here.night()
    assert here.state(bad) == "verified"
    here.sellsy.calls.clear()
    here.settings = here.settings.model_copy(update={"rounding_cap_cents": 5})
    here.night()
    assert "accounted" in here.sellsy.calls


def test_an_accounted_document_that_cannot_be_read_is_shown_and_heals(world):
    here = world(invoice(2))
    error = DocumentError("amount is NaN", reason=Reason.DOCUMENT_UNREADABLE, facts={"detail": "montant NaN"})
    here.sellsy.problems = [Problem(kind=Kind.SALES_INVOICE, id=1, number="F-2026-0001", error=error)]
    report = here.night()
    assert report.unreadable == 1
    assert here.state(invoice(1)) == "rejected(document_unreadable)"
    assert here.state(invoice(2)) == "verified"
    here.night()
    here.sellsy.problems = []
    here.sellsy.documents.append(invoice(1))
    here.night()
    assert here.state(invoice(1)) == "verified"


def test_a_known_document_that_becomes_unreadable_is_not_posted_as_it_was(world):
    document = invoice(1)
    here = world(document, invoice(2))
    here.sellsy.pdfs[document.key] = missing_pdf()
    here.night()
    del here.sellsy.pdfs[document.key]
    here.sellsy.documents.remove(document)
    error = DocumentError("amount is NaN", reason=Reason.DOCUMENT_UNREADABLE)
    here.sellsy.problems = [Problem(kind=Kind.SALES_INVOICE, id=1, number=document.number, error=error)]
    here.night()
    assert here.state(document) == "waiting(supporting_document_missing)"
    here.sellsy.problems = []
    here.sellsy.documents.append(document)
    here.night()
    assert here.state(document) == "verified"


def test_another_sellsy_account_under_the_same_company_stops_before_anything_is_posted(world):
    here = world(invoice(1))
    here.night()
    here.sellsy.account = "9999"
    with pytest.raises(ConfigurationError, match="4242"):
        here.night()
    assert len(here.keys_held()) == 1


def test_an_unreadable_detail_rejects_its_document_only(world):
    bad, good = invoice(1), invoice(2)
    here = world(bad, good)
    here.sellsy.lists_rows = False
    here.sellsy.faults["detail", bad.key] = DocumentError("NaN", reason=Reason.DOCUMENT_UNREADABLE)
    here.night()
    assert here.state(bad) == "rejected(document_unreadable)"
    assert here.state(good) == "verified"
    events = len(here.register.events("atelier", bad.key))
    here.night()
    assert len(here.register.events("atelier", bad.key)) == events
    del here.sellsy.faults["detail", bad.key]
    here.night()
    assert here.state(bad) == "verified"


def test_a_detail_that_does_not_answer_waits_and_is_asked_for_again(world):
    bad, good = invoice(1), invoice(2)
    here = world(bad, good)
    here.sellsy.lists_rows = False
    here.sellsy.faults["detail", bad.key] = TryLater("503")
    here.night()
    assert here.state(bad) == "waiting(tool_unavailable)"
    assert here.state(good) == "verified"
    here.sellsy.faults.clear()
    here.night()
    assert here.state(bad) == "verified"


def test_rows_that_do_not_suffice_are_never_booked_while_the_detail_does_not_answer(world):
    """Sellsy's journal shows its own default account; the document's own row, which names none, takes the company's."""
    own = invoice(1)
    row = own.rows[0]
    listed = msgspec.structs.replace(
        own, rows_source="journal", rows=(msgspec.structs.replace(row, account="707000", accounting_code_id=None),)
    )
    here = world(own)
    here.sellsy.reference = lambda: SimpleNamespace(
        taxes={}, accounting_codes={}, default_accounts=frozenset({"707000"}), deposit_account=None
    )
    here.sellsy.documents[:] = [listed]
    here.sellsy.detail = lambda document: own
    here.sellsy.detail, healthy = _raising(TryLater("503")), here.sellsy.detail
    here.night()
    assert here.state(own) == "waiting(tool_unavailable)"
    assert here.keys_held() == []
    here.night()
    assert here.keys_held() == []
    here.sellsy.detail = healthy
    here.night()
    assert here.state(own) == "verified"


def test_a_twin_of_a_step_takes_no_intent_back(world):
    """Airflow may believe a task dead and start it again beside itself."""
    document = invoice(1)
    here = world(document)
    company = here.company("the run")
    (batch,) = here.prepare(company)
    with open_batch(company, batch, "compute_rounding") as twin:
        (record,) = list(twin.records())
        here.register.begin_posting(
            "atelier", record.key, posting_key="sellsy:4242:" + record.key, payload_hash="x", draft=False, who="first"
        )
        twin.wait(record, Reason.POSSIBLE_DUPLICATE, "like what the first one is writing")
    assert here.state(document) == "posting"


def test_two_documents_with_the_same_number_and_third_party_are_not_both_posted(world):
    first = invoice(3, kind=Kind.PURCHASE_INVOICE, number="A-1", date=dt.date(2026, 2, 3))
    twin = invoice(6, kind=Kind.PURCHASE_INVOICE, number="A-1", date=dt.date(2026, 2, 4))
    namesake = invoice(7, kind=Kind.PURCHASE_INVOICE, number="A-1", date=dt.date(2026, 2, 4))
    here = world(first, twin, namesake)
    here.night()
    assert here.state(first) == "verified"
    assert here.state(twin) == "waiting(possible_duplicate)"
    assert here.state(namesake) == "verified", "another supplier may use the same number"
    here.night()
    assert here.state(twin) == "waiting(possible_duplicate)"


def test_a_run_that_finds_another_at_work_leaves_it_alone(world):
    here = world(invoice(1))
    here.register.take_lease("atelier", holder="another run")
    with pytest.raises(LeaseHeld):
        here.night()
    assert here.tool.calls == []


def test_a_run_whose_lease_was_stolen_writes_nothing_more(world):
    here = world(invoice(1), invoice(2))
    company = here.company()
    (batch,) = here.prepare(company)
    here.clock += dt.timedelta(hours=2)
    here.register.take_lease("atelier", holder="another run")
    from sellsy_ledger.pipeline.posting import post_entries

    with pytest.raises(LeaseHeld):
        post_entries(company, batch)
    assert here.tool.held == []


def test_a_lease_stolen_in_the_middle_of_a_batch_stops_the_next_write(world):
    here = world(invoice(1), invoice(2))
    company = here.company()
    (batch,) = here.prepare(company)
    from sellsy_ledger.pipeline.posting import post_entries

    original = here.tool.post_entry

    def stolen(request):
        receipt = original(request)
        here.clock += dt.timedelta(hours=2)
        here.register.take_lease("atelier", holder="another run")
        return receipt

    here.tool.post_entry = stolen
    with pytest.raises(LeaseHeld):
        post_entries(company, batch)
    assert len(here.tool.held) == 1
    here.tool.post_entry = original
    here.clock += dt.timedelta(hours=2)
    here.night()
    assert len(here.tool.held) == 2


def test_a_preview_writes_nothing_to_the_tool_and_the_next_night_posts(world):
    document = invoice(1)
    here = world(document)
    here.prepare(here.company("preview"), kind="manual", preview=True)
    assert here.state(document) == "ready"
    assert here.tool.created == []
    assert here.tool.held == []
    here.register.free_lease("atelier", holder="preview")
    here.night()
    assert here.state(document) == "verified"
    assert [created.auxiliary_account for created in here.tool.created] == ["411CLIENT1"]


def test_a_zero_document_is_noted_once_and_forgotten(world):
    document = invoice(1, net_cents=0)
    here = world(document)
    here.night()
    assert here.state(document) == "nothing_to_post(zero_amount)"
    assert here.night() is None


def test_step_reports_hold_no_number_name_or_amount(world):
    here = world(invoice(1))
    company = here.company()
    (batch,) = here.prepare(company)
    from sellsy_ledger.pipeline.posting import post_entries

    text = msgspec.json.encode(post_entries(company, batch).to_dict()).decode()
    assert "posted" in text
    for secret in ("F-2026-0001", "Client", "12000", "120.00"):
        assert secret not in text


def test_batches_are_cut_to_size_and_all_are_posted(world):
    here = world(*[invoice(identifier) for identifier in range(1, 8)])
    report = here.night(batch_size=3)
    assert report.worked_on == 7
    assert here.tool.calls.count("read_ledger") == 1, "one snapshot serves every batch"
    assert len(here.keys_held()) == 7
