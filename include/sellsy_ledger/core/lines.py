"""The lines of an entry, each kind from what it is made of.

Amounts keep the document's sign until they are placed: a positive net stands on the natural side of its document
(credit for sales invoices and purchase credit notes, debit for the others), a negative one on the other side, and so
does everything on a document with a negative total. Lines of zero are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from sellsy_ledger.core.accounts import ResolvedAccount
from sellsy_ledger.core.books import Books
from sellsy_ledger.core.deposits import DepositShare, deducted_cents
from sellsy_ledger.core.discounts import UNDISCOUNTED_TYPES, Discount
from sellsy_ledger.core.documents import Document, Row, VatAmount
from sellsy_ledger.core.entries import EntryLine, Role, Why
from sellsy_ledger.core.labels import Labels
from sellsy_ledger.core.money import cents_to_french, rate_to_french, round_to_cents
from sellsy_ledger.core.outcomes import NotReady, Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.core.vat import VatRule, reverse_charge_cents

__all__ = [
    "Making",
    "NetGroup",
    "deposit_net_lines",
    "deposit_vat_lines",
    "net_groups",
    "net_lines",
    "reverse_charge_lines",
    "third_party_line",
    "vat_lines",
]

_ZERO = Decimal(0)
# Looking a member up in its class takes longer than naming it here.
_THIRD_PARTY, _NET, _VAT = Role.THIRD_PARTY, Role.NET, Role.VAT


class Making(NamedTuple):
    """One entry in the making. ``lines_on_credit`` is the natural side of the document's net and VAT lines."""

    document: Document
    books: Books
    labels: Labels
    lines_on_credit: bool

    def sides(self, cents: int) -> tuple[int, int]:
        """(debit, credit) of a net or VAT amount that has the document's sign."""
        return (0, abs(cents)) if (cents > 0) is self.lines_on_credit else (abs(cents), 0)


class NetGroup:
    """Rows that make one net line: same account, VAT code and analytic code; their nets are summed exactly."""

    __slots__ = ("account", "analytic_code", "descriptions", "discounted", "rows", "rule", "total")

    def __init__(self, account: ResolvedAccount, rule: VatRule, analytic_code: str | None) -> None:
        self.account = account
        self.rule = rule
        self.analytic_code = analytic_code
        self.descriptions: list[str] = []
        self.discounted = _ZERO  # the part of ``total`` that a global discount lowers
        self.rows = 0
        self.total = _ZERO

    def net(self, discount: Discount | None) -> Decimal:
        """Euros, exact, the global discount taken off."""
        if discount is None:
            return self.total
        return self.total - self.discounted + discount.left_of(self.discounted)


def third_party_line(making: Making, claimed_cents: int, third_party: LedgerThirdParty) -> EntryLine:
    """The customer's or supplier's line, on the control account with the auxiliary account beside it.

    Raises:
        NotReady: ``account_unknown`` when the auxiliary account takes no entry.
    """
    document, control = making.document, making.books.control
    if not third_party.active or not third_party.auxiliary_account:
        raise NotReady(Reason.ACCOUNT_UNKNOWN, f"{third_party.auxiliary_account or third_party.name} (auxiliaire)")
    if document.deposits:
        deposits = cents_to_french(deducted_cents(document))
        why = Why("third_party_less_deposits", (third_party.name, control, deposits))
    else:
        why = Why("third_party", (third_party.name, control))
    debit, credit = making.sides(-claimed_cents)
    return EntryLine(
        account=control,
        auxiliary_account=third_party.auxiliary_account,
        label=making.labels.third_party(),
        debit_cents=debit,
        credit_cents=credit,
        role=_THIRD_PARTY,
        why=why,
    )


def net_groups(making: Making, rows: tuple[Row, ...], rules: Sequence[VatRule]) -> list[NetGroup]:
    """The rows by the net line that they belong to, ordered by account, VAT code and analytic code.

    The order does not depend on the rows', so that an entry is the same whatever its rows were read from.

    Args:
        making: the entry in the making.
        rows: the document's rows.
        rules: the rule of each of ``document.vat``, in the same order.

    Raises:
        NotReady: ``account_unknown``, ``vat_code_unmapped``.
    """
    document, books, collects = making.document, making.books, making.labels.needs_descriptions
    printed = {amount.tax_id: rule for amount, rule in zip(document.vat, rules, strict=True)}
    # A deposit is no turnover, whatever account its row names.
    deposit = books.deposit_account() if document.is_deposit else None
    groups: dict[tuple[str, str, str], NetGroup] = {}
    for row in rows:
        rule = printed.get(row.tax_id) or _rule_of_unprinted_tax(making, row, rules)
        account = deposit or books.accounts.resolve(row)
        analytic_code = row.analytic_code or document.analytic_code
        key = (account.number, rule.group, analytic_code or "")
        group = groups.get(key)
        if group is None:
            group = groups[key] = NetGroup(account, rule, analytic_code)
        group.rows += 1
        group.total += row.net
        if document.global_discount and row.type not in UNDISCOUNTED_TYPES:
            group.discounted += row.net
        if collects:
            group.descriptions.append(row.description)
    return [groups[key] for key in sorted(groups)] if len(groups) > 1 else list(groups.values())


