"""From a document to its journal entry: third party, net, VAT and rounding lines.

Amounts keep the document's sign until they are placed: a positive net stands on the natural side of its document
(credit for sales invoices and purchase credit notes, debit for the others), a negative one on the other side, and so
does everything on a document with a negative total. The third-party line is what arithmetic proves, VAT is as
printed, nets are summed exactly and rounded once. What cannot be decided waits with its reason; nothing is guessed.

A :class:`Journaliser` is built once per company and run; the module's functions wrap it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

import msgspec

from sellsy_ledger.core.accounts import AccountResolver, ResolvedAccount, active_number
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.checks import find_faults, implied_rate_is_legal
from sellsy_ledger.core.deposits import DepositShare, deducted_cents, deposit_shares, third_party_cents
from sellsy_ledger.core.discounts import UNDISCOUNTED_TYPES, Discount, discount_to_spread
from sellsy_ledger.core.documents import Direction, Document, Row, VatAmount
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role, Why
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.core.labels import Labels, piece_number
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.money import cents_to_french, round_to_cents
from sellsy_ledger.core.outcomes import NotReady, Outcome, Reason, State
from sellsy_ledger.core.periods import EntryDate, entry_date
from sellsy_ledger.core.rounding import lines_are_on_credit, rounding_line, tolerance_cents
from sellsy_ledger.core.settings import UNINVOICED_VAT_ACCOUNTS, CompanySettings
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.core.vat import VatMapper, VatRule, reverse_charge_cents
from sellsy_ledger.errors import InvariantBroken

__all__ = ["Journaliser", "balance", "journalise", "map_lines"]

_ZERO = Decimal(0)


class _NetGroup:
    """Rows that make one net line: same account, VAT code and analytic code."""

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
        if discount is None:
            return self.total
        return self.total - self.discounted + discount.left_of(self.discounted)


class _Books:
    """What one direction needs from the settings and the ledger, looked up once."""

    def __init__(
        self, direction: Direction, settings: CompanySettings, ledger: LedgerIndex, capabilities: Capabilities
    ) -> None:
        sales = direction is Direction.SALES
        mappings = settings.mappings
        self.accounts = AccountResolver(direction, settings, ledger)
        self.vat = VatMapper(direction, settings, ledger, capabilities)
        self.journal = _journal(mappings.journals.sales if sales else mappings.journals.purchases, direction, ledger)
        control = mappings.accounts.customers_control if sales else mappings.accounts.suppliers_control
        self.control = _control_account(control, direction, ledger, capabilities)
        self.deposits = mappings.accounts.deposits if sales else mappings.accounts.deposits_paid
        self.deposits_vat = mappings.accounts.deposits_vat if sales else None


def _journal(code: str | None, direction: Direction, ledger: LedgerIndex) -> str:
    name = "de ventes" if direction is Direction.SALES else "d'achats"
    if code is None:
        raise NotReady(Reason.JOURNAL_MISSING, f"{name} (non renseigné dans les réglages)")
    journal = ledger.journal(code)
    # "other" is what a tool says of a journal whose kind it does not tell; only the opposite kind is surely wrong.
    if journal is None or not journal.open or journal.kind not in (direction.value, "other"):
        raise NotReady(Reason.JOURNAL_MISSING, f"{code} ({name})")
    return journal.code


def _control_account(number: str | None, direction: Direction, ledger: LedgerIndex, capabilities: Capabilities) -> str:
    what = "collectif clients" if direction is Direction.SALES else "collectif fournisseurs"
    if number is not None and capabilities.auxiliary_in_account and ledger.account(number) is None:
        # Such a tool books on the auxiliary account alone, and may not list the collective one.
        return number
    return active_number(ledger, number, what)


class _Sides(NamedTuple):
    """Places signed amounts: ``lines_on_credit`` is the natural side of the document's net and VAT lines."""

    lines_on_credit: bool

    def of_line(self, cents: int) -> tuple[int, int]:
        """(debit, credit) of a net or VAT amount that has the document's sign."""
        return (0, abs(cents)) if (cents > 0) is self.lines_on_credit else (abs(cents), 0)

    def of_third_party(self, cents: int) -> tuple[int, int]:
        """(debit, credit) of the third party's amount."""
        return self.of_line(-cents)


