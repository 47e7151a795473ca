"""A tool with a queue: an import is asked for by its name, waited for an hour, and never begun twice blindly."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.unit.pipeline.fakes import QueueConnector, invoice

from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, OutcomeUnknown, PostingConflict, PostingRefused, TryLater
from sellsy_ledger.pipeline.imports import await_imports
from sellsy_ledger.pipeline.posting import post_entries
from sellsy_ledger.pipeline.proof import prove
from sellsy_ledger.pipeline.writing import LONGEST_INTENT

KEY_1 = "sellsy:4242:sales_invoice:1"
LOST = OutcomeUnknown("read timed out")
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def queue(world):
    """A world whose tool works an import off after so many seconds."""

    def make(*documents, seconds=0.0, **settings):
        return world(*documents, connector=QueueConnector(seconds), **settings)

    return make


def posted(here, run_id="run-a"):
    company = here.company(run_id)
    (batch,) = here.prepare(company)
    post_entries(company, batch)
    return company, batch


def test_a_whole_batch_is_posted_before_anything_is_waited_for(queue):
    here = queue(*[invoice(identifier) for identifier in range(1, 8)])
    company, batch = posted(here)
    assert here.tool.calls.count("post_entry") == 7
    assert "wait_until_done" not in here.tool.calls
    assert {here.posting(invoice(1)).handle, here.posting(invoice(7)).handle} <= {f"I{n}" for n in range(1, 8)}
    report = await_imports(company, batch)
    assert report.states == {"posted": 7}
    assert here.tool.calls.count("wait_until_done") == 7


def test_while_an_import_runs_the_document_is_being_posted_under_its_name(queue):
    here = queue(invoice(1), seconds=60)
    company, batch = posted(here)
    report = await_imports(company, batch)
    assert report.states == {"posting": 1}
    assert here.posting(invoice(1)).handle == "I1"
    assert here.posting(invoice(1)).posted_at is None
    here.clock += dt.timedelta(seconds=61)
    assert await_imports(company, batch).states == {"posted": 1}
    assert here.posting(invoice(1)).entry_id == "E1"


def test_a_night_with_a_queue_ends_verified(queue):
    here = queue(invoice(1), invoice(2))
    assert here.night().all_states == {"verified": 2}
    assert here.night() is None


def test_a_running_import_is_never_looked_up_and_written_again(queue):
    here = queue(invoice(1), seconds=30 * 60)
    posted(here)
    for _ in range(3):
        here.clock += dt.timedelta(minutes=11)
        here.night("run-a")
    assert here.tool.calls.count("post_entry") == 1
    assert here.keys_held() == [KEY_1]
    assert here.state(invoice(1)) == "verified"


def test_an_import_that_takes_more_than_an_hour_becomes_unknown_and_is_found_later(queue):
    here = queue(invoice(1), seconds=5 * 3600)
    company, batch = posted(here)
    here.clock += HOUR - dt.timedelta(seconds=1)
    assert await_imports(company, batch).states == {"posting": 1}
    here.clock += dt.timedelta(seconds=2)
    assert await_imports(company, batch).states == {"outcome_unknown": 1}
    assert "I1 en une heure" in here.detail(invoice(1))
    here.register.free_lease("atelier", holder="run-a")
    here.clock += HOUR
    here.night()
    assert here.state(invoice(1)) == "outcome_unknown"
    here.clock += 5 * HOUR
    here.night()
    assert here.state(invoice(1)) == "verified"
    assert here.tool.calls.count("post_entry") == 1


def test_an_import_that_never_ends_is_never_written_again(queue):
    here = queue(invoice(1), seconds=10**9)
    posted(here)
    here.register.free_lease("atelier", holder="run-a")
    for _ in range(4):
        here.clock += dt.timedelta(days=1)
        here.night()
    assert here.state(invoice(1)) == "outcome_unknown"
    assert here.tool.calls.count("post_entry") == 1
    story = here.register.events("atelier", invoice(1).key)
    here.clock += dt.timedelta(days=1)
    here.night()
    assert here.register.events("atelier", invoice(1).key) == story, "a night without news writes nothing down"


def test_an_unknown_import_is_settled_by_a_person(queue):
    here = queue(invoice(1), seconds=10**9)
    posted(here)
    here.register.free_lease("atelier", holder="run-a")
    here.clock += 2 * HOUR
    here.night()
    here.tool.queue.clear()
    here.register.resolve("atelier", invoice(1).key, entry_id=None, who="marie")
    assert here.posting(invoice(1)).handle == ""
    here.tool.seconds = 0
    here.clock += 2 * HOUR
    here.night()
    assert here.state(invoice(1)) == "verified"
    assert here.keys_held() == [KEY_1]


@pytest.mark.parametrize(
    ("reason", "state"),
    [(Reason.PERIOD_CLOSED, "waiting(period_closed)"), (Reason.REFUSED_BY_TOOL, "rejected(refused_by_tool)")],
)
def test_an_import_that_is_refused_stops_its_document_only(queue, reason, state):
    here = queue(invoice(1), invoice(2))
    here.tool.refuses[KEY_1] = PostingRefused("no", reason=reason, facts={"detail": "445710"})
    here.night()
    assert here.state(invoice(1)) == state
    assert here.detail(invoice(1)) == "445710"
    assert here.posting(invoice(1)).handle == ""
    assert here.state(invoice(2)) == "verified"
    here.tool.refuses.clear()
    here.night(kind="manual", retry="all")
    assert here.state(invoice(1)) == "verified"


@pytest.mark.parametrize("taken", [False, True], ids=["not taken", "taken, answer lost"])
def test_a_lost_answer_is_believed_absent_only_once_the_tool_has_settled(queue, taken):
    here = queue(invoice(1), seconds=500)
    here.tool.script["find_entry"] = [None]
    here.tool.script["post_entry"] = [("after", LOST) if taken else LOST]
    here.night()
    assert here.state(invoice(1)) == "outcome_unknown"
    here.clock += dt.timedelta(seconds=400)
    here.night()
    assert here.state(invoice(1)) == "outcome_unknown"
    assert "pas encore visible" in here.detail(invoice(1))
    assert here.tool.calls.count("post_entry") == 1
    here.clock += dt.timedelta(seconds=201) + LONGEST_INTENT
    here.night()
    here.clock += dt.timedelta(seconds=501)
    here.night()
    assert here.state(invoice(1)) == "verified"
    assert here.tool.calls.count("post_entry") == (1 if taken else 2)
    assert here.keys_held() == [KEY_1]


def test_looking_again_and_again_does_not_make_the_write_look_younger(queue):
    here = queue(invoice(1))
    here.tool.script["post_entry"] = [LOST]
    here.night()
    for _ in range(7):
        here.clock += dt.timedelta(seconds=150)
        here.night()
    assert here.state(invoice(1)) == "verified"
    assert here.tool.calls.count("post_entry") == 2


def test_a_killed_process_is_the_same_as_a_lost_answer(queue):
    here = queue(invoice(1))
    here.prepare(here.company("killed"))
    here.register.begin_posting(
        "atelier", invoice(1).key, posting_key=KEY_1, payload_hash="x", draft=False, who="killed"
    )
    here.register.free_lease("atelier", holder="killed")
    here.clock += dt.timedelta(seconds=300)
    here.night()
    assert here.state(invoice(1)) == "outcome_unknown"
    assert "post_entry" not in here.tool.calls
    here.clock += dt.timedelta(seconds=301) + LONGEST_INTENT
    here.night()
    assert here.state(invoice(1)) == "verified"


def test_an_import_that_the_tool_forgot_is_found_by_its_entry(queue):
    here = queue(invoice(1), invoice(2))
    company, batch = posted(here)
    here.tool.forgotten |= {"I1", "I2"}
    here.tool.refuses["sellsy:4242:sales_invoice:2"] = PostingRefused("no", reason=Reason.REFUSED_BY_TOOL)
    await_imports(company, batch)
    assert here.state(invoice(1)) == "posted"
    assert here.state(invoice(2)) == "outcome_unknown"
    assert "ne dit plus rien" in here.detail(invoice(2))
    here.register.free_lease("atelier", holder="run-a")
    here.clock += 9 * HOUR
    here.night()
    assert here.state(invoice(2)) == "outcome_unknown"
    assert here.tool.calls.count("post_entry") == 2


def test_an_answer_without_any_name_is_looked_up_like_a_lost_one(queue):
    here = queue(invoice(1))
    original = here.tool.post_entry

    def nameless(request):
        from sellsy_ledger.connectors.base import Receipt

        original(request)
        return Receipt(entry_id="")

    here.tool.post_entry = nameless
    here.night()
    assert here.state(invoice(1)) == "outcome_unknown"
    here.tool.post_entry = original
    here.night()
    assert here.state(invoice(1)) == "verified"
    assert here.keys_held() == [KEY_1]


def test_an_entry_that_was_booked_at_once_is_not_waited_for(queue):
    here = queue(invoice(1))
    from tests.unit.pipeline.fakes import FakeConnector

    here.tool.post_entry = lambda request: FakeConnector.post_entry(here.tool, request)
    here.night()
    assert "wait_until_done" not in here.tool.calls
    assert here.state(invoice(1)) == "verified"


def test_two_entries_found_for_a_forgotten_import_are_a_conflict(queue):
    here = queue(invoice(1))
    company, batch = posted(here)
    here.tool.forgotten.add("I1")
    here.tool.script["find_entry"] = [PostingConflict("two entries under one key")]
    await_imports(company, batch)
    assert here.state(invoice(1)) == "conflict"


def test_one_look_without_an_answer_is_bad_luck_and_three_are_an_outage(queue):
    here = queue(*[invoice(identifier) for identifier in range(1, 5)])
    company, batch = posted(here)
    here.tool.script["wait_until_done"] = [TryLater("503")]
    assert await_imports(company, batch).states == {"posted": 3, "posting": 1}
    here.register.free_lease("atelier", holder="run-a")
    again = queue(*[invoice(identifier) for identifier in range(11, 15)])
    company, batch = posted(again, "run-b")
    again.tool.script["wait_until_done"] = [TryLater("503")] * 3
    with pytest.raises(TryLater):
        await_imports(company, batch)
    assert again.state(invoice(11)) == "posting"


def test_an_outage_does_not_keep_a_document_in_posting_for_ever(queue):
    here = queue(invoice(1))
    company, batch = posted(here)
    here.clock += 2 * HOUR
    here.tool.script["wait_until_done"] = [TryLater("503")]
    assert await_imports(company, batch).states == {"outcome_unknown": 1}
    here.register.free_lease("atelier", holder="run-a")
    here.night()
    assert here.state(invoice(1)) == "verified"


def test_refused_access_while_waiting_stops_the_company_and_frees_it(queue):
    here = queue(invoice(1))
    company, batch = posted(here)
    here.tool.script["wait_until_done"] = [AccessError("token revoked")]
    with pytest.raises(AccessError):
        await_imports(company, batch)
    assert here.state(invoice(1)) == "posting"
    here.night()
    assert here.state(invoice(1)) == "verified"
    assert here.tool.calls.count("post_entry") == 1


def test_the_post_task_repeated_while_its_imports_run_writes_nothing_twice(queue):
    here = queue(invoice(1), invoice(2), seconds=60)
    company, batch = posted(here)
    post_entries(company, batch)
    assert here.tool.calls.count("post_entry") == 2
    here.clock += dt.timedelta(seconds=61)
    post_entries(company, batch)
    assert here.state(invoice(1)) == "posted"


def test_a_twin_that_doubted_does_not_hide_the_name_of_the_import(queue):
    here = queue(invoice(1), seconds=60)
    original = here.tool.post_entry

    def doubted(request):
        receipt = original(request)
        from sellsy_ledger.core.outcomes import State
        from sellsy_ledger.register.store import Change

        here.register.apply("atelier", [Change(key=invoice(1).key, state=State.OUTCOME_UNKNOWN)], who="twin")
        return receipt

    here.tool.post_entry = doubted
    posted(here)
    assert here.state(invoice(1)) == "outcome_unknown"
    assert here.posting(invoice(1)).handle == "I1"
    here.clock += dt.timedelta(seconds=61)
    here.night("run-a")
    assert here.state(invoice(1)) == "verified"
    assert here.tool.calls.count("post_entry") == 1


def test_nothing_is_waited_for_where_the_tool_books_at_once(world):
    here = world(invoice(1))
    company = here.company()
    (batch,) = here.prepare(company)
    post_entries(company, batch)
    assert await_imports(company, batch).states == {"posted": 1}
    assert "wait_until_done" not in here.tool.calls


def test_a_running_import_is_a_gap_in_the_proof(queue):
    here = queue(invoice(1), seconds=10**9)
    posted(here)
    proof = prove(here.company(), "2026-02")
    assert proof.level == "gaps"
