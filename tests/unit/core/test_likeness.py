"""Same, perhaps or another document: what a bookkeeper would say."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.documents import Direction, Document, Kind
from sellsy_ledger.core.likeness import Paper, Shelf, Verdict, paper_of, verdict
from sellsy_ledger.core.numbers import Agreement, agreement
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty

DAY = dt.date(2026, 2, 3)


def invoice(**changes: Any) -> Paper:
    """A purchase of Zinc SARL as it is compared."""
    known: dict[str, Any] = {
        "kind": Kind.PURCHASE_INVOICE,
        "id": 1,
        "number": "F-2026-0117",
        "date": DAY,
        "currency": "EUR",
        "gross_cents": 12000,
        "net_cents": 10000,
        "vat": (),
        "third_party_name": "Zinc SARL",
    }
    return paper_of(Document(**{**known, **changes}), None)


def entry(**changes: Any) -> BookedEntry:
    """The same in the books, typed by hand."""
    known: dict[str, Any] = {
        "entry_id": "4711",
        "journal": "AC",
        "date": DAY,
        "third_party_account": "401ZINC",
        "third_party_name": "ZINC",
        "gross_cents": -12000,
        "numbers": ("2026-117", "Zinc fournitures"),
    }
    return BookedEntry(**{**known, **changes})


@pytest.mark.parametrize(
    ("text", "agrees"),
    [
        ("F-2026-0117", Agreement.EXACT),
        ("f 2026 117", Agreement.EXACT),
        ("FACT N° 2026/0117", Agreement.EXACT),
        ("20260117", Agreement.EXACT),
        ("Fact. 2026-0117 Zinc", Agreement.FOUND),
        ("117", Agreement.NEAR),
        ("260117", Agreement.NEAR),
        ("F-2026-0171", Agreement.NEAR),
        ("F-2O26-0117", Agreement.NEAR),
        ("F-2026-01177", Agreement.NEAR),
        ("AV-2026-0117", Agreement.NEAR),
        ("F-2026-0118", Agreement.OTHER),
        ("F-2025-0117", Agreement.OTHER),
        ("Zinc février", Agreement.UNKNOWN),
        ("AC000123", Agreement.UNKNOWN),
        ("", Agreement.UNKNOWN),
    ],
)
def test_numbers_agree_however_they_are_written(text: str, agrees: Agreement) -> None:
    assert agreement("F-2026-0117", [text]) is agrees


def test_a_short_number_counts_in_a_label_only_where_it_is_announced() -> None:
    assert agreement("12", ["Facture 12 de mars"]) is Agreement.FOUND
    assert agreement("12", ["Lot 12"]) is Agreement.UNKNOWN
    assert agreement("2026", ["Loyer 2026"]) is Agreement.UNKNOWN


def test_a_number_in_a_label_beside_another_one_as_piece_is_a_mere_mention() -> None:
    assert agreement("F-2026-0117", ["F-2026-0118", "Suite de la F-2026-0117 Zinc"]) is Agreement.NEAR


def test_a_number_without_digits_agrees_with_nothing() -> None:
    assert agreement("SANS", ["SANS"]) is Agreement.UNKNOWN


def test_all_four_facts_equal_are_the_same_document() -> None:
    assert verdict(invoice(), entry()) is Verdict.SAME
    assert verdict(invoice(), entry(date=dt.date(2026, 2, 28), piece_date=DAY)) is Verdict.SAME


@pytest.mark.parametrize(
    "changes",
    [
        {"numbers": ("Zinc février",)},
        {"numbers": ("F-2026-0171",)},
        {"numbers": ("117",)},
        {"date": dt.date(2026, 2, 19)},
        {"date": dt.date(2026, 9, 1)},
        {"gross_cents": -12001},
        {"gross_cents": -4000},
        {"gross_cents": -4000, "numbers": ("Zinc F-2026-0117",)},
        {"third_party_name": "Zync", "third_party_account": "401ZYNC"},
        {"third_party_name": "Fournisseurs divers", "third_party_account": "401DIVERS"},
    ],
)
def test_what_agrees_in_enough_is_asked_about(changes: dict[str, Any]) -> None:
    assert verdict(invoice(), entry(**changes)) is Verdict.PERHAPS


@pytest.mark.parametrize(
    "changes",
    [
        {"gross_cents": 12000},
        {"third_party_name": "Cuivre", "third_party_account": "401CUIVRE", "numbers": ("F-2026-0117",)},
        {"date": dt.date(2025, 2, 3)},
        {"date": dt.date(2027, 2, 3)},
        {"date": dt.date(2026, 3, 3), "numbers": ("F-2026-0118",)},
        {"numbers": ("F-2026-0118",)},
        {"date": dt.date(2026, 3, 3), "numbers": ("Zinc mars",)},
        {"gross_cents": -11900, "numbers": ("Zinc février",)},
        {"gross_cents": 0},
    ],
)
def test_another_document_is_not_asked_about(changes: dict[str, Any]) -> None:
    assert verdict(invoice(), entry(**changes)) is Verdict.OTHER


def test_the_turn_of_the_year_is_no_other_year() -> None:
    late = invoice(date=dt.date(2025, 12, 30))
    assert verdict(late, entry(date=dt.date(2026, 1, 4))) is Verdict.PERHAPS


def test_two_sirens_that_differ_are_two_suppliers_whatever_they_are_called() -> None:
    zinc = invoice(third_party_vat_number="FR40303265045")
    assert verdict(zinc, entry(third_party_ids=("552100554",))) is Verdict.OTHER
    assert verdict(zinc, entry(third_party_ids=("303265045",), third_party_name="Z. Négoce")) is Verdict.SAME


def test_agencies_told_apart_by_a_number_are_two_third_parties() -> None:
    assert verdict(invoice(third_party_name="Agence 12"), entry(third_party_name="Agence 13")) is Verdict.OTHER


def test_the_account_of_the_tool_is_the_third_party() -> None:
    document = Document(
        kind=Kind.PURCHASE_INVOICE, id=1, number="F-2026-0117", date=DAY, currency="EUR", gross_cents=12000,
        net_cents=10000, vat=(),
    )  # fmt: skip
    party = LedgerThirdParty(auxiliary_account="401ZINC", name="", direction=Direction.PURCHASES)
    paper = paper_of(document, ThirdParty(direction=Direction.PURCHASES, type="company", id=1, name=""), party)
    assert verdict(paper, entry(third_party_name="")) is Verdict.SAME
    assert verdict(paper, entry(third_party_name="", third_party_account="401000")) is Verdict.PERHAPS


def test_the_lines_of_one_entry_due_in_parts_count_together() -> None:
    shelf = Shelf([entry(gross_cents=-4000), entry(gross_cents=-8000)])
    (like,) = shelf.like(invoice())
    assert (like.verdict, like.entry.gross_cents) == (Verdict.SAME, -12000)


def test_the_likeliest_comes_first() -> None:
    shelf = Shelf([entry(entry_id="1", date=dt.date(2026, 2, 9)), entry(entry_id="2")])
    assert [one.entry.entry_id for one in shelf.like(invoice())] == ["2", "1"]


def test_a_deposit_makes_another_amount_and_the_entry_tells_it() -> None:
    paper = paper_of(
        Document(
            kind=Kind.PURCHASE_INVOICE, id=1, number="F-2026-0117", date=DAY, currency="EUR", gross_cents=20000,
            net_cents=10000, vat=(), third_party_name="Zinc",
        ),
        None,
        entry_cents=-12000,
    )  # fmt: skip
    assert verdict(paper, entry()) is Verdict.SAME
