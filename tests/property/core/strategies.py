"""Documents as Sellsy could print them: any kind, sign, mix of rates, accounts and analytic codes."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import strategies as st

from sellsy_ledger.core.documents import Document, Kind, Row, VatAmount
from tests.unit.core.builders import document, vat

CENT = Decimal("0.01")
RATES = {1: Decimal(20), 2: Decimal("5.5"), 3: Decimal(0)}
ACCOUNTS = [None, "706000", "707000", "708500", "999999"]

kinds = st.sampled_from(list(Kind))


def amounts(places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=-5000, max_value=5000, places=places, allow_nan=False)


def rounded(amount: Decimal) -> int:
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


@st.composite
def rows(
    draw: st.DrawFn, *, tax_ids: tuple[int, ...] = (1, 2, 3), largest: int = 8, places: int = 4
) -> tuple[Row, ...]:
    count = draw(st.integers(1, largest))
    return tuple(_row(draw, draw(st.sampled_from(tax_ids)), places) for _ in range(count))


def _row(draw: st.DrawFn, tax_id: int, places: int) -> Row:
    return Row(
        net=draw(amounts(places)),
        tax_id=tax_id,
        rate=RATES[tax_id],
        description=draw(st.text(max_size=20)),
        account=draw(st.sampled_from(ACCOUNTS)),
        analytic_code=draw(st.sampled_from([None, "A"])),
    )


def printed_vat(found: tuple[Row, ...]) -> tuple[VatAmount, ...]:
    """The VAT of each tax, rounded once, as a document prints it."""
    bases: dict[int, Decimal] = {}
    for row in found:
        assert row.tax_id is not None
        bases[row.tax_id] = bases.get(row.tax_id, Decimal(0)) + row.net
    return tuple(vat(rounded(base * RATES[tax] / 100), tax) for tax, base in bases.items())


@st.composite
def documents(draw: st.DrawFn, *, largest_gap: int = 0) -> Document:
    """Net rounded once, VAT rounded per rate, gross = net + VAT, moved by a gap of some cents."""
    found = draw(rows())
    taxes = printed_vat(found)
    net = rounded(sum((row.net for row in found), Decimal(0)))
    gap = draw(st.integers(-largest_gap, largest_gap))
    gross = net + sum(tax.vat_cents for tax in taxes) + gap
    return document(found, taxes, kind=draw(kinds), net_cents=net, gross_cents=gross)


def half_up(amount: Fraction) -> int:
    """Cents of an exact amount, half a cent away from zero; on another arithmetic than the product's."""
    cents = abs(amount) * 100
    whole = (2 * cents.numerator + cents.denominator) // (2 * cents.denominator)
    return -whole if amount < 0 else whole
