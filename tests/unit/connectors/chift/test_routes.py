"""Invoice or journal entry: the decision has its reason, and an entry told as an invoice is told to the cent."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sellsy_ledger.connectors.chift.routes import Told, VatCheck, as_invoice, deal, half_up
from sellsy_ledger.connectors.chift.vat_codes import Known, known
from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import LedgerIndex
from tests.unit.connectors.chift.builders import LEDGER, VAT_ACCOUNTS, entries, make_entry

INDEX = LedgerIndex(LEDGER)


def code_of(code: str) -> Known:
    found = INDEX.vat_code(code)
    assert found is not None, code
    return known(found)


def decide(kind: Kind, entry: JournalEntry, check: VatCheck | None = None) -> Told | str:
    return as_invoice(entry, kind.direction, code_of, check)


def told(kind: Kind, entry: JournalEntry) -> Told:
    found = decide(kind, entry)
    assert isinstance(found, Told), found
    return found


SALE = [("706000", "C20", 10_000), ("707000", "C10", 5_000)]


@pytest.mark.parametrize(
    ("kind", "invoice_type"),
    [
        (Kind.SALES_INVOICE, "customer_invoice"),
        (Kind.SALES_CREDIT_NOTE, "customer_refund"),
        (Kind.PURCHASE_INVOICE, "supplier_invoice"),
        (Kind.PURCHASE_CREDIT_NOTE, "supplier_refund"),
    ],
)
def test_each_kind_has_its_type_and_positive_amounts(kind: Kind, invoice_type: str) -> None:
    nets = SALE if kind.direction is Direction.SALES else [("607000", "D20", 10_000), ("606400", "D10", 5_000)]
    found = told(kind, make_entry(kind, nets))
    assert (found.invoice_type, found.total, found.tax) == (invoice_type, 17_500, 2_500)
    assert [(share.net, share.tax) for share in found.shares] == [(10_000, 2_000), (5_000, 500)]
    assert found.correction is None


def test_a_negative_invoice_is_a_credit_note() -> None:
    found = told(Kind.SALES_INVOICE, make_entry(Kind.SALES_INVOICE, [("706000", "C20", -10_000)]))
    assert (found.invoice_type, found.total, found.tax) == ("customer_refund", 12_000, 2_000)


@pytest.mark.parametrize("rounding", [1, -1])
@pytest.mark.parametrize("kind", list(Kind))
def test_a_cent_of_rounding_is_a_correction(kind: Kind, rounding: int) -> None:
    net = ("706000", "C20", 10_000) if kind.direction is Direction.SALES else ("607000", "D20", 10_000)
    entry = make_entry(kind, [net], {}, rounding)
    found = told(kind, entry)
    assert found.correction is entry.lines[-1]
    assert found.total == sum(share.net + share.tax for share in found.shares) + rounding


def _without_code(entry: JournalEntry, role: Role) -> JournalEntry:
    lines = tuple(msgspec.structs.replace(line, vat_code=None) if line.role is role else line for line in entry.lines)
    return msgspec.structs.replace(entry, lines=lines)


def _third_party(entry: JournalEntry, *more: EntryLine) -> JournalEntry:
    return msgspec.structs.replace(entry, lines=(*more, *entry.lines))


PLAIN = make_entry(Kind.SALES_INVOICE, SALE)
RETAINED = EntryLine(account="411700", auxiliary_account="411EXEMPLE", label="R", debit_cents=5, role=Role.THIRD_PARTY)
BACK = EntryLine(account="411000", auxiliary_account="411EXEMPLE", label="A", credit_cents=5, role=Role.THIRD_PARTY)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (make_entry(Kind.SALES_INVOICE, SALE, {}, 2), "the rounding gap is above one cent"),
        (make_entry(Kind.SALES_INVOICE, SALE, {}, -2), "the rounding gap is above one cent"),
        (make_entry(Kind.SALES_INVOICE, SALE, {}, 1, rounding_code=None), "a line has no VAT code"),
        (_without_code(PLAIN, Role.NET), "a line has no VAT code"),
        (_without_code(PLAIN, Role.VAT), "a VAT line has no VAT code"),
        (make_entry(Kind.SALES_INVOICE, SALE, {"C20": 2}), "the VAT of code C20 does not follow its rate to the cent"),
        (make_entry(Kind.SALES_INVOICE, SALE, vat_elsewhere=True), "a VAT line is on another account than its code's"),
        (
            make_entry(Kind.SALES_INVOICE, [("706000", "C20", 100), ("706000", "C20", -100)], {"C20": 2}),
            "the amount without VAT is not above zero",
        ),
        (make_entry(Kind.SALES_INVOICE, [("706000", "C20", 100), ("707000", "C0", -120)]), "the document is zero"),
        (_third_party(PLAIN, RETAINED), "the third party has several accounts"),
        (_third_party(PLAIN, BACK), "the third party stands on both sides"),
        (
            msgspec.structs.replace(PLAIN, lines=tuple(line for line in PLAIN.lines if line.account != "707000")),
            "VAT without a net line of its code",
        ),
    ],
)
def test_what_an_invoice_cannot_say_and_why(entry: JournalEntry, why: str) -> None:
    assert decide(Kind.SALES_INVOICE, entry) == why


def test_a_code_whose_rate_nobody_told_cannot_be_an_invoice() -> None:
    found = as_invoice(PLAIN, Direction.SALES, lambda code: Known(code, None))
    assert found == "the rate of VAT code C20 is not known"


def test_the_exact_check_takes_the_rounded_value_only() -> None:
    """Three accounts of 33.33 at 20 % print 20.00: one of them gets 6.66, whose own VAT would round to 6.67."""
    nets = [(account, "C20", 3_333) for account in ("706000", "707000", "708500")]
    entry = make_entry(Kind.SALES_INVOICE, nets)
    assert sorted(share.tax for share in told(Kind.SALES_INVOICE, entry).shares) == [666, 667, 667]
    assert isinstance(decide(Kind.SALES_INVOICE, entry, VatCheck(exact=True)), str)
    assert isinstance(decide(Kind.SALES_INVOICE, PLAIN, VatCheck(exact=True)), Told)


def test_reverse_charge_sends_no_vat() -> None:
    found = told(Kind.PURCHASE_INVOICE, make_entry(Kind.PURCHASE_INVOICE, [("607000", "DAE", 10_000)]))
    assert (found.total, found.tax, found.shares[0].tax) == (10_000, 0, 0)


@given(made=entries())
def test_an_invoice_says_the_entry_to_the_cent(made: tuple[Kind, JournalEntry]) -> None:
    """Σ lines + correction = total; VAT per code as printed; each group less than a cent off its rate; and the entry
    that the invoice makes is ours.
    """
    kind, entry = made
    found = decide(kind, entry)
    if isinstance(found, str):
        return
    assert found.total > 0
    rounding = [line for line in entry.lines if line.role is Role.ROUNDING]
    assert [found.correction] == (rounding or [None])
    on_credit = found.invoice_type in ("customer_invoice", "supplier_refund")
    side = 1 if on_credit else -1
    correction = sum(side * (line.credit_cents - line.debit_cents) for line in rounding)
    assert abs(correction) <= 1
    assert sum(share.net + share.tax for share in found.shares) + correction == found.total
    made_of: Counter[str] = Counter({"third party": side * found.total})
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for share in found.shares:
        code = share.line.vat_code or ""
        made_of[share.line.account] -= side * share.net
        if share.tax:
            made_of[VAT_ACCOUNTS[code] or "?"] -= side * share.tax
        groups[share.line.account, code][0] += share.net
        groups[share.line.account, code][1] += share.tax
        rate = code_of(code)
        if not rate.reversed:
            assert abs(share.tax - Fraction(rate.rate or 0) / 100 * share.net) < 1
    for (_, code), (net, tax) in groups.items():
        if not code_of(code).reversed:
            assert abs(tax - Fraction(code_of(code).rate or 0) / 100 * net) < 1
    for line in rounding:
        made_of[line.account] += line.debit_cents - line.credit_cents
    ours: Counter[str] = Counter()
    for line in entry.lines:
        account = "third party" if line.role is Role.THIRD_PARTY else line.account
        ours[account] += line.debit_cents - line.credit_cents
    assert {a: c for a, c in made_of.items() if c} == {a: c for a, c in ours.items() if c}


@given(made=entries())
def test_what_follows_its_rate_and_has_its_codes_goes_as_an_invoice(made: tuple[Kind, JournalEntry]) -> None:
    """The journal entry is the exception: documents without any oddity are invoices."""
    kind, entry = made
    net_of: Counter[str] = Counter()
    vat_of: Counter[str] = Counter()
    for line in entry.lines:
        if line.role in (Role.NET, Role.VAT):
            (net_of if line.role is Role.NET else vat_of)[line.vat_code or ""] += line.credit_cents - line.debit_cents
    gross = abs(sum(line.debit_cents - line.credit_cents for line in entry.lines if line.role is Role.THIRD_PARTY))
    assume(gross > abs(sum(vat_of.values())))
    assume(all(line.vat_code for line in entry.lines if line.role is not Role.THIRD_PARTY))
    assume(all(line.debit_cents + line.credit_cents == 1 for line in entry.lines if line.role is Role.ROUNDING))
    assume(all(line.account == VAT_ACCOUNTS[line.vat_code or ""] for line in entry.lines if line.role is Role.VAT))
    rates = {code: Fraction(0) if code_of(code).reversed else Fraction(code_of(code).rate or 0) for code in net_of}
    assume(all(abs(vat_of[code] - rates[code] / 100 * net_of[code]) < Fraction(1, 2) for code in net_of))
    assert isinstance(decide(kind, entry), Told)


fractions = st.fractions(min_value=-1000, max_value=1000, max_denominator=1000)


@given(ideals=st.lists(fractions, min_size=1, max_size=8), off=st.integers(-2, 2))
def test_shares_add_up_and_are_less_than_a_cent_off(ideals: list[Fraction], off: int) -> None:
    total = half_up(sum(ideals, Fraction(0))) + off
    shares = deal(ideals, total)
    if shares is None:
        assert off != 0 or all(ideal.denominator == 1 for ideal in ideals)
        return
    assert sum(shares) == total
    assert all(abs(share - ideal) < 1 for share, ideal in zip(shares, ideals, strict=True))


@pytest.mark.parametrize(
    ("amount", "cents"), [(Fraction(5, 2), 3), (Fraction(-5, 2), -3), (Fraction(12, 5), 2), (Fraction(0), 0)]
)
def test_half_up(amount: Any, cents: int) -> None:
    assert half_up(amount) == cents
