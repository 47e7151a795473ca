"""One sandbox for all fault tests, put back to the start before each try; two documents are enough to kill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.scenario.stage import Stage, line, paper, serving, write_papers

from sellsy_ledger_sandbox.server import Sandbox

# A purchase and a sale with two VAT rates: every step and both third-party routes, in as few calls as possible.
DOCUMENTS = ("F_INV-20251001-01301", "F-2026-0001")
# At once, by a queue, by files that somebody imports.
ONE_OF_EACH_WAY = ("myunisoft", "cegid_loop-json", "sage100-files")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    data = write_papers(
        tmp_path_factory.mktemp("data") / "papers.jsonl",
        sales=[
            paper("S1", line("Conseil", "100.00"), line("Livre", "50.00", "10.00")),
        ],
        purchases=[paper("P1", line("Papier", "80.00"))],
    )
    with serving(data) as running:
        yield running


@pytest.fixture
def fresh(sandbox: Sandbox, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Make a company that nobody has ever synchronised, over empty books; as often as wanted."""
    made: list[Stage] = []

    def make(target: str, **settings: Any) -> Stage:
        while made:
            made.pop().close()
        sandbox.reset()
        folder = tmp_path / f"try-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        stage = Stage(sandbox, target, folder, **settings)
        made.append(stage)
        stage.keep_only(*DOCUMENTS)
        return stage

    yield make
    for stage in made:
        stage.close()
