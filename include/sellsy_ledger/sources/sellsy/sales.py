"""The scan of accounted sales: invoices (deposit and progress invoices among them) and credit notes.

A document is accounted when Sellsy flags it so, or when the accounting journal has lines of it; what only the journal
knows is fetched by itself. Sellsy cannot filter by that flag and tells no date of change, so that the whole window is
listed each time: a document accounted late is found whatever its creation date.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec

from sellsy_ledger.core.documents import Document, Kind
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.sources.sellsy.client import Page, SellsyClient
from sellsy_ledger.sources.sellsy.errors import NotFound
from sellsy_ledger.sources.sellsy.fields import UNDECODABLE, clean_text, day, id_of
from sellsy_ledger.sources.sellsy.journal import Journal, rebuilt_rows
from sellsy_ledger.sources.sellsy.listing import Pair, Problems, Window
from sellsy_ledger.sources.sellsy.objects import decimals_of, embedded_third_party, read_sale
from sellsy_ledger.sources.sellsy.reference import Reference
from sellsy_ledger.sources.sellsy.wire import SaleObject, sale_decoder

__all__ = ["PATHS", "SalesScan", "fetch_sale"]

PATHS = {Kind.SALES_INVOICE: "/invoices", Kind.SALES_CREDIT_NOTE: "/credit-notes"}
_LIST_EMBEDS = [("embed[]", "company"), ("embed[]", "individual")]
_INVOICE_EMBEDS = [*_LIST_EMBEDS, ("embed[]", "deposits")]
_DETAIL_EMBEDS = {
    Kind.SALES_INVOICE: [*_INVOICE_EMBEDS, ("embed[]", "discount_incl_taxes")],
    Kind.SALES_CREDIT_NOTE: [*_LIST_EMBEDS, ("embed[]", "discount_incl_taxes")],
}


class _Head(msgspec.Struct):
    """As much of a listed object as tells whether it matters, when the whole cannot be decoded."""

    id: Any = None
    number: Any = None
    status: Any = None
    date: Any = None
    is_sent_to_accounting: Any = None


def fetch_sale(client: SellsyClient, reference: Reference, kind: Kind, identity: int) -> tuple[Document, SaleObject]:
    """The document with all its rows, deposits and adjustments, in one call.

    Raises:
        NotFound: it is gone.
        DocumentError: it cannot be read.
    """
    body = client.get(f"{PATHS[kind]}/{identity}", _DETAIL_EMBEDS[kind])
    found = _decoded(kind, identity, body)
    reference.know_taxes(tax_ids(found))
    return read_sale(kind, found, reference.taxes), found


def tax_ids(found: SaleObject) -> list[int | None]:
    """Ids of the taxes that the document prints."""
    items = found.taxes.values() if isinstance(found.taxes, dict) else found.taxes or ()
    return [item.id for item in items]


def _decoded(kind: Kind, identity: int, body: bytes | msgspec.Raw) -> SaleObject:
    try:
        return sale_decoder.decode(body)
    except UNDECODABLE as error:
        problem, _, path = str(error).partition(" - at ")
        field = path.strip("`$.") or "document"
        raise DocumentError(
            f"Sellsy's {kind.value} {identity} cannot be read: {field} has the wrong type or shape ({problem}).",
            reason=Reason.DOCUMENT_UNREADABLE,
            facts={"detail": f"champ {field}"},
            field=field,
            tool="sellsy",
        ) from None


class SalesScan:
    """One pass over one window.

    Args:
        client: the account.
        reference: its taxes.
        problems: gets the accounted documents that cannot be read.
        journal: the accounting journal's documents of the window; None when it may not be read, and the flag alone
            decides.
    """

    def __init__(self, client: SellsyClient, reference: Reference, problems: Problems, journal: Journal | None) -> None:
        self._client = client
        self._reference = reference
        self._problems = problems
        self._journal: Journal = journal or {}
        self._settled: set[tuple[Kind, int]] = set()

    def invoices(self, window: Window) -> Iterator[list[Pair]]:
        """Pages of accounted invoices, then those that only the journal knows."""
        dates = {"start": window.asked_start.isoformat()}
        if window.asked_end is not None:
            dates["end"] = window.asked_end.isoformat()
        params = [("order", "id"), ("direction", "asc"), *_INVOICE_EMBEDS]
        for page in self._client.pages("/invoices/search", params, filters={"date": dates}):
            yield self._pairs(Kind.SALES_INVOICE, page, window)
        yield from self._known_to_journal_only(Kind.SALES_INVOICE, window)

    def credit_notes(self, window: Window) -> Iterator[list[Pair]]:
        """Pages of accounted credit notes, newest first, until they are older than the window.

        Date filters are not documented for credit notes and an unknown one breaks the call, so that none is sent.
        """
        params = [("order", "date"), ("direction", "desc"), *_LIST_EMBEDS]
        for page in self._client.pages("/credit-notes", params):
            yield self._pairs(Kind.SALES_CREDIT_NOTE, page, window)
            if _all_older(page, window):
                break
        yield from self._known_to_journal_only(Kind.SALES_CREDIT_NOTE, window)

    def _pairs(self, kind: Kind, page: Page, window: Window) -> list[Pair]:
        return [pair for raw in page.items if (pair := self._pair(kind, raw, window)) is not None]

    def _pair(self, kind: Kind, raw: msgspec.Raw, window: Window) -> Pair | None:
        try:
            found = sale_decoder.decode(raw)
            if not self._is_accounted(kind, found):
                return None
            self._settled.add((kind, found.id))
            self._reference.know_taxes(tax_ids(found))
            document = read_sale(kind, found, self._reference.taxes)
        except (*UNDECODABLE, DocumentError):
            self._note_unreadable(kind, raw, window)
            return None
        if not window.holds(document.date):
            return None
        return self._with_rows(document, found), self._third_party(found)

    def _is_accounted(self, kind: Kind, found: SaleObject) -> bool:
        """Flagged, or (where Sellsy does not say) with lines in the journal. A "no" that the journal contradicts is
        settled later, by reading that document alone.
        """
        if found.status == "draft":
            self._settled.add((kind, found.id))
            return False
        if found.is_sent_to_accounting is None:
            return (kind, found.id) in self._journal
        return found.is_sent_to_accounting

    def _with_rows(self, document: Document, found: SaleObject) -> Document:
        lines = self._journal.get((document.kind, document.id))
        rows = None
        if lines is not None and document.rows is None:
            decimals = decimals_of(found)
            rows = rebuilt_rows(document, lines, exact_cents=decimals is not None and decimals <= 2)
        if rows is None:
            return msgspec.structs.replace(document, accounted=True)
        return msgspec.structs.replace(document, accounted=True, rows=rows, rows_source="journal")

    def _third_party(self, found: SaleObject) -> ThirdParty | None:
        try:
            return embedded_third_party(found)
        except DocumentError:
            # The document's own snapshot or a look-up by id stands in.
            return None

    def _known_to_journal_only(self, kind: Kind, window: Window) -> Iterator[list[Pair]]:
        for key, lines in self._journal.items():
            if key[0] is not kind or key in self._settled:
                continue
            try:
                document, found = fetch_sale(self._client, self._reference, kind, key[1])
            except NotFound:
                # Gone since its entry was made: the next listing tells the retraction.
                continue
            except DocumentError as error:
                self._problems.note(kind, key[1], lines.number, error)
                continue
            if document.accounted is not False and window.holds(document.date):
                yield [(msgspec.structs.replace(document, accounted=True), self._third_party(found))]

    def _note_unreadable(self, kind: Kind, raw: msgspec.Raw, window: Window) -> None:
        """Report an object that cannot be read, unless it surely is none of ours."""
        head = _head(raw)
        identity = id_of(head.id)
        if identity is not None:
            self._settled.add((kind, identity))
        in_journal = identity is not None and (kind, identity) in self._journal
        if head.status == "draft" or (head.is_sent_to_accounting is not True and not in_journal):
            return
        try:
            date = day(head.date, "date")
        except DocumentError:
            date = None
        if date is not None and not window.holds(date):
            return
        try:
            read_sale(kind, _decoded(kind, identity or 0, raw), self._reference.taxes)
        except DocumentError as error:
            self._problems.note(kind, identity, clean_text(head.number), error)


def _head(raw: msgspec.Raw) -> _Head:
    try:
        return msgspec.json.decode(raw, type=_Head)
    except UNDECODABLE:
        # Not even an object: nothing tells that it does not matter.
        return _Head(is_sent_to_accounting=True)


def _all_older(page: Page, window: Window) -> bool:
    """True when the page is in falling order and even its newest document is older than the window.

    A server that ignores the asked order must not end the listing early.
    """
    dates = [str(_head(raw).date or "") for raw in page.items]
    known = [date for date in dates if date]
    falling = all(left >= right for left, right in pairwise(known))
    return bool(known) and falling and known[0] < window.asked_start.isoformat()
