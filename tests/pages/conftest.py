"""Sets Airflow's throw-away home before anything of Airflow is imported; a register, companies, and people who look."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tests.airflow_home  # noqa: F401
from fastapi.testclient import TestClient
from tests.empty_register import empty_register

from sellsy_ledger.register.store import Register


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    file = tmp_path / "register.db"
    file.write_bytes(empty_register())
    connection = json.dumps({"conn_type": "sqlite", "host": str(file)})
    monkeypatch.setenv("AIRFLOW_CONN_SELLSY_LEDGER_REGISTER", connection)
    monkeypatch.setenv("AIRFLOW_VAR_SELLSY_LEDGER_DOCUMENTS_URL", f"file://{tmp_path / 'documents'}")
    with Register.open(f"sqlite:///{file}") as opened:
        yield opened


@pytest.fixture
def companies(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    def set_to(value: Any) -> None:
        monkeypatch.setenv(
            "AIRFLOW_VAR_SELLSY_LEDGER_COMPANIES", value if isinstance(value, str) else json.dumps(value)
        )

    return set_to


@pytest.fixture(scope="session")
def server() -> Iterator[TestClient]:
    """Airflow's own API application, with the plugin folder of this repository."""
    from airflow.api_fastapi.app import create_app
    from tests.airflow_database import prepare_database

    prepare_database()
    with TestClient(create_app(apps="core"), follow_redirects=False) as client:
        yield client


@pytest.fixture
def token() -> Callable[[str], dict[str, str]]:
    """The headers of somebody signed in at the real API server."""

    def headers(role: str) -> dict[str, str]:
        from airflow.api_fastapi.app import get_auth_manager
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

        user = SimpleAuthManagerUser(username=role, role=role)
        return {"Authorization": f"Bearer {get_auth_manager().generate_jwt(user)}"}

    return headers
