"""Chift's part of the contract suite: one kit per accounting tool behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import msgspec
import requests

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.chift.connector import ChiftConnector
from sellsy_ledger.core.outcomes import Reason
from tests.contract.suite import Kit, Refusal, replace_entry, replace_line

ACCOUNT_ID = "00000000-0000-4000-8000-0000000000c1"
INVOICES = "POST /consumers/{consumer_id}/accounting/invoices/multi-analytic-plans"


def _in_a_year_nobody_opened(request: PostingRequest) -> PostingRequest:
    day = dt.date(2031, 1, 1)
    return replace_entry(request, date=day, piece_date=day, due_date=None)


def _of_a_deleted_client(request: PostingRequest) -> PostingRequest:
    party = msgspec.structs.replace(request.third_party, tool_id="ZZ1-999")
    return msgspec.structs.replace(request, third_party=party)


def _without_code(request: PostingRequest) -> PostingRequest:
    """A raw entry takes a line without VAT code; one without any charge or product account is refused."""
    for position in (1, 2):
        request = replace_line(request, position, account="471000", vat_code=None)
    return request


def _small_pages(connector: ChiftConnector) -> None:
    connector.client.page_size = 5


def _matcher(consumer: str) -> Callable[[str, str], None]:
    def match(url: str, key: str) -> None:
        address = f"{url}/_sandbox/chift/consumers/{consumer}"
        requests.post(address, json={"match": key}, timeout=10).raise_for_status()

    return match


def _kit(behind: str, *, draft: bool = False, folder_id: str = "", target: bool = True) -> Kit:
    options = {"consumer_id": f"demo-consumer-{behind.replace('_', '-')}", "behind": behind}
    return Kit(
        tool="chift",
        variant=behind,
        secrets={"client_id": "demo-client-chift", "client_secret": "demo-secret-chift", "account_id": ACCOUNT_ID},
        wrong_secrets={
            "client_id": "demo-client-chift",
            "client_secret": "wrong-secret-0123456789",
            "account_id": ACCOUNT_ID,
        },
        options=options | ({"folder_id": folder_id} if folder_id else {}),
        write_route=INVOICES,
        draft_write_route=INVOICES if draft else "",
        create_route="POST /consumers/{consumer_id}/accounting/clients",
        vat_codes={"20": "C20", "10": "C10", "5.5": "C55", "2.1": "C21"},
        purchase_vat_codes={"20": "D20", "10": "D10", "5.5": "D55", "2.1": "D21"},
        no_vat_codes=("C0", "D0"),
        reverse_charge_code="DAE",
        witness_key=lambda key: key,
        answers_first=True,
        books_route="GET /consumers/<consumer_id>/accounting/journal/entries",
        close=_matcher(options["consumer_id"]),
        small_pages=_small_pages,
        ledger_name=options["consumer_id"],
        target=target,
        refusals=(
            Refusal("unbalanced", lambda one: replace_line(one, 0, debit_cents=12344), Reason.AMOUNTS_DO_NOT_CLOSE),
            Refusal("unknown year", _in_a_year_nobody_opened, Reason.PERIOD_CLOSED),
            Refusal("deleted client", _of_a_deleted_client, Reason.THIRD_PARTY_REFUSED),
            Refusal("unknown account", lambda one: replace_line(one, 1, account="799999"), Reason.ACCOUNT_UNKNOWN),
            Refusal("unknown VAT code", lambda one: replace_line(one, 1, vat_code="C99"), Reason.VAT_CODE_UNMAPPED),
            Refusal("unknown journal", lambda one: replace_entry(one, journal="ZZ"), Reason.JOURNAL_MISSING),
            Refusal("journal of another kind", lambda one: replace_entry(one, journal="OD"), Reason.JOURNAL_MISSING),
            Refusal("no charge or product account", _without_code, Reason.ACCOUNT_UNKNOWN),
            Refusal(
                "not a PDF",
                lambda one: msgspec.structs.replace(one, pdf=b"none"),
                Reason.SUPPORTING_DOCUMENT_MISSING,
            ),
        ),
    )


KITS = (
    _kit("sage100"),
    _kit("acd", folder_id="EXEMPLE", target=False),
    _kit("cegid_loop", target=False),
    _kit("myunisoft", draft=True, target=False),
)
