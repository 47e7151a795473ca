"""Starts again whatever ended, after a short random delay, as a service manager does."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator

import psutil

from sellsy_ledger_airflow.demo.processes import Processes

__all__ = ["Supervisor"]

DELAY_SECONDS = (0.5, 5.0)


class Supervisor:
    """Watches named processes; :meth:`tick` does the work and is called often.

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

    def run(self, name: str, start: Callable[[], None]) -> None:
        """Start a process now, and again whenever it ends."""
        self._starts[name] = start
        start()
        self._sessions.add(self.processes.running[name])

    def tick(self) -> None:
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
                self._starts[name]()
                self._sessions.add(self.processes.running[name])

    def is_up(self, name: str) -> bool:
        """True while the process runs."""
        return name in self.processes.running and name not in self._due and name not in self.processes.ended()

    def members(self, name: str | None = None) -> Iterator[psutil.Process]:
        """Every living process of a named one's session, its leader included; of all sessions without a name."""
        wanted = self._sessions if name is None else {self.processes.running[name]}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if os.getsid(process.pid) in wanted and process.status() != psutil.STATUS_ZOMBIE:
                    yield process

    def kill(self, name: str, *, whole_session: bool = False) -> None:
        """``kill -9`` for the named process alone, or for everything it started too."""
        self._killed.add(name)
        pid = self.processes.running[name]
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if whole_session else os.kill)(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Stop everything, orphans of killed processes too."""
        self._starts.clear()
        self._due.clear()
        self.processes.stop()
        for process in list(self.members()):
            with contextlib.suppress(psutil.Error):
                process.kill()
