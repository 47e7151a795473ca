"""The connection page explains every sentence that the access check can show."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellsy_ledger.connectors.myunisoft.access import REFUSALS, ROUTES_NEEDED

PAGE = (Path(__file__).parents[4] / "docs" / "connect" / "myunisoft.md").read_text("utf-8")


@pytest.mark.parametrize("sentence", sorted({sentence for sentence, _ in REFUSALS.values()}))
def test_every_sentence_is_explained(sentence: str) -> None:
    assert sentence in PAGE


@pytest.mark.parametrize(("method", "path"), ROUTES_NEEDED)
def test_every_needed_route_is_listed(method: str, path: str) -> None:
    assert f"`{method.upper()} {path}`" in PAGE
