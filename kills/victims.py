"""Who may be killed, and how: each victim is a part of a real installation that can die at any moment."""

from __future__ import annotations

import contextlib
import random
import re
import signal
from collections.abc import Callable

import psutil

from kills.supervisor import Supervisor

__all__ = ["VICTIMS", "plan", "running_tasks"]

# The titles that Airflow gives the process that runs a task's code, and the one that watches it.
_TASK = re.compile(r"airflow worker -- ([0-9a-f-]{36})")
_WATCHER = re.compile(r"airflow worker -- LocalExecutor[^:]*: ([0-9a-f-]{36})")


def running_tasks(supervisor: Supervisor, *, watchers: bool = False) -> dict[str, psutil.Process]:
    """The task processes at work, orphans of a killed scheduler included: id of the task instance → process."""
    title = _WATCHER if watchers else _TASK
    found = {}
    for process in supervisor.members():
        with contextlib.suppress(psutil.Error):
            if matched := title.fullmatch(" ".join(process.cmdline()).strip()):
                found[matched.group(1)] = process
    return found


def _kill_task(supervisor: Supervisor, chance: random.Random, *, watchers: bool) -> str | None:
    tasks = running_tasks(supervisor, watchers=watchers)
    if not tasks:
        return None
    chosen = chance.choice(sorted(tasks))
    try:
        tasks[chosen].send_signal(signal.SIGKILL)
    except psutil.Error:
        return None
    return chosen


def _kill_backend(supervisor: Supervisor, chance: random.Random) -> str | None:
    """One server process of PostgreSQL: it then ends all others too and recovers by itself."""
    if not supervisor.is_up("postgres"):
        return None
    backends = []
    for process in supervisor.children("postgres"):
        with contextlib.suppress(psutil.Error):
            if "127.0.0.1(" in " ".join(process.cmdline()):
                backends.append(process)
    if not backends:
        return None
    victim = chance.choice(sorted(backends, key=lambda process: process.pid))
    try:
        title = " ".join(victim.cmdline())
        victim.send_signal(signal.SIGKILL)
    except psutil.Error:
        return None
    return "of database register" if " register " in title else "of database airflow"


def _whole(name: str, *, with_tasks: bool = False) -> Callable[[Supervisor, random.Random], str | None]:
    def kill(supervisor: Supervisor, _chance: random.Random) -> str | None:
        if not supervisor.is_up(name):
            return None
        supervisor.kill(name, whole_session=with_tasks)
        return ""

    return kill


VICTIMS: dict[str, tuple[int, Callable[[Supervisor, random.Random], str | None]]] = {
    "task": (8, lambda supervisor, chance: _kill_task(supervisor, chance, watchers=False)),
    "task's watcher": (2, lambda supervisor, chance: _kill_task(supervisor, chance, watchers=True)),
    "scheduler": (3, _whole("scheduler")),
    "scheduler and its tasks": (3, _whole("scheduler", with_tasks=True)),
    "API server": (3, _whole("api-server", with_tasks=True)),
    "triggerer": (2, _whole("triggerer", with_tasks=True)),
    "DAG processor": (1, _whole("dag-processor", with_tasks=True)),
    "PostgreSQL": (3, _whole("postgres")),
    "PostgreSQL backend": (3, _kill_backend),
    "sandbox": (4, _whole("sandbox")),
}
"""Name → (how often, relative to the others; the kill, which answers what it hit, or None when there was nothing)."""


def plan(kills: int, chance: random.Random) -> list[str]:
    """The victims, in order: each kind once as far as there are kills enough, the others by weight."""
    each = list(VICTIMS)
    chance.shuffle(each)
    weights = [weight for weight, _ in VICTIMS.values()]
    wanted = each[:kills] + chance.choices(list(VICTIMS), weights, k=max(0, kills - len(each)))
    chance.shuffle(wanted)
    return wanted
