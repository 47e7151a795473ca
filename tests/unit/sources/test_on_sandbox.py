"""The reader against the emulated Sellsy over real HTTP: counts, calls, and both ways to an entry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from sellsy_ledger.connectors import registry
from sellsy_ledger.core.documents import Direction, Document
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.ledger import Account, Journal, Ledger, LedgerIndex
from sellsy_ledger.core.rows import rows_suffice
from sellsy_ledger.core.settings import load_settings
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.sources.sellsy.client import SellsyClient
from sellsy_ledger.sources.sellsy.reader import SellsyReader
from sellsy_ledger_sandbox.server import Sandbox

START = dt.date(2025, 10, 1)
BOTH = (Direction.SALES, Direction.PURCHASES)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[tuple[Sandbox, str]]:
    with Sandbox(quota=False) as sandbox:
        yield sandbox, sandbox.start()


def reader_on(url: str) -> SellsyReader:
    client = SellsyClient.from_credentials(
        client_id="demo-client",
        client_secret="demo-secret-sellsy",
        base_url_api=f"{url}/sellsy/v2",
        base_url_login=f"{url}/sellsy",
        base_url_v1=f"{url}/sellsy/v1/0/",
        file_hosts=[url],
        throttle=Throttle([(1000, 1.0)]),
    )
    return SellsyReader(client)


def calls(sandbox: Sandbox) -> int:
    return sum(sandbox.calls().get("sellsy", {}).values())


def listed(reader: SellsyReader) -> list[Document]:
    return [document for page in reader.accounted(BOTH, START, None) for document, _ in page]


def test_every_document_is_listed_once_within_the_budget_of_calls(sandbox: tuple[Sandbox, str]):
    server, url = sandbox
    before = calls(server)
    reader = reader_on(url)
    documents = listed(reader)
    spent = calls(server) - before
    assert len(documents) >= 150
    assert len({document.key for document in documents}) == len(documents)
    assert all(document.accounted for document in documents)
    assert spent <= 0.15 * len(documents)
    assert (reader.problems, reader.notices) == ([], [])


def test_an_unchanged_account_is_recognised_by_two_calls(sandbox: tuple[Sandbox, str]):
    server, url = sandbox
    reader = reader_on(url)
    mark = reader.accounting_mark(BOTH, START, None)
    before = calls(server)
    assert reader.accounting_mark(BOTH, START, None) == mark is not None
    assert calls(server) - before == 2


SETTINGS: dict[str, Any] = {
    "company": "atelier",
    "name": "Atelier",
    "tool": "myunisoft",
    "sellsy_conn_id": "s",
    "tool_conn_id": "t",
    "start_date": "2025-10-01",
    "label_style": "third_party_and_number",
    "mappings": {
        "vat": [
            {"direction": "sales", "vat_code": "C", "account": "445710"},
            {"direction": "purchases", "vat_code": "D", "account": "445660"},
        ],
        "rounding_vat_codes": {"sales": "C0", "purchases": "D0"},
        "journals": {"sales": "VE", "purchases": "AC"},
        "accounts": {
            "sales_default": "706000",
            "purchases_default": "607000",
            "customers_control": "411000",
            "suppliers_control": "401000",
            "rounding_credit": "758000",
            "rounding_debit": "658000",
            "deposits": "419100",
        },
    },
}


def journaliser(reader: SellsyReader) -> Journaliser:
    settings = load_settings(SETTINGS, where="test")
    numbers = {
        *reader.reference().accounting_codes.values(),
        "445710",
        "445660",
        "758000",
        "658000",
        "411000",
        "401000",
    }
    ledger = Ledger(
        accounts=tuple(Account(number=number) for number in sorted({*numbers, "419100", "706000", "607000"})),
        journals=(Journal(code="VE", kind="sales"), Journal(code="AC", kind="purchases")),
        accounting_codes=reader.reference().accounting_codes,
    )
    return Journaliser(settings, LedgerIndex(ledger), registry.capabilities("myunisoft"))


def test_rows_from_the_journal_make_the_entry_that_the_documents_own_rows_make(sandbox: tuple[Sandbox, str]):
    reader = reader_on(sandbox[1])
    journalise, settings = journaliser(reader), load_settings(SETTINGS, where="test")
    compared = 0
    for document in listed(reader):
        if not rows_suffice(document, settings, reader.reference().default_accounts):
            continue
        party = LedgerThirdParty(auxiliary_account="411X", name="X", direction=document.kind.direction)
        from_journal, from_detail = journalise(document, party), journalise(reader.detail(document), party)
        assert _facts(from_journal) == _facts(from_detail), document.key
        compared += 1
    assert compared >= 20


def _facts(outcome: Any) -> Any:
    """The entry without its explanations, which say where its rows came from."""
    entry = outcome.entry
    lines = entry and [msgspec.structs.replace(line, why=msgspec.UNSET) for line in entry.lines]
    return outcome.state, outcome.reason, lines, entry and (entry.journal, entry.date, entry.piece)
