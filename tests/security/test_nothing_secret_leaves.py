"""After every demo company ran, nothing that the product wrote, logged or shows holds a secret, an IBAN or a signed
address. The same settings, Connections and steps as in Airflow; ``tests/faults/test_airflow_killed.py`` reads what
real Airflow keeps.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from sellsy_ledger.errors import LedgerError
from sellsy_ledger.register.pdf_store import LocalDocumentStore
from sellsy_ledger.register.store import Register
from sellsy_ledger_airflow.demo import accountant
from sellsy_ledger_airflow.demo.companies import COMPANIES, DemoCompany, connections_of, dag_id_of
from sellsy_ledger_airflow.demo.in_process import connect, night
from sellsy_ledger_airflow.pages import app as pages
from sellsy_ledger_airflow.pages.security import PROTECTION, editable_dags, readable_dags
from sellsy_ledger_sandbox.server import Sandbox
from tests.contract.suite import publish, transports
from tests.elastic_time import ElasticTime
from tests.security.secrets_found import IBAN, Secrets
from tests.security.seeding import Seeding

# The largest account takes half a minute and tells nothing that the others do not: its tool and way are not special.
SMALLER = {"boutique": "demo-client-c"}


class Store(LocalDocumentStore):
    """As an object storage: it can sign."""

    def __init__(self, root: Path, url: str, secrets: Secrets) -> None:
        super().__init__(root)
        self._url, self._secrets = url, secrets

    def signed_url(self, path: str, seconds: int) -> str:
        url = publish(self._url, self.get(path))
        self._secrets.add(url.partition("?")[2])
        return url


class Run:
    """All companies, beside one tempting sandbox, in one register."""

    def __init__(self, folder: Path, register: Register) -> None:
        self.folder, self.register, self.secrets = folder, register, Secrets()
        self.sandbox = Sandbox(quota=False, storage=folder / "storage")
        self.sandbox.gate.app = self.seeding = Seeding(self.sandbox.gate.app, self.secrets)
        self.sandbox.start()
        for connection in connections_of(COMPANIES, self.sandbox.url, folder):
            self.secrets.add_connection(connection, json.loads(connection.get("extra") or "{}"))
        self.errors: list[str] = []

    def all_companies(self, *, refuse: str = "") -> None:
        self.seeding.refuse = refuse
        for demo in COMPANIES:
            try:
                self._night(demo)
            except LedgerError as error:
                self.errors.append("".join(traceback.format_exception(error)))

    def _night(self, demo: DemoCompany) -> None:
        place = self.folder / demo.company
        place.mkdir(exist_ok=True)
        accountant.prepare(demo, place)
        store = Store(self.folder / "documents", self.sandbox.url, self.secrets)
        company = connect(_lighter(demo), self.sandbox.url, place, self.register, store)
        elastic = ElasticTime()
        for transport in (*transports(company.sellsy), *transports(company.connector)):
            transport.throttle = elastic.throttle((1_000_000, 1.0))
            transport.sleep = elastic.sleep

        def later() -> None:
            before = self.sandbox.world.time
            self.sandbox.world.time = lambda: before() + 60

        night(company, later=later)

    def texts(self, log: str) -> Iterator[tuple[str, str]]:
        """(where, what) of everything there is to read."""
        yield "log", log
        yield from ((f"error {place}", text) for place, text in enumerate(self.errors))
        yield from rows(self.folder / "register.db")
        yield from shown(self.register)


def _lighter(demo: DemoCompany) -> DemoCompany:
    from dataclasses import replace

    return replace(demo, sellsy_client=SMALLER.get(demo.company, demo.sellsy_client))


def rows(file: Path) -> Iterator[tuple[str, str]]:
    """Every row of every table of the register."""
    with sqlite3.connect(file) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            yield from ((f"register, {table}", repr(row)) for row in database.execute(f"SELECT * FROM {table}"))


def shown(register: Register) -> Iterator[tuple[str, str]]:
    """Every page that can be read, of every company and document."""
    app = pages.create_app()
    dags = {dag_id_of(demo) for demo in COMPANIES}
    app.dependency_overrides |= {readable_dags: lambda: dags, editable_dags: lambda: dags}
    for protection in PROTECTION:
        app.dependency_overrides[protection.dependency] = lambda: None
    from sellsy_ledger_airflow.pages.app import person
    from sellsy_ledger_airflow.pages.security import Person

    app.dependency_overrides[person] = lambda: Person(id="1", name="admin")
    client = TestClient(app)
    paths = {route.path for route in app.routes if isinstance(route, APIRoute) and "GET" in route.methods}
    for path in sorted(paths - {"/pdf"}):
        for demo in COMPANIES:
            keys = register.select(demo.company) if path in ("/document", "/preview") else [""]
            for key in keys:
                for lang in ("fr", "en"):
                    query = {"company": demo.company, "key": key, "lang": lang}
                    answer = client.get(path, params=query)
                    yield f"page {path} {demo.company} {key}: {answer.status_code}", answer.text


@pytest.fixture
def run(tmp_path: Path, register: Register, companies: Any) -> Iterator[Run]:
    companies([demo.entry for demo in COMPANIES])
    made = Run(tmp_path, register)
    yield made
    made.sandbox.stop()


def test_what_every_tool_made_of_it_holds_no_secret_no_iban_and_no_signed_address(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    run.all_companies(refuse="write")
    run.all_companies()
    run.all_companies(refuse="401")
    run.all_companies(refuse="500")

    asked = {demo.tool for demo in COMPANIES if not demo.capabilities.batches}
    assert asked | {"sellsy"} <= set(run.seeding.echoes)
    assert run.seeding.ibans > 1000
    assert len(run.errors) >= len(COMPANIES)
    texts = list(run.texts(caplog.text))
    assert sum(place.endswith(": 200") for place, _ in texts) > 100
    assert not [place for place, _ in texts if place.startswith("page") and not place.endswith((": 200", ": 404"))]
    assert len(caplog.text) > 100_000
    assert run.secrets.found_in(texts) == []


@pytest.mark.parametrize(
    "planted",
    [
        "demo-secret-sellsy",
        "demo-token-pennylane",
        f"Virement sur {IBAN}",
        "FR76 3000 6000 0112 3456 7890 189",
        "https://files.example.com/f.pdf?X-Amz-Signature=0123456789abcdef",
        "ZGVtby1sb2dpbi1hY2Q6ZGVtby1wYXNzd29yZC1hY2Q=",
    ],
)
def test_a_secret_that_was_written_anywhere_is_found(run: Run, planted: str, caplog: pytest.LogCaptureFixture) -> None:
    run.register.store_note("atelier", "planted", planted)
    logging.getLogger("sellsy_ledger").warning("%s", planted)

    found = run.secrets.found_in(run.texts(caplog.text))

    assert {hit.partition(":")[0] for hit in found} == {"log", "register, note"}
