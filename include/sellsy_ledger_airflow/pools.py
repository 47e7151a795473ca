"""One pool per API account, so that parallel runs and batches stay inside one account's quota.

A pool is named after the Connection of the account. Behind a long wire one task cannot use the whole quota: a tool's
pool has as many slots as the tool takes requests at once (its capabilities), where all tasks run on one machine and so
share one limiter. With workers on several machines nobody counts for all of them: there each pool has one slot. A task
that waits deferred asks the API nothing and leaves its slot to others. Two companies behind one account share its pool
by naming the same Connection in the list of companies.

``python -m sellsy_ledger_airflow.pools`` prints what ``airflow pools import`` reads.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

from sellsy_ledger.core.settings import CompanyEntry

__all__ = ["required_pools", "sellsy_pool", "tool_pool"]

SLOTS = 1
ONE_MACHINE = ("LocalExecutor", "SequentialExecutor")


def sellsy_pool(entry: CompanyEntry) -> str:
    """The pool of the company's Sellsy account."""
    return entry.sellsy_conn_id or f"sellsy__{entry.company}"


def tool_pool(entry: CompanyEntry) -> str:
    """The pool of the company's account in its accounting tool."""
    return entry.tool_conn_id or f"{entry.tool}__{entry.company}"


def required_pools(companies: Iterable[CompanyEntry]) -> dict[str, dict[str, object]]:
    """Every pool that the companies' tasks name, as ``airflow pools import`` reads them.

    A task whose pool does not exist is never scheduled: create them before un-pausing a DAG.
    """
    slots: dict[str, int] = {}
    for entry in companies:
        slots[sellsy_pool(entry)] = SLOTS
        slots[tool_pool(entry)] = _tool_slots(entry.tool)
    return {
        name: {"slots": slots[name], "description": f"API account of Connection {name}", "include_deferred": False}
        for name in sorted(slots)
    }


def _tool_slots(tool: str) -> int:
    from airflow.configuration import conf

    from sellsy_ledger.connectors import registry

    if conf.get("core", "executor") not in ONE_MACHINE or tool not in registry.tools():
        return SLOTS
    return max(variant.max_concurrent for variant in registry.variants(tool).values())


def main() -> int:
    """Print the pools of the configured companies."""
    from sellsy_ledger_airflow.settings import read_companies

    json.dump(required_pools(read_companies().entries), sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
