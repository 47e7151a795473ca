"""The emulated Cegid Loop: what it refuses at once, what its imports refuse later, what it remembers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import requests

from sellsy_ledger_sandbox.server import Sandbox

KEYS = {"Ocp-Apim-Subscription-Key": "demo-subscription-cegid", "x-apikey": "demo-key-cegid:demo-secret-cegid"}


def line(account: str, side: str, amount: float, **more: Any) -> dict[str, Any]:
    return {
        "date": "2026-02-03T00:00:00.000Z",
        "journal": "VE",
        "compte": account,
        "libelle": "Exemple",
        "refPiece": "F-1",
        "reference": "sellsy:1:si:1",
        side: {"amount": amount, "currency": "EUR"},
        **more,
    }


GOOD: dict[str, Any] = {
    "codeIbs": "DEMO01",
    "data": {
        "contexte": {"from": "2026-02-01T00:00:00.000Z", "to": "2026-02-28T00:00:00.000Z"},
        "options": {"failOnUnbalanced": True, "balanceAuto": False, "createNewTiers": True},
        "ecritures": [line("411000", "debit", 120.05, tiers="C1"), line("706000", "credit", 120.05)],
    },
}


class Loop:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.url = sandbox, sandbox.url

    def get(self, route: str, headers: dict[str, str] | None = None, **query: str) -> Any:
        query = {"codeDossier": "DEMO01", **query}
        return requests.get(f"{self.url}/cegid_loop{route}", params=query, headers=headers or KEYS, timeout=10)

    def post(self, body: Any, route: str = "/importJson") -> Any:
        return requests.post(f"{self.url}/cegid_loop{route}", json=body, headers=KEYS, timeout=10).json()

    def control(self, name: str, body: Any = None) -> Any:
        return requests.post(f"{self.url}/_sandbox/cegid_loop/{name}", json=body, timeout=10).json()

    def ended(self, body: Any) -> Any:
        """The status of an import that was let to end."""
        accepted = self.post(body)
        self.control("advance")
        return self.get("/getImportStatus", accountingImportRequestId=accepted["accountingImportRequestId"]).json()


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Sandbox(quota=False) as sandbox:
        yield Loop(sandbox)


def spoiled(path: str, value: Any) -> dict[str, Any]:
    body = deepcopy(GOOD)
    *way, last = path.split("/")
    place: Any = body
    for step in way:
        place = place[int(step) if step.isdecimal() else step]
    place[int(last) if last.isdecimal() else last] = value
    return body


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("codeIbs", "DEMO03"),
        ("codeIbs", ""),
        ("SIRET", "12345678901234"),
        ("SIRET", "73282932000074"),
        ("SIRET", "84014327500047"),
        ("unknown", 1),
        ("data", None),
        ("data/contexte", None),
        ("data/contexte", {"from": "01/02/2026", "to": "28/02/2026"}),
        ("data/options/failOnUnbalancd", True),
        ("data/ecritures", []),
        ("data/ecritures", {"0": {}}),
        ("data/ecritures", [line("411000", "debit", 1)]),
        ("data/ecritures/0/date", "03/02/2026"),
        ("data/ecritures/0/dateJustif", "2026-02-03"),
        ("data/ecritures/0/debCutOff", "2026-02-03T00:00:00.000Z"),
        ("data/ecritures/0/SIRET", "123"),
        ("data/ecritures/0/montant", 1),
        ("data/ecritures/0/debit", 120.05),
        ("data/ecritures/0/debit", {"amount": "120.05"}),
        ("data/ecritures/0/debit", {"amount": 120.055}),
        ("data/ecritures/0/fichier", {"url": "https://x"}),
    ],
)
def test_what_is_wrong_in_shape_is_refused_at_once_with_status_200(loop: Loop, path: str, value: Any) -> None:
    answer = loop.post(spoiled(path, value))
    assert answer["error"]["message"]
    assert "accountingImportRequestId" not in answer


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("data/ecritures/0/date", "2026-03-03T00:00:00.000Z", "contexte"),
        ("data/ecritures/0/compte", "799999", "799999"),
        ("data/ecritures/0/journal", "AN", "AN"),
        ("data/ecritures/0/debit", {"amount": 120.04}, "déséquilibrée"),
        ("data/ecritures/1/tiers", "C1", "collectif"),
        ("data/ecritures/1/debit", {"amount": 1}, "débit"),
    ],
)
def test_what_is_wrong_in_substance_ends_the_import_in_error(loop: Loop, path: str, value: Any, words: str) -> None:
    status = loop.ended(spoiled(path, value))
    assert status["status"] == 4
    assert words in json.dumps(status, ensure_ascii=False)
    assert loop.sandbox.entries("cegid_loop") == []


def test_loop_balances_by_itself_unless_it_is_told_not_to(loop: Loop) -> None:
    body = spoiled("data/ecritures/0/debit", {"amount": 100})
    body["data"]["options"] = {}
    assert loop.ended(body) == {"status": 3}
    (entry,) = loop.sandbox.entries("cegid_loop")
    assert [(each["account"], each["debit_cents"]) for each in entry["lines"]][-1] == ("471000", 2005)


def test_labels_and_codes_are_cut_without_a_word(loop: Loop) -> None:
    body = spoiled("data/ecritures/0/libelle", "x" * 40)
    body["data"]["ecritures"][0]["tiers"] = "C" * 20
    loop.ended(body)
    (entry,) = loop.sandbox.entries("cegid_loop")
    assert entry["lines"][0]["label"] == "x" * 35
    assert entry["lines"][0]["auxiliary_account"] == "C" * 17


def test_without_leave_unknown_third_parties_wait(loop: Loop) -> None:
    loop.ended(spoiled("data/options/createNewTiers", False))
    (entry,) = loop.sandbox.entries("cegid_loop")
    assert entry["lines"][0]["auxiliary_account"] == "ATTENTE"
    assert loop.get("/tiersClient").json() == []


@pytest.mark.parametrize(
    "filter_",
    ["", 'refPiece=="F-1"', 'codeLettrage==null && libelle=="x"', "codeLettrage=null", "codeLettrage==null ||"],
)
def test_lines_want_their_main_filter_and_no_unknown_one(loop: Loop, filter_: str) -> None:
    answer = loop.get("/EcritureComptable", filter=filter_)
    assert answer.status_code == 200
    assert answer.json()["error"]["message"]


def test_a_hundred_lines_at_most(loop: Loop) -> None:
    for _ in range(51):
        loop.post(GOOD)
    loop.control("advance")
    assert len(loop.get("/EcritureComptable", filter='codeLettrage==null && refPiece=="F-1"').json()) == 100
    assert len(loop.get("/EcritureComptable", filter='codeLettrage==null && compteNumero=="706000"').json()) == 51
    assert loop.get("/EcritureComptable", filter='codeLettrage!=null && refPiece=="F-1"').json() == []


def test_lists_filter_sort_page_and_select(loop: Loop) -> None:
    assert [each["libelle"] for each in loop.get("/compte", filter='numero=="411000"').json()] == ["Clients"]
    first, second = (loop.get("/compte", sort="numero:desc", skip=skip, take="5").json() for skip in ("0", "5"))
    numbers = [each["numero"] for each in (*first, *second)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 10
    assert set(loop.get("/journal", select="code", take="1").json()[0]) == {"code"}
    assert loop.get("/journal", codeDossier="DEMO02").json()["count"] == len(loop.sandbox.world.journals)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Ocp-Apim-Subscription-Key": "x"}, 401),
        ({**KEYS, "x-apikey": "demo-key-cegid"}, 200),
        ({"Ocp-Apim-Subscription-Key": KEYS["Ocp-Apim-Subscription-Key"]}, 200),
    ],
)
def test_both_keys_are_wanted(loop: Loop, headers: dict[str, str], status: int) -> None:
    answer = loop.get("/journal", headers={"X-Any": "1", **headers})
    assert answer.status_code == status
    assert "error" in answer.json() or "message" in answer.json()


def test_the_robot_takes_any_folder_code(loop: Loop) -> None:
    query = {"context": "NOWHERE", "filename": "f.pdf", "transaction": "SALE"}
    url = f"{loop.url}/cegid_loop/storeDocument"
    headers = {**KEYS, "Content-Type": "application/pdf"}
    assert requests.post(url, params=query, data=b"%PDF-", headers=headers, timeout=10).json()["id"]
    assert "error" in requests.post(url, params=query, data=b"x", headers=KEYS, timeout=10).json()
    assert (
        "error"
        in requests.post(url, params={**query, "transaction": "X"}, data=b"x", headers=headers, timeout=10).json()
    )
    (held,) = requests.get(f"{loop.url}/_sandbox/cegid_loop/documents", timeout=10).json()
    assert held["context"] == "NOWHERE"


def test_the_blob_storage_wants_its_signature_and_its_header(loop: Loop) -> None:
    address = loop.get("/getFileUrlDeposit", filename="f.txt").json()["depositUrl"]
    blob = {"x-ms-blob-type": "BlockBlob"}
    assert requests.put(address, data=b"x", timeout=10).status_code == 400
    assert requests.put(address[:-1], data=b"x", headers=blob, timeout=10).status_code == 403
    assert requests.put(address, data=b"x", headers=blob, timeout=10).status_code == 201


@pytest.mark.parametrize("body", [{}, {"URI": "a", "URL": "b"}, {"URI": "a", "unknown": 1}])
def test_a_file_import_names_one_file(loop: Loop, body: dict[str, Any]) -> None:
    assert "error" in loop.post({"codeIbs": "DEMO01", **body}, "/importFEC")


@pytest.mark.parametrize("route", ["/importFEC", "/importTRA", "/importPerso"])
@pytest.mark.parametrize("content", [b"", b"JournalCode\tx\r\n", b"***S5EXP\r\n", b"M\r\n"])
def test_a_file_that_cannot_be_read_ends_its_import_in_error(loop: Loop, route: str, content: bytes) -> None:
    found = loop.get("/getFileUrlDeposit", filename="f.txt").json()
    requests.put(found["depositUrl"], data=content, headers={"x-ms-blob-type": "BlockBlob"}, timeout=10)
    extra = {"modele": "QUADRA"} if route == "/importPerso" else {}
    accepted = loop.post({"codeIbs": "DEMO01", "URI": found["uri"], **extra}, route)
    loop.control("advance")
    status = loop.get("/getImportStatus", accountingImportRequestId=accepted["accountingImportRequestId"]).json()
    assert status["status"] == 4


def test_the_same_entries_are_there_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    with Sandbox(quota=False, state=state) as sandbox:
        loop = Loop(sandbox)
        accepted = loop.post(GOOD)
        loop.control("advance")
        before = sandbox.entries("cegid_loop")
    with Sandbox(quota=False, state=state) as sandbox:
        loop = Loop(sandbox)
        assert loop.control("advance") == {"done": 1}
        assert sandbox.entries("cegid_loop") == before
        status = loop.get("/getImportStatus", accountingImportRequestId=accepted["accountingImportRequestId"])
        assert status.json() == {"status": 3}
        sandbox.reset()
        assert sandbox.entries("cegid_loop") == []


def test_no_other_host_is_ever_asked_for_a_file(loop: Loop) -> None:
    body = spoiled("data/ecritures/0/fichier", {"uri": "http://169.254.169.254/latest/meta-data"})
    assert loop.ended(body) == {"status": 3}
    (entry,) = loop.sandbox.entries("cegid_loop")
    assert entry["pdf_sha256"] is None
