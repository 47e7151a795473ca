"""One DAG per configured company: every week, its books are proved month by month against Sellsy and the tool."""

from __future__ import annotations

from airflow.sdk import DAG

from sellsy_ledger.core.settings import CompanyEntry
from sellsy_ledger_airflow import tasks
from sellsy_ledger_airflow.assets import books
from sellsy_ledger_airflow.generate import build_dags, company_dag
from sellsy_ledger_airflow.pools import tool_pool
from sellsy_ledger_airflow.texts import PROOF_DOC

# On Sunday, well after the night's synchronisation.
WEEKLY = "0 6 * * 0"


def company_proof(dag_id: str, entry: CompanyEntry) -> DAG:
    """The weekly proof of one company."""
    with company_dag(dag_id, entry, schedule=WEEKLY, doc_md=PROOF_DOC, tags=["proof"]) as dag:
        tasks.prove_months.override(pool=tool_pool(entry), inlets=[books(entry.company, entry.tool)])(entry.company)
    return dag


globals().update(build_dags("proof", company_proof))
