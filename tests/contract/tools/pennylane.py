"""Pennylane's part of the contract suite."""

from __future__ import annotations

import datetime as dt

import msgspec
import requests

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.pennylane.connector import PennylaneConnector
from sellsy_ledger.core.corrections import label_of
from sellsy_ledger.core.outcomes import Reason
from tests.contract.suite import Kit, Refusal, replace_entry, replace_line


def _in_a_year_nobody_opened(request: PostingRequest) -> PostingRequest:
    day = dt.date(2031, 1, 1)
    return replace_entry(request, date=day, piece_date=day, due_date=None)


def _of_a_deleted_customer(request: PostingRequest) -> PostingRequest:
    party = msgspec.structs.replace(request.third_party, tool_id="99999999999999")
    return msgspec.structs.replace(request, third_party=party)


def _without_pdf(request: PostingRequest, **changes: object) -> PostingRequest:
    return msgspec.structs.replace(request, pdf=None, supporting_document=None, **changes)


def _file_away(url: str, key: str) -> None:
    requests.post(f"{url}/_sandbox/pennylane/close", json={"key": key}, timeout=10).raise_for_status()


def _pdf_held(request: PostingRequest) -> bytes:
    """A file is taken once: a reversal, which has the PDF of what it takes back, brings a copy with its key behind."""
    pdf = request.pdf or b""
    return pdf + f"\n% {request.posting_key}\n".encode() if label_of(request.posting_key).startswith("-r") else pdf


def _small_pages(connector: PennylaneConnector) -> None:
    connector.client.page_size = 5
    connector.client.accounts_page_size = 20


KITS = (
    Kit(
        tool="pennylane",
        secrets={"api_token": "demo-token-pennylane"},
        wrong_secrets={"api_token": "wrong-token-0123456789"},
        write_route="POST /customer_invoices/import",
        draft_write_route="POST /customer_invoices/import",
        create_route="POST /company_customers",
        vat_codes={"20": "FR_200", "10": "FR_100", "5.5": "FR_55", "2.1": "FR_21"},
        purchase_vat_codes={"20": "FR_200", "10": "FR_100", "5.5": "FR_55", "2.1": "FR_21"},
        no_vat_codes=("exempt", "exempt"),
        reverse_charge_code="FR_200_construction",
        witness_key=lambda key: key,
        answers_first=True,
        books_route="GET /ledger_entry_lines",
        close=_file_away,
        account_of=lambda code: f"{'411' if code.startswith('C') else '401'}{code[1:]}",
        pdf_held=_pdf_held,
        small_pages=_small_pages,
        refusals=(
            Refusal("unbalanced", lambda one: replace_line(one, 0, debit_cents=12344), Reason.AMOUNTS_DO_NOT_CLOSE),
            Refusal("unknown year", _in_a_year_nobody_opened, Reason.PERIOD_CLOSED),
            Refusal("deleted customer", _of_a_deleted_customer, Reason.THIRD_PARTY_REFUSED),
            Refusal("unknown account", lambda one: replace_line(one, 1, account="799999"), Reason.ACCOUNT_UNKNOWN),
            Refusal("no VAT code", lambda one: replace_line(one, 1, vat_code=None), Reason.VAT_CODE_UNMAPPED),
            Refusal("unknown VAT code", lambda one: replace_line(one, 1, vat_code="FR_201"), Reason.VAT_CODE_UNMAPPED),
            Refusal(
                "not a PDF",
                lambda one: msgspec.structs.replace(one, pdf=b""),
                Reason.SUPPORTING_DOCUMENT_MISSING,
            ),
            Refusal(
                "unknown journal, no PDF",
                lambda one: _without_pdf(replace_entry(one, journal="ZZ")),
                Reason.JOURNAL_MISSING,
            ),
            Refusal("draft without PDF", lambda one: _without_pdf(one, draft=True), Reason.SUPPORTING_DOCUMENT_MISSING),
        ),
    ),
)
