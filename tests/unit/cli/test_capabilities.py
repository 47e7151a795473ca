"""``capabilities`` tells each tool's levels, and the page in the docs is what it would write today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sellsy_ledger.cli import main
from sellsy_ledger.cli.capabilities import page
from sellsy_ledger.connectors import registry
from sellsy_ledger.core.capabilities import Promise

PAGE = Path(__file__).resolve().parents[3] / "docs" / "capabilities.md"


def test_the_page_in_the_docs_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "stale: run `make docs`"


def test_json_has_every_way_of_every_tool(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capabilities", "--format", "json", "--language", "en"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert [(one["tool"], one["variant"]) for one in told] == [
        (tool, variant) for tool in registry.tools() for variant in registry.variants(tool)
    ]
    for one in told:
        assert list(one["promises"]) == list(Promise)
        assert all(finding["why"] for finding in one["promises"].values())


@pytest.mark.parametrize(("language", "word"), [("fr", "Relecture"), ("en", "Read back")])
def test_one_tool_as_a_table_in_either_language(capsys: pytest.CaptureFixture[str], language: str, word: str) -> None:
    assert main(["capabilities", "--tool", "pennylane", "--language", language]) == 0

    shown = capsys.readouterr().out
    assert word in shown
    assert "Pennylane" in shown
    assert "MyUnisoft" not in shown


def test_markdown_rows_all_have_their_cells(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capabilities", "--format", "markdown"]) == 0

    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {len(Promise) + 2, 4}


def test_an_unknown_tool_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["capabilities", "--tool", "abacus"])

    assert stop.value.code == 2
    assert "abacus" in capsys.readouterr().err
