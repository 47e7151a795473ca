"""The docs speak of the same codes, settings and commands as the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sellsy_ledger.connectors import registry
from sellsy_ledger.core.outcomes import REASON_TEXTS, Reason, State
from sellsy_ledger.core.settings import Accounts, CompanySettings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_explained_with_the_programs_own_words(reason: Reason) -> None:
    row = next(line for line in read("waiting.md").splitlines() if line.startswith(f"| `{reason.value}` |"))
    texts = REASON_TEXTS[reason]
    assert texts.sentence.replace("{detail}", "…") in row
    assert texts.who in row
    assert texts.action in row


@pytest.mark.parametrize("state", [state for state in State if state is not State.WAITING])
def test_every_state_is_explained(state: State) -> None:
    assert f"| `{state.value}` |" in read("waiting.md")


@pytest.mark.parametrize("field", sorted(set(CompanySettings.model_fields) - {"mappings", "name"}))
def test_every_setting_is_in_the_settings_page(field: str) -> None:
    assert f"`{field}`" in read("settings.md")


def test_the_special_accounts_are_in_the_settings_page() -> None:
    assert {"deposits", "deposits_vat"} <= set(Accounts.model_fields)
    assert "`deposits`" in read("settings.md")
    assert "`deposits_vat`" in read("settings.md")


@pytest.mark.parametrize("tool", ["sellsy", *registry.tools()])
def test_every_api_has_its_connection_page(tool: str) -> None:
    assert (DOCS / "connect" / f"{tool}.md").stat().st_size > 1000


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
