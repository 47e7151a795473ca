"""The throttle keeps a server's own count below its limit and wastes almost nothing of it."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.errors import TryLater
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger_sandbox.quota import Limit, Window
from tests.unit.http.conftest import FakeClock


class Server:
    """A server with a sliding window that counts a request at some moment of its flight."""

    def __init__(self, clock: FakeClock, limits: list[tuple[int, float]]) -> None:
        self.clock = clock
        self.windows = [Window(Limit(count, seconds)) for count, seconds in limits]
        self.refused = 0

    def count(self) -> dict[float, int]:
        now = self.clock.now
        if all(window.standing(now).remaining for window in self.windows):
            for window in self.windows:
                window.add(now)
        else:
            self.refused += 1
        return {window.limit.seconds: window.standing(now).remaining for window in self.windows}


def run(clock: FakeClock, throttle: Throttle, server: Server, flights: list[tuple[float, float]]) -> None:
    """One request after another; each flight = (seconds until counted, seconds until answered)."""
    for outward, homeward in flights:
        with throttle.slot():
            clock.now += outward
            server.count()
            clock.now += homeward


LIMITS = st.lists(
    st.tuples(st.integers(1, 30), st.sampled_from([1.0, 5.0, 10.0, 60.0])),
    min_size=1,
    max_size=3,
    unique_by=lambda limit: limit[1],
)


@given(limits=LIMITS, flights=st.lists(st.tuples(st.floats(0, 2), st.floats(0, 2)), min_size=1, max_size=10))
def test_a_server_never_counts_more_than_it_allows_whenever_it_counts(
    limits: list[tuple[int, float]], flights: list[tuple[float, float]]
) -> None:
    clock = FakeClock()
    server = Server(clock, limits)
    run(clock, Throttle(limits, clock=clock, sleep=clock.sleep, longest_wait_seconds=1e9), server, flights)
    assert server.refused == 0


@given(
    limits=LIMITS,
    wire=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    delays=st.lists(st.tuples(st.floats(0, 2), st.floats(0, 2)), max_size=80),
)
def test_once_the_wire_is_known_its_delays_still_draw_no_refusal(
    limits: list[tuple[int, float]], wire: tuple[float, float], delays: list[tuple[float, float]]
) -> None:
    """Every flight takes what the wire takes, and any delay on either way."""
    clock = FakeClock()
    server = Server(clock, limits)
    out, home = wire
    flights = [wire] * 10 + [(out + more_out, home + more_home) for more_out, more_home in delays]
    run(clock, Throttle(limits, clock=clock, sleep=clock.sleep, longest_wait_seconds=1e9), server, flights)
    assert server.refused == 0


class BusyClock(FakeClock):
    """Requests in flight arrive and are answered while others wait for their slot."""

    def __init__(self) -> None:
        super().__init__()
        self.due: list[tuple[float, int, Callable[[], object]]] = []

    def later(self, seconds: float, happens: Callable[[], object]) -> None:
        heapq.heappush(self.due, (self.now + seconds, len(self.slept) + len(self.due), happens))

    def sleep(self, seconds: float) -> None:
        end = self.now + seconds
        while self.due and self.due[0][0] <= end:
            self.now, _, happens = heapq.heappop(self.due)
            happens()
        self.now = end


@pytest.mark.parametrize("limit", [(15, 1.0), (25, 5.0), (20, 10.0)])
def test_many_requests_at_once_fill_a_short_window_behind_a_long_wire(limit: tuple[int, float]) -> None:
    clock = BusyClock()
    server = Server(clock, [limit])
    throttle = Throttle([limit], clock=clock, sleep=clock.sleep)
    count, seconds = limit
    start, requests = clock.now, count * 50
    for _ in range(requests):
        slot = ExitStack()
        slot.enter_context(throttle.slot())
        clock.later(0.15, server.count)
        clock.later(0.3, slot.close)
        clock.sleep(0.0)
    assert server.refused == 0
    assert requests / (count * (1 + (clock.now - start) / seconds)) >= 0.95


def test_a_refusal_makes_the_limiter_count_from_the_answer_again(clock: FakeClock) -> None:
    throttle = Throttle([(1, 1.0)], clock=clock, sleep=clock.sleep)

    def from_answer_to_next() -> float:
        with throttle.slot():
            clock.now += 0.5
        answered = clock.now
        with throttle.slot():
            gap = clock.now - answered
            clock.now += 0.5
        return gap

    for _ in range(6):
        from_answer_to_next()
    assert from_answer_to_next() < 0.6
    throttle.pause(0.0)
    assert from_answer_to_next() == pytest.approx(1.0, abs=0.01)
    for _ in range(20):
        from_answer_to_next()
    assert from_answer_to_next() == pytest.approx(1.0, abs=0.01), "once refused, it takes much more to believe again"


@pytest.mark.parametrize("limit", [(20, 10.0), (25, 5.0), (5, 1.0)])
def test_at_least_98_percent_of_the_quota_is_used(limit: tuple[int, float]) -> None:
    clock = FakeClock()
    server = Server(clock, [limit])
    throttle = Throttle([limit], clock=clock, sleep=clock.sleep)
    count, seconds = limit
    requests = count * 50
    start = clock.now
    run(clock, throttle, server, [(0.002, 0.002)] * requests)
    allowed = count * (1 + (clock.now - start) / seconds)
    assert server.refused == 0
    assert requests / allowed >= 0.98


def test_a_slot_is_free_when_the_answer_came_not_when_the_request_left(clock: FakeClock) -> None:
    throttle = Throttle([(1, 10.0)], clock=clock, sleep=clock.sleep)
    with throttle.slot():
        clock.now += 4
    answered = clock.now
    with throttle.slot():
        assert clock.now == pytest.approx(answered + 10, abs=0.01)


def test_somebody_elses_requests_are_seen_in_the_headers(clock: FakeClock) -> None:
    throttle = Throttle([(5, 1.0), (100, 60.0)], clock=clock, sleep=clock.sleep)
    start = clock.now
    with throttle.slot():
        pass
    throttle.learn({"x-quota-remaining-by-second": "0", "x-quota-remaining-by-minute": "90"})
    with throttle.slot():
        assert clock.now == pytest.approx(start + 1, abs=0.01)


def test_headers_that_agree_with_our_own_count_cost_nothing(clock: FakeClock) -> None:
    throttle = Throttle([(20, 10.0)], clock=clock, sleep=clock.sleep)
    for sent in range(20):
        with throttle.slot():
            pass
        throttle.learn({"x-rate-limit-remaining": str(19 - sent), "x-rate-limit-reset": "0"})
    assert clock.slept == []


@pytest.mark.parametrize("reset", ["3", "not a number", "", None, "1e400", "-5"])
def test_a_counter_at_zero_waits_at_most_one_period(clock: FakeClock, reset: str | None) -> None:
    throttle = Throttle([(25, 5.0)], clock=clock, sleep=clock.sleep)
    headers = {"ratelimit-remaining": "0"} | ({} if reset is None else {"ratelimit-reset": reset})
    throttle.learn(headers)
    start = clock.now
    with throttle.slot():
        assert clock.now - start <= 5


def test_a_counter_of_a_window_nobody_told_us_pauses_everything(clock: FakeClock) -> None:
    throttle = Throttle([(5, 1.0)], clock=clock, sleep=clock.sleep)
    throttle.learn({"x-quota-remaining-by-minute": "0"})
    start = clock.now
    with throttle.slot():
        assert clock.now - start == pytest.approx(60)


def test_a_used_up_day_is_not_slept_through(clock: FakeClock) -> None:
    throttle = Throttle([(5, 1.0)], clock=clock, sleep=clock.sleep)
    throttle.learn({"x-quota-remaining-by-day": "0"})
    with pytest.raises(TryLater) as later, throttle.slot():
        pass
    assert later.value.retry_after_seconds == pytest.approx(86_400)
    assert clock.slept == []


def test_new_limits_keep_what_is_spent(clock: FakeClock) -> None:
    throttle = Throttle([(5, 1.0)], clock=clock, sleep=clock.sleep)
    with throttle.slot():
        pass
    throttle.set_limits([(1, 1.0)])
    start = clock.now
    with throttle.slot():
        assert clock.now - start == pytest.approx(1, abs=0.01)


def test_a_slot_is_given_back_when_the_request_fails(clock: FakeClock) -> None:
    throttle = Throttle([(1, 1.0)], clock=clock, sleep=clock.sleep)
    with pytest.raises(OSError, match="gone"), throttle.slot():
        raise OSError("gone")
    start = clock.now
    with throttle.slot():
        assert clock.now - start == pytest.approx(1, abs=0.01)


def test_threads_share_one_count() -> None:
    throttle = Throttle([(3, 0.05)])
    taken = []

    def work() -> None:
        with throttle.slot():
            taken.append(1)

    threads = [threading.Thread(target=work) for _ in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert len(taken) == 7
