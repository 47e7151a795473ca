"""The same Sellsy object as pydantic models: what decoding alone would cost there."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

__all__ = ["Invoice"]


class _Amounts(BaseModel):
    total_incl_tax: str | int | None = None
    total_excl_tax: str | int | None = None
    total_raw_excl_tax: str | int | None = None
    total_after_discount_excl_tax: str | int | None = None
    total_packaging: str | int | None = None
    total_shipping: str | int | None = None
    total_remaining_due_incl_tax: str | int | None = None
    total_primes_incl_tax: str | int | None = None


class _Tax(BaseModel):
    amount: str | int | None = None
    id: int | None = None
    rate: str | int | None = None
    label: str | None = None


class _Row(BaseModel):
    type: str = ""
    amount_tax_exc: str | int | None = None
    tax_id: int | None = None
    tax_rate: str | int | None = None
    accounting_code_id: int | None = None
    analytic_code: str | None = None
    description: str | None = None
    reference: str | None = None
    is_optional: bool | None = None


class _Related(BaseModel):
    type: str = ""
    id: int | None = None


class Invoice(BaseModel):
    """The fields that the product reads of a V2 invoice."""

    id: int
    number: str | None = None
    status: str | None = None
    date: str | None = None
    due_date: str | None = None
    created: str | None = None
    subject: str | None = None
    amounts: _Amounts | list[Any] | None = None
    currency: str | None = None
    taxes: list[_Tax] | dict[str, _Tax] | None = None
    discount: dict[str, Any] | list[Any] | None = None
    related: list[_Related] | None = None
    company_name: str | None = None
    is_deposit: bool | None = None
    is_progress_invoice: bool | None = None
    vat_mode: str | None = None
    service_dates: dict[str, Any] | list[Any] | None = None
    analytic_code: str | None = None
    is_sent_to_accounting: bool | None = None
    file_id: int | None = None
    pdf_link: str | None = None
    decimal_number: dict[str, Any] | list[Any] | None = None
    rows: list[_Row] | None = None
    embed: dict[str, Any] | list[Any] | None = Field(alias="_embed", default=None)
