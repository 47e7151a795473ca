"""Time that nobody waits for: whoever sleeps is at once that much later.

The real limits stay in force, so that the code that paces requests runs as at night; only the waiting is left out.
"""

from __future__ import annotations

import threading
import time

from sellsy_ledger.http.throttle import Throttle

__all__ = ["ElasticTime"]


class ElasticTime:
    """Stands in for the module ``time``; safe between threads.

    Attributes:
        slept: seconds that were not waited for.
    """

    def __init__(self) -> None:
        self.slept = 0.0
        self._lock = threading.Lock()

    def sleep(self, seconds: float) -> None:
        """Jump ahead."""
        with self._lock:
            self.slept += max(seconds, 0.0)

    def monotonic(self) -> float:
        """The machine's monotonic time, plus all jumps."""
        return time.monotonic() + self.slept

    def time(self) -> float:
        """Unix seconds, plus all jumps."""
        return time.time() + self.slept

    def throttle(self, *limits: tuple[int, float]) -> Throttle:
        """A limiter on this time."""
        return Throttle(list(limits), clock=self.monotonic, sleep=self.sleep)
