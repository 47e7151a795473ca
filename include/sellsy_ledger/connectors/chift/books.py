"""Everything that stands in the books behind Chift from day to day, whoever wrote it.

Journal entries say what is booked; an entry that belongs to an invoice is named by the invoice, as our own are. Chift
gives three months at most at once, and shows nobody's key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sellsy_ledger.connectors.base import BookedEntry
from sellsy_ledger.connectors.chift import answers, parties, reading
from sellsy_ledger.connectors.chift.client import ChiftClient
from sellsy_ledger.connectors.chift.routes import INVOICE_TYPES
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.periods import windows

__all__ = ["booked_entries"]

WINDOW_DAYS = 85
CANCELLED = "cancelled"
ROOTS = {Direction.SALES: "411", Direction.PURCHASES: "401"}
UNDATED = dt.date(1970, 1, 1)
"""What Chift writes where the tool behind gives no date."""


class _Party(NamedTuple):
    """A client or supplier: its accounts, its name, and whatever identifies it."""

    auxiliary: str
    accounts: frozenset[str]
    name: str
    ids: tuple[str, ...]


def booked_entries(client: ChiftClient, direction: Direction, first: dt.date, last: dt.date) -> Iterator[BookedEntry]:
    """See :meth:`LedgerConnector.booked_entries`."""
    _ = client.connection
    known = {one.id: _party(one, direction) for one in client.partners(direction) if one.id}
    journals = {one.id: one.code or one.id for one in client.journals()}
    types = [name for (its, _), name in INVOICE_TYPES.items() if its is direction]
    for start, end in windows(first, last, WINDOW_DAYS):
        days = start.isoformat(), end.isoformat()
        invoices = [one for kind in types for one in client.invoices(kind, *days) if one.id and one.status != CANCELLED]
        matched: set[str] = set()
        for entry in client.entries(*days):
            for item in entry.items or ():
                party = known.get(item.partner_id or "")
                if not _is_third_partys(item, party, direction):
                    continue
                invoice = _invoice_of(entry, item, invoices, matched)
                matched |= {invoice.id} if invoice and invoice.id else set()
                yield _booked(entry, item, party, journals.get(entry.journal_id, entry.journal_id), invoice, start)


def _party(partner: answers.Partner, direction: Direction) -> _Party:
    read = parties.from_partner(partner, direction)
    accounts = frozenset(each.strip() for each in (partner.third_party_account, partner.account_number) if each)
    ids = tuple(each for each in (partner.vat, partner.company_number) if each)
    return _Party(read.auxiliary_account, accounts, read.name, ids)


def _is_third_partys(item: answers.EntryItem, party: _Party | None, direction: Direction) -> bool:
    """True for a line on a collective account of the direction, or on the third party's own account."""
    account = item.account_number.strip()
    return account.startswith(ROOTS[direction]) or (party is not None and account in party.accounts)


def _invoice_of(
    entry: answers.Entry, item: answers.EntryItem, invoices: Sequence[answers.Invoice], matched: set[str]
) -> answers.Invoice | None:
    """The invoice that made the entry: the one with its id, or the only one of its number, third party and amount."""
    same_id = [one for one in invoices if one.id == entry.id]
    if same_id:
        return same_id[0]
    names = {name.strip() for name in (entry.name, entry.reference) if name and name.strip()}
    amount = abs(reading.balance_of(item))
    found = [
        one
        for one in invoices
        if one.id not in matched
        and (one.invoice_number or "").strip() in names
        and one.partner_id in (None, item.partner_id)
        and abs(reading.cents(one.total)) == amount
    ]
    return found[0] if len(found) == 1 else None


def _booked(
    entry: answers.Entry,
    item: answers.EntryItem,
    party: _Party | None,
    journal: str,
    invoice: answers.Invoice | None,
    start: dt.date,
) -> BookedEntry:
    texts = [entry.name, entry.reference, *(each.description for each in entry.items or ())]
    texts += [invoice.invoice_number, invoice.reference] if invoice else []
    dated = entry.date is not None and entry.date != UNDATED
    return BookedEntry(
        entry_id=invoice.id if invoice and invoice.id else reading.raw_id(entry.id),
        journal=journal,
        # It is in the period that was asked for; where the tool says no day, the first one stands for it.
        date=entry.date if entry.date is not None and dated else start,
        third_party_account=party.auxiliary if party else item.account_number.strip(),
        third_party_name=(party.name if party else "") or item.partner_name or "",
        third_party_ids=party.ids if party else (),
        gross_cents=reading.balance_of(item),
        numbers=tuple(dict.fromkeys(text.strip() for text in texts if text and text.strip())),
    )
