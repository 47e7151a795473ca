"""The sandbox itself fails, at every route of the tool and of Sellsy, in every way it knows.

A read is tried again, within the run or by Airflow. A write whose answer is lost is looked up by the next run. Whatever
the fault, two nights later every document is in the books exactly once. Told for one tool of each way into the books;
`make faults` lets the same happen to all of them.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from tests.faults.conftest import ONE_OF_EACH_WAY
from tests.scenario.stage import TARGETS

from sellsy_ledger.errors import LedgerError, TryLater
from sellsy_ledger_sandbox.faults import KINDS

# `slow` and `huge` are about time and memory, not about what was carried out.
WRITE_KINDS = sorted(set(KINDS) - {"slow", "huge"})
READ_KINDS = ("drop_after", "500", "html", "truncated")


def routes_of_a_clean_night(fresh: Callable[..., Any], target: str) -> dict[str, Counter[str]]:
    """How often each route is asked in a night without fault, by API."""
    stage = fresh(target)
    before = {api: Counter(routes) for api, routes in stage.sandbox.calls().items()}
    stage.night()
    assert stage.problems_with_the_books() == []
    after = stage.sandbox.calls()
    return {api: Counter(after.get(api, {})) - before.get(api, Counter()) for api in (stage.tool, "sellsy")}


@pytest.mark.parametrize("kind", WRITE_KINDS)
@pytest.mark.parametrize("target", [name for name in ONE_OF_EACH_WAY if TARGETS[name].write_route])
def test_a_fault_on_any_write_books_nothing_twice_and_loses_nothing(fresh, target, kind):
    wrong: dict[str, list[str]] = {}
    tool = TARGETS[target].tool
    clean = routes_of_a_clean_night(fresh, target)[tool]
    writes = {route: n for route, n in clean.items() if route.startswith("POST")}
    assert writes, "the tool is written to"
    for route, times in writes.items():
        for nth in range(1, times + 1):
            stage = fresh(target)
            stage.read_timeout_seconds = 0.5 if kind.startswith("timeout") else 5.0
            stage.sandbox.faults([{"tool": tool, "route": route, "nth": nth, "kind": kind}])
            with contextlib.suppress(LedgerError):
                stage.night()
            assert stage.sandbox.planned_faults() == [], f"{kind} at {route} #{nth} never fired"
            stage.read_timeout_seconds = 5.0
            stage.tomorrow()
            stage.night()
            if problems := stage.problems_with_the_books():
                wrong[f"{route} #{nth}"] = problems
    assert wrong == {}


@pytest.mark.parametrize("kind", READ_KINDS)
@pytest.mark.parametrize("target", ONE_OF_EACH_WAY)
def test_a_fault_on_every_read_is_survived_with_airflows_retries(fresh, target, kind):
    """One fault at the first call of every reading route, all in one run; Airflow repeats what says try later."""
    clean = routes_of_a_clean_night(fresh, target)
    stage = fresh(target)
    reads = [
        {"tool": api, "route": route, "nth": 1, "kind": kind}
        for api, routes in clean.items()
        for route in routes
        if api == "sellsy" or not route.startswith("POST")
    ]
    stage.sandbox.faults(reads)
    for _ in reads:
        with contextlib.suppress(TryLater):
            stage.night("the run")
            break
    # A web page in place of a file is an answer, not a fault: that document waits for the next night; an entry that
    # could not be read back stays posted, and each of the routes that read it back has its fault still to come.
    for _ in range(4):
        stage.tomorrow()
        stage.night()
    assert stage.sandbox.planned_faults() == []
    assert stage.problems_with_the_books() == []
