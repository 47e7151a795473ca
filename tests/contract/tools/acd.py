"""ACD's part of the contract suite."""

from __future__ import annotations

import datetime as dt
import hashlib

import msgspec
import requests

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.core.outcomes import Reason
from tests.contract.suite import Kit, Refusal, replace_entry, replace_line

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _mark(posting_key: str) -> str:
    """The mark by its definition, apart from the program's own way: 40 bits of the SHA-256, five at a time."""
    bits = f"{int(hashlib.sha256(posting_key.encode()).hexdigest()[:10], 16):040b}"
    return "".join(ALPHABET[int(bits[at : at + 5], 2)] for at in range(0, 40, 5))


def _close(url: str, mark: str) -> None:
    requests.post(f"{url}/_sandbox/acd/close", json={"key": mark}, timeout=10).raise_for_status()


def _in_a_year_nobody_opened(request: PostingRequest) -> PostingRequest:
    day = dt.date(2031, 1, 1)
    return replace_entry(request, date=day, piece_date=day, due_date=None)


KITS = (
    Kit(
        tool="acd",
        path="/cnx/api",
        secrets={"login": "demo-login-acd", "password": "demo-password-acd"},
        wrong_secrets={"login": "demo-login-acd", "password": "wrong-password-0123456789"},
        options={"code_dossier": "DEMO01"},
        ledger_name="Atelier Exemple SARL",
        write_route="POST /cnx/api/v1/compta/ecriture",
        create_route="POST /cnx/api/v1/compta/comptes/<which>",
        deposit_route="POST /cnx/api/v1/panieres/documents",
        vat_codes={"20": "C20", "10": "C10", "5.5": "C55", "2.1": "C21"},
        purchase_vat_codes={"20": "D20", "10": "D10", "5.5": "D55", "2.1": "D21"},
        no_vat_codes=("C0", "D0"),
        reverse_charge_code="DAE",
        books_route="POST /cnx/api/v1/compta/fec",
        close=_close,
        witness_key=_mark,
        refusals=(
            Refusal("unbalanced", lambda request: replace_line(request, 0, debit_cents=12344), Reason.REFUSED_BY_TOOL),
            Refusal("unknown year", _in_a_year_nobody_opened, Reason.PERIOD_CLOSED),
            Refusal(
                "unknown third party",
                lambda request: replace_line(request, 0, auxiliary_account="CNOBODY"),
                Reason.ACCOUNT_UNKNOWN,
            ),
            Refusal(
                "unknown account", lambda request: replace_line(request, 1, account="799999"), Reason.ACCOUNT_UNKNOWN
            ),
            Refusal("unknown journal", lambda request: replace_entry(request, journal="ZZ"), Reason.JOURNAL_MISSING),
            Refusal(
                "unknown VAT code", lambda request: replace_line(request, 1, vat_code="ZZ"), Reason.VAT_CODE_UNMAPPED
            ),
            Refusal(
                "account with analytics",
                lambda request: replace_line(request, 1, account="706900"),
                Reason.REFUSED_BY_TOOL,
            ),
            Refusal(
                "not a PDF",
                lambda request: msgspec.structs.replace(request, pdf=b""),
                Reason.SUPPORTING_DOCUMENT_MISSING,
            ),
        ),
    ),
)
