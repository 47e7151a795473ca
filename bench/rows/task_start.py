"""Row 2: what a starting task pays for the DAG file of its company, whatever the number of other companies."""

from __future__ import annotations

import json
import os
import runpy
import statistics
import subprocess
import sys

from bench import airflow_home
from bench.airflow_home import VARIABLE, any_tool
from bench.measure import Measure, Options, interleaved
from bench.rows.parse import build_by_hand

__all__ = ["measure"]

COUNTS = (10, 100, 1000)
CONTEXT = "_AIRFLOW_PARSING_CONTEXT_DAG_ID"
_COLD = """
import runpy, sys, time
start = time.perf_counter()
import airflow.sdk
airflow_only = time.perf_counter() - start
runpy.run_path(sys.argv[1])
print(airflow_only, time.perf_counter() - start)
"""


def measure(options: Options) -> list[Measure]:
    """One line per number of companies (the last one is the target's), and the cold start for information."""
    airflow_home.prepare()
    file = str(airflow_home.DAGS / "company_sync.py")
    lines = []
    for count in COUNTS:
        companies = airflow_home.list_companies(count, any_tool())
        wanted = f"sync__{companies[count // 2]['company']}"
        os.environ[CONTEXT] = wanted
        assert wanted in runpy.run_path(file)
        ours, floor = _one_dag(file, options)
        lines.append(
            Measure(
                2,
                f"parse to start one task, {count:,} companies",
                "ms",
                1e3 * ours,
                20,
                peer="floor: Variable.get and that DAG by hand",
                peer_measured=1e3 * floor,
            )
        )
    airflow_home.list_companies(COUNTS[0], any_tool())
    return [*lines, _cold(file, options)]


def _one_dag(file: str, options: Options) -> list[float]:
    """The product, and the floor: Airflow hands out the Variable (its masker reads the whole text), one DAG is made."""
    from airflow.sdk import Variable

    from sellsy_ledger_airflow.settings import COMPANIES_VARIABLE

    whole = os.environ[VARIABLE]
    alone = json.dumps(json.loads(whole)[:1])

    def floor() -> None:
        os.environ[VARIABLE] = whole
        Variable.get(COMPANIES_VARIABLE)
        os.environ[VARIABLE] = alone
        build_by_hand()

    def product() -> None:
        os.environ[VARIABLE] = whole
        runpy.run_path(file)

    product()
    floor()
    times = interleaved(product, floor, rounds=options.times(41, least=5))
    os.environ[VARIABLE] = whole
    return times


def _cold(file: str, options: Options) -> Measure:
    """A fresh interpreter: Airflow's SDK, then the file with its imports."""
    told = []
    for _ in range(options.times(5, least=3)):
        done = subprocess.run([sys.executable, "-c", _COLD, file], capture_output=True, text=True, check=True)
        told.append([float(part) for part in done.stdout.split()])
    sdk, whole = (1e3 * statistics.median(column) for column in zip(*told, strict=True))
    return Measure(
        2, "the same in a fresh interpreter", "ms", whole, peer="import airflow.sdk alone", peer_measured=sdk
    )
