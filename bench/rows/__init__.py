"""The rows of the budget. A module has ``measure(options) -> list[Measure]`` and is imported only when it runs, each in
a process of its own: no row pays for what another one imported.
"""

from __future__ import annotations

from bench.measure import Measure, Options

__all__ = ["ROWS", "run"]

ROWS: dict[int, str] = {
    1: "parse",
    2: "task_start",
    3: "entry",
    4: "register",
    5: "fetch",
    6: "quota",
    7: "calls",
    8: "pdf",
    9: "idle",
    10: "memory",
    11: "connectors",
    12: "formats",
    13: "doubles",
}


def run(row: int, options: Options) -> list[Measure]:
    """The lines of one row, measured in this process."""
    from importlib import import_module

    measured: list[Measure] = import_module(f"bench.rows.{ROWS[row]}").measure(options)
    return measured
