"""The routes of emulated Chift that book and show invoices, journal entries and attachments."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.chift import answers, bodies
from sellsy_ledger_sandbox.chift.account import ACCOUNTING, FILES, REQUEST_ID
from sellsy_ledger_sandbox.chift.booking import book_entry, book_invoice
from sellsy_ledger_sandbox.chift.books import Booked, Refusal

__all__ = ["entry_routes", "invoice_routes"]

MONTHS_MAX_DAYS = 92


def invoice_routes(routes: Blueprint) -> None:
    """Invoices: created, shown, listed, given a PDF."""
    base = f"{ACCOUNTING}/invoices"

    @routes.post(f"{base}/multi-analytic-plans")
    def create_invoice(consumer_id: str) -> ResponseReturnValue:
        body = bodies.read_body(bodies.Invoice, request.get_data())
        regroup = request.args.get("regroup_lines", "true") == "true"
        booked = book_invoice(g.books, body, _key(), regroup=regroup)
        g.created = booked.id
        return jsonify(answers.invoice(g.books, booked, _link, lines=True))

    @routes.get(f"{base}/multi-analytic-plans/<invoice_id>")
    def one_invoice(consumer_id: str, invoice_id: str) -> ResponseReturnValue:
        return jsonify(answers.invoice(g.books, _invoice(invoice_id), _link, lines=_asks_lines()))

    @routes.get(f"{base}/multi-analytic-plans/type/<invoice_type>")
    def listed_invoices(consumer_id: str, invoice_type: str) -> ResponseReturnValue:
        books, (first, last), lines = g.books, _days(), _asks_lines()
        found = [
            each
            for each in books.booked
            if each.invoice is not None and each.invoice.invoice_type == invoice_type and first <= each.date <= last
        ]
        return jsonify(answers.page(found, lambda each: answers.invoice(books, each, _link, lines=lines)))

    @routes.post(f"{base}/pdf/<invoice_id>")
    def attach_pdf(consumer_id: str, invoice_id: str) -> ResponseReturnValue:
        body = bodies.read_body(bodies.Attachment, request.get_data())
        overwrite = request.args.get("overwrite_existing", "false") == "true"
        g.books.attach(_invoice(invoice_id), body, overwrite=overwrite)
        return "", 204


def entry_routes(routes: Blueprint) -> None:
    """Journal entries and attachments."""

    @routes.post(f"{ACCOUNTING}/journal-entries")
    def create_entry(consumer_id: str) -> ResponseReturnValue:
        booked = book_entry(g.books, bodies.read_body(bodies.JournalEntry, request.get_data()), _key())
        g.created = booked.entry_id
        return jsonify(answers.entry(g.books, booked, _link))

    @routes.get(f"{ACCOUNTING}/journal/entries")
    def listed_entries(consumer_id: str) -> ResponseReturnValue:
        if request.args.get("unposted_allowed") not in ("true", "false"):
            raise Refusal(422, "VALIDATION", "unposted_allowed is required")
        if "date_from" not in request.args or "date_to" not in request.args:
            raise Refusal(400, None, "date_from and date_to are mandatory without updated_after")
        books, (first, last) = g.books, _days()
        if (last - first).days > MONTHS_MAX_DAYS:
            raise Refusal(400, "MAX_DIFFERENCE_MONTHS", "You can retrieve maximum 3 months of data at once.")
        drafts, journal = request.args["unposted_allowed"] == "true", request.args.get("journal_id")
        found = [
            each
            for each in books.booked
            if first <= each.date <= last and journal in (None, each.journal) and (drafts or not each.draft)
        ]
        return jsonify(answers.page(found, lambda each: answers.entry(books, each, _link)))

    @routes.get(f"{ACCOUNTING}/journal/entries/<entry_id>")
    def one_entry(consumer_id: str, entry_id: str) -> ResponseReturnValue:
        booked = g.books.find(entry_id, entry=True)
        if booked is None:
            raise Refusal(404, "ENTRY_NOT_FOUND", f"The entry '{entry_id}' doesn't exist in the accounting system.")
        return jsonify(answers.entry(g.books, booked, _link))

    @routes.get(f"{ACCOUNTING}/attachments")
    def attachments(consumer_id: str) -> ResponseReturnValue:
        kind = request.args.get("type")
        if kind not in ("invoice", "entry"):
            raise Refusal(422, "VALIDATION", "type must be invoice or entry")
        booked = g.books.find(request.args.get("document_id", ""), entry=kind == "entry")
        found = [booked] if booked is not None and booked.pdf is not None else []
        return jsonify(answers.page(found, answers.attached))


def _key() -> str | None:
    request_id = request.headers.get(REQUEST_ID)
    return request_id.partition("~")[0] if request_id else None


def _invoice(invoice_id: str) -> Booked:
    booked: Booked | None = g.books.find(invoice_id)
    if booked is None or booked.invoice is None:
        message = f"The invoice '{invoice_id}' doesn't exist in the accounting system."
        raise Refusal(404, "INVOICE_NOT_FOUND", message)
    return booked


def _asks_lines() -> bool:
    return request.args.get("include_invoice_lines") == "true"


def _days() -> tuple[date, date]:
    try:
        first = date.fromisoformat(request.args.get("date_from", "1970-01-01"))
        return first, date.fromisoformat(request.args.get("date_to", "9999-12-31"))
    except ValueError:
        raise Refusal(422, "VALIDATION", "date_from and date_to must be YYYY-MM-DD") from None


def _link(booked: Booked) -> str:
    return f"{request.host_url}chift{FILES}/{booked.entry_id}.pdf"
