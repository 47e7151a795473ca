"""The intent to post, its unique key, and what a person may decide afterwards."""

from __future__ import annotations

import msgspec
import pytest

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import InvariantBroken, LeaseHeld, PostingConflict
from sellsy_ledger.register.store import Change, Posting, Register
from tests.unit.register.builders import ACME, COMPANY, WHO, Clock, document, entry

KEY = "sales_invoice:1"
POSTING_KEY = "sellsy:1:sales_invoice:1"


@pytest.fixture(autouse=True)
def ready(register: Register) -> None:
    """Documents 1 and 2 are ready."""
    for company in (COMPANY, "other"):
        register.record_seen(company, [(document(number), ACME, "f") for number in (1, 2)], who=WHO)
        changes = [Change(key=f"sales_invoice:{n}", state=State.READY, entry=entry(n)) for n in (1, 2)]
        register.apply(company, changes, who=WHO)


def begin(register: Register, key: str = KEY, posting_key: str = POSTING_KEY, company: str = COMPANY) -> Posting:
    return register.begin_posting(
        company, key, posting_key=posting_key, payload_hash="hash", draft=True, who=WHO, holder=None
    )


def test_the_intent_is_stored_before_anything_is_sent(register: Register, url: str, clock: Clock) -> None:
    posting = begin(register)
    assert (posting.attempts, posting.draft, posting.started_at) == (1, True, clock.at)
    # Another process, right after the call: the commit is done.
    with Register.open(url) as other:
        (record,) = other.load(COMPANY, [KEY])
        assert (record.state, record.posting) == (State.POSTING, posting)
        assert other.events(COMPANY, KEY)[-1].what == "posting_begun"


def test_a_crashed_attempt_counts_so_that_the_next_one_looks_first(register: Register) -> None:
    begin(register)
    assert begin(register).attempts == 2
    register.apply(COMPANY, [Change(key=KEY, state=State.OUTCOME_UNKNOWN)], who=WHO)
    assert begin(register).attempts == 3


def test_a_refused_document_keeps_its_count(register: Register) -> None:
    begin(register)
    register.apply(COMPANY, [Change(key=KEY, state=State.WAITING, reason=Reason.PERIOD_CLOSED)], who=WHO)
    register.apply(COMPANY, [Change(key=KEY, state=State.READY)], who=WHO)
    assert begin(register).attempts == 2


@pytest.mark.parametrize("state", [State.POSTED, State.VERIFIED, State.CHANGED_AFTER_POSTING, State.CONFLICT])
def test_nothing_begins_on_a_booked_document(register: Register, state: State) -> None:
    begin(register)
    register.apply(COMPANY, [Change(key=KEY, state=State.POSTED)], who=WHO)
    register.apply(COMPANY, [Change(key=KEY, state=state)], who=WHO)
    with pytest.raises(InvariantBroken, match="no posting may begin"):
        begin(register)
    (record,) = register.load(COMPANY, [KEY])
    assert record.posting is not None
    assert record.posting.attempts == 1


@pytest.mark.parametrize("state", [State.SEEN, State.WAITING, State.NOTHING_TO_POST])
def test_nothing_begins_on_a_document_that_is_not_ready(register: Register, state: State) -> None:
    register.apply(COMPANY, [Change(key=KEY, state=state, reason=Reason.PERIOD_CLOSED)], who=WHO)
    with pytest.raises(InvariantBroken):
        begin(register)


@pytest.mark.parametrize("company", [COMPANY, "other"])
def test_a_posting_key_belongs_to_one_document_of_the_whole_register(register: Register, company: str) -> None:
    begin(register)
    with pytest.raises(PostingConflict):
        begin(register, "sales_invoice:2", company=company)
    (record,) = register.load(company, ["sales_invoice:2"])
    assert (record.state, record.posting) == (State.READY, None)


def test_a_change_cannot_take_a_posting_key_of_another_document(register: Register) -> None:
    begin(register)
    stolen = Posting(posting_key=POSTING_KEY, payload_hash="x")
    with pytest.raises(PostingConflict):
        register.apply(COMPANY, [Change(key="sales_invoice:2", posting=stolen)], who=WHO)


def test_a_posting_key_never_changes(register: Register) -> None:
    begin(register)
    with pytest.raises(InvariantBroken, match="never changes"):
        begin(register, posting_key="sellsy:2:sales_invoice:1")


@pytest.mark.parametrize("forget", ["remove", "rename", "count back"])
def test_a_posting_is_never_forgotten(register: Register, forget: str) -> None:
    begin(register)
    posting = begin(register)
    worse = {
        "remove": None,
        "rename": msgspec.structs.replace(posting, posting_key="other"),
        "count back": msgspec.structs.replace(posting, attempts=0),
    }[forget]
    with pytest.raises(InvariantBroken, match="may not forget"):
        register.apply(COMPANY, [Change(key=KEY, posting=worse)], who=WHO)


