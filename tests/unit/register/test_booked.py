"""What the register keeps of the books and of doubles, in both databases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.register.booked import COMPARED, DIFFERENT, SAME, StoredDouble
from sellsy_ledger.register.store import Change, Register
from tests.unit.register.builders import ACME, COMPANY, WHO, document

YEAR = (dt.date(2026, 1, 1), dt.date(2026, 12, 31))
KEY, OTHER = "sales_invoice:1", "sales_invoice:2"


def entry(identity: str = "VE 1", **changes: Any) -> BookedEntry:
    """A sale of the books."""
    known: dict[str, Any] = {
        "entry_id": identity,
        "journal": "VE",
        "date": dt.date(2026, 2, 3),
        "third_party_account": "411ACME",
        "gross_cents": 12000,
        "numbers": ("F-1\x00",),
    }
    return BookedEntry(**{**known, **changes})


def double(key: str = KEY, other: str = "entry:fec:VE 1:411ACME", **changes: Any) -> StoredDouble:
    """A document beside an entry."""
    known: dict[str, Any] = {
        "key": key,
        "other": other,
        "ours": "la facture",
        "theirs": "l'écriture",
        "sure": True,
        "fingerprint": "f",
        "direction": Direction.SALES,
        "entry": entry(),
        "source": "fec",
    }
    return StoredDouble(**{**known, **changes})


@pytest.fixture
def two(register: Register) -> Register:
    """A register with two documents."""
    register.record_seen(COMPANY, [(document(number), ACME, "f") for number in (1, 2)], who=WHO)
    return register


def test_a_source_shows_its_books_in_place_of_what_it_showed_before(two: Register) -> None:
    assert (
        two.store_booked(COMPANY, "fec", [(Direction.SALES, entry()), (Direction.SALES, entry("VE 2"))], who=WHO) == 2
    )
    two.store_booked(COMPANY, "tool", [(Direction.SALES, entry("9"))], who=WHO)
    two.store_booked(COMPANY, "fec", [(Direction.SALES, entry("VE 3"))], who=WHO)
    assert [one.entry.entry_id for one in two.booked(COMPANY, Direction.SALES, *YEAR)] == ["VE 3", "9"]
    assert list(two.booked(COMPANY, Direction.PURCHASES, *YEAR)) == []
    assert two.booked_sources(COMPANY) == ["fec", "tool"]
    assert two.has_booked(COMPANY)
    assert not two.has_booked("another")


def test_an_entry_that_is_a_document_stays_it_whatever_the_source_shows_later(two: Register) -> None:
    two.store_booked(COMPANY, "fec", [(Direction.SALES, entry())], who=WHO)
    two.decide_doubles(COMPANY, [double()], SAME, Change(key=KEY, state=State.ADOPTED), who=WHO)
    two.store_booked(COMPANY, "fec", [], who=WHO)
    two.store_booked(COMPANY, "fec", [(Direction.SALES, entry())], who=WHO)
    assert two.booked_as(COMPANY, [KEY, OTHER])[KEY].entry == entry()
    with pytest.raises(InvariantBroken, match=f"is {KEY} already"):
        two.decide_doubles(COMPANY, [double(OTHER)], SAME, Change(key=OTHER, state=State.ADOPTED), who=WHO)
    (record,) = two.load(COMPANY, [OTHER])
    assert record.state is State.SEEN


def test_what_a_person_decided_stays_when_a_document_is_compared_again(two: Register) -> None:
    two.store_doubles(COMPANY, {KEY: [double(), double(other="tool", decision=COMPARED, entry=None)]}, who=WHO)
    two.decide_doubles(COMPANY, [double()], DIFFERENT, Change(key=KEY, note="told"), who=WHO)
    two.store_doubles(COMPANY, {KEY: [double(), double(other="entry:fec:VE 2:")]}, who=WHO)
    assert [(one.other, one.decision) for one in two.doubles(COMPANY, [KEY])] == [
        ("entry:fec:VE 1:411ACME", DIFFERENT),
        ("entry:fec:VE 2:", ""),
    ]
    assert two.doubles(COMPANY) == two.doubles(COMPANY, [KEY, OTHER])


def test_our_own_entries_are_known_by_every_id(two: Register) -> None:
    two.apply(COMPANY, [Change(key=KEY, state=State.READY)], who=WHO)
    two.begin_posting(COMPANY, KEY, posting_key="sellsy:1:a", payload_hash="p", draft=False, who=WHO)
    assert two.our_entries(COMPANY, Direction.SALES, dt.date(2020, 1, 1), dt.date(2030, 1, 1)) == {"sellsy:1:a"}
    assert two.our_entries(COMPANY, Direction.PURCHASES, dt.date(2020, 1, 1), dt.date(2030, 1, 1)) == set()


def test_only_known_documents_are_decided_on(register: Register) -> None:
    with pytest.raises(InvariantBroken, match="knows no document"):
        register.decide_doubles(COMPANY, [double()], SAME, Change(key=KEY, state=State.ADOPTED), who=WHO)
