"""Sellsy's V2 objects, decoded to the product's own values. Pure: no HTTP, no clock.

Rules come from Sellsy's official OpenAPI 2.264 and from what running clients saw: amounts, rates and quantities are
texts with a dot; every field but the id may be missing or null; unknown fields, row types and statuses appear without
notice; PHP writes an empty object as ``[]``. Purchases are V1 objects: :mod:`sellsy_ledger.sources.sellsy.purchases`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from sellsy_ledger.core.documents import (
    DepositDeduction,
    Direction,
    Document,
    DueOn,
    Kind,
    Row,
    TaxInclusiveAdjustment,
    ThirdPartyRef,
    VatAmount,
)
from sellsy_ledger.core.money import NotAnAmount, parse_decimal
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.sources.sellsy import purchases
from sellsy_ledger.sources.sellsy.fields import (
    UNDECODABLE,
    Tax,
    clean_text,
    currency_of,
    day,
    day_in_paris,
    decimal_of,
    exact_rate,
    id_of,
    rate_of,
    tax_rate,
    to_cents,
    unreadable,
)
from sellsy_ledger.sources.sellsy.parties import parse_third_party
from sellsy_ledger.sources.sellsy.wire import (
    Adjustment,
    Amount,
    Related,
    SaleAmounts,
    SaleEmbed,
    SaleObject,
    SaleRow,
    SaleTax,
    sale_decoder,
)

__all__ = ["Tax", "decimals_of", "embedded_third_party", "parse_document", "parse_third_party", "read_sale"]

PRICED_ROWS = frozenset({"single", "catalog", "shipping", "packaging", "deposit"})
LAYOUT_ROWS = frozenset({"comment", "title", "sub-total", "break-line", "break-page"})
_DUE_ON = {"debit": DueOn.INVOICE, "collection": DueOn.RECEIPT}
_NO_TAXES: Mapping[int, Tax] = {}


def parse_document(kind: Kind, data: bytes | Mapping[str, Any], taxes: Mapping[int, Tax] = _NO_TAXES) -> Document:
    """Read one Sellsy object.

    Args:
        kind: which of the four kinds it is.
        data: the V2 single GET object (sales), or the V1 ``Purchase.getOne`` response (purchases): JSON or parsed.
        taxes: the account's taxes by id; without them categories stay unknown.

    Raises:
        DocumentError: with reason ``document_unreadable`` and the field at fault.
    """
    if kind.direction is Direction.PURCHASES:
        return purchases.parse_purchase(kind, data, taxes)
    return read_sale(kind, _decode_sale(kind, data), taxes)


def _decode_sale(kind: Kind, data: bytes | Mapping[str, Any]) -> SaleObject:
    try:
        return sale_decoder.decode(data if isinstance(data, bytes | msgspec.Raw) else msgspec.json.encode(data))
    except UNDECODABLE as error:
        problem, _, path = str(error).partition(" - at ")
        unreadable(path.strip("`$.") or "document", f"has the wrong type or shape ({problem})", kind)


def read_sale(kind: Kind, found: SaleObject, taxes: Mapping[int, Tax] = _NO_TAXES) -> Document:
    """The document that a decoded V2 object describes.

    Raises:
        DocumentError: with reason ``document_unreadable`` and the field at fault.
    """
    try:
        return _read_sale(kind, found, taxes)
    except UnicodeError:
        unreadable("text", "is not valid Unicode", kind, found.id)


def _read_sale(kind: Kind, found: SaleObject, taxes: Mapping[int, Tax]) -> Document:
    amounts = found.amounts
    if not isinstance(amounts, SaleAmounts):
        unreadable("amounts", "is missing", kind, found.id)
    date = day(found.date, "date")
    if date is None:
        unreadable("date", "is missing", kind, found.id)
    currency = currency_of(found.currency)
    if not currency:
        unreadable("currency", "is missing or no currency", kind, found.id)
    number = clean_text(found.number)
    if not number and found.status != "draft":
        unreadable("number", "is missing", kind, found.id)
    vat = _read_vat(found.taxes, taxes)
    name = clean_text(found.company_name)
    embed = found.embed if isinstance(found.embed, SaleEmbed) else None
    start, end = _service_dates(found.service_dates)
    due = amounts.total_remaining_due_incl_tax
    return Document(
        kind=kind,
        id=found.id,
        number=number,
        internal_number=number,
        date=date,
        due_date=day(found.due_date, "due_date"),
        currency=currency,
        gross_cents=to_cents(amounts.total_incl_tax, "amounts.total_incl_tax"),
        net_cents=to_cents(amounts.total_excl_tax, "amounts.total_excl_tax"),
        vat=vat,
        rows=None if found.rows is None else _read_rows(found.rows, vat, taxes),
        vat_due_on=_DUE_ON.get(found.vat_mode or ""),
        accounted=False if found.status == "draft" else found.is_sent_to_accounting,
        is_deposit=bool(found.is_deposit),
        is_progress=bool(found.is_progress_invoice),
        deposits=_read_deposits(embed) if embed else (),
        adjustments=_read_adjustments(embed, amounts.total_primes_incl_tax),
        remaining_due_cents=None if due in (None, "") else to_cents(due, "amounts.total_remaining_due_incl_tax"),
        global_discount=_global_discount(found, amounts),
        shipping_and_packaging=_sum(amounts.total_shipping, amounts.total_packaging),
        third_party=_customer(found.related),
        third_party_name=name,
        subject=clean_text(found.subject),
        status=clean_text(found.status),
        analytic_code=clean_text(found.analytic_code) or None,
        service_start=start,
        service_end=end,
        created_on=day_in_paris(found.created, "created"),
        file_id=found.file_id,
    )


def _read_vat(found: list[SaleTax] | dict[str, SaleTax] | None, taxes: Mapping[int, Tax]) -> tuple[VatAmount, ...]:
    if not found:
        return ()
    items = found.values() if isinstance(found, dict) else found
    amounts = []
    for position, item in enumerate(items):
        known = taxes.get(item.id) if item.id is not None else None
        if item.rate is not None and item.rate != "":
            rate = rate_of(item.rate, f"taxes[{position}].rate")
        elif known is not None:
            rate = known.rate
        else:
            unreadable(f"taxes[{position}].rate", "is missing")
        amounts.append(
            VatAmount(
                tax_id=item.id,
                rate=rate,
                vat_cents=to_cents(item.amount, f"taxes[{position}].amount"),
                category=known.category if known else None,
                label=clean_text(item.label),
            )
        )
    return tuple(amounts)


def _read_rows(found: list[SaleRow], vat: tuple[VatAmount, ...], taxes: Mapping[int, Tax]) -> tuple[Row, ...]:
    rows = []
    for position, item in enumerate(found):
        kind = item.type
        amount = item.amount_tax_exc
        if item.is_optional or kind in LAYOUT_ROWS or (kind not in PRICED_ROWS and amount is None):
            continue
        field = "amount_tax_exc"
        try:
            net = parse_decimal("" if amount is None else amount)
            field = "tax_rate"
            rate = exact_rate(item.tax_rate) if item.tax_rate else _missing_rate(item, vat, taxes)
        except NotAnAmount:
            unreadable(f"rows[{position}].{field}", "is missing or no decimal number")
        rows.append(
            Row(
                net=net,
                tax_id=item.tax_id,
                rate=rate,
                description=clean_text(item.description) or clean_text(item.reference),
                accounting_code_id=item.accounting_code_id,
                analytic_code=clean_text(item.analytic_code) or None,
                type=kind if kind in PRICED_ROWS else clean_text(kind) or "single",
            )
        )
    return tuple(rows)


def _missing_rate(item: SaleRow, vat: tuple[VatAmount, ...], taxes: Mapping[int, Tax]) -> Decimal:
    """The rate of a row that does not tell its own: what the document prints for its tax, else the account's tax."""
    if item.tax_id is None:
        return Decimal(0)
    printed = next((amount.rate for amount in vat if amount.tax_id == item.tax_id), None)
    known = printed if printed is not None else tax_rate(item.tax_id, taxes)
    if known is None:
        raise NotAnAmount(f"the rate of tax {item.tax_id} is unknown")
    return known