def test_an_unknown_document_begins_nothing(register: Register) -> None:
    with pytest.raises(InvariantBroken, match="knows no document"):
        begin(register, "sales_invoice:404")


def test_a_run_that_lost_its_lease_begins_nothing(register: Register, clock: Clock) -> None:
    def begin_as(holder: str) -> Posting:
        return register.begin_posting(
            COMPANY, KEY, posting_key=POSTING_KEY, payload_hash="h", draft=False, who=WHO, holder=holder
        )

    with pytest.raises(LeaseHeld, match="take it again"):
        begin_as("run-1")
    register.take_lease(COMPANY, holder="run-1", seconds=60)
    clock.advance(61)
    with pytest.raises(LeaseHeld):
        begin_as("run-1")
    register.take_lease(COMPANY, holder="run-2", seconds=60)
    with pytest.raises(LeaseHeld, match="held by run-2"):
        begin_as("run-1")
    assert register.load(COMPANY, [KEY])[0].state is State.READY
    assert begin_as("run-2").attempts == 1


@pytest.mark.parametrize("doubt", [State.POSTING, State.OUTCOME_UNKNOWN, State.CONFLICT])
def test_a_person_says_that_it_is_booked(register: Register, doubt: State, clock: Clock) -> None:
    begin(register)
    if doubt is not State.POSTING:
        register.apply(COMPANY, [Change(key=KEY, state=doubt)], who=WHO)
    clock.advance(3600)
    register.resolve(COMPANY, KEY, entry_id="E77", who="marie", note="seen in the journal")
    (record,) = register.load(COMPANY, [KEY])
    assert record.state is State.POSTED
    assert record.posting is not None
    assert (record.posting.entry_id, record.posting.posted_at) == ("E77", clock.at)
    last = register.events(COMPANY, KEY)[-1]
    assert (last.what, last.who, last.note) == ("resolved", "marie", "seen in the journal")


def test_a_person_says_that_nothing_was_booked_and_the_next_try_still_looks_first(register: Register) -> None:
    begin(register)
    register.apply(COMPANY, [Change(key=KEY, state=State.POSTED)], who=WHO)
    register.apply(COMPANY, [Change(key=KEY, state=State.CONFLICT, detail="gone")], who=WHO)
    register.resolve(COMPANY, KEY, entry_id=None, who="marie")
    (record,) = register.load(COMPANY, [KEY])
    assert (record.state, record.detail) == (State.READY, "")
    assert begin(register).attempts == 2


@pytest.mark.parametrize("state", [State.READY, State.POSTED])
def test_there_is_nothing_to_resolve_without_a_doubt(register: Register, state: State) -> None:
    if state is State.POSTED:
        begin(register)
        register.apply(COMPANY, [Change(key=KEY, state=state)], who=WHO)
    with pytest.raises(InvariantBroken, match="no doubt"):
        register.resolve(COMPANY, KEY, entry_id="E1", who="marie")


def test_twins_are_found_by_journal_and_piece(register: Register) -> None:
    assert register.same_pieces(COMPANY, [KEY, "sales_invoice:2"]) == {}
    register.apply(COMPANY, [Change(key="sales_invoice:2", entry=entry(1))], who=WHO)
    assert register.same_pieces(COMPANY, [KEY]) == {KEY: ["sales_invoice:2"]}
    assert register.same_pieces(COMPANY, ["sales_invoice:2", KEY]) == {
        KEY: ["sales_invoice:2"],
        "sales_invoice:2": [KEY],
    }
    assert register.same_pieces(COMPANY, []) == {}


def test_every_twin_of_a_piece_is_named(register: Register) -> None:
    others = [f"sales_invoice:{number}" for number in range(3, 6)]
    register.record_seen(COMPANY, [(document(number), ACME, "f") for number in range(3, 6)], who=WHO)
    register.apply(COMPANY, [Change(key=key, state=State.READY, entry=entry(1)) for key in others], who=WHO)
    assert register.same_pieces(COMPANY, [KEY, "sales_invoice:2"]) == {KEY: others}


def test_one_number_in_two_journals_or_in_two_companies_makes_no_twins(register: Register) -> None:
    elsewhere = msgspec.structs.replace(entry(1), journal="AC")
    register.apply(COMPANY, [Change(key="sales_invoice:2", entry=elsewhere)], who=WHO)
    assert register.same_pieces(COMPANY, [KEY, "sales_invoice:2"]) == {}
    assert register.same_pieces("other", [KEY]) == {}


def test_twins_are_found_among_more_documents_than_a_statement_takes(register: Register) -> None:
    keys = [f"sales_invoice:{number}" for number in range(1, 1203)]
    register.apply(COMPANY, [Change(key="sales_invoice:2", entry=entry(1))], who=WHO)
    found = register.same_pieces(COMPANY, [*reversed(keys)])
    assert found == {KEY: ["sales_invoice:2"], "sales_invoice:2": [KEY]}
