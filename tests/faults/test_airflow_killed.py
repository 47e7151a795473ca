"""Real Airflow on real PostgreSQL, killed while it backfills: ``make kills`` in short, and what it leaves to read.

Nothing here waits for a fixed time: the campaign looks until what it waits for is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from kills.campaign import Campaign, Plan
from kills.postgres import DATABASES
from psycopg2 import sql
from tests.security.secrets_found import Secrets

from sellsy_ledger_airflow.demo.companies import connections_of
from sellsy_ledger_airflow.demo.result import CompanyResult

SHORT = Plan(seed=3, kills=3, companies=("atelier", "fabrique"), schedule="0 2 1 */6 *", pause=(1.0, 6.0))


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Campaign, list[CompanyResult]]]:
    folder = tmp_path_factory.mktemp("kills")
    told: list[str] = []
    made = Campaign(SHORT, folder, told.append)
    try:
        yield made, made.run()
    finally:
        made.stop()


@pytest.mark.airflow
@pytest.mark.timeout(1200)
def test_after_three_kills_every_ledger_is_what_an_undisturbed_run_makes_of_it(
    campaign: tuple[Campaign, list[CompanyResult]],
) -> None:
    made, results = campaign

    assert sum(made.killed.values()) == SHORT.kills
    assert made.supervisor.restarts
    assert [result.posted > 8 for result in results] == [True, True]
    assert made.judge(results) == []


@pytest.mark.airflow
@pytest.mark.timeout(1200)
def test_no_log_and_no_row_of_airflow_or_of_the_register_holds_a_secret(
    campaign: tuple[Campaign, list[CompanyResult]],
) -> None:
    made, _ = campaign
    secrets = Secrets()
    for connection in connections_of(made.chosen, made.sandbox, made.home.path, register_url=made.home.register_url):
        secrets.add_connection(connection, json.loads(connection.get("extra") or "{}"))
    for name, value in made.home.secrets().items():
        if name != "password":
            secrets.add(value)
    read = [*_logs(made.home.path), *_rows(made.home.server)]

    assert sum(place.startswith("logs/dag_id") for place, _ in read) > 20
    assert {"airflow.xcom", "airflow.rendered_task_instance_fields", "register.document", "register.event"} <= {
        place for place, _ in read
    }
    assert secrets.found_in(read) == []
    assert secrets.found_in([*read, ("planted", "demo-secret-sellsy")]) != []


def _logs(home: Path) -> Iterator[tuple[str, str]]:
    for folder in ("logs", "process-logs"):
        for file in (home / folder).rglob("*.log"):
            if file.name != "sandbox.log":
                yield str(file.relative_to(home)), file.read_text("utf-8", errors="replace")


def _rows(server: str) -> Iterator[tuple[str, str]]:
    """Every row of every table of both databases."""
    for database in DATABASES:
        with closing(psycopg2.connect(f"{server}/{database}")) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in cursor.fetchall():
                cursor.execute(sql.SQL("SELECT {0}::text FROM {0}").format(sql.Identifier(table)))
                yield from ((f"{database}.{table}", row) for (row,) in cursor.fetchall())
