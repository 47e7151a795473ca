"""A demo company's night without Airflow: the same settings, Connections and steps, in this process.

Tests and campaigns compare with it what real Airflow made of the same company.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sellsy_ledger.core.settings import load_settings
from sellsy_ledger.pipeline.access import check_access
from sellsy_ledger.pipeline.assemble import build_company, connect_sellsy, connect_tool
from sellsy_ledger.pipeline.company import Company, DocumentStore, Selection
from sellsy_ledger.pipeline.delivery import deliver_batch
from sellsy_ledger.pipeline.fetch import fetch_invoices
from sellsy_ledger.pipeline.imports import await_imports
from sellsy_ledger.pipeline.mapping import map_vat_and_accounts
from sellsy_ledger.pipeline.pdfs import fetch_pdfs
from sellsy_ledger.pipeline.posting import post_entries
from sellsy_ledger.pipeline.report import build_report
from sellsy_ledger.pipeline.rounding import compute_rounding
from sellsy_ledger.pipeline.third_parties import resolve_third_parties
from sellsy_ledger.pipeline.verify import verify_entries
from sellsy_ledger.register.store import Register
from sellsy_ledger_airflow.demo.companies import DemoCompany, plain_connections

__all__ = ["connect", "night"]

LOOKS = 40


def connect(demo: DemoCompany, sandbox: str, folder: Path, register: Register, documents: DocumentStore) -> Company:
    """The company, open.

    Args:
        demo: which one.
        sandbox: the sandbox's address.
        folder: stands for the demo's home in the Connection.
        register: an open register.
        documents: where its PDFs go.
    """
    settings = load_settings(dict(demo.settings), where=demo.company)
    connections = plain_connections(demo, sandbox, folder)
    sellsy = connect_sellsy(connections, settings.sellsy_conn_id)
    connector = connect_tool(connections, settings.tool_conn_id, settings.tool)
    # The demo clears and repeats one and the same run.
    return build_company(settings, sellsy, connector, register, documents, who="demo", run_id="scheduled__night")


def night(company: Company, *, later: Callable[[], None]) -> list[str]:
    """One run, step after step; the batches there were.

    Args:
        company: the company, open.
        later: lets time pass at the tool's side, where queues are worked off.
    """
    check_access(company)
    batches = fetch_invoices(company, Selection(kind="scheduled", dated_from=company.settings.start_date))
    for batch in batches:
        for step in (fetch_pdfs, resolve_third_parties, map_vat_and_accounts, compute_rounding, post_entries):
            step(company, batch)
        for _ in range(LOOKS):
            if not await_imports(company, batch).states.get("posting"):
                break
            later()
        verify_entries(company, batch)
    if batches and company.connector.capabilities.batches:
        deliver_batch(company)
    if batches:
        build_report(company)
    return batches
