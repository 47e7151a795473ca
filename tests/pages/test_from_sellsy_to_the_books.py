"""A change in Sellsy, its correction accepted on the page, and the books that hold what Sellsy shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.pages.visitor import Visitor, forms_of
from tests.scenario.changes import NUMBER, begin, change, problems
from tests.scenario.stage import TARGETS, Stage, line, paper, serving, write_papers
from tests.unit.airflow.examples import entry

from sellsy_ledger.core.outcomes import State

WAYS = {
    "a reversal and a new entry": next(name for name, kit in TARGETS.items() if not kit.capabilities.replaces),
    "an entry changed in its place": next(name for name, kit in TARGETS.items() if kit.capabilities.replaces),
}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def stage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv(
        "AIRFLOW_CONN_SELLSY_LEDGER_REGISTER",
        json.dumps({"conn_type": "sqlite", "host": str(tmp_path / "register.db")}),
    )
    monkeypatch.setenv("AIRFLOW_VAR_SELLSY_LEDGER_DOCUMENTS_URL", f"file://{tmp_path / 'store'}")
    papers = write_papers(tmp_path / "papers.jsonl", [paper("S1", line("Conseil", "100.00"))], [])
    with serving(papers) as sandbox:
        opened = Stage(sandbox, request.param, tmp_path)
        opened.keep_only(NUMBER)
        yield opened
        opened.close()


def test_what_is_accepted_on_the_page_is_what_the_books_hold_afterwards(
    stage: Stage, companies: Callable[[Any], None]
) -> None:
    companies([entry("atelier")])
    claire = Visitor("atelier", decides=("atelier",))
    [proposal] = change(stage, begin(stage), "amount")
    assert proposal.sentence

    text = claire.get("decisions", company="atelier").text
    assert NUMBER in text
    assert '<td class="differs">' in text
    answer = claire.send(claire.form("Accepter"))
    assert "Correction acceptée" in answer.text
    assert forms_of(answer.text) == []
    for _ in range(2):
        stage.tomorrow()
        stage.night()

    assert problems(stage) == []
    assert stage.register.load("atelier", [proposal.key])[0].state is State.CORRECTED
    story = claire.get("document", company="atelier", key=proposal.key).text
    assert f"<td>{proposal.key}-v2</td>" in story
    assert "<bdi>Claire</bdi>" in story
    pdf = claire.get("pdf", company="atelier", key=proposal.key)
    assert pdf.content.startswith(b"%PDF-")
