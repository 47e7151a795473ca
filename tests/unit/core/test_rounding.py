"""The rounding line: both rules in all cases, its tolerance, its VAT code."""

from __future__ import annotations

from typing import Any

import pytest

from sellsy_ledger.core.documents import Document, Kind
from sellsy_ledger.core.entries import EntryLine, Role
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.outcomes import Outcome, Reason, State
from sellsy_ledger.core.rounding import tolerance_cents
from tests.unit.core.builders import capabilities, document, ledger, party, row, settings, vat

SALE, SALE_CREDIT = Kind.SALES_INVOICE, Kind.SALES_CREDIT_NOTE
PURCHASE, PURCHASE_CREDIT = Kind.PURCHASE_INVOICE, Kind.PURCHASE_CREDIT_NOTE


def gapped(kind: Kind, gap: int, *, sign: int = 1, rows: int = 1) -> Document:
    """Lines of 36.03 (times ``sign``) under a total that is ``gap`` cents further from zero."""
    one = 3003 * sign
    nets = [row(f"{one / 100:.2f}")] + [row("0.00")] * (rows - 1)
    return document(nets, [vat(600 * sign)], kind=kind, gross_cents=(3603 + gap) * sign)


def journalise(document_: Document, **changes: Any) -> Outcome:
    return Journaliser(settings(**changes), ledger(), capabilities())(document_, party(document_.kind))


def rounding(outcome: Outcome) -> EntryLine:
    assert outcome.entry is not None, outcome.message
    (line,) = (line for line in outcome.entry.lines if line.role is Role.ROUNDING)
    return line


@pytest.mark.parametrize(
    ("kind", "gap", "by_side", "literal"),
    [
        (SALE, 1, "credit 758", "credit 758"),
        (SALE, -1, "debit 658", "debit 658"),
        (SALE_CREDIT, 1, "debit 658", "debit 758"),
        (SALE_CREDIT, -1, "credit 758", "credit 658"),
        (PURCHASE, 1, "debit 658", "debit 758"),
        (PURCHASE, -1, "credit 758", "credit 658"),
        (PURCHASE_CREDIT, 1, "credit 758", "credit 758"),
        (PURCHASE_CREDIT, -1, "debit 658", "debit 658"),
    ],
)
@pytest.mark.parametrize("rule", ["by_side", "literal"])
def test_side_and_account_by_rule(kind: Kind, gap: int, by_side: str, literal: str, rule: str) -> None:
    line = rounding(journalise(gapped(kind, gap), rounding_rule=rule))
    side = "credit" if line.credit_cents else "debit"
    assert f"{side} {line.account[:3]}" == (by_side if rule == "by_side" else literal)


@pytest.mark.parametrize("rule", ["by_side", "literal"])
def test_a_negative_invoice_rounds_as_a_credit_note(rule: str) -> None:
    negative = rounding(journalise(gapped(SALE, 1, sign=-1), rounding_rule=rule))
    credit_note = rounding(journalise(gapped(SALE_CREDIT, 1), rounding_rule=rule))
    assert (negative.account, negative.debit_cents) == (credit_note.account, credit_note.debit_cents)


@pytest.mark.parametrize(("rows", "cap", "tolerance"), [(1, 10, 1), (3, 10, 2), (5, 10, 3), (3000, 10, 10), (5, 0, 0)])
def test_the_tolerance_is_what_rounding_can_explain(rows: int, cap: int, tolerance: int) -> None:
    assert tolerance_cents(gapped(SALE, 0, rows=rows), cap) == tolerance


def test_two_taxes_of_one_rate_are_one_rate() -> None:
    assert tolerance_cents(document([row("1")] * 3, [vat(10), vat(10, 9, "20.0")]), 10) == 2


@pytest.mark.parametrize("sign", [1, -1])
def test_a_gap_at_the_tolerance_is_booked_and_beyond_it_waits(sign: int) -> None:
    assert abs(rounding(journalise(gapped(SALE, 2 * sign, rows=3))).credit_cents) == (2 if sign > 0 else 0)
    outcome = journalise(gapped(SALE, 3 * sign, rows=3))
    assert (outcome.state, outcome.entry) == (State.WAITING, None)


def test_rows_that_do_not_make_the_net_wait_with_gap_and_tolerance() -> None:
    outcome = journalise(document([row("90")], [vat(2000)], net_cents=10000))
    assert (outcome.state, outcome.reason) == (State.WAITING, Reason.ROUNDING_BEYOND_TOLERANCE)
    assert "10,00 €" in outcome.message
    assert "0,01 €" in outcome.message


def test_the_rounding_line_has_its_own_vat_code() -> None:
    assert rounding(journalise(gapped(SALE, 1))).vat_code == "C0"
    assert rounding(journalise(gapped(PURCHASE, 1))).vat_code == "D0"
    assert rounding(journalise(gapped(SALE, 1), rounding_vat_codes={})).vat_code is None


def test_a_rounding_code_that_the_tool_does_not_list_is_unmapped() -> None:
    outcome = journalise(gapped(SALE, 1), rounding_vat_codes={"sales": "NOPE"})
    assert outcome.reason is Reason.VAT_CODE_UNMAPPED
    assert "NOPE" in outcome.message


def test_a_rounding_account_that_the_ledger_lacks_is_named() -> None:
    outcome = journalise(gapped(SALE, 1), accounts={"rounding_credit": "758888"})
    assert outcome.reason is Reason.ACCOUNT_UNKNOWN
    assert "758888" in outcome.message
