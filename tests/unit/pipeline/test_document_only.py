"""Only the PDF is handed over: no mapping, no entry, once, and the accountant enters it."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.unit.pipeline.fakes import PDF, SETTINGS, DepositConnector, invoice, missing_pdf

from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.settings import load_settings
from sellsy_ledger.errors import AccessError, OutcomeUnknown, PostingRefused, TryLater
from sellsy_ledger.pipeline.access import check_access
from sellsy_ledger.pipeline.approval import approve
from sellsy_ledger.pipeline.posting import post_entries
from sellsy_ledger.pipeline.proof import prove
from sellsy_ledger.pipeline.writing import LONGEST_INTENT

LOST = OutcomeUnknown("read timed out")


@pytest.fixture
def basket(world):
    def make(*documents, can_tell=True, posting="panier", capabilities=(), **settings):
        connector = DepositConnector(can_tell=can_tell, **dict(capabilities))
        return world(*documents, connector=connector, posting=posting, **settings)

    return make


def keys(here):
    return [deposit.posting_key for deposit in here.tool.deposits]


@pytest.mark.parametrize("word", ["panier", "document_only"])
def test_the_pdf_is_handed_over_without_any_entry(basket, word):
    here = basket(invoice(1), invoice(2, kind=Kind.PURCHASE_INVOICE), posting=word)
    report = here.night()
    assert report.all_states == {"delivered": 2}
    assert (report.delivered, report.booked) == (2, 0)
    (deposit, _) = here.tool.deposits
    assert (deposit.number, deposit.third_party_name) == ("F-2026-0001", "Client 1")
    assert deposit.pdf == PDF + invoice(1).key.encode()
    (record,) = here.register.load("atelier", [invoice(1).key])
    assert (record.entry, record.ledger_third_party) == (None, None)
    assert (record.posting.entry_id, record.posting.pdf_sha256) == ("D1", record.supporting_document.sha256)
    assert record.posting.posted_at is None
    assert here.night() is None


def test_no_mapping_no_third_party_and_no_ledger_are_asked_for(basket):
    here = basket(invoice(1))
    bare = {name: value for name, value in SETTINGS.items() if name != "mappings"} | {"posting": "panier"}
    here.settings = load_settings(bare, where="test")
    assert all(check.ok for check in check_access(here.company()))
    here.night()
    assert here.state(invoice(1)) == "delivered"
    assert not {"read_ledger", "create_third_party", "find_entry", "post_entry"} & set(here.tool.calls)


def test_a_document_without_its_pdf_waits_whatever_the_settings_say(basket):
    here = basket(invoice(1), without_supporting_document="post")
    here.sellsy.pdfs[invoice(1).key] = missing_pdf()
    here.night()
    assert here.state(invoice(1)) == "waiting(supporting_document_missing)"
    del here.sellsy.pdfs[invoice(1).key]
    here.night()
    assert here.state(invoice(1)) == "delivered"


def test_a_document_of_zero_or_in_another_currency_is_a_piece_too(basket):
    documents = [invoice(1, net_cents=0), invoice(2, currency="USD")]
    here = basket(*documents)
    here.night()
    assert {here.state(document) for document in documents} == {"delivered"}


@pytest.mark.parametrize("arrived", [False, True])
def test_a_lost_answer_is_looked_up_before_anything_is_handed_over_again(basket, arrived):
    here = basket(invoice(1), invoice(2))
    here.tool.script["deposit_document"] = [("after", LOST) if arrived else LOST]
    here.night()
    assert here.state(invoice(1)) == "outcome_unknown"
    assert "perdue" in here.detail(invoice(1))
    here.clock += dt.timedelta(hours=1)
    here.night()
    assert here.state(invoice(1)) == "delivered"
    assert sorted(keys(here)) == [f"sellsy:4242:sales_invoice:{number}" for number in (1, 2)]


def test_a_tool_that_cannot_tell_leaves_a_lost_answer_to_a_person_and_stops_no_first_try(basket):
    here = basket(invoice(1), invoice(2), can_tell=False)
    here.tool.script["deposit_document"] = [("after", LOST)]
    here.night()
    assert (here.state(invoice(1)), here.state(invoice(2))) == ("outcome_unknown", "delivered")
    here.night()
    assert "une personne doit" in here.detail(invoice(1))
    assert len(here.tool.deposits) == 2
    here.register.resolve("atelier", invoice(1).key, entry_id=None, who="marie")
    here.night()
    assert here.state(invoice(1)) == "delivered"
    assert len(here.tool.deposits) == 3


def test_a_lost_answer_is_believed_absent_only_once_the_tool_has_settled(basket):
    here = basket(invoice(1), capabilities={"settles_within_seconds": 600})
    here.tool.script["deposit_document"] = [LOST]
    here.night()
    here.clock += dt.timedelta(seconds=300)
    here.night()
    assert (here.state(invoice(1)), len(here.tool.deposits)) == ("outcome_unknown", 0)
    here.clock += dt.timedelta(seconds=301) + LONGEST_INTENT
    here.night()
    assert (here.state(invoice(1)), len(here.tool.deposits)) == ("delivered", 1)


def test_a_refused_pdf_stops_its_document_only(basket):
    here = basket(invoice(1), invoice(2))
    here.tool.script["deposit_document"] = [
        PostingRefused("no", reason=Reason.REFUSED_BY_TOOL, facts={"detail": "le PDF est chiffré"})
    ]
    here.night()
    assert here.state(invoice(1)) == "rejected(refused_by_tool)"
    assert here.detail(invoice(1)) == "le PDF est chiffré"
    assert here.state(invoice(2)) == "delivered"


@pytest.mark.parametrize("error", [TryLater("connection refused"), AccessError("401")])
def test_what_surely_did_not_leave_is_ready_again(basket, error):
    here = basket(invoice(1))
    here.tool.script["deposit_document"] = [error]
    with pytest.raises(type(error)):
        here.night("retried")
    assert here.state(invoice(1)) == "ready"
    here.register.free_lease("atelier", holder="retried")
    here.night()
    assert len(here.tool.deposits) == 1


def test_a_register_that_was_lost_recognises_what_was_handed_over(basket, world, tmp_path_factory):
    documents = [invoice(identifier) for identifier in range(1, 4)]
    here = basket(*documents)
    here.night()
    from sellsy_ledger.register.store import Register

    lost = world(*documents, connector=here.tool, posting="panier")
    lost.register.close()
    lost.register = Register.open(f"sqlite:///{tmp_path_factory.mktemp('new')}/register.db")
    lost.night("after the loss")
    assert len(here.tool.deposits) == 3
    assert lost.posting(invoice(2)).entry_id == "D2"


def test_a_damaged_pdf_is_read_again_and_never_handed_over(basket):
    here = basket(invoice(1))
    company = here.company()
    (batch,) = here.prepare(company)
    (record,) = here.register.load("atelier", [invoice(1).key])
    (here.folder / "store" / record.supporting_document.path).write_bytes(b"%PDF-damaged")
    post_entries(company, batch)
    assert here.state(invoice(1)) == "waiting(supporting_document_missing)"
    assert here.tool.deposits == []


def test_what_waited_under_another_mode_is_handed_over_and_the_other_way_round(basket, world):
    here = basket(invoice(1), posting="posted")
    here.sellsy.documents[:] = [invoice(1, third_party_name="")]
    here.night()
    assert here.state(invoice(1)).startswith("waiting(third_party")
    other = world(invoice(1), connector=DepositConnector(), posting="panier")
    other.sellsy.pdfs[invoice(1).key] = missing_pdf()
    other.night("b-1")
    there = world(invoice(1), connector=other.tool, posting="panier")
    there.night("b-2")
    assert there.state(invoice(1)) == "delivered"
    assert there.tool.held == []


def test_an_entry_that_another_mode_had_prepared_is_dropped(basket, world):
    here = basket(invoice(1), posting="posted")
    here.prepare(here.company("look"), preview=True)
    here.register.free_lease("atelier", holder="look")
    there = world(invoice(1), connector=here.tool, posting="panier")
    there.night("b-1")
    (record,) = there.register.load("atelier", [invoice(1).key])
    assert (str(record.state), record.entry) == ("delivered", None)


def test_an_approval_covers_the_pdf_and_is_void_once_it_changed(basket):
    here = basket(invoice(1), approval="every_run")
    here.night()
    assert here.state(invoice(1)) == "waiting(approval_pending)"
    company = here.company("approved")
    batches = here.prepare(company)
    assert approve(company, batches, who="comptable") == 1
    here.finish(company, batches)
    assert here.state(invoice(1)) == "delivered"


def test_a_person_says_that_it_was_entered_and_nothing_is_read_back_for_ever(basket):
    here = basket(invoice(1))
    here.night()
    here.register.resolve("atelier", invoice(1).key, entry_id="E900", who="marie")
    assert here.state(invoice(1)) == "posted"
    assert here.night() is None
    assert prove(here.company(), "2026-02").level == "not_provable"


def test_a_month_of_deposits_is_not_provable_although_the_tool_can_be_read(basket):
    here = basket(invoice(1), invoice(2))
    here.night()
    proof = prove(here.company(), "2026-02")
    assert proof.level == "not_provable"
    assert proof.sellsy == proof.register
    assert (proof.ledger.documents, proof.unseen, proof.gaps) == (0, 2, [])


def test_no_queue_is_waited_for_and_no_file_is_delivered(basket):
    here = basket(invoice(1), capabilities={"asynchronous": True, "batches": True, "read_back": False})
    here.night()
    assert here.state(invoice(1)) == "delivered"
    assert not {"wait_until_done", "deliver_batch", "batch_state"} & set(here.tool.calls)


def test_an_entry_in_doubt_is_not_handed_over_as_a_pdf_beside_it(basket):
    """The settings changed to PDFs only while nobody knows whether the entry is in the books."""
    here = basket(invoice(1), posting="posted")
    here.tool.script["post_entry"] = [("after", LOST)]
    here.night()
    here.settings = load_settings({**SETTINGS, "posting": "panier"}, where="test")
    here.night()
    assert here.state(invoice(1)) == "outcome_unknown"
    assert "un envoi par fake, " in here.detail(invoice(1))
    assert (len(here.tool.held), keys(here)) == (1, [])
    here.register.resolve("atelier", invoice(1).key, entry_id=None, who="marie")
    here.night()
    assert (here.state(invoice(1)), len(keys(here))) == ("delivered", 1)


def test_a_pdf_in_doubt_gets_no_entry_beside_it_and_stops_no_other_document(basket):
    here = basket(invoice(1))
    here.tool.script["deposit_document"] = [("after", LOST)]
    here.night()
    here.settings = load_settings({**SETTINGS, "posting": "posted"}, where="test")
    here.sellsy.documents.append(invoice(2))
    here.night()
    assert (here.state(invoice(1)), here.state(invoice(2))) == ("outcome_unknown", "verified")
    assert "PDF" in here.detail(invoice(1))
    assert here.keys_held() == ["sellsy:4242:sales_invoice:2"]
    here.register.resolve("atelier", invoice(1).key, entry_id=None, who="marie")
    here.night()
    assert here.state(invoice(1)) == "verified"
