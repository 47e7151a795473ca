"""Who may open what, asked of every route that there is: a new one is in this matrix by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.pages.examples import doubtful, with_pdf
from tests.pages.visitor import forms_of
from tests.unit.airflow.examples import entry
from tests.unit.register.builders import COMPANY

from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.register.store import Register

pytestmark = pytest.mark.airflow

PREFIX = "/sellsy_ledger"
OWN = {"Origin": "http://testserver"}
Headers = Callable[[str], dict[str, str]]


@pytest.fixture
def made(server: TestClient, register: Register, companies: Callable[[Any], None]) -> Document:
    """A document in doubt with a PDF, of a company whose DAG Airflow knows."""
    from tests.airflow_database import store_dags

    companies([entry(COMPANY)])
    store_dags()
    document = doubtful(register)
    with_pdf(register, document)
    return document


def routes(server: TestClient) -> Iterator[tuple[str, str]]:
    """Method and address of everything that the mounted application answers."""
    [app] = [route.app for route in server.app.routes if getattr(route, "path", "") == PREFIX]  # type: ignore[attr-defined]
    assert isinstance(app, FastAPI)
    for route in app.routes:
        for method in sorted(getattr(route, "methods", None) or {"GET"}):
            yield method, f"{PREFIX}{route.path}"  # type: ignore[attr-defined]


def ask(server: TestClient, method: str, path: str, key: str, headers: dict[str, str]) -> Any:
    return server.request(method, path, params={"company": COMPANY, "key": key}, headers=headers | OWN)


def state(register: Register, made: Document) -> State:
    [record] = register.load(COMPANY, [made.key])
    return record.state


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Cookie": "_token=nonsense"}])
def test_nothing_is_open_to_strangers(server: TestClient, made: Document, headers: dict[str, str]) -> None:
    asked = list(routes(server))

    assert len(asked) >= 6
    for method, path in asked:
        answer = ask(server, method, path, made.key, headers)
        assert answer.status_code == (401 if not headers else answer.status_code), (method, path)
        assert answer.status_code in (401, 403), (method, path)
        assert "F-1" not in answer.text


@pytest.mark.parametrize(("role", "may_change"), [("viewer", False), ("user", True), ("admin", True)])
def test_those_who_may_read_the_dag_read_every_page_and_those_who_may_change_it_decide(
    server: TestClient, register: Register, made: Document, token: Headers, role: str, may_change: bool
) -> None:
    for method, path in routes(server):
        answer = ask(server, method, path, made.key, token(role))
        if method == "GET":
            assert answer.status_code == 200, (method, path)
        else:
            # With the right and without a form of ours: refused too, but by our own page.
            assert answer.status_code == 403, (method, path)
            assert ("Ce formulaire" in answer.text) is may_change, (method, path)
    assert state(register, made) is State.OUTCOME_UNKNOWN


def test_a_viewer_sees_no_button_and_cannot_use_anybodys_form(
    server: TestClient, register: Register, made: Document, token: Headers
) -> None:
    page = f"{PREFIX}/decisions"
    assert forms_of(server.get(page, headers=token("viewer")).text) == []
    forms = forms_of(server.get(page, headers=token("admin")).text)

    assert [form.button for form in forms] == ["Est dans les livres", "N'y est pas"]
    for form in forms:
        answer = server.post(f"{PREFIX}/{form.address}", data=form.fields, headers=token("viewer") | OWN)
        assert answer.status_code == 403
    assert state(register, made) is State.OUTCOME_UNKNOWN


def test_somebody_elses_form_is_not_ones_own(
    server: TestClient, register: Register, made: Document, token: Headers
) -> None:
    form = forms_of(server.get(f"{PREFIX}/decisions", headers=token("admin")).text)[-1]

    answer = server.post(f"{PREFIX}/{form.address}", data=form.fields, headers=token("user") | OWN)

    assert answer.status_code == 403
    assert state(register, made) is State.OUTCOME_UNKNOWN


def test_a_decision_bears_the_name_airflow_knows_and_is_followed_by_the_page(
    server: TestClient, register: Register, made: Document, token: Headers
) -> None:
    form = forms_of(server.get(f"{PREFIX}/decisions", headers=token("admin")).text)[-1]

    answer = server.post(f"{PREFIX}/{form.address}", data=form.fields, headers=token("admin") | OWN)

    assert answer.status_code == 303
    assert "://" not in answer.headers["location"]
    assert not answer.headers["location"].startswith("/")
    shown = server.get(f"{PREFIX}/{answer.headers['location']}", headers=token("admin"))
    assert "Noté : pas dans les livres" in shown.text
    assert state(register, made) is State.READY
    last = register.events(COMPANY, made.key)[-1]
    assert (last.who, last.what, last.note) == ("admin", "resolved", "not posted")


@pytest.mark.parametrize("company", ["nobody", "", "~", "atelier/../mairie"])
def test_a_company_without_a_dag_cannot_be_decided_for(
    server: TestClient, made: Document, token: Headers, company: str
) -> None:
    answer = server.post(
        f"{PREFIX}/decide", params={"company": company}, data={"key": made.key}, headers=token("admin") | OWN
    )

    assert answer.status_code in (403, 404)


def test_the_rights_asked_are_those_of_the_company_that_is_changed(
    server: TestClient, register: Register, made: Document, token: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.app import get_auth_manager

    manager = get_auth_manager()
    asked: list[tuple[str, str | None]] = []
    real = type(manager).is_authorized_dag

    def noted(self: Any, *, method: str, user: Any, access_entity: Any = None, details: Any = None) -> bool:
        asked.append((method, details.id if details else None))
        return bool(real(self, method=method, user=user, access_entity=access_entity, details=details))

    monkeypatch.setattr(type(manager), "is_authorized_dag", noted)
    server.post(
        f"{PREFIX}/decide",
        params={"company": COMPANY, "dag_id": "sync__another"},
        data={"key": made.key},
        headers=token("admin") | OWN,
    )

    assert ("PUT", f"sync__{COMPANY}") in asked
