"""Signed URLs: only the one who can sign gets a file, for as long as it was signed, and only from the folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.server import Sandbox
from sellsy_ledger_sandbox.storage import DAY_SECONDS, sign

NOW = 1_800_000_000
NAME = "atelier/pdf/été 1.pdf"


class Clock:
    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "documents"
    (place / "atelier/pdf").mkdir(parents=True)
    (place / NAME).write_bytes(b"%PDF-1.7 one")
    (tmp_path / "secret.txt").write_text("not served")
    return place


@pytest.fixture
def url(folder: Path, clock: Clock) -> Iterator[str]:
    with Sandbox(world=World(time=clock), storage=folder) as sandbox:
        yield sandbox.url


def test_a_signed_url_gives_the_bytes(url: str) -> None:
    answer = requests.get(sign(url, NAME, NOW + 60), timeout=5)

    assert answer.status_code == 200
    assert answer.content == b"%PDF-1.7 one"
    assert answer.headers["Content-Type"] == "application/pdf"


def test_it_gives_them_until_the_moment_comes(url: str, clock: Clock) -> None:
    address = sign(url, NAME, NOW + 60)
    clock.now = NOW + 59.9
    assert requests.get(address, timeout=5).status_code == 200
    clock.now = NOW + 60
    assert requests.get(address, timeout=5).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        lambda address: address.partition("?")[0],
        lambda address: address[:-1] + ("0" if address[-1] != "0" else "1"),
        lambda address: address.replace("expires=1800000060", "expires=1900000060"),
        lambda address: address.replace("1.pdf", "2.pdf"),
        lambda address: address + "é",
        lambda address: address.replace("expires=1800000060", "expires=%D9%A3"),
    ],
    ids=["unsigned", "another signature", "a later end", "another file", "odd letters", "odd digits"],
)
def test_a_changed_url_gives_nothing(url: str, change) -> None:
    assert requests.get(change(sign(url, NAME, NOW + 60)), timeout=5).status_code == 403


def test_a_url_signed_by_somebody_else_gives_nothing(url: str) -> None:
    assert requests.get(sign(url, NAME, NOW + 60, secret="guess"), timeout=5).status_code == 403


@pytest.mark.parametrize("path", ["../secret.txt", "atelier/../../secret.txt", "out/secret.txt", "a\0b"])
def test_no_path_leads_out_of_the_folder(url: str, folder: Path, path: str) -> None:
    (folder / "out").symlink_to(folder.parent)
    address = sign(url, path, NOW + 60).replace("..", "%2e%2e")

    answer = requests.get(address, timeout=5)

    assert answer.status_code in (400, 403, 404)
    assert b"not served" not in answer.content


@pytest.mark.parametrize("path", ["nothing.pdf", "atelier/pdf"])
def test_what_is_no_file_is_not_found(url: str, path: str) -> None:
    assert requests.get(sign(url, path, NOW + 60), timeout=5).status_code == 404


def test_a_test_can_put_a_file_and_gets_its_url(url: str, clock: Clock) -> None:
    answer = requests.put(f"{url}/_sandbox/files/tests/a.pdf", data=b"%PDF-1.7 two", timeout=5)

    assert answer.status_code == 201
    address = answer.json()["url"]
    assert requests.get(address, timeout=5).content == b"%PDF-1.7 two"
    clock.now += DAY_SECONDS
    assert requests.get(address, timeout=5).status_code == 403


def test_without_a_folder_there_is_no_storage() -> None:
    with Sandbox() as sandbox:
        assert requests.get(sign(sandbox.url, NAME, NOW * 2), timeout=5).status_code == 404
        assert requests.put(f"{sandbox.url}/_sandbox/files/a.pdf", data=b"x", timeout=5).status_code == 404


def test_what_a_tool_fetched_outlives_the_address_and_the_process(tmp_path: Path) -> None:
    state = tmp_path / "ledgers.jsonl"
    address = "http://127.0.0.1:1/storage/a.pdf?expires=1&signature=5e"
    with Sandbox(state=state) as sandbox:
        sandbox.world.fetched.keep(address, b"%PDF-1.7 one")
    with Sandbox(state=state) as sandbox:
        assert sandbox.world.fetched.get(address) == b"%PDF-1.7 one"
        sandbox.reset()
        assert sandbox.world.fetched.get(address) is None
    assert not any(b"signature" in file.read_bytes() for file in tmp_path.iterdir())
    with Sandbox(state=state) as sandbox:
        assert sandbox.world.fetched.get(address) is None
