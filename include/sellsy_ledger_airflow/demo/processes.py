"""Start the sandbox and the Airflow processes, watch that they are healthy, stop them again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import requests

from sellsy_ledger_airflow.demo.home import Home

__all__ = ["AIRFLOW_PROCESSES", "DemoFailed", "Processes", "wait_for"]

AIRFLOW_PROCESSES = ("api-server", "scheduler", "dag-processor", "triggerer")


class DemoFailed(Exception):
    """A step of the demo did not work; the message says which and what to do."""


def wait_for(what: str, check: Callable[[], bool], *, seconds: float, alive: Callable[[], None] | None = None) -> None:
    """Poll ``check`` until it is true.

    Raises:
        DemoFailed: after ``seconds``, or when ``alive`` finds a process dead.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if alive is not None:
            alive()
        try:
            if check():
                return
        except requests.RequestException:
            pass  # not listening yet
        time.sleep(0.5)
    raise DemoFailed(f"{what}: no answer after {seconds:.0f} s. Look at the files in .airflow/process-logs.")


class Processes:
    """The running processes of one home; their ids are on disk so that another command can stop them."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.running: dict[str, int] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str], environment: dict[str, str], *, user: str | None = None) -> None:
        """Start one process in its own session, its output at the end of its own log file.

        Args:
            name: how it is called from now on; one that has ended may be started again under its name.
            command: program and arguments.
            environment: the whole environment.
            user: the system user it runs as; None for our own.
        """
        log = (self.home.logs / f"{name}.log").open("ab")
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and fixed words
            command,
            cwd=self.home.root,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            user=user,
        )
        log.close()
        self._children[name] = child
        self.running[name] = child.pid
        self.home.processes_file.write_text(json.dumps(self.running), encoding="utf-8")

    def start_sandbox(self, port: int) -> None:
        """Start the sandbox with its kept ledgers; it serves the demo's documents to the tools that fetch them."""
        command = [sys.executable, "-m", "sellsy_ledger_sandbox", "--port", str(port)]
        kept = ["--state", str(self.home.sandbox_state), "--storage", str(self.home.documents)]
        self.start("sandbox", command + kept, dict(os.environ))

    def start_airflow(self, environment: dict[str, str], names: Sequence[str] = AIRFLOW_PROCESSES) -> None:
        """Bring the metadata database up to date, then start the Airflow processes."""
        self.migrate(environment)
        for name in names:
            self.start_airflow_part(name, environment)

    def start_airflow_part(self, name: str, environment: dict[str, str]) -> None:
        """Start one of :data:`AIRFLOW_PROCESSES`."""
        self.start(name, [sys.executable, "-m", "airflow", name], environment)

    def migrate(self, environment: dict[str, str]) -> None:
        """Bring the metadata database up to date."""
        done = self.call("db-migrate", [sys.executable, "-m", "airflow", "db", "migrate"], environment)
        if done:
            raise DemoFailed(
                "Airflow could not prepare its database (see .airflow/process-logs/db-migrate.log). "
                "Delete the folder .airflow and try again."
            )

    def write_files(self, environment: dict[str, str], sandbox: str) -> None:
        """Write the settings and connections that `doctor` reads: apart, because the hooks need an Airflow home."""
        module = "sellsy_ledger_airflow.demo.companies"
        command = [sys.executable, "-m", module, str(self.home.path), sandbox]
        if self.call("companies", command, environment):
            raise DemoFailed("The companies' files could not be written (see .airflow/process-logs/companies.log).")

    def call(self, name: str, command: list[str], environment: dict[str, str]) -> int:
        """Run one command to its end, its output in its own log file; its exit code."""
        with (self.home.logs / f"{name}.log").open("wb") as log:
            done = subprocess.run(  # noqa: S603 - our own interpreter and fixed words
                command, cwd=self.home.root, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False
            )
        return done.returncode

    def check_alive(self) -> None:
        """Raise DemoFailed when a process that we started has ended."""
        for name, child in self._children.items():
            if child.poll() is not None:
                raise DemoFailed(
                    f"The process {name} ended by itself (exit {child.returncode}). Its last lines, from "
                    f"{self.home.logs / name}.log:\n{self._last_lines(name)}"
                )

    def _last_lines(self, name: str, count: int = 15) -> str:
        lines = (self.home.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-count:])

    def ended(self) -> dict[str, int]:
        """Processes that we started and that have ended: name → exit code (negative: the signal)."""
        codes = {name: child.poll() for name, child in self._children.items()}
        return {name: code for name, code in codes.items() if code is not None}

    def stop(self) -> list[str]:
        """Stop everything that is on record for this home; returns the names."""
        if self.home.processes_file.exists():
            recorded: dict[str, int] = json.loads(self.home.processes_file.read_text(encoding="utf-8"))
            self.running = recorded | self.running
        names = [name for name, pid in self.running.items() if _signal(pid, signal.SIGTERM)]
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and any(self._is_alive(name) for name in names):
            time.sleep(0.2)
        for name in names:
            if self._is_alive(name):
                _signal(self.running[name], signal.SIGKILL)
        self.home.processes_file.unlink(missing_ok=True)
        self.running = {}
        return names

    def _is_alive(self, name: str) -> bool:
        child = self._children.get(name)
        if child is not None:
            return child.poll() is None
        return _signal(self.running[name], 0)

    def any_recorded_alive(self) -> bool:
        """True when an earlier `make up` still runs."""
        if not self.home.processes_file.exists():
            return False
        recorded: dict[str, int] = json.loads(self.home.processes_file.read_text(encoding="utf-8"))
        return any(_signal(pid, 0) for pid in recorded.values())


def _signal(pid: int, number: int) -> bool:
    """Signal the whole session of ``pid``; False when it is gone."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
