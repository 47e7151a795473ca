"""The parts of Pennylane's answers that we read, as types. Everything else in an answer is ignored.

Source: the official "Company V2" OpenAPI. An answer of another shape is an error of the call, never an empty value.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

import msgspec

__all__ = [
    "Account",
    "Attachment",
    "Customer",
    "Entry",
    "EntryLine",
    "EntrySummary",
    "FiscalYear",
    "Invoice",
    "Journal",
    "ListedLine",
    "Me",
    "Page",
    "Reference",
    "Supplier",
    "read_as",
]

T = TypeVar("T")


class Reference(msgspec.Struct, frozen=True):
    """A pointer to another object."""

    id: int


class Page(msgspec.Struct, frozen=True):
    """One page of any list; ``items`` are read one by one."""

    items: list[dict[str, Any]]
    has_more: bool | None = None
    next_cursor: str | None = None


class Company(msgspec.Struct, frozen=True):
    """The company of the token; ``reg_no`` of a sandbox company starts with ``sandbox-``."""

    id: int
    name: str
    reg_no: str | None = None


class Me(msgspec.Struct, frozen=True):
    """Whose token it is and what it may do."""

    company: Company
    scopes: list[str]


class FiscalYear(msgspec.Struct, frozen=True):
    """``status`` is open, reopen, closed or frozen."""

    id: int
    start: dt.date
    finish: dt.date
    status: str


class Journal(msgspec.Struct, frozen=True):
    """``type`` is documented as free text."""

    id: int
    code: str
    label: str
    type: str | None = None


class Account(msgspec.Struct, frozen=True):
    """A ledger account; ``vat_rate`` is a VAT code or ``any``."""

    id: int
    number: str
    label: str | None = None
    vat_rate: str | None = None
    enabled: bool = True


class Customer(msgspec.Struct, frozen=True):
    """A company or individual customer; ``reg_no`` is the SIREN of a company (a SIRET where somebody typed one)."""

    id: int
    name: str
    reg_no: str | None = None
    vat_number: str | None = None
    ledger_account: Reference | None = None
    external_reference: str | None = None


class Supplier(msgspec.Struct, frozen=True):
    """A supplier; ``establishment_no`` is the SIRET, ``reg_no`` the SIREN."""

    id: int
    name: str
    establishment_no: str | None = None
    reg_no: str | None = None
    vat_number: str | None = None
    ledger_account: Reference | None = None
    external_reference: str | None = None


class Attachment(msgspec.Struct, frozen=True):
    """An uploaded file."""

    id: int


class Invoice(msgspec.Struct, frozen=True):
    """A customer or supplier invoice; ``status`` exists on the former, ``accounting_status`` on the latter."""

    id: int
    currency_amount: str
    date: dt.date | None = None
    invoice_number: str | None = None
    external_reference: str | None = None
    status: str | None = None
    accounting_status: str | None = None
    ledger_entry: Reference | None = None
    filename: str | None = None
    public_file_url: str | None = None
    label: str | None = None
    amount: str | None = None
    customer: Reference | None = None
    supplier: Reference | None = None

    @property
    def editable(self) -> bool | None:
        """True while the accountant has not validated it, False once it is filed away; None where nothing tells."""
        if self.is_incomplete or self.accounting_status == "validation_needed":
            return True
        return False if "archived" in (self.status, self.accounting_status) or self.status == "cancelled" else None

    @property
    def is_incomplete(self) -> bool:
        """True while the invoice waits in Pennylane for somebody to complete it: our draft."""
        return self.status in ("incomplete", "draft") or self.accounting_status in ("entry", "draft")


class NumberedAccount(msgspec.Struct, frozen=True):
    """The account of an entry line."""

    id: int
    number: str


class EntryLine(msgspec.Struct, frozen=True):
    """A line; amounts are text such as ``"100.00"``."""

    debit: str
    credit: str
    ledger_account: NumberedAccount
    label: str | None = None


class File(msgspec.Struct, frozen=True):
    """The file of a raw entry."""

    url: str


class EntrySummary(msgspec.Struct, frozen=True):
    """An entry as lists give it."""

    id: int
    label: str | None = None
    piece_number: str | None = None
    date: dt.date | None = None
    invoice_number: str | None = None


class ListedLine(msgspec.Struct, frozen=True):
    """A line as the list of all lines gives it."""

    id: int
    debit: str
    credit: str
    ledger_account: NumberedAccount
    ledger_entry: Reference
    label: str | None = None
    journal: Reference | None = None
    date: dt.date | None = None


class Entry(msgspec.Struct, frozen=True):
    """An entry with its lines, in no particular order."""

    id: int
    ledger_entry_lines: list[EntryLine]
    label: str | None = None
    piece_number: str | None = None
    date: dt.date | None = None
    journal: Reference | None = None
    status: str | None = None
    attachment: File | None = None

    @property
    def editable(self) -> bool | None:
        """True while the accountant has not validated it, False once it is filed away; None where nothing tells."""
        if self.status == "archived":
            return False
        return True if self.status in _OPEN_STATUSES else None


_OPEN_STATUSES = ("accounting_needed", "draft", "entry", "validation_needed", "waiting_details")


def read_as(kind: type[T], data: Any) -> T:
    """``data`` as ``kind``.

    Raises:
        ValueError: naming the field that is missing or of another type; the value is not repeated.
    """
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{kind.__name__} has not its documented shape: {error}") from None
