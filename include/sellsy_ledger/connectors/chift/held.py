"""What Chift, and the tool behind it, hold of a document already: by the id of our request, then by its number.

Chift remembers a request id for six months and says what became of the request. What is in the books stays for ever,
and is found by type, third party and number, whatever content and route an earlier try had.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from sellsy_ledger.connectors.base import PostedEntry, PostingRequest
from sellsy_ledger.connectors.chift import answers, reading
from sellsy_ledger.connectors.chift.client import ChiftClient
from sellsy_ledger.connectors.chift.mapper import request_id
from sellsy_ledger.errors import PostingConflict

__all__ = ["by_attempt", "by_number", "last_attempt", "read"]

# The look-up of entries takes three months at most.
WINDOW_DAYS = 85
ATTEMPTS_MAX = 1 << 14
CANCELLED = "cancelled"


def read(client: ChiftClient, request: PostingRequest, entry_id: str) -> PostedEntry | None:
    """An invoice with the lines of its entry, or a journal entry; None when it is gone or cancelled."""
    raw = reading.entry_number(entry_id)
    if raw is not None:
        entry = client.entry(raw)
        return _posted_entry(client, request, entry) if entry else None
    invoice = client.invoice(entry_id)
    if invoice is None or invoice.status == CANCELLED:
        return None
    return _posted_invoice(client, request, invoice, entry_id)


def by_attempt(client: ChiftClient, request: PostingRequest, payload_hash: str) -> PostedEntry | None:
    """What the last try of exactly this content left in the books, as Chift remembers it.

    Raises:
        PostingConflict: it was booked, and somebody has removed it since.
    """
    found = last_attempt(lambda attempt: client.transaction(request_id(request.posting_key, payload_hash, attempt)))
    if found is None:
        return None
    _, transaction = found
    if not transaction.succeeded or not transaction.created_entity_id:
        return None
    raw = "journal-entries" in transaction.route
    entry_id = transaction.created_entity_id
    held = read(client, request, reading.raw_id(entry_id) if raw else entry_id)
    if held is None:
        raise PostingConflict(
            f"{request.posting_key} was booked through Chift and is not in the tool any more: somebody removed it, or "
            "cancelled it. Settle it by hand.",
            tool="chift",
        )
    return held


def by_number(client: ChiftClient, request: PostingRequest) -> PostedEntry | None:
    """The invoice, or else the journal entry, of this third party with this number.

    Raises:
        PostingConflict: there are several.
    """
    first, last = _window(request)
    number = request.entry.piece
    invoices = [
        invoice.id
        for invoice in client.invoices(reading.invoice_type(request), first.isoformat(), last.isoformat())
        if invoice.id
        and (invoice.invoice_number or "").strip() == number
        and invoice.partner_id in (None, request.third_party.tool_id)
        and invoice.status != CANCELLED
    ]
    found = invoices or [
        reading.raw_id(entry.id)
        for entry in client.entries(first.isoformat(), last.isoformat())
        if reading.named_entry(request, entry)
    ]
    if len(found) > 1:
        raise PostingConflict(
            f"The tool behind Chift holds {len(found)} documents {number} of this third party: {', '.join(found[:5])}.",
            tool="chift",
        )
    return read(client, request, found[0]) if found else None


def last_attempt(
    look_up: Callable[[int], answers.Transaction | None],
) -> tuple[int, answers.Transaction] | None:
    """The last numbered try that Chift remembers, and what became of it; None when it remembers none.

    Tries are numbered without gaps, and a document that waits for months is tried every night: doubling and halving
    finds the last of n in about 2 log2(n) look-ups.

    Args:
        look_up: number of the try (from 1) → what Chift remembers of it.
    """
    known: dict[int, answers.Transaction] = {}

    def exists(attempt: int) -> bool:
        found = look_up(attempt)
        if found is not None:
            known[attempt] = found
        return found is not None

    if not exists(1):
        return None
    low, high = 1, 2
    while high < ATTEMPTS_MAX and exists(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if exists(middle) else (low, middle)
    return low, known[low]


def _posted_invoice(
    client: ChiftClient, request: PostingRequest, invoice: answers.Invoice, invoice_id: str
) -> PostedEntry:
    entry = _entry_of(client, request, invoice, invoice_id)
    info = invoice.attachments_info or answers.AttachmentsInfo()
    return PostedEntry(
        entry_id=invoice_id,
        date=invoice.invoice_date,
        journal=reading.journal_code(request, invoice.journal_id),
        piece=invoice.invoice_number,
        lines=reading.posted_lines(request, entry) if entry else reading.invoice_lines(request, invoice),
        draft=invoice.status == "draft",
        pdf_sha256=reading.pdf_hash(client, "invoice", invoice_id, info),
        pdf_present=info.present,
        ledger_entry_id=entry.id if entry else "",
        editable=reading.editable(draft=invoice.status == "draft", paid=invoice.status == "paid", entry=entry),
    )


def _entry_of(
    client: ChiftClient, request: PostingRequest, invoice: answers.Invoice, invoice_id: str
) -> answers.Entry | None:
    """The journal entry of an invoice: the one with its id, or the only one with its number."""
    if invoice.invoice_date is None:
        return None
    day = invoice.invoice_date.isoformat()
    entries = [entry for entry in client.entries(day, day, invoice.journal_id or "") if entry.items]
    same_id = [entry for entry in entries if entry.id == invoice_id]
    found = same_id or [entry for entry in entries if reading.named_entry(request, entry)]
    return found[0] if len(found) == 1 else None


def _posted_entry(client: ChiftClient, request: PostingRequest, entry: answers.Entry) -> PostedEntry:
    info = entry.attachments_info or answers.AttachmentsInfo()
    return PostedEntry(
        entry_id=reading.raw_id(entry.id),
        date=entry.date,
        journal=reading.journal_code(request, entry.journal_id),
        piece=_piece(request, (entry.name, entry.reference)),
        lines=reading.posted_lines(request, entry) if entry.items else None,
        draft=entry.posted is False,
        pdf_sha256=reading.pdf_hash(client, "entry", entry.id, info),
        pdf_present=info.present,
        ledger_entry_id=entry.id,
        editable=reading.editable(draft=entry.posted is False, paid=False, entry=entry),
    )


def _piece(request: PostingRequest, names: Iterable[str | None]) -> str | None:
    """Ours where the entry carries it under either name; a tool may have a number of its own beside it."""
    told = [name.strip() for name in names if name and name.strip()]
    ours = (request.entry.piece, request.entry.number)
    return next((name for name in told if name in ours), told[0] if told else None)


def _window(request: PostingRequest) -> tuple[dt.date, dt.date]:
    """From the document's own day to the entry's: an earlier try may have been dated otherwise."""
    first, last = sorted((request.entry.piece_date, request.entry.date))
    if (last - first).days > WINDOW_DAYS:
        return request.entry.date, request.entry.date
    return first, last
