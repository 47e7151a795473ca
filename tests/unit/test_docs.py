"""The docs speak of the same codes, settings and commands as the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sellsy_ledger.connectors import registry
from sellsy_ledger.core.capabilities import Promise
from sellsy_ledger.core.levels import LEVEL_NAMES, PROMISE_NAMES
from sellsy_ledger.core.outcomes import REASON_TEXTS, Reason, State
from sellsy_ledger.core.settings import Accounts, CompanySettings
from sellsy_ledger_airflow.hooks.forms import apis, connection_type

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


APIS = ["sellsy", *registry.tools()]
# Both languages say the same when they have the same skeleton.
SKELETON = {
    "headings": re.compile(r"^#+ ", re.MULTILINE),
    "table rows": re.compile(r"^\|", re.MULTILINE),
    "paragraphs in a list": re.compile(r"^ *(?:-|\d+\.) ", re.MULTILINE),
}


def connection_page(api: str, language: str) -> str:
    return read(f"connect/{api}.md" if language == "fr" else f"connect/en/{api}.md")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("api", APIS)
def test_every_api_has_its_connection_page(api: str, language: str) -> None:
    assert len(connection_page(api, language)) > 1000


@pytest.mark.parametrize("part", SKELETON)
@pytest.mark.parametrize("api", APIS)
def test_both_languages_have_the_same_parts(api: str, part: str) -> None:
    french, english = (SKELETON[part].findall(connection_page(api, language)) for language in ("fr", "en"))
    assert french == english


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("api", APIS)
def test_every_field_of_the_form_is_explained_under_the_name_it_has_there(api: str, language: str) -> None:
    page = plain(connection_page(api, language))
    assert [label for label in form_labels(api) if plain(label) not in page] == []


def form_labels(api: str) -> list[str]:
    """The form's own fields; the raw JSON extra is Airflow's."""
    form = connection_type(api)
    behaviour = form["ui-field-behaviour"]
    shown = {"host", "login", "password", "port", "schema"} - set(behaviour.get("hidden-fields", []))
    renamed = [label for name, label in behaviour.get("relabeling", {}).items() if name in shown]
    return renamed + [field["label"] for field in form.get("conn-fields", {}).values()]


def plain(text: str) -> str:
    """One spelling: straight apostrophes, no code marks, no line breaks."""
    return " ".join(text.replace("’", "'").replace("`", "").split())


def test_every_connection_type_has_a_page() -> None:
    assert set(apis()) <= set(APIS)


def test_the_levels_page_is_linked_and_names_every_promise() -> None:
    page = read("capabilities.md")
    assert "docs/capabilities.md" in (ROOT / "README.md").read_text("utf-8")
    for language in ("fr", "en"):
        assert all(f"| {PROMISE_NAMES[promise][language]} |" in page for promise in Promise)
        assert any(f"| {name[language]} |" in page for name in LEVEL_NAMES.values())


@pytest.mark.parametrize("tool", registry.tools())
def test_the_readme_names_every_tool_and_links_its_pages(tool: str) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert registry.capabilities(tool).title.partition(" (")[0] in readme
    assert f"docs/connect/{tool}.md" in readme
    assert f"docs/connect/en/{tool}.md" in readme


@pytest.mark.parametrize("tool", registry.tools())
def test_the_settings_page_names_every_tool(tool: str) -> None:
    row = next(line for line in read("settings.md").splitlines() if line.startswith("| `tool` |"))
    assert f"`{tool}`" in row


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
