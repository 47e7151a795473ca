"""What a row hands back, and how it takes time: in turns, medians, one side's garbage never billed to another."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Measure", "Options", "interleaved", "per_item"]


@dataclass(frozen=True)
class Options:
    """How much work a run does. ``scale`` shrinks iteration counts (1.0 = the published figures)."""

    quick: bool = False
    scale: float = 1.0

    def times(self, count: int, least: int = 1) -> int:
        """``count`` iterations, scaled."""
        return max(least, round(count * self.scale * (0.3 if self.quick else 1)))


@dataclass(frozen=True)
class Measure:
    """One line of the table.

    Args:
        row: number in the budget.
        what: what was measured.
        measured: the product's figure, in ``unit``.
        limit: the target in ``unit``, or as a multiple of the peer when ``of_peer``; None = told for information.
        peer: name of the peer or floor of the same run.
        peer_measured: its figure in the same unit.
        at_least: the target is a minimum.
        note: what the reader must know to read the figure.
    """

    row: int
    what: str
    unit: str
    measured: float
    limit: float | None = None
    of_peer: bool = False
    peer: str = ""
    peer_measured: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The product's figure divided by the peer's."""
        return self.measured / self.peer_measured if self.peer_measured else None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.limit is None:
            return None
        value = self.ratio if self.of_peer else self.measured
        if value is None:
            return None
        return value >= self.limit if self.at_least else value <= self.limit

    def to_dict(self) -> dict[str, Any]:
        """Plain values, from one process to another."""
        return asdict(self)


def interleaved(
    *sides: Callable[[], object], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """Median seconds of each side, run in turns so that a busy moment of the machine hits all of them alike."""
    seconds: list[list[float]] = [[] for _ in sides]
    for turn in range(rounds):
        order = range(len(sides)) if turn % 2 == 0 else reversed(range(len(sides)))
        for side in order:
            gc.collect()
            start = clock()
            kept = sides[side]()
            seconds[side].append(clock() - start)
            del kept
    return [statistics.median(each) for each in seconds]


def per_item(work: Callable[[Any], object], items: Sequence[Any]) -> Callable[[], None]:
    """A side that does ``work`` on each item."""

    def side() -> None:
        for item in items:
            work(item)

    return side
