"""One night of every demo company, run by Airflow's own scheduler."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.progress import Progress

from sellsy_ledger_airflow.demo.companies import DemoCompany, dag_id_of
from sellsy_ledger_airflow.demo.processes import DemoFailed
from sellsy_ledger_airflow.demo.rest import AirflowApi

__all__ = ["run_nights"]

FINISHED = ("success", "failed")
LIMIT_SECONDS = 1500.0
# The API server shares the machine's cores with the tasks: asking more often would only slow them down.
LOOK_EVERY_SECONDS = 2.0


def run_nights(
    api: AirflowApi, companies: Sequence[DemoCompany], progress: Progress, *, alive: Callable[[], None]
) -> None:
    """Un-pause each company's DAG and wait for its scheduled run to end; they run side by side.

    Un-pausing makes the scheduler run the last complete night at once. Where that night has run before (a second demo
    on the same day), the same run is cleared, so that the scheduler repeats it and it can prove to post nothing.

    Raises:
        DemoFailed: a run failed, or did not end in time.
    """
    bars = {}
    names = {dag_id_of(company): company.name for company in companies}
    for dag_id, name in names.items():
        bars[dag_id] = progress.add_task(f"{name}: waiting for the scheduler", total=None)
        _start_night(api, dag_id)
    deadline = time.monotonic() + LIMIT_SECONDS
    waiting = dict(bars)
    while waiting:
        alive()
        if time.monotonic() > deadline:
            raise DemoFailed(f"{', '.join(waiting)}: not finished after {LIMIT_SECONDS / 60:.0f} min.")
        for dag_id in list(waiting):
            run = _night(api, dag_id)
            if run is None:
                continue
            _show(api, progress, bars[dag_id], names[dag_id], run)
            if run["state"] in FINISHED:
                _judge(api, dag_id, run)
                del waiting[dag_id]
        time.sleep(LOOK_EVERY_SECONDS)


def _start_night(api: AirflowApi, dag_id: str) -> None:
    done = _night(api, dag_id)
    api.unpause(dag_id)
    if done is not None and done["state"] in FINISHED and not _newer_night_is_due(api, dag_id):
        api.run_again(dag_id, done["dag_run_id"])


def _newer_night_is_due(api: AirflowApi, dag_id: str) -> bool:
    due = api.call("GET", f"/dags/{dag_id}").get("next_dagrun_run_after")
    return bool(due) and str(due) <= time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _night(api: AirflowApi, dag_id: str) -> dict[str, Any] | None:
    scheduled = [run for run in api.runs(dag_id) if run["run_type"] == "scheduled"]
    return scheduled[0] if scheduled else None


def _show(api: AirflowApi, progress: Progress, bar: Any, name: str, run: dict[str, Any]) -> None:
    tasks = api.tasks(run["dag_id"], run["dag_run_id"])
    done = sum(task["state"] in ("success", "skipped", "failed", "upstream_failed") for task in tasks)
    running = [task["task_id"] for task in tasks if task["state"] == "running"]
    step = running[0] if running else run["state"]
    progress.update(bar, description=f"{name}: {step}", completed=done, total=max(len(tasks), 1))


def _judge(api: AirflowApi, dag_id: str, run: dict[str, Any]) -> None:
    if run["state"] == "success":
        return
    failed = [task["task_id"] for task in api.tasks(dag_id, run["dag_run_id"]) if task["state"] == "failed"]
    raise DemoFailed(
        f"{dag_id}: the task {', '.join(failed) or '?'} failed. Its log is below .airflow/logs/dag_id={dag_id}; "
        "`make up` shows it in the browser."
    )
