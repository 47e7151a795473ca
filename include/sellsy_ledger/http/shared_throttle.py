"""One quota for several processes of one machine: the windows live in a small locked file.

For tasks that run side by side on one API account. Long windows (a day, a month) stay with each process and follow
the quota headers: they hold too many requests to be written each time, and no two processes race for their last slot
within seconds. A file that is damaged or from another age counts as empty; the API's own 429 remains the last word.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import msgspec

from sellsy_ledger.http.throttle import LONGEST_FLIGHT_SECONDS, Throttle

__all__ = ["SharedThrottle"]

SHARED_UP_TO_SECONDS = 600.0


class _State(msgspec.Struct, array_like=True):
    """What the file holds: no request before this moment, and per period when each held slot is free again."""

    not_before: float = 0.0
    ends: dict[float, list[float]] = {}


class SharedThrottle(Throttle):
    """A :class:`Throttle` whose windows every process that names the same file shares.

    Args:
        path: the file; its folder must exist and be on this machine. ``<path>.lock`` is made beside it.
        limits: [(requests, per seconds), …]; the same in every process.
        clock: Unix seconds (processes do not share a monotonic origin); tests hand in a fake.
        sleep: see :class:`Throttle`.
        longest_wait_seconds: see :class:`Throttle`.
    """

    def __init__(
        self,
        path: Path,
        limits: list[tuple[int, float]],
        *,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
        longest_wait_seconds: float = 300.0,
    ) -> None:
        self._path = path
        # Polled far more often than filelock's default: what is done under the lock takes microseconds.
        self._file_lock = filelock.FileLock(f"{path}.lock", thread_local=False, poll_interval=0.001)
        super().__init__(limits, clock=clock or time.time, sleep=sleep, longest_wait_seconds=longest_wait_seconds)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        with self._lock, self._file_lock:
            self._load()
            yield
            self._save()

    def _load(self) -> None:
        state = _State()
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            state = msgspec.json.decode(self._path.read_bytes(), type=_State)
        now = self._clock()
        self._not_before = state.not_before if state.not_before < now + SHARED_UP_TO_SECONDS else 0.0
        for window in self._windows:
            if window.seconds <= SHARED_UP_TO_SECONDS:
                # An end beyond any flight was written before the clock was set back.
                horizon = now + LONGEST_FLIGHT_SECONDS + window.seconds
                window.ends = sorted(end for end in state.ends.get(window.seconds, ()) if end <= horizon)

    def _save(self) -> None:
        ends = {window.seconds: window.ends for window in self._windows if window.seconds <= SHARED_UP_TO_SECONDS}
        self._path.write_bytes(msgspec.json.encode(_State(self._not_before, ends)))
