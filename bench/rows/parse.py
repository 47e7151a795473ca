"""Row 1: parsing the DAG file of 1,000 companies. Peers: a plain loop that builds the same DAGs, and dag-factory."""

from __future__ import annotations

import json
import os
import runpy
from pathlib import Path
from typing import Any

from bench import airflow_home
from bench.airflow_home import VARIABLE, any_tool
from bench.measure import Measure, Options, interleaved

__all__ = ["build_by_hand", "measure"]


def measure(options: Options) -> list[Measure]:
    """Two lines: beside the loop with all companies, and beside dag-factory with a part of them."""
    home = airflow_home.prepare()
    count = 200 if options.quick else 1000
    file = airflow_home.DAGS / "company_sync.py"
    companies = airflow_home.list_companies(count, any_tool())
    _load_everything(file)
    _check_same(file)

    ours, loop = interleaved(lambda: _product(file), build_by_hand, rounds=3)
    part = companies[: count // 5]
    factory, loop_of_part = _beside_dag_factory(home / "dags.yaml", part)
    what = f"parse {count:,} companies, settings validated"
    beside = "the loop beside dag-factory, per company"
    return [
        Measure(1, what, "s", ours, 1.25, of_peer=True, peer="plain loop, same DAGs", peer_measured=loop),
        Measure(
            1,
            beside,
            "ms",
            1e3 * loop_of_part / len(part),
            peer="dag-factory from YAML",
            peer_measured=1e3 * factory / len(part),
            note=f"{len(part)} companies",
        ),
    ]


def _product(file: Path) -> dict[str, Any]:
    """What Airflow's DAG processor does with the file: execute it."""
    return runpy.run_path(str(file))


def build_by_hand() -> dict[str, Any]:
    """The DAGs of the whole list by the plain loop."""
    from bench.peers import plain_dags
    from sellsy_ledger_airflow.retry import RETRY_ARGS
    from sellsy_ledger_airflow.texts import SYNC_DOC, sync_params

    companies = json.loads(os.environ[VARIABLE])
    return plain_dags.build(companies, params=sync_params(), default_args=RETRY_ARGS, doc_md=SYNC_DOC)


def _beside_dag_factory(path: Path, companies: list[dict[str, Any]]) -> list[float]:
    from bench.peers import dag_factory
    from sellsy_ledger_airflow.texts import SYNC_DOC

    os.environ[VARIABLE] = json.dumps(companies)
    dag_factory.write(companies, path, doc_md=SYNC_DOC)
    assert len(dag_factory.load(path)) == len(companies)
    return interleaved(lambda: dag_factory.load(path), build_by_hand, rounds=3)


def _load_everything(file: Path) -> None:
    """Imports are paid once per process, by Airflow's own above all; only the file's work is measured."""
    whole = os.environ[VARIABLE]
    os.environ[VARIABLE] = json.dumps(json.loads(whole)[:2])
    _product(file)
    build_by_hand()
    os.environ[VARIABLE] = whole


def _check_same(file: Path) -> None:
    """The loop is a fair peer only while it builds what the product builds."""
    whole = os.environ[VARIABLE]
    os.environ[VARIABLE] = json.dumps(json.loads(whole)[:1])
    ours = next(dag for name, dag in _product(file).items() if name.startswith("sync__"))
    theirs = next(iter(build_by_hand().values()))
    os.environ[VARIABLE] = whole
    assert _shape(ours) == _shape(theirs), (_shape(ours), _shape(theirs))


def _shape(dag: Any) -> dict[str, Any]:
    return {
        task.task_id: (sorted(task.upstream_task_ids), task.pool, str(task.trigger_rule), task.task_type)
        for task in dag.tasks
    }
