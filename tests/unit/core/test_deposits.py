"""Deposit invoices, and both readings of the invoice that deducts them."""

from __future__ import annotations

from typing import Any

import pytest

from sellsy_ledger.core.deposits import deposit_shares, third_party_cents
from sellsy_ledger.core.documents import DepositDeduction, Document, Kind, TaxInclusiveAdjustment
from sellsy_ledger.core.entries import Role
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.outcomes import NotReady, Outcome, Reason, State
from tests.unit.core.builders import (
    CUSTOMER,
    SUPPLIER,
    capabilities,
    changed,
    document,
    ledger,
    row,
    settings,
    vat,
    written,
)

DEPOSIT = DepositDeduction(id=1, number="F-1", gross_cents=36000)


def final(**changes: Any) -> Document:
    """1,000.00 + 20 %, deposit of 360.00 deducted."""
    facts: dict[str, Any] = {"deposits": (DEPOSIT,), "remaining_due_cents": 84000}
    return document([row("1000", account="707")], [vat(20000)], **(facts | changes))


def journalise(document_: Document, third_party: Any = CUSTOMER, **changes: Any) -> Outcome:
    return Journaliser(settings(**changes), ledger(), capabilities())(document_, third_party)


@pytest.mark.parametrize("gross", [120000, 84000], ids=["before the deduction", "after it"])
@pytest.mark.parametrize("due", [84000, 10000, 0, None], ids=["unpaid", "paid in part", "paid", "not told"])
def test_both_readings_of_the_total_claim_the_same(gross: int, due: int | None) -> None:
    assert third_party_cents(final(gross_cents=gross, remaining_due_cents=due), 1) == 84000


def test_more_due_than_claimed_refutes_the_reading() -> None:
    with pytest.raises(NotReady) as stop:
        third_party_cents(final(remaining_due_cents=120000), 1)
    assert stop.value.outcome.reason is Reason.AMOUNTS_DO_NOT_CLOSE
    assert "840,00 €" in stop.value.outcome.message
    assert "1200,00 €" in stop.value.outcome.message


def test_an_adjustment_moves_what_is_due_and_not_what_is_claimed() -> None:
    adjustments = (TaxInclusiveAdjustment(label="Prime", amount_cents=5000),)
    assert third_party_cents(final(adjustments=adjustments, remaining_due_cents=79000), 1) == 84000


def test_a_total_that_neither_reading_explains_waits_with_both_figures() -> None:
    outcome = journalise(final(gross_cents=100000))
    assert (outcome.state, outcome.reason) == (State.WAITING, Reason.AMOUNTS_DO_NOT_CLOSE)
    assert "840,00 €" in outcome.message
    assert "1000,00 €" in outcome.message


def test_net_and_vat_that_do_not_make_the_total_wait_with_both_figures() -> None:
    outcome = journalise(document([row("100")], [vat(2000)], gross_cents=13000))
    assert (outcome.state, outcome.reason) == (State.WAITING, Reason.AMOUNTS_DO_NOT_CLOSE)
    assert "120,00 €" in outcome.message
    assert "130,00 €" in outcome.message


def test_a_withholding_leaves_the_third_party_at_the_gross() -> None:
    adjustments = (TaxInclusiveAdjustment(label="Retenue de garantie", amount_cents=6000),)
    outcome = journalise(document([row("100")], [vat(2000)], adjustments=adjustments, remaining_due_cents=6000))
    assert outcome.entry is not None
    assert outcome.entry.lines[0].debit_cents == 12000


def test_a_deposit_s_own_vat_is_used_when_it_was_read() -> None:
    deposit = DepositDeduction(id=1, number="F-1", gross_cents=36001, vat=(vat(6001),))
    assert [(share.net_cents, share.vat_cents) for share in deposit_shares(final(deposits=(deposit,)))] == [
        (30000, 6001)
    ]


def test_a_deposit_of_two_rates_is_split_by_its_own_vat() -> None:
    deposit = DepositDeduction(id=1, number="F-1", gross_cents=12000 + 10550, vat=(vat(2000), vat(550, 2)))
    shares = deposit_shares(final(deposits=(deposit,)))
    assert [(share.net_cents, share.vat_cents) for share in shares] == [(10000, 2000), (10000, 550)]


