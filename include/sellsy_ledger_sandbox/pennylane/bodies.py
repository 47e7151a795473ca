"""The request bodies that emulated Pennylane takes, as types: unknown fields are refused, amounts are text.

Source: the official "Company V2" OpenAPI, where every write schema has ``additionalProperties: false``.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

__all__ = [
    "AccountNumber",
    "Address",
    "BadBody",
    "CompanyCustomer",
    "CustomerInvoice",
    "CustomerLine",
    "IndividualCustomer",
    "LedgerEntry",
    "LedgerLine",
    "Supplier",
    "SupplierInvoice",
    "SupplierLine",
    "cents",
    "read_body",
    "vat_rates",
]

T = TypeVar("T")

Amount = Annotated[str, Meta(pattern=r"^(-?\d+(\.\d+)?)?\Z")]
FilledAmount = Annotated[str, Meta(pattern=r"^(-?\d+(\.\d+)?)?\Z", min_length=1)]
NumberAmount = Annotated[str, Meta(pattern=r"^-?\d+(\.\d+)?\Z")]
Printable = Annotated[str, Meta(pattern=r"^[^\x00]*\Z")]
Siren = Annotated[str, Meta(pattern=r"^\d{9}\Z")]
Siret = Annotated[str, Meta(pattern=r"^\d{14}\Z")]
LineLabel = Annotated[str, Meta(min_length=1, max_length=255)]
Name = Annotated[str, Meta(max_length=1000)]


class BadBody(Exception):
    """A body that the schema refuses: Pennylane's message and code."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message, self.code = message, code


class _Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every schema has in common: nothing but the listed fields."""


class Address(_Body, kw_only=True):
    """All four parts are required."""

    address: str
    postal_code: str
    city: str
    country_alpha2: str


class AccountNumber(_Body, kw_only=True):
    """The account that the caller imposes."""

    number: str


class _Party(_Body, kw_only=True):
    ledger_account: AccountNumber | None = None
    emails: list[str] = []
    external_reference: str = ""


class _Customer(_Party, kw_only=True):
    billing_address: Address
    delivery_address: Address | UnsetType = UNSET
    phone: str = ""
    payment_conditions: str = "30_days"
    billing_iban: str | None = None
    recipient: str = ""
    reference: str | None = None
    notes: str | None = None
    billing_language: str = "fr_FR"


class CompanyCustomer(_Customer, kw_only=True):
    """POST /company_customers."""

    name: str
    vat_number: str = ""
    reg_no: str = ""


class IndividualCustomer(_Customer, kw_only=True):
    """POST /individual_customers."""

    first_name: Name
    last_name: Name


class Supplier(_Party, kw_only=True):
    """POST /suppliers."""

    name: str
    establishment_no: Siret | None = None
    reg_no: Siren | UnsetType = UNSET
    postal_address: Address | UnsetType = UNSET
    vat_number: str = ""
    iban: str = ""
    supplier_payment_method: str | None = None
    supplier_due_date_delay: int | None = None
    supplier_due_date_rule: str | None = None


class EntryLabel(_Body, kw_only=True):
    """The label of the entry line that an invoice line makes."""

    label: LineLabel


class Period(_Body, kw_only=True):
    """The period that a line belongs to."""

    start_date: dt.date
    end_date: dt.date


class _Line(_Body, kw_only=True):
    vat_rate: str
    amount: Amount = ""
    tax: Amount = ""
    ledger_account_id: int | UnsetType = UNSET
    ledger_entry_line: EntryLabel | UnsetType = UNSET
    imputation_dates: Period | None = None


class CustomerLine(_Line, kw_only=True):
    """A line of a customer invoice import; ``currency_amount`` includes VAT."""

    currency_amount: FilledAmount
    currency_tax: FilledAmount
    quantity: int | float
    raw_currency_unit_price: str
    unit: str
    label: str = ""
    substance: str | UnsetType = UNSET
    product_id: int | UnsetType = UNSET


class SupplierLine(_Line, kw_only=True):
    """A line of a supplier invoice import; it has no quantity."""

    currency_amount: Amount
    currency_tax: Amount
    label: Printable = ""


class _Import(_Body, kw_only=True):
    file_attachment_id: int
    date: dt.date
    deadline: dt.date
    import_as_incomplete: bool = False
    currency: str = "EUR"
    amount: Amount = ""
    tax: Amount = ""
    transaction_reference: dict[str, str] | UnsetType = UNSET


class CustomerInvoice(_Import, kw_only=True):
    """POST /customer_invoices/import."""

    customer_id: int
    currency_amount_before_tax: FilledAmount
    currency_amount: FilledAmount
    currency_tax: FilledAmount
    invoice_lines: Annotated[list[CustomerLine], Meta(min_length=1)]
    invoice_number: str = ""
    label: Annotated[str, Meta(max_length=2000)] | None = None
    external_reference: str = ""
    convert_to_e_invoice: bool = False


class SupplierInvoice(_Import, kw_only=True):
    """POST /supplier_invoices/import."""

    supplier_id: int
    currency_amount_before_tax: NumberAmount
    currency_amount: Amount
    currency_tax: NumberAmount
    invoice_lines: Annotated[list[SupplierLine], Meta(min_length=1)]
    invoice_number: Printable = ""
    label: Annotated[str, Meta(max_length=2000, pattern=r"^[^\x00]*\Z")] | None = None
    external_reference: Printable = ""


class LedgerLine(_Body, kw_only=True):
    """A line of a raw entry; both sides are text, the empty one ``"0.00"``."""

    debit: Amount
    credit: Amount
    ledger_account_id: int
    label: str = ""


class LedgerEntry(_Body, kw_only=True):
    """POST /ledger_entries."""

    date: dt.date
    label: str
    journal_id: int
    ledger_entry_lines: Annotated[list[LedgerLine], Meta(min_length=1, max_length=1000)]
    due_date: dt.date | None = None
    currency: str = "EUR"
    piece_number: str = ""
    file_attachment_id: int | UnsetType = UNSET


_CODES = (
    ("missing required field", "NotExistRequiredKey"),
    ("unknown field", "NotExistPropertyDefinition"),
    ("matching regex", "InvalidPattern"),
    ("Invalid RFC3339", "InvalidDateFormat"),
    ("length <=", "MoreThanMaxLength"),
    ("length >=", "LessThanMinLength"),
)


def read_body(kind: type[T], body: Any) -> T:
    """The body as ``kind``.

    Raises:
        BadBody: It does not fit the schema.
    """
    try:
        read = msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        code = next((code for words, code in _CODES if words in str(error)), "ValidateError")
        raise BadBody(str(error), code) from None
    for line in getattr(read, "invoice_lines", ()):
        if line.vat_rate not in vat_rates():
            raise BadBody(f"{line.vat_rate!r} isn't part of the enum", "NotEnumInclude")
    if not re.fullmatch("[A-Z]{3}", getattr(read, "currency", "EUR")):
        raise BadBody("currency isn't part of the enum", "NotEnumInclude")
    return read


@cache
def vat_rates() -> frozenset[str]:
    """The enumeration of ``vat_rate``."""
    path = Path(__file__).parent.parent / "data" / "pennylane_vat_rates.txt"
    return frozenset(path.read_text(encoding="ascii").split())


def cents(amount: str) -> int:
    """Cents of a schema-checked amount; empty text is 0."""
    return int((Decimal(amount or "0") * 100).to_integral_value())
