"""Starts again whatever ended, after a short random delay, as a service manager does.

As systemd and containers do, it first ends what is left of the old session. It must: the workers of a killed scheduler
have inherited its database connection, and while one of them lives PostgreSQL keeps that transaction's locks, so that
no new scheduler may schedule the runs that they are for.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator

import psutil

from sellsy_ledger_airflow.demo.processes import Processes

__all__ = ["Supervisor"]

DELAY_SECONDS = (0.5, 5.0)
LOOK_EVERY_SECONDS = 0.25


class Supervisor:
    """Watches named processes from a thread of its own: whoever waits for a killed server must not delay its return.

    Args:
        processes: starts and stops.
        chance: decides the delays.
    """

    def __init__(self, processes: Processes, chance: random.Random) -> None:
        self.processes = processes
        self.restarts: dict[str, int] = {}
        self.own_ends: dict[str, int] = {}
        self._chance = chance
        self._starts: dict[str, Callable[[], None]] = {}
        self._due: dict[str, float] = {}
        self._killed: set[str] = set()
        # Sessions of ours that may still have members after their leader was killed: a scheduler's tasks.
        self._sessions: set[int] = set()
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(LOOK_EVERY_SECONDS):
            with self._lock:
                self._look()

    def run(self, name: str, start: Callable[[], None]) -> None:
        """Start a process now, and again whenever it ends."""
        with self._lock:
            self._starts[name] = start
            start()
            self._sessions.add(self.processes.running[name])

    def _look(self) -> None:
        """Notice what ended, start what is due."""
        now = time.monotonic()
        for name in self.processes.ended():
            if name in self._starts and name not in self._due:
                if name not in self._killed:
                    self.own_ends[name] = self.own_ends.get(name, 0) + 1
                self._killed.discard(name)
                self._due[name] = now + self._chance.uniform(*DELAY_SECONDS)
        for name, moment in list(self._due.items()):
            if now >= moment:
                del self._due[name]
                self.restarts[name] = self.restarts.get(name, 0) + 1
                self._end_session(self.processes.running[name])
                self._starts[name]()
                self._sessions.add(self.processes.running[name])

    @staticmethod
    def _end_session(leader: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL)

    def is_up(self, name: str) -> bool:
        """True while the process runs."""
        with self._lock:
            return name in self.processes.running and name not in self._due and name not in self.processes.ended()

    def members(self) -> Iterator[psutil.Process]:
        """Every living process of all sessions, whose leader may have been killed."""
        with self._lock:
            wanted = set(self._sessions)
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if os.getsid(process.pid) in wanted and process.status() != psutil.STATUS_ZOMBIE:
                    yield process

    def children(self, name: str) -> list[psutil.Process]:
        """What the named process started and still has, in sessions of their own perhaps (PostgreSQL's servers)."""
        try:
            return psutil.Process(self.processes.running[name]).children()
        except psutil.Error:
            return []

    def kill(self, name: str, *, whole_session: bool = False) -> None:
        """``kill -9`` for the named process alone, or for everything it started too."""
        with self._lock, contextlib.suppress(ProcessLookupError):
            self._killed.add(name)
            (os.killpg if whole_session else os.kill)(self.processes.running[name], signal.SIGKILL)

    def stop(self) -> None:
        """Stop everything, orphans of killed processes too."""
        self._over.set()
        self._thread.join()
        self.processes.stop()
        for process in list(self.members()):
            with contextlib.suppress(psutil.Error):
                process.kill()
