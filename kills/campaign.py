"""One campaign: everything up, backfills begun, parts killed one after the other, work finished, ledgers compared."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import requests

from kills import expected
from kills.postgres import PostgresServer
from kills.supervisor import Supervisor
from kills.victims import VICTIMS, plan, running_tasks
from kills.work import Work
from sellsy_ledger.errors import TryLater
from sellsy_ledger.register.store import Register
from sellsy_ledger_airflow.demo import accountant, companies
from sellsy_ledger_airflow.demo.companies import COMPANIES, DemoCompany, dag_id_of
from sellsy_ledger_airflow.demo.home import Home, free_port
from sellsy_ledger_airflow.demo.processes import AIRFLOW_PROCESSES, DemoFailed, Processes
from sellsy_ledger_airflow.demo.rest import AirflowApi
from sellsy_ledger_airflow.demo.result import CompanyResult, collect, differences

__all__ = ["ROOT", "Campaign", "Plan"]

ROOT = Path(__file__).resolve().parents[1]
LOOK_EVERY_SECONDS = 0.5
NAMES_EVERY_SECONDS = 1.5
PUSH_EVERY_SECONDS = 20.0
WORK_SECONDS = 45.0
UP_SECONDS = 300.0
# Some tools show an entry only after a quarter of an hour: until then not finding it proves nothing, and the run waits.
FINISH_SECONDS = 3600.0
# Airflow's own patience, shortened to what a campaign can wait for.
AIRFLOW_SETTINGS = {
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "45",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
}

Result = TypeVar("Result")


@dataclass(frozen=True)
class Plan:
    """What is done to whom.

    Attributes:
        seed: decides victims, moments and delays.
        kills: how many.
        companies: whose books.
        first: ISO date of the first interval.
        schedule: cron text of the companies; each interval is one run of a backfill.
        pause: seconds between two kills, at least and at most.
    """

    seed: int = 1
    kills: int = 30
    companies: tuple[str, ...] = ("atelier", "boutique", "domaine", "fabrique", "hotel")
    first: str = "2026-01-01"
    schedule: str = "0 2 1 * *"
    pause: tuple[float, float] = (4.0, 24.0)

    @property
    def chosen(self) -> list[DemoCompany]:
        """The demo's companies, on this plan's schedule."""
        by_name = {company.company: company for company in COMPANIES}
        if unknown := set(self.companies) - set(by_name):
            raise DemoFailed(f"There is no demo company {', '.join(sorted(unknown))}.")
        more = {"schedule": self.schedule, "start_date": self.first}
        return [replace(by_name[name], settings={**by_name[name].settings, **more}) for name in self.companies]


class Campaign:
    """One installation in ``folder``, killed by ``plan``.

    Args:
        plan: what is done.
        folder: an empty folder of its own; stays afterwards, for whoever looks for a cause.
        tell: prints one line.
    """

    def __init__(self, plan: Plan, folder: Path, tell: Callable[[str], None]) -> None:
        self.plan, self.tell = plan, tell
        self.chosen = plan.chosen
        self.chance = random.Random(plan.seed)
        self.postgres = PostgresServer(free_port())
        self.home = Home(ROOT, folder=folder, server=self.postgres.url, more=AIRFLOW_SETTINGS)
        self.processes = Processes(self.home)
        self.supervisor = Supervisor(self.processes, random.Random(f"delays {plan.seed}"))
        self.api_port, self.sandbox_port = free_port(), free_port()
        self.sandbox = f"http://127.0.0.1:{self.sandbox_port}"
        self.started = time.monotonic()
        self.killed: dict[str, int] = {}
        self._names_seen: dict[str, str] = {}
        self._names_at = self._push_at = 0.0
        self._expecting: subprocess.Popen[bytes] | None = None
        self.api: AirflowApi
        self.work: Work

    # -- the campaign --------------------------------------------------------------------------------------------
    def run(self) -> list[CompanyResult]:
        """All of it; each company's result, the processes still running.

        Raises:
            DemoFailed: something did not come up, or the work does not end.
        """
        self.start()
        self.begin_backfills()
        self.kill_all()
        return self.finish()

    def start(self) -> None:
        """PostgreSQL, sandbox and Airflow up; companies configured, their DAGs known."""
        self.home.prepare()
        self.postgres.make()
        environment = self.home.environment(self.api_port)
        names = [company.company for company in self.chosen]
        command = [sys.executable, "-m", "kills.expected", str(self.home.path), *names]
        with (self.home.logs / "expected.log").open("wb") as log:
            self._expecting = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        run = self.supervisor.run
        run(
            "postgres",
            lambda: self.processes.start("postgres", self.postgres.command, environment, user=self.postgres.user),
        )
        self._until("PostgreSQL", self.postgres.answers)
        run("sandbox", lambda: self.processes.start_sandbox(self.sandbox_port))
        self.processes.migrate(environment)
        for name in AIRFLOW_PROCESSES:
            run(name, lambda name=name: self.processes.start_airflow_part(name, environment))  # type: ignore[misc]
        # A call that meets a killed server is made again at the next look.
        address, password = f"http://127.0.0.1:{self.api_port}", self.home.secrets()["password"]
        self.api = AirflowApi(address, "admin", password, tries_again=0)
        self._until("Airflow", self.api.healthy)
        self.api.login()
        self.work = Work(self.api, self.chosen)
        companies.configure(
            self.api, self.sandbox, self.home.path, chosen=self.chosen, register_url=self.home.register_url
        )
        for company in self.chosen:
            accountant.prepare(company, self.home.path)
            dag_id = dag_id_of(company)
            self._until(f"The DAG {dag_id}", lambda dag_id=dag_id: self.api.dag_exists(dag_id))  # type: ignore[misc]
        self._say("everything is up")

    def begin_backfills(self) -> None:
        """One backfill per company, then the DAGs are un-paused: the backfills are all there is to do."""
        for dag_id in self.work.dag_ids:
            self.work.backfill(dag_id, self._before_first)
        for dag_id in self.work.dag_ids:
            self._until(f"The intervals of {dag_id}", lambda dag_id=dag_id: self.work.is_known_to_scheduler(dag_id))  # type: ignore[misc]
            self.api.unpause(dag_id)
        runs = sum(len(self.api.runs(dag_id)) for dag_id in self.work.dag_ids)
        self._say(f"backfills of {len(self.work.dag_ids)} companies are at work, {runs} intervals in all")

    def kill_all(self) -> None:
        """The kills of the plan, each at its moment; backfills that end too soon are begun again."""
        for number, name in enumerate(plan(self.plan.kills, self.chance), start=1):
            self._wait(self.chance.uniform(*self.plan.pause))
            self._wait_for_work()
            running = list(running_tasks(self.supervisor))
            hit = self._kill(name)
            named = self._named([*running, hit])
            detail = f" ({named[-1]})" if hit else ""
            self._say(f"kill {number:>2}: {name}{detail}; at work: {', '.join(named[:-1]) or 'nothing'}")
            self.killed[name] = self.killed.get(name, 0) + 1

    def finish(self) -> list[CompanyResult]:
        """Nobody is killed any more: runs end, then nights follow until nothing is in doubt."""
        self._say("no more kills; finishing the backfills")
        self._ends_well()
        deadline = time.monotonic() + FINISH_SECONDS
        while True:
            for dag_id in self.work.dag_ids:
                self._surely(lambda dag_id=dag_id: self.work.night(dag_id))  # type: ignore[misc]
            self._say("a night of every company")
            self._ends_well()
            imported = [name for company in self.chosen for name in self._work_of_accountant(company)]
            results = self.results()
            gaps = [gap for result in results for gap in differences(result)]
            if not imported and not gaps:
                return results
            if time.monotonic() > deadline:
                return results
            if gaps and not imported:
                self._say(f"waiting for what is in doubt: {'; '.join(gaps)[:300]}")
                self._wait(60)

    def results(self) -> list[CompanyResult]:
        """Register and ledgers of every company, as they are now."""
        return [self._surely(lambda company=company: self._result(company)) for company in self.chosen]  # type: ignore[misc]

    def judge(self, results: Sequence[CompanyResult]) -> list[str]:
        """Every disagreement: between register and ledger, and between both and the undisturbed run."""
        gaps = [gap for result in results for gap in differences(result)]
        if self._expecting is None or self._expecting.wait(timeout=900):
            return [*gaps, f"There is no expectation: see {self.home.logs}/expected.log."]
        wanted: dict[str, Any] = json.loads(expected.file_of(self.home.path).read_text(encoding="utf-8"))
        for company, result in zip(self.chosen, results, strict=True):
            gaps += expected.against(wanted[company.company], result)
        return gaps

    def stop(self) -> None:
        """End everything that was started."""
        if self._expecting is not None and self._expecting.poll() is None:
            self._expecting.kill()
        self.supervisor.stop()
        self.postgres.remove()

    # -- its parts -----------------------------------------------------------------------------------------------
    @property
    def _before_first(self) -> str:
        # The first interval begins on the first day at two, Paris time; a backfill's dates are UTC.
        return self.plan.first

    def _kill(self, name: str) -> str:
        """Kill as soon as there is something to kill; "" where nothing more can be said of it."""
        _, kill = VICTIMS[name]
        deadline = time.monotonic() + UP_SECONDS
        while (hit := kill(self.supervisor, self.chance)) is None:
            if time.monotonic() > deadline:
                raise DemoFailed(f"There was no {name} to kill for {UP_SECONDS:.0f} s. See {self.home.logs}.")
            self._keep_busy()
            self._tick()
        return hit

    def _keep_busy(self) -> None:
        try:
            if not self.work.unfinished():
                for dag_id in self.work.dag_ids:
                    self.work.backfill(dag_id, self._before_first, again=True)
                self._say("all backfills have ended; the same intervals once more")
        except requests.RequestException:
            return  # the API server is down

    def _wait_for_work(self) -> None:
        """A kill is worth more while tasks run; when everything is slow to come back, it comes all the same."""
        deadline = time.monotonic() + WORK_SECONDS
        while not running_tasks(self.supervisor) and time.monotonic() < deadline:
            self._keep_busy()
            self._tick()

    def _named(self, ids: Sequence[str]) -> list[str]:
        """What each id of a task instance stands for, as far as the API server could tell."""
        if any(one not in self._names_seen for one in ids):
            with contextlib.suppress(requests.RequestException):
                self._names_seen = self.work.names()
        return [self._names_seen.get(one, one) for one in ids]

    def _work_of_accountant(self, company: DemoCompany) -> list[str]:
        return self._surely(lambda: accountant.work(company, self.sandbox, self.home.path))

    def _result(self, company: DemoCompany) -> CompanyResult:
        register = Register.open(self.home.register_url)
        try:
            return collect(company, register, accountant.witness(company, self.sandbox))
        finally:
            register.close()

    def _ends_well(self) -> None:
        """Until every run has ended well.

        Raises:
            DemoFailed: after an hour.
        """
        self._until("The runs", lambda: not self.work.unfinished(), seconds=FINISH_SECONDS)

    def _surely(self, call: Callable[[], Result]) -> Result:
        """``call`` again until nothing is down."""
        results: list[Result] = []

        def once() -> bool:
            results.append(call())
            return True

        self._until("The answer", once)
        return results[0]

    def _until(self, what: str, check: Callable[[], bool], *, seconds: float = UP_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if check():
                    return
            except (requests.RequestException, TryLater):
                pass  # down for a moment
            self._tick()
        raise DemoFailed(f"{what}: not there after {seconds:.0f} s. See {self.home.logs}.")

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._tick()

    def _tick(self) -> None:
        now = time.monotonic()
        try:
            if hasattr(self, "work") and now >= self._names_at:
                self._names_at = now + NAMES_EVERY_SECONDS
                self._names_seen = self.work.names()
            if hasattr(self, "work") and now >= self._push_at:
                self._push_at = now + PUSH_EVERY_SECONDS
                self.work.push()
        except requests.RequestException:
            pass  # the API server is down
        time.sleep(LOOK_EVERY_SECONDS)

    def _say(self, text: str) -> None:
        self.tell(f"{time.monotonic() - self.started:>6.0f} s  {text}")
