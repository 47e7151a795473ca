"""A company between two fake APIs, over a real register."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.pipeline.fakes import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    opened: list[World] = []

    def make(*documents: Any, **settings: Any) -> World:
        opened.append(World(tmp_path, *documents, **settings))
        return opened[-1]

    yield make
    for one in opened:
        one.register.close()
