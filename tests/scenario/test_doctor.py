"""``doctor`` tells a newcomer what is ready, what is not, and what to do, without writing anywhere."""

from __future__ import annotations

import json

import pytest
from tests.scenario.stage import line, paper

from sellsy_ledger.cli import main

CONSULTING = paper("S1", line("Conseil", "100.00"))


@pytest.fixture
def doctor(story, tmp_path, monkeypatch):
    stage = story(CONSULTING)

    def run(**changes: str) -> int:
        for name, value in changes.items():
            setattr(stage, name, value)
        (tmp_path / "atelier.json").write_text(stage.settings.model_dump_json(), "utf-8")
        (tmp_path / "connections.json").write_text(json.dumps(stage.connections()), "utf-8")
        monkeypatch.setenv("SELLSY_LEDGER_COMPANIES_DIR", str(tmp_path))
        monkeypatch.setenv("COLUMNS", "200")
        return main(["doctor", "--company", "atelier", "--connections", str(tmp_path / "connections.json")])

    run.stage = stage  # type: ignore[attr-defined]
    return run


def test_a_ready_company_is_told_so_and_nothing_is_written(doctor, capsys):
    assert doctor() == 0
    shown = capsys.readouterr().out
    assert "Journal des ventes" in shown
    assert "bloquant" not in shown
    assert doctor.stage.entries() == []


@pytest.mark.parametrize("side", ["secret", "token"])
def test_a_wrong_secret_is_a_blocking_step_and_is_not_shown(doctor, capsys, side):
    assert doctor(**{side: "s3cret-typo"}) == 1
    shown = capsys.readouterr()
    assert "bloquant" in shown.out
    assert "s3cret-typo" not in shown.out + shown.err


def test_missing_input_is_named_and_exits_2(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("SELLSY_LEDGER_COMPANIES_DIR", raising=False)
    assert main(["doctor", "--company", "atelier", "--connections", "c.json"]) == 2
    assert "SELLSY_LEDGER_COMPANIES_DIR" in capsys.readouterr().err
    settings = tmp_path / "atelier.json"
    settings.write_text("{not json", "utf-8")
    assert main(["doctor", "--settings", str(settings), "--connections", "c.json"]) == 2
    assert str(settings) in capsys.readouterr().err
