"""The emulated ACD says no where the real one does, and keeps its own books."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.server import Sandbox
from tests.unit.connectors.acd.conftest import Clock

LOGIN = {"Identifiant": "demo-login-acd", "MotDePasse": "demo-password-acd", "CNX": "CNX"}


class Api:
    """ACD as a client calls it."""

    def __init__(self, url: str, hosting: str = "cnx/api", dossier: str = "DEMO01", *, select: bool = True) -> None:
        self.url = f"{url}/acd/{hosting}/v1"
        answer = requests.post(f"{self.url}/authentification", json=LOGIN, timeout=5).json()
        self.headers = {"UUID": answer.get("UUID") or answer["token"], "CNX": "CNX"}
        self.dossier = {"CodeDossier": dossier}
        if select:
            self.post(f"sessions/dossier/{dossier}")

    def get(self, path: str, **query: str) -> requests.Response:
        return requests.get(f"{self.url}/{path}", params=self.dossier | query, headers=self.headers, timeout=5)

    def post(self, path: str, body: Any = None, **parts: Any) -> requests.Response:
        data = json.dumps(body) if body is not None else parts.pop("data", None)
        return requests.post(
            f"{self.url}/{path}", params=self.dossier, data=data, headers=self.headers, timeout=5, **parts
        )

    def upload(self, path: str = "ged/documents", body: bytes = b"%PDF-1.7") -> requests.Response:
        return self.post(path, data={"idArboged": "0"}, files={"file": ("a.pdf", body, "application/pdf")})


@pytest.fixture
def api(sandbox: Sandbox) -> Api:
    return Api(sandbox.url)


def entry(**changes: Any) -> dict[str, Any]:
    shared = {"Jour": 3, "NumeroPiece": "F-1", "CodeTVA": "", "Libelle": "x"}
    lines = [
        {**shared, "Compte": "411000", "Debit": 120.1, "Credit": 0},
        {**shared, "Compte": "706000", "Debit": 0, "Credit": 120.1},
    ]
    body = {"CodeDossier": "DEMO01", "Journal": "VE", "Mois": 2, "Annee": 2026, "LignesEcriture": lines}
    for name, value in changes.items():
        (body if name in ("Journal", "Mois", "Annee", "ReferenceGed", "LignesEcriture") else lines[1])[name] = value
    return body


def said(answer: requests.Response) -> str:
    """The code of a refusal in ACD's body, or its bare sentence."""
    if not answer.headers["Content-Type"].startswith("application/json"):
        return answer.text
    body = {name.lower(): value for name, value in answer.json().items()}
    return str(body["listeerreurs"][0]["erreur"]) if body.get("listeerreurs") else ""


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"Journal": "ZZ"}, "Journal ZZ introuvable ou non partagé"),
        ({"Annee": 2024}, "L'exercice du 01/01/2024 au 31/12/2024 est clôturé"),
        ({"Annee": 2031}, "Aucun exercice ne contient la date 03/02/2031"),
        ({"Mois": 13}, "Le format de la chaîne d'entrée est incorrect."),
        ({"Jour": 31}, "Le format de la chaîne d'entrée est incorrect."),
        ({"Mois": "2"}, "Le format de la chaîne d'entrée est incorrect."),
        ({"Credit": "120.10"}, "Le format de la chaîne d'entrée est incorrect."),
        ({"Credit": 120.105}, "Le format de la chaîne d'entrée est incorrect."),
        ({"Credit": -1}, "Le format de la chaîne d'entrée est incorrect."),
        ({"Debit": 1}, "Le format de la chaîne d'entrée est incorrect."),
        ({"Libelle": ""}, "Le format de la chaîne d'entrée est incorrect."),
        ({"LignesEcriture": []}, "Le format de la chaîne d'entrée est incorrect."),
        ({"Credit": 120.0}, "ecritureNonEquilibre"),
        ({"Compte": "799999"}, "compteInexistant"),
        ({"Compte": "471900"}, "Le compte 471900 est inactif"),
        ({"Compte": "706900"}, "analytiqueCleRepartitionInexistante"),
        ({"CodeTVA": "ZZ"}, "Code TVA ZZ inexistant"),
        ({"ReferenceGed": "1"}, "Document GED 1 introuvable"),
        ({"Journal": "AC", "NumeroFacture": "F-1"}, "Le numéro de facture n'est pas activé sur le journal AC"),
    ],
)
def test_an_entry_that_is_wrong_is_refused_in_its_words(
    api: Api, sandbox: Sandbox, changes: dict[str, Any], says: str
) -> None:
    answer = api.post("compta/ecriture", entry(**changes))
    assert said(answer) == says
    assert sandbox.entries("acd") == []


def test_keys_are_read_in_any_case_and_a_long_label_is_cut(api: Api, sandbox: Sandbox) -> None:
    body = json.loads(json.dumps(entry(Libelle="y" * 60)).replace("LignesEcriture", "lignesECRITURE"))
    assert api.post("compta/ecriture", body).json() == {"codeRetour": 1, "description": "OK", "listeErreurs": []}
    (held,) = sandbox.entries("acd")
    assert held["lines"][1]["label"] == "y" * 50
    assert held["lines"][1]["credit_cents"] == 12010
    assert held["key"] is None


