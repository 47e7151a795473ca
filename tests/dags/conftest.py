"""Sets Airflow's throw-away home before anything of Airflow is imported; no limiter of a run here really waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tests.airflow_home  # noqa: F401
from fastapi.testclient import TestClient
from tests.dags.night import Night
from tests.dags.people import People
from tests.elastic_time import ElasticTime

from sellsy_ledger_sandbox.server import Sandbox


@pytest.fixture(autouse=True)
def elastic_time(monkeypatch: pytest.MonkeyPatch) -> ElasticTime:
    """The time of every limiter: tasks of ``dag.test()`` make theirs in this process, with the tools' real limits."""
    elastic = ElasticTime()
    monkeypatch.setattr("sellsy_ledger.http.throttle.time", elastic)
    monkeypatch.setattr("sellsy_ledger.http.shared_throttle.time", elastic)
    return elastic


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(quota=False, storage=tmp_path / "storage") as served:
        yield served


@pytest.fixture
def night(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Night]:
    def make(tool: str = "myunisoft") -> Night:
        return Night(sandbox, tmp_path / "register.db", tool, monkeypatch.setenv)

    return make


@pytest.fixture(scope="session")
def server() -> Iterator[TestClient]:
    """Airflow's own API application."""
    from airflow.api_fastapi.app import create_app
    from tests.airflow_database import prepare_database

    prepare_database()
    with TestClient(create_app(apps="core"), follow_redirects=False) as client:
        yield client


@pytest.fixture
def people(server: TestClient, monkeypatch: pytest.MonkeyPatch) -> People:
    return People(server, monkeypatch)
