"""One pool per API account."""

from __future__ import annotations

import json

import pytest
from tests.unit.airflow.examples import entry

from sellsy_ledger.connectors import registry
from sellsy_ledger.core.settings import CompanyEntry
from sellsy_ledger_airflow import pools


def test_each_company_has_a_pool_on_either_side() -> None:
    required = pools.required_pools([CompanyEntry.model_validate(entry("a")), CompanyEntry.model_validate(entry("b"))])

    assert list(required) == ["myunisoft__a", "myunisoft__b", "sellsy__a", "sellsy__b"]
    assert required["sellsy__a"]["slots"] == 1
    # A task that waits for imports must not keep the other batches from posting meanwhile.
    assert not any(pool["include_deferred"] for pool in required.values())


@pytest.mark.parametrize(("executor", "slots"), [("LocalExecutor", 4), ("CeleryExecutor", 1)])
def test_a_tool_takes_several_batches_at_once_only_where_one_machine_counts_the_requests(
    monkeypatch: pytest.MonkeyPatch, executor: str, slots: int
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    required = pools.required_pools([CompanyEntry.model_validate(entry("a"))])
    assert registry.capabilities("myunisoft").max_concurrent == 4
    assert required["myunisoft__a"]["slots"] == slots


def test_companies_behind_one_account_share_its_pool() -> None:
    shared = {"tool_conn_id": "myunisoft__cabinet"}
    required = pools.required_pools([CompanyEntry.model_validate(entry(name) | shared) for name in ("a", "b")])

    assert list(required) == ["myunisoft__cabinet", "sellsy__a", "sellsy__b"]


def test_the_command_prints_what_airflow_pools_import_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_SELLSY_LEDGER_COMPANIES", json.dumps([entry("a")]))

    assert pools.main() == 0

    printed = json.loads(capsys.readouterr().out)
    assert set(printed) == {"myunisoft__a", "sellsy__a"}
    assert set(printed["sellsy__a"]) == {"slots", "description", "include_deferred"}
