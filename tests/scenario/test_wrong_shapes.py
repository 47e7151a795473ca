"""What the tool answers is untrusted: whatever the shape, a clear error, nothing booked twice, nothing lost.

Each story is a run of bad nights and one healthy night, after which every document is in the books exactly once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.scenario.answers import BODIES, listening, replacing
from tests.scenario.stage import TARGETS, Stage, line, paper, serving, write_papers

from sellsy_ledger.errors import InvariantBroken, LedgerError
from sellsy_ledger_sandbox.server import Sandbox

WITH_HTTP = [name for name, kit in TARGETS.items() if kit.write_route]
TWO = 2
# MyUnisoft says by `null`, `{}` or no body at all that there is no such entry.
ABSENT_IS_NOTHING = ("myunisoft",)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    data = write_papers(
        tmp_path_factory.mktemp("data") / "papers.jsonl",
        sales=[paper(f"S{n}", line("Conseil", "100.00"), line("Livre", "50.00", "10.00")) for n in range(5)],
        purchases=[paper(f"P{n}", line("Papier", "80.00")) for n in range(5)],
    )
    with serving(data) as running:
        yield running


@pytest.fixture
def fresh(sandbox: Sandbox, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """A company that nobody has ever synchronised, over empty books; as often as wanted."""
    made: list[Stage] = []

    def make(target: str, documents: int = 0) -> Stage:
        while made:
            made.pop().close()
        sandbox.reset()
        folder = tmp_path / f"try-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        stage = Stage(sandbox, target, folder)
        made.append(stage)
        if documents:
            kinds = {one["kind"]: one["number"] for one in stage.documents()}
            stage.keep_only(*list(kinds.values())[:documents])
        return stage

    yield make
    for stage in made:
        stage.close()


def bad_night(stage: Stage, *, check: bool = False) -> LedgerError | None:
    """A night that may end with one of our errors, and with no other."""
    try:
        stage.night(check=check)
    except InvariantBroken:
        raise
    except LedgerError as error:
        return error
    return None


def is_clear(error: LedgerError) -> bool:
    """It says where, and in words of ours."""
    text = str(error)
    return len(text) > 20 and not any(word in text for word in ("Traceback", "NoneType", "msgspec", "object at 0x"))


@pytest.mark.parametrize("sent", [True, False], ids=["carried out", "never arrived"])
@pytest.mark.parametrize("target", WITH_HTTP)
def test_a_write_that_is_answered_with_anything_is_looked_up_and_never_repeated_blindly(fresh, target, sent):
    """Night after night another writing route answers nonsense, a different one to each document."""
    stage = fresh(target, TWO)
    connector = type(stage.company().connector)
    with listening(connector) as heard:
        stage.night()
    routes = heard.routes(lambda call: call.wrote)
    assert routes, "the tool is written to"
    stage = fresh(target)
    for route in routes:
        # A bare number is an id, for a tool that names what it made by its id alone.
        bodies = iter(BODIES if sent else BODIES[:-1])

        def nonsense(heard, call, route=route, bodies=bodies):
            return next(bodies, None) if call.wrote and call.route == route else None

        def night(nonsense=nonsense, stage=stage):
            with replacing(connector, nonsense, sent=sent) as heard:
                error = bad_night(stage)
            assert error is None or is_clear(error), error
            return heard.replaced

        if not night():
            # All was booked in the night before.
            assert stage.problems_with_the_books() == []
            stage = fresh(target)
            assert night(stage=stage), route
        stage.tomorrow()
    # One night finds what was written, and writes what was not.
    stage.night()
    assert stage.problems_with_the_books() == []


@pytest.mark.parametrize("target", WITH_HTTP)
def test_a_look_up_that_is_answered_with_anything_is_no_proof_that_nothing_was_booked(fresh, target):
    """Each entry is booked and its answer lost; the routes of the look-up then answer nonsense, a night each."""
    stage = fresh(target, TWO)
    connector = type(stage.company().connector)
    with listening(connector) as heard:
        stage.night()
    booking = list(heard.routes(lambda call: call.wrote))[-1]

    def lost(heard, call):
        return b"<html>" if call.wrote and call.route == booking else None

    def books_with_lost_answers():
        stage = fresh(target)
        with replacing(connector, lost):
            bad_night(stage)
        stage.tomorrow()
        return stage

    stage = books_with_lost_answers()
    absent = heard.routes(lambda call: call.looks_up)
    with listening(connector) as heard:
        stage.night()
    routes = heard.routes(lambda call: call.looks_up)
    assert stage.problems_with_the_books() == []
    for route in routes:
        stage = books_with_lost_answers()
        honest = {b"", b"null", b"{}", b"[]"} if target in ABSENT_IS_NOTHING else {b"[]"}
        said = absent[route].body if route in absent else b""
        bodies = itertools.cycle(
            body for body in BODIES if body not in (honest if said[:1] in (b"[", b"n", b"") else ())
        )

        def nonsense(heard, call, route=route, bodies=bodies):
            return next(bodies) if call.looks_up and call.route == route else None

        with replacing(connector, nonsense) as heard:
            error = bad_night(stage)
        assert error is None or is_clear(error), error
        stage.tomorrow()
        stage.night()
        if problems := stage.problems_with_the_books():
            pytest.fail(f"{route}: {problems}")


@pytest.mark.parametrize("target", WITH_HTTP)
def test_a_read_that_is_answered_with_anything_stops_with_a_clear_error_or_waits(fresh, target):
    """A bad night for every reading route, with nonsense in place of all its answers; then a healthy one."""
    stage = fresh(target, TWO)
    connector = type(stage.company().connector)
    with listening(connector) as heard:
        stage.night(check=True)
    routes = heard.routes(lambda call: not call.wrote)
    stage = fresh(target, TWO)
    for position, (route, first) in enumerate(routes.items()):
        lists = first.body.lstrip()[:1] in (b"[", b"")
        others = [body for body in BODIES if not (lists and body == b"[]")]
        for body in (others[2 * position % len(others)], others[(2 * position + 1) % len(others)]):

            def nonsense(heard, call, route=route, body=body):
                return body if call.route == route and not call.wrote else None

            with replacing(connector, nonsense):
                error = bad_night(stage, check=True)
            assert error is None or is_clear(error), f"{route} {body!r}: {error}"
            stage.tomorrow()
            if not set(stage.states()) <= {"ready", "waiting"}:
                stage.night()
                assert stage.problems_with_the_books() == [], f"{route} answered {body!r}"
                stage = fresh(target, TWO)
    stage.night()
    assert stage.problems_with_the_books() == []
