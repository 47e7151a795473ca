"""The sandbox and the bench that every suite over all connectors plays with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sellsy_ledger_sandbox.server import Sandbox
from tests.contract.suite import Bench, kits


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(quota=False, storage=tmp_path_factory.mktemp("storage")) as running:
        yield running


@pytest.fixture(params=kits(), ids=lambda kit: kit.name)
def bench(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Bench:
    sandbox.reset()
    return Bench(request.param, sandbox, tmp_path)
