"""Deposit invoices and the invoices that deduct them.

A deposit is no turnover: a deposit invoice goes to a third-party class account (4191 received, 4091 paid) with its
VAT beside it, and the final invoice takes both back. The source does not say whether a final invoice's total is
before or after the deduction, so arithmetic has to prove one reading; otherwise the document waits.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from sellsy_ledger.core.documents import DepositDeduction, Document, VatAmount
from sellsy_ledger.core.money import cents_to_french, round_to_cents
from sellsy_ledger.core.outcomes import NotReady, Reason

__all__ = ["DepositShare", "deducted_cents", "deposit_shares", "third_party_cents"]

_HUNDRED = Decimal(100)
_HALF_CENT_OF_VAT = Decimal(50)  # per cent of a cent: half a cent of VAT at 20 % is 2.5 cents of its base


class DepositShare(NamedTuple):
    """The part of a deducted deposit under one tax, in cents with the document's sign."""

    deposit: DepositDeduction
    tax: VatAmount
    net_cents: int
    vat_cents: int


def deducted_cents(document: Document) -> int:
    """Gross of all the deposits that the document deducts."""
    return sum(deposit.gross_cents for deposit in document.deposits)


def third_party_cents(document: Document, tolerance_cents: int) -> int:
    """What the third-party line carries, once the document's totals are proved to agree.

    Without deposits it is the document's gross, and net + VAT must make it up to the rounding tolerance. With
    deposits, gross is either the full invoice (the deduction comes after it) or what is left after the deduction.

    Raises:
        NotReady: ``amounts_do_not_close``, naming the two figures that contradict each other.

    Example: net 1000.00, VAT 200.00, deposit 360.00. Gross 1200.00 and 840.00 due, or gross 840.00: both 840.00.
    """
    full = document.net_cents + document.vat_cents
    if not document.deposits:
        if abs(document.gross_cents - full) <= tolerance_cents:
            return document.gross_cents
        raise _contradiction("HT + TVA", full, "TTC", document.gross_cents)
    deposits = deducted_cents(document)
    if abs(document.gross_cents - full) <= tolerance_cents:
        claimed = document.gross_cents - deposits
    elif abs(document.gross_cents - (full - deposits)) <= tolerance_cents:
        claimed = document.gross_cents
    else:
        raise _contradiction("HT + TVA - acomptes", full - deposits, "TTC", document.gross_cents)
    _prove_by_remaining_due(document, claimed, tolerance_cents)
    return claimed


def _prove_by_remaining_due(document: Document, claimed: int, tolerance_cents: int) -> None:
    """Payments lower what is still due, nothing raises it: more due than claimed refutes the reading."""
    due = document.remaining_due_cents
    if due is None:
        return
    adjusted = claimed - sum(adjustment.amount_cents for adjustment in document.adjustments)
    lowest = min(0, claimed, adjusted) - tolerance_cents
    highest = max(0, claimed, adjusted) + tolerance_cents
    if not lowest <= due <= highest:
        raise _contradiction("TTC - acomptes", claimed, "reste dû", due)


def _contradiction(first: str, first_cents: int, second: str, second_cents: int) -> NotReady:
    detail = f"{first} = {cents_to_french(first_cents)}, {second} = {cents_to_french(second_cents)}"
    return NotReady(Reason.AMOUNTS_DO_NOT_CLOSE, detail)


def deposit_shares(document: Document) -> list[DepositShare]:
    """The deducted deposits split into net and VAT, tax by tax.

    The VAT of the deposit's own invoice is used when it was read; else the single rate of this invoice.

    Raises:
        NotReady: ``amounts_do_not_close`` when neither tells the split.

    Example: 360.00 at the single rate of 20 % → net 300.00, VAT 60.00.
    """
    return [share for deposit in document.deposits for share in _split(document, deposit)]


def _split(document: Document, deposit: DepositDeduction) -> list[DepositShare]:
    taxes = _taxes(document) if deposit.vat is None else deposit.vat
    if len(taxes) == 1:
        tax = taxes[0]
        vat = tax.vat_cents if deposit.vat is not None else _vat_inside(deposit.gross_cents, tax.rate)
        return [DepositShare(deposit, tax, deposit.gross_cents - vat, vat)]
    if deposit.vat is None or any(not tax.rate for tax in taxes):
        raise NotReady(
            Reason.AMOUNTS_DO_NOT_CLOSE,
            f"la TVA de l'acompte {deposit.number} ({cents_to_french(deposit.gross_cents)}) n'est pas connue "
            "et la facture n'a pas un taux unique",
        )
    # Each net is what its VAT was computed on; the last takes the cents that the rounding of VAT leaves.
    nets = [round_to_cents(Decimal(tax.vat_cents) / tax.rate) for tax in taxes]
    left = deposit.gross_cents - sum(tax.vat_cents for tax in taxes) - sum(nets)
    if abs(left) > sum(_HALF_CENT_OF_VAT / tax.rate + 1 for tax in taxes):
        raise NotReady(
            Reason.AMOUNTS_DO_NOT_CLOSE,
            f"la TVA de l'acompte {deposit.number} n'explique pas son TTC ({cents_to_french(deposit.gross_cents)})",
        )
    nets[-1] += left
    return [DepositShare(deposit, tax, net, tax.vat_cents) for tax, net in zip(taxes, nets, strict=True)]


def _taxes(document: Document) -> tuple[VatAmount, ...]:
    """The document's taxes; a document that prints none is taxed at the 0 % of its rows."""
    if document.vat:
        return document.vat
    untaxed = {(row.tax_id, row.rate) for row in document.rows or () if not row.rate}
    return tuple(VatAmount(tax_id=tax_id, rate=rate, vat_cents=0) for tax_id, rate in untaxed)


def _vat_inside(gross_cents: int, rate: Decimal) -> int:
    return round_to_cents(gross_cents * rate / (_HUNDRED + rate) / _HUNDRED)