class Journaliser:
    """Makes entries for one company in one run.

    Args:
        settings: the company's settings.
        ledger: the index of the ledger read today.
        capabilities: the tool's abilities and limits.
        period_approved: a person agreed that documents of closed periods go to the first open day (policy ``ask``).
    """

    def __init__(
        self,
        settings: CompanySettings,
        ledger: LedgerIndex,
        capabilities: Capabilities,
        *,
        period_approved: bool = False,
    ) -> None:
        self.settings = settings
        self.ledger = ledger
        self.capabilities = capabilities
        self._period_approved = period_approved
        self._books: dict[Direction, _Books] = {}
        self._dates: dict[dt.date, EntryDate] = {}

    def __call__(self, document: Document, third_party: LedgerThirdParty) -> Outcome:
        """The balanced and checked entry of ``document``, or why there is none."""
        outcome = self.map_lines(document, third_party)
        if outcome.entry is not None:
            outcome = self.balance(document, outcome.entry, warnings=outcome.warnings)
        return outcome

    def map_lines(self, document: Document, third_party: LedgerThirdParty) -> Outcome:
        """The entry with its third-party, net and VAT lines; a rounding gap may be left in it.

        Raises:
            InvariantBroken: the caller gave a document without rows, or a third party of the other direction.
        """
        if document.rows is None:
            raise InvariantBroken(f"{document.key} was given without its rows: read the detail first")
        if third_party.direction is not document.kind.direction:
            raise InvariantBroken(f"{document.key} was given a third party of the other direction")
        try:
            _refuse_unbookable(document)
            if _is_zero(document):
                return Outcome(state=State.NOTHING_TO_POST, reason=Reason.ZERO_AMOUNT)
            return self._mapped(document, document.rows, third_party)
        except NotReady as stop:
            return stop.outcome

    def balance(self, document: Document, entry: JournalEntry, *, warnings: tuple[str, ...] = ()) -> Outcome:
        """``entry`` with the rounding line that it needs, after all checks.

        Raises:
            InvariantBroken: a check found what the program itself guarantees broken.
        """
        try:
            if entry.debit_cents != entry.credit_cents:
                entry = self._rounded(document, entry)
        except NotReady as stop:
            return stop.outcome
        for fault in find_faults(document, entry, self.settings, self.ledger, self.capabilities):
            if fault.reason is None:
                raise InvariantBroken(f"{document.key}: {fault.invariant}: {fault.text}")
            return NotReady(fault.reason, fault.detail).outcome
        return Outcome(state=State.READY, entry=entry, warnings=warnings)

    # -- parts ---------------------------------------------------------------------------------------------------
    def _books_of(self, direction: Direction) -> _Books:
        books = self._books.get(direction)
        if books is None:
            books = self._books[direction] = _Books(direction, self.settings, self.ledger, self.capabilities)
        return books

    def _date_of(self, document: Document) -> EntryDate:
        known = self._dates.get(document.date)
        if known is None:
            known = self._dates[document.date] = entry_date(
                document.date, self.ledger, self.settings.closed_period, approved=self._period_approved
            )
        return known

    def _mapped(self, document: Document, rows: tuple[Row, ...], third_party: LedgerThirdParty) -> Outcome:
        books = self._books_of(document.kind.direction)
        date, note = self._date_of(document)
        piece = piece_number(document.number, self.capabilities)
        if not piece:
            raise NotReady(Reason.DOCUMENT_UNREADABLE, "elle n'a pas de numéro utilisable", State.REJECTED)
        claimed = third_party_cents(document, tolerance_cents(document, self.settings.rounding_cap_cents))
        labels = Labels(document, third_party.name, self.settings.label_style, self.capabilities, note)
        sides = _Sides(lines_are_on_credit(document))

        rules = [books.vat.of_amount(document, amount) for amount in document.vat]
        groups = self._net_groups(document, rows, rules, books, collect=labels.needs_descriptions)
        discount = discount_to_spread(document, rows) if document.global_discount else None
        shares = deposit_shares(document) if document.deposits else []

        lines: list[EntryLine] = []
        if claimed:
            lines.append(_third_party_line(document, claimed, third_party, books.control, labels, sides))
        lines += self._net_lines(groups, discount, labels, sides)
        if shares:
            lines += self._deposit_net_lines(document, shares, books, labels, sides)
        lines += self._vat_lines(document, rules, books, labels, sides)
        if shares:
            lines += self._deposit_vat_lines(document, shares, books, labels, sides)
        if document.kind.direction is Direction.PURCHASES:
            lines += self._reverse_charge_lines(groups, discount, books, labels, sides)
        return Outcome(
            state=State.READY,
            entry=JournalEntry(
                journal=books.journal,
                date=date,
                piece=piece,
                number=document.number,
                piece_date=document.date,
                due_date=document.due_date,
                lines=tuple(lines),
            ),
            warnings=_warnings(document, lines),
        )

    def _net_groups(
        self, document: Document, rows: tuple[Row, ...], rules: list[VatRule], books: _Books, *, collect: bool
    ) -> list[_NetGroup]:
        taxes = {amount.tax_id: rule for amount, rule in zip(document.vat, rules, strict=True)}
        groups: dict[tuple[str, str, str | None], _NetGroup] = {}
        deposit = self._deposit_account(books) if document.is_deposit else None
        for row in rows:
            rule = taxes.get(row.tax_id) or _rule_of_untaxed_row(document, row, rules, books)
            account = deposit or books.accounts.resolve(row)
            analytic_code = row.analytic_code or document.analytic_code
            key = (account.number, rule.group, analytic_code)
            group = groups.get(key)
            if group is None:
                group = groups[key] = _NetGroup(account, rule, analytic_code)
            group.rows += 1
            group.total += row.net
            if document.global_discount and row.type not in UNDISCOUNTED_TYPES:
                group.discounted += row.net
            if collect:
                group.descriptions.append(row.description)
        return list(groups.values())

    def _deposit_account(self, books: _Books) -> ResolvedAccount:
        return ResolvedAccount(active_number(self.ledger, books.deposits, "d'acomptes"), "deposit_account", ())

    def _net_lines(
        self, groups: Iterable[_NetGroup], discount: Discount | None, labels: Labels, sides: _Sides
    ) -> Iterator[EntryLine]:
        for group in groups:
            cents = round_to_cents(group.net(discount))
            if not cents:
                continue
            debit, credit = sides.of_line(cents)
            yield EntryLine(
                account=group.account.number,
                label=labels.net(group.descriptions),
                debit_cents=debit,
                credit_cents=credit,
                vat_code=group.rule.vat_code,
                role=Role.NET,
                analytic_code=group.analytic_code,
                why=_net_why(group, discount),
            )

    def _vat_lines(
        self, document: Document, rules: list[VatRule], books: _Books, labels: Labels, sides: _Sides
    ) -> Iterator[EntryLine]:
        for amount, rule in zip(document.vat, rules, strict=True):
            if not amount.vat_cents:
                continue
            if rule.reverse_charge:
                raise NotReady(
                    Reason.AMOUNTS_DO_NOT_CLOSE,
                    f"opération autoliquidée, TVA imprimée = {cents_to_french(amount.vat_cents)}, "
                    f"TVA attendue = {cents_to_french(0)}",
                )
            rule_code = "vat_printed"
            account = rule.account
            if document.is_deposit and books.deposits_vat is not None:
                rule_code, account = "vat_of_deposit", books.deposits_vat
            debit, credit = sides.of_line(amount.vat_cents)
            yield EntryLine(
                account=books.vat.account(account, rule),
                label=labels.other(_vat_label(amount)),
                debit_cents=debit,
                credit_cents=credit,
                vat_code=rule.vat_code,
                role=Role.VAT,
                why=Why(rule_code, rule.facts),
            )

    def _deposit_net_lines(
        self, document: Document, shares: list[DepositShare], books: _Books, labels: Labels, sides: _Sides
    ) -> Iterator[EntryLine]:
        account = self._deposit_account(books).number
        for share in shares:
            if not share.net_cents:
                continue
            debit, credit = sides.of_line(-share.net_cents)
            yield EntryLine(
                account=account,
                label=labels.other(f"Acompte {share.deposit.number}"),
                debit_cents=debit,
                credit_cents=credit,
                vat_code=books.vat.of_amount(document, share.tax).vat_code,
                role=Role.NET,
                why=Why("deposit_taken_back", (share.deposit.number, cents_to_french(share.deposit.gross_cents))),
            )

    def _deposit_vat_lines(
        self, document: Document, shares: list[DepositShare], books: _Books, labels: Labels, sides: _Sides
    ) -> Iterator[EntryLine]:
        for share in shares:
            if not share.vat_cents:
                continue
            rule = books.vat.of_amount(document, share.tax)
            debit, credit = sides.of_line(-share.vat_cents)
            yield EntryLine(
                account=books.vat.account(books.deposits_vat or rule.account, rule),
                label=labels.other(f"TVA acompte {share.deposit.number}"),
                debit_cents=debit,
                credit_cents=credit,
                vat_code=rule.vat_code,
                role=Role.VAT,
                why=Why("deposit_vat_taken_back", (share.deposit.number, *rule.facts)),
            )

    def _reverse_charge_lines(
        self, groups: list[_NetGroup], discount: Discount | None, books: _Books, labels: Labels, sides: _Sides
    ) -> Iterator[EntryLine]:
        bases: dict[VatRule, Decimal] = {}
        for group in groups:
            if group.rule.self_assessed_rate is not None:
                bases[group.rule] = bases.get(group.rule, _ZERO) + group.net(discount)
        for rule, base in bases.items():
            rate = rule.self_assessed_rate or _ZERO
            cents = reverse_charge_cents(base, rate)
            if not cents:
                continue
            pair = (
                ("reverse_charge_deductible", rule.account, cents),
                ("reverse_charge_due", rule.reverse_charge_account, -cents),
            )
            for code, account, amount in pair:
                debit, credit = sides.of_line(amount)
                yield EntryLine(
                    account=books.vat.account(account, rule),
                    label=labels.other("TVA autoliquidée"),
                    debit_cents=debit,
                    credit_cents=credit,
                    vat_code=rule.vat_code,
                    role=Role.VAT,
                    why=Why(code, (cents_to_french(round_to_cents(base)), *rule.facts)),
                )

    def _rounded(self, document: Document, entry: JournalEntry) -> JournalEntry:
        _, note = self._date_of(document)
        labels = Labels(document, "", self.settings.label_style, self.capabilities, note)
        # Two styles give every line the same label, and the first line has it already.
        label = labels.other("Écart d'arrondi") if labels.needs_descriptions else entry.lines[0].label
        line = rounding_line(document, entry, self.settings, self.ledger, label)
        if line is None:
            return entry
        return msgspec.structs.replace(entry, lines=(*entry.lines, line))


