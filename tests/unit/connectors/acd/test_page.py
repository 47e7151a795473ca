"""The connection page explains every sentence of the access check, every option and every route."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellsy_ledger.connectors.acd import access
from sellsy_ledger.connectors.acd.settings import ROUTES
from sellsy_ledger_airflow.hooks.acd import AcdHook

DOCS = Path(__file__).parents[4] / "docs" / "connect"
PAGES = {language: (DOCS / place).read_text("utf-8") for language, place in (("fr", "acd.md"), ("en", "en/acd.md"))}
SENTENCES = {access.NO_API, access.NO_ROUTE, access.LOGIN_REFUSED, *access.REFUSALS.values()}


@pytest.mark.parametrize("language", PAGES)
@pytest.mark.parametrize("words", sorted([*SENTENCES, *ROUTES, *AcdHook.options]))
def test_every_sentence_route_and_option_is_explained(language: str, words: str) -> None:
    assert words in PAGES[language]
