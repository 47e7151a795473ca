"""A tool that imports files: one file a run, whole or not at all, nothing in two of them, whoever dies in between."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from tests.unit.pipeline.fakes import FakeConnector, FileConnector, QueueConnector, invoice, missing_pdf

from sellsy_ledger.connectors.base import BatchState
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import (
    AccessError,
    ConfigurationError,
    DocumentError,
    LeaseHeld,
    OutcomeUnknown,
    PostingConflict,
    TryLater,
)
from sellsy_ledger.pipeline.delivery import batch_name, deliver_batch
from sellsy_ledger.pipeline.posting import post_entries
from sellsy_ledger.pipeline.proof import prove

KEY_1 = "sellsy:4242:sales_invoice:1"
FIRST = "20260301030000"  # 2 h UTC on 1 March is 3 h in Paris


@pytest.fixture
def files(world):
    def make(*documents, **settings):
        return world(*documents, connector=FileConnector(), **settings)

    return make


def collected(here, run_id="run-a", batch_size=200, **selection):
    company = here.company(run_id)
    batches = here.prepare(company, batch_size=batch_size, **selection)
    for batch in batches:
        post_entries(company, batch)
    return company


def test_a_night_delivers_one_file_for_all_its_batches(files):
    documents = [invoice(identifier) for identifier in range(1, 6)]
    here = files(*documents)
    report = here.night(batch_size=2)
    assert list(here.tool.files) == [FIRST]
    assert len(here.tool.files[FIRST]) == 5
    assert report.all_states == {"delivered": 5}
    assert (report.delivered, report.booked) == (5, 0)
    posting = here.posting(invoice(1))
    assert (posting.handle, posting.posted_at, posting.delivered_at) == (FIRST, None, here.clock)
    assert posting.pdf_sha256


def test_a_document_is_looked_up_before_it_gets_the_name_of_the_batch(files):
    here = files(invoice(1), invoice(2))
    company = collected(here)
    assert here.tool.calls.count("find_entry") == 2
    assert (here.state(invoice(1)), here.posting(invoice(1)).handle) == ("posting", FIRST)
    assert here.tool.files == {}
    assert deliver_batch(company).states == {"delivered": 2}


def test_the_step_that_collects_reports_what_is_being_posted(files):
    here = files(invoice(1), invoice(2))
    company = here.company("run-a")
    (batch,) = here.prepare(company)
    assert post_entries(company, batch).states == {"posting": 2}


def test_the_next_night_costs_two_steps_and_delivers_nothing_again(files):
    here = files(invoice(1))
    here.night()
    for _ in range(3):
        here.clock += dt.timedelta(days=1)
        assert here.night() is None
    assert here.tool.calls.count("deliver_batch") == 1


def test_each_run_has_its_own_file(files):
    here = files(invoice(1))
    here.night()
    here.sellsy.documents.append(invoice(2))
    here.clock += dt.timedelta(days=1)
    here.night()
    assert list(here.tool.files) == [FIRST, "20260302030000"]
    assert here.keys_held() == [KEY_1, "sellsy:4242:sales_invoice:2"]


def test_the_batch_is_called_the_same_for_every_try_of_a_run_and_by_paris_time(files):
    here = files(invoice(1))
    here.clock = dt.datetime(2026, 7, 1, 22, 30, 15, tzinfo=dt.UTC)
    company = collected(here)
    here.clock += dt.timedelta(hours=3)
    assert batch_name(company) == "20260702003015"


def test_a_run_that_another_one_followed_has_no_batch_any_more(files):
    here = files(invoice(1))
    company = collected(here)
    here.register.free_lease("atelier", holder="run-a")
    here.night()
    with pytest.raises(ConfigurationError, match="run-a"):
        deliver_batch(company)


def test_what_does_not_fit_into_the_file_waits_and_the_others_leave(files):
    here = files(invoice(1), invoice(2), invoice(3))
    no = DocumentError("too long", reason=Reason.ACCOUNT_UNKNOWN, facts={"detail": "411CLIENT"})
    here.tool.unfit = {KEY_1: no, "sellsy:4242:sales_invoice:2": DocumentError("no", reason=Reason.REFUSED_BY_TOOL)}
    report = here.night()
    assert here.state(invoice(1)) == "waiting(account_unknown)"
    assert here.detail(invoice(1)) == "411CLIENT"
    assert here.state(invoice(2)) == "rejected(refused_by_tool)"
    assert here.state(invoice(3)) == "delivered"
    assert report.delivered == 1
    here.tool.unfit = {}
    here.clock += dt.timedelta(days=1)
    here.night()
    assert here.state(invoice(1)) == "delivered"
    assert here.posting(invoice(1)).handle == "20260302030000"


def test_a_pdf_that_was_lost_meanwhile_leaves_its_document_out(files):
    here = files(invoice(1), invoice(2))
    company = collected(here)
    (record,) = here.register.load("atelier", [invoice(1).key])
    (here.folder / "store" / record.supporting_document.path).write_bytes(b"%PDF-damaged")
    assert deliver_batch(company).states == {"delivered": 1, "waiting": 1}
    assert here.state(invoice(1)) == "waiting(supporting_document_missing)"
    here.register.free_lease("atelier", holder="run-a")
    here.clock += dt.timedelta(days=1)
    here.night()
    assert here.state(invoice(1)) == "delivered"


@pytest.mark.parametrize("written", [False, True], ids=["not written", "written, then killed"])
@pytest.mark.parametrize("retried", [False, True], ids=["next run", "same run again"])
def test_a_delivery_that_was_cut_is_finished_once(files, written, retried):
    here = files(invoice(1), invoice(2))
    lost = OutcomeUnknown("the share went away")
    here.tool.script["deliver_batch"] = [("after", lost) if written else lost]
    company = collected(here)
    with pytest.raises(OutcomeUnknown):
        deliver_batch(company)
    assert here.state(invoice(1)) == "posting"
    if retried:
        deliver_batch(company)
    else:
        here.register.free_lease("atelier", holder="run-a")
        here.clock += dt.timedelta(days=1)
        here.night()
    assert {here.state(invoice(1)), here.state(invoice(2))} == {"delivered"}
    assert here.keys_held() == [KEY_1, "sellsy:4242:sales_invoice:2"]
    assert here.posting(invoice(1)).handle == (FIRST if written or retried else "20260302030000")


def test_killed_while_marking_what_was_delivered(files, monkeypatch):
    documents = [invoice(identifier) for identifier in range(1, 8)]
    here = files(*documents)
    company = collected(here)
    monkeypatch.setattr("sellsy_ledger.pipeline.delivery.LOAD_CHUNK", 3)
    original, applied = here.register.apply, []

    def dies(name, changes, *, who):
        changes = list(changes)
        if applied:
            raise KeyboardInterrupt
        applied.append(changes)
        original(name, changes, who=who)

    monkeypatch.setattr(here.register, "apply", dies)
    with pytest.raises(KeyboardInterrupt):
        deliver_batch(company)
    monkeypatch.setattr(here.register, "apply", original)
    assert sorted(here.state(document) for document in documents) == ["delivered"] * 3 + ["posting"] * 4
    here.register.free_lease("atelier", holder="run-a")
    here.clock += dt.timedelta(days=1)
    here.night()
    assert {here.state(document) for document in documents} == {"delivered"}
    assert len(here.keys_held()) == len(set(here.keys_held())) == 7


def test_killed_between_look_up_and_intent_or_before_delivery_goes_with_the_next_file(files):
    here = files(invoice(1), invoice(2))
    collected(here)
    here.register.free_lease("atelier", holder="run-a")
    here.clock += dt.timedelta(days=1)
    here.night()
    assert list(here.tool.files) == ["20260302030000"]
    assert here.state(invoice(1)) == "delivered"


def test_a_document_that_was_never_looked_up_is_not_in_the_file(files):
    """An intent without the batch's name, as a posting of another mode left it behind."""
    here = files(invoice(1), invoice(2))
    company = here.company("run-a")
    (batch,) = here.prepare(company)
    here.register.begin_posting("atelier", invoice(1).key, posting_key=KEY_1, payload_hash="x", draft=False, who="x")
    here.tool.script["find_entry"] = [TryLater("the share is away")]
    with pytest.raises(TryLater):
        post_entries(company, batch)
    assert deliver_batch(company).states == {}
    assert here.tool.files == {}
    post_entries(company, batch)
    assert deliver_batch(company).states == {"delivered": 2}


