"""One DAG per configured company: every week all of Sellsy is listed again, and the books are proved month by month
against Sellsy and the tool. A person says which of the proposed corrections are carried out.
"""

from __future__ import annotations

from airflow.sdk import DAG

from sellsy_ledger.core.settings import CompanyEntry
from sellsy_ledger_airflow import tasks
from sellsy_ledger_airflow.approvals import AcceptCorrections
from sellsy_ledger_airflow.assets import books
from sellsy_ledger_airflow.generate import build_dags, company_dag
from sellsy_ledger_airflow.pools import sellsy_pool, tool_pool
from sellsy_ledger_airflow.texts import PROOF_DOC

# On Sunday, well after the night's synchronisation.
WEEKLY = "0 6 * * 0"


def company_proof(dag_id: str, entry: CompanyEntry) -> DAG:
    """The weekly proof of one company."""
    with company_dag(dag_id, entry, schedule=WEEKLY, doc_md=PROOF_DOC, tags=["proof"]) as dag:
        prove = tasks.prove_months.override(pool=tool_pool(entry), inlets=[books(entry.company, entry.tool)])
        # The proof waits for nobody's answer.
        scanned = tasks.full_scan.override(pool=sellsy_pool(entry))(entry.company)
        scanned >> [prove(entry.company), AcceptCorrections(task_id="accept_corrections", company=entry.company)]
    return dag


globals().update(build_dags("proof", company_proof))
