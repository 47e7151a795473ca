"""The pipeline's steps as Airflow tasks: open the company, run the step, hand back counts.

Nothing is decided here. XCom carries batch keys and counts, never a document, name or amount. Everything heavy (HTTP,
SQL, the pipeline) is imported inside the task functions, because this module is imported at every parse and in front
of every task.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

if TYPE_CHECKING:
    from sellsy_ledger.pipeline.company import Company
    from sellsy_ledger.pipeline.steps import StepReport

__all__ = [
    "at_work",
    "check_access",
    "compute_rounding",
    "configuration_error",
    "deliver_batch",
    "emit_books",
    "fetch_invoices",
    "fetch_pdfs",
    "full_scan",
    "map_vat_and_accounts",
    "over_batch",
    "post_entries",
    "prove_months",
    "report",
    "resolve_third_parties",
    "verify_entries",
]

log = logging.getLogger(__name__)

# Returned with ``multiple_outputs=False``: Airflow would store each entry once more, each with a call of its own.
Counts = dict[str, Any]


@contextmanager
def at_work(company: str) -> Iterator[Company]:
    """The company, opened for the task at work."""
    from sellsy_ledger_airflow.company import open_company

    run = get_current_context()["dag_run"]
    with open_company(company, dag_id=run.dag_id, run_id=run.run_id) as opened:
        yield opened


def over_batch(step: Callable[[Company, str], StepReport], company: str, batch: str) -> Counts:
    """Open the company, run one step over one batch, and say in counts what became of it."""
    with at_work(company) as opened:
        counts = step(opened, batch).to_dict()
    log.info("%s: %s documents, %s", counts["step"], counts["documents"], counts["states"])
    return counts


@task(multiple_outputs=False)
def check_access(company: str) -> Counts:
    """Settings, credentials, rights and mapping: may this run begin?"""
    from sellsy_ledger.pipeline.access import check_access as step

    with at_work(company) as opened:
        checks = step(opened)
    for check in checks:
        level = logging.INFO if check.ok else logging.WARNING
        log.log(level, "%s: %s %s", check.step, check.detail, check.action)
    return {"checked": len(checks), "warnings": sum(not check.ok for check in checks)}


@task.short_circuit
def fetch_invoices(company: str) -> list[str]:
    """Batch keys of what there is to do; with none, everything downstream is skipped, the report included."""
    from sellsy_ledger.pipeline.fetch import fetch_invoices as step
    from sellsy_ledger_airflow.runs import selection_of

    context = get_current_context()
    with at_work(company) as opened:
        selection = selection_of(context["dag_run"], context["params"], opened.settings.start_date)
        log.info(
            "%s run: documents dated from %s to %s", selection.kind, selection.dated_from, selection.dated_to or "now"
        )
        return step(opened, selection)


@task(multiple_outputs=False)
def fetch_pdfs(company: str, batch: str) -> Counts:
    """The supporting document of each document of the batch."""
    from sellsy_ledger.pipeline.pdfs import fetch_pdfs as step

    return over_batch(step, company, batch)


# Two batches may hold the same new customer: resolved one after the other, it is created once.
@task(multiple_outputs=False, max_active_tis_per_dagrun=1)
def resolve_third_parties(company: str, batch: str) -> Counts:
    """The tool's own customer or supplier of each document; created where nothing matches."""
    from sellsy_ledger.pipeline.third_parties import resolve_third_parties as step

    return over_batch(step, company, batch)


@task(multiple_outputs=False)
def map_vat_and_accounts(company: str, batch: str) -> Counts:
    """Entry lines: accounts, VAT codes, labels."""
    from sellsy_ledger.pipeline.mapping import map_vat_and_accounts as step

    return over_batch(step, company, batch)


# Two batches may hold two documents with one piece number: looked at one after the other, only the first keeps it.
@task(multiple_outputs=False, max_active_tis_per_dagrun=1)
def compute_rounding(company: str, batch: str) -> Counts:
    """The rounding line, where one is due; the entry balances or the document waits."""
    from sellsy_ledger.pipeline.rounding import compute_rounding as step

    return over_batch(step, company, batch)


@task(multiple_outputs=False)
def post_entries(company: str, batch: str) -> Counts:
    """Hand the batch's ready documents to the tool, each once; the company's books change as an asset.

    A preview books nothing. It succeeds all the same: a skipped step would take the report with it, which frees the
    company for the next run.
    """
    from sellsy_ledger.pipeline.posting import post_entries as step
    from sellsy_ledger_airflow.runs import is_preview

    context = get_current_context()
    if is_preview(context["params"]):
        log.info("Preview: nothing is posted. The entries are in the register, ready.")
        return {"step": "post_entries", "batch": batch, "preview": True}
    counts = over_batch(step, company, batch)
    if counts["states"].get("posted"):
        emit_books(context, company)
    return counts


