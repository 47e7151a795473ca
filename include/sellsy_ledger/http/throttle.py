"""Keep one API account inside its quota.

A sliding window per limit: a request occupies its slot from its *answer* on for the period, because the server may
have counted it at any moment before it answered. Counting from the departure would let a slow request overlap the next
window and draw a 429. What every request takes at the least is no doubt of that kind, though: the next one takes it
too. So that much is given back (:class:`_Flights`), or a short window behind a long wire would never be filled. Quota
headers correct the count when somebody else spends the same quota. It never sends anything itself.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

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
# Two clocks never tick alike; a millisecond costs a tenth of a percent of the shortest window.
MARGIN_SECONDS = 0.001
# The fastest flight seen may still have met some delay: so much of it is taken for common to all.
BELIEVED_PART = 0.95
# A request that was not answered after this long belongs to a process that died: its slot is given up.
LONGEST_FLIGHT_SECONDS = 600.0


class _Flights:
    """How long requests take at the least, out and home: that part delays all of them alike.

    Believed after a few flights, with a margin, because the fastest one seen may still have met some delay. A refusal
    says that the belief was wrong: then ten times as many flights are wanted before the next one.
    """

    __slots__ = ("_recent", "_seen", "_wanted")

    def __init__(self) -> None:
        self._wanted = 10
        self._seen = 0
        self._recent: deque[float] = deque(maxlen=100)

    def add(self, seconds: float) -> None:
        """An answer came after ``seconds``."""
        self._seen += 1
        self._recent.append(seconds)

    def common(self) -> float:
        """Seconds that every flight takes; 0 while too little is known."""
        return BELIEVED_PART * min(self._recent) if self._seen >= self._wanted else 0.0

    def refused(self) -> None:
        """The server has counted one too many."""
        self._wanted *= 10
        self._seen = 0
        self._recent.clear()


class Window:
    """One limit: at most ``limit`` requests in any ``seconds``."""

    __slots__ = ("ends", "limit", "seconds")

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self.ends: list[float] = []  # sorted: when each held slot becomes free again

    def free(self, now: float) -> int:
        """Slots free now; fewer than 0 when the limit was lowered."""
        ends = self.ends
        if ends and ends[0] <= now:
            del ends[: bisect_right(ends, now)]
        return self.limit - len(ends)

    def wait(self, now: float) -> float:
        """Seconds until a slot may be free; 0 when one is. A request in flight holds its slot a whole period more."""
        if self.free(now) > 0:
            return 0.0
        return min(self.ends[-self.limit] - now, self.seconds)

    def take(self, now: float) -> float:
        """Hold a slot for a request that leaves; returns its mark, for :meth:`settle`."""
        mark = now + LONGEST_FLIGHT_SECONDS + self.seconds
        insort(self.ends, mark)
        return mark

    def settle(self, mark: float | None, now: float) -> None:
        """The server has counted the request at ``now`` at the latest: the slot is free one period later."""
        if mark is not None:
            place = bisect_left(self.ends, mark)
            if self.ends[place : place + 1] == [mark]:
                del self.ends[place]
        insort(self.ends, now + self.seconds + MARGIN_SECONDS)

    def correct(self, remaining: int, now: float, until: float) -> None:
        """Believe the server when it has fewer slots left than we think: somebody else spent them."""
        for _ in range(self.free(now) - max(remaining, 0)):
            insort(self.ends, until)


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
        self._flights = _Flights()
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
        held = self._acquire()
        left = self._clock()
        answered = False
        try:
            yield
            answered = True
        finally:
            with self._exclusive():
                now = self._clock()
                if answered:
                    self._flights.add(now - left)
                counted_by = max(left, now - self._flights.common())
                for window in self._windows:
                    window.settle(held.get(window.seconds), counted_by)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take note of the quota headers of an answer (names in lower case)."""
        told = [
            (period, int(remaining), period)
            for name, period in PERIOD_HEADERS
            if (remaining := _number(headers.get(name))) is not None
        ]
        for name, reset_name in COUNTER_HEADERS:
            if (remaining := _number(headers.get(name))) is not None and self._windows:
                period = self._windows[0].seconds
                told.append((period, int(remaining), min(_seconds_to(headers.get(reset_name), period), period)))
        if told:
            self._correct(told)

    def pause(self, seconds: float) -> None:
        """The API answered 429: no request leaves during the next ``seconds``."""
        with self._exclusive():
            self._flights.refused()
            self._not_before = max(self._not_before, self._clock() + seconds)

    def _correct(self, told: list[tuple[float, int, float]]) -> None:
        """Each of ``told`` = (period, slots that the server has left in it, seconds until the period is over)."""
        with self._exclusive():
            now = self._clock()
            windows = {window.seconds: window for window in self._windows}
            for period, remaining, ends_in in told:
                if period in windows:
                    windows[period].correct(remaining, now, now + ends_in)
                elif remaining <= 0:
                    self._not_before = max(self._not_before, now + ends_in)

    def _acquire(self) -> dict[float, float]:
        """Wait for a slot in every window; returns the mark of each, by period."""
        while True:
            with self._exclusive():
                now = self._clock()
                wait = max([self._not_before - now, *(window.wait(now) for window in self._windows)])
                if wait <= 0:
                    return {window.seconds: window.take(now) for window in self._windows}
            if wait > self._longest_wait:
                raise TryLater("The API's quota is used up for now.", retry_after_seconds=wait)
            self._sleep(wait)

    def _exclusive(self) -> AbstractContextManager[object]:
        """What guards the windows: a lock between threads; between processes too in :class:`SharedThrottle`."""
        return self._lock


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