def _refuse_unbookable(document: Document) -> None:
    if document.accounted is False or document.status == "draft":
        raise NotReady(Reason.NOT_ACCOUNTED)
    if document.currency != "EUR":
        raise NotReady(Reason.CURRENCY_NOT_SUPPORTED, document.currency)


def _is_zero(document: Document) -> bool:
    """True when there is nothing to book: no amount, no VAT under any rate, no deposit to take back."""
    return not (
        document.gross_cents
        or document.net_cents
        or document.deposits
        or any(amount.vat_cents for amount in document.vat)
    )


def _rule_of_untaxed_row(document: Document, row: Row, rules: list[VatRule], books: _Books) -> VatRule:
    """The rule of a row whose tax the document does not print: the printed tax of the same rate when the row names
    no tax, else the row's own tax and rate (0 % taxes are often left out of the totals).
    """
    if row.tax_id is None:
        same = [rule for amount, rule in zip(document.vat, rules, strict=True) if amount.rate == row.rate]
        if len(same) == 1:
            return same[0]
    return books.vat.rule(row.tax_id, row.rate, None, document.vat_due_on)


def _third_party_line(
    document: Document, claimed: int, third_party: LedgerThirdParty, control: str, labels: Labels, sides: _Sides
) -> EntryLine:
    if not third_party.active or not third_party.auxiliary_account:
        raise NotReady(Reason.ACCOUNT_UNKNOWN, f"{third_party.auxiliary_account or third_party.name} (auxiliaire)")
    debit, credit = sides.of_third_party(claimed)
    why = Why("third_party", (third_party.name, control))
    if document.deposits:
        why = Why(
            "third_party_less_deposits",
            (third_party.name, control, cents_to_french(deducted_cents(document))),
        )
    return EntryLine(
        account=control,
        auxiliary_account=third_party.auxiliary_account,
        label=labels.third_party(),
        debit_cents=debit,
        credit_cents=credit,
        role=Role.THIRD_PARTY,
        why=why,
    )


