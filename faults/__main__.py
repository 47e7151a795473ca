"""``python -m faults``: tell stories full of faults for every way into the books, and count what became of them."""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import time
from pathlib import Path

from faults.campaign import TARGETS, campaign
from faults.figures import Figures, page, write_into
from faults.story import tell

__all__ = ["main"]

QUALITY = Path(__file__).parents[1] / "docs" / "quality.md"


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 when a story broke a rule."""
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=10_000, help="so many at least, over all targets")
    parser.add_argument("--target", choices=TARGETS, help="one way into the books, instead of all")
    parser.add_argument("--only", metavar="TARGET/N", help="one story, with its diary: repeats a failure")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write-docs", action="store_true", help="put the figures into docs/quality.md")
    chosen = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    if chosen.only:
        return _tell_one(chosen.seed, chosen.only)
    targets = [chosen.target] if chosen.target else list(TARGETS)
    figures = Figures(seed=chosen.seed, day=dt.datetime.now(dt.UTC).date(), processes=chosen.processes)
    started = time.monotonic()
    for told in campaign(chosen.seed, targets, chosen.faults, chosen.processes):
        figures.add(told)
        if told.failures:
            command = f"python -m faults --seed {chosen.seed} --only {told.target}/{told.number}"
            print(f"{command}: {' | '.join(told.failures)}", flush=True)
    figures.seconds = time.monotonic() - started
    print(page(figures))
    if chosen.write_docs:
        write_into(QUALITY, page(figures))
    return 1 if figures.failed else 0


def _tell_one(seed: int, only: str) -> int:
    target, _, number = only.rpartition("/")
    told = tell(seed, target, int(number))
    print(*told.diary, sep="\n")
    print(*(f"FAILED {text}" for text in told.failures), sep="\n")
    return 1 if told.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
