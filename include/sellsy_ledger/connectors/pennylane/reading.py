"""Pennylane's books → ours: the ledger to check entries against, and booked entries read back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sellsy_ledger.connectors.base import PostedEntry, PostedLine, PostingRequest, Receipt
from sellsy_ledger.connectors.copies import sha256_without_mark
from sellsy_ledger.connectors.pennylane import answers, parties
from sellsy_ledger.connectors.pennylane.client import PennylaneClient
from sellsy_ledger.connectors.pennylane.ids import account_tool_id, raw_id
from sellsy_ledger.connectors.pennylane.mapper import gross_cents, numbers_of
from sellsy_ledger.connectors.pennylane.vat_codes import vat_codes
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, Ledger
from sellsy_ledger.core.money import NotAnAmount, to_cents
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.errors import TryLater

__all__ = [
    "balance_of",
    "cents",
    "is_same_document",
    "posted_invoice",
    "posted_lines",
    "posted_raw_entry",
    "read_ledger",
    "receipt",
]

OPEN_YEARS = ("open", "reopen")
# Free text in the API: the words of both languages, then the usual French codes.
_KINDS = {"sales": ("sale", "customer", "vente", "client"), "purchases": ("purchase", "supplier", "achat", "fourn")}
_USUAL_CODES = {"VT": "sales", "VE": "sales", "HA": "purchases", "AC": "purchases"}


# -- the ledger ----------------------------------------------------------------------------------------------------
def read_ledger(client: PennylaneClient) -> Ledger:
    """The whole snapshot, each list to its last page."""
    accounts = list(client.ledger_accounts())
    by_id = {account.id: account for account in accounts}
    return Ledger(
        accounts=tuple(_accounts(accounts)),
        journals=tuple(_journal(journal) for journal in client.journals()),
        vat_codes=vat_codes(),
        fiscal_years=tuple(_year(year) for year in client.fiscal_years()),
        third_parties=tuple(_third_parties(client, by_id)),
        tool="pennylane",
    )


def _accounts(accounts: Iterable[answers.Account]) -> Iterable[Account]:
    """One account per number, whatever the number of its VAT variants."""
    by_number: defaultdict[str, list[answers.Account]] = defaultdict(list)
    for account in accounts:
        by_number[account.number].append(account)
    for number, same in by_number.items():
        yield Account(
            number=number,
            label=same[0].label or "",
            active=any(account.enabled for account in same),
            tool_id=account_tool_id([(account.id, account.vat_rate or "any", account.enabled) for account in same]),
        )


def _third_parties(client: PennylaneClient, accounts: Mapping[int, answers.Account]) -> Iterable[LedgerThirdParty]:
    for customer in client.customers():
        yield parties.from_customer(
            customer, accounts.get(customer.ledger_account.id) if customer.ledger_account else None
        )
    for supplier in client.suppliers():
        yield parties.from_supplier(
            supplier, accounts.get(supplier.ledger_account.id) if supplier.ledger_account else None
        )


def _journal(journal: answers.Journal) -> Journal:
    words = f"{journal.type or ''}".casefold()
    kind = next((kind for kind, names in _KINDS.items() if any(name in words for name in names)), None)
    return Journal(
        code=journal.code,
        label=journal.label,
        kind=kind or _USUAL_CODES.get(journal.code.upper(), "other"),
        tool_id=str(journal.id),
    )


def _year(year: answers.FiscalYear) -> FiscalYear:
    return FiscalYear(start=year.start, end=year.finish, closed=year.status not in OPEN_YEARS, tool_id=str(year.id))


# -- booked entries ------------------------------------------------------------------------------------------------
def receipt(invoice: answers.Invoice, *, wanted_key: str) -> Receipt:
    """What an import answered, or the invoice that was there before it."""
    ours = invoice.external_reference == wanted_key
    return Receipt(
        entry_id=str(invoice.id),
        ledger_entry_id=str(invoice.ledger_entry.id) if invoice.ledger_entry else "",
        draft=invoice.is_incomplete,
        pdf_attached=True,
        warnings=() if ours else ("Pennylane held this invoice with the same PDF already; it was not written again.",),
    )


def is_same_document(request: PostingRequest, invoice: answers.Invoice) -> bool:
    """Same number and same signed total: the accountant would take the two for one document."""
    return invoice.invoice_number in numbers_of(request) and cents(invoice.currency_amount) == gross_cents(request)


def posted_invoice(
    client: PennylaneClient, request: PostingRequest, invoice: answers.Invoice, journals: Mapping[str, str]
) -> PostedEntry:
    """An invoice with the lines of its entry and the hash of its file, where the file may be fetched."""
    number, *others = numbers_of(request)
    entry = client.ledger_entry(invoice.ledger_entry.id) if invoice.ledger_entry else None
    file = client.file(invoice.public_file_url) if invoice.public_file_url else None
    return PostedEntry(
        entry_id=str(invoice.id),
        date=(entry.date if entry else None) or invoice.date,
        journal=_journal_code(entry, journals),
        piece=number if invoice.invoice_number in others else invoice.invoice_number,
        lines=posted_lines(entry.ledger_entry_lines) if entry else None,
        draft=invoice.is_incomplete,
        # A web page in place of the file (maintenance, an expired link) says nothing about the file that is held.
        pdf_sha256=sha256_without_mark(file, request.posting_key) if file and file.startswith(b"%PDF-") else None,
        pdf_present=bool(invoice.public_file_url or invoice.filename),
        ledger_entry_id=str(entry.id) if entry else "",
        editable=invoice.editable,
    )


def posted_raw_entry(entry: answers.Entry, journals: Mapping[str, str]) -> PostedEntry:
    """A raw entry; it is never a draft."""
    return PostedEntry(
        entry_id=raw_id(entry.id),
        date=entry.date,
        journal=_journal_code(entry, journals),
        piece=entry.piece_number,
        lines=posted_lines(entry.ledger_entry_lines),
        draft=False,
        pdf_present=entry.attachment is not None,
        ledger_entry_id=str(entry.id),
        editable=entry.editable,
    )


def posted_lines(lines: Iterable[answers.EntryLine]) -> tuple[PostedLine, ...]:
    """Lines in cents. Pennylane promises no order: ours is by account; lines of 0.00 are left out."""
    read = []
    for line in lines:
        debit, credit = _two_sides(cents(line.debit), cents(line.credit))
        if debit or credit:
            read.append(
                PostedLine(
                    account=line.ledger_account.number, debit_cents=debit, credit_cents=credit, label=line.label or ""
                )
            )
    return tuple(sorted(read, key=lambda line: (line.account, line.debit_cents, line.credit_cents, line.label)))


def balance_of(line: answers.ListedLine) -> int:
    """Debit minus credit of a listed line, in cents."""
    return cents(line.debit) - cents(line.credit)


def _two_sides(debit: int, credit: int) -> tuple[int, int]:
    """A negative amount on one side is a positive one on the other."""
    return max(debit, 0) + max(-credit, 0), max(credit, 0) + max(-debit, 0)


def _journal_code(entry: answers.Entry | None, journals: Mapping[str, str]) -> str | None:
    return journals.get(str(entry.journal.id)) if entry and entry.journal else None


def cents(text: str) -> int:
    """Cents of an amount in text; empty text is zero."""
    try:
        return to_cents(text or "0")
    except NotAnAmount as error:
        raise TryLater(f"Pennylane answered an amount that is none: {error}.", tool="pennylane") from None