def _net_why(group: _NetGroup, discount: Discount | None) -> Why:
    spread = "" if discount is None else cents_to_french(round_to_cents(discount.amount))
    return Why(group.account.rule, (str(group.rows), spread, *group.rule.facts, *group.account.facts))


def _vat_label(amount: VatAmount) -> str:
    return amount.label or f"TVA {amount.rate.normalize():f} %"


def _warnings(document: Document, lines: Iterable[EntryLine]) -> tuple[str, ...]:
    """French sentences on what is possible but probably not meant."""
    warnings = [
        f"Le compte {line.account} est celui des factures à établir ou à recevoir en fin d'exercice ; pour la TVA "
        "sur les encaissements, le compte d'attente est 44574 (ventes) ou 44564 (achats)."
        for line in lines
        if line.role is Role.VAT and line.account.startswith(UNINVOICED_VAT_ACCOUNTS)
    ]
    if not implied_rate_is_legal(document):
        vat, net = cents_to_french(document.vat_cents), cents_to_french(document.net_cents)
        warnings.append(f"La TVA de la pièce ({vat} pour {net} HT) ne correspond à aucun taux légal.")
    return tuple(warnings)


def map_lines(
    document: Document,
    third_party: LedgerThirdParty,
    settings: CompanySettings,
    ledger: LedgerIndex,
    capabilities: Capabilities,
) -> Outcome:
    """See :meth:`Journaliser.map_lines`."""
    return Journaliser(settings, ledger, capabilities).map_lines(document, third_party)


def balance(
    document: Document,
    entry: JournalEntry,
    settings: CompanySettings,
    ledger: LedgerIndex,
    capabilities: Capabilities,
) -> Outcome:
    """See :meth:`Journaliser.balance`."""
    return Journaliser(settings, ledger, capabilities).balance(document, entry)


def journalise(
    document: Document,
    third_party: LedgerThirdParty,
    settings: CompanySettings,
    ledger: LedgerIndex,
    capabilities: Capabilities,
) -> Outcome:
    """Both steps, with the fingerprint; see :class:`Journaliser`, which is what loops should use."""
    outcome = Journaliser(settings, ledger, capabilities)(document, third_party)
    return msgspec.structs.replace(outcome, fingerprint=fingerprint(document))