def test_cents_that_rounding_leaves_go_to_the_last_net_and_more_than_cents_wait() -> None:
    taxes = (vat(2001), vat(550, 2))
    close = DepositDeduction(id=1, number="F-1", gross_cents=10000 + 2001 + 10000 + 550, vat=taxes)
    nets = [share.net_cents for share in deposit_shares(final(deposits=(close,)))]
    assert nets == [10005, 9995]
    with pytest.raises(NotReady) as stop:
        deposit_shares(final(deposits=(changed(close, gross_cents=close.gross_cents + 100),)))
    assert "F-1" in stop.value.outcome.message


def test_a_deposit_that_cannot_be_split_waits_and_is_named() -> None:
    outcome = journalise(
        document(
            [row("500", account="707"), row("500", 2, account="707")],
            [vat(10000), vat(2750, 2)],
            deposits=(DEPOSIT,),
            remaining_due_cents=112750 - 36000,
        )
    )
    assert (outcome.state, outcome.reason) == (State.WAITING, Reason.AMOUNTS_DO_NOT_CLOSE)
    assert "F-1" in outcome.message
    assert "taux unique" in outcome.message


def test_an_untaxed_deposit_comes_back_without_vat() -> None:
    outcome = journalise(document([row("1000", 3, "707")], deposits=(DEPOSIT,), remaining_due_cents=64000))
    assert outcome.entry is not None
    assert [written(line)[0] for line in outcome.entry.lines] == ["411000", "707000", "419100"]


def test_without_a_deposit_vat_account_the_mapped_one_takes_it_back() -> None:
    outcome = journalise(final())
    assert outcome.entry is not None
    assert [written(line) for line in outcome.entry.lines if line.role is Role.VAT] == [
        ("445710", None, 0, 20000, "vat"),
        ("445710", None, 6000, 0, "vat"),
    ]


def test_an_invoice_covered_by_its_deposits_is_booked_without_a_third_party_line() -> None:
    whole = DepositDeduction(id=1, number="F-1", gross_cents=120000)
    outcome = journalise(final(deposits=(whole,), remaining_due_cents=0))
    assert outcome.entry is not None
    assert sorted(written(line)[:4] for line in outcome.entry.lines) == [
        ("419100", None, 100000, 0),
        ("445710", None, 0, 20000),
        ("445710", None, 20000, 0),
        ("707000", None, 0, 100000),
    ]


def test_a_deposit_invoice_is_no_turnover_even_where_its_row_names_an_account() -> None:
    outcome = journalise(document([row("300", account="707")], [vat(6000)], is_deposit=True))
    assert outcome.entry is not None
    assert [written(line)[0] for line in outcome.entry.lines] == ["411000", "419100", "445710"]


def test_a_supplier_s_deposit_goes_to_its_own_account() -> None:
    paid = document([row("300")], [vat(6000)], kind=Kind.PURCHASE_INVOICE, is_deposit=True)
    outcome = journalise(paid, SUPPLIER)
    assert outcome.entry is not None
    assert [written(line)[0] for line in outcome.entry.lines] == ["401000", "409100", "445660"]


def test_a_deposit_waits_for_its_account() -> None:
    outcome = journalise(document([row("300")], [vat(6000)], is_deposit=True), accounts={"deposits": None})
    assert (outcome.state, outcome.reason) == (State.WAITING, Reason.ACCOUNT_UNKNOWN)
    assert "acomptes" in outcome.message


def test_a_deposit_s_credit_note_swaps_its_sides() -> None:
    credit = document([row("300")], [vat(6000)], kind=Kind.SALES_CREDIT_NOTE, is_deposit=True)
    outcome = journalise(credit)
    assert outcome.entry is not None
    assert [written(line)[:4] for line in outcome.entry.lines] == [
        ("411000", "CLI001", 0, 36000),
        ("419100", None, 30000, 0),
        ("445710", None, 6000, 0),
    ]
