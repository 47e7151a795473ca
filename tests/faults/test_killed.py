"""The run dies at every HTTP call and at every commit; the next night finishes it, and nothing is booked twice.

No list of places is written down: the place of death moves on by one until a whole night survives it. Told for one tool
of each way into the books (at once, by a queue, by files); `make faults` kills real processes for all of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from tests.faults.conftest import ONE_OF_EACH_WAY
from tests.faults.killing import Killed, killing_commits, killing_http
from tests.scenario.stage import TARGETS

PLACES = {"http": killing_http, "commit": killing_commits}
# What happens around Sellsy's own calls is the same whatever the tool: one of them dies there too.
WHOLE_NIGHTS = ("myunisoft",)


def is_sellsys(call: str) -> bool:
    """True for a call of the source's side."""
    return call.startswith(("sellsy ", "download"))


def clean_night(fresh: Callable[..., Any], target: str, place: str) -> list[str]:
    """What happens in a night without death."""
    stage = fresh(target)
    with PLACES[place]() as killer:
        stage.night()
    assert stage.problems_with_the_books() == []
    return killer.seen


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("target", ONE_OF_EACH_WAY)
def test_wherever_a_run_dies_the_next_one_books_every_document_once(fresh, target, place, moment):
    expected = clean_night(fresh, target, place)
    wrong: dict[str, list[str]] = {}
    for nth in count(1):
        if target not in WHOLE_NIGHTS and nth <= len(expected) and is_sellsys(expected[nth - 1]):
            continue
        stage = fresh(target)
        with PLACES[place](nth, after=moment == "after") as killer:
            try:
                stage.night()
            except Killed as death:
                name = f"{nth}: {death}"
        if not killer.fired:
            break
        stage.tomorrow()
        stage.night()
        problems = stage.problems_with_the_books()
        if problems:
            wrong[name] = problems
    assert wrong == {}
    assert nth == len(expected) + 1, "every call or commit of a clean night was a place of death"


@pytest.mark.parametrize("target", ONE_OF_EACH_WAY)
def test_airflow_may_also_repeat_the_same_run_at_once(fresh, target):
    """A retried task keeps its run id, and its lease."""
    writes = [
        nth
        for nth, name in enumerate(clean_night(fresh, target, "http"), 1)
        if name.startswith(TARGETS[target].tool) and " POST " in name
    ]
    for nth in writes:
        for after in (False, True):
            stage = fresh(target)
            with killing_http(nth, after=after), pytest.raises(Killed):
                stage.night("the run")
            stage.night("the run")
            # Not finding the entry proves nothing to the run that began it: the next night settles what is left.
            stage.tomorrow()
            stage.night()
            assert stage.problems_with_the_books() == []


@pytest.mark.parametrize("target", ONE_OF_EACH_WAY)
def test_a_run_that_dies_night_after_night_still_ends_once(fresh, target):
    stage = fresh(target)
    for nth in (7, 12, 18, 21, 25, 3, 30, 14):
        with killing_http(nth, after=True), contextlib.suppress(Killed):
            stage.night()
        stage.tomorrow()
    stage.night()
    assert stage.problems_with_the_books() == []
