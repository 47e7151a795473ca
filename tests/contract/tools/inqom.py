"""Inqom's part of the contract suite: entries over the API, and one FEC import per entry."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import requests

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.core.corrections import label_of
from sellsy_ledger.core.outcomes import Reason
from tests.contract.suite import Kit, Refusal, replace_entry, replace_line

SECRETS = {
    "client_id": "demo-client-inqom",
    "client_secret": "demo-secret-inqom",
    "username": "demo-user-inqom",
    "password": "demo-password-inqom",
}
OPTIONS = {
    "dossier_id": "90210",
    "documents_url": "{url}/inqom/documents",
    "auth_url": "{url}/inqom/auth",
    "siren": "840143275",
    "native_connector_off": "yes",
}


def _in_a_year_nobody_opened(request: PostingRequest) -> PostingRequest:
    day = dt.date(2031, 1, 1)
    return replace_entry(request, date=day, piece_date=day, due_date=None)


def _unknown_third_party(request: PostingRequest) -> PostingRequest:
    party = msgspec.structs.replace(request.third_party, auxiliary_account="4111INCONNU")
    return msgspec.structs.replace(replace_line(request, 0, auxiliary_account="4111INCONNU"), third_party=party)


def _empty_pdf(request: PostingRequest) -> PostingRequest:
    return msgspec.structs.replace(request, pdf=b"")


def _time_passes(url: str, folder: Path) -> None:
    requests.post(f"{url}/_sandbox/inqom/work", timeout=10).raise_for_status()


def _number(posting_key: str) -> str:
    """An import keeps no key of ours: the witness knows its entries by the document number of the suite."""
    number, dash, label = posting_key.rpartition(":")[2].partition("-")
    return f"FAC-2026-{int(number) - 990_000:04d}{dash}{label}"


def _letter(url: str, key: str) -> None:
    requests.post(f"{url}/_sandbox/inqom/letter", json={"key": key}, timeout=10).raise_for_status()


def _account_of(code: str) -> str:
    return f"{'4111' if code.startswith('C') else '4011'}{code[1:]}"


def _pdf_held(request: PostingRequest) -> bytes:
    """The same bytes are kept once: a reversal, which has the PDF of what it takes back, brings a copy."""
    pdf = request.pdf or b""
    return pdf + f"\n% {request.posting_key}\n".encode() if label_of(request.posting_key).startswith("-r") else pdf


BOOKS = "GET /v1/dossiers/<int:folder_id>/entry-lines"


REFUSALS = (
    Refusal("unbalanced", lambda one: replace_line(one, 0, debit_cents=12344), Reason.AMOUNTS_DO_NOT_CLOSE),
    Refusal("unknown year", _in_a_year_nobody_opened, Reason.PERIOD_CLOSED),
    Refusal("unknown third party", _unknown_third_party, Reason.ACCOUNT_UNKNOWN),
    Refusal("unknown account", lambda one: replace_line(one, 1, account="799999"), Reason.ACCOUNT_UNKNOWN),
    Refusal("unknown journal", lambda one: replace_entry(one, journal="ZZ"), Reason.JOURNAL_MISSING),
    Refusal("not a PDF", _empty_pdf, Reason.SUPPORTING_DOCUMENT_MISSING),
)
API = Kit(
    tool="inqom",
    variant="api",
    secrets=SECRETS,
    wrong_secrets={**SECRETS, "password": "wrong-password-0123456789"},
    options=OPTIONS,
    write_route="POST /v1/dossiers/<int:folder_id>/entries",
    create_route="POST /v1/dossiers/<int:folder_id>/accounts",
    deposit_route="POST /documents/api/accounting-documents/accounting-folders/<int:folder_id>/Documents/",
    vat_codes={},
    witness_key=lambda key: key,
    refusals=REFUSALS,
    ledger_name="Atelier Exemple SARL",
    books_route=BOOKS,
    close=_letter,
    replace_route="PUT /v1/dossiers/<int:folder_id>/entries",
    account_of=_account_of,
    pdf_held=_pdf_held,
)
FEC = Kit(
    tool="inqom",
    variant="fec",
    secrets=SECRETS,
    wrong_secrets={**SECRETS, "client_secret": "wrong-secret-0123456789"},
    options={**OPTIONS, "route": "fec"},
    write_route="POST /api/app/enterprises/<int:folder_id>/operations",
    create_route="POST /v1/dossiers/<int:folder_id>/accounts",
    deposit_route=API.deposit_route,
    vat_codes={},
    witness_key=_number,
    refusals=REFUSALS,
    ledger_name="Atelier Exemple SARL",
    meanwhile=_time_passes,
    books_route=BOOKS,
    close=_letter,
    account_of=_account_of,
    pdf_held=_pdf_held,
    target=False,
)
KITS = (API, FEC)
