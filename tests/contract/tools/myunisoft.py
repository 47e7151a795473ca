"""MyUnisoft's part of the contract suite."""

from __future__ import annotations

import datetime as dt

import msgspec
import requests

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.core.outcomes import Reason
from tests.contract.suite import Kit, Refusal, replace_entry, replace_line


def _in_a_year_nobody_opened(request: PostingRequest) -> PostingRequest:
    day = dt.date(2031, 1, 1)
    return replace_entry(request, date=day, piece_date=day, due_date=None)


def _unknown_third_party(request: PostingRequest) -> PostingRequest:
    party = msgspec.structs.replace(request.third_party, tool_id="999999999", account_tool_id="999999999")
    return msgspec.structs.replace(request, third_party=party)


def _letter(url: str, key: str) -> None:
    requests.post(f"{url}/_sandbox/myunisoft/close", json={"key": key}, timeout=10).raise_for_status()


KITS = (
    Kit(
        tool="myunisoft",
        secrets={"third_party_secret": "demo-secret-myunisoft", "api_token": "demo-token-myunisoft"},
        wrong_secrets={"third_party_secret": "demo-secret-myunisoft", "api_token": "wrong-token-0123456789"},
        write_route="POST /entry",
        draft_write_route="POST /entry/temp",
        create_route="POST /account",
        vat_codes={"20": "C20", "10": "C10", "5.5": "C55", "2.1": "C21"},
        purchase_vat_codes={"20": "D20", "10": "D10", "5.5": "D55", "2.1": "D21"},
        no_vat_codes=("C0", "D0"),
        reverse_charge_code="DAE",
        books_route="GET /mad/entries",
        close=_letter,
        account_of=lambda code: f"{'411' if code.startswith('C') else '401'}{code[1:]}".ljust(10, "0"),
        witness_key=lambda key: key.replace("sellsy", "SELLSY").replace(":", "-"),
        refusals=(
            Refusal("unbalanced", lambda request: replace_line(request, 0, debit_cents=12344), Reason.REFUSED_BY_TOOL),
            Refusal("unknown year", _in_a_year_nobody_opened, Reason.PERIOD_CLOSED),
            Refusal("unknown third party", _unknown_third_party, Reason.ACCOUNT_UNKNOWN),
            Refusal(
                "unknown account", lambda request: replace_line(request, 1, account="799999"), Reason.ACCOUNT_UNKNOWN
            ),
            Refusal("unknown journal", lambda request: replace_entry(request, journal="ZZ"), Reason.JOURNAL_MISSING),
            Refusal(
                "not a PDF",
                lambda request: msgspec.structs.replace(request, pdf=b""),
                Reason.SUPPORTING_DOCUMENT_MISSING,
            ),
        ),
    ),
)
