"""Everything that stands in a company's books from day to day, whoever wrote it.

Lines on customers' or suppliers' accounts say what is booked; the entries and invoices that they belong to add the
numbers and our reference. An invoice that has no entry yet (received by Pennylane's e-invoicing platform, or waiting in
its inbox) is in the books for whoever asks whether a document is there already, and comes too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sellsy_ledger.connectors.base import BookedEntry
from sellsy_ledger.connectors.pennylane import answers, reading
from sellsy_ledger.connectors.pennylane.client import PennylaneClient
from sellsy_ledger.connectors.pennylane.ids import raw_id
from sellsy_ledger.connectors.pennylane.mapper import key_at_the_end
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.errors import TryLater

__all__ = ["booked_entries"]

ROOTS = {Direction.SALES: "411", Direction.PURCHASES: "401"}
# Documents in Pennylane that are no invoices (yet), and its own drafts, which have no number.
NOT_BOOKED = ("draft", "proforma", "shipping_order", "purchasing_order")
ESTIMATE = "estimate_"


class _Party(NamedTuple):
    """A third party: its account, its name, and whatever identifies it."""

    account: str
    name: str
    ids: tuple[str, ...] = ()


def booked_entries(
    client: PennylaneClient, direction: Direction, first: dt.date, last: dt.date
) -> Iterator[BookedEntry]:
    """See :meth:`LedgerConnector.booked_entries`."""
    period = (("date", "gteq", first.isoformat()), ("date", "lteq", last.isoformat()))
    accounts = {one.id: one for one in client.ledger_accounts(("number", "start_with", ROOTS[direction]))}
    parties: list[answers.Customer | answers.Supplier] = (
        [*client.customers()] if direction is Direction.SALES else [*client.suppliers()]
    )
    by_account = {one.ledger_account.id: _ids(one) for one in parties if one.ledger_account}
    known = {
        account_id: _Party(account.number, account.label or "", by_account.get(account_id, ()))
        for account_id, account in accounts.items()
    }
    of_party = {one.id: known.get(one.ledger_account.id) if one.ledger_account else None for one in parties}
    names = {one.id: one.name for one in parties}
    invoices = [one for one in client.invoices(direction, *period) if _is_invoice(one)]
    journals = {one.id: one.code for one in client.journals()}
    entries = {one.id: one for one in client.ledger_entries(*period)}
    by_entry = {one.ledger_entry.id: one for one in invoices if one.ledger_entry}
    seen: set[int] = set()
    for line in client.ledger_entry_lines(*period):
        if line.ledger_account.number.startswith(ROOTS[direction]) and line.date and first <= line.date <= last:
            seen.add(line.ledger_entry.id)
            party = known.get(line.ledger_account.id) or _Party(line.ledger_account.number, line.label or "")
            journal = journals.get(line.journal.id, "") if line.journal else ""
            yield _of_line(line, party, journal, entries.get(line.ledger_entry.id), by_entry.get(line.ledger_entry.id))
    for invoice in invoices:
        if (invoice.ledger_entry is None or invoice.ledger_entry.id not in seen) and invoice.date:
            reference = invoice.customer or invoice.supplier
            party_id = reference.id if reference else 0
            party = of_party.get(party_id) or _Party("", names.get(party_id, ""))
            if first <= invoice.date <= last:
                yield _of_invoice(invoice, invoice.date, party, direction)


def _of_line(
    line: answers.ListedLine,
    party: _Party,
    journal: str,
    entry: answers.EntrySummary | None,
    invoice: answers.Invoice | None,
) -> BookedEntry:
    if line.date is None:
        raise TryLater("Pennylane listed an entry line without a date.", tool="pennylane")
    texts = [line.label]
    if entry is not None:
        texts += [entry.piece_number, entry.invoice_number, entry.label]
    if invoice is not None:
        texts += [invoice.invoice_number, invoice.label]
    key = invoice.external_reference if invoice else key_at_the_end((entry.label if entry else "") or "")
    return BookedEntry(
        entry_id=str(invoice.id) if invoice else raw_id(line.ledger_entry.id),
        journal=journal,
        date=line.date,
        piece_date=invoice.date if invoice else None,
        third_party_account=party.account,
        third_party_name=party.name,
        third_party_ids=party.ids,
        gross_cents=reading.balance_of(line),
        numbers=_filled(texts),
        key=_ours(key),
    )


def _of_invoice(invoice: answers.Invoice, day: dt.date, party: _Party, direction: Direction) -> BookedEntry:
    gross = reading.cents(invoice.amount or invoice.currency_amount)
    return BookedEntry(
        entry_id=str(invoice.id),
        journal="",
        date=day,
        piece_date=day,
        third_party_account=party.account,
        third_party_name=party.name,
        third_party_ids=party.ids,
        gross_cents=gross if direction is Direction.SALES else -gross,
        numbers=_filled([invoice.invoice_number, invoice.label]),
        key=_ours(invoice.external_reference),
    )


def _is_invoice(invoice: answers.Invoice) -> bool:
    status = invoice.status or ""
    return status not in NOT_BOOKED and not status.startswith(ESTIMATE)


def _ids(party: answers.Customer | answers.Supplier) -> tuple[str, ...]:
    return _filled([party.vat_number, party.reg_no, getattr(party, "establishment_no", None)])


def _filled(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip() for text in texts if text and text.strip()))


def _ours(reference: str | None) -> str:
    """Pennylane fills references of its own in; ours begin with the source's name."""
    return reference if reference and reference.startswith("sellsy:") else ""
