"""Every demo company's night, without Airflow: what the register says stands in the tool's own ledger, nothing else.

``make demo`` runs the same settings and Connections in real Airflow.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.suite import publish, transports
from tests.elastic_time import ElasticTime
from tests.empty_register import empty_register

from sellsy_ledger.connectors import registry
from sellsy_ledger.core.capabilities import PdfSupport
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.core.settings import CompanyEntry, CompanySettings, check_against
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.register.pdf_store import LocalDocumentStore
from sellsy_ledger.register.store import Register
from sellsy_ledger_airflow.demo import accountant
from sellsy_ledger_airflow.demo.companies import COMPANIES, DemoCompany
from sellsy_ledger_airflow.demo.in_process import connect, night
from sellsy_ledger_airflow.demo.result import CompanyResult, collect, differences
from sellsy_ledger_sandbox.sellsy.accounts import CLIENTS
from sellsy_ledger_sandbox.server import Sandbox

# These show what waits; the others are there to show that everything goes.
WITH_OPEN_ENDS = {"atelier", "boutique", "commerce"}
NIGHT = [company for company in COMPANIES if company.company != "boutique"]


def names(demo: DemoCompany) -> str:
    return demo.company


class Store(LocalDocumentStore):
    """As the demo's object storage: it can sign."""

    def __init__(self, root: Path, url: str) -> None:
        super().__init__(root)
        self._url = url

    def signed_url(self, path: str, seconds: int) -> str:
        return publish(self._url, self.get(path))


class Demo:
    """One demo company beside a sandbox of its own."""

    def __init__(self, demo: DemoCompany, sandbox: Sandbox, folder: Path) -> None:
        self.demo, self.sandbox, self.folder = demo, sandbox, folder
        (folder / "register.db").write_bytes(empty_register())
        self.register = Register.open(f"sqlite:///{folder}/register.db")
        accountant.prepare(demo, folder)

    def later(self) -> None:
        """A minute passes at the tools' side, where queues are worked off."""
        before = self.sandbox.world.time
        self.sandbox.world.time = lambda: before() + 60

    def company(self) -> Company:
        company = connect(
            self.demo, self.sandbox.url, self.folder, self.register, Store(self.folder / "documents", self.sandbox.url)
        )
        elastic = ElasticTime()
        for transport in (*transports(company.sellsy), *transports(company.connector)):
            transport.throttle = elastic.throttle((1_000_000, 1.0))
            transport.sleep = elastic.sleep
        return company

    def night(self) -> list[str]:
        """One run; the batches there were."""
        return night(self.company(), later=self.later)

    def open_ends(self) -> list[str]:
        """What is neither in the books nor without any amount, and why."""
        settled = (State.POSTED, State.VERIFIED, State.NOTHING_TO_POST)
        return [
            f"{record.document.number}: {record.state} {record.reason or ''} {record.detail}"
            for record in self.register.records(self.demo.company, self.register.select(self.demo.company))
            if record.state not in settled
        ]

    def result(self) -> CompanyResult:
        return collect(self.demo, self.register, accountant.witness(self.demo, self.sandbox.url))


@pytest.fixture(params=NIGHT, ids=names)
def demo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Demo]:
    with Sandbox(quota=False, storage=tmp_path / "storage") as sandbox:
        made = Demo(request.param, sandbox, tmp_path)
        yield made
        made.register.close()


def test_after_the_night_register_and_ledger_agree_and_a_second_night_posts_nothing(demo: Demo) -> None:
    demo.night()
    if demo.demo.capabilities.batches:
        delivered = demo.result().states[State.DELIVERED]
        assert delivered >= 8
        assert len(accountant.work(demo.demo, demo.sandbox.url, demo.folder)) == 1
        demo.night()
        assert demo.result().posted == delivered
    first = demo.result()

    assert differences(first) == []
    assert first.posted >= 8
    assert demo.open_ends() == [] or demo.demo.company in WITH_OPEN_ENDS

    batches = demo.night()
    second = demo.result()
    assert (second.states, second.witnessed) == (first.states, first.witnessed)
    assert batches == [] or demo.demo.company in WITH_OPEN_ENDS


@pytest.mark.parametrize("demo_company", COMPANIES, ids=names)
def test_its_settings_are_good_and_fit_what_its_tool_can_do(demo_company: DemoCompany) -> None:
    settings = CompanySettings.model_validate(dict(demo_company.settings))

    assert check_against(settings, demo_company.capabilities) == []
    assert CompanyEntry.model_validate(demo_company.entry).company == demo_company.company
    assert demo_company.sellsy_client in CLIENTS


def test_every_tool_has_a_company() -> None:
    assert {demo.tool for demo in COMPANIES} == set(registry.tools())


def test_no_two_companies_share_an_account_or_a_name() -> None:
    for key in (
        lambda demo: demo.company,
        lambda demo: demo.sellsy_client,
        lambda demo: (demo.tool, demo.ledger),
        lambda demo: demo.settings["tool_conn_id"],
        lambda demo: demo.name.split()[0],
    ):
        assert len({key(demo) for demo in COMPANIES}) == len(COMPANIES)


@pytest.mark.parametrize("demo_company", [one for one in NIGHT if one.capabilities.pdf is PdfSupport.URL], ids=names)
def test_pdfs_fetched_by_the_tool_are_still_there_after_a_restart(demo_company: DemoCompany, tmp_path: Path) -> None:
    state, storage = tmp_path / "ledgers.jsonl", tmp_path / "storage"
    with Sandbox(quota=False, state=state, storage=storage) as sandbox:
        demo = Demo(demo_company, sandbox, tmp_path)
        demo.night()
    with Sandbox(quota=False, state=state, storage=storage) as sandbox:
        demo.sandbox = sandbox
        sandbox.world.time = lambda: time.time() + 2 * 86_400  # every signed URL has expired
        try:
            accountant.witness(demo_company, sandbox.url)
            assert demo.night() == []
            assert differences(demo.result()) == []
        finally:
            demo.register.close()
