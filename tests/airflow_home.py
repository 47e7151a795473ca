"""One throw-away Airflow home per test process, set before Airflow is imported for the first time.

Airflow reads its configuration once, at import. Every conftest whose tests touch Airflow imports this module first.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DAGS = ROOT / "dags"


def _prepare() -> Path:
    if any(name == "airflow" or name.startswith("airflow.") for name in sys.modules):
        raise RuntimeError("Airflow was imported before its test home was set: import tests.airflow_home first")
    home = Path(tempfile.mkdtemp(prefix="sellsy-ledger-airflow-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith(("AIRFLOW_", "SELLSY_LEDGER_"))]:
        del os.environ[name]
    os.environ.update(
        {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__FERNET_KEY": "",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,bob:viewer",
            "AIRFLOW__API_AUTH__JWT_SECRET": "only-for-tests-" + "0" * 64,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        }
    )
    return home


HOME = _prepare()
