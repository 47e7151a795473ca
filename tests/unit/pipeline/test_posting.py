"""The posting path against a tool that fails on demand: once, whatever happens, or left to a person."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from tests.unit.pipeline.fakes import CAPABILITIES, FakeConnector, invoice, settings

from sellsy_ledger.core.capabilities import KeySupport, PdfSupport
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import (
    AccessError,
    InvariantBroken,
    OutcomeUnknown,
    PostingConflict,
    PostingRefused,
    TryLater,
)
from sellsy_ledger.pipeline.approval import approve
from sellsy_ledger.pipeline.posting import post_entries
from sellsy_ledger.pipeline.verify import verify_entries
from sellsy_ledger.pipeline.writing import Writer

KEY_1 = "sellsy:4242:sales_invoice:1"


def able(**changes):
    return FakeConnector(capabilities=msgspec.structs.replace(CAPABILITIES, **changes))


def test_the_intent_is_in_the_register_before_the_write(world):
    here = world(invoice(1))
    seen = []
    original = here.tool.post_entry

    def watch(request):
        (record,) = here.register.load("atelier", [invoice(1).key])
        seen.append((str(record.state), record.posting.posting_key, bool(record.posting.payload_hash)))
        return original(request)

    here.tool.post_entry = watch
    here.night()
    assert seen == [("posting", KEY_1, True)]


@pytest.mark.parametrize("written", [False, True], ids=["not written", "written, answer lost"])
def test_a_lost_answer_is_looked_up_by_the_next_run(world, written):
    here = world(invoice(1), invoice(2))
    lost = OutcomeUnknown("read timed out")
    here.tool.script["post_entry"] = [("after", lost) if written else lost]
    report = here.night()
    assert report.all_states == {"outcome_unknown": 1, "verified": 1}
    here.clock += dt.timedelta(hours=1)
    here.night()
    assert here.state(invoice(1)) == "verified"
    assert here.keys_held().count(KEY_1) == 1


def test_a_register_that_is_busy_when_the_answer_comes_is_no_write_that_never_left(world, monkeypatch):
    """A queue shows nothing yet: whoever took the document for unwritten would book it twice."""
    here = world(invoice(1), connector=able(settles_within_seconds=7200))
    store, failed = Writer.store, []

    def busy_once(self, record, **fields):
        if not failed:
            failed.append(fields["state"])
            raise TryLater("the file is busy", tool="register")
        store(self, record, **fields)

    monkeypatch.setattr(Writer, "store", busy_once)
    with pytest.raises(TryLater):
        here.night()
    assert failed == ["posted"]
    assert here.state(invoice(1)) == "outcome_unknown"
    # The queue has not worked it off: a look-up finds nothing.
    here.clock += dt.timedelta(minutes=61)
    here.tool.script["find_entry"] = [None]
    here.night()
    assert here.tool.calls.count("post_entry") == 1
    here.clock += dt.timedelta(days=1)
    here.night()
    assert here.state(invoice(1)) == "verified"
    assert here.keys_held() == [KEY_1]


def test_a_tool_that_cannot_be_asked_leaves_a_lost_answer_to_a_person(world):
    here = world(invoice(1), connector=able(key=KeySupport.NONE))
    here.tool.script["find_entry"] = [None]
    here.tool.script["post_entry"] = [("after", OutcomeUnknown("read timed out"))]
    here.night()
    for _ in range(3):
        here.night()
    assert here.state(invoice(1)) == "outcome_unknown"
    assert here.tool.calls.count("post_entry") == 1


@pytest.mark.parametrize("change", ["variant", "connection"])
def test_what_was_sent_behind_another_variant_or_connection_of_the_tool_is_left_to_a_person(world, change):
    """Asked in other books, the tool would say that it has nothing; and the document would be booked twice."""
    here = world(invoice(1))
    here.tool.script["post_entry"] = [("after", OutcomeUnknown("read timed out"))]
    here.night()
    sent = here.detail(invoice(1))
    if change == "variant":
        here.tool.capabilities = msgspec.structs.replace(here.tool.capabilities, title="Another tool behind")
    else:
        here.settings = settings(tool_conn_id="fake__other")
    here.night()
    assert here.state(invoice(1)) == "outcome_unknown"
    assert "fake__atelier" in here.detail(invoice(1)) != sent
    assert here.tool.calls.count("post_entry") == 1


def test_what_an_earlier_version_sent_is_looked_up_as_before(world, monkeypatch):
    here = world(invoice(1))
    here.tool.script["post_entry"] = [("after", OutcomeUnknown("read timed out"))]
    with monkeypatch.context() as earlier:
        earlier.setattr(Writer, "whole_way", Writer.way)
        here.night()
    (record,) = here.register.load("atelier", [invoice(1).key])
    assert record.posting.way == "fake"
    here.night()
    assert here.state(invoice(1)) == "verified"


def test_a_look_up_that_does_not_answer_keeps_the_outcome_unknown(world):
    here = world(invoice(1))
    here.tool.script["post_entry"] = [("after", OutcomeUnknown("read timed out"))]
    here.night()
    here.tool.script["find_entry"] = [TryLater("503")]
    with pytest.raises(TryLater):
        here.night("retried")
    assert here.state(invoice(1)) == "outcome_unknown"
    here.night("retried")
    assert here.state(invoice(1)) == "verified"
    assert here.keys_held() == [KEY_1]


def test_a_write_that_surely_did_not_leave_makes_the_document_ready_again(world):
    here = world(invoice(1), invoice(2))
    here.tool.script["post_entry"] = [TryLater("connection refused")]
    with pytest.raises(TryLater):
        here.night("retried")
    assert here.state(invoice(1)) == "ready"
    assert here.tool.held == []
    here.night("retried")
    assert len(here.keys_held()) == 2


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (Reason.PERIOD_CLOSED, "waiting(period_closed)"),
        (Reason.ACCOUNT_UNKNOWN, "waiting(account_unknown)"),
        (Reason.REFUSED_BY_TOOL, "rejected(refused_by_tool)"),
    ],
)
def test_a_refusal_stops_its_document_only_and_says_why(world, reason, state):
    here = world(invoice(1), invoice(2))
    refusal = PostingRefused("no", reason=reason, facts={"detail": "445710"}, tool_code="ECR9")
    here.tool.script["post_entry"] = [refusal]
    here.night()
    (record,) = here.register.load("atelier", [invoice(1).key])
    assert here.state(invoice(1)) == state
    assert record.detail == "445710"
    assert here.state(invoice(2)) == "verified"


def test_a_waiting_refusal_is_tried_again_and_a_rejected_one_only_when_asked(world):
    here = world(invoice(1), invoice(2))
    here.tool.script["post_entry"] = [
        PostingRefused("closed", reason=Reason.PERIOD_CLOSED),
        PostingRefused("no", reason=Reason.REFUSED_BY_TOOL),
    ]
    here.night()
    here.night()
    assert here.state(invoice(1)) == "verified"
    assert here.state(invoice(2)) == "rejected(refused_by_tool)"
    here.night(kind="manual", retry="all")
    assert here.state(invoice(2)) == "verified"


def test_refused_access_stops_the_company_and_frees_the_lease(world):
    here = world(invoice(1), invoice(2))
    here.tool.script["post_entry"] = [AccessError("token revoked")]
    with pytest.raises(AccessError):
        here.night()
    assert here.state(invoice(1)) == "ready"
    here.night()
    assert len(here.keys_held()) == 2


def test_several_entries_under_one_key_are_a_conflict(world):
    here = world(invoice(1))
    here.tool.script["find_entry"] = [PostingConflict("two entries under one key")]
    here.night()
    assert here.state(invoice(1)) == "conflict"
    assert here.night() is None, "a conflict is a person's"
    assert here.tool.held == []


def test_an_entry_found_with_other_amounts_is_a_conflict(world):
    here = world(invoice(1))
    here.tool.script["post_entry"] = [("after", OutcomeUnknown("read timed out"))]
    here.night()
    held = here.tool.held[0]
    lines = tuple(
        msgspec.structs.replace(line, debit_cents=line.debit_cents * 2, credit_cents=line.credit_cents * 2)
        for line in held.request.entry.lines
    )
    entry = msgspec.structs.replace(held.request.entry, lines=lines)
    held.request = msgspec.structs.replace(held.request, entry=entry)
    here.night()
    (record,) = here.register.load("atelier", [invoice(1).key])
    assert here.state(invoice(1)) == "conflict"
    assert "240.00 au lieu de 120.00" in record.detail


def test_an_empty_register_recognises_what_is_in_the_books(world, tmp_path_factory):
    documents = [invoice(identifier) for identifier in range(1, 5)]
    here = world(*documents)
    here.night()
    lost = world(*documents, connector=here.tool)
    lost.register.close()
    from sellsy_ledger.register.store import Register

    lost.register = Register.open(f"sqlite:///{tmp_path_factory.mktemp('new')}/register.db")
    lost.night("after the loss")
    assert len(here.keys_held()) == 4
    assert {lost.state(document) for document in documents} == {"verified"}


def test_only_the_first_new_document_of_a_batch_costs_a_look_up(world):
    here = world(*[invoice(identifier) for identifier in range(1, 6)])
    here.night()
    assert here.tool.calls.count("find_entry") == 1
    assert here.tool.calls.count("post_entry") == 5


def test_two_runs_that_both_read_a_document_before_either_posts_write_it_once(world):
    here = world(invoice(1))
    company = here.company("slow")
    (batch,) = here.prepare(company)
    original = here.tool.payload
    hasty = here.company("hasty")

    def overtaken(request):
        # Between our reading and our intent, the lease is lost and another run posts the same batch.
        here.tool.payload = original
        here.register.free_lease("atelier", holder="slow")
        post_entries(hasty, batch)
        here.register.free_lease("atelier", holder="hasty")
        here.register.take_lease("atelier", holder="slow")
        return original(request)

    here.tool.payload = overtaken
    post_entries(company, batch)
    assert here.keys_held() == [KEY_1]
    assert here.state(invoice(1)) == "posted"


def test_a_posting_begun_by_another_run_meanwhile_is_left_to_it(world):
    here = world(invoice(1))
    company = here.company("slow")
    (batch,) = here.prepare(company)
    original = here.tool.payload

    def overtaken(request):
        here.tool.payload = original
        here.register.begin_posting(
            "atelier", invoice(1).key, posting_key=KEY_1, payload_hash="x", draft=False, who="hasty"
        )
        return original(request)

    here.tool.payload = overtaken
    post_entries(company, batch)
    assert here.tool.held == []
    assert here.state(invoice(1)) == "posting"


def test_an_entry_that_disappeared_is_a_conflict(world):
    here = world(invoice(1))
    company = here.company()
    (batch,) = here.prepare(company)
    post_entries(company, batch)
    here.tool.held.clear()
    verify_entries(company, batch)
    (record,) = here.register.load("atelier", [invoice(1).key])
    assert str(record.state) == "conflict"
    assert "disparu" in record.detail


def test_another_pdf_in_the_tool_is_a_conflict(world):
    here = world(invoice(1))
    company = here.company()
    (batch,) = here.prepare(company)
    post_entries(company, batch)
    here.tool.attached["E1"] = b"%PDF-other"
    verify_entries(company, batch)
    (record,) = here.register.load("atelier", [invoice(1).key])
    assert "PDF" in record.detail


def test_a_verification_that_does_not_answer_is_made_up_for_by_the_next_night(world):
    here = world(invoice(1))
    here.tool.script["read_back"] = [TryLater("503")]
    here.night()
    assert here.state(invoice(1)) == "posted"
    here.night()
    assert here.state(invoice(1)) == "verified"
    assert here.tool.calls.count("post_entry") == 1


def test_a_tool_that_cannot_be_read_never_shows_verified(world):
    here = world(invoice(1), connector=able(read_back=False))
    here.night()
    assert here.state(invoice(1)) == "posted"
    assert here.night() is None


def test_an_entry_whose_lines_do_not_come_back_is_never_verified(world):
    """A tool that can be read in general may not show the lines of one entry: nothing was compared then."""
    here = world(invoice(1))
    original = here.tool._shown
    here.tool._shown = lambda held: msgspec.structs.replace(original(held), lines=None)
    here.night()
    assert here.state(invoice(1)) == "posted"
    assert "lignes" in here.detail(invoice(1))
    here.tool._shown = original
    here.night()
    assert (here.state(invoice(1)), here.detail(invoice(1))) == ("verified", "")


def test_a_look_up_that_refuses_its_document_keeps_the_outcome_unknown(world):
    """Only a refused write says that nothing was written; what a look-up refuses may be in the books."""
    here = world(invoice(1))
    here.tool.script["post_entry"] = [("after", OutcomeUnknown("read timed out"))]
    here.night()
    here.tool.script["find_entry"] = [
        PostingRefused("the journal is closed", reason=Reason.REFUSED_BY_TOOL, facts={"detail": "journal fermé"})
    ]
    here.night()
    assert (here.state(invoice(1)), here.detail(invoice(1))) == ("outcome_unknown", "journal fermé")
    here.night()
    assert here.state(invoice(1)) == "verified"
    assert here.keys_held() == [KEY_1]


def test_a_tool_settles_from_when_its_answer_was_lost_not_from_the_intent(world):
    """A quota, an upload or a slow answer may lie between the two."""
    here = world(invoice(1), connector=able(settles_within_seconds=600))
    original = here.tool.post_entry

    def slow(request):
        here.tool.post_entry = original
        here.clock += dt.timedelta(minutes=9)
        raise OutcomeUnknown("read timed out")

    here.tool.post_entry = slow
    here.night()
    here.clock += dt.timedelta(minutes=5)
    here.night()
    assert (here.state(invoice(1)), here.keys_held()) == ("outcome_unknown", [])
    here.clock += dt.timedelta(minutes=11)
    here.night()
    assert (here.state(invoice(1)), here.keys_held()) == ("verified", [KEY_1])


def test_a_document_changed_in_sellsy_while_it_is_in_doubt_is_listed_until_that_is_seen(world):
    """Nothing is stored of the change before the doubt is settled: no quiet night may pass over it then."""
    here = world(invoice(1))
    here.sellsy.tells_marks = True
    here.tool.script["post_entry"] = [("after", OutcomeUnknown("read timed out"))]
    here.night()
    here.sellsy.documents[:] = [invoice(1, net_cents=20000), invoice(2)]
    here.tool.script["find_entry"] = [OutcomeUnknown("no list today")]
    here.night()
    assert here.state(invoice(1)) == "outcome_unknown"
    here.night()
    here.night()
    assert here.state(invoice(1)) == "changed_after_posting"
    assert here.keys_held().count(KEY_1) == 1


def test_a_draft_validated_by_the_accountant_is_no_conflict_later(world):
    here = world(invoice(1), posting="draft")
    company = here.company()
    (batch,) = here.prepare(company)
    post_entries(company, batch)
    held = here.tool.held[0]
    held.request = msgspec.structs.replace(held.request, draft=False)
    here.clock += dt.timedelta(minutes=30)
    here.register.take_lease("atelier", holder=company.run_id)
    here.tool.script["read_back"] = [TryLater("not now")]
    verify_entries(company, batch)
    here.clock += dt.timedelta(hours=20)
    here.night()
    assert here.state(invoice(1)) == "verified"


def test_an_entry_posted_at_once_although_a_draft_was_asked_for_is_a_conflict(world):
    here = world(invoice(1), posting="draft")
    company = here.company()
    (batch,) = here.prepare(company)
    post_entries(company, batch)
    held = here.tool.held[0]
    held.request = msgspec.structs.replace(held.request, draft=False)
    verify_entries(company, batch)
    assert here.state(invoice(1)) == "conflict"


@pytest.mark.parametrize("support", [PdfSupport.AFTER, PdfSupport.WITH_ENTRY])
def test_a_pdf_that_follows_its_entry_is_attached_once(world, support):
    here = world(invoice(1), connector=able(pdf=support))
    original = here.tool.post_entry
    here.tool.post_entry = lambda request: original(msgspec.structs.replace(request, pdf=None))
    here.tool.script["attach_document"] = [OutcomeUnknown("read timed out")]
    here.night()
    assert here.state(invoice(1)) == "posted"
    here.night()
    assert list(here.tool.attached) == ["E1"]
    assert here.state(invoice(1)) == "verified"
    assert here.tool.calls.count("post_entry") == 1


def test_an_entry_found_without_the_pdf_that_was_to_follow_gets_it(world):
    here = world(invoice(1))
    original = here.tool.post_entry

    def dies_before_the_pdf(request):
        original(msgspec.structs.replace(request, pdf=None))
        raise OutcomeUnknown("killed")

    here.tool.post_entry = dies_before_the_pdf
    here.night()
    here.night()
    assert list(here.tool.attached) == ["E1"]
    assert here.state(invoice(1)) == "verified"


def test_a_damaged_stored_pdf_is_read_again_from_sellsy(world):
    here = world(invoice(1))
    company = here.company()
    (batch,) = here.prepare(company)
    (record,) = here.register.load("atelier", [invoice(1).key])
    (here.folder / "store" / record.supporting_document.path).write_bytes(b"%PDF-damaged")
    post_entries(company, batch)
    assert here.state(invoice(1)) == "waiting(supporting_document_missing)"
    here.register.free_lease("atelier", holder=company.run_id)
    here.night()
    assert here.state(invoice(1)) == "verified"


@pytest.mark.parametrize("policy", ["first_run", "every_run"])
def test_nothing_is_posted_before_it_is_approved(world, policy):
    here = world(invoice(1), approval=policy)
    here.night()
    assert here.state(invoice(1)) == "waiting(approval_pending)"
    company = here.company("approved")
    batches = here.prepare(company)
    assert approve(company, batches, who="comptable") == 1
    post_entries(company, batches[0])
    assert here.state(invoice(1)) == "posted"


def test_an_approval_is_void_once_the_document_changed(world):
    here = world(invoice(1), approval="every_run")
    company = here.company("approved")
    batches = here.prepare(company)
    approve(company, batches, who="comptable")
    here.sellsy.documents[:] = [invoice(1, net_cents=20000)]
    batches = here.prepare(company)
    post_entries(company, batches[0])
    assert here.state(invoice(1)) == "waiting(approval_pending)"
    assert here.tool.held == []


def test_after_an_approved_first_run_the_next_runs_need_nobody(world):
    here = world(invoice(1), approval="first_run")
    company = here.company("approved")
    batches = here.prepare(company)
    approve(company, batches, who="comptable")
    post_entries(company, batches[0])
    here.register.free_lease("atelier", holder="approved")
    here.sellsy.documents.append(invoice(2))
    here.night()
    assert here.state(invoice(2)) == "verified"


def test_a_preview_that_reaches_the_posting_step_is_our_own_mistake(world):
    here = world(invoice(1))
    company = here.company()
    (batch,) = here.prepare(company, preview=True)
    with pytest.raises(InvariantBroken):
        post_entries(company, batch)
