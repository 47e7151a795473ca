"""One sandbox per scenario file, with the documents that the file's story needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.scenario.stage import TARGETS, Stage, serving, write_papers


@pytest.fixture(params=TARGETS)
def tool(request: pytest.FixtureRequest) -> str:
    """Every story is told for every way into the books."""
    return str(request.param)


@pytest.fixture
def story(tmp_path: Path, tool: str) -> Iterator[Callable[..., Stage]]:
    """A company whose Sellsy holds the given sales and purchases, and nothing else that is dated in the scenario."""
    opened: list[Any] = []

    def begin(*sales: Any, purchases: Any = (), keep: tuple[str, ...] = (), **settings: Any) -> Stage:
        server = serving(write_papers(tmp_path / "papers.jsonl", list(sales), list(purchases)))
        sandbox = server.__enter__()
        opened.append(server)
        stage = Stage(sandbox, tool, tmp_path, **settings)
        opened.append(stage)
        if keep:
            stage.keep_only(*keep)
        return stage

    yield begin
    for one in reversed(opened):
        if isinstance(one, Stage):
            one.close()
        else:
            one.__exit__(None, None, None)
