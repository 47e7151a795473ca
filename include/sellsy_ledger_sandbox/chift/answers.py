"""Answers of emulated Chift, with every field that the OpenAPI requires."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from flask import request

from sellsy_ledger_sandbox.base import Entry, EntryLine
from sellsy_ledger_sandbox.chift.behind import BEHIND, Consumer
from sellsy_ledger_sandbox.chift.books import CONTROLS, JOURNAL_TYPES, Booked, Books, Line, Party, Refusal, sha256
from sellsy_ledger_sandbox.ledger import Account, FiscalYear, Journal, VatCode

__all__ = [
    "account",
    "attachments",
    "book_year",
    "connection",
    "consumer",
    "entry",
    "invoice",
    "journal",
    "page",
    "party",
    "vat_code",
    "witness",
]

Json = dict[str, Any]
PAGE_MAX = 100
_SCOPES = {"K": "eu", "G": "int"}


def page(items: Sequence[Any], make: Callable[[Any], Json]) -> Json:
    """One page of a list, as the query asks for it.

    Raises:
        Refusal: page or size is no number, or too large.
    """
    number, size = _whole("page", 1), _whole("size", 50)
    if number < 1 or not 1 <= size <= PAGE_MAX:
        raise Refusal(422, "VALIDATION", "page must be at least 1, size between 1 and 100")
    shown = items[(number - 1) * size : number * size]
    return {"items": [make(each) for each in shown], "total": len(items), "page": number, "size": size}


def _whole(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal():
        raise Refusal(422, "VALIDATION", f"{name} must be a whole number")
    return int(text)


def consumer(item: Consumer) -> Json:
    """A consumer."""
    return {"consumerid": item.id, "name": item.name, "email": None, "internal_reference": None, "redirect_url": None}


def connection(item: Consumer, integration: str, *, agent_up: bool) -> Json:
    """A consumer's only connection."""
    agent = {"status": "up" if agent_up else "down"} if BEHIND[item.behind].agent else None
    return {
        "connectionid": item.connection_id,
        "name": integration,
        "integration": integration,
        "integrationid": 1000 + list(BEHIND).index(item.behind),
        "api": "Accounting",
        "data": None,
        "status": "active" if item.active else "inactive",
        "agent": agent,
    }


def account(item: Account) -> Json:
    """A general account."""
    kinds = {"411": "receivable", "401": "payable", "445": "vat", "512": "bank", "530": "cash"}
    kind = kinds.get(item["number"][:3]) or {"6": "expense", "7": "income"}.get(item["number"][0], "other")
    return {"number": item["number"], "name": item["label"], "active": True, "type": kind}


def journal(item: Journal, *, blocked: bool = False) -> Json:
    """A journal."""
    return {
        "id": item["code"],
        "code": item["code"],
        "name": item["label"],
        "journal_type": JOURNAL_TYPES.get(item["kind"], "unknown"),
        "next_document_numbers": [],
        "blocked": blocked,
    }


def vat_code(item: VatCode) -> Json:
    """A VAT code."""
    sales, reverse = item["direction"] == "sales", item["reverse_charge_account"]
    return {
        "id": item["code"],
        "code": item["code"],
        "active": True,
        "label": item["label"],
        "scope": _SCOPES.get(item["category"], "nat"),
        "rate": float(item["rate"]),
        "type": "sale" if sales else "purchase",
        "deductible_account": None if sales else item["account"],
        "payable_account": item["account"] if sales else reverse,
        "reversed": reverse is not None,
    }


def book_year(item: FiscalYear) -> Json:
    """A fiscal year."""
    return {"name": item["start"][:4], "start": item["start"], "end": item["end"], "closed": item["closed"]}


def party(books: Books, item: Party) -> Json:
    """A client or supplier."""
    body = item.body
    return {
        "id": item.id,
        "external_reference": item.reference,
        "name": body.name,
        "first_name": body.first_name,
        "last_name": body.last_name,
        "is_company": body.is_company,
        "email": body.email,
        "phone": body.phone,
        "vat": body.vat if books.behind.keeps_reference else None,
        "company_number": body.company_number if books.behind.keeps_reference else None,
        "active": True,
        "account_number": CONTROLS[item.kind] if books.behind.collective else item.number,
        "third_party_account": item.number,
        "last_updated_on": None,
        "addresses": [
            {"address_type": each.address_type, "street": each.street, "city": each.city, "country": each.country}
            for each in body.addresses
        ],
    }


