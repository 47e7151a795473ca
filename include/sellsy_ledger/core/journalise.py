"""From a document to its journal entry, or to the reason why there is none.

The third-party line is what arithmetic proves, VAT is as printed, nets are summed exactly and rounded once, and a
rounding line closes what rounding alone can explain. What cannot be decided waits with its reason; nothing is guessed.

A :class:`Journaliser` is built once per company and run; the module's functions wrap it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from sellsy_ledger.core.books import Books
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.checks import find_faults, implied_rate_is_legal
from sellsy_ledger.core.deposits import deposit_shares, third_party_cents
from sellsy_ledger.core.discounts import discount_to_spread
from sellsy_ledger.core.documents import Direction, Document, Row
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.core.labels import Labels, piece_number
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.lines import (
    Making,
    deposit_net_lines,
    deposit_vat_lines,
    net_groups,
    net_lines,
    reverse_charge_lines,
    third_party_line,
    vat_lines,
)
from sellsy_ledger.core.money import cents_to_french
from sellsy_ledger.core.outcomes import NotReady, Outcome, Reason, State
from sellsy_ledger.core.periods import EntryDate, entry_date
from sellsy_ledger.core.rounding import lines_are_on_credit, rounding_line, tolerance_cents
from sellsy_ledger.core.settings import UNINVOICED_VAT_ACCOUNTS, CompanySettings
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.errors import InvariantBroken

__all__ = ["Journaliser", "balance", "journalise", "map_lines"]


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
        self._books: dict[Direction, Books] = {}
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

    def _mapped(self, document: Document, rows: tuple[Row, ...], third_party: LedgerThirdParty) -> Outcome:
        books = self._books_of(document.kind.direction)
        date, note = self._date_of(document)
        piece = piece_number(document.number, self.capabilities)
        if not piece:
            raise NotReady(Reason.DOCUMENT_UNREADABLE, "elle n'a pas de numéro utilisable", State.REJECTED)
        claimed = third_party_cents(document, tolerance_cents(document, self.settings.rounding_cap_cents))
        labels = Labels(document, third_party.name, self.settings.label_style, self.capabilities, note)
        making = Making(document, books, labels, lines_are_on_credit(document))
        lines = _lines(making, rows, claimed, third_party)
        entry = JournalEntry(
            journal=books.journal,
            date=date,
            piece=piece,
            number=document.number,
            piece_date=document.date,
            due_date=document.due_date,
            lines=tuple(lines),
        )
        return Outcome(state=State.READY, entry=entry, warnings=_warnings(document, lines))

    def _rounded(self, document: Document, entry: JournalEntry) -> JournalEntry:
        _, note = self._date_of(document)
        labels = Labels(document, "", self.settings.label_style, self.capabilities, note)
        # Two styles give every line the same label, and the first line has it already.
        label = labels.other("Écart d'arrondi") if labels.needs_descriptions else entry.lines[0].label
        line = rounding_line(document, entry, self.settings, self.ledger, label)
        return entry if line is None else msgspec.structs.replace(entry, lines=(*entry.lines, line))

    def _books_of(self, direction: Direction) -> Books:
        books = self._books.get(direction)
        if books is None:
            books = self._books[direction] = Books(direction, self.settings, self.ledger, self.capabilities)
        return books

    def _date_of(self, document: Document) -> EntryDate:
        known = self._dates.get(document.date)
        if known is None:
            known = self._dates[document.date] = entry_date(
                document.date, self.ledger, self.settings.closed_period, approved=self._period_approved
            )
        return known


def _refuse_unbookable(document: Document) -> None:
    if document.accounted is False or document.status == "draft":
        raise NotReady(Reason.NOT_ACCOUNTED)
    if document.currency != "EUR":
        raise NotReady(Reason.CURRENCY_NOT_SUPPORTED, document.currency)


def _is_zero(document: Document) -> bool:
    """True when there is nothing to book: no amount, no VAT under any rate, no deposit to take back."""
    if document.gross_cents or document.net_cents or document.deposits:
        return False
    return not any(amount.vat_cents for amount in document.vat)


def _lines(making: Making, rows: tuple[Row, ...], claimed: int, third_party: LedgerThirdParty) -> list[EntryLine]:
    """All lines but the rounding, in their order: third party, net, VAT."""
    document = making.document
    rules = [making.books.vat.of_amount(document, amount) for amount in document.vat]
    groups = net_groups(making, rows, rules)
    discount = discount_to_spread(document, rows) if document.global_discount else None
    shares = deposit_shares(document) if document.deposits else ()
    lines: list[EntryLine] = []
    if claimed:
        # Deposits may have paid the whole of an invoice; its turnover is booked all the same.
        lines.append(third_party_line(making, claimed, third_party))
    lines += net_lines(making, groups, discount)
    if shares:
        lines += deposit_net_lines(making, shares)
    lines += vat_lines(making, rules)
    if shares:
        lines += deposit_vat_lines(making, shares)
    if document.kind.direction is Direction.PURCHASES:
        lines += reverse_charge_lines(making, groups, discount)
    return lines


def _warnings(document: Document, lines: Iterable[EntryLine]) -> tuple[str, ...]:
    """French sentences on what is possible but probably not meant."""
    warnings = [
        f"Le compte {line.account} est celui des factures à établir ou à recevoir en fin d'exercice ; pour la TVA "
        "sur les encaissements, le compte d'attente est 44574 (ventes) ou 44564 (achats)."
        for line in lines
        if line.account.startswith(UNINVOICED_VAT_ACCOUNTS) and line.role is Role.VAT
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
