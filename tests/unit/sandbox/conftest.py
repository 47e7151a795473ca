"""A tool of three routes, so that the sandbox's own behaviour is tested without naming a real one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Blueprint, jsonify, request

from sellsy_ledger_sandbox import server
from sellsy_ledger_sandbox.base import Entry, Tool, World
from sellsy_ledger_sandbox.quota import Limit, Quota
from sellsy_ledger_sandbox.server import Sandbox


class Clock:
    """A clock that moves by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def notebook(world: World) -> Tool:
    """A ledger that takes any piece number."""
    entries: list[Entry] = []
    routes = Blueprint("notebook", __name__)

    @routes.post("/notes")
    def post() -> object:
        with world.lock:
            piece = request.get_json()["piece"]
            if not piece:
                return jsonify(error="piece missing"), 400
            entries.append(
                {
                    "key": None,
                    "journal": "VE",
                    "date": world.today().isoformat(),
                    "piece": piece,
                    "lines": [],
                    "pdf_sha256": None,
                    "draft": False,
                }
            )
            return jsonify(id=len(entries))

    @routes.get("/notes/<int:number>")
    def get(number: int) -> object:
        return jsonify(entries[number - 1])

    @routes.get("/free")
    def free() -> object:
        return jsonify(free=True)

    quota = Quota(
        limits=(Limit(3, 1.0), Limit(5, 60.0, aligned=True)),
        headers=lambda standings: {"x-left": "/".join(str(standing.remaining) for standing in standings)},
        refuse=lambda standings: ({"retry-after": "1"}, "text/plain", b"slow down"),
    )
    return Tool(
        name="notebook",
        routes=routes,
        entries=lambda: list(entries),
        reset=entries.clear,
        quota=quota,
        counted=lambda route: "/free" not in route,
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(server, "discover", lambda world: {"notebook": notebook(world)})
    return World(time=clock)


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(quota=False, world=world) as running:
        yield running
