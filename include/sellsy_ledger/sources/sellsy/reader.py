"""Reads one Sellsy account: which documents are accounted, what they hold, whose they are, and their PDF.

The rules of the accounting journal, the flag and the V1 purchases live in the scans; this module puts them together.
A read that fails is never taken for "nothing": a missing right on the journal is noted in ``notices``, an accounted
document that cannot be read in ``problems``, everything else raises.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Collection, Iterable, Iterator

import msgspec

from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.documents import DepositDeduction, Direction, Document, Kind
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import AccessError, DocumentError
from sellsy_ledger.sources.sellsy.access import check_access
from sellsy_ledger.sources.sellsy.client import SellsyClient
from sellsy_ledger.sources.sellsy.fields import PARIS, unreadable
from sellsy_ledger.sources.sellsy.journal import Journal, JournalTooLarge, journal_mark, read_journal
from sellsy_ledger.sources.sellsy.listing import Pair, Problem, Problems, Window
from sellsy_ledger.sources.sellsy.party_lookup import PartyLookup
from sellsy_ledger.sources.sellsy.purchase_scan import PurchaseScan, fetch_purchase
from sellsy_ledger.sources.sellsy.reference import Reference
from sellsy_ledger.sources.sellsy.sales import SalesScan, fetch_sale
from sellsy_ledger.sources.sellsy.supporting import Pdf, SupportingDocuments

__all__ = ["Pdf", "Problem", "SellsyReader"]

log = logging.getLogger(__name__)

BOTH = (Direction.SALES, Direction.PURCHASES)


class SellsyReader:
    """One Sellsy account, read side only.

    Attributes:
        problems: accounted documents met in this run that could not be read, each with its ``DocumentError``.
        notices: French sentences on what could not be checked for want of a right.
    """

    def __init__(self, client: SellsyClient) -> None:
        self._client = client
        self._reference = Reference(client)
        self._parties = PartyLookup(client)
        self._pdfs = SupportingDocuments(client)
        self._purchase_key: str | None = None
        self._deposits: dict[int, Document | None] = {}
        self.problems: Problems = Problems()
        self.notices: list[str] = []

    @property
    def account(self) -> str:
        """The Sellsy account's id, first part of every posting key (see ``SellsyClient.from_credentials``)."""
        return self._client.account

    def check_access(self, *, full: bool = True, directions: Collection[Direction] = ()) -> list[AccessCheck]:
        """Probe the credentials and every right that reading needs, one cheap call each; nothing is written.

        Args:
            full: False probes the credentials only (a nightly run meets missing rights where it needs them).
            directions: which sides are synchronised; V1's right blocks only where purchases are named.
        """
        return check_access(self._client, full=full, directions=directions)

    def reference(self) -> Reference:
        """Taxes and accounts of the Sellsy account, each read once when first looked at."""
        return self._reference

    def accounting_mark(
        self, directions: Iterable[Direction], dated_from: dt.date, dated_to: dt.date | None
    ) -> str | None:
        """A hash that changes when a document of the window is accounted or taken back: one call per direction.

        An unchanged mark means that ``accounted`` would give what it gave when the mark was taken. None when the
        journal does not tell its totals: then only the scan itself can say.
        """
        window = Window(dated_from, dated_to)
        marks = [
            journal_mark(self._client, direction, window.asked_start, window.asked_end) for direction in directions
        ]
        if any(mark is None for mark in marks):
            return None
        return hashlib.sha256("|".join(mark or "" for mark in marks).encode()).hexdigest()

    def accounted(
        self, directions: Iterable[Direction], dated_from: dt.date, dated_to: dt.date | None
    ) -> Iterator[list[Pair]]:
        """Pages of accounted documents dated in the range (``None`` = open), with their customer where it came along.

        Rows are None, or rebuilt from the accounting journal (``rows_source="journal"``), or complete (``detail``)
        for documents that had to be read by themselves.

        Raises:
            AccessError: a right is missing without which documents would be left out.
            TryLater: a list could not be read to its end.
        """
        window = Window(dated_from, dated_to)
        for direction in directions:
            scan = self._sales if direction is Direction.SALES else self._purchases
            yield from (page for page in scan(window) if page)

    def _sales(self, window: Window) -> Iterator[list[Pair]]:
        credit_notes: Journal = {}
        known = False
        for part, journal in self._journals(Direction.SALES, window):
            known = known or journal is not None
            credit_notes.update(
                {key: found for key, found in (journal or {}).items() if key[0] is Kind.SALES_CREDIT_NOTE}
            )
            yield from SalesScan(self._client, self._reference, self.problems, journal).invoices(part)
        # They can only be listed newest first, so that the whole window is one listing.
        scan = SalesScan(self._client, self._reference, self.problems, credit_notes if known else None)
        yield from scan.credit_notes(window)

    def _purchases(self, window: Window) -> Iterator[list[Pair]]:
        for part, journal in self._journals(Direction.PURCHASES, window):
            scan = PurchaseScan(self._client, self._reference, self.problems, journal, self._purchase_key)
            yield from scan.pages(part)
            self._purchase_key = scan.key

    def _journals(self, direction: Direction, window: Window) -> Iterator[tuple[Window, Journal | None]]:
        """The window in parts whose journals fit in memory, each with its journal; None without the right to it."""
        try:
            journal = read_journal(self._client, direction, window.asked_start, window.asked_end)
        except JournalTooLarge:
            for part in _parts(window):
                yield from self._journals(direction, part)
        except AccessError as error:
            if error.field != "accounting-entry.read":
                raise
            self._note(
                "Le journal comptable de Sellsy n'est pas lisible (droit accounting-entry.read) : "
                + (
                    "seules les pièces que Sellsy marque elles-mêmes comptabilisées sont prises."
                    if direction is Direction.SALES
                    else "l'état comptabilisé des achats vient de l'ancienne API et reste à confirmer."
                ),
                error,
            )
            yield window, None
        else:
            yield window, journal

    def _note(self, notice: str, error: AccessError) -> None:
        if notice not in self.notices:
            self.notices.append(notice)
            log.warning("%s (%s)", notice, error)

    def detail(self, document: Document) -> Document:
        """The document with its own rows, deposits and adjustments: one call, and one per deposit.

        What only the list or the journal told (accounted, due date of a purchase) is kept.

        Raises:
            DocumentError: it is gone (``not_accounted``), or cannot be read (``document_unreadable``).
        """
        if document.kind.direction is Direction.PURCHASES:
            read = fetch_purchase(self._client, self._reference, document.kind, document.id).document
            accounted = document.accounted if document.accounted is not None else read.accounted
        else:
            read, _ = fetch_sale(self._client, self._reference, document.kind, document.id)
            accounted = read.accounted if read.accounted is not None else document.accounted
        if read.rows is None:
            # Nothing could ever be booked of it, and nobody would be told why.
            unreadable("rows", "is missing", document.kind, document.id)
        return msgspec.structs.replace(
            read,
            accounted=accounted,
            due_date=read.due_date or document.due_date,
            third_party=document.third_party or read.third_party,
            deposits=tuple(self._with_vat(deposit) for deposit in read.deposits),
        )

    def _with_vat(self, deposit: DepositDeduction) -> DepositDeduction:
        """The deposit with the VAT that its own invoice prints; without it where that invoice cannot be read."""
        if deposit.id not in self._deposits:
            try:
                found = fetch_sale(self._client, self._reference, Kind.SALES_INVOICE, deposit.id)[0]
            except DocumentError as error:
                log.warning("deposit invoice %s cannot be read: %s", deposit.number or deposit.id, error)
                found = None
            self._deposits[deposit.id] = found
        invoice = self._deposits[deposit.id]
        if invoice is None:
            return deposit
        return msgspec.structs.replace(
            deposit, vat=invoice.vat, date=deposit.date or invoice.date, number=deposit.number or invoice.number
        )

    def third_parties(self, documents: Iterable[Document]) -> dict[str, ThirdParty]:
        """Customer or supplier of each document, by ``document.key``; a hundred per call, known ones for free."""
        return self._parties.of(list(documents))

    def supporting_document(self, document: Document) -> Pdf:
        """The document's PDF.

        Raises:
            DocumentError: ``supporting_document_missing``.
            TryLater: a passing fault.
        """
        return self._pdfs.fetch(document)


def _parts(window: Window) -> list[Window]:
    """Two halves of a window; an open one is cut at today first (documents may be dated ahead).

    A single day is never cut: its journal is then as large as it is.
    """
    today = dt.datetime.now(PARIS).date()
    if window.end is None:
        cut = max(today, window.start)
        return [Window(window.start, cut), Window(cut + dt.timedelta(days=1), None)]
    middle = window.start + (window.end - window.start) // 2
    return [Window(window.start, middle), Window(middle + dt.timedelta(days=1), window.end)]
