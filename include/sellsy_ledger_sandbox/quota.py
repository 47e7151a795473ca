"""Request quotas of the emulated APIs: counters per caller, told in the headers each API uses.

The windows only count; a tool module says what a caller is, which header names carry the figures and how a refusal
looks. Time comes from the world's clock so that tests move it by hand. No thread ever sleeps here.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import floor

__all__ = ["Limit", "Quota", "Standing", "Window"]


@dataclass(frozen=True)
class Limit:
    """At most ``count`` requests in ``seconds``.

    ``aligned`` windows start on whole multiples of ``seconds`` (a calendar minute); the others slide.
    """

    count: int
    seconds: float
    aligned: bool = False


@dataclass(frozen=True)
class Standing:
    """Where a caller stands in one window after a request: ``reset_at`` is a Unix time in seconds."""

    limit: Limit
    remaining: int
    reset_at: float


class Window:
    """One counter for one caller."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._times: deque[float] = deque()

    def standing(self, now: float) -> Standing:
        """Forget what left the window and say what is left of it."""
        start = floor(now / self.limit.seconds) * self.limit.seconds if self.limit.aligned else now - self.limit.seconds
        while self._times and (self._times[0] < start or (not self.limit.aligned and self._times[0] <= start)):
            self._times.popleft()
        if self.limit.aligned:
            reset_at = start + self.limit.seconds
        else:
            reset_at = (self._times[0] if self._times else now) + self.limit.seconds
        return Standing(self.limit, max(0, self.limit.count - len(self._times)), reset_at)

    def add(self, now: float) -> None:
        """Count one request."""
        self._times.append(now)


Headers = Mapping[str, str]


@dataclass
class Quota:
    """The quota of one API.

    Attributes:
        limits: Every window a request must pass.
        headers: Standings (in the order of ``limits``) → headers put on every counted answer.
        refuse: Standings → ``(headers, content type, body)`` of the 429 answer.
        enabled: False lets everything pass and adds no header.
    """

    limits: tuple[Limit, ...]
    headers: Callable[[list[Standing]], Headers]
    refuse: Callable[[list[Standing]], tuple[Headers, str, bytes]]
    enabled: bool = True
    _windows: dict[str, list[Window]] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int), init=False)

    def enter(self, caller: str, now: float) -> tuple[bool, list[Standing]]:
        """Count a request of ``caller`` at Unix time ``now``; False when a window is full (it is then not counted)."""
        with self._lock:
            windows = self._windows.setdefault(caller, [Window(limit) for limit in self.limits])
            allowed = all(window.standing(now).remaining for window in windows)
            if allowed:
                for window in windows:
                    window.add(now)
            else:
                self.refused[caller] += 1
            return allowed, [window.standing(now) for window in windows]

    def reset(self) -> None:
        """Forget every caller."""
        with self._lock:
            self._windows.clear()
            self.refused.clear()
