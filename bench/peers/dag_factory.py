"""The same DAGs by dag-factory, from its YAML: steps in a chain, without the mapping over batches."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from dagfactory import load_yaml_dags  # type: ignore[import-untyped]  # it ships no types

from bench.peers.plain_dags import step_names

__all__ = ["load", "write"]


def write(companies: list[dict[str, Any]], path: Path, *, doc_md: str) -> None:
    """The YAML file that dag-factory reads at every parse."""
    path.write_text(yaml.safe_dump({f"sync__{entry['company']}": _dag(entry, doc_md) for entry in companies}))


def load(path: Path) -> dict[str, Any]:
    """What its two-line DAG file does."""
    found: dict[str, Any] = {}
    load_yaml_dags(globals_dict=found, config_filepath=str(path))
    return {name: dag for name, dag in found.items() if name.startswith("sync__")}


def _dag(entry: dict[str, Any], doc_md: str) -> dict[str, Any]:
    before = {after: [first] for first, after in pairwise(step_names)}
    pools = dict.fromkeys(step_names, f"{entry['tool']}__{entry['company']}")
    pools |= dict.fromkeys(("check_access", "fetch_invoices", "fetch_pdfs"), f"sellsy__{entry['company']}")
    return {
        "schedule": entry["schedule"],
        "start_date": entry["start_date"],
        "catchup": False,
        "max_active_runs": 1,
        "default_args": {"owner": "airflow", "retries": 4},
        "doc_md": doc_md.format(**{"start_date": entry["start_date"], **entry}),
        "tags": ["sellsy_ledger", entry["tool"], "sync"],
        "tasks": [
            {
                "task_id": name,
                "decorator": "airflow.sdk.task",
                "python_callable": "bench.peers.dag_factory.do_nothing",
                "pool": pools[name],
                "dependencies": before.get(name, []),
            }
            for name in step_names
        ],
    }


def do_nothing() -> None:
    """The body of every task."""
