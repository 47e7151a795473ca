"""Sage 100's part of the contract suite: files that somebody imports, and the OData interface."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.sage100.odata import ODataConnector
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger_sandbox.sage100.accountant import import_folder
from tests.contract.suite import Kit, Refusal, replace_entry, replace_line

LETTERS = {
    "sales_invoice": "FC",
    "sales_credit_note": "AC",
    "purchase_invoice": "FF",
    "purchase_credit_note": "AF",
}


def _reference(posting_key: str) -> str:
    """What Sage keeps of our key: ``sellsy:4242:sales_invoice:990001-v2`` → ``FC990001-V2``."""
    *_, kind, number = posting_key.split(":")
    return f"{LETTERS[kind]}{number.upper()}"


def _import(url: str, folder: Path) -> None:
    # Sage's option "Ouverture compte en saisie": nobody has told us which accounts there are.
    import_folder(url, folder, open_accounts=True)


def _in_a_year_nobody_opened(request: PostingRequest) -> PostingRequest:
    day = dt.date(2031, 1, 1)
    return replace_entry(request, date=day, piece_date=day, due_date=None)


def _unknown_third_party(request: PostingRequest) -> PostingRequest:
    party = msgspec.structs.replace(request.third_party, tool_id="atelier-tiers-999")
    return msgspec.structs.replace(request, third_party=party)


def _small_pages(connector: ODataConnector) -> None:
    connector.client.page_size = 5


KITS = (
    Kit(
        tool="sage100",
        variant="files",
        has_url=False,
        secrets={},
        wrong_secrets={},
        write_route="",
        create_route="",
        options={"folder": "{folder}", "dossier": "ATELIER", "company_name": "Atelier Exemple SARL"},
        vat_codes={},
        witness_key=lambda key: key,
        answers_first=True,
        meanwhile=_import,
        ledger_name="ATELIER",
        refusals=(
            Refusal("unbalanced", lambda one: replace_line(one, 0, debit_cents=12344), Reason.AMOUNTS_DO_NOT_CLOSE),
            Refusal("journal too long", lambda one: replace_entry(one, journal="VENT"), Reason.REFUSED_BY_TOOL),
            Refusal("account too long", lambda one: replace_line(one, 1, account="7" * 14), Reason.REFUSED_BY_TOOL),
            Refusal(
                "third party too long",
                lambda one: replace_line(one, 0, auxiliary_account="C" * 14),
                Reason.REFUSED_BY_TOOL,
            ),
            Refusal(
                "not a PDF",
                lambda one: msgspec.structs.replace(one, pdf=b""),
                Reason.SUPPORTING_DOCUMENT_MISSING,
            ),
        ),
    ),
    Kit(
        tool="sage100",
        variant="odata",
        secrets={
            "client_id": "demo-client-sage100",
            "client_secret": "demo-secret-sage100",
            "refresh_token": "demo-refresh-sage100",
        },
        wrong_secrets={
            "client_id": "demo-client-sage100",
            "client_secret": "demo-secret-sage100",
            "refresh_token": "wrong-token-0123456789",
        },
        # The check before each entry goes the same way as the entry; the suite's faults are for the entry.
        options={"dataset": "ds-atelier", "authority": "{url}/sage100", "check_first": "no"},
        write_route="POST /<dataset>/journaux('<journal>')/creerPieceComptable",
        create_route="POST /<dataset>/<resource>",
        vat_codes={},
        witness_key=_reference,
        small_pages=_small_pages,
        books_route="GET /<dataset>/<resource>",
        ledger_name="atelier",
        refusals=(
            Refusal("unbalanced", lambda one: replace_line(one, 0, debit_cents=12344), Reason.AMOUNTS_DO_NOT_CLOSE),
            Refusal("unknown year", _in_a_year_nobody_opened, Reason.PERIOD_CLOSED),
            Refusal("unknown third party", _unknown_third_party, Reason.THIRD_PARTY_REFUSED),
            Refusal("unknown account", lambda one: replace_line(one, 1, account="799999"), Reason.ACCOUNT_UNKNOWN),
            Refusal("unknown journal", lambda one: replace_entry(one, journal="ZZ"), Reason.JOURNAL_MISSING),
        ),
    ),
)