def test_a_register_that_was_lost_recognises_what_was_delivered(files, tmp_path_factory, world):
    documents = [invoice(identifier) for identifier in range(1, 4)]
    here = files(*documents)
    here.night()
    from sellsy_ledger.register.store import Register

    lost = world(*documents, connector=here.tool)
    lost.register.close()
    lost.register = Register.open(f"sqlite:///{tmp_path_factory.mktemp('new')}/register.db", now=lambda: lost.clock)
    lost.clock += dt.timedelta(days=1)
    lost.night("after the loss")
    assert len(here.keys_held()) == 3
    assert {lost.state(document) for document in documents} == {"delivered"}
    assert lost.posting(invoice(1)).handle == FIRST
    here.tool.said[FIRST] = BatchState.IMPORTED
    lost.night()
    assert lost.state(invoice(1)) == "posted"


def test_an_acknowledged_import_makes_its_documents_posted(files):
    here = files(invoice(1), invoice(2))
    here.night()
    here.tool.said[FIRST] = BatchState.IMPORTED
    here.clock += dt.timedelta(days=1)
    report = here.night()
    assert report is not None
    assert report.worked_on == 0, "nothing is worked on again"
    assert (report.delivered, report.booked) == (0, 2)
    assert here.posting(invoice(1)).posted_at == here.clock
    assert here.night() is None


