"""Several processes spend one quota together: never more than allowed, almost nothing less."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from sellsy_ledger.http.shared_throttle import SharedThrottle
from sellsy_ledger.http.throttle import LONGEST_FLIGHT_SECONDS
from sellsy_ledger_sandbox.quota import Limit, Window
from tests.unit.http.conftest import FakeClock

LIMIT = (20, 10.0)


def share(path: Path, clock: FakeClock, limit: tuple[int, float] = LIMIT) -> SharedThrottle:
    return SharedThrottle(path, [limit], clock=clock, sleep=clock.sleep)


def test_four_share_one_quota_and_use_98_percent_of_it(tmp_path: Path, clock: FakeClock) -> None:
    throttles = [share(tmp_path / "quota", clock) for _ in range(4)]
    server = Window(Limit(*LIMIT))
    start = clock.now
    requests = 20 * 30
    for number in range(requests):
        with throttles[number % 4].slot():
            clock.now += 0.002
            assert server.standing(clock.now).remaining > 0, "the server would have answered 429"
            server.add(clock.now)
            clock.now += 0.002
    allowed = LIMIT[0] * (1 + (clock.now - start) / LIMIT[1])
    assert requests / allowed >= 0.98


def test_a_request_in_flight_holds_its_slot_for_the_others_too(tmp_path: Path, clock: FakeClock) -> None:
    first, second = (share(tmp_path / "quota", clock, (1, 1.0)) for _ in range(2))
    with first.slot():
        clock.now += 0.5
    answered = clock.now
    with second.slot():
        assert clock.now == pytest.approx(answered + 1, abs=0.01)


def test_a_pause_and_foreign_requests_hold_for_all(tmp_path: Path, clock: FakeClock) -> None:
    first, second = (share(tmp_path / "quota", clock) for _ in range(2))
    first.pause(7)
    start = clock.now
    with second.slot():
        assert clock.now - start == pytest.approx(7)
    first.learn({"x-rate-limit-remaining": "0"})
    start = clock.now
    with second.slot():
        assert clock.now - start == pytest.approx(10, abs=0.01)


def test_the_slot_of_a_process_that_died_comes_back(tmp_path: Path, clock: FakeClock) -> None:
    dead, alive = (share(tmp_path / "quota", clock, (1, 1.0)) for _ in range(2))
    dead._acquire()
    clock.now += LONGEST_FLIGHT_SECONDS
    start = clock.now
    with alive.slot():
        assert clock.now - start <= 1.01


@pytest.mark.parametrize("content", [b"", b"{", b'["x", 5]', b"\xff\xfe", b'[9e99, {"10.0": [9e99]}]'])
def test_a_damaged_file_counts_as_empty(tmp_path: Path, clock: FakeClock, content: bytes) -> None:
    path = tmp_path / "quota"
    path.write_bytes(content)
    with share(path, clock).slot():
        assert clock.slept == []
    with share(path, clock).slot():
        pass
    assert len(share(path, clock)._windows) == 1


def test_a_days_window_stays_with_each_process(tmp_path: Path, clock: FakeClock) -> None:
    throttle = SharedThrottle(tmp_path / "quota", [(5, 1.0), (1000, 86_400.0)], clock=clock, sleep=clock.sleep)
    with throttle.slot():
        pass
    assert b"86400" not in (tmp_path / "quota").read_bytes()


def _spend(path: str, requests: int, moments: multiprocessing.Queue[list[tuple[float, float]]]) -> None:
    throttle = SharedThrottle(Path(path), [(5, 0.1)])
    mine = []
    for _ in range(requests):
        with throttle.slot():
            mine.append((time.time(), time.time()))
    moments.put(mine)


def test_real_processes_never_exceed_the_window(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    moments: multiprocessing.Queue[list[tuple[float, float]]] = context.Queue()
    workers = [context.Process(target=_spend, args=(str(tmp_path / "quota"), 6, moments)) for _ in range(3)]
    for worker in workers:
        worker.start()
    counted = sorted(start for _ in workers for start, _ in moments.get(timeout=60))
    for worker in workers:
        worker.join(60)
    assert len(counted) == 18
    assert all(later - earlier >= 0.1 for earlier, later in zip(counted, counted[5:], strict=False))