def emit_books(context: Mapping[str, Any], company: str) -> None:
    """Tell Airflow that the company's books changed, once the task at work succeeds."""
    from sellsy_ledger_airflow.assets import books, books_alias
    from sellsy_ledger_airflow.settings import read_settings

    context["outlet_events"][books_alias(company)].add(books(company, read_settings(company).tool))


@task(multiple_outputs=False)
def verify_entries(company: str, batch: str) -> Counts:
    """Read every posted entry back and compare it line by line."""
    from sellsy_ledger.pipeline.verify import verify_entries as step

    return over_batch(step, company, batch)


@task(multiple_outputs=False)
def deliver_batch(company: str) -> Counts:
    """Hand the run's file over, for tools that import files, and note what was said of earlier ones."""
    from sellsy_ledger.pipeline.delivery import deliver_batch as step

    context = get_current_context()
    with at_work(company) as opened:
        counts = step(opened).to_dict()
    log.info("%s: %s documents, %s", counts["step"], counts["documents"], counts["states"])
    if counts["states"].get("posted"):
        emit_books(context, company)
    return counts


@task(multiple_outputs=False)
def report(company: str) -> Counts:
    """What the run did, in counts; the totals go to the log. Frees the company for the next run.

    Raises:
        AirflowFailException: a step of this run failed, or a person was asked and did not answer in time: what was
            prepared is not in the books, and the run must not look as if it were. The report is made first.
    """
    from sellsy_ledger.core.money import cents_to_text
    from sellsy_ledger.pipeline.report import build_report as step

    with at_work(company) as opened:
        made = step(opened)
    log.info("This run: %s read, %s new, %s worked on: %s", made.read, made.new, made.worked_on, made.states)
    asked = made.approval
    if asked.shown:
        level = logging.INFO if asked.approved == asked.shown else logging.WARNING
        answer = "Shown to a person: %s; approved %s, refused %s, changed since and held back %s (by %s)"
        log.log(level, answer, asked.shown, asked.approved, asked.refused, asked.held, made.answered_by or "nobody")
    log.info("All runs: %s; waiting %s", made.all_states, made.all_reasons)
    if made.delivered:
        log.info("Handed over, and not yet known to be in the books: %s documents", made.delivered)
    if made.proposals or made.doubles:
        log.warning("A person must decide: %s corrections, %s possible doubles", made.proposals, made.doubles)
    debit, credit = cents_to_text(made.debit_cents), cents_to_text(made.credit_cents)
    log.info("In the books: %s entries, debit %s, credit %s", made.booked, debit, credit)
    failed = _failed_steps()
    if failed:
        raise AirflowFailException(
            f"These steps failed: {', '.join(failed)}. Their logs say why; what they did not finish stays in the "
            "register and the next run takes it up again."
        )
    if asked.unanswered:
        raise AirflowFailException(
            f"Nobody answered in time: {asked.unanswered} documents were not posted. They stay in the register, and "
            "the next run asks again."
        )
    return {name: value for name, value in made.to_dict().items() if not name.endswith("_cents")}


def _failed_steps() -> list[str]:
    context = get_current_context()
    run = context["dag_run"]
    states: Mapping[str, Mapping[str, Any]] = context["ti"].get_task_states(dag_id=run.dag_id, run_ids=[run.run_id])
    return sorted(step for step, state in states.get(run.run_id, {}).items() if str(state) == "failed")


@task(multiple_outputs=False)
def full_scan(company: str) -> Counts:
    """List all of Sellsy again since the start date: what changed after it was posted is found, and what would
    correct it is proposed.
    """
    from sellsy_ledger.pipeline.fetch import scan_everything as step

    with at_work(company) as opened:
        read, proposed = step(opened)
    log.info("%s documents read; corrections proposed: %s", read, proposed)
    return {"read": read, "proposed": proposed}


@task(multiple_outputs=False)
def prove_months(company: str) -> dict[str, str]:
    """Each month since the start date: Sellsy, register and ledger side by side.

    Returns:
        Month → ``proved``, ``gaps`` or ``not_provable``. The gaps are in the log and, by document, in the register.
    """
    from sellsy_ledger.pipeline.proof import prove as step
    from sellsy_ledger_airflow.runs import months_since

    levels: dict[str, str] = {}
    with at_work(company) as opened:
        for month in months_since(opened.settings.start_date, opened.now()):
            proof = step(opened, month)
            levels[month] = proof.level
            log.log(logging.INFO if proof.level == "proved" else logging.WARNING, "%s: %s", month, proof.level)
            for gap in proof.gaps:
                log.warning("%s: %s (%s): %s", month, gap.number or "?", gap.key, gap.why)
    return levels


@task(retries=0)
def configuration_error(message: str) -> None:
    """The only task of a company whose settings are wrong: it says what to correct, field by field.

    Raises:
        AirflowFailException: always.
    """
    raise AirflowFailException(message)