def _rule_of_unprinted_tax(making: Making, row: Row, rules: Sequence[VatRule]) -> VatRule:
    """The rule of a row whose tax the document does not print: the printed tax of the same rate when the row names
    no tax, else the row's own tax and rate (0 % taxes are often left out of the totals).
    """
    document = making.document
    if row.tax_id is None:
        same = [rule for amount, rule in zip(document.vat, rules, strict=True) if amount.rate == row.rate]
        if len(same) == 1:
            return same[0]
    return making.books.vat.rule(row.tax_id, row.rate, None, document.vat_due_on)


def net_lines(making: Making, groups: Sequence[NetGroup], discount: Discount | None) -> Iterator[EntryLine]:
    """One line per group, rounded once, half a cent up."""
    spread = "" if discount is None else cents_to_french(round_to_cents(discount.amount))
    for group in groups:
        cents = round_to_cents(group.net(discount))
        if not cents:
            continue
        debit, credit = making.sides(cents)
        yield EntryLine(
            account=group.account.number,
            label=making.labels.net(group.descriptions),
            debit_cents=debit,
            credit_cents=credit,
            vat_code=group.rule.vat_code,
            role=_NET,
            analytic_code=group.analytic_code,
            why=Why(group.account.rule, (str(group.rows), spread, *group.rule.facts, *group.account.facts)),
        )


def vat_lines(making: Making, rules: Sequence[VatRule]) -> Iterator[EntryLine]:
    """One line per printed tax, never merged and never recomputed.

    Raises:
        NotReady: ``amounts_do_not_close`` for VAT printed on a reverse charge; what the account look-up raises.
    """
    document, books = making.document, making.books
    waiting = books.deposits_vat if document.is_deposit else None
    for amount, rule in zip(document.vat, rules, strict=True):
        if not amount.vat_cents:
            continue
        if rule.reverse_charge:
            detail = f"opération autoliquidée, TVA imprimée = {cents_to_french(amount.vat_cents)}, attendue = 0,00 €"
            raise NotReady(Reason.AMOUNTS_DO_NOT_CLOSE, detail)
        label = amount.label or f"TVA {rate_to_french(amount.rate)}"
        why = Why("vat_printed" if waiting is None else "vat_of_deposit", rule.facts)
        yield _vat_line(making, waiting or rule.account, rule, amount.vat_cents, label, why)


def _vat_line(making: Making, account: str | None, rule: VatRule, cents: int, label: str, why: Why) -> EntryLine:
    debit, credit = making.sides(cents)
    return EntryLine(
        account=making.books.vat.account(account, rule),
        label=making.labels.other(label),
        debit_cents=debit,
        credit_cents=credit,
        vat_code=rule.vat_code,
        role=_VAT,
        why=why,
    )


def deposit_net_lines(making: Making, shares: Sequence[DepositShare]) -> Iterator[EntryLine]:
    """The deducted deposits taken back, before VAT."""
    account = making.books.deposit_account().number
    for share in shares:
        if not share.net_cents:
            continue
        debit, credit = making.sides(-share.net_cents)
        yield EntryLine(
            account=account,
            label=making.labels.other(f"Acompte {share.deposit.number}"),
            debit_cents=debit,
            credit_cents=credit,
            vat_code=_rule_of_share(making, share.tax).vat_code,
            role=_NET,
            why=Why("deposit_taken_back", (share.deposit.number, cents_to_french(share.deposit.gross_cents))),
        )


def deposit_vat_lines(making: Making, shares: Sequence[DepositShare]) -> Iterator[EntryLine]:
    """The VAT of the deducted deposits taken back, on the account that it went to."""
    for share in shares:
        if not share.vat_cents:
            continue
        rule = _rule_of_share(making, share.tax)
        why = Why("deposit_vat_taken_back", (share.deposit.number, *rule.facts))
        label = f"TVA acompte {share.deposit.number}"
        yield _vat_line(making, making.books.deposits_vat or rule.account, rule, -share.vat_cents, label, why)


def _rule_of_share(making: Making, tax: VatAmount) -> VatRule:
    return making.books.vat.of_amount(making.document, tax)


def reverse_charge_lines(making: Making, groups: Sequence[NetGroup], discount: Discount | None) -> Iterator[EntryLine]:
    """The self-assessed pair of each reverse-charge tax: deductible and due, the same amount on opposite sides."""
    bases: dict[VatRule, Decimal] = {}
    for group in groups:
        if group.rule.self_assessed_rate is not None:
            bases[group.rule] = bases.get(group.rule, _ZERO) + group.net(discount)
    for rule, base in bases.items():
        cents = reverse_charge_cents(base, rule.self_assessed_rate or _ZERO)
        if not cents:
            continue
        facts = (cents_to_french(round_to_cents(base)), *rule.facts)
        label = "TVA autoliquidée"
        yield _vat_line(making, rule.account, rule, cents, label, Why("reverse_charge_deductible", facts))
        yield _vat_line(making, rule.reverse_charge_account, rule, -cents, label, Why("reverse_charge_due", facts))
