"""The loop that somebody would write by hand: the same DAGs, nothing validated, no company protected from another."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, AssetAlias, CronDataIntervalTimetable, task, task_group

__all__ = ["build", "step_names"]

PARIS = ZoneInfo("Europe/Paris")


@task
def check_access(company: str) -> None: ...


@task.short_circuit
def fetch_invoices(company: str) -> list[str]:
    return []


@task
def fetch_pdfs(company: str, batch: str) -> None: ...


@task(max_active_tis_per_dagrun=1)
def resolve_third_parties(company: str, batch: str) -> None: ...


@task
def map_vat_and_accounts(company: str, batch: str) -> None: ...


@task
def compute_rounding(company: str, batch: str) -> None: ...


@task
def post_entries(company: str, batch: str) -> None: ...


@task
def verify_entries(company: str, batch: str) -> None: ...


@task
def report(company: str) -> None: ...


step_names = [
    "check_access",
    "fetch_invoices",
    "fetch_pdfs",
    "resolve_third_parties",
    "map_vat_and_accounts",
    "compute_rounding",
    "approve",
    "post_entries",
    "verify_entries",
    "report",
]


def build(companies: list[dict[str, Any]], *, params: Any, default_args: Any, doc_md: str) -> dict[str, DAG]:
    """One DAG per line of the list; params, arguments and text are handed in so that both sides carry the same."""
    dags = {}
    for entry in companies:
        company, tool = entry["company"], entry["tool"]
        sellsy, books = f"sellsy__{company}", f"{tool}__{company}"
        with DAG(
            f"sync__{company}",
            dag_display_name=f"sync__{company} · {entry['name']}",
            schedule=CronDataIntervalTimetable(entry["schedule"], timezone="Europe/Paris"),
            start_date=datetime.fromisoformat(entry["start_date"]).replace(tzinfo=PARIS),
            catchup=False,
            max_active_runs=1,
            default_args=default_args,
            params=params,
            doc_md=doc_md.format(name=entry["name"], company=company, tool=tool, start_date=entry["start_date"]),
            tags=["sellsy_ledger", tool, "sync"],
            auto_register=False,
        ) as dag:
            batches = fetch_invoices.override(pool=sellsy)(company)

            @task_group(group_id="prepare", prefix_group_id=False)
            def prepare(company: str, batch: str, sellsy: str = sellsy, books: str = books) -> None:
                (
                    fetch_pdfs.override(pool=sellsy)(company, batch)
                    >> resolve_third_parties.override(pool=books)(company, batch)
                    >> map_vat_and_accounts.override(pool=books)(company, batch)
                    >> compute_rounding.override(pool=books)(company, batch)
                )

            @task_group(group_id="post", prefix_group_id=False)
            def post(company: str, batch: str, books: str = books) -> None:
                alias = AssetAlias(name=f"sellsy_ledger_posted__{company}", group="sellsy_ledger")
                (
                    post_entries.override(pool=books, outlets=[alias])(company, batch)
                    >> verify_entries.override(pool=books)(company, batch)
                )

            prepared = prepare.partial(company=company).expand(batch=batches)
            approve = HITLOperator(
                task_id="approve",
                subject=company,
                options=["yes", "no"],
                defaults="no",
                pool=books,
                trigger_rule="all_done_min_one_success",
            )
            [batches, prepared] >> approve
            done = post.partial(company=company).expand(batch=approve.output)
            check_access.override(pool=sellsy)(company) >> batches
            [batches, done] >> report.override(trigger_rule="all_done_min_one_success")(company)
        dags[dag.dag_id] = dag
    return dags
