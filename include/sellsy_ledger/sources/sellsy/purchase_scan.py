"""The scan of accounted purchases: which ones the accounting journal tells, what they hold the V1 API.

V1 has two ids per purchase, and which of them the journal speaks of is documented nowhere: it is found out from
purchases whose internal number agrees. Where the journal may not be read, V1's own flags stand in and say so.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from sellsy_ledger.core.documents import Document, Kind
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.sources.sellsy.client import SellsyClient
from sellsy_ledger.sources.sellsy.errors import NotFound, V1Refused
from sellsy_ledger.sources.sellsy.fields import PARIS, UNDECODABLE, clean_text, day, id_of
from sellsy_ledger.sources.sellsy.journal import Journal, JournalDocument, rebuilt_rows
from sellsy_ledger.sources.sellsy.listing import Pair, Problems, Window
from sellsy_ledger.sources.sellsy.purchases import Purchase, members, php_taxes, read_purchase
from sellsy_ledger.sources.sellsy.reference import Reference

__all__ = ["PurchaseScan", "fetch_purchase"]

log = logging.getLogger(__name__)

_DOCTYPES = {Kind.PURCHASE_INVOICE: "invoice", Kind.PURCHASE_CREDIT_NOTE: "creditNote"}
_ENOUGH_MATCHES = 3
_HEAD = frozenset({"id", "ident", "externalident", "displayeddate", "step", "recordable", "recorded"})


def fetch_purchase(client: SellsyClient, reference: Reference, kind: Kind, identity: int) -> Purchase:
    """One purchase with its rows (``Purchase.getOne``).

    Raises:
        NotFound: it is gone.
        DocumentError: it cannot be read.
    """
    body = client.v1("Purchase.getOne", {"id": identity, "includeTags": "N"})
    reference.know_taxes(_tax_ids(body))
    return read_purchase(kind, body, reference.taxes)


def _tax_ids(data: bytes | msgspec.Raw) -> list[int]:
    try:
        found = members(data, frozenset({"taxesamountdetails"}))
        return [tax for tax, _ in php_taxes(found.get("taxesamountdetails"))]
    except (*UNDECODABLE, DocumentError):
        # Whatever is wrong is said, with its field, by the reader of the whole object.
        return []


class PurchaseScan:
    """One pass over one window.

    Args:
        client: the account.
        reference: its taxes.
        problems: gets the accounted purchases that cannot be read.
        journal: the accounting journal's purchases of the window; None when it may not be read.
        key: "id" or "linkedid", what the journal's ids are in V1, when an earlier window found out.
    """

    def __init__(
        self,
        client: SellsyClient,
        reference: Reference,
        problems: Problems,
        journal: Journal | None,
        key: str | None = None,
    ) -> None:
        self._client = client
        self._reference = reference
        self._problems = problems
        self._journal = journal
        self._by_number = {
            (document.kind, document.number): document for document in (journal or {}).values() if document.number
        }
        self._matched: set[tuple[Kind, int]] = set()
        self._agreements: Counter[str] = Counter()
        self.key = key

    def pages(self, window: Window) -> Iterator[list[Pair]]:
        """Pages of accounted purchases, then those that only the journal knows."""
        for kind in (Kind.PURCHASE_INVOICE, Kind.PURCHASE_CREDIT_NOTE):
            if self._journal is not None and not any(known is kind for known, _ in self._journal):
                continue
            for page in self._listed(kind, window):
                yield [pair for raw in page if (pair := self._pair(kind, raw, window)) is not None]
            yield from self._known_to_journal_only(kind, window)

    def _listed(self, kind: Kind, window: Window) -> Iterator[list[msgspec.Raw]]:
        search: dict[str, Any] = {"periodecreated_start": _seconds(window.asked_start)}
        if window.asked_end is not None:
            search["periodecreated_end"] = _seconds(window.asked_end + dt.timedelta(days=1)) - 1
        params = {"doctype": _DOCTYPES[kind], "includeTags": "N", "search": search}
        try:
            yield from self._client.v1_pages("Purchase.getList", params)
        except V1Refused as error:
            # Listing supplier credit notes is not documented. The journal then names them one by one.
            if kind is Kind.PURCHASE_INVOICE or self._journal is None:
                raise
            log.info("Sellsy does not list supplier credit notes (%s); they are read one by one.", error)

    def _pair(self, kind: Kind, raw: msgspec.Raw, window: Window) -> Pair | None:
        head = _head(raw)
        lines = self._lines_of(kind, raw, head)
        if self._journal is not None and lines is None and head.get("id") is not None:
            return None
        if self._journal is None and "Y" not in (head.get("recordable"), head.get("recorded")):
            return None
        if clean_text(head.get("step")) == "draft":
            return None
        try:
            self._reference.know_taxes(_tax_ids(raw))
            purchase = read_purchase(kind, raw, self._reference.taxes)
        except DocumentError as error:
            self._note_unreadable(kind, head, window, error)
            return None
        document = self._accounted(purchase, lines)
        return (document, None) if window.holds(document.date) else None

    def _lines_of(self, kind: Kind, raw: msgspec.Raw, head: dict[str, Any]) -> JournalDocument | None:
        """The journal's document of a listed purchase: same internal number, or same id once it is known which.

        An id alone is never believed where the numbers disagree: the two id spaces overlap.
        """
        if self._journal is None:
            return None
        number = clean_text(head.get("ident"))
        ids = {"id": id_of(head.get("id")), "linkedid": _linked_id(raw)}
        same_number = self._by_number.get((kind, number)) if number else None
        if same_number is not None:
            self._learn(ids, same_number.id)
            self._matched.add((kind, same_number.id))
            return same_number
        for name in [self.key] if self.key else ["id", "linkedid"]:
            identity = ids[name]
            found = self._journal.get((kind, identity)) if identity is not None else None
            if found is not None and not (found.number and number):
                self._matched.add((kind, found.id))
                return found
        return None

    def _learn(self, ids: dict[str, int | None], journal_id: int) -> None:
        if self.key is not None:
            return
        self._agreements.update(name for name, value in ids.items() if value == journal_id)
        for name, count in self._agreements.items():
            other = max((n for key, n in self._agreements.items() if key != name), default=0)
            if count >= _ENOUGH_MATCHES and count > other:
                self.key = name

    def _accounted(self, purchase: Purchase, lines: JournalDocument | None) -> Document:
        document = purchase.document
        changes: dict[str, Any] = {"accounted": True}
        if lines is not None:
            if purchase.recordable is False:
                log.info("purchase %d is in the journal although V1 says it is not recordable", document.id)
            changes["due_date"] = document.due_date or day(lines.due_date, "documents.due_date")
            rows = rebuilt_rows(document, lines, exact_cents=False) if document.rows is None else None
            if rows is not None:
                changes |= {"rows": rows, "rows_source": "journal"}
        return msgspec.structs.replace(document, **changes)

    def _known_to_journal_only(self, kind: Kind, window: Window) -> Iterator[list[Pair]]:
        """Accounted purchases that the list did not show: looked up by number, then by id."""
        for key, lines in (self._journal or {}).items():
            if key[0] is not kind or key in self._matched:
                continue
            try:
                purchase = self._find(lines)
            except DocumentError as error:
                self._problems.note(kind, None, lines.number, error)
                continue
            document = self._accounted(purchase, lines)
            if window.holds(document.date):
                yield [(document, None)]

    def _find(self, lines: JournalDocument) -> Purchase:
        """The V1 purchase of a journal document.

        Raises:
            DocumentError: it cannot be found, or not be read.
        """
        if self.key != "linkedid":
            try:
                purchase = fetch_purchase(self._client, self._reference, lines.kind, lines.id)
            except NotFound:
                purchase = None
            except DocumentError:
                if self.key == "id":
                    raise
                purchase = None
            if purchase and (not lines.number or purchase.document.internal_number == lines.number):
                return purchase
        identity = self._id_by_number(lines)
        if identity is not None:
            return fetch_purchase(self._client, self._reference, lines.kind, identity)
        raise DocumentError(
            f"The accounting journal holds purchase {lines.number or lines.id}, which Sellsy's V1 API does not give.",
            reason=Reason.DOCUMENT_UNREADABLE,
            facts={"detail": f"l'achat {lines.number or lines.id} du journal est introuvable"},
            tool="sellsy",
            action="Check that the API client's user may see purchases.",
        )

    def _id_by_number(self, lines: JournalDocument) -> int | None:
        if not lines.number:
            return None
        params = {"doctype": _DOCTYPES[lines.kind], "includeTags": "N", "search": {"ident": lines.number}}
        try:
            for page in self._client.v1_pages("Purchase.getList", params):
                for raw in page:
                    head = _head(raw)
                    if clean_text(head.get("ident")) == lines.number:
                        return id_of(head.get("id"))
        except V1Refused:
            return None
        return None

    def _note_unreadable(self, kind: Kind, head: dict[str, Any], window: Window, error: DocumentError) -> None:
        try:
            date = day(head.get("displayeddate"), "displayedDate")
        except DocumentError:
            date = None
        if date is None or window.holds(date):
            number = clean_text(head.get("externalident")) or clean_text(head.get("ident"))
            self._problems.note(kind, id_of(head.get("id")), number, error)


def _head(raw: msgspec.Raw) -> dict[str, Any]:
    """As much of a listed purchase as tells whether it matters; empty when it is no object."""
    try:
        return members(raw, _HEAD)
    except (*UNDECODABLE, TypeError, AttributeError):
        return {}


def _linked_id(raw: msgspec.Raw) -> int | None:
    try:
        found = members(raw, frozenset({"linkedid", "doctypeid"}))
    except (*UNDECODABLE, TypeError, AttributeError):
        return None
    return id_of(found.get("linkedid")) or id_of(found.get("doctypeid"))


def _seconds(date: dt.date) -> int:
    """Unix seconds of the day's first moment in Paris (V1 counts days there)."""
    return int(dt.datetime.combine(date, dt.time(), PARIS).timestamp())
