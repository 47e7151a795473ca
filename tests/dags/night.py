"""One company between the sandbox and a real Airflow, and what a run of it left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.airflow_database import store_dags
from tests.airflow_home import DAGS
from tests.unit.airflow.examples import entry, settings

from sellsy_ledger.core.outcomes import State
from sellsy_ledger.register.store import Register
from sellsy_ledger_sandbox.server import Sandbox

__all__ = ["Night", "events", "results", "states"]

SELLSY_SECRET = "demo-secret-sellsy"
ACCESS: dict[str, dict[str, Any]] = {
    "myunisoft": {"password": "demo-token-myunisoft", "extra": {"third_party_secret": "demo-secret-myunisoft"}},
    "pennylane": {"password": "demo-token-pennylane"},
    "cegid_loop": {
        "login": "demo-key-cegid",
        "password": "demo-secret-cegid",
        "extra": {"subscription_secret": "demo-subscription-cegid", "dossier_code": "DEMO01", "route": "json"},
    },
    "sage100": {"host": "", "extra": {"dossier": "ATELIER", "company_name": "Atelier Exemple SARL"}},
}
VAT_CODES = {"myunisoft": "C20", "pennylane": "FR_200", "cegid_loop": "C20", "sage100": None}


class Night:
    """One company between the sandbox and a real Airflow."""

    def __init__(self, sandbox: Sandbox, register: Path, tool: str, setenv: Callable[[str, str], None]) -> None:
        self.sandbox, self.tool, self._setenv = sandbox, tool, setenv
        self.register_url = f"sqlite:///{register}"
        self.company = f"night_{tool}"
        self.inbox = register.parent / "inbox"
        self.inbox.mkdir(exist_ok=True)
        setenv("AIRFLOW_CONN_SELLSY_LEDGER_REGISTER", json.dumps({"conn_type": "sqlite", "host": str(register)}))
        self.configure()

    def configure(self, *, start_date: str = "2026-11-10", secret: str = SELLSY_SECRET, **changes: Any) -> None:
        """Write what an administrator writes: the list, the settings and the two Connections."""
        whole = settings(self.company, self.tool) | {"scope": "sales", "start_date": start_date} | changes
        code = VAT_CODES[self.tool]
        whole["mappings"]["vat"] = [{"direction": "sales", "rate": "20", "vat_code": code, "account": "445710"}]
        whole["mappings"]["rounding_vat_codes"] = {"sales": code}
        listed = entry(self.company, self.tool) | {"start_date": start_date}
        url = self.sandbox.url
        hosts = {"login_url": f"{url}/sellsy", "v1_url": f"{url}/sellsy/v1/0/", "file_hosts": "127.0.0.1"}
        sellsy = {"conn_type": "sellsy", "host": f"{url}/sellsy/v2", "login": "demo-client", "password": secret}
        tool = {"conn_type": self.tool, "host": f"{url}/{self.tool}"} | ACCESS[self.tool]
        if self.tool == "sage100":
            tool["extra"] = tool["extra"] | {"folder": str(self.inbox)}
        self._setenv("AIRFLOW_VAR_SELLSY_LEDGER_COMPANIES", json.dumps([listed]))
        self._setenv(f"AIRFLOW_VAR_SELLSY_LEDGER_COMPANY__{self.company.upper()}", json.dumps(whole))
        self._setenv(f"AIRFLOW_CONN_SELLSY__{self.company.upper()}", json.dumps(sellsy | {"extra": hosts}))
        self._setenv(f"AIRFLOW_CONN_{self.tool.upper()}__{self.company.upper()}", json.dumps(tool))
        store_dags()

    def run(self, dag: str = "sync", **form: Any) -> Any:
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(DAGS, bundle_name="dags-folder")
        return bag.dags[f"{dag}__{self.company}"].test(run_conf=form)

    def entries(self) -> list[Any]:
        return self.sandbox.entries(self.tool)

    def documents(self, *states: State) -> list[Any]:
        with Register.open(self.register_url) as register:
            return register.load(self.company, register.select(self.company, states=list(states) or None))


def states(run: Any) -> dict[str, str]:
    """Task → state; the instances of a mapped task must agree."""
    found: dict[str, set[str]] = {}
    for instance in run.get_task_instances():
        found.setdefault(instance.task_id, set()).add(str(instance.state))
    return {task: "/".join(sorted(each)) for task, each in found.items()}


def results(run: Any) -> dict[str, Any]:
    """Every XCom of the run, by task."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        rows = session.scalars(select(XComModel).where(XComModel.run_id == run.run_id, XComModel.dag_id == run.dag_id))
        return {f"{row.task_id}.{row.map_index}.{row.key}": row.value for row in rows}


def events(run: Any) -> list[str]:
    """The assets that changed in the run."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        statement = select(AssetEvent).where(
            AssetEvent.source_run_id == run.run_id, AssetEvent.source_dag_id == run.dag_id
        )
        return [event.asset.uri for event in session.scalars(statement)]