def _customer(related: list[Related] | None) -> ThirdPartyRef:
    for item in related or ():
        if item.type in ("company", "individual") and item.id is not None:
            return ThirdPartyRef(type=item.type, id=item.id)
    return ThirdPartyRef(type="snapshot", id=None)


def _read_deposits(embed: SaleEmbed) -> tuple[DepositDeduction, ...]:
    found = embed.deposits or ()
    return tuple(
        DepositDeduction(
            id=item.id,
            number=clean_text(item.number),
            gross_cents=to_cents(item.amount, f"_embed.deposits[{position}].amount"),
            date=day(item.date, f"_embed.deposits[{position}].date"),
        )
        for position, item in enumerate(found.values() if isinstance(found, dict) else found)
    )


def _read_adjustments(embed: SaleEmbed | None, primes: Amount) -> tuple[TaxInclusiveAdjustment, ...]:
    adjustments = []
    found = embed.discount_incl_taxes if embed else None
    for item in [found] if isinstance(found, Adjustment) else found or ():
        amount = _adjustment_amount(item)
        if amount:
            adjustments.append(
                TaxInclusiveAdjustment(
                    label=clean_text(item.name or item.reference),
                    amount_cents=amount,
                    accounting_code_id=item.accounting_code_id,
                )
            )
    if primes and (cents := to_cents(primes, "amounts.total_primes_incl_tax")):
        adjustments.append(TaxInclusiveAdjustment(label="Primes", amount_cents=cents))
    return tuple(adjustments)


