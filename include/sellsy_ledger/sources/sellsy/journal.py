"""Sellsy's accounting journal: the authority on what is accounted, and where list entries get their rows from.

A journal has one line per element; lines are grouped by document. Rows are rebuilt from a document's lines only where
they provably make the entry that the document's own rows would make; otherwise the document costs its single call.
Never calls the journal's export, which may mark entries as exported.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

from sellsy_ledger.core.documents import Direction, Document, Kind, Row
from sellsy_ledger.core.money import NotAnAmount, parse_decimal, round_to_cents
from sellsy_ledger.errors import TryLater
from sellsy_ledger.sources.sellsy.client import SellsyClient
from sellsy_ledger.sources.sellsy.fields import UNDECODABLE, clean_text, id_of

__all__ = ["JournalDocument", "JournalTooLarge", "journal_mark", "read_journal", "rebuilt_rows"]

# Lines kept in memory at once; about three lines make a document.
MAX_LINES = 30_000
_PATHS = {Direction.SALES: "sells", Direction.PURCHASES: "purchases"}
_KINDS = {
    "invoice": Kind.SALES_INVOICE,
    "creditnote": Kind.SALES_CREDIT_NOTE,
    "purInvoice": Kind.PURCHASE_INVOICE,
    "purCreditNote": Kind.PURCHASE_CREDIT_NOTE,
}
_ANALYTIC = 2
# Sides of net lines: what raises turnover or lowers charges is a credit.
_NETS_ON_CREDIT = frozenset({Kind.SALES_INVOICE, Kind.PURCHASE_CREDIT_NOTE})
# Accounts that say more than "net": rounding differences, deposits.
_NOT_NET = ("658", "758", "4091", "4191", "419", "409")


class JournalTooLarge(Exception):
    """The window holds more lines than are kept in memory: ask for smaller windows."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """One general-ledger line; ``signed`` is positive on the side where this document's nets belong."""

    account: str
    signed: Decimal
    auxiliary: bool
    analytic_code: str | None


class JournalDocument(msgspec.Struct):
    """What the journal says of one document. ``lines`` is None once a line could not be read."""

    kind: Kind
    id: int
    number: str
    external_reference: str = ""
    due_date: str | None = None
    lines: list[Line] | None = []


class _Code(msgspec.Struct):
    value: str | int | None = None


class _Amount(msgspec.Struct):
    direction: str | None = None
    value: Any = None


class _JournalDocument(msgspec.Struct):
    type: str | None = None
    id: int | str | None = None
    number: str | None = None
    due_date: str | None = None
    external_reference: str | None = None


class _Line(msgspec.Struct):
    code: _Code | list[Any] | None = None
    amount: _Amount | list[Any] | None = None
    accounting_type: int | None = None
    auxiliary_code: str | int | None = None
    analytic_code: str | int | None = None
    documents: list[_JournalDocument] | dict[str, _JournalDocument] | None = None
    document: _JournalDocument | list[Any] | None = None


class _Totals(msgspec.Struct):
    debit: str | None = None
    credit: str | None = None


class _Aggregations(msgspec.Struct):
    credit_debit: _Totals | None = None


class _Count(msgspec.Struct):
    total: int | None = None


class _Probe(msgspec.Struct):
    pagination: _Count | None = None
    aggregations: _Aggregations | list[Any] | None = None


_line_decoder = msgspec.json.Decoder(_Line)

Journal = dict[tuple[Kind, int], JournalDocument]


def read_journal(client: SellsyClient, direction: Direction, start: dt.date, end: dt.date | None) -> Journal:
    """Every document with lines in the window, exported ones included.

    Raises:
        JournalTooLarge: the window has more than ``MAX_LINES`` lines.
        AccessError: the scope ``accounting-entry.read`` is missing.
        TryLater: the journal could not be read to its end.
    """
    journal: Journal = {}
    path = f"/accounting-journal/{_PATHS[direction]}/search"
    for page in client.pages(path, filters=_filters(start, end)):
        if (page.total or 0) > MAX_LINES:
            raise JournalTooLarge
        for raw in page.items:
            _add(journal, raw)
    return journal


def journal_mark(client: SellsyClient, direction: Direction, start: dt.date, end: dt.date | None) -> str | None:
    """A hash that changes when a document is accounted or taken back: number of lines, total debit and credit.

    One call, whatever the size. None when Sellsy does not give the totals.
    """
    path = f"/accounting-journal/{_PATHS[direction]}/search"
    body = client.first(path, [("embed[]", "aggregations.credit_debit")], filters=_filters(start, end))
    try:
        found = msgspec.json.decode(body, type=_Probe)
    except UNDECODABLE:
        return None
    totals = found.aggregations.credit_debit if isinstance(found.aggregations, _Aggregations) else None
    if totals is None or totals.debit is None or found.pagination is None or found.pagination.total is None:
        return None
    content = f"{direction.value}|{start}|{end}|{found.pagination.total}|{totals.debit}|{totals.credit}"
    return hashlib.sha256(content.encode()).hexdigest()


