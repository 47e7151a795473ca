"""``python -m fuzz``: mutate documents of Sellsy, send them all the way, count what became of them."""

from __future__ import annotations

import argparse
import logging
import time
from collections import Counter

from fuzz.trial import trial

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 when a document broke a rule."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--only", type=int, help="one document, by its number: repeats a failure")
    chosen = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    numbers = range(chosen.documents) if chosen.only is None else [chosen.only]
    counts: Counter[str] = Counter()
    failed = 0
    started = time.monotonic()
    for number in numbers:
        result = trial(chosen.seed, number)
        counts.update(result.outcomes)
        if result.failures or chosen.only is not None:
            failed += bool(result.failures)
            what = " | ".join(result.failures) or ", ".join(result.outcomes)
            print(
                f"python -m fuzz --seed {chosen.seed} --only {number}: {what} [{'; '.join(result.mutations)}]",
                flush=True,
            )
    seconds = time.monotonic() - started
    for outcome, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        print(f"{count:>8}  {outcome}")
    print(f"{len(numbers)} documents, seed {chosen.seed}, {seconds:.0f} s, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