def test_an_acknowledgement_is_seen_in_a_night_with_new_documents_too(files):
    here = files(invoice(1))
    here.night()
    here.tool.said[FIRST] = BatchState.IMPORTED
    here.sellsy.documents.append(invoice(2))
    here.clock += dt.timedelta(days=1)
    here.night()
    assert (here.state(invoice(1)), here.state(invoice(2))) == ("posted", "delivered")


def test_a_refused_import_is_a_conflict_that_says_what_to_do_until_it_is_imported(files):
    here = files(invoice(1))
    here.night()
    here.tool.said[FIRST] = BatchState.REFUSED
    here.clock += dt.timedelta(days=1)
    here.night()
    assert here.state(invoice(1)) == "conflict"
    assert FIRST in here.detail(invoice(1))
    assert "register resolve --batch" in here.detail(invoice(1))
    here.clock += dt.timedelta(days=1)
    assert here.night() is None, "a refusal is no news the second time"
    here.tool.said[FIRST] = BatchState.IMPORTED
    here.night()
    assert here.state(invoice(1)) == "posted"


def test_a_person_decides_on_a_whole_file(files):
    here = files(invoice(1), invoice(2))
    here.night()
    keys = here.register.resolve_batch("atelier", FIRST, posted=True, who="marie", note="seen in the journal")
    assert keys == [invoice(1).key, invoice(2).key]
    assert here.state(invoice(1)) == "posted"
    assert here.posting(invoice(1)).posted_at == here.clock
    assert list(here.register.audit("atelier")) == []
    assert here.night() is None


def test_a_file_that_was_withdrawn_leaves_again_as_another_one(files):
    here = files(invoice(1), invoice(2))
    here.night()
    here.tool.held.clear()
    here.tool.files.clear()
    here.register.resolve_batch("atelier", FIRST, posted=False, who="marie")
    assert here.state(invoice(1)) == "ready"
    here.clock += dt.timedelta(days=1)
    here.night()
    assert list(here.tool.files) == ["20260302030000"]
    assert here.keys_held() == [KEY_1, "sellsy:4242:sales_invoice:2"]
    assert list(here.register.audit("atelier")) == []


def test_a_withdrawn_file_that_was_left_there_is_said_so_and_nothing_is_doubled(files):
    here = files(invoice(1))
    here.night()
    here.register.resolve_batch("atelier", FIRST, posted=False, who="marie")
    here.clock += dt.timedelta(days=1)
    here.night()
    assert here.keys_held() == [KEY_1]
    assert here.state(invoice(1)) == "delivered"
    assert "retirez ce fichier" in here.detail(invoice(1))


