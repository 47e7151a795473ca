"""Can an entry be told as an invoice, line by line and to the cent? The decision, with its reason. Pure.

Chift books an *invoice* where it can (the tool behind then has the document, not only its entry), and a *journal entry*
where an invoice would not say exactly what our entry says. Whatever the route, the books receive the same amounts on
the same accounts.

Amounts here are seen from the document: positive on an invoice and on a credit note, whatever the side in the books.
Source: Chift's guides on invoices (amount rules, corrections of a cent, reverse charge) and its OpenAPI.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import floor
from typing import NamedTuple

from sellsy_ledger.connectors.chift.vat_codes import Known
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import unpadded

__all__ = ["INVOICE_TYPES", "Told", "VatCheck", "as_invoice", "deal", "half_up"]

INVOICE_TYPES = {
    (Direction.SALES, True): "customer_invoice",
    (Direction.SALES, False): "customer_refund",
    (Direction.PURCHASES, False): "supplier_invoice",
    (Direction.PURCHASES, True): "supplier_refund",
}
"""(direction, third party on the debit side) → Chift's type; a negative invoice is a credit note."""

CORRECTION_MAX = 1
"""Cents of rounding that Chift corrects by itself; it refuses an invoice with a wider gap."""


class VatCheck(NamedTuple):
    """How closely the VAT of an account and code must follow its rate for Chift to take the invoice.

    ``exact`` False: less than a cent off base × rate, rounded either way. True: base × rate rounded half up.
    """

    exact: bool = False


class Share(NamedTuple):
    """A net line with its part of the document's VAT, in signed cents."""

    line: EntryLine
    net: int
    tax: int


class Told(NamedTuple):
    """An entry as an invoice; ``correction`` is the rounding line that Chift is asked to add."""

    invoice_type: str
    shares: tuple[Share, ...]
    total: int
    tax: int
    correction: EntryLine | None


CodeOf = Callable[[str], Known]


def as_invoice(entry: JournalEntry, direction: Direction, code_of: CodeOf, check: VatCheck | None = None) -> Told | str:
    """The entry as an invoice, or why it goes as a journal entry (English, for the record).

    Args:
        entry: a balanced entry.
        direction: sales or purchases.
        code_of: the code of a line → what Chift told of it.
        check: how closely VAT must follow its rate.
    """
    by_role: defaultdict[Role, list[EntryLine]] = defaultdict(list)
    for line in entry.lines:
        by_role[line.role].append(line)
    third_party = _third_party_balance(by_role[Role.THIRD_PARTY])
    if isinstance(third_party, str):
        return third_party
    rounding = by_role[Role.ROUNDING]
    on_credit = third_party > 0
    total, tax = abs(third_party), sum(_signed(line, on_credit=on_credit) for line in by_role[Role.VAT])
    if total - tax <= 0:
        return "the amount without VAT is not above zero"
    if len(rounding) > 1 or any(abs(_signed(line, on_credit=on_credit)) > CORRECTION_MAX for line in rounding):
        return "the rounding gap is above one cent"
    if any(line.vat_code is None for line in (*by_role[Role.NET], *rounding)):
        return "a line has no VAT code"
    shares = _shares(by_role[Role.NET], by_role[Role.VAT], direction, code_of, check or VatCheck(), on_credit=on_credit)
    if isinstance(shares, str):
        return shares
    if not shares:
        return "there is no line besides third party and VAT"
    invoice_type = INVOICE_TYPES[direction, on_credit]
    return Told(invoice_type, tuple(shares), total, tax, rounding[0] if rounding else None)


def _third_party_balance(lines: Sequence[EntryLine]) -> int | str:
    """Debit minus credit of the third party; Chift makes one line on one account of it."""
    if len({(line.account, line.auxiliary_account) for line in lines}) > 1:
        return "the third party has several accounts"
    debit, credit = sum(line.debit_cents for line in lines), sum(line.credit_cents for line in lines)
    if debit and credit:
        return "the third party stands on both sides"
    return debit - credit or "the document is zero"


def _shares(
    nets: Sequence[EntryLine],
    vat: Sequence[EntryLine],
    direction: Direction,
    code_of: CodeOf,
    check: VatCheck,
    *,
    on_credit: bool,
) -> list[Share] | str:
    """Each net line with its part of the printed VAT of its code, in the order of the entry."""
    due: defaultdict[str, int] = defaultdict(int)
    for line in vat:
        if line.vat_code is None:
            return "a VAT line has no VAT code"
        known = code_of(line.vat_code)
        account = known.payable_account if direction is Direction.SALES else known.deductible_account
        if account and unpadded(account) != unpadded(line.account):
            return "a VAT line is on another account than its code's"
        due[line.vat_code] += _signed(line, on_credit=on_credit)
    # Groups as Chift makes them: it checks a group's VAT against its rate.
    groups: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, line in enumerate(nets):
        groups[line.vat_code or ""][line.account].append(place)
    if any(amount for code, amount in due.items() if code not in groups):
        return "VAT without a net line of its code"
    taxes = [0] * len(nets)
    amounts = [_signed(line, on_credit=on_credit) for line in nets]
    for code, by_account in groups.items():
        known = code_of(code)
        if known.rate is None:
            return f"the rate of VAT code {code} is not known"
        # Under a reversed code the document prints no VAT; Chift wants 0, and makes the pair from the rate.
        rate = Fraction(0) if known.reversed else Fraction(known.rate) / 100
        ideals = [rate * sum(amounts[place] for place in places) for places in by_account.values()]
        dealt = deal(ideals, due[code])
        if dealt is None or (check.exact and dealt != [half_up(ideal) for ideal in ideals]):
            return f"the VAT of code {code} does not follow its rate to the cent"
        for places, share in zip(by_account.values(), dealt, strict=True):
            # A group's share is less than a cent off, so its lines can share it out likewise.
            parts = deal([rate * amounts[place] for place in places], share)
            for place, part in zip(places, parts or [], strict=True):
                taxes[place] = part
    return [Share(line, amount, tax) for line, amount, tax in zip(nets, amounts, taxes, strict=True)]


def deal(ideals: Sequence[Fraction], total: int) -> list[int] | None:
    """Whole cents that add up to ``total``, each less than a cent off its ideal; None when there are none.

    The cents left over after rounding down go to the largest remainders.

    >>> deal([Fraction(2, 3), Fraction(2, 3), Fraction(2, 3)], 2)
    [1, 1, 0]
    """
    shares = [floor(ideal) for ideal in ideals]
    left = total - sum(shares)
    remainders = sorted(
        (place for place, ideal in enumerate(ideals) if ideal != shares[place]),
        key=lambda place: shares[place] - ideals[place],
    )
    if not 0 <= left <= len(remainders):
        return None
    for place in remainders[:left]:
        shares[place] += 1
    return shares


def half_up(amount: Fraction) -> int:
    """The nearest whole number, halves away from zero."""
    whole = floor(abs(amount) + Fraction(1, 2))
    return whole if amount >= 0 else -whole


def _signed(line: EntryLine, *, on_credit: bool) -> int:
    """Cents seen from the document, whose lines stand on the credit side or not."""
    amount = line.credit_cents - line.debit_cents
    return amount if on_credit else -amount
