"""Nothing is posted that the books hold already: found, shown with both sides, decided by a person, remembered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from tests.unit.pipeline.fakes import CAPABILITIES, FakeConnector, World, invoice

from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.documents import Direction, Document, Kind
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import ConfigurationError, PostingRefused, TryLater
from sellsy_ledger.pipeline.doubles import decide, stored_doubles
from sellsy_ledger.pipeline.takeover import take_over

BILL = invoice(1, kind=Kind.PURCHASE_INVOICE)
"""F-2026-0001 of "Client 1", 2 February, 120.00 €."""


def typed(document: Document = BILL, **changes: Any) -> BookedEntry:
    """``document`` as somebody typed it into the books."""
    known: dict[str, Any] = {
        "entry_id": "H1",
        "journal": "AC",
        "date": document.date,
        "third_party_account": "401CLIENT1",
        "third_party_name": document.third_party_name,
        "gross_cents": -document.gross_cents,
        "numbers": (document.number,),
    }
    return BookedEntry(**{**known, **changes})


class ReadingConnector(FakeConnector):
    """A tool that shows its books: what ``typed`` holds, and what was posted."""

    def __init__(self, *typed: BookedEntry, tells_keys: bool = False, **changes: Any) -> None:
        super().__init__(capabilities=msgspec.structs.replace(CAPABILITIES, **{"reads_books": True, **changes}))
        self.typed = list(typed)
        self.tells_keys = tells_keys

    def booked_entries(self, direction: Direction, first: dt.date, last: dt.date) -> Iterator[BookedEntry]:
        def effect() -> list[BookedEntry]:
            assert direction is Direction.PURCHASES
            return [one for one in (*self.typed, *map(self._ours, self.held)) if first <= one.date <= last]

        yield from self._play("booked_entries", effect)

    def _ours(self, held: Any) -> BookedEntry:
        entry = held.request.entry
        return BookedEntry(
            entry_id=held.entry_id,
            journal=entry.journal,
            date=entry.date,
            third_party_account=entry.lines[0].auxiliary_account or "",
            gross_cents=entry.lines[0].debit_cents - entry.lines[0].credit_cents,
            numbers=(entry.piece,),
            key=held.request.posting_key if self.tells_keys else "",
        )


@pytest.fixture
def reading(world: Callable[..., World]) -> Callable[..., World]:
    """A world whose tool shows its books, with these entries typed by hand."""

    def make(*documents: Document, books: tuple[BookedEntry, ...] = (), **changes: Any) -> World:
        return world(*documents, connector=ReadingConnector(*books, **changes))

    return make


def calls(here: World) -> int:
    """How often the books were read."""
    return here.tool.calls.count("booked_entries")


def test_a_purchase_that_was_typed_by_hand_waits_and_shows_both_sides(reading):
    here = reading(BILL, books=(typed(),))
    here.night()
    assert here.state(BILL) == "waiting(possible_duplicate)"
    assert here.tool.held == []
    detail = here.detail(BILL)
    for word in ("F-2026-0001", "02/02/2026", "Client 1", "120,00 €", "purchase_invoice:1", "H1", "journal AC", "401"):
        assert word in detail
    assert "saisie à la main" in detail
    (double,) = stored_doubles(here.register, "atelier")
    assert (double.key, double.number, double.sure, double.entry_ids) == (BILL.key, BILL.number, True, ["H1"])


def test_a_purchase_that_nobody_typed_goes_after_one_reading_for_the_batch(reading):
    other = invoice(2, kind=Kind.PURCHASE_INVOICE)
    here = reading(BILL, other, invoice(3), books=(typed(numbers=("F-2026-0044",)),))
    here.night()
    assert {here.state(one) for one in (BILL, other, invoice(3))} == {"verified"}
    assert calls(here) == 1
    here.night()
    assert calls(here) == 1


def test_sales_alone_ask_for_nothing(reading):
    here = reading(invoice(1), invoice(2))
    here.night()
    assert calls(here) == 0


def test_a_document_that_waits_is_not_compared_again(reading):
    here = reading(BILL, books=(typed(),))
    here.night()
    here.night()
    assert (here.state(BILL), calls(here)) == ("waiting(possible_duplicate)", 1)


def test_the_same_is_adopted_and_never_sent(reading):
    here = reading(BILL, books=(typed(),))
    here.night()
    decide(here.register, "atelier", BILL.key, same=True, who="marie", note="vue avec le cabinet")
    here.night()
    assert here.state(BILL) == "adopted"
    assert here.tool.held == []
    assert here.register.booked_as("atelier", [BILL.key])[BILL.key].entry.entry_id == "H1"
    assert here.register.events("atelier", BILL.key)[-1].who == "marie"
    assert list(here.register.audit("atelier")) == []
    assert stored_doubles(here.register, "atelier") == []


def test_another_one_goes_with_the_next_run_and_is_never_asked_about_again(reading):
    here = reading(BILL, books=(typed(),))
    here.night()
    decide(here.register, "atelier", BILL.key, same=False, who="marie")
    here.night()
    assert here.state(BILL) == "verified"
    assert calls(here) == 1


def test_a_new_entry_is_asked_about_although_another_was_told_apart(reading):
    here = reading(BILL, books=(typed(),))
    here.night()
    decide(here.register, "atelier", BILL.key, same=False, who="marie")
    here.tool.typed.append(typed(entry_id="H2"))
    changed = msgspec.structs.replace(BILL, due_date=dt.date(2026, 4, 1))
    here.sellsy.documents = [changed]
    here.night()
    assert here.state(changed) == "waiting(possible_duplicate)"
    (double,) = stored_doubles(here.register, "atelier")
    assert double.entry_ids == ["H2"]


def test_which_of_two_entries_it_is_has_to_be_said(reading):
    here = reading(BILL, books=(typed(), typed(entry_id="H2", date=dt.date(2026, 2, 9))))
    here.night()
    with pytest.raises(ConfigurationError, match=r"Say which entry .* \(known: H1, H2\)"):
        decide(here.register, "atelier", BILL.key, same=True, who="marie")
    with pytest.raises(ConfigurationError, match="known: H1, H2"):
        decide(here.register, "atelier", BILL.key, same=True, who="marie", entry_id="H9")
    decide(here.register, "atelier", BILL.key, same=True, who="marie", entry_id="H2")
    assert here.register.booked_as("atelier", [BILL.key])[BILL.key].entry.entry_id == "H2"


def test_what_the_tool_itself_refused_as_a_double_is_adopted_once_its_entry_is_named(world):
    here = world(BILL)
    refusal = PostingRefused("number taken", reason=Reason.POSSIBLE_DUPLICATE, facts={"detail": "numéro déjà pris"})
    here.tool.script["post_entry"] = [refusal]
    here.night()
    assert here.state(BILL) == "waiting(possible_duplicate)"
    with pytest.raises(ConfigurationError, match="Say which entry"):
        decide(here.register, "atelier", BILL.key, same=True, who="marie")
    decide(here.register, "atelier", BILL.key, same=True, who="marie", entry_id="4711")
    here.night()
    assert (here.state(BILL), here.tool.held) == ("adopted", [])
    assert "4711" in here.detail(BILL)


def test_only_what_waits_for_it_is_decided_on(reading):
    here = reading(BILL)
    here.night()
    with pytest.raises(ConfigurationError, match="is verified: it does not wait as a possible duplicate"):
        decide(here.register, "atelier", BILL.key, same=True, who="marie")
    with pytest.raises(ConfigurationError, match="is unknown"):
        decide(here.register, "atelier", "purchase_invoice:99", same=True, who="marie")


@pytest.mark.parametrize("tells_keys", [True, False])
def test_our_own_entries_are_no_doubles(reading, tells_keys):
    here = reading(BILL, tells_keys=tells_keys)
    here.night()
    next_one = invoice(4, kind=Kind.PURCHASE_INVOICE, number="F-2026-0002", date=BILL.date)
    here.sellsy.documents.append(next_one)
    here.night()
    assert here.state(next_one) == "verified"


def test_nothing_is_posted_unseen_when_the_tool_does_not_answer(reading):
    here = reading(BILL, invoice(2))
    here.tool.script["booked_entries"] = [TryLater("503")]
    here.night()
    assert here.state(BILL) == "waiting(tool_unavailable)"
    assert "doublon" in here.detail(BILL)
    assert here.state(invoice(2)) == "verified"
    here.night()
    assert here.state(BILL) == "verified"


def test_a_tool_that_shows_no_books_leaves_the_register_to_compare_with(world):
    second = msgspec.structs.replace(BILL, id=31, number="2026 1", third_party_name="Client 1 SARL")
    here = world(BILL, second)
    here.night()
    assert (here.state(BILL), here.state(second)) == ("verified", "waiting(possible_duplicate)")
    assert BILL.key in here.detail(second)
    decide(here.register, "atelier", second.key, same=True, who="marie")
    assert here.state(second) == "adopted"


def test_a_pdf_without_entry_is_not_handed_over_twice_either(world):
    tool = ReadingConnector(typed(), document_only="document_only")
    here = world(BILL, connector=tool, posting="document_only")
    company = here.company()
    here.prepare(company)
    assert here.state(BILL) == "waiting(possible_duplicate)"


# -- taking over -------------------------------------------------------------------------------------------------
def test_what_the_books_held_before_the_first_run_is_adopted_when_a_run_sees_it(world):
    here = world(BILL, invoice(2))
    sale = typed(invoice(2), entry_id="VE 7", third_party_account="411C2", gross_cents=12000)
    books = [(Direction.PURCHASES, typed(entry_id="AC 12")), (Direction.SALES, sale)]
    taken = take_over(here.register, "atelier", "552100554FEC20261231.txt", books, who="marie")
    assert (taken.entries, taken.adopted, taken.unsure) == (2, [], [])
    here.night()
    assert (here.state(BILL), here.state(invoice(2))) == ("adopted", "adopted")
    assert here.tool.held == []
    assert here.tool.created == []
    assert "AC 12" in here.detail(BILL)


def test_open_documents_are_matched_at_once_and_repeating_changes_nothing(world):
    unsure = invoice(4, kind=Kind.PURCHASE_INVOICE)
    here = world(BILL, unsure)
    here.prepare(here.company())
    books = [
        (Direction.PURCHASES, typed()),
        (Direction.PURCHASES, typed(unsure, entry_id="H4", numbers=("Client 1 février",))),
    ]
    dry = take_over(here.register, "atelier", "fec", books, who="marie", dry_run=True)
    assert ([one.record.key for one in dry.adopted], [one.record.key for one in dry.unsure]) == (
        [BILL.key],
        [unsure.key],
    )
    assert (here.state(BILL), here.register.has_booked("atelier")) == ("ready", False)
    take_over(here.register, "atelier", "fec", books, who="marie")
    assert (here.state(BILL), here.state(unsure)) == ("adopted", "waiting(possible_duplicate)")
    again = take_over(here.register, "atelier", "fec", books, who="marie")
    assert again.adopted == []
    assert here.register.booked_as("atelier", [BILL.key])[BILL.key].entry.entry_id == "H1"
    here.clock += dt.timedelta(days=1)
    here.night()
    assert (here.state(BILL), here.state(unsure)) == ("adopted", "waiting(possible_duplicate)")


def test_an_entry_that_two_documents_could_be_is_nobodys(world):
    twin = msgspec.structs.replace(BILL, id=31)
    here = world(BILL, twin)
    here.prepare(here.company())
    taken = take_over(here.register, "atelier", "fec", [(Direction.PURCHASES, typed())], who="marie")
    assert taken.adopted == []
    assert {one.record.key for one in taken.unsure} == {BILL.key, twin.key}


def test_a_document_that_two_entries_could_be_waits(world):
    here = world(BILL)
    books = [(Direction.PURCHASES, typed()), (Direction.PURCHASES, typed(entry_id="H2"))]
    take_over(here.register, "atelier", "fec", books, who="marie")
    here.night()
    assert here.state(BILL) == "waiting(possible_duplicate)"


def test_our_own_entries_in_the_books_are_not_stored(world):
    here = world(BILL)
    here.night()
    books = [(Direction.PURCHASES, typed(entry_id="E1")), (Direction.PURCHASES, typed(entry_id="E2", key="sellsy:…"))]
    assert take_over(here.register, "atelier", "tool", books, who="marie").entries == 0
