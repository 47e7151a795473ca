"""The stage of a story: a company, its tool in the sandbox, and a clock that can be wrong."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.scenario.stage import Stage

from faults.injector import Late, ask, watching
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.delivery import deliver_batch
from sellsy_ledger.pipeline.posting import post_entries
from sellsy_ledger.pipeline.report import RunReport, build_report
from sellsy_ledger.pipeline.verify import verify_entries
from sellsy_ledger.register.archive import write_backup
from sellsy_ledger.register.database import Database
from sellsy_ledger.register.restore import restore
from sellsy_ledger.register.store import Register

__all__ = ["Place"]

MINUTES = 60.0
# A register that another connection holds is given up at once: nothing else waits here.
BUSY_SECONDS = 0.01
START = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)


class Place(Stage):
    """A stage where time passes truly (:attr:`passed`) and the machine's clock may say something else."""

    passed = 0.0
    skew = 0.0

    def __init__(self, sandbox: Any, target: str, folder: Path, **settings: Any) -> None:
        self._late: list[tuple[float, Late]] = []
        self._own = threading.local()
        super().__init__(sandbox, target, folder, **settings)
        # Every time-out of a story is played; none must come from a slow machine.
        self.read_timeout_seconds = 120.0

    @property
    def clock(self) -> dt.datetime:
        """What the machine's clock says."""
        return START + dt.timedelta(seconds=self.passed + self.skew)

    @clock.setter
    def clock(self, value: dt.datetime) -> None:
        self.pass_time((value - self.clock).total_seconds())

    def step_clock(self, seconds: float) -> None:
        """The clock is put forward or back; no time passes."""
        self.skew += seconds

    def open_register(self) -> Register:
        """As on the stage, without patience."""
        url = f"sqlite:///{self.folder}/register.db"
        return Register.open(url, now=lambda: self.clock, busy_seconds=BUSY_SECONDS)

    def company(self, run_id: str | None = None, register: Register | None = None) -> Company:
        """As on the stage."""
        company = super().company(run_id, register or getattr(self._own, "register", None))
        company.now = lambda: self.clock
        return company

    def night(self, run_id: str | None = None, *, check: bool = False, **selection: Any) -> RunReport | None:
        """One whole run, as Airflow runs it: every step in a task of its own, with clients of its own."""
        if run_id is None:
            self.runs += 1
            run_id = f"calm-{self.runs}"
        batches = self.prepare(self.company(run_id), **selection)
        for batch in batches:
            post_entries(self.company(run_id), batch)
            if self.kit.capabilities.asynchronous:
                self._await_imports(self.company(run_id), batch)
            verify_entries(self.company(run_id), batch)
        if self.kit.capabilities.batches and batches:
            deliver_batch(self.company(run_id))
        return build_report(self.company(run_id)) if batches else None

    def night_of(self, run_id: str, **selection: Any) -> None:
        """A night of a worker that shares nothing with the others but the database's file."""
        with self.open_register() as register:
            before = getattr(self._own, "register", None)
            self._own.register = register
            try:
                self.night(run_id, **selection)
            finally:
                self._own.register = before

    # -- time ----------------------------------------------------------------------------------------------------
    def pass_time(self, seconds: float) -> None:
        """Time passes, and what was sent long ago arrives."""
        self.passed += seconds
        due = [late for at, late in self._late if at <= self.passed]
        self._late = [(at, late) for at, late in self._late if at > self.passed]
        for late in due:
            parts = urlsplit(late.url)
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            ask(self.sandbox.url, late.method, target, late.body or b"", late.headers)
        if due and self.kit.capabilities.asynchronous:
            self.meanwhile()

    def will_arrive(self, late: list[Late]) -> None:
        """Requests that the tool carries out half-way through the time in which not finding them proves nothing."""
        settling = max(self.kit.capabilities.settles_within_seconds, 2 * MINUTES)
        self._late += [(self.passed + settling / 2, one) for one in late]

    def meanwhile(self) -> None:
        """What others do is not watched."""
        with watching(None):
            super().meanwhile()

    # -- yesterday's copy ----------------------------------------------------------------------------------------
    def copy(self) -> tuple[Path, Path]:
        """A backup, and a plain copy of the file, taken now."""
        backup, file = self.folder / f"backup-{self.passed:.0f}.zip", self.folder / f"copy-{self.passed:.0f}.db"
        database = Database(f"sqlite:///{self.folder}/register.db", busy_seconds=5)
        write_backup(database, backup, now=self.clock)
        database.engine.dispose()
        shutil.copyfile(self.folder / "register.db", file)
        return backup, file

    def restore(self, backup: Path) -> None:
        """The register is lost; the backup is put in its place."""
        self._lose()
        database = Database(f"sqlite:///{self.folder}/register.db", busy_seconds=5)
        restore(database, backup, who="ann", now=self.clock)
        database.engine.dispose()
        self.register = self.open_register()

    def copy_back(self, file: Path) -> None:
        """The register is lost; a person copies yesterday's file back, and says so."""
        self._lose()
        shutil.copyfile(file, self.folder / "register.db")
        self.register = self.open_register()
        self.register.note_restored(who="ann", note="file copied back")

    def _lose(self) -> None:
        self.register.close()
        for lost in self.folder.glob("register.db*"):
            lost.unlink()
