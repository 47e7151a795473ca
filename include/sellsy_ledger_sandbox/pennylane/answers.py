"""Answers of emulated Pennylane, with every field that the official OpenAPI requires.

Amounts of invoices look as the real ones do (``"34.0"``), those of entry lines have two decimals.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec import UNSET, to_builtins

from sellsy_ledger_sandbox.pennylane import bodies
from sellsy_ledger_sandbox.pennylane.books import Account, Invoice, LedgerEntry, Line, Party

__all__ = [
    "account",
    "entry",
    "entry_line",
    "entry_summary",
    "file_attachment",
    "fiscal_year",
    "invoice",
    "listed_line",
    "party",
]

Link = Callable[[str], str]
"""Path below the API → absolute URL."""

_NO_ADDRESS = {"address": "", "postal_code": "", "city": "", "country_alpha2": ""}
_OPENED = "2025-01-01T08:00:00.000000Z"


def account(item: Account) -> dict[str, Any]:
    """A ledger account."""
    return {
        "id": item.id,
        "number": item.number,
        "label": item.label,
        "vat_rate": item.vat_rate,
        "country_alpha2": "FR",
        "enabled": True,
        "type": "custom",
        "letterable": item.number[:2] in ("40", "41"),
        "created_at": _OPENED,
        "updated_at": _OPENED,
    }


def fiscal_year(item: dict[str, Any]) -> dict[str, Any]:
    """A fiscal year."""
    return {**item, "created_at": _OPENED, "updated_at": _OPENED}


def party(item: Party, link: Link, *, listed: bool = False) -> dict[str, Any]:
    """A customer (with ``customer_type`` in lists) or a supplier, as it was sent plus what Pennylane adds."""
    common = {
        "id": item.id,
        "name": item.name,
        "ledger_account": {"id": item.account.id},
        "emails": item.body.emails,
        "external_reference": item.external_reference,
        "created_at": item.created_at,
        "updated_at": item.created_at,
    }
    return common | (_supplier(item.body) if item.kind == "supplier" else _customer(item, link, listed=listed))


def _supplier(body: bodies.Supplier) -> dict[str, Any]:
    return {
        "establishment_no": body.establishment_no,
        "reg_no": None if body.reg_no is UNSET else body.reg_no,
        "vat_number": body.vat_number,
        "iban": body.iban,
        "postal_address": _NO_ADDRESS if body.postal_address is UNSET else to_builtins(body.postal_address),
        "supplier_payment_method": body.supplier_payment_method,
        "supplier_due_date_delay": body.supplier_due_date_delay,
        "supplier_due_date_rule": body.supplier_due_date_rule,
    }


def _customer(item: Party, link: Link, *, listed: bool) -> dict[str, Any]:
    body = item.body
    company = isinstance(body, bodies.CompanyCustomer)
    names = ("vat_number", "reg_no") if company else ("first_name", "last_name")
    kept = ("phone", "billing_iban", "payment_conditions", "recipient", "reference", "notes", "billing_language")
    return {
        **{name: getattr(body, name) for name in (*names, *kept)},
        "billing_address": to_builtins(body.billing_address),
        "delivery_address": _NO_ADDRESS if body.delivery_address is UNSET else to_builtins(body.delivery_address),
        "mandates": {"url": link("/gocardless_mandates")},
        "pro_account_mandates": {"url": link("/pro_account/mandates")},
        "contacts": {"url": link(f"/customers/{item.id}/contacts")},
        **({"customer_type": item.kind} if listed else {}),
    }


def file_attachment(file_id: int, name: str, created_at: str, link: Link) -> dict[str, Any]:
    """An uploaded file."""
    return {
        "id": file_id,
        "url": link(f"/rails/active_storage/blobs/{file_id}/{name}"),
        "filename": name,
        "created_at": created_at,
        "updated_at": created_at,
    }


def invoice(item: Invoice, link: Link, file_url: str) -> dict[str, Any]:
    """A customer or supplier invoice."""
    body = item.body
    return {
        "id": item.id,
        "label": body.label,
        "invoice_number": body.invoice_number,
        "currency": body.currency,
        "amount": _decimal(body.currency_amount),
        "currency_amount": _decimal(body.currency_amount),
        "currency_amount_before_tax": _decimal(body.currency_amount_before_tax),
        "currency_tax": _decimal(body.currency_tax),
        "tax": _decimal(body.currency_tax),
        "exchange_rate": "1.0",
        "date": body.date.isoformat(),
        "deadline": body.deadline.isoformat(),
        "filename": item.file.name,
        "public_file_url": file_url,
        "remaining_amount_with_tax": _decimal(body.currency_amount),
        "remaining_amount_without_tax": _decimal(body.currency_amount_before_tax),
        "paid": False,
        "ledger_entry": {"id": item.entry.id} if item.entry else None,
        "transaction_reference": None,
        "external_reference": item.external_reference,
        "e_invoicing": None,
        "archived_at": item.created_at if item.archived else None,
        "created_at": item.created_at,
        "updated_at": item.created_at,
        **(_customer_invoice(item, link) if item.sales else _supplier_invoice(item, link)),
    }


def _customer_invoice(item: Invoice, link: Link) -> dict[str, Any]:
    base = f"/customer_invoices/{item.id}"
    credit_note = Decimal(item.body.currency_amount) < 0
    pages = ("invoice_line_sections", "invoice_lines", "custom_header_fields", "categories", "payments")
    return {
        **{name: {"url": link(f"{base}/{name}")} for name in (*pages, "matched_transactions", "appendices")},
        "language": "fr_FR",
        "status": _customer_status(item, credit_note=credit_note),
        "discount": {"type": "absolute", "value": "0.0"},
        "draft": False,
        "special_mention": None,
        "customer": {"id": item.party.id, "url": link(f"/customers/{item.party.id}")},
        "pdf_invoice_free_text": "",
        "pdf_invoice_subject": "",
        "pdf_description": None,
        "billing_subscription": None,
        "credited_invoice": None,
        "customer_invoice_template": None,
        "quote": None,
        "factur_x": False,
        "schematron_validation_status": None,
    }


def _customer_status(item: Invoice, *, credit_note: bool) -> str:
    if item.archived:
        return "archived"
    return "incomplete" if item.body.import_as_incomplete else "credit_note" if credit_note else "upcoming"


def _supplier_invoice(item: Invoice, link: Link) -> dict[str, Any]:
    base = f"/supplier_invoices/{item.id}"
    return {
        **{name: {"url": link(f"{base}/{name}")} for name in ("invoice_lines", "categories", "payments")},
        "matched_transactions": {"url": link(f"{base}/matched_transactions")},
        "reconciled": False,
        "accounting_status": _accounting_status(item),
        "supplier": {"id": item.party.id, "url": link(f"/suppliers/{item.party.id}")},
        "payment_status": "to_be_processed",
        "import_source": None,
    }


def entry_summary(item: LedgerEntry, link: Link) -> dict[str, Any]:
    """An entry as lists give it."""
    return {
        **_entry_head(item, link),
        "journal_id": item.journal["id"],
        "ledger_attachment_filename": item.file.name if item.file else None,
        "created_at": item.created_at,
        "updated_at": item.created_at,
    }


def entry(item: LedgerEntry, link: Link, *, created: bool = False) -> dict[str, Any]:
    """An entry with its lines, last line first (their order is not guaranteed)."""
    more: dict[str, Any] = (
        {"journal_id": item.journal["id"], "ledger_attachment_filename": None, "ledger_attachment_id": None}
        if created
        else {"created_at": item.created_at, "updated_at": item.created_at}
    )
    lines = [entry_line(line, link, with_account_id=created) for line in reversed(item.lines)]
    return {**_entry_head(item, link), **more, "ledger_entry_lines": lines}


def _entry_head(item: LedgerEntry, link: Link) -> dict[str, Any]:
    url = link(f"/rails/active_storage/blobs/{item.file.id}/{item.file.name}") if item.file else ""
    return {
        "id": item.id,
        "label": item.label,
        "piece_number": item.piece_number,
        "date": item.date.isoformat(),
        "due_date": item.due_date.isoformat() if item.due_date else None,
        "invoice_number": item.invoice.body.invoice_number if item.invoice else None,
        "journal": {"id": item.journal["id"], "url": link(f"/journals/{item.journal['id']}")},
        "status": _status(item),
        "categories": [],
        "attachment": {"filename": item.file.name, "url": url} if item.file else None,
    }


def _status(item: LedgerEntry) -> str | None:
    if item.invoice is None:
        return None
    return _accounting_status(item.invoice)


def _accounting_status(item: Invoice) -> str:
    if item.archived:
        return "archived"
    return "entry" if item.body.import_as_incomplete else "complete"


def listed_line(item: LedgerEntry, line: Line, link: Link) -> dict[str, Any]:
    """One line as the list of all lines gives it."""
    own = entry_line(line, link, with_account_id=False)
    return {
        **own,
        "categories": [],
        "journal": {"id": item.journal["id"], "url": link(f"/journals/{item.journal['id']}")},
        "date": item.date.isoformat(),
        "ledger_entry": {"id": item.id},
        "lettered_ledger_entry_lines": {
            "ids": [],
            "url": link(f"/ledger_entry_lines/{line.id}/lettered_ledger_entry_lines"),
        },
        "created_at": item.created_at,
        "updated_at": item.created_at,
    }


def entry_line(line: Line, link: Link, *, with_account_id: bool = True) -> dict[str, Any]:
    """One line of an entry."""
    held = {
        "id": line.id,
        "debit": f"{Decimal(line.debit) / 100:.2f}",
        "credit": f"{Decimal(line.credit) / 100:.2f}",
        "label": line.label,
        "ledger_account": {
            "id": line.account.id,
            "number": line.account.number,
            "url": link(f"/ledger_accounts/{line.account.id}"),
        },
    }
    return held | ({"ledger_account_id": line.account.id} if with_account_id else {})


def _decimal(amount: str) -> str:
    """As the real API writes a decimal: no idle zeros, but at least one decimal."""
    whole, _, decimals = amount.partition(".")
    return f"{whole}.{decimals.rstrip('0') or '0'}"