def test_a_document_that_changed_after_its_delivery_is_told_and_not_delivered_again(files):
    here = files(invoice(1))
    here.night()
    here.sellsy.documents[:] = [invoice(1, net_cents=20000)]
    here.clock += dt.timedelta(days=1)
    here.night()
    assert here.state(invoice(1)) == "changed_after_posting"
    assert here.posting(invoice(1)).posted_at is None
    assert here.keys_held() == [KEY_1]
    here.tool.said[FIRST] = BatchState.IMPORTED
    here.night()
    assert here.state(invoice(1)) == "changed_after_posting"
    assert here.posting(invoice(1)).posted_at == here.clock
    assert here.night() is None


def test_a_delivered_document_taken_back_in_sellsy_is_retracted_and_comes_back_delivered(files):
    here = files(invoice(1), invoice(2))
    here.night()
    here.sellsy.documents[:] = [invoice(2)]
    here.clock += dt.timedelta(days=1)
    here.night()
    assert here.state(invoice(1)) == "retracted"
    here.sellsy.documents[:] = [invoice(1), invoice(2)]
    here.night()
    assert here.state(invoice(1)) == "delivered"
    assert here.tool.calls.count("deliver_batch") == 1


def test_one_document_in_two_files_is_a_conflict(files):
    here = files(invoice(1), invoice(2))
    here.tool.script["find_entry"] = [PostingConflict("in two files")]
    here.night()
    assert here.state(invoice(1)) == "conflict"
    assert here.state(invoice(2)) == "delivered"


def test_an_entry_in_a_file_that_is_not_ours_any_more_is_a_conflict(files, tmp_path_factory, world):
    here = files(invoice(1))
    here.night()
    from sellsy_ledger.register.store import Register

    lost = world(invoice(1, net_cents=30000), connector=here.tool)
    lost.register.close()
    lost.register = Register.open(f"sqlite:///{tmp_path_factory.mktemp('new')}/register.db", now=lambda: lost.clock)
    lost.night("after the loss")
    assert lost.state(invoice(1)) == "conflict"


def test_a_share_that_is_away_delivers_nothing_and_keeps_everything(files):
    here = files(invoice(1))
    here.tool.script["deliver_batch"] = [TryLater("the share is away")]
    company = collected(here)
    with pytest.raises(TryLater):
        deliver_batch(company)
    assert here.state(invoice(1)) == "posting"
    deliver_batch(company)
    assert here.state(invoice(1)) == "delivered"


def test_refused_access_frees_the_company(files):
    here = files(invoice(1))
    here.tool.script["deliver_batch"] = [AccessError("no right to write there")]
    company = collected(here)
    with pytest.raises(AccessError):
        deliver_batch(company)
    here.clock += dt.timedelta(days=1)
    here.night()
    assert here.state(invoice(1)) == "delivered"


def test_an_acknowledgement_that_cannot_be_read_today_is_read_tomorrow(files):
    here = files(invoice(1))
    here.night()
    here.tool.said[FIRST] = BatchState.IMPORTED
    here.tool.script["batch_state"] = [TryLater("the share is away")]
    assert here.night() is None
    here.night()
    assert here.state(invoice(1)) == "posted"


def test_a_run_without_the_lease_delivers_nothing(files):
    here = files(invoice(1))
    company = collected(here)
    here.register.free_lease("atelier", holder="run-a")
    here.register.take_lease("atelier", holder="backfill")
    with pytest.raises(LeaseHeld):
        deliver_batch(company)
    assert here.tool.files == {}


def test_a_backfill_beside_a_night_that_died_takes_its_own_dates_only(files):
    here = files(invoice(1), invoice(20))
    collected(here)
    here.register.free_lease("atelier", holder="run-a")
    here.clock += dt.timedelta(hours=1)
    first = invoice(1).date
    here.night("backfill-1", kind="backfill", dated_from=first, dated_to=first)
    assert here.state(invoice(1)) == "delivered"
    assert here.state(invoice(20)) == "posting"
    here.clock += dt.timedelta(days=1)
    here.night()
    assert here.state(invoice(20)) == "delivered"
    assert len(here.keys_held()) == len(set(here.keys_held())) == 2


def test_a_preview_hands_nothing_over(files):
    here = files(invoice(1))
    company = here.company("look")
    here.prepare(company, preview=True)
    assert deliver_batch(company).states == {}
    assert here.tool.files == {}


