"""Two runs of one company at the same time: threads, processes, a stolen lease. One of them works, none posts twice."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.scenario.stage import TARGETS, Stage

from sellsy_ledger.errors import LeaseHeld
from sellsy_ledger.pipeline.posting import post_entries
from sellsy_ledger_sandbox.server import Sandbox


@pytest.mark.parametrize("target", TARGETS)
def test_of_two_runs_at_once_one_works_and_the_other_leaves_it_alone(fresh, target):
    stage = fresh(target)
    results: list[Any] = []
    together = threading.Barrier(2)

    def run(name: str) -> None:
        register = stage.open_register()
        try:
            company = stage.company(name, register)
            together.wait()
            batches = stage.prepare(company)
            results.append(len(batches))
            for batch in batches:
                post_entries(company, batch)
        except LeaseHeld:
            results.append("left alone")
        finally:
            register.close()

    threads = [threading.Thread(target=run, args=(name,)) for name in ("backfill", "nightly")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, results)) == ["1", "left alone"]
    stage.tomorrow()
    stage.night()
    assert stage.problems_with_the_books() == []


@pytest.mark.parametrize("target", TARGETS)
def test_two_runs_that_post_the_same_batch_at_once_write_each_document_once(fresh, target):
    """The same run twice (a zombie task and its retry share the run id, so the lease stops neither)."""
    stage = fresh(target)
    company = stage.company("the run")
    (batch,) = stage.prepare(company)
    together = threading.Barrier(2)
    errors: list[BaseException] = []

    def post() -> None:
        register = stage.open_register()
        try:
            twin = stage.company("the run", register)
            together.wait()
            post_entries(twin, batch)
        except BaseException as error:
            errors.append(error)
            raise
        finally:
            register.close()

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    stage.tomorrow()
    stage.night()
    assert stage.problems_with_the_books() == []


def test_a_run_that_was_overtaken_writes_nothing_more(fresh):
    stage = fresh("myunisoft")
    slow = stage.company("slow")
    (batch,) = stage.prepare(slow)
    stage.clock += dt.timedelta(hours=2)
    stage.night("overtaker")
    stage.register.take_lease("atelier", holder="overtaker again")
    with pytest.raises(LeaseHeld):
        post_entries(slow, batch)
    stage.register.free_lease("atelier", holder="overtaker again")
    assert stage.problems_with_the_books() == []


def _die(url: str, target: str, folder: str, nth: int) -> None:
    """A process of its own: it dies at its nth commit as a machine does, without any clean-up."""
    from tests.faults.killing import Killed, killing_commits

    class Elsewhere:
        """The sandbox that runs in the parent."""

    elsewhere: Any = Elsewhere()
    elsewhere.url = url
    stage = Stage(elsewhere, target, Path(folder))
    with killing_commits(nth, after=True):
        try:
            stage.night()
        except Killed:
            os._exit(9)
    os._exit(0)


@pytest.mark.parametrize("nth", [6, 11, 13])
def test_a_process_that_dies_without_clean_up_is_made_up_for(fresh, sandbox: Sandbox, nth):
    stage = fresh("pennylane")
    process = multiprocessing.get_context("spawn").Process(
        target=_die, args=(sandbox.url, "pennylane", str(stage.folder), nth)
    )
    process.start()
    process.join(60)
    assert process.exitcode == 9
    stage.tomorrow()
    stage.night()
    assert stage.problems_with_the_books() == []
