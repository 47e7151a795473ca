"""A throw-away Airflow home, set before Airflow is imported for the first time."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["DAGS", "VARIABLE", "any_tool", "list_companies", "prepare"]

VARIABLE = "AIRFLOW_VAR_SELLSY_LEDGER_COMPANIES"
DAGS = Path(__file__).resolve().parents[1] / "dags"


def prepare() -> Path:
    """Point Airflow at an empty folder that goes with the process; returns it."""
    home = Path(tempfile.mkdtemp(prefix="bench-airflow-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith(("AIRFLOW_", "SELLSY_LEDGER_"))]:
        del os.environ[name]
    os.environ.update(
        {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__FERNET_KEY": "",
            "AIRFLOW__API_AUTH__JWT_SECRET": "bench-only-" + "0" * 64,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        }
    )
    return home


def list_companies(count: int, tool: str) -> list[dict[str, Any]]:
    """Write the list of companies where DAG files read it, as Airflow's environment backend holds it."""
    companies = [
        {
            "company": f"company-{position:04d}",
            "name": f"Société n° {position}",
            "tool": tool,
            "start_date": "2026-01-01",
            "schedule": f"{position % 60} 2 * * *",
            "enabled": True,
        }
        for position in range(count)
    ]
    os.environ[VARIABLE] = json.dumps(companies)
    return companies


def any_tool() -> str:
    """Any accounting tool will do: a DAG only carries its name."""
    from sellsy_ledger.connectors.registry import tools

    return tools()[0]