def test_a_posted_entry_is_booked_each_time_it_is_sent(api: Api, sandbox: Sandbox) -> None:
    for _ in range(2):
        api.post("compta/ecriture", entry())
    assert len(sandbox.entries("acd")) == 2


@pytest.mark.parametrize(
    ("hosting", "says", "status"),
    [("cnx/api", "jetonNonRecu", 401), ("iSuiteExpert/api", "jetonNonRecu", 200)],
)
def test_a_call_without_a_session_is_refused(sandbox: Sandbox, hosting: str, says: str, status: int) -> None:
    api = Api(sandbox.url, hosting)
    api.headers = {}
    answer = api.get("compta/journal")
    assert (said(answer), answer.status_code) == (says, status)


def test_a_session_ends_after_an_hour_without_a_call(sandbox: Sandbox, clock: Clock) -> None:
    api = Api(sandbox.url)
    for wait, status in ((3600, 200), (3600, 200), (3601, 401)):
        clock.now += wait
        assert api.get("compta/journal").status_code == status


def test_one_session_serves_one_dossier(sandbox: Sandbox) -> None:
    api = Api(sandbox.url)
    assert api.get("compta/journal", CodeDossier="DEMO02").status_code == 403
    older = Api(sandbox.url, "iSuiteExpert/api", select=False)
    assert said(older.get("compta/journal")) == "La connexion à la base du dossier n'est pas initialisée !"
    older.post("sessions/dossier", "DEMO01")
    assert older.get("compta/journal").status_code == 200
    stateless = Api(sandbox.url, "nosession/api", select=False)
    assert stateless.post("sessions/dossier/DEMO01").status_code == 404
    assert stateless.get("compta/journal", CodeDossier="DEMO02").status_code == 200


def test_each_hosting_has_its_own_route_of_the_years(sandbox: Sandbox) -> None:
    found = {
        hosting: [Api(sandbox.url, hosting).get(path).status_code for path in ("compta/exercices", "exercices")]
        for hosting in ("cnx/api", "iSuiteExpert/api")
    }
    assert found == {"cnx/api": [200, 404], "iSuiteExpert/api": [404, 200]}


def test_accounts_are_created_on_the_singular_route_and_never_changed(api: Api) -> None:
    body = {"CodeDossier": "DEMO01", "Code": "CEXEMPLE", "Lib": "EXEMPLE"}
    assert api.post("compta/comptes/clients", body).status_code == 405
    assert api.post("compta/comptes/client", body).json()["codeRetour"] == 1
    assert said(api.post("compta/comptes/client", {**body, "Lib": "AUTRE"})) == "compteExisteDeja"
    assert said(api.post("compta/comptes/client", {**body, "Code": "C" * 14})) == "codeCompteTropLong"
    assert said(api.post("compta/comptes/fournisseur", {**body, "Code": "CAUTRE"})) == "racineIncorrecte"
    (found,) = api.get("compta/comptes/clients").json()
    assert (found["Code"], found["Lib"], found["Categ"]) == ("CEXEMPLE", "EXEMPLE", "C")


def test_a_fec_has_tabs_and_commas_and_every_line(api: Api) -> None:
    reference = api.upload().json()["Id"]
    assert api.post("compta/ecriture", entry(ReferenceGed=str(reference))).status_code == 200
    text = api.post("compta/fec", {"CodeDossier": "DEMO01", "Annee": 2026}).text
    head, *rows = text.splitlines()
    assert head.split("\t")[:4] == ["JournalCode", "JournalLib", "EcritureNum", "EcritureDate"]
    assert len(head.split("\t")) == 18
    assert [row.split("\t")[11:13] for row in rows] == [["120,10", "0,00"], ["0,00", "120,10"]]
    assert api.post("compta/fec", {"CodeDossier": "DEMO01", "Annee": 2025}).text.splitlines() == [head]


@pytest.mark.parametrize("hosting", ["cnx/api", "iSuiteExpert/api"])
def test_a_fec_of_a_year_over_two_calendar_years_is_refused(sandbox: Sandbox, hosting: str) -> None:
    api = Api(sandbox.url, hosting, "DEMO04")
    assert said(api.post("compta/fec", {"CodeDossier": "DEMO04", "Annee": 2026})) == "periodeMultiExercice"


def test_what_was_written_outlives_the_process_and_what_was_refused_does_not(tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    with Sandbox(quota=False, state=state) as first:
        api = Api(first.url, "iSuiteExpert/api")
        reference = api.upload().json()["id"]
        requests.post(f"{first.url}/_sandbox/acd/expire", timeout=5)
        assert said(api.post("compta/ecriture", entry(ReferenceGed=reference))) == "jetonNonRecu"
        again = Api(first.url, "iSuiteExpert/api")
        again.post("compta/ecriture", entry(ReferenceGed=reference))
        again.post("compta/fec", {"CodeDossier": "DEMO01", "Annee": 2026})
        before = first.entries("acd")
    assert len(before) == 1
    assert before[0]["pdf_sha256"]
    assert "/compta/fec" not in state.read_text()
    with Sandbox(quota=False, state=state, world=World()) as second:
        assert second.entries("acd") == before
        assert Api(second.url).headers["UUID"] not in (api.headers["UUID"], again.headers["UUID"])
