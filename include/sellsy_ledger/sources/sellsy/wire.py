"""Sellsy's V2 invoices and credit notes as they come over the wire, typed for msgspec.

Every field but the id may be missing or null, unknown fields are skipped without being decoded, and PHP writes an
empty object as ``[]`` and sometimes a list as an object. What is not used is not declared.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

__all__ = [
    "Adjustment",
    "Amount",
    "Deposit",
    "Id",
    "Related",
    "SaleAmounts",
    "SaleEmbed",
    "SaleObject",
    "SaleRow",
    "SaleTax",
    "sale_decoder",
]

# JSON numbers with a decimal point never match: an amount is text, so that it cannot have lost a cent on its way.
Amount = str | int | None

# Ids are stored in 64 bits; JSON numbers have no end.
Id = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
DocumentId = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


class SaleAmounts(msgspec.Struct):
    """Totals of a document; ``total_excl_tax`` holds discount, shipping and packaging."""

    total_incl_tax: Amount = None
    total_excl_tax: Amount = None
    total_raw_excl_tax: Amount = None
    total_after_discount_excl_tax: Amount = None
    total_packaging: Amount = None
    total_shipping: Amount = None
    total_remaining_due_incl_tax: Amount = None
    total_primes_incl_tax: Amount = None


class SaleTax(msgspec.Struct):
    """VAT of one tax; Sellsy does not give its base."""

    amount: Amount = None
    id: Id | None = None
    rate: Amount = None
    label: str | None = None


class SaleRow(msgspec.Struct):
    """One row of any type; what other types hold is skipped."""

    type: str = ""
    amount_tax_exc: Amount = None
    tax_id: Id | None = None
    tax_rate: Amount = None
    accounting_code_id: Id | None = None
    analytic_code: str | None = None
    description: str | None = None
    reference: str | None = None
    is_optional: bool | None = None


class Related(msgspec.Struct):
    """A link to a company, a person, a contact, an opportunity."""

    type: str = ""
    id: Id | None = None


class Deposit(msgspec.Struct):
    """A deposit invoice deducted on this one."""

    id: Id
    amount: Amount = None
    number: str | None = None
    date: str | None = None


class Adjustment(msgspec.Struct):
    """A discount including VAT, or a withholding."""

    name: str | None = None
    reference: str | None = None
    unit_amount: Amount = None
    quantity: Amount = None
    total_amount: Amount = None
    accounting_code_id: Id | None = None


class SaleEmbed(msgspec.Struct):
    """What was asked to come along; a scope that is missing gives null."""

    deposits: list[Deposit] | dict[str, Deposit] | None = None
    discount_incl_taxes: list[Adjustment] | Adjustment | None = None
    company: msgspec.Raw = msgspec.Raw(b"null")
    individual: msgspec.Raw = msgspec.Raw(b"null")


class SaleObject(msgspec.Struct):
    """A V2 invoice or credit note, as listed (without ``rows``) or as read alone. Only what is used is decoded."""

    id: DocumentId
    number: str | None = None
    status: str | None = None
    date: str | None = None
    due_date: str | None = None
    created: str | None = None
    subject: str | None = None
    amounts: SaleAmounts | list[Any] | None = None
    currency: str | None = None
    taxes: list[SaleTax] | dict[str, SaleTax] | None = None
    discount: dict[str, Any] | list[Any] | None = None
    related: list[Related] | None = None
    company_name: str | None = None
    is_deposit: bool | None = None
    is_progress_invoice: bool | None = None
    vat_mode: str | None = None
    service_dates: dict[str, Any] | list[Any] | None = None
    analytic_code: str | None = None
    is_sent_to_accounting: bool | None = None
    file_id: Id | None = None
    pdf_link: str | None = None
    decimal_number: dict[str, Any] | list[Any] | None = None
    rows: list[SaleRow] | None = None
    embed: SaleEmbed | list[Any] | None = msgspec.field(name="_embed", default=None)


sale_decoder = msgspec.json.Decoder(SaleObject)
