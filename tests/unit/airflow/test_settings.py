"""Companies and settings from Variables or a folder; one wrong company never hides another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.airflow.examples import entry, settings

from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger_airflow.settings import read_companies, read_settings


@pytest.fixture
def variable(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_to(value: Any) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        monkeypatch.setenv("AIRFLOW_VAR_SELLSY_LEDGER_COMPANIES", text)

    return set_to


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SELLSY_LEDGER_COMPANIES_DIR", str(tmp_path))
    return tmp_path


def test_a_fresh_airflow_has_no_company_and_that_is_no_error() -> None:
    assert read_companies() == ([], {})


def test_companies_come_in_a_stable_order(variable: Any) -> None:
    variable([entry("zoo"), entry("atelier"), entry("mairie")])

    assert [company.company for company in read_companies().entries] == ["atelier", "mairie", "zoo"]


def test_a_wrong_company_is_told_field_by_field_and_the_others_stay(variable: Any) -> None:
    variable([entry("atelier"), entry("broken") | {"start_date": "hier", "color": "red"}])

    companies = read_companies()

    assert [company.company for company in companies.entries] == ["atelier"]
    assert "start_date" in companies.wrong["broken"]
    assert "color" in companies.wrong["broken"]
    assert "hier" not in companies.wrong["broken"]


def test_an_unknown_tool_is_told_with_the_known_ones(variable: Any) -> None:
    variable([entry("atelier") | {"tool": "abacus"}])

    companies = read_companies()

    assert not companies.entries
    assert "myunisoft" in companies.wrong["atelier"]


@pytest.mark.parametrize("text", ["{", "{}", "[1", '"text"', "null"])
@pytest.mark.parametrize("wanted", [None, "atelier"])
def test_a_list_that_is_none_is_one_configuration_error(variable: Any, text: str, wanted: str | None) -> None:
    variable(text)

    with pytest.raises(ConfigurationError, match="sellsy_ledger_companies"):
        read_companies(wanted)


def test_when_a_task_starts_only_its_company_is_validated(variable: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    variable([entry(f"c{number}") for number in range(50)])
    seen: list[int] = []
    from sellsy_ledger_airflow import settings as module

    original = module.load_companies

    def counting(data: Any, *, where: str) -> Any:
        seen.append(len(data))
        return original(data, where=where)

    monkeypatch.setattr(module, "load_companies", counting)

    assert [company.company for company in read_companies("c7").entries] == ["c7"]
    assert seen == [1]


def test_a_company_listed_twice_is_told_when_its_own_task_starts(variable: Any) -> None:
    variable([entry("atelier"), entry("atelier")])

    assert any("twice" in message for message in read_companies("atelier").wrong.values())


def test_settings_of_a_variable_are_read_at_run_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_SELLSY_LEDGER_COMPANY__ATELIER", json.dumps(settings("atelier")))

    assert read_settings("atelier").name == "Atelier Exemple SARL"


def test_missing_settings_name_the_variable_to_create() -> None:
    with pytest.raises(ConfigurationError, match="sellsy_ledger_company__atelier"):
        read_settings("atelier")


def test_settings_of_another_company_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_SELLSY_LEDGER_COMPANY__ATELIER", json.dumps(settings("mairie")))

    with pytest.raises(ConfigurationError, match="mairie"):
        read_settings("atelier")


def test_a_folder_of_files_replaces_both_variables(folder: Path, variable: Any) -> None:
    variable([entry("from_variable")])
    (folder / "atelier.json").write_text(json.dumps(settings("atelier")), encoding="utf-8")

    [company] = read_companies().entries

    assert company.company == "atelier"
    assert (company.sellsy_conn_id, company.tool_conn_id) == ("sellsy__atelier", "myunisoft__atelier")
    assert read_settings("atelier").company == "atelier"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not valid JSON"),
        (json.dumps(settings("other")), "'other'"),
        (json.dumps(settings("bad") | {"posting": "later"}), "posting"),
        ("\udcff", "read as text"),
    ],
)
def test_a_wrong_file_is_told_and_the_other_files_stay(folder: Path, text: str, told: str) -> None:
    (folder / "atelier.json").write_text(json.dumps(settings("atelier")), encoding="utf-8")
    (folder / "bad.json").write_bytes(text.encode("utf-8", "surrogateescape"))

    companies = read_companies()

    assert [company.company for company in companies.entries] == ["atelier"]
    assert told in companies.wrong["bad"]


def test_when_a_task_starts_only_its_file_is_read(folder: Path) -> None:
    (folder / "atelier.json").write_text(json.dumps(settings("atelier")), encoding="utf-8")
    (folder / "bad.json").write_text("{", encoding="utf-8")

    companies = read_companies("atelier")

    assert [company.company for company in companies.entries] == ["atelier"]
    assert not companies.wrong


def test_a_folder_that_does_not_exist_is_one_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLSY_LEDGER_COMPANIES_DIR", "/nowhere/at/all")

    with pytest.raises(ConfigurationError, match="SELLSY_LEDGER_COMPANIES_DIR"):
        read_companies()
