"""What the register remembers of documents, and how their states move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec
import pytest

from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.register.rows import StoredDocument
from sellsy_ledger.register.states import BOOKED, OPEN, TRANSITIONS
from sellsy_ledger.register.store import Change, Posting, Register
from sellsy_ledger.register.tables import document as document_table
from tests.unit.register.builders import ACME, ACME_IN_TOOL, COMPANY, PDF, WHO, Clock, document, entry

KEY = "sales_invoice:1"
# More than a PostgreSQL index takes, and not compressible.
LONG = "".join(map(chr, range(0x4E00, 0x6000)))


def see(register: Register, *documents: Document, fingerprint: str = "f1") -> list[str]:
    return register.record_seen(COMPANY, [(item, ACME, fingerprint) for item in documents], who=WHO)


def book(register: Register, *, verified: bool = False) -> None:
    """Take document 1 all the way."""
    register.apply(COMPANY, [Change(key=KEY, state=State.READY, entry=entry())], who=WHO)
    posting = register.begin_posting(
        COMPANY, KEY, posting_key="sellsy:1:sales_invoice:1", payload_hash="p", draft=False, who=WHO
    )
    posting = msgspec.structs.replace(posting, entry_id="E1", posted_at=dt.datetime(2026, 2, 1, 3, tzinfo=dt.UTC))
    register.apply(COMPANY, [Change(key=KEY, state=State.POSTED, posting=posting)], who=WHO)
    if verified:
        register.apply(COMPANY, [Change(key=KEY, state=State.VERIFIED)], who=WHO)


def state(register: Register) -> State:
    return register.load(COMPANY, [KEY])[0].state


def whats(register: Register) -> list[str]:
    return [event.what for event in register.events(COMPANY, KEY)]


def test_rows_have_the_columns_of_the_table_in_order() -> None:
    columns = tuple(column.name for column in document_table.columns)
    assert StoredDocument.__struct_fields__[: len(columns)] == columns


def test_a_new_document_is_seen_and_comes_back_as_it_was(register: Register, clock: Clock) -> None:
    assert see(register, document(1)) == [KEY]
    (record,) = register.load(COMPANY, [KEY])
    assert (record.document, record.third_party, record.fingerprint) == (document(1), ACME, "f1")
    assert (record.state, record.reason, record.entry, record.posting) == (State.SEEN, None, None, None)
    assert record.first_seen_at == record.updated_at == clock.at
    (event,) = register.events(COMPANY, KEY)
    assert (event.what, event.who, event.state, event.hash_before) == ("seen", WHO, "seen", "")
    assert len(event.hash_after) == 64


def test_the_same_document_again_writes_nothing(register: Register) -> None:
    see(register, document(1))
    assert see(register, document(1)) == []
    assert whats(register) == ["seen"]


def test_a_stream_of_documents_is_taken_in_chunks_and_repeats_do_not_double(register: Register) -> None:
    def pages() -> Iterator[tuple[Document, ThirdParty | None, str]]:
        for number in [*range(1, 1200), 1199, 5]:
            yield document(number), ACME, f"f{number}"

    new = register.record_seen(COMPANY, pages(), who=WHO)
    assert sorted(new) == sorted(f"sales_invoice:{number}" for number in range(1, 1200))
    assert register.counts(COMPANY) == {(State.SEEN, None): 1199}
    assert [record.key for record in register.records(COMPANY, new[:3])] == new[:3]


def test_reading_the_stream_holds_no_transaction_open(register: Register, url: str) -> None:
    with Register.open(url, busy_seconds=0.2) as other:

        def pages() -> Iterator[tuple[Document, ThirdParty | None, str]]:
            yield document(1), ACME, "f1"
            other.store_note(COMPANY, "cursor", "1")
            yield document(2), ACME, "f2"

        assert len(register.record_seen(COMPANY, pages(), who=WHO)) == 2


def test_companies_do_not_see_each_other(register: Register) -> None:
    see(register, document(1))
    assert register.load("other", [KEY]) == []
    assert register.select("other") == []
    assert register.counts("other") == {}
    assert register.companies() == [COMPANY]


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (State.WAITING, Reason.VAT_CODE_UNMAPPED),
        (State.READY, None),
        (State.REJECTED, Reason.REFUSED_BY_TOOL),
        (State.NOTHING_TO_POST, Reason.ZERO_AMOUNT),
    ],
)
def test_changed_content_starts_again_while_nothing_is_booked(
    register: Register, before: State, reason: Reason | None
) -> None:
    see(register, document(1))
    register.apply(
        COMPANY,
        [
            Change(
                key=KEY,
                state=before,
                reason=reason,
                detail="20 %",
                entry=entry(),
                supporting_document=PDF,
                ledger_third_party=ACME_IN_TOOL,
            )
        ],
        who=WHO,
    )
    assert see(register, document(1, gross_cents=24000), fingerprint="f2") == []
    (record,) = register.load(COMPANY, [KEY])
    assert (record.state, record.reason, record.detail) == (State.SEEN, None, "")
    assert (record.document.gross_cents, record.fingerprint) == (24000, "f2")
    # What was made of the old amounts, and the PDF that shows them, would be wrong now.
    assert (record.entry, record.supporting_document, record.ledger_third_party) == (None, None, None)
    assert whats(register) == ["seen", "moved", "changed"]


def test_other_news_are_stored_without_starting_again(register: Register) -> None:
    see(register, document(1))
    register.apply(COMPANY, [Change(key=KEY, state=State.WAITING, reason=Reason.SUPPORTING_DOCUMENT_MISSING)], who=WHO)
    see(register, document(1, file_id=55))
    (record,) = register.load(COMPANY, [KEY])
    assert (record.state, record.reason) == (State.WAITING, Reason.SUPPORTING_DOCUMENT_MISSING)
    assert record.document.file_id == 55
    assert whats(register) == ["seen", "moved", "refreshed"]


def test_a_list_entry_without_its_third_party_does_not_make_us_forget_it(register: Register) -> None:
    see(register, document(1))
    register.record_seen(COMPANY, [(document(1, status="paid"), None, "f1")], who=WHO)
    assert register.load(COMPANY, [KEY])[0].third_party == ACME


@pytest.mark.parametrize("verified", [False, True])
def test_a_booked_document_that_changes_keeps_what_was_posted(register: Register, verified: bool) -> None:
    see(register, document(1))
    book(register, verified=verified)
    see(register, document(1, gross_cents=24000), fingerprint="f2")
    (record,) = register.load(COMPANY, [KEY])
    assert record.state is State.CHANGED_AFTER_POSTING
    assert (record.document.gross_cents, record.fingerprint, record.entry) == (12000, "f1", entry())
    assert record.changed_document == document(1, gross_cents=24000)
    assert record.posting is not None
    assert record.posting.entry_id == "E1"


def test_a_second_change_after_posting_is_noticed_and_so_is_the_way_back(register: Register) -> None:
    see(register, document(1))
    book(register)
    for gross, fingerprint in ((24000, "f2"), (24000, "f2"), (36000, "f3"), (12000, "f1")):
        see(register, document(1, gross_cents=gross), fingerprint=fingerprint)
        (record,) = register.load(COMPANY, [KEY])
        assert record.changed_document is not None
        assert record.changed_document.gross_cents == gross
    assert whats(register)[-3:] == ["changed_after_posting"] * 3


def test_a_paid_booked_document_leaves_no_trace(register: Register) -> None:
    see(register, document(1))
    book(register)
    before = whats(register)
    see(register, document(1, status="paid", remaining_due_cents=0))
    assert state(register) is State.POSTED
    assert whats(register) == before


def test_detail_rows_read_later_are_no_change(register: Register) -> None:
    see(register, document(1, rows=None), fingerprint="list")
    register.apply(COMPANY, [Change(key=KEY, document=document(1), fingerprint="detail")], who=WHO)
    book(register)
    see(register, document(1, rows=None), fingerprint="list")
    assert state(register) is State.POSTED


@pytest.mark.parametrize("doubtful", [State.POSTING, State.OUTCOME_UNKNOWN, State.CONFLICT])
def test_what_was_sent_stays_untouched_until_its_outcome_is_known(register: Register, doubtful: State) -> None:
    see(register, document(1))
    register.apply(COMPANY, [Change(key=KEY, state=State.READY, entry=entry())], who=WHO)
    register.begin_posting(COMPANY, KEY, posting_key="k", payload_hash="p", draft=False, who=WHO)
    if doubtful is not State.POSTING:
        register.apply(COMPANY, [Change(key=KEY, state=doubtful)], who=WHO)
    see(register, document(1, gross_cents=24000), fingerprint="f2")
    (record,) = register.load(COMPANY, [KEY])
    assert (record.state, record.document, record.entry) == (doubtful, document(1), entry())
    # Once it is known to be booked, the change is not forgotten.
    register.apply(COMPANY, [Change(key=KEY, state=State.POSTED)], who=WHO)
    see(register, document(1, gross_cents=24000), fingerprint="f2")
    assert state(register) is State.CHANGED_AFTER_POSTING


@pytest.mark.parametrize(("booked", "back"), [(False, State.SEEN), (True, State.POSTED)])
def test_a_retracted_document_that_comes_back_is_not_forgotten(register: Register, booked: bool, back: State) -> None:
    see(register, document(1))
    if booked:
        book(register)
    register.apply(COMPANY, [Change(key=KEY, state=State.RETRACTED)], who=WHO)
    see(register, document(1))
    assert state(register) is back
    assert "reappeared" in whats(register)


def test_a_retracted_booked_document_that_comes_back_changed_says_so(register: Register) -> None:
    see(register, document(1))
    book(register, verified=True)
    register.apply(COMPANY, [Change(key=KEY, state=State.RETRACTED)], who=WHO)
    see(register, document(1, gross_cents=1), fingerprint="f9")
    assert state(register) is State.CHANGED_AFTER_POSTING


def test_every_part_is_stored_and_given_back(register: Register) -> None:
    see(register, document(1))
    posting = Posting(posting_key="k", payload_hash="p", attempts=1, started_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    register.apply(
        COMPANY,
        [Change(key=KEY, ledger_third_party=ACME_IN_TOOL, supporting_document=PDF, entry=entry(), posting=posting)],
        who=WHO,
    )
    (record,) = register.load(COMPANY, [KEY])
    assert record.ledger_third_party == ACME_IN_TOOL
    assert (record.supporting_document, record.entry, record.posting) == (PDF, entry(), posting)
    register.apply(COMPANY, [Change(key=KEY, entry=None, supporting_document=None, third_party=None)], who=WHO)
    (record,) = register.load(COMPANY, [KEY])
    assert (record.entry, record.supporting_document, record.third_party) == (None, None, None)
    assert record.posting == posting


def test_leaving_a_state_clears_what_explained_it(register: Register) -> None:
    see(register, document(1))
    waiting = Change(key=KEY, state=State.WAITING, reason=Reason.ACCOUNT_UNKNOWN, detail="706999")
    register.apply(COMPANY, [waiting], who=WHO)
    register.apply(COMPANY, [Change(key=KEY, third_party=ACME)], who=WHO)
    assert register.load(COMPANY, [KEY])[0].detail == "706999"
    register.apply(COMPANY, [Change(key=KEY, state=State.READY)], who=WHO)
    (record,) = register.load(COMPANY, [KEY])
    assert (record.reason, record.detail) == (None, "")


def test_storing_the_same_again_leaves_no_trace_unless_there_is_something_to_say(register: Register) -> None:
    see(register, document(1))
    register.apply(COMPANY, [Change(key=KEY, entry=entry())], who=WHO)
    register.apply(COMPANY, [Change(key=KEY, entry=entry())], who=WHO)
    assert whats(register) == ["seen", "stored"]
    register.apply(COMPANY, [Change(key=KEY, note="looked at", what="reviewed")], who="marie")
    last = register.events(COMPANY, KEY)[-1]
    assert (last.what, last.note, last.who) == ("reviewed", "looked at", "marie")
    assert last.hash_before == last.hash_after


def test_several_changes_of_one_document_in_a_batch_follow_each_other(register: Register) -> None:
    see(register, document(1))
    register.apply(
        COMPANY,
        [
            Change(key=KEY, state=State.WAITING, reason=Reason.PERIOD_CLOSED),
            Change(key=KEY, state=State.READY, entry=entry()),
        ],
        who=WHO,
    )
    assert state(register) is State.READY
    assert [event.state for event in register.events(COMPANY, KEY)] == ["seen", "waiting", "ready"]


def test_events_chain_from_the_first_to_what_is_stored_now(register: Register) -> None:
    see(register, document(1))
    book(register, verified=True)
    events = register.events(COMPANY, KEY)
    assert [event.hash_before for event in events] == ["", *(event.hash_after for event in events[:-1])]
    assert len({event.hash_after for event in events}) == len(events)
    assert list(register.audit(COMPANY)) == []


@pytest.mark.parametrize("forbidden", [State.READY, State.SEEN, State.WAITING, State.REJECTED, State.NOTHING_TO_POST])
def test_nothing_booked_goes_back_to_where_it_would_be_posted_again(register: Register, forbidden: State) -> None:
    see(register, document(1), document(2))
    book(register)
    fine = Change(key="sales_invoice:2", state=State.READY)
    with pytest.raises(InvariantBroken, match="may not go from posted"):
        register.apply(
            COMPANY, [fine, Change(key=KEY, state=forbidden, reason=Reason.PERIOD_CLOSED, note="x")], who=WHO
        )
    assert state(register) is State.POSTED
    # Nothing of the batch is stored, its good part included.
    assert register.load(COMPANY, ["sales_invoice:2"])[0].state is State.SEEN
    assert len(register.events(COMPANY, "sales_invoice:2")) == 1


def test_posting_is_entered_by_begin_posting_alone(register: Register) -> None:
    see(register, document(1))
    register.apply(COMPANY, [Change(key=KEY, state=State.READY)], who=WHO)
    with pytest.raises(InvariantBroken, match="begin_posting"):
        register.apply(COMPANY, [Change(key=KEY, state=State.POSTING)], who=WHO)


@pytest.mark.parametrize("needy", [State.WAITING, State.REJECTED])
def test_who_waits_or_is_rejected_must_say_why(register: Register, needy: State) -> None:
    see(register, document(1))
    with pytest.raises(InvariantBroken, match="without a reason"):
        register.apply(COMPANY, [Change(key=KEY, state=needy)], who=WHO)


def test_an_unknown_document_cannot_change(register: Register) -> None:
    with pytest.raises(InvariantBroken, match="knows no document"):
        register.apply(COMPANY, [Change(key="sales_invoice:404", state=State.READY)], who=WHO)


def test_every_state_has_its_way_and_no_booked_one_leads_back() -> None:
    assert set(TRANSITIONS) == set(State)
    for booked in BOOKED:
        assert not TRANSITIONS[booked] & (OPEN | {State.POSTING, State.OUTCOME_UNKNOWN})


@pytest.mark.parametrize("detour", [State.RETRACTED, State.CONFLICT])
def test_no_detour_leads_a_booked_document_back_to_be_posted_again(register: Register, detour: State) -> None:
    see(register, document(1))
    book(register)
    register.apply(COMPANY, [Change(key=KEY, state=detour)], who=WHO)
    target = State.SEEN if detour is State.RETRACTED else State.READY
    with pytest.raises(InvariantBroken, match="in the books since"):
        register.apply(COMPANY, [Change(key=KEY, state=target)], who=WHO)


def test_a_document_cannot_be_booked_without_a_posting_and_a_posting_is_always_dated(
    register: Register, clock: Clock
) -> None:
    see(register, document(1))
    register.apply(COMPANY, [Change(key=KEY, state=State.READY)], who=WHO)
    register.begin_posting(COMPANY, KEY, posting_key="k", payload_hash="p", draft=False, who=WHO)
    register.apply(COMPANY, [Change(key=KEY, state=State.POSTED)], who=WHO)
    (record,) = register.load(COMPANY, [KEY])
    assert record.posting is not None
    assert record.posting.posted_at == clock.at


def test_select_combines_its_filters_in_date_order(register: Register) -> None:
    see(
        register,
        document(1, date=dt.date(2026, 3, 1)),
        document(2, date=dt.date(2026, 1, 1)),
        document(3, date=dt.date(2026, 2, 1), number="X"),
        document(10, date=dt.date(2026, 1, 1)),
    )
    register.apply(COMPANY, [Change(key=KEY, state=State.WAITING, reason=Reason.PERIOD_CLOSED)], who=WHO)
    keys = ["sales_invoice:10", "sales_invoice:2", "sales_invoice:3", "sales_invoice:1"]
    assert register.select(COMPANY) == keys
    assert register.select(COMPANY, limit=2) == keys[:2]
    assert register.select(COMPANY, states=[State.SEEN]) == keys[:3]
    assert register.select(COMPANY, states=[]) == []
    assert register.select(COMPANY, reasons=[Reason.PERIOD_CLOSED]) == [KEY]
    assert register.select(COMPANY, dated_from=dt.date(2026, 2, 1)) == keys[2:]
    assert register.select(COMPANY, dated_to=dt.date(2026, 2, 1)) == keys[:3]
    assert register.select(COMPANY, numbers=["X", "F-1"], dated_to=dt.date(2026, 2, 28)) == ["sales_invoice:3"]
    assert register.counts(COMPANY) == {(State.SEEN, None): 3, (State.WAITING, Reason.PERIOD_CLOSED): 1}


def test_load_keeps_the_asked_order_and_leaves_unknown_keys_out(register: Register) -> None:
    see(register, *(document(number) for number in range(1, 4)))
    wanted = ["sales_invoice:3", "sales_invoice:404", "sales_invoice:1"]
    assert [record.key for record in register.load(COMPANY, wanted)] == ["sales_invoice:3", "sales_invoice:1"]


@pytest.mark.parametrize(
    "text",
    [
        "a\x00b",
        "ligne\nsuite\tfin\r",
        "🧾 “été” \u202e",
        LONG,
        "'; DROP TABLE event; --",
    ],
)
def test_text_from_outside_is_kept_whole_and_breaks_nothing(register: Register, text: str) -> None:
    see(register, document(1, number=text, third_party_name=text))
    register.apply(
        COMPANY,
        [Change(key=KEY, state=State.WAITING, reason=Reason.ACCOUNT_UNKNOWN, detail=text, note=text)],
        who=text,
    )
    (record,) = register.load(COMPANY, [KEY])
    assert (record.document.number, record.document.third_party_name) == (text, text)
    assert register.select(COMPANY, numbers=[text]) == [KEY]
    shown = text.replace("\x00", "\ufffd")
    last = register.events(COMPANY, KEY)[-1]
    assert (record.detail, last.note, last.who) == (shown, shown, shown)


def test_large_amounts_keep_their_cents(register: Register) -> None:
    see(register, document(1, gross_cents=99_999_999_999_999_99))
    assert register.load(COMPANY, [KEY])[0].document.gross_cents == 99_999_999_999_999_99