def test_a_manual_preview_sees_no_news(files):
    here = files(invoice(1))
    here.night()
    here.tool.said[FIRST] = BatchState.IMPORTED
    assert here.night(kind="manual", preview=True) is None
    assert here.night(kind="manual") is not None
    assert here.state(invoice(1)) == "posted"


def test_a_tool_that_books_at_once_has_nothing_to_deliver(world):
    here = world(invoice(1))
    company = here.company()
    here.prepare(company)
    assert deliver_batch(company).to_dict()["states"] == {}


def test_requests_are_built_one_at_a_time(files):
    here = files(*[invoice(identifier) for identifier in range(1, 30)])
    company = collected(here)
    alive = []

    def slow(batch, requests):
        from sellsy_ledger.connectors.base import BatchResult

        keys = []
        for request in requests:
            alive.append(request.pdf is not None)
            keys.append(request.posting_key)
            opened = sum(call == "get" for call in stored)
            assert opened == len(keys)
        return BatchResult(tuple(keys), {})

    stored = []
    original = company.documents.get

    def get(path):
        if path.endswith(".pdf"):
            stored.append("get")
        return original(path)

    company.documents.get = get
    here.tool.deliver_batch = slow
    deliver_batch(company)
    assert all(alive)


def test_a_delivered_month_is_not_provable_and_still_shows_two_sums(files):
    here = files(invoice(1), invoice(2))
    here.night()
    proof = prove(here.company(), "2026-02")
    assert proof.level == "not_provable"
    assert proof.sellsy == proof.register
    assert (proof.register.documents, proof.ledger, proof.unseen) == (2, None, 2)
    assert proof.gaps == []
    waiting = files(invoice(1), invoice(2), invoice(3))
    waiting.sellsy.pdfs[invoice(3).key] = missing_pdf()
    waiting.night()
    assert prove(waiting.company(), "2026-02").level == "gaps"


def test_nothing_delivered_is_ever_open_again(files):
    from sellsy_ledger.errors import InvariantBroken
    from sellsy_ledger.register.store import Change

    here = files(invoice(1))
    here.night()
    for state in (State.READY, State.SEEN, State.WAITING):
        with pytest.raises(InvariantBroken):
            here.register.apply(
                "atelier", [Change(key=invoice(1).key, state=state, reason=Reason.PERIOD_CLOSED)], who="x"
            )
    here.register.apply("atelier", [Change(key=invoice(1).key, state=State.RETRACTED)], who="x")
    with pytest.raises(InvariantBroken, match="delivered since"):
        here.register.apply("atelier", [Change(key=invoice(1).key, state=State.SEEN)], who="x")


def test_the_approval_of_a_document_covers_the_file(files):
    here = files(invoice(1), approval="every_run")
    from sellsy_ledger.pipeline.approval import approve

    here.night()
    assert here.state(invoice(1)) == "waiting(approval_pending)"
    company = here.company("approved")
    batches = here.prepare(company)
    approve(company, batches, who="comptable")
    here.finish(company, batches)
    assert here.state(invoice(1)) == "delivered"
    assert msgspec.structs.asdict(here.posting(invoice(1)))["handle"] == batch_name(company)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_what_was_collected_for_a_file_is_not_taken_for_an_import_of_another_tool(files, asynchronous):
    """The tool was changed while the file was on its way: the batch's name means nothing to the new one."""
    here = files(invoice(1))
    collected(here)
    other = QueueConnector(tool="other") if asynchronous else FakeConnector()
    other.capabilities = msgspec.structs.replace(other.capabilities, tool="other")
    here.tool = other
    here.night("run-a")
    assert here.state(invoice(1)) == "outcome_unknown"
    assert "fake (fichier)" in here.detail(invoice(1))
    assert other.held == []


def test_what_another_tool_may_have_booked_does_not_go_with_a_file(world):
    here = world(invoice(1))
    here.tool.script["post_entry"] = [OutcomeUnknown("read timed out")]
    here.night()
    here.tool = FileConnector()
    here.night()
    assert (here.state(invoice(1)), here.tool.files) == ("outcome_unknown", {})
