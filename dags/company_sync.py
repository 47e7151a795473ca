"""One DAG per configured company: its accounted Sellsy documents, every night, into its accounting tool."""

from __future__ import annotations

from airflow.sdk import DAG, XComArg, chain, task_group

from sellsy_ledger.core.settings import CompanyEntry
from sellsy_ledger_airflow import tasks
from sellsy_ledger_airflow.approvals import Approve
from sellsy_ledger_airflow.assets import books_alias
from sellsy_ledger_airflow.generate import build_dags, company_dag, is_any_variant
from sellsy_ledger_airflow.pools import sellsy_pool, tool_pool
from sellsy_ledger_airflow.texts import SYNC_DOC, sync_params
from sellsy_ledger_airflow.triggers import AwaitImports


def company_sync(dag_id: str, entry: CompanyEntry) -> DAG:
    """The nightly run of one company: schedule, form and task order."""
    sellsy, tool = sellsy_pool(entry), tool_pool(entry)
    books = [books_alias(entry.company)]

    @task_group(group_id="prepare", prefix_group_id=False)
    def prepare(company: str, batch: str) -> None:
        steps = [
            tasks.fetch_pdfs.override(pool=sellsy),
            tasks.resolve_third_parties.override(pool=tool),
            tasks.map_vat_and_accounts.override(pool=tool),
            tasks.compute_rounding.override(pool=tool),
        ]
        chain(*(step(company, batch) for step in steps))

    @task_group(group_id="post", prefix_group_id=False)
    def post(company: str, batch: str) -> None:
        made: list[XComArg | AwaitImports] = [tasks.post_entries.override(pool=tool, outlets=books)(company, batch)]
        if is_any_variant(entry, lambda capabilities: capabilities.asynchronous):
            made.append(AwaitImports(task_id="await_imports", company=company, batch=batch, pool=tool, outlets=books))
        made.append(tasks.verify_entries.override(pool=tool)(company, batch))
        chain(*made)

    with company_dag(
        dag_id, entry, schedule=entry.schedule, params=sync_params(), doc_md=SYNC_DOC, tags=["sync"]
    ) as dag:
        batches = tasks.fetch_invoices.override(pool=sellsy)(entry.company)
        prepared = prepare.partial(company=entry.company).expand(batch=batches)
        tasks.check_access.override(pool=sellsy)(entry.company) >> batches
        # One question per run. A batch that fails in either group stops there, the other batches go on to the end.
        approve = Approve(
            task_id="approve",
            company=entry.company,
            prepared_by="compute_rounding",
            pool=tool,
            trigger_rule="all_done_min_one_success",
        )
        [batches, prepared] >> approve
        done = post.partial(company=entry.company).expand(batch=approve.output)
        # They run whatever became of the batches, but only where there were some: an idle night skips them too.
        last = tasks.report.override(trigger_rule="all_done_min_one_success")(entry.company)
        [batches, done] >> last
        if is_any_variant(entry, lambda capabilities: capabilities.batches):
            deliver = tasks.deliver_batch.override(pool=tool, outlets=books, trigger_rule="all_done_min_one_success")
            [batches, done] >> deliver(entry.company) >> last
    return dag


globals().update(build_dags("sync", company_sync))
