"""Chift's books → ours: the ledger to check entries against, and what was booked."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from sellsy_ledger.connectors.base import PostedEntry, PostedLine, PostingRequest
from sellsy_ledger.connectors.chift import answers, parties
from sellsy_ledger.connectors.chift.client import ChiftClient
from sellsy_ledger.connectors.chift.routes import INVOICE_TYPES
from sellsy_ledger.connectors.chift.vat_codes import known, vat_code
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.entries import Role
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, Ledger, VatCode, unpadded
from sellsy_ledger.core.money import NotAnAmount, parse_decimal, round_to_cents
from sellsy_ledger.errors import TryLater

__all__ = [
    "balance_of",
    "cents",
    "editable",
    "entry_number",
    "invoice_lines",
    "invoice_type",
    "is_same",
    "journal_code",
    "named_entry",
    "pdf_hash",
    "posted_lines",
    "raw_id",
    "read_ledger",
]

RAW_PREFIX = "entry/"
VAT_ROOT = "445"
_KINDS = {"customer": "sales", "supplier": "purchases"}


# -- the ledger ----------------------------------------------------------------------------------------------------
def read_ledger(client: ChiftClient) -> Ledger:
    """The whole snapshot, each list to its last page.

    Raises:
        ConfigurationError: the connection, the folder or the tool behind is not the one of the settings.
    """
    _ = client.connection
    accounts = {account.number: _account(account) for account in client.accounts()}
    return Ledger(
        accounts=tuple(accounts.values()),
        journals=tuple(_journal(journal) for journal in client.journals()),
        vat_codes=tuple(vat_code(code) for code in client.vat_codes() if code.active is not False),
        fiscal_years=tuple(
            FiscalYear(start=year.start, end=year.end, closed=year.closed, tool_id=year.name)
            for year in client.book_years()
        ),
        third_parties=tuple(
            parties.from_partner(partner, direction)
            for direction in Direction
            for partner in client.partners(direction)
            if partner.id
        ),
        tool="chift",
    )


def _account(account: answers.Account) -> Account:
    return Account(
        number=account.number, label=account.name or "", active=account.active is not False, tool_id=account.number
    )


def _journal(journal: answers.Journal) -> Journal:
    return Journal(
        code=journal.code or journal.id,
        label=journal.name or "",
        kind=_KINDS.get(journal.journal_type.partition("_")[0], "other"),
        open=journal.blocked is not True,
        tool_id=journal.id,
    )


# -- names -------------------------------------------------------------------------------------------------------
def raw_id(entry_id: str) -> str:
    """How the register names a journal entry, to tell it from an invoice: ``entry/456``."""
    return f"{RAW_PREFIX}{entry_id}"


def entry_number(entry_id: str) -> str | None:
    """The id in :func:`raw_id`'s text; None for an invoice."""
    return entry_id.removeprefix(RAW_PREFIX) if entry_id.startswith(RAW_PREFIX) else None


def invoice_type(request: PostingRequest) -> str:
    """Chift's type of the document: a negative invoice is a credit note."""
    third = [line for line in request.entry.lines if line.role is Role.THIRD_PARTY]
    balance = sum(line.debit_cents - line.credit_cents for line in third)
    return INVOICE_TYPES[request.kind.direction, balance > 0]


def journal_code(request: PostingRequest, journal_id: str | None) -> str | None:
    """The code of a journal that Chift names by its id; the id itself for one that the ledger does not have."""
    codes = {journal.tool_id: journal.code for journal in request.ledger.journals}
    return codes.get(journal_id, journal_id) if journal_id else None


def named_entry(request: PostingRequest, entry: answers.Entry) -> bool:
    """True when an entry carries our number, and no other third party."""
    names = {request.entry.piece, request.entry.number}
    if not names & {(entry.name or "").strip(), (entry.reference or "").strip()}:
        return False
    partners = {item.partner_id for item in entry.items or () if item.partner_id}
    return not partners or request.third_party.tool_id in partners


# -- lines -------------------------------------------------------------------------------------------------------
def posted_lines(request: PostingRequest, entry: answers.Entry) -> tuple[PostedLine, ...]:
    """The entry's lines in cents, by account; lines of 0.00 are left out.

    Chift tells a third party's line by its collective account and the partner's id: it is given under the auxiliary
    account, as ours is. Tools that tell no partner leave only the account.
    """
    controls = {unpadded(line.account) for line in request.entry.lines if line.role is Role.THIRD_PARTY}
    read = []
    for item in entry.items or ():
        debit, credit = cents(item.debit), cents(item.credit)
        ours = unpadded(item.account_number) in controls and item.partner_id in (None, request.third_party.tool_id)
        if debit or credit:
            account = request.third_party.auxiliary_account if ours else item.account_number
            read.append(_line(account, debit - credit, item.description or ""))
    return _ordered(read)


