"""Fixtures of the HTTP tests: a scripted server and a clock that only moves when somebody waits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.http.wire import Wire, scripted


class FakeClock:
    """Monotonic time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class SlowTime:
    """Stands in for the module ``time``: each look finds some seconds gone."""

    def __init__(self, seconds_a_look: float) -> None:
        self._now, self._step = 0.0, seconds_a_look

    def monotonic(self) -> float:
        self._now += self._step
        return self._now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as running:
        yield running
