"""Stories of every target, told by several processes. Which stories there are depends on the seed alone: each target
tells its own, one after the other, until its share of the faults has happened.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterator
from queue import Empty
from typing import Any

from tests.scenario.stage import TARGETS

from faults.story import Told, tell

__all__ = ["TARGETS", "campaign"]


def campaign(seed: int, targets: list[str], faults: int, processes: int) -> Iterator[Told]:
    """Tell stories until at least ``faults`` faults have happened; each is given as soon as it is told."""
    share = -(-faults // len(targets))
    spawning = multiprocessing.get_context("spawn")
    todo, told = spawning.Queue(), spawning.Queue()
    for target in targets:
        todo.put(target)
    workers = [spawning.Process(target=_work, args=(seed, share, todo, told)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    left = len(targets)
    while left:
        try:
            one = told.get(timeout=5)
        except Empty:
            if not any(worker.is_alive() for worker in workers):
                raise RuntimeError("the workers ended before their stories did") from None
            continue
        if one is None:
            left -= 1
        else:
            yield one
    for worker in workers:
        worker.join()


def _work(seed: int, share: int, todo: Any, told: Any) -> None:
    """One worker process: target after target."""
    logging.disable(logging.CRITICAL)
    while True:
        try:
            target = todo.get(timeout=1)
        except Empty:
            return
        fired = number = 0
        while fired < share:
            one = tell(seed, target, number)
            fired += sum(one.fired.values())
            number += 1
            told.put(one)
        told.put(None)
