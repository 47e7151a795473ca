"""Each kind of fault, seen by a real HTTP client: was the request carried out, and what came back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
import requests

from sellsy_ledger_sandbox import gate
from sellsy_ledger_sandbox.faults import KINDS, FaultPlan, same_route
from sellsy_ledger_sandbox.server import Sandbox


def post(sandbox: Sandbox, piece: str = "F-1", timeout: float = 5) -> requests.Response:
    return requests.post(f"{sandbox.url}/notebook/notes", json={"piece": piece}, timeout=timeout)


def fault(sandbox: Sandbox, kind: str, nth: int = 1, route: str = "POST /notes") -> None:
    sandbox.faults([{"tool": "notebook", "route": route, "nth": nth, "kind": kind}])


@pytest.mark.parametrize(("kind", "carried_out"), [("drop_before", False), ("drop_after", True)])
def test_a_cut_connection_gives_no_answer(sandbox: Sandbox, kind: str, carried_out: bool) -> None:
    fault(sandbox, kind)
    with pytest.raises(requests.ConnectionError):
        post(sandbox)
    assert len(sandbox.entries("notebook")) == carried_out
    assert post(sandbox).status_code == 200


@pytest.mark.parametrize(("kind", "carried_out"), [("timeout", False), ("timeout_after", True)])
def test_a_hanging_request_outlasts_the_client(sandbox: Sandbox, kind: str, carried_out: bool) -> None:
    fault(sandbox, kind)
    with pytest.raises(requests.Timeout):
        post(sandbox, timeout=0.2)
    assert len(sandbox.entries("notebook")) == carried_out


@pytest.mark.parametrize("wake", [Sandbox.reset, Sandbox.stop])
def test_a_hanging_request_wakes_when_the_sandbox_is_reset_or_stopped(
    sandbox: Sandbox, wake: Callable[[Sandbox], None]
) -> None:
    fault(sandbox, "timeout")
    failures: list[Exception] = []

    def call() -> None:
        try:
            post(sandbox, timeout=60)
        except requests.ConnectionError as error:
            failures.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    while not sandbox.calls():
        time.sleep(0.005)
    started = time.monotonic()
    wake(sandbox)
    thread.join(10)
    assert failures
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("kind", "status", "carried_out"), [("500", 500, False), ("500_after", 500, True), ("401", 401, False)]
)
def test_an_error_answer_hides_whether_the_request_was_carried_out(
    sandbox: Sandbox, kind: str, status: int, carried_out: bool
) -> None:
    fault(sandbox, kind)
    assert post(sandbox).status_code == status
    assert len(sandbox.entries("notebook")) == carried_out


def test_a_429_looks_like_the_tools_own_refusal(sandbox: Sandbox) -> None:
    fault(sandbox, "429")
    answer = post(sandbox)
    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (429, "slow down", "1")
    assert answer.headers["x-left"] == "0/0"
    assert sandbox.entries("notebook") == []


def test_a_page_comes_instead_of_json(sandbox: Sandbox) -> None:
    fault(sandbox, "html")
    answer = post(sandbox)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert sandbox.entries("notebook") == []


def test_a_truncated_answer_ends_before_its_announced_length(sandbox: Sandbox) -> None:
    fault(sandbox, "truncated")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        post(sandbox)
    assert len(sandbox.entries("notebook")) == 1


def test_a_slow_answer_is_late_and_right(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "SLOW_SECONDS", 0.3)
    fault(sandbox, "slow")
    started = time.monotonic()
    assert post(sandbox).json() == {"id": 1}
    assert time.monotonic() - started >= 0.3


def test_a_huge_file_is_announced_and_streamed(sandbox: Sandbox) -> None:
    fault(sandbox, "huge", route="GET /free")
    with requests.get(f"{sandbox.url}/notebook/free", stream=True, timeout=5) as answer:
        assert int(answer.headers["Content-Length"]) > 200_000_000
        assert next(answer.iter_content(5)) == b"%PDF-"


def test_the_nth_request_is_hit_once(sandbox: Sandbox) -> None:
    fault(sandbox, "500", nth=3)
    assert [post(sandbox).status_code for _ in range(5)] == [200, 200, 500, 200, 200]


def test_requests_are_counted_from_when_the_fault_was_asked_for(sandbox: Sandbox) -> None:
    post(sandbox)
    fault(sandbox, "500", nth=2)
    assert [post(sandbox).status_code for _ in range(3)] == [200, 500, 200]


def test_other_routes_are_not_hit(sandbox: Sandbox) -> None:
    fault(sandbox, "500")
    assert requests.get(f"{sandbox.url}/notebook/free", timeout=5).status_code == 200
    assert sandbox.planned_faults() == [{"tool": "notebook", "route": "POST /notes", "nth": 1, "kind": "500"}]


@pytest.mark.parametrize("wanted", ["GET /notes/<int:number>", "GET /notes/{id}", "GET /notes/7", "*"])
def test_a_route_is_named_by_its_template_its_path_or_a_star(wanted: str) -> None:
    assert same_route(wanted, "GET /notes/<int:number>", "GET /notes/7")
    assert wanted == "*" or not same_route(wanted, "POST /notes", "POST /notes")


@pytest.mark.parametrize(
    "wrong",
    [
        {"tool": "notebook", "route": "POST /notes", "nth": 1, "kind": "earthquake"},
        {"tool": "notebook", "route": "POST /notes", "nth": 0, "kind": "500"},
        {"tool": "notebook", "route": "POST /notes", "nth": True, "kind": "500"},
        {"tool": "notebook", "nth": 1, "kind": "500"},
        {"route": "POST /notes", "nth": 1, "kind": "500"},
    ],
)
def test_a_malformed_fault_is_refused_and_none_is_planned(wrong: dict[str, object]) -> None:
    plan = FaultPlan()
    with pytest.raises(ValueError, match=r"must|needs"):
        plan.add([{"tool": "notebook", "route": "POST /notes", "nth": 1, "kind": "500"}, wrong])
    assert plan.waiting() == []


def test_every_kind_of_fault_is_known_over_http(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/_sandbox/faults"
    for kind in KINDS:
        answer = requests.post(url, json=[{"tool": "x", "route": "GET /", "nth": 1, "kind": kind}], timeout=5)
        assert answer.status_code == 200
    assert requests.post(url, json=[{"kind": "earthquake"}], timeout=5).status_code == 400
    assert [one["kind"] for one in requests.get(url, timeout=5).json()] == list(KINDS)
