"""The cockpit: closed to strangers, read-only, escaped, and right about what waits for whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from tests.unit.airflow.examples import entry
from tests.unit.register.builders import document

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import TryLater
from sellsy_ledger.pipeline.fetch import RUN_NOTE
from sellsy_ledger.register.store import Change, Register
from sellsy_ledger_airflow.pages import app as pages
from sellsy_ledger_airflow.pages import texts
from sellsy_ledger_airflow.pages.deciding import Action
from sellsy_ledger_airflow.pages.security import PROTECTION, readable_dags
from sellsy_ledger_airflow.pages.words import WORDS

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def page(register: Register) -> Any:
    """The cockpit as seen by somebody who may read the DAGs named."""

    def look(*readable: str, query: str = "") -> Any:
        app = pages.create_app()
        app.dependency_overrides[readable_dags] = lambda: set(readable)
        for protection in PROTECTION:
            app.dependency_overrides[protection.dependency] = lambda: None
        return TestClient(app).get(f"/{query}")

    return look


def test_a_company_shows_its_last_run_its_states_and_what_waits_for_whom(
    register: Register, companies: Any, page: Any
) -> None:
    companies([entry("atelier")])
    register.record_seen("atelier", [(document(number), None, f"f{number}") for number in (1, 2, 3)], who="test")
    waiting = [
        Change(key=document(number).key, state=State.WAITING, reason=Reason.SUPPORTING_DOCUMENT_MISSING)
        for number in (1, 2)
    ]
    register.apply("atelier", waiting, who="test")
    note = {"started_at": "2026-02-01T01:00:07+00:00", "kind": "scheduled", "read": 3, "new": 3}
    register.store_note("atelier", RUN_NOTE, json.dumps(note))
    register.store_proof("atelier", "2026-01", level="not_provable", content="{}", who="test")

    answer = page("sync__atelier")

    assert answer.status_code == 200
    for shown in (
        "Atelier Exemple SARL",
        "01/02/2026 02:00",
        "<strong>2</strong> en attente",
        "Justificatif PDF manquant",
        "L&#39;entreprise",
        "Ajoutez le PDF",
        "2026-01 : non prouvable",
    ):
        assert shown in answer.text, shown


def test_the_page_speaks_english_when_asked(register: Register, companies: Any, page: Any) -> None:
    companies([entry("atelier")])
    register.record_seen("atelier", [(document(1), None, "f")], who="test")
    change = Change(key=document(1).key, state=State.WAITING, reason=Reason.VAT_CODE_UNMAPPED)
    register.apply("atelier", [change], who="test")

    text = page("sync__atelier", query="?lang=en").text

    assert '<html lang="en">' in text
    assert "VAT code not mapped" in text
    assert "The accountant" in text
    assert "En attente" not in text


@pytest.mark.parametrize("lang", ["de", "", HOSTILE])
def test_an_unknown_language_is_french(companies: Any, page: Any, lang: str) -> None:
    companies([])

    assert '<html lang="fr">' in page(query=f"?lang={lang}").text


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_state_and_reason_has_its_words_in_both_languages(language: str) -> None:
    assert all(texts.state_name(state, language) and texts.one_state_name(state, language) for state in State)
    for reason in Reason:
        assert texts.reason_name(reason, language)
        assert texts.who(reason, language)
        assert texts.action(reason, language)


def test_names_written_by_people_are_escaped(companies: Any, page: Any) -> None:
    companies([entry("atelier") | {"name": HOSTILE}, entry("broken") | {HOSTILE: 1}])

    text = page("sync__atelier", "sync__broken").text

    assert HOSTILE not in text
    assert text.count("&lt;script&gt;") == 2


def test_a_company_is_shown_only_to_those_who_may_read_its_dag(companies: Any, page: Any) -> None:
    companies([entry("atelier"), entry("mairie") | {"name": "Mairie"}, {"company": "broken"}])

    text = page("sync__mairie").text

    assert "Mairie" in text
    assert "Atelier" not in text
    assert "broken" not in text


def test_wrong_settings_are_shown_first_with_what_to_correct(companies: Any, page: Any) -> None:
    companies([entry("atelier"), {"company": "zoo"}])

    text = page("sync__atelier", "sync__zoo").text

    assert text.index("zoo") < text.index("atelier")
    assert "Réglages à corriger" in text


def test_a_malformed_list_is_said_on_the_page(companies: Any, page: Any) -> None:
    companies("{")

    answer = page()

    assert answer.status_code == 200
    assert "sellsy_ledger_companies" in answer.text


def test_a_register_that_does_not_answer_is_a_503_with_a_sentence(
    companies: Any, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    companies([entry("atelier")])

    def down() -> None:
        raise TryLater("the database is busy at postgres://secret-host")

    monkeypatch.setattr(pages, "open_register", down)
    answer = page("sync__atelier")

    assert answer.status_code == 503
    assert "réessayez" in answer.text
    assert "secret-host" not in answer.text


def test_nothing_can_be_embedded_run_or_cached(companies: Any, page: Any) -> None:
    companies([])

    headers = page().headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_the_only_route_that_changes_anything_is_the_decision() -> None:
    routes = [route for route in pages.create_app().routes if isinstance(route, APIRoute)]

    assert routes
    assert [(route.path, route.methods) for route in routes if route.methods != {"GET"}] == [("/decide", {"POST"})]


def test_the_documentation_names_every_page_and_every_button() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "pages.md").read_text(encoding="utf-8")
    routes = [route for route in pages.create_app().routes if isinstance(route, APIRoute) and "GET" in route.methods]

    for route in routes:
        assert f"`/sellsy_ledger{route.path}" in text or route.path == "/pdf", route.path
    for button in (*Action, "accept_by_hand"):
        assert f"*{WORDS[button][0]}*" in text, button


@pytest.mark.airflow
class TestBehindAirflowsLogin:
    """The pages as the real API server mounts them."""

    @pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
    def test_there_are_no_documentation_routes(self, server: TestClient, path: str, token: Any) -> None:
        admin = token("admin")

        assert server.get(f"/sellsy_ledger{path}", headers=admin).status_code == 404

    @pytest.mark.parametrize("role", ["viewer", "admin"])
    def test_somebody_signed_in_sees_the_companies_whose_dags_airflow_knows(
        self, server: TestClient, register: Register, companies: Any, role: str, token: Any
    ) -> None:
        from tests.airflow_database import store_dags

        companies([entry("atelier")])
        store_dags()

        answer = server.get("/sellsy_ledger/", headers=token(role))

        assert answer.status_code == 200
        assert "Atelier Exemple SARL" in answer.text

    def test_the_cockpit_is_in_airflows_navigation(self, server: TestClient, token: Any) -> None:
        answer = server.get("/api/v2/plugins", headers=token("admin"))

        [plugin] = [plugin for plugin in answer.json()["plugins"] if plugin["name"] == "sellsy_ledger"]
        assert plugin["external_views"][0]["href"] == "/sellsy_ledger/"
        assert server.get("/api/v2/plugins/importErrors", headers=token("admin")).json()["import_errors"] == []
