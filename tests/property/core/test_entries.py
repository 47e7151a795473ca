"""What holds for every entry, whatever the document."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sellsy_ledger.core.checks import check_entry
from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.entries import JournalEntry, Role
from sellsy_ledger.core.explain import explain
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.outcomes import Outcome, Reason, State
from sellsy_ledger.core.rounding import lines_are_on_credit, tolerance_cents
from tests.property.core.strategies import documents, half_up
from tests.unit.core.builders import capabilities, changed, ledger, party, settings

LEDGER, TOOL = ledger(), capabilities()
RULES = {rule: settings(rounding_rule=rule) for rule in ("by_side", "literal")}
MAKERS = {rule: Journaliser(chosen, LEDGER, TOOL) for rule, chosen in RULES.items()}


def journalise(document: Document, rule: str = "by_side") -> Outcome:
    return MAKERS[rule](document, party(document.kind))


def signed(entry: JournalEntry, document: Document, role: Role) -> int:
    """Sum of the lines of a role, with the sign that the document gives them."""
    side = 1 if lines_are_on_credit(document) else -1
    total = sum(line.credit_cents - line.debit_cents for line in entry.lines if line.role is role)
    return -side * total if role is Role.THIRD_PARTY else side * total


@given(documents(largest_gap=12), st.sampled_from(["by_side", "literal"]))
@hypothesis_settings(max_examples=300, deadline=None)
def test_every_entry_balances_and_carries_the_document_s_amounts(document: Document, rule: str) -> None:
    outcome = journalise(document, rule)
    entry = outcome.entry
    if entry is None:
        assert outcome.reason in (Reason.ROUNDING_BEYOND_TOLERANCE, Reason.AMOUNTS_DO_NOT_CLOSE, Reason.ZERO_AMOUNT)
        return
    assert entry.debit_cents == entry.credit_cents
    assert all((line.debit_cents > 0) is not (line.credit_cents > 0) for line in entry.lines)
    assert all(line.debit_cents >= 0 and line.credit_cents >= 0 for line in entry.lines)
    assert signed(entry, document, Role.THIRD_PARTY) == document.gross_cents
    assert signed(entry, document, Role.VAT) == document.vat_cents
    assert sum(line.role is Role.ROUNDING for line in entry.lines) <= 1
    assert abs(signed(entry, document, Role.ROUNDING)) <= tolerance_cents(document, 10)
    roles = [line.role for line in entry.lines]
    assert roles == sorted(roles, key=list(Role).index)
    assert check_entry(document, entry, RULES[rule], LEDGER, TOOL) == []
    assert all(explain(line).endswith(".") for line in entry.lines)


@given(documents())
@hypothesis_settings(max_examples=200, deadline=None)
def test_nets_are_exact_sums_rounded_once_half_up(document: Document) -> None:
    entry = MAKERS["by_side"].map_lines(document, party(document.kind)).entry
    if entry is None:
        return
    codes = {1: "20", 2: "5", 3: "0"}
    default = "706000" if document.kind.direction.value == "sales" else "607000"
    exact: dict[tuple[str, str, str | None], Fraction] = defaultdict(Fraction)
    for row in document.rows or ():
        account = default if row.account in (None, "999999") else row.account
        exact[account, codes[row.tax_id or 0], row.analytic_code] += Fraction(row.net)
    expected = {key: half_up(total) for key, total in exact.items() if half_up(total)}
    side = 1 if lines_are_on_credit(document) else -1
    booked = {
        (line.account, (line.vat_code or "")[1:], line.analytic_code): side * (line.credit_cents - line.debit_cents)
        for line in entry.lines
        if line.role is Role.NET
    }
    assert booked == expected


@given(documents(largest_gap=12), st.sampled_from(["by_side", "literal"]))
@hypothesis_settings(max_examples=300, deadline=None)
def test_a_gap_is_booked_up_to_the_tolerance_and_never_beyond(document: Document, rule: str) -> None:
    mapped = MAKERS[rule].map_lines(document, party(document.kind))
    if mapped.entry is None:
        return
    gap = abs(mapped.entry.debit_cents - mapped.entry.credit_cents)
    outcome = journalise(document, rule)
    if gap > tolerance_cents(document, 10):
        assert (outcome.state, outcome.reason) == (State.WAITING, Reason.ROUNDING_BEYOND_TOLERANCE)
    else:
        assert outcome.state is State.READY


@given(documents(largest_gap=3))
@hypothesis_settings(max_examples=300, deadline=None)
def test_by_side_the_product_account_is_only_credited_and_the_charge_account_only_debited(document: Document) -> None:
    entry = journalise(document).entry
    for line in entry.lines if entry else ():
        if line.role is Role.ROUNDING:
            assert (line.account, bool(line.debit_cents)) in (("758000", False), ("658000", True))


@given(documents(largest_gap=3))
@hypothesis_settings(max_examples=300, deadline=None)
def test_by_the_letter_lines_short_of_the_total_use_the_credit_account(document: Document) -> None:
    entry = journalise(document, "literal").entry
    for line in entry.lines if entry else ():
        if line.role is Role.ROUNDING and document.gross_cents:
            lines = signed(entry, document, Role.NET) + signed(entry, document, Role.VAT)
            sign = 1 if document.gross_cents > 0 else -1
            short = sign * lines < sign * document.gross_cents
            assert line.account == ("758000" if short else "658000")


@given(documents(), st.data())
@hypothesis_settings(max_examples=100, deadline=None)
def test_the_fingerprint_is_deaf_to_payments_and_hears_every_amount(document: Document, data: st.DataObject) -> None:
    before = fingerprint(document)
    paid = changed(document, status="paid", remaining_due_cents=data.draw(st.integers()), rows=None)
    assert fingerprint(paid) == before
    field = data.draw(st.sampled_from(["gross_cents", "net_cents"]))
    assert fingerprint(changed(document, **{field: getattr(document, field) + 1})) != before
    first = document.vat[0]
    other: Any = (changed(first, vat_cents=first.vat_cents + 1), *document.vat[1:])
    assert fingerprint(changed(document, vat=other)) != before


@given(documents())
@hypothesis_settings(max_examples=100, deadline=None)
def test_a_credit_note_is_its_invoice_with_the_sides_swapped(document: Document) -> None:
    from sellsy_ledger.core.documents import Kind

    sales = document.kind.direction.value == "sales"
    pair = (Kind.SALES_INVOICE, Kind.SALES_CREDIT_NOTE) if sales else (Kind.PURCHASE_INVOICE, Kind.PURCHASE_CREDIT_NOTE)
    invoice, credit = (MAKERS["by_side"].map_lines(changed(document, kind=kind), party(kind)).entry for kind in pair)
    assert (invoice is None) is (credit is None)
    if invoice is not None and credit is not None:
        assert [(line.account, line.debit_cents, line.credit_cents) for line in invoice.lines] == [
            (line.account, line.credit_cents, line.debit_cents) for line in credit.lines
        ]


def test_amounts_of_the_strategies_have_more_decimals_than_cents() -> None:
    # Otherwise no rounding would ever be tried above.
    assert half_up(Fraction(Decimal("0.125"))) == 13
