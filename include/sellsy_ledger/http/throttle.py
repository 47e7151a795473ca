"""Keep one API account inside its quota.

A sliding window per limit: a request occupies its slot until its *answer* came plus the period, because the server
may have counted it at any moment before it answered. Counting from the departure would let a slow request overlap
the next window and draw a 429. Quota headers correct the count when somebody else spends the same quota.
It never sends anything itself.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sellsy_ledger.errors import TryLater

__all__ = ["Throttle", "Window"]

# Sellsy names one counter per period; the others send one counter for their only (first) window.
PERIOD_HEADERS: tuple[tuple[str, float], ...] = (
    ("x-quota-remaining-by-second", 1.0),
    ("x-quota-remaining-by-minute", 60.0),
    ("x-quota-remaining-by-day", 86_400.0),
    ("x-quota-remaining-by-month", 31 * 86_400.0),
)
COUNTER_HEADERS: tuple[tuple[str, str], ...] = (
    ("x-rate-limit-remaining", "x-rate-limit-reset"),
    ("ratelimit-remaining", "ratelimit-reset"),
)
# When every slot is held by a request in flight, there is no end to wait for: look again soon.
POLL_SECONDS = 0.005
# Two clocks never tick alike; a millisecond costs a tenth of a percent of the shortest window.
MARGIN_SECONDS = 0.001


class Window:
    """One limit: at most ``limit`` requests in any ``seconds``."""

    __slots__ = ("ends", "in_flight", "limit", "seconds")

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self.in_flight = 0
        self.ends: list[float] = []  # a heap: when each spent slot becomes free again

    def used(self, now: float) -> int:
        """Slots held now, in flight or spent."""
        ends = self.ends
        while ends and ends[0] <= now:
            heapq.heappop(ends)
        return len(ends) + self.in_flight

    def wait(self, now: float) -> float:
        """Seconds until a slot is free; 0 when one is."""
        if self.used(now) < self.limit:
            return 0.0
        return self.ends[0] - now if self.ends else POLL_SECONDS

    def correct(self, remaining: int, now: float, until: float) -> None:
        """Believe the server when it has fewer slots left than we think: somebody else spent them."""
        for _ in range(self.limit - self.used(now) - max(remaining, 0)):
            heapq.heappush(self.ends, until)


class Throttle:
    """Sliding-window limiter of one API account, safe between threads.

    Args:
        limits: [(requests, per seconds), …], the window of counter headers first.
        clock: monotonic seconds; tests hand in a fake.
        sleep: waits; tests hand in a fake that moves the clock.
        longest_wait_seconds: a longer wait is not slept through: :class:`TryLater` tells when to come back.
    """

    def __init__(
        self,
        limits: list[tuple[int, float]],
        *,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
        longest_wait_seconds: float = 300.0,
    ) -> None:
        self._clock = clock or time.monotonic
        self._sleep = sleep or time.sleep
        self._longest_wait = longest_wait_seconds
        self._lock = threading.Lock()
        self._not_before = 0.0
        self._windows: list[Window] = []
        self.set_limits(limits)

    def set_limits(self, limits: list[tuple[int, float]]) -> None:
        """Replace the limits (an account's own quotas, once read); what is spent in a kept period stays spent."""
        with self._lock:
            known = {window.seconds: window for window in self._windows}
            self._windows = []
            for limit, seconds in limits:
                window = known.get(float(seconds)) or Window(limit, float(seconds))
                window.limit = max(1, limit)
                self._windows.append(window)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for a free slot, hold it during the request, release it when the answer came.

        Raises:
            TryLater: the wait would be longer than ``longest_wait_seconds``.
        """
        windows = self._acquire()
        try:
            yield
        finally:
            self._release(windows)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take note of the quota headers of an answer (names in lower case)."""
        now = self._clock()
        for name, period in PERIOD_HEADERS:
            if (remaining := _number(headers.get(name))) is not None:
                self._correct_period(period, int(remaining), now)
        for name, reset_name in COUNTER_HEADERS:
            if (remaining := _number(headers.get(name))) is not None and self._windows:
                window = self._windows[0]
                until = now + min(_seconds_to(headers.get(reset_name), window.seconds), window.seconds)
                with self._lock:
                    window.correct(int(remaining), now, until)

    def pause(self, seconds: float) -> None:
        """No request leaves during the next ``seconds`` (Retry-After, a counter at 0)."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock() + seconds)

    def _correct_period(self, period: float, remaining: int, now: float) -> None:
        window = next((each for each in self._windows if each.seconds == period), None)
        if window is not None:
            with self._lock:
                window.correct(remaining, now, now + period)
        elif remaining <= 0:
            self.pause(period)

    def _acquire(self) -> list[Window]:
        while True:
            with self._lock:
                now = self._clock()
                wait = max([self._not_before - now, *(window.wait(now) for window in self._windows)])
                if wait <= 0:
                    for window in self._windows:
                        window.in_flight += 1
                    return self._windows
            if wait > self._longest_wait:
                raise TryLater("The API's quota is used up for now.", retry_after_seconds=wait)
            self._sleep(wait)

    def _release(self, windows: list[Window]) -> None:
        with self._lock:
            now = self._clock()
            for window in windows:
                window.in_flight -= 1
                heapq.heappush(window.ends, now + window.seconds + MARGIN_SECONDS)


def _number(text: str | None) -> float | None:
    """A finite header number, or None."""
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and abs(value) < 1e15 else None


def _seconds_to(reset: str | None, default: float) -> float:
    """Seconds until a reset header: a Unix time in seconds or milliseconds, or a plain number of seconds."""
    value = _number(reset)
    if value is None:
        return default
    if value > 1e11:
        value /= 1000
    return max(0.0, value - time.time()) if value > 1e8 else max(0.0, value)
