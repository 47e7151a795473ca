"""A connector on the emulated server, or on a wire that follows a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sellsy_ledger.connectors.acd.connector import AcdConnector
from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.server import Sandbox
from tests.elastic_time import ElasticTime
from tests.unit.connectors.acd.builders import SECRETS
from tests.unit.http.wire import Wire, scripted

Connect = Callable[..., AcdConnector]


class Clock:
    """The world's time, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_770_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def running(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(quota=False, world=World(time=clock)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset()
    return running


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as playing:
        yield playing


@pytest.fixture
def connect(clock: Clock) -> Connect:
    """``connect(base_url, secrets=…, option=…)``; nothing waits."""

    def made(base_url: str, secrets: dict[str, str] = SECRETS, **options: str) -> AcdConnector:
        time = ElasticTime()
        connector = AcdConnector.from_credentials(
            base_url=base_url,
            secrets=secrets,
            options={"code_dossier": "DEMO01", **options},
            throttle=time.throttle((2, 1.0)),
        )
        connector.client.transport.sleep = time.sleep
        connector.client.transport.timeout_seconds = (1.0, 0.3)
        connector.client.session.clock = clock
        return connector

    return made
