"""A clean resolve is no proof: everything that the server set-up names must import from the pinned tree."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import yaml

import tests.airflow_home  # noqa: F401 - a throw-away Airflow home, before anything of Airflow is imported

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "module",
    [
        "airflow.providers.celery.executors.celery_executor",
        "airflow.providers.celery.cli.celery_command",
        "airflow.providers.fab.auth_manager.fab_auth_manager",
        "airflow.providers.postgres.hooks.postgres",
        "airflow.providers.redis.hooks.redis",
        "airflow.providers.http.hooks.http",
        "airflow.providers.common.io.operators.file_transfer",
        "airflow.executors.local_executor",
    ],
)
def test_what_the_server_needs_imports(module: str) -> None:
    assert importlib.import_module(module)


def test_every_requirement_is_pinned_exactly() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert len(packages) > 100
    assert [
        line for line in packages if not re.match(r"^[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^ ]+( ;.*)?$", line)
    ] == []


def test_the_server_setup_has_no_default_secret() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
    assert all(secret["file"].startswith(".secrets/") for secret in compose["secrets"].values())
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|KEY|CONN|BROKER|BACKEND", variable):
                assert variable.endswith(("_CMD", "_FILE")), f"{name}: {variable} holds a value"
                assert "/run/secrets/" in str(value)
    assert ".secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_image_runs_the_pinned_airflow() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    pinned = re.search(
        r"^apache-airflow==(\S+)$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert pinned
    assert f"apache/airflow:{pinned[1]}-python" in dockerfile
