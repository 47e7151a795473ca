"""The work that is disturbed, through Airflow's own REST API: backfills, and what a data engineer does afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import requests

from sellsy_ledger_airflow.demo.companies import DemoCompany, dag_id_of
from sellsy_ledger_airflow.demo.rest import AirflowApi

__all__ = ["Work"]

FINISHED = ("success", "failed")


class Work:
    """The runs of some companies; every call may raise ``requests.RequestException`` while something is down.

    Args:
        api: Airflow, logged in.
        chosen: the companies.
    """

    def __init__(self, api: AirflowApi, chosen: Sequence[DemoCompany]) -> None:
        self.api = api
        self.dag_ids = [dag_id_of(company) for company in chosen]
        self._names: dict[str, str] = {}

    def backfill(self, dag_id: str, first: str, *, again: bool = False) -> None:
        """Ask for every interval since ``first`` (ISO date), oldest first; nothing happens while one is at work."""
        body = {
            "dag_id": dag_id,
            "from_date": f"{first}T00:00:00Z",
            "to_date": datetime.now(UTC).isoformat(),
            "max_active_runs": 1,
            "run_backwards": False,
            "reprocess_behavior": "completed" if again else "none",
        }
        try:
            self.api.call("POST", "/backfills", body)
        except requests.HTTPError as error:
            if error.response is None or error.response.status_code != 409:
                raise

    def is_known_to_scheduler(self, dag_id: str) -> bool:
        """True once the scheduler knows that the backfill has the last complete interval: un-pausing begins nothing."""
        due = self.api.call("GET", f"/dags/{dag_id}").get("next_dagrun_run_after")
        return bool(due) and datetime.fromisoformat(str(due)) > datetime.now(UTC)

    def night(self, dag_id: str) -> str:
        """One run over everything since the start date, as the nightly one; its id."""
        run: dict[str, Any] = self.api.call("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": {}})
        return str(run["dag_run_id"])

    def unfinished(self) -> list[str]:
        """``<DAG> <run>: <state>`` of every run that has not ended well."""
        return [
            f"{dag_id} {run['dag_run_id']}: {run['state']}"
            for dag_id in self.dag_ids
            for run in self.api.runs(dag_id)
            if run["state"] != "success"
        ]

    def push(self) -> list[str]:
        """What a data engineer does who does not want to wait: clear failed runs, and tasks that wait for a retry.

        Returns:
            What was cleared.
        """
        cleared = []
        for dag_id in self.dag_ids:
            for run in self.api.runs(dag_id):
                run_id = run["dag_run_id"]
                if run["state"] == "failed":
                    # From its beginning: another run may have had the company since, and its batches are void then.
                    self.api.run_again(dag_id, run_id)
                    cleared.append(f"{dag_id} {run_id}")
                elif run["state"] == "running":
                    waiting = [task for task in self.api.tasks(dag_id, run_id) if task["state"] == "up_for_retry"]
                    for task in waiting:
                        body = {"dry_run": False, "dag_run_id": run_id, "only_failed": False, "only_running": False}
                        place = [task["task_id"], task["map_index"]] if task["map_index"] >= 0 else task["task_id"]
                        self.api.call("POST", f"/dags/{dag_id}/clearTaskInstances", {**body, "task_ids": [place]})
                        cleared.append(f"{dag_id} {task['task_id']}")
        return cleared

    def names(self) -> dict[str, str]:
        """Ids of the task instances running now → ``atelier 2026-03 post_entries``; remembers those seen before."""
        found = self.api.call("GET", "/dags/~/dagRuns/~/taskInstances", state="running", limit=100)
        for task in found["task_instances"]:
            day = str(task.get("logical_date") or "night")[:10]
            self._names[task["id"]] = f"{task['dag_id'].removeprefix('sync__')} {day} {task['task_id']}"
        return self._names
