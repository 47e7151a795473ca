"""Invoices on paper, before any API's shape: read from public sample invoices, and re-rated to French VAT.

A public sample (EN 16931 in UBL or CII, or GOBL) becomes a :class:`Paper`: parties, priced rows, VAT per tax, totals.
Amounts are exact decimals as printed. ``re_rated`` gives the paper French rates, so that a French company's books can
take it: quantities, prices and texts stay real, VAT is recomputed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from sellsy_ledger_sandbox.sellsy.reference import TAXES, Tax, tax_for

__all__ = ["Paper", "Party", "Row", "cents", "read_paper"]

Json = Mapping[str, Any]
ZERO: Final = Decimal(0)
_CENT: Final = Decimal("0.01")
_CATEGORIES: Final = {
    "standard": "S",
    "zero": "Z",
    "exempt": "E",
    "reverse-charge": "AE",
    "export": "G",
    "intra-community": "K",
    "outside-scope": "O",
}


def cents(amount: Decimal) -> Decimal:
    """Rounded to the cent, half away from zero."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Party:
    """A customer or supplier as printed; ``identity`` tells two parties of the same name apart."""

    name: str
    country: str = "FR"
    vat: str | None = None
    siret: str | None = None
    is_person: bool = False
    auxiliary_code: str | None = None
    identity: str = ""


@dataclass(frozen=True)
class Row:
    """One priced row; ``net`` is the printed amount before VAT, row discount taken. ``code`` is an account number."""

    label: str
    net: Decimal
    tax: Tax
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    type: str = "single"
    code: str | None = None
    is_optional: bool = False


@dataclass(frozen=True)
class Paper:
    """An invoice or credit note. ``vat`` keeps the printed order of the taxes; ``due`` is what is left to pay."""

    is_credit_note: bool
    number: str
    date: dt.date
    currency: str
    seller: Party
    buyer: Party
    rows: tuple[Row, ...]
    vat: tuple[tuple[Tax, Decimal], ...]
    net: Decimal
    gross: Decimal
    due: Decimal
    due_date: dt.date | None = None
    subject: str = ""
    source: Mapping[str, str] = field(default_factory=dict)

    def re_rated(self) -> Paper:
        """The same paper with French VAT: rates mapped, VAT and gross recomputed, what was already paid kept."""
        rows = tuple(replace(row, tax=_french(row.tax)) for row in self.rows)
        paid = self.gross - self.due
        return replace(self, rows=rows).recomputed(paid if ZERO <= paid < self.gross else ZERO)

    def recomputed(self, paid: Decimal = ZERO) -> Paper:
        """The same rows with VAT per tax, net and gross computed from them."""
        bases: dict[Tax, Decimal] = {}
        for row in self.rows:
            if not row.is_optional:
                bases[row.tax] = bases.get(row.tax, ZERO) + row.net
        vat = tuple((tax, cents(base * tax.rate / 100)) for tax, base in bases.items())
        net = cents(sum(bases.values(), ZERO))
        gross = net + sum((amount for _, amount in vat), ZERO)
        return replace(self, vat=vat, net=net, gross=gross, due=gross - paid)


def _french(tax: Tax) -> Tax:
    if tax.category != "S":
        return tax_for(ZERO, tax.category)
    rate = next(rate for floor, rate in ((15, "20"), (10, "10"), (4, "5.5"), (0, "2.1")) if tax.rate >= floor)
    return tax_for(Decimal(rate), "S")


