"""The measured rows as a table: for people in the terminal, as Markdown for the README."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from rich.table import Table

from bench.measure import Measure

__all__ = ["as_markdown", "as_table", "machine"]

HEADINGS = ("#", "what", "target", "measured", "peer or floor, same run", "ratio", "met")


def machine() -> str:
    """When and on what this was measured."""
    model = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        names = (line.partition(":")[2].strip() for line in cpus.read_text().splitlines() if "model name" in line)
        model = next(names, model)
    today = dt.datetime.now().astimezone().date()
    airflow = version("apache-airflow-core")
    return f"{today}, {model}, {os.cpu_count()} cores, Python {platform.python_version()}, Airflow {airflow}"


def as_table(measures: Iterable[Measure]) -> Table:
    """A table for rich."""
    table = Table(title=machine(), title_justify="left")
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading in ("#", "measured", "ratio") else "left")
    for cells in _cells(measures):
        table.add_row(*cells, style="red" if cells[-1] == "no" else None)
    return table


def as_markdown(measures: Iterable[Measure]) -> str:
    """The same table for the README."""
    lines = [f"Measured on {machine()}.", "", f"| {' | '.join(HEADINGS)} |", "|--:|---|---|--:|---|--:|---|"]
    lines += [f"| {' | '.join(cells)} |" for cells in _cells(measures)]
    return "\n".join(lines)


def _cells(measures: Iterable[Measure]) -> Iterator[tuple[str, ...]]:
    for one in measures:
        peer = one.peer
        if one.peer_measured is not None:
            peer = f"{one.peer}: {_number(one.peer_measured)} {one.unit}"
        what = f"{one.what} ({one.note})" if one.note else one.what
        ratio = f"{one.ratio:.2f}" if one.ratio is not None else ""
        met = {True: "yes", False: "no", None: ""}[one.met]
        yield str(one.row), what, _target(one), f"{_number(one.measured)} {one.unit}", peer, ratio, met


def _target(one: Measure) -> str:
    if one.limit is None:
        return ""
    sign = "≥" if one.at_least else "≤"
    return f"{sign} {one.limit:g} × peer" if one.of_peer else f"{sign} {one.limit:g} {one.unit}"


def _number(value: float) -> str:
    """Three figures that matter, no exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