def _adjustment_amount(item: Adjustment) -> int:
    """Cents of a discount including VAT; a PHP-empty object (no amount at all) is no discount."""
    field = "_embed.discount_incl_taxes.total_amount"
    if item.total_amount is not None:
        return to_cents(item.total_amount, field)
    if item.unit_amount is None:
        return 0
    quantity = decimal_of(1 if item.quantity is None else item.quantity, field)
    return to_cents(str(decimal_of(item.unit_amount, field) * quantity), field)


def _global_discount(found: SaleObject, amounts: SaleAmounts) -> Decimal:
    """Net amount of the global discount: what separates the two totals, exact whatever the discount's own form."""
    raw, after = amounts.total_raw_excl_tax, amounts.total_after_discount_excl_tax
    if raw not in (None, "") and after not in (None, ""):
        if raw == after:
            return Decimal(0)
        before = decimal_of(raw, "amounts.total_raw_excl_tax")
        return before - decimal_of(after, "amounts.total_after_discount_excl_tax")
    amount = found.discount.get("amount") if isinstance(found.discount, dict) else None
    return decimal_of(amount, "discount.amount") if amount not in (None, "") else Decimal(0)


def _sum(shipping: Amount, packaging: Amount) -> Decimal:
    total = Decimal(0)
    for value, field in ((shipping, "amounts.total_shipping"), (packaging, "amounts.total_packaging")):
        if value and value != "0.00":
            total += decimal_of(value, field)
    return total


def _service_dates(found: object) -> tuple[dt.date | None, dt.date | None]:
    if not isinstance(found, dict):
        return None, None
    return day(found.get("start"), "service_dates.start"), day(found.get("end"), "service_dates.end")


def embedded_third_party(found: SaleObject) -> ThirdParty | None:
    """The customer embedded in a listed document; None when the embed is absent (or its scope is missing)."""
    embed = found.embed
    if not isinstance(embed, SaleEmbed):
        return None
    for raw in (embed.company, embed.individual):
        if bytes(raw)[:1] == b"{":
            return parse_third_party(Direction.SALES, raw)
    return None


def decimals_of(found: SaleObject) -> int | None:
    """How many decimals the document's row amounts have, where Sellsy says."""
    main = found.decimal_number.get("main") if isinstance(found.decimal_number, dict) else None
    return id_of(main) if main else (0 if main == 0 else None)
