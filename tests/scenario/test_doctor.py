"""``doctor`` tells a newcomer what is ready, what is not, and what to do, without writing anywhere."""

from __future__ import annotations

import json
from functools import partial

import pytest
from tests.scenario.stage import line, paper

from sellsy_ledger.cli import main
from sellsy_ledger.core.levels import LEVEL_NAMES, PROMISE_NAMES, levels
from sellsy_ledger.http.transport import Transport

CONSULTING = paper("S1", line("Conseil", "100.00"))


@pytest.fixture
def doctor(story, tmp_path, monkeypatch):
    stage = story(CONSULTING)

    def run(**changes: object) -> int:
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


@pytest.mark.parametrize("side", ["sellsy", "tool"])
def test_a_wrong_secret_is_a_blocking_step_and_is_not_shown(doctor, capsys, side):
    kit = doctor.stage.kit
    wrong = {"secret": "s3cret-typo"} if side == "sellsy" else {"tool_secrets": kit.wrong_secrets}
    if not all(wrong.values()):
        pytest.skip("there are no credentials")
    assert doctor(**wrong) == 1
    shown = capsys.readouterr()
    assert "bloquant" in shown.out
    secrets = {"s3cret-typo", *kit.wrong_secrets.values()} - set(kit.secrets.values())
    assert [secret for secret in secrets if secret in shown.out + shown.err] == []


def test_missing_input_is_named_and_exits_2(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("SELLSY_LEDGER_COMPANIES_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--company", "atelier", "--connections", "c.json"]) == 2
    assert "SELLSY_LEDGER_COMPANIES_DIR" in capsys.readouterr().err
    settings = tmp_path / "atelier.json"
    settings.write_text("{not json", "utf-8")
    assert main(["doctor", "--settings", str(settings), "--connections", "c.json"]) == 2
    assert str(settings) in capsys.readouterr().err


def test_an_api_that_is_down_is_a_blocking_step_with_what_to_do(doctor, capsys, monkeypatch):
    impatient = partial(Transport, sleep=lambda seconds: None)
    monkeypatch.setattr("sellsy_ledger.sources.sellsy.client.Transport", impatient)
    doctor.stage.sandbox.stop()
    assert doctor() == 1
    shown = capsys.readouterr().out
    assert "sellsy ne répond pas" in shown
    assert "bloquant" in shown


def test_a_local_airflow_home_is_the_default(doctor, tmp_path, monkeypatch, capsys):
    assert doctor() == 0
    home = tmp_path / "here" / ".airflow"
    (home / "companies").mkdir(parents=True)
    (tmp_path / "atelier.json").rename(home / "companies" / "atelier.json")
    (tmp_path / "connections.json").rename(home / "connections.json")
    monkeypatch.chdir(home.parent)
    monkeypatch.delenv("SELLSY_LEDGER_COMPANIES_DIR")
    capsys.readouterr()
    assert main(["doctor", "--company", "atelier"]) == 0
    assert "Journal des ventes" in capsys.readouterr().out


def test_it_says_what_this_connection_can_prove_and_what_not(doctor, capsys):
    assert doctor() == 0
    shown = " ".join(capsys.readouterr().out.split())
    for finding in levels(doctor.stage.kit.capabilities):
        assert f"│ {PROMISE_NAMES[finding.promise]['fr']} │ {LEVEL_NAMES[finding.level]['fr']} │" in shown


def test_without_a_usable_connection_nothing_is_said_to_be_provable(doctor, tmp_path, capsys, monkeypatch):
    doctor()
    capsys.readouterr()
    (tmp_path / "connections.json").write_text("{}", "utf-8")
    assert main(["doctor", "--company", "atelier", "--connections", str(tmp_path / "connections.json")]) == 1
    assert "prouvé" not in capsys.readouterr().out
