"""The figures of a campaign, as a page of Markdown: printed, and kept in the documentation."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from faults.kinds import Kind
from faults.story import Told

__all__ = ["Figures", "page", "write_into"]

BEGIN, END = "<!-- figures of `make faults --write-docs`: begin -->", "<!-- end -->"


@dataclass
class Figures:
    """What all stories together came to."""

    seed: int
    day: dt.date
    processes: int
    seconds: float = 0.0
    kinds: Counter[Kind] = field(default_factory=Counter)
    targets: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, told: Told) -> None:
        """One story more."""
        self.kinds += told.fired
        row = self.targets.setdefault(told.target, Counter())
        row["stories"] += 1
        row["faults"] += sum(told.fired.values())
        row["duplicates"] += told.duplicates
        row["losses"] += told.losses
        row["failed"] += bool(told.failures)
        row.update(told.documents)

    @property
    def failed(self) -> int:
        """Stories that broke a rule."""
        return sum(row["failed"] for row in self.targets.values())


def page(figures: Figures) -> str:
    """Both tables, with what they are the result of."""
    faults = figures.kinds.total()
    duplicates, losses = (sum(row[name] for row in figures.targets.values()) for name in ("duplicates", "losses"))
    stories = sum(row["stories"] for row in figures.targets.values())
    lines = [
        f"One run, seed {figures.seed}, on {figures.day} "
        f"({figures.seconds / 60:.0f} min, {figures.processes} processes): "
        f"{faults:,} faults in {stories:,} stories; **{duplicates} duplicates, {losses} losses, "
        f"{figures.failed} stories failed**.",
        "",
        "| Way into the books | Stories | Faults injected | Duplicates | Losses | Documents resolved alone "
        "| Left to a person: in doubt | Left to a person: waiting as they must | Stories failed |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    columns = ("stories", "faults", "duplicates", "losses", "booked", "person", "waiting", "failed")
    for target, row in sorted(figures.targets.items()):
        lines.append(f"| {target} | " + " | ".join(f"{row[name]:,}" for name in columns) + " |")
    lines += ["", "| Fault | Times |", "|---|---:|"]
    lines += [f"| {kind.value} | {figures.kinds[kind]:,} |" for kind in Kind]
    return "\n".join(lines)


def write_into(file: Path, text: str) -> None:
    """Put the figures between their two marks."""
    whole = file.read_text("utf-8")
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    changed, count = pattern.subn(lambda _: f"{BEGIN}\n{text}\n{END}", whole)
    if count != 1:
        raise ValueError(f"{file} has no place for the figures: {BEGIN} … {END}")
    file.write_text(changed, "utf-8")
