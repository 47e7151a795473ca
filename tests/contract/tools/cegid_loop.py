"""Cegid Loop's part of the contract suite: the JSON import, and the three file imports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec
import requests

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.cegid_loop.connector import CegidLoopConnector
from sellsy_ledger.connectors.cegid_loop.keys import reference_of
from sellsy_ledger.core.outcomes import Reason
from tests.contract.suite import Kit, Refusal, replace_entry, replace_line, with_label

SECRETS = {
    "subscription_key": "demo-subscription-cegid",
    "api_key": "demo-key-cegid",
    "client_secret": "demo-secret-cegid",
}
BLOB = {"deposit_hosts": "{url}"}


def _in_a_year_nobody_opened(request: PostingRequest) -> PostingRequest:
    day = dt.date(2031, 1, 1)
    return replace_entry(request, date=day, piece_date=day, due_date=None)


def _imports_end(url: str, folder: Path) -> None:
    requests.post(f"{url}/_sandbox/cegid_loop/advance", timeout=10).raise_for_status()


def _letter(url: str, key: str) -> None:
    requests.post(f"{url}/_sandbox/cegid_loop/letter", json={"key": key}, timeout=10).raise_for_status()


def _small_pages(connector: CegidLoopConnector) -> None:
    connector.client.page_size = 5


def _piece(posting_key: str) -> str:
    """What a file keeps of an entry of the suite: its piece number, a correction's with its label."""
    number = posting_key.split(":")[3].partition("-")[0]
    return with_label(f"FAC2026{int(number) - 990_000:04d}", posting_key)


REFUSALS = (
    Refusal("unknown year", _in_a_year_nobody_opened, Reason.PERIOD_CLOSED),
    Refusal("unknown account", lambda request: replace_line(request, 1, account="799999"), Reason.ACCOUNT_UNKNOWN),
    Refusal("unknown journal", lambda request: replace_entry(request, journal="ZZ"), Reason.JOURNAL_MISSING),
    Refusal("no piece number", lambda request: replace_entry(request, piece=""), Reason.REFUSED_BY_TOOL),
    Refusal("not a PDF", lambda request: msgspec.structs.replace(request, pdf=b""), Reason.SUPPORTING_DOCUMENT_MISSING),
)
UNBALANCED = Refusal(
    "unbalanced", lambda request: replace_line(request, 0, debit_cents=12344), Reason.AMOUNTS_DO_NOT_CLOSE
)


def _kit(
    route: str,
    write_route: str,
    witness_key: Callable[[str], str],
    refusals: tuple[Refusal, ...] = REFUSALS,
    **options: str,
) -> Kit:
    return Kit(
        tool="cegid_loop",
        variant=route,
        secrets=SECRETS,
        wrong_secrets={**SECRETS, "client_secret": "wrong-secret-0123456789"},
        options={"dossier_code": "DEMO01", "route": route, **options},
        write_route=write_route,
        deposit_route="POST /storeDocument",
        create_route="",
        vat_codes={"20": "C20", "10": "C10", "5.5": "C55", "2.1": "C21"},
        purchase_vat_codes={"20": "D20", "10": "D10", "5.5": "D55", "2.1": "D21"},
        no_vat_codes=("C0", "D0"),
        reverse_charge_code="DAE",
        witness_key=witness_key,
        refusals=refusals,
        small_pages=_small_pages,
        close=_letter,
        meanwhile=_imports_end,
        ledger_name="Atelier Exemple SARL",
        target=route == "json",
    )


KITS = (
    _kit("json", "POST /importJson", reference_of, (*REFUSALS, UNBALANCED)),
    _kit("fec", "POST /importFEC", _piece, **BLOB),
    _kit("tra", "POST /importTRA", _piece, **BLOB),
    _kit("quadra", "POST /importPerso", _piece, modele="QUADRA", **BLOB),
)
