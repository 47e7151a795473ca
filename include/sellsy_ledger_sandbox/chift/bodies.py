"""The request bodies that emulated Chift takes, as types: required fields are required, unknown ones are refused.

Source: Chift's OpenAPI (``InvoiceItemInMultiAnalyticPlans``, ``GenericJournalEntry``, ``ClientItemIn``, …).
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

__all__ = [
    "Attachment",
    "BadBody",
    "Credentials",
    "Invoice",
    "InvoiceLine",
    "Item",
    "JournalEntry",
    "Partner",
    "cents",
    "read_body",
]

T = TypeVar("T")
Filled = Annotated[str, Meta(min_length=1)]
PdfName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[a-zA-Z0-9\-_ ]{1,196}(?:.pdf)?$")]
InvoiceType = Literal["customer_invoice", "customer_refund", "supplier_invoice", "supplier_refund"]


class BadBody(Exception):
    """A body that the schema refuses."""


class _Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every schema has in common: nothing but the listed fields."""


class Credentials(_Body, kw_only=True):
    """POST /token."""

    clientId: str  # noqa: N815 - the API's own name
    clientSecret: str  # noqa: N815 - likewise
    accountId: str  # noqa: N815 - likewise
    marketplaceId: str | None = None  # noqa: N815 - likewise


class InvoiceLine(_Body, kw_only=True):
    """A line of an invoice; account and tax code are compulsory."""

    unit_price: Decimal
    quantity: Decimal
    untaxed_amount: Decimal
    tax_rate: Decimal
    tax_amount: Decimal
    total: Decimal
    account_number: Filled
    tax_code: Filled
    description: str = ""
    line_number: int | None = 1
    unit_of_measure: str | None = None
    analytic_distribution: list[dict[str, Any]] | None = None


class Correction(_Body, kw_only=True):
    """What a correction line of a cent needs."""

    sale_invoice_correction_tax_code: str | None = None
    purchase_invoice_correction_tax_code: str | None = None
    invoice_correction_credit_account_number: str | None = None
    invoice_correction_debit_account_number: str | None = None


class Invoice(_Body, kw_only=True):
    """POST …/invoices/multi-analytic-plans."""

    invoice_type: InvoiceType
    currency: str
    untaxed_amount: Decimal
    tax_amount: Decimal
    total: Decimal
    invoice_date: dt.date
    due_date: dt.date
    lines: list[InvoiceLine]
    invoice_number: str | None = None
    reference: str | None = None
    payment_communication: str | None = None
    customer_memo: str | None = None
    partner_id: Filled | None = None
    journal_id: str | None = None
    status: Literal["draft", "posted"] | None = "posted"
    pdf: str | None = None
    pdf_name: PdfName | None = None
    currency_exchange_rate: Decimal | None = Decimal(1)
    invoice_correction: Correction | None = None
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    delivery_date: dt.date | None = None


class TaxInfo(_Body, kw_only=True):
    """VAT of a journal item."""

    tax_code: str
    tax_amount: Decimal
    vat_account: str | None = None
    reversed_vat_account: str | None = None
    description: str | None = None


class Item(_Body, kw_only=True):
    """A line of a journal entry; ``account`` is an account, or the id of a third party."""

    account_type: Literal["customer_account", "supplier_account", "employee_account", "general_account"]
    debit: Decimal
    credit: Decimal
    account: Filled | None = None
    force_general_account: str | None = None
    prioritise_thirdparty_account: bool | None = False
    description: str | None = None
    tax_code: str | None = None
    tax_info: TaxInfo | None = None
    analytic_distribution: list[dict[str, Any]] | None = None


class JournalEntry(_Body, kw_only=True):
    """POST …/journal-entries."""

    journal_id: str
    number: Filled
    currency: Filled
    date: dt.date
    items: Annotated[list[Item], Meta(min_length=2)]
    reference: str | None = None
    due_date: dt.date | None = None
    currency_exchange_rate: Decimal | None = Decimal(1)
    pdf: str | None = None
    pdf_name: PdfName | None = None
    posted: bool | None = True
    start_date: dt.date | None = None
    end_date: dt.date | None = None


class Address(_Body, kw_only=True):
    """An address of a third party."""

    address_type: Literal["main", "delivery", "invoice"]
    street: str
    city: str
    postal_code: str
    country: str
    name: str | None = None
    number: str | None = None
    box: str | None = None
    phone: str | None = None
    mobile: str | None = None
    email: str | None = None


class Partner(_Body, kw_only=True):
    """POST …/clients and …/suppliers."""

    name: Filled
    addresses: list[Address]
    external_reference: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    is_company: bool | None = True
    phone: str | None = None
    mobile: str | None = None
    email: str | None = None
    language: str | None = None
    website: str | None = None
    vat: str | None = None
    company_number: str | None = None
    iban: str | None = None
    currency: str | None = None
    active: bool | None = True
    account_number: str | None = None


class Attachment(_Body, kw_only=True):
    """POST …/invoices/pdf/{invoice_id}."""

    base64_string: str
    name: PdfName | None = None


def read_body(kind: type[T], body: bytes) -> T:
    """The body as ``kind``.

    Raises:
        BadBody: it is no JSON, or does not fit the schema.
    """
    try:
        return msgspec.convert(json.loads(body, parse_float=Decimal), kind)
    except (ValueError, msgspec.ValidationError) as error:
        raise BadBody(str(error)) from None


def cents(amount: Decimal) -> int:
    """Cents of an amount.

    Raises:
        BadBody: it has more than two decimals.
    """
    found = amount * 100
    if found != found.to_integral_value():
        raise BadBody(f"{amount} has more than 2 decimals")
    return int(found)
