"""Row 9: a night on which nothing happened, in real Airflow: task instances that ran, and calls to every API.

The first run books what there is; the second one, as the scheduler starts it, finds nothing new and nothing waiting.
"""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from bench import airflow_home
from bench.measure import Measure, Options
from bench.served import CLIENT, SECRET, Served, served

__all__ = ["measure"]

COMPANY = "idle"
START = "2026-11-10"
ALREADY_RUN = ("success", "failed", "upstream_failed")


def measure(options: Options) -> list[Measure]:
    """Two lines."""
    home = airflow_home.prepare()
    with served() as sandbox:
        sandbox.keep_plain()
        _configure(sandbox, home)
        _store_dags()
        _night(home, "first")
        booked = sum(sandbox.calls().values())
        executed = _night(home, "idle")
        calls = sum(sandbox.calls().values()) - booked
        waiting = _waiting(home)
        assert not waiting, f"no idle night: {waiting}"
    working = f"the working night before it took {booked} calls"
    return [
        Measure(9, "idle company-night: API calls", "calls", calls, 5, note=working),
        Measure(9, "idle company-night: task instances executed", "tasks", len(executed), 2, note=", ".join(executed)),
    ]


def _night(home: Path, name: str) -> list[str]:
    """One run of the company's DAG as the scheduler makes it; the tasks that were executed."""
    from airflow.dag_processing.dagbag import DagBag

    from sellsy_ledger_airflow import runs

    dag = DagBag(airflow_home.DAGS, bundle_name="dags-folder").dags[f"sync__{COMPANY}"]
    # `DAG.test` makes manual runs only, which list everything anew; the scheduler's run is the one of every night.
    scheduled = SimpleNamespace(run_type="scheduled")
    selected = partial(runs.selection_of, scheduled)
    with mock.patch.object(runs, "selection_of", lambda _run, params, start: selected(params, start)):
        run: Any = dag.test()
    assert str(run.state) == "success", f"the {name} night ended as {run.state}"
    return sorted(one.task_id for one in run.get_task_instances() if str(one.state) in ALREADY_RUN)


def _waiting(home: Path) -> list[str]:
    from sellsy_ledger.core.outcomes import State
    from sellsy_ledger.register.store import Register

    with Register.open(f"sqlite:///{home / 'ledger.db'}") as register:
        counts = register.counts(COMPANY)
    return [f"{count} {state} {reason}" for (state, reason), count in counts.items() if state is not State.VERIFIED]


def _store_dags() -> None:
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.utils.db import initdb

    initdb()
    manager: Any = DagBundlesManager
    manager().sync_bundles_to_db()
    sync_bag_to_db(DagBag(airflow_home.DAGS, bundle_name="dags-folder"), "dags-folder", None)


def _configure(sandbox: Served, home: Path) -> None:
    """What an administrator writes, from the demo's own company."""
    from sellsy_ledger_airflow.demo import companies as demo

    atelier = next(company for company in demo.COMPANIES if company.company == "atelier")
    whole = {**atelier.settings, "company": COMPANY, "start_date": START}
    tool = whole["tool"]
    listed = {name: whole[name] for name in ("company", "name", "tool", "start_date", "schedule")}
    listed |= {name: whole[name] for name in ("sellsy_conn_id", "tool_conn_id")}
    hosts = {"login_url": f"{sandbox.url}/sellsy", "v1_url": f"{sandbox.url}/sellsy/v1/0/", "file_hosts": sandbox.url}
    sellsy = {"conn_type": "sellsy", "host": f"{sandbox.url}/sellsy/v2", "login": CLIENT, "password": SECRET}
    books = {"conn_type": tool, "host": f"{sandbox.url}/{tool}", "password": f"demo-token-{tool}"}
    values = {
        "VAR_SELLSY_LEDGER_COMPANIES": json.dumps([listed]),
        f"VAR_SELLSY_LEDGER_COMPANY__{COMPANY.upper()}": json.dumps(whole),
        f"CONN_{whole['sellsy_conn_id'].upper()}": json.dumps(sellsy | {"extra": hosts}),
        f"CONN_{whole['tool_conn_id'].upper()}": json.dumps(
            books | {"extra": {"third_party_secret": f"demo-secret-{tool}"}}
        ),
        "CONN_SELLSY_LEDGER_REGISTER": json.dumps({"conn_type": "sqlite", "host": str(home / "ledger.db")}),
    }
    os.environ.update({f"AIRFLOW_{name}": value for name, value in values.items()})