def balance_of(item: answers.EntryItem) -> int:
    """Debit minus credit of a line of an entry, in cents."""
    return cents(item.debit) - cents(item.credit)


def editable(*, draft: bool, paid: bool, entry: answers.Entry | None) -> bool | None:
    """Whether the tool behind would still let it be changed: a draft, yes; paid or matched, no; else nothing tells."""
    matched = any(item.matching_numbers for item in entry.items or ()) if entry else False
    return False if paid or matched else draft or None


def invoice_lines(request: PostingRequest, invoice: answers.Invoice) -> tuple[PostedLine, ...] | None:
    """What the invoice itself says of its entry, where the entry cannot be found; None when its lines do not add up
    to its total (Chift has not listed the cent that it added).
    """
    lines = invoice.lines or []
    total = cents(invoice.total)
    if not lines or sum(cents(line.total) for line in lines) != total:
        return None
    # Lines of a sales invoice and of a purchase credit note stand on the credit side.
    side = -1 if invoice.invoice_type in ("customer_invoice", "supplier_refund") else 1
    accounts = {known(code).id: _vat_account(code, request.kind.direction) for code in request.ledger.vat_codes}
    taxes: Counter[str] = Counter()
    read = [_line(request.third_party.auxiliary_account, -side * total, "")]
    for line in lines:
        read.append(_line(line.account_number or "?", side * cents(line.untaxed_amount), line.description or ""))
        taxes[accounts.get(line.tax_code or "") or VAT_ROOT] += cents(line.tax_amount)
    read += [_line(account, side * amount, "") for account, amount in taxes.items()]
    return _ordered(line for line in read if line.debit_cents or line.credit_cents)


def is_same(request: PostingRequest, held: PostedEntry) -> bool:
    """The same amounts on the same accounts and day; VAT accounts and the self-assessed pair are the tool's own."""
    if held.date not in (None, request.entry.date) or held.lines is None:
        return False
    ours: Counter[str] = Counter()
    for line in request.entry.lines:
        account = request.third_party.auxiliary_account if line.role is Role.THIRD_PARTY else line.account
        ours[_heading(account)] += line.debit_cents - line.credit_cents
    theirs: Counter[str] = Counter()
    for held_line in held.lines:
        theirs[_heading(held_line.account)] += held_line.debit_cents - held_line.credit_cents
    return all(ours[heading] == theirs[heading] for heading in {*ours, *theirs})


def _heading(account: str) -> str:
    return VAT_ROOT if account.startswith(VAT_ROOT) else unpadded(account.strip().upper())


def _vat_account(code: VatCode, direction: Direction) -> str:
    told = known(code)
    return told.payable_account if direction is Direction.SALES else told.deductible_account


def _line(account: str, balance: int, label: str) -> PostedLine:
    return PostedLine(account=account, debit_cents=max(balance, 0), credit_cents=max(-balance, 0), label=label)


def _ordered(lines: Iterable[PostedLine]) -> tuple[PostedLine, ...]:
    return tuple(sorted(lines, key=lambda line: (line.account, line.debit_cents, line.credit_cents, line.label)))


def cents(amount: Decimal) -> int:
    """Cents of an amount of Chift's."""
    try:
        return round_to_cents(parse_decimal(amount))
    except NotAnAmount as error:
        raise TryLater(f"Chift answered an amount that is none: {error}.", tool="chift") from None


# -- the PDF -----------------------------------------------------------------------------------------------------
def pdf_hash(client: ChiftClient, kind: str, document_id: str, info: answers.AttachmentsInfo) -> str | None:
    """SHA-256 of the one attached PDF; None when there is not exactly one, or its bytes are not given.

    Args:
        client: reads what Chift does not give inline.
        kind: ``invoice`` or ``entry``.
        document_id: Chift's id of it.
        info: what Chift says of its attachments.
    """
    if info.status == "yes_to_request":
        found = [_decoded(each.base64_string) for each in client.attachments(kind, document_id)]
    elif info.status == "yes":
        found = [client.file(each.url) for each in info.attachments or () if each.url]
    else:
        return None
    (body,) = found if len(found) == 1 else (None,)
    return hashlib.sha256(body).hexdigest() if body is not None and body.startswith(b"%PDF-") else None


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