def attachments(books: Books, booked: Booked, link: Callable[[Booked], str]) -> Json:
    """What the tool tells of the attachment."""
    if books.behind.attachments == "unknown":
        # While the tool takes no PDF, even this one says so.
        return {"status": "no" if books.drops_pdf else "unknown", "attachments": []}
    if booked.pdf is None:
        return {"status": "no", "attachments": []}
    files = [{"filename": booked.pdf_name, "url": link(booked)}] if books.behind.attachments == "yes" else []
    return {"status": books.behind.attachments, "attachments": files}


def attached(booked: Booked) -> Json:
    """The bytes of an attachment."""
    return {"id": f"{booked.entry_id}-pdf", "base64_string": base64.b64encode(booked.pdf or b"").decode()}


def invoice(books: Books, booked: Booked, link: Callable[[Booked], str], *, lines: bool) -> Json:
    """An invoice or credit note."""
    body = booked.invoice
    if body is None:
        raise Refusal(404, "INVOICE_NOT_FOUND", "The invoice doesn't exist in the accounting system.")
    shown = [
        {
            "line_number": place,
            "unit_price": float(line.unit_price),
            "quantity": float(line.quantity),
            "untaxed_amount": float(line.untaxed_amount),
            "tax_rate": float(line.tax_rate),
            "tax_amount": float(line.tax_amount),
            "total": float(line.total),
            "account_number": line.account_number,
            "tax_code": line.tax_code,
            "description": line.description[: books.behind.label_max],
            "analytic_distribution": [],
        }
        for place, line in enumerate(body.lines, 1)
    ]
    return {
        "id": booked.id,
        "invoice_type": body.invoice_type,
        "invoice_number": booked.number,
        "reference": body.reference,
        "currency": "EUR",
        "untaxed_amount": float(body.untaxed_amount),
        "tax_amount": float(body.tax_amount),
        "total": float(body.total),
        "invoice_date": body.invoice_date.isoformat(),
        "due_date": body.due_date.isoformat(),
        "partner_id": booked.party.id if booked.party else None,
        "journal_id": booked.journal,
        "payments": None,
        "status": "draft" if booked.draft else "paid" if booked.matched else "posted",
        "last_updated_on": None,
        "attachments_info": attachments(books, booked, link),
        "approval_status": "unknown",
        "lines": shown if lines else [],
    }


def entry(books: Books, booked: Booked, link: Callable[[Booked], str]) -> Json:
    """A journal entry."""
    return {
        "id": booked.entry_id,
        "journal_id": booked.journal,
        "journal_name": booked.journal,
        # Some tools number their entries themselves, and keep the invoice's number as a reference.
        "name": booked.entry_id if books.behind.integration == "Cegid Loop" else booked.number,
        "reference": booked.number if books.behind.integration == "Cegid Loop" else booked.reference,
        "date": booked.date.isoformat(),
        "due_date": booked.due_date.isoformat() if booked.due_date else None,
        "posted": not booked.draft,
        "due_dates": [],
        "attachments_info": attachments(books, booked, link),
        "items": [_item(books, line, matched=booked.matched) for line in booked.lines],
    }


def _item(books: Books, line: Line, *, matched: bool) -> Json:
    names = {each["number"]: each["label"] for each in books.world.chart}
    return {
        "id": line.id,
        "account_number": line.account,
        "account_name": names.get(line.account, line.label),
        "partner_id": line.party.id if line.party else None,
        "partner_name": line.party.body.name if line.party else None,
        "description": line.label,
        "debit": float(Decimal(line.debit) / 100),
        "credit": float(Decimal(line.credit) / 100),
        "currency": "EUR",
        "currency_exchange_rate": 1,
        "matching_numbers": ["A"] if matched and line.party else [],
        "analytic_distribution": [],
    }


def witness(company: str, booked: Booked) -> Entry:
    """The entry in the form of the control surface."""
    return {
        "key": booked.key,
        "journal": booked.journal,
        "date": booked.date.isoformat(),
        "piece": booked.number,
        "lines": [_witnessed(line) for line in booked.lines],
        "pdf_sha256": sha256(booked.pdf),
        "draft": booked.draft,
        "company": company,
        "id": booked.id or booked.entry_id,
    }


def _witnessed(line: Line) -> EntryLine:
    return {
        "account": line.account,
        "debit_cents": line.debit,
        "credit_cents": line.credit,
        "label": line.label,
        "vat_code": line.tax_code,
        "auxiliary_account": line.party.number if line.party else None,
    }
