"""The gate: every invariant finds what breaks it, and nothing in a right entry."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sellsy_ledger.core.checks import CHECKS, LEGAL_RATES, check_entry, find_faults, implied_rate_is_legal
from sellsy_ledger.core.documents import Document, Kind
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role, Why
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.ledger import Journal
from sellsy_ledger.core.outcomes import Reason
from tests.unit.core.builders import capabilities, changed, document, ledger, party, row, settings, vat

SALE = document([row("100", account="707")], [vat(2000)])
ROUNDED = changed(SALE, gross_cents=12001)
PARTS = (settings(), ledger(), capabilities())


def entry_of(document_: Document) -> JournalEntry:
    entry = Journaliser(*PARTS)(document_, party(document_.kind)).entry
    assert entry is not None
    return entry


def with_line(entry: JournalEntry, position: int, **changes: Any) -> JournalEntry:
    lines = list(entry.lines)
    lines[position] = changed(lines[position], **changes)
    return changed(entry, lines=tuple(lines))


def with_lines(entry: JournalEntry, *lines: EntryLine) -> JournalEntry:
    return changed(entry, lines=(*entry.lines, *lines))


def found(document_: Document, entry: JournalEntry, **tool: Any) -> set[str]:
    return {fault.invariant for fault in find_faults(document_, entry, PARTS[0], PARTS[1], capabilities(**tool))}


def pair(rule: str, debit: int, credit: int) -> EntryLine:
    return EntryLine(account="445200", label="", debit_cents=debit, credit_cents=credit, role=Role.VAT, why=Why(rule))


def test_a_right_entry_has_no_fault() -> None:
    for right in (SALE, ROUNDED):
        assert check_entry(right, entry_of(right), *PARTS) == []
    assert len(CHECKS) == 9


def test_b1_finds_an_unbalanced_entry() -> None:
    assert "B1" in found(SALE, with_line(entry_of(SALE), 1, credit_cents=9999))


def test_b2_finds_a_third_party_that_does_not_carry_the_gross() -> None:
    entry = entry_of(SALE)
    assert "B2" in found(SALE, with_line(entry, 0, debit_cents=11999))
    assert "B2" in found(SALE, changed(entry, lines=entry.lines[1:]))
    assert "B2" in found(SALE, with_line(entry, 0, auxiliary_account=None))
    half = with_line(entry, 0, debit_cents=6000)
    assert "B2" in found(SALE, with_lines(half, half.lines[0]))


def test_b3_finds_vat_that_is_not_the_printed_one() -> None:
    entry = entry_of(SALE)
    assert "B3" in found(SALE, with_line(entry, 2, credit_cents=1999))
    assert "B3" in found(SALE, changed(entry, lines=entry.lines[:2]))


@pytest.mark.parametrize("sides", [(0, 0), (5, 5), (-5, 0), (0, -5)])
def test_b4_finds_a_line_without_exactly_one_positive_side(sides: tuple[int, int]) -> None:
    assert "B4" in found(SALE, with_line(entry_of(SALE), 1, debit_cents=sides[0], credit_cents=sides[1]))


def test_b5_finds_a_rounding_line_that_is_none() -> None:
    entry = entry_of(ROUNDED)
    assert "B5" in found(ROUNDED, with_lines(entry, entry.lines[-1]))
    assert "B5" in found(ROUNDED, with_line(entry, -1, credit_cents=2))
    assert "B5" in found(ROUNDED, with_line(entry, -1, account="658000"))


def test_b6_finds_what_the_ledger_does_not_take_and_gives_the_waiting_reason() -> None:
    entry = entry_of(SALE)
    cases = [
        (changed(entry, journal="ZZ"), Reason.JOURNAL_MISSING),
        (with_line(entry, 1, account="709999"), Reason.ACCOUNT_UNKNOWN),
        (with_line(entry, 1, vat_code="NOPE"), Reason.VAT_CODE_UNMAPPED),
    ]
    for broken, reason in cases:
        assert [(fault.invariant, fault.reason) for fault in find_faults(SALE, broken, *PARTS)] == [("B6", reason)]
    shut = ledger(journals=(Journal(code="VE", kind="sales", open=False),))
    assert find_faults(SALE, entry, PARTS[0], shut, PARTS[2])[0].reason is Reason.JOURNAL_MISSING


def test_b6_lets_a_collective_account_go_unlisted_where_only_auxiliaries_are_booked() -> None:
    entry = with_line(entry_of(SALE), 0, account="411999")
    assert found(SALE, entry) == {"B6"}
    assert found(SALE, entry, auxiliary_in_account=True) == set()


def test_b7_finds_a_closed_period_and_a_moved_piece_date() -> None:
    entry = entry_of(SALE)
    assert "B7" in found(SALE, changed(entry, date=dt.date(2025, 6, 1)))
    assert "B7" in found(SALE, changed(entry, piece_date=dt.date(2026, 2, 4)))


def test_b8_finds_another_number() -> None:
    assert "B8" in found(SALE, changed(entry_of(SALE), piece="F-2026-0118"))
    assert "B8" in found(SALE, changed(entry_of(SALE), number="F-2026-0118"))


def test_b9_finds_half_a_pair_and_pairs_that_must_not_be() -> None:
    entry = entry_of(SALE)
    deductible = pair("reverse_charge_deductible", 500, 0)
    due = pair("reverse_charge_due", 0, 500)
    assert "B9" in found(SALE, with_lines(entry, deductible))
    assert "B9" in found(SALE, with_lines(entry, deductible, due))
    purchase = document([row("100")], [vat(2000)], kind=Kind.PURCHASE_INVOICE)
    bought = with_lines(entry_of(purchase), deductible, due)
    assert found(purchase, bought) == set()
    assert found(purchase, bought, computes_vat=True) == {"B9"}


@pytest.mark.parametrize("rate", LEGAL_RATES)
def test_vat_rounded_at_a_legal_rate_is_legal(rate: Any) -> None:
    assert implied_rate_is_legal(document([row("123.45")], [vat(int(12345 * rate / 100), 9, str(rate))]))


def test_vat_of_no_legal_rate_is_found_and_small_amounts_are_left_alone() -> None:
    assert not implied_rate_is_legal(document([row("100")], [vat(1500)]))
    assert implied_rate_is_legal(document([row("1")], [vat(6, 2)]))
    assert implied_rate_is_legal(document([row("100"), row("50", 2)], [vat(1500), vat(275, 2)]))
