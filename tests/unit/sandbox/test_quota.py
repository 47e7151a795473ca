"""Quotas: windows that slide or follow the calendar, told in headers, switched off for tests."""

from __future__ import annotations

import requests
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger_sandbox.quota import Limit, Quota
from sellsy_ledger_sandbox.server import Sandbox

from .conftest import Clock


def quota(*limits: Limit) -> Quota:
    return Quota(limits, headers=lambda standings: {}, refuse=lambda standings: ({}, "text/plain", b""))


def test_a_sliding_window_frees_a_place_when_a_request_leaves_it() -> None:
    counter = quota(Limit(2, 10.0))
    allowed = [counter.enter("a", now)[0] for now in (0.0, 4.0, 9.9, 10.0, 13.9, 14.0)]
    assert allowed == [True, True, False, True, False, True]


def test_an_aligned_window_starts_again_on_the_minute() -> None:
    counter = quota(Limit(2, 60.0, aligned=True))
    assert [counter.enter("a", now)[0] for now in (58.0, 59.0, 59.9, 60.0)] == [True, True, False, True]


def test_callers_do_not_share_a_quota() -> None:
    counter = quota(Limit(1, 10.0))
    assert counter.enter("a", 0.0)[0]
    assert counter.enter("b", 0.0)[0]
    assert not counter.enter("a", 0.0)[0]


@given(
    st.integers(1, 5),
    st.lists(st.floats(0, 3, allow_nan=False, width=16), max_size=60),
)
def test_no_sliding_window_ever_lets_more_through_than_its_count(count: int, pauses: list[float]) -> None:
    counter, now, passed = quota(Limit(count, 2.0)), 100.0, []
    for pause in pauses:
        now += pause
        if counter.enter("a", now)[0]:
            passed.append(now)
    assert all(sum(start < moment <= start + 2.0 for moment in passed) <= count for start in passed)


def test_the_quota_is_told_in_headers_and_refuses_with_429(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.set_quota(enabled=True)
    with requests.Session() as session:

        def post() -> requests.Response:
            return session.post(f"{sandbox.url}/notebook/notes", json={"piece": "F"}, timeout=5)

        assert [post().headers["x-left"] for _ in range(3)] == ["2/4", "1/3", "0/2"]
        refused = post()
        assert (refused.status_code, refused.headers["retry-after"], refused.headers["x-left"]) == (429, "1", "0/2")
        assert session.get(f"{sandbox.url}/notebook/free", timeout=5).status_code == 200
        clock.now += 1
        assert post().headers["x-left"] == "2/1"
        clock.now += 60
        assert post().headers["x-left"] == "2/4"


def test_a_failed_request_counts_too(sandbox: Sandbox) -> None:
    sandbox.set_quota(enabled=True)
    url = f"{sandbox.url}/notebook/notes"
    assert requests.post(url, json={"piece": ""}, timeout=5).status_code == 400
    assert requests.post(url, json={"piece": "F"}, timeout=5).headers["x-left"] == "1/3"


def test_the_quota_can_be_switched_while_the_sandbox_runs(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/_sandbox/quota"
    assert not sandbox.quota_enabled
    assert requests.post(url, json={"enabled": True}, timeout=5).json() == {"enabled": True}
    assert sandbox.quota_enabled
    assert requests.post(url, json={"enabled": "yes"}, timeout=5).status_code == 400