def _filters(start: dt.date, end: dt.date | None) -> dict[str, Any]:
    dates = {"start": start.isoformat()}
    if end is not None:
        dates["end"] = end.isoformat()
    return {"date": dates, "include_exported_entries": True}


def _add(journal: Journal, raw: msgspec.Raw) -> None:
    try:
        line = _line_decoder.decode(raw)
    except UNDECODABLE as error:
        # Which document it belongs to is unknown: leaving it out could leave a document out.
        raise TryLater(f"A line of Sellsy's accounting journal cannot be read ({error}).", tool="sellsy") from None
    said = _document_of(line)
    kind = _KINDS.get(said.type or "") if said else None
    identity = id_of(said.id) if said else None
    if said is None or kind is None or identity is None:
        return
    document = journal.get((kind, identity))
    if document is None:
        document = journal[kind, identity] = JournalDocument(
            kind, identity, clean_text(said.number), clean_text(said.external_reference), said.due_date, []
        )
    if line.accounting_type == _ANALYTIC or document.lines is None:
        return
    read = _general_line(line, kind)
    if read is None:
        document.lines = None
    else:
        document.lines.append(read)


def _document_of(line: _Line) -> _JournalDocument | None:
    found = line.documents
    items = list(found.values()) if isinstance(found, dict) else found or []
    if items:
        return items[0]
    return line.document if isinstance(line.document, _JournalDocument) else None


def _general_line(line: _Line, kind: Kind) -> Line | None:
    code = line.code.value if isinstance(line.code, _Code) else None
    amount = line.amount if isinstance(line.amount, _Amount) else _Amount()
    if code in (None, "") or amount.direction not in ("debit", "credit"):
        return None
    try:
        value = parse_decimal(amount.value)
    except NotAnAmount:
        return None
    natural = (amount.direction == "credit") is (kind in _NETS_ON_CREDIT)
    return Line(
        account=str(code).strip(),
        signed=value if natural else -value,
        auxiliary=bool(line.auxiliary_code),
        analytic_code=clean_text(line.analytic_code) or None,
    )


def rebuilt_rows(document: Document, found: JournalDocument, *, exact_cents: bool) -> tuple[Row, ...] | None:
    """The document's rows as its journal lines tell them, or None where they do not prove enough.

    They prove enough when one tax is printed and its VAT is its rate of the whole net, there is no deposit and no
    adjustment, the third party's line is the gross, and nets are the document's net and nets plus VAT its gross,
    to the cent.

    Args:
        document: read from a list.
        found: its journal lines.
        exact_cents: Sellsy says that row amounts have at most two decimals, so that sums per account are exact;
            otherwise only a single net account leaves no rounding open.
    """
    if len(document.vat) != 1 or document.is_deposit or document.deposits or document.adjustments:
        return None
    tax = document.vat[0]
    if not tax.rate or round_to_cents(Decimal(document.net_cents) * tax.rate / 10_000) != tax.vat_cents:
        return None
    nets = _net_lines(document, found.lines or [])
    if nets is None or sum(round_to_cents(line.signed) for line in nets) != document.net_cents:
        return None
    if len({line.account for line in nets}) > 1 and not (exact_cents and not document.global_discount):
        return None
    return tuple(
        Row(
            net=line.signed,
            tax_id=tax.tax_id,
            rate=tax.rate,
            account=line.account,
            analytic_code=line.analytic_code,
            type="journal",
        )
        for line in nets
    )


def _net_lines(document: Document, lines: Iterable[Line]) -> list[Line] | None:
    """Lines that are neither third party nor VAT; None unless gross, VAT and nets are all there and nothing else."""
    nets: list[Line] = []
    third_party = vat = 0
    for line in lines:
        if line.account[:2] in ("40", "41") and not line.account.startswith(_NOT_NET):
            third_party -= round_to_cents(line.signed)
        elif line.account.startswith("445"):
            vat += round_to_cents(line.signed)
        elif line.account[:1] in ("2", "6", "7") and not line.account.startswith(_NOT_NET):
            nets.append(line)
        else:
            return None
    complete = third_party == document.gross_cents and vat == document.vat_cents
    closes = document.net_cents + document.vat_cents == document.gross_cents
    return nets if nets and complete and closes else None
