"""The parts of Chift's answers that we read, as types. Everything else in an answer is ignored.

Source: Chift's OpenAPI. Fields are taken as loosely as their meaning allows (a missing list is empty, a number may be
text); an answer of another shape is an error of the call, never an empty value.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec

__all__ = [
    "Account",
    "Attachment",
    "AttachmentsInfo",
    "BookYear",
    "Connection",
    "Consumer",
    "Entry",
    "EntryItem",
    "Folder",
    "Invoice",
    "InvoiceLine",
    "Journal",
    "Page",
    "Partner",
    "Token",
    "Transaction",
    "VatCode",
    "read_as",
]

T = TypeVar("T")


class Token(msgspec.Struct, frozen=True):
    """An access token, valid ``expires_in`` seconds."""

    access_token: str
    expires_in: int = 1800

    def __repr__(self) -> str:
        return "Token(access_token=***)"


class Consumer(msgspec.Struct, frozen=True):
    """One company of the Chift account."""

    consumerid: str
    name: str = ""


class Agent(msgspec.Struct, frozen=True):
    """The local agent of a tool on premises; ``status`` is up or down."""

    status: str = ""


class Connection(msgspec.Struct, frozen=True):
    """A consumer's connection to one tool; ``integration`` is the tool's name, ``api`` the kind of API."""

    connectionid: str
    integration: str = ""
    api: str = ""
    status: str = "active"
    name: str = ""
    agent: Agent | None = None


class Folder(msgspec.Struct, frozen=True):
    """A legal entity inside the tool; only selected and active ones take requests."""

    id: str
    name: str = ""
    selected: bool | None = True
    active: bool | None = True


class Page(msgspec.Struct, frozen=True):
    """One page of a list; ``items`` are read one by one."""

    items: list[dict[str, Any]]
    total: int = 0
    page: int = 1
    size: int = 50


class BookYear(msgspec.Struct, frozen=True):
    """A fiscal year, first and last day included."""

    name: str
    start: dt.date
    end: dt.date
    closed: bool = False


class Account(msgspec.Struct, frozen=True):
    """A general account."""

    number: str
    name: str | None = ""
    active: bool | None = True


class Journal(msgspec.Struct, frozen=True):
    """A journal; ``journal_type`` is one of customer_invoice, supplier_invoice, … , unknown."""

    id: str
    name: str | None = ""
    code: str | None = None
    journal_type: str = "unknown"
    blocked: bool | None = False


class VatCode(msgspec.Struct, frozen=True):
    """A VAT code; ``type`` is sale, purchase, both or unknown."""

    id: str
    label: str = ""
    rate: Decimal | None = None
    type: str = "unknown"
    code: str | None = None
    active: bool | None = True
    deductible_account: str | None = None
    payable_account: str | None = None
    reversed: bool | None = False


class Partner(msgspec.Struct, frozen=True):
    """A client or supplier."""

    id: str | None = None
    name: str | None = ""
    external_reference: str | None = None
    vat: str | None = None
    company_number: str | None = None
    third_party_account: str | None = None
    account_number: str | None = None
    active: bool | None = True


class File(msgspec.Struct, frozen=True):
    """An attachment with its own link."""

    filename: str | None = None
    url: str | None = None


class AttachmentsInfo(msgspec.Struct, frozen=True):
    """``status``: yes · yes_to_request · no · unknown (the tool behind does not tell)."""

    status: str = "unknown"
    attachments: list[File] | None = None

    @property
    def present(self) -> bool | None:
        """True, False, or None where Chift cannot tell."""
        return {"yes": True, "yes_to_request": True, "no": False}.get(self.status)


UNKNOWN = AttachmentsInfo()


class InvoiceLine(msgspec.Struct, frozen=True):
    """A line of an invoice; amounts are decimal numbers."""

    untaxed_amount: Decimal
    tax_amount: Decimal
    total: Decimal
    account_number: str | None = None
    tax_code: str | None = None
    description: str | None = ""


class Invoice(msgspec.Struct, frozen=True):
    """An invoice or credit note; ``status`` is draft, posted, paid or cancelled."""

    invoice_type: str
    total: Decimal
    tax_amount: Decimal
    untaxed_amount: Decimal
    id: str | None = None
    invoice_number: str | None = None
    reference: str | None = None
    invoice_date: dt.date | None = None
    partner_id: str | None = None
    journal_id: str | None = None
    status: str | None = "posted"
    attachments_info: AttachmentsInfo | None = None
    lines: list[InvoiceLine] | None = None


class EntryItem(msgspec.Struct, frozen=True):
    """A line of a journal entry."""

    account_number: str
    debit: Decimal
    credit: Decimal
    partner_id: str | None = None
    partner_name: str | None = None
    description: str | None = ""
    matching_numbers: list[str] | None = None


class Entry(msgspec.Struct, frozen=True):
    """A journal entry with its lines; ``name`` is the tool's own number of it."""

    id: str
    journal_id: str = ""
    name: str | None = None
    reference: str | None = None
    date: dt.date | None = None
    posted: bool | None = None
    attachments_info: AttachmentsInfo | None = None
    items: list[EntryItem] | None = None


class Attachment(msgspec.Struct, frozen=True):
    """The bytes of an attachment, in base64."""

    base64_string: str
    id: str = ""


class Transaction(msgspec.Struct, frozen=True):
    """What became of a request under one of our request ids."""

    status_code: int
    route: str = ""
    method: str = ""
    created_entity_id: str | None = None

    @property
    def succeeded(self) -> bool:
        """True when the request was carried out."""
        return 200 <= self.status_code < 300

    @property
    def refused(self) -> bool:
        """True when the request was answered with a refusal, so that nothing was written; 408 tells of a wait that was
        given up, not of what the tool behind did.
        """
        return 400 <= self.status_code < 500 and self.status_code != HTTPStatus.REQUEST_TIMEOUT


def read_as(kind: type[T], data: Any) -> T:
    """``data`` as ``kind``; identifiers and amounts may come as text or number.

    Raises:
        ValueError: naming the field that is missing or of another type; the value is not repeated.
    """
    try:
        return msgspec.convert(_plain_ids(data), kind, strict=False)
    except (msgspec.ValidationError, ArithmeticError) as error:
        raise ValueError(f"{kind.__name__} has not its documented shape: {error}") from None


def _plain_ids(data: Any) -> Any:
    """Identifiers and account numbers as text, whatever the tool behind made of them."""
    if not isinstance(data, dict):
        return data
    textual = ("id", "number", "code", "account_number", "journal_id", "partner_id", "invoice_number", "tax_code")
    return {
        name: str(value) if name in textual and isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in (
            (name, [_plain_ids(each) for each in value] if isinstance(value, list) else value)
            for name, value in data.items()
        )
    }
