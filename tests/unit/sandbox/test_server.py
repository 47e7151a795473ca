"""The server around the tools: kept connections, counts, control surface, memory, command line."""

from __future__ import annotations

import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest
import requests

from sellsy_ledger_sandbox import ledger
from sellsy_ledger_sandbox.__main__ import main
from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.server import Sandbox, discover


def test_many_requests_share_one_connection(sandbox: Sandbox) -> None:
    connection = HTTPConnection(sandbox.url.removeprefix("http://"), timeout=5)
    connection.connect()
    kept = connection.sock
    for number in range(20):
        connection.request(
            "POST", "/notebook/notes", f'{{"piece": "F-{number}"}}', {"Content-Type": "application/json"}
        )
        assert connection.getresponse().read()
        assert connection.sock is kept
    connection.close()


def test_a_chunked_body_and_a_body_sent_after_100_continue_are_read_whole(sandbox: Sandbox) -> None:
    url, headers = f"{sandbox.url}/notebook/notes", {"Content-Type": "application/json"}
    chunked = requests.post(url, data=iter([b'{"piece": ', b'"F-1"}']), headers=headers, timeout=5)
    assert chunked.json() == {"id": 1}
    expecting = requests.post(url, json={"piece": "F-2"}, headers={"Expect": "100-continue"}, timeout=5)
    assert expecting.json() == {"id": 2}


@pytest.mark.parametrize(("length", "status"), [("much", 400), ("-1", 400), ("999999999999", 413)])
def test_a_body_of_no_sensible_length_is_refused_at_once(sandbox: Sandbox, length: str, status: int) -> None:
    connection = HTTPConnection(sandbox.url.removeprefix("http://"), timeout=5)
    connection.putrequest("POST", "/notebook/notes")
    connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status == status
    connection.close()


def test_calls_are_counted_per_tool_and_route(sandbox: Sandbox) -> None:
    requests.post(f"{sandbox.url}/notebook/notes", json={"piece": "F"}, timeout=5)
    requests.get(f"{sandbox.url}/notebook/notes/1", timeout=5)
    requests.get(f"{sandbox.url}/notebook/notes/1", timeout=5)
    requests.get(f"{sandbox.url}/notebook/nowhere", timeout=5)
    assert requests.get(f"{sandbox.url}/_sandbox/calls", timeout=5).json() == {
        "notebook": {"GET (unknown)": 1, "GET /notes/<int:number>": 2, "POST /notes": 1}
    }


def test_entries_are_shown_per_tool(sandbox: Sandbox) -> None:
    requests.post(f"{sandbox.url}/notebook/notes", json={"piece": "F-7"}, timeout=5)
    shown = requests.get(f"{sandbox.url}/_sandbox/notebook/entries", timeout=5).json()
    assert [entry["piece"] for entry in shown] == ["F-7"]
    assert requests.get(f"{sandbox.url}/_sandbox/nothing/entries", timeout=5).status_code == 404


def test_a_reset_puts_everything_back(sandbox: Sandbox) -> None:
    requests.post(f"{sandbox.url}/notebook/notes", json={"piece": "F"}, timeout=5)
    sandbox.faults([{"tool": "notebook", "route": "*", "nth": 9, "kind": "500"}])
    assert requests.post(f"{sandbox.url}/_sandbox/reset", timeout=5).json() == {"reset": True}
    assert (sandbox.entries("notebook"), sandbox.calls(), sandbox.planned_faults()) == ([], {}, [])


def test_a_kept_ledger_outlives_the_process(world: World, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with Sandbox(world=world, state=state) as first:
        requests.post(f"{first.url}/notebook/notes", json={"piece": "F-1"}, timeout=5)
        requests.post(f"{first.url}/notebook/notes", json={"piece": ""}, timeout=5)
        before = first.entries("notebook")
    with Sandbox(world=world, state=state) as second:
        assert second.entries("notebook") == before != []
        assert second.calls() == {}
        second.reset()
    assert Sandbox(world=world, state=state).entries("notebook") == []


def test_the_control_surface_explains_itself(sandbox: Sandbox) -> None:
    shown = requests.get(f"{sandbox.url}/_sandbox/", timeout=5).json()
    assert shown["tools"] == ["notebook"]
    assert "drop_after" in shown["fault_kinds"]


def test_a_data_file_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "documents.jsonl"
    assert main(["--port", "0", "--data", str(file)]) == 2
    file.write_text("{}\n", encoding="utf-8")
    assert main(["--port", "0", "--data", str(file)]) == 2
    assert "documents.jsonl line 1" in capsys.readouterr().err


def test_the_command_serves_until_it_is_told_to_stop() -> None:
    command = [sys.executable, "-m", "sellsy_ledger_sandbox", "--port", "0", "--no-quota"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = next(word for word in line.split() if word.startswith("http")).rstrip(":")
        assert "sellsy" in requests.get(f"{url}/_sandbox/", timeout=10).json()["tools"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_every_tool_module_is_found() -> None:
    assert {"sellsy", "myunisoft", "pennylane"} <= set(discover(World()))


def test_the_books_hold_every_account_that_a_vat_code_names() -> None:
    numbers = {account["number"] for account in ledger.CHART}
    named = {code[name] for code in ledger.VAT_CODES for name in ("account", "reverse_charge_account")}
    assert named - {None} <= numbers
    assert len(numbers) == len(ledger.CHART)
    assert [year["closed"] for year in ledger.FISCAL_YEARS] == [True, False, False]


def test_paris_decides_what_day_it_is() -> None:
    midnight_in_paris = 1_772_319_600.0  # 2026-02-28 23:00 UTC
    assert World(time=lambda: midnight_in_paris).today().isoformat() == "2026-03-01"
    assert World(time=lambda: midnight_in_paris - 1).today().isoformat() == "2026-02-28"
