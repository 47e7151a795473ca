"""A small client of Airflow's own REST API: what the demo writes and waits for (the CLI costs 7 s a call)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

__all__ = ["AirflowApi"]


class AirflowApi:
    """Airflow at ``base_url``, logged in on first use.

    Args:
        base_url: the API server's address.
        user: who logs in.
        password: his password.
        tries_again: how often a call that met no server, or a busy one, is repeated before it fails.
    """

    def __init__(self, base_url: str, user: str, password: str, *, tries_again: int = 6) -> None:
        self.base_url = base_url
        self._credentials = {"username": user, "password": password}
        self._session = requests.Session()
        self._session.trust_env = False
        # On SQLite the API answers 503 while another process writes; everything that is sent here may be sent again.
        busy = Retry(
            tries_again, status_forcelist=[503], allowed_methods=None, backoff_factor=0.5, raise_on_status=False
        )
        self._session.mount("http://", HTTPAdapter(max_retries=busy))

    def login(self) -> None:
        """Fetch a token (valid 24 h)."""
        answer = self._session.post(f"{self.base_url}/auth/token", json=self._credentials, timeout=30)
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def healthy(self) -> bool:
        """True when the API, the scheduler, the DAG processor and the triggerer all report healthy."""
        answer = self._session.get(f"{self.base_url}/api/v2/monitor/health", timeout=5)
        parts = answer.json() if answer.ok else {}
        return bool(parts) and all(
            parts.get(name, {}).get("status") == "healthy"
            for name in ("metadatabase", "scheduler", "dag_processor", "triggerer")
        )

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """One request; the decoded answer. Raises requests.HTTPError on a refusal."""
        answer = self._session.request(method, f"{self.base_url}/api/v2{path}", json=body, params=params, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def write(self, collection: str, entities: list[dict[str, Any]]) -> None:
        """Create or overwrite variables, connections or pools."""
        action = {"action": "create", "entities": entities, "action_on_existence": "overwrite"}
        done = self.call("PATCH", f"/{collection}", {"actions": [action]})
        errors = (done.get("create") or {}).get("errors") or []
        if errors:
            raise requests.HTTPError(f"{collection}: {errors}")

    def dag_exists(self, dag_id: str) -> bool:
        """True once the DAG processor has seen the DAG."""
        answer = self._session.get(f"{self.base_url}/api/v2/dags/{dag_id}", timeout=30)
        return answer.status_code == 200

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler run it."""
        self.call("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Its runs, newest first."""
        found: list[dict[str, Any]] = self.call("GET", f"/dags/{dag_id}/dagRuns", order_by="-run_after", limit=100)[
            "dag_runs"
        ]
        return found

    def run_again(self, dag_id: str, run_id: str) -> None:
        """Clear a finished run, so that the scheduler runs the same night once more."""
        self.call("POST", f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/clear", {"dry_run": False})

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The task instances of a run."""
        found: list[dict[str, Any]] = self.call(
            "GET", f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances", limit=200
        )["task_instances"]
        return found
