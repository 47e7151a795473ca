"""From the list of companies to DAGs: one each, whatever is wrong with another one's settings.

A DAG file must never raise because of one company: Airflow would drop the whole file, the healthy companies' DAGs
included. A company whose settings are wrong keeps its DAG id and gets a single task that says what to correct.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import DAG, CronDataIntervalTimetable, get_parsing_context, literal
from airflow.sdk.exceptions import AirflowTimetableInvalid
from croniter import croniter  # type: ignore[import-untyped]  # Airflow's own cron reader; it ships no types

from sellsy_ledger.connectors.registry import variants
from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger_airflow import tasks
from sellsy_ledger_airflow.retry import RETRY_ARGS
from sellsy_ledger_airflow.runs import PARIS
from sellsy_ledger_airflow.settings import read_companies
from sellsy_ledger_airflow.texts import ERROR_DOC

if TYPE_CHECKING:
    from sellsy_ledger.core.capabilities import Capabilities
    from sellsy_ledger.core.settings import CompanyEntry

__all__ = ["ERROR_DAG", "build_dags", "company_dag", "is_any_variant", "nightly"]

ERROR_DAG = "sellsy_ledger_configuration_error"
# The error DAG of a company runs nightly too: a broken schedule must not make its own error message invisible.
ERROR_SCHEDULE = "0 2 * * *"
ERROR_START = datetime(2026, 1, 1, tzinfo=PARIS)


def nightly(schedule: str | None) -> CronDataIntervalTimetable | None:
    """The timetable of a cron text in Paris time, each run covering the time since the run before; None for manual.

    Raises:
        ConfigurationError: it is not a cron text, or one that never comes round.
    """
    if schedule is None:
        return None
    if not _comes_round(schedule):
        raise ConfigurationError(
            "schedule is not a cron text that comes round: write five fields, for instance '0 2 * * *'.",
            field="schedule",
        )
    return CronDataIntervalTimetable(schedule, timezone="Europe/Paris")


@cache
def _comes_round(schedule: str) -> bool:
    """True when the schedule has a next tick; ``0 0 31 2 *`` would break the scheduler, not only this company."""
    timetable = CronDataIntervalTimetable(schedule, timezone="Europe/Paris")
    try:
        timetable.validate()
        croniter(timetable.expression, ERROR_START).get_next()
    except (AirflowTimetableInvalid, ValueError, KeyError, AttributeError):
        return False
    return True


def is_any_variant(entry: CompanyEntry, able: Callable[[Capabilities], bool]) -> bool:
    """True when one of the ways to reach the company's tool is ``able``; which one it is, only its Connection says."""
    return any(able(capabilities) for capabilities in variants(entry.tool).values())


def company_dag(
    dag_id: str, entry: CompanyEntry, *, schedule: str | None, doc_md: str, tags: list[str], **more: Any
) -> DAG:
    """An empty DAG of one company with what all of ours share.

    Nothing is caught up: a scheduled run takes everything that is not done, whatever its date. Airflow creates new
    DAGs paused (``[core] dags_are_paused_at_creation``), so that nobody's books are written before someone said so.
    """
    start = entry.start_date
    return DAG(
        dag_id,
        dag_display_name=f"{dag_id} · {entry.name}",
        schedule=nightly(schedule),
        start_date=datetime(start.year, start.month, start.day, tzinfo=PARIS),
        catchup=False,
        max_active_runs=1,
        default_args=RETRY_ARGS,
        doc_md=doc_md.format(name=entry.name, company=entry.company, tool=entry.tool, start_date=start),
        tags=["sellsy_ledger", entry.tool, *tags],
        auto_register=False,
        **more,
    )


def build_dags(prefix: str, build: Callable[[str, CompanyEntry], DAG]) -> dict[str, DAG]:
    """The DAGs ``<prefix>__<company>``, by id; only the wanted one when a task starts.

    Args:
        prefix: the DAG file's own prefix.
        build: makes one company's DAG.
    """
    only = get_parsing_context().dag_id
    if only is not None and only != ERROR_DAG and not only.startswith(f"{prefix}__"):
        return {}
    wanted = only.removeprefix(f"{prefix}__") if only is not None and only != ERROR_DAG else None
    try:
        companies = read_companies(wanted)
    except ConfigurationError as error:
        # Each DAG file comes here; one of them shows the error for all.
        return {ERROR_DAG: _error_dag(ERROR_DAG, str(error))} if prefix == "sync" else {}
    wrong = dict(companies.wrong)
    dags: dict[str, DAG] = {}
    for entry in companies.entries:
        if not entry.enabled or wanted not in (None, entry.company):
            continue
        dag_id = f"{prefix}__{entry.company}"
        try:
            dags[dag_id] = build(dag_id, entry)
        except ConfigurationError as error:
            wrong[entry.company] = str(error)
    if prefix == "sync":
        for company, message in sorted(wrong.items()):
            if wanted in (None, company):
                dags[f"{prefix}__{company}"] = _error_dag(f"{prefix}__{company}", message)
    return dags


def _error_dag(dag_id: str, message: str) -> DAG:
    with DAG(
        dag_id,
        schedule=nightly(ERROR_SCHEDULE),
        start_date=ERROR_START,
        catchup=False,
        max_active_runs=1,
        doc_md=ERROR_DOC.format(message=_as_markdown_text(message)),
        tags=["sellsy_ledger", "configuration_error"],
        auto_register=False,
    ) as dag:
        # `literal`: names written by people must not be read as Jinja.
        tasks.configuration_error(cast(str, literal(message)))
    return dag


def _as_markdown_text(message: str) -> str:
    """The message in a code block, which no name inside it can close."""
    return message.replace("`", "'").replace("\n", " ")