def read_paper(invoice: Json) -> Paper:
    """Read one record of the public samples (see ``data/README.md`` for its shape)."""
    totals, breakdown = invoice["totals"], invoice["vat_breakdown"]
    net, vat_total, gross = (_decimal(totals[name]) for name in ("net", "vat", "gross"))
    rows = _line_rows(invoice) + _extra_rows(invoice) or _rows_of_breakdown(breakdown, net, vat_total)
    vat = tuple((_tax(one["rate"], one["category"]), _decimal(one["amount"])) for one in breakdown)
    issued = dt.date.fromisoformat(invoice["issue_date"]) if invoice["issue_date"] else dt.date(2026, 1, 15)
    due_date = invoice.get("due_date")
    return Paper(
        is_credit_note=invoice["type"] == "credit_note",
        number=invoice["number"] or "",
        date=issued,
        due_date=dt.date.fromisoformat(due_date) if due_date else None,
        currency=invoice["currency"] or "EUR",
        seller=_party(invoice["seller"]),
        buyer=_party(invoice["buyer"]),
        rows=rows,
        vat=vat or ((rows[0].tax, vat_total),),
        net=net,
        gross=gross,
        due=_decimal(totals.get("due")) if totals.get("due") is not None else gross,
        source=invoice["source"],
    )


def _line_rows(invoice: Json) -> tuple[Row, ...]:
    """Rows of the lines that count: sub-lines are already inside their parent."""
    rows = []
    for line in invoice["lines"]:
        if line.get("parent"):
            continue
        tax = _line_tax(invoice, line.get("vat_rate"), line.get("vat_category"))
        net, base = _decimal(line["net_amount"]), _decimal(line.get("price_base_quantity")) or Decimal(1)
        if invoice.get("prices_include_tax"):
            net = (net / (1 + tax.rate / 100)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        quantity, price = _decimal(line["quantity"]) or Decimal(1), line.get("unit_price")
        rows.append(Row(line["label"] or "", net, tax, quantity, _decimal(price) / base if price else None))
    return tuple(rows)


def _extra_rows(invoice: Json) -> tuple[Row, ...]:
    """Document-level allowances become negative rows, charges become positive ones (freight is shipping)."""
    rows = []
    for extra in invoice["allowances_charges"]:
        amount = _decimal(extra["amount"])
        if not amount or not invoice["lines"]:
            continue
        reason = extra.get("reason") or ("Frais" if extra["charge"] else "Remise")
        tax = _line_tax(invoice, extra.get("vat_rate"), extra.get("vat_category"))
        freight = extra["charge"] and any(word in reason.lower() for word in ("freight", "fracht", "versand", "port"))
        rows.append(Row(reason, amount if extra["charge"] else -amount, tax, type="shipping" if freight else "single"))
    return tuple(rows)


def _rows_of_breakdown(breakdown: list[Json], net: Decimal, vat: Decimal) -> tuple[Row, ...]:
    """One row per rate for samples that print no lines; one row in all for those that print totals only."""
    if breakdown:
        return tuple(
            Row("Selon détail joint", _decimal(one["base"]), _tax(one["rate"], one["category"])) for one in breakdown
        )
    rate = (vat / net * 100).quantize(Decimal("0.1")) if net and vat else ZERO
    return (Row("Selon détail joint", net, tax_for(rate, "S" if rate else "E")),)


def _line_tax(invoice: Json, rate: str | None, category: str | None) -> Tax:
    if rate is None and category is None and len(invoice["vat_breakdown"]) == 1:
        only = invoice["vat_breakdown"][0]
        return _tax(only["rate"], only["category"])
    return _tax(rate, category)


def _tax(rate: str | None, category: str | None) -> Tax:
    value = _decimal(rate)
    letter = _CATEGORIES.get(category or "", category or ("S" if value else "E"))
    if letter == "S" and not value:
        letter = "Z"
    known = next((tax for tax in TAXES if tax.rate == value and tax.category == letter), None)
    return known or tax_for(value, letter)


def _party(raw: Json) -> Party:
    return Party(
        name=raw.get("name") or "",
        country=(raw.get("country") or "FR").replace("EL", "GR"),
        vat=raw.get("vat"),
        siret=raw.get("siret"),
    )


def _decimal(value: str | None) -> Decimal:
    return Decimal(value) if value else ZERO
