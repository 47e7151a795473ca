"""The emulated Inqom checks what the real one checks, and keeps its ledger across a restart."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.server import Sandbox

GRANT = {
    "grant_type": "password",
    "username": "demo-user-inqom",
    "password": "demo-password-inqom",
    "client_id": "demo-client-inqom",
    "client_secret": "demo-secret-inqom",
    "scope": "openid apidata",
}
BASE = "/inqom/v1/dossiers/90210"
DOCUMENTS = "/inqom/documents/api/accounting-documents/accounting-folders/90210/Documents"
OPERATIONS = "/inqom/api/app/enterprises/90210/operations"
LINES: list[dict[str, Any]] = [
    {"Label": "Été", "DebitAmount": 12.1, "CreditAmount": 0, "Currency": "EUR", "AccountNumber": "411000"},
    {"Label": "x", "DebitAmount": 0, "CreditAmount": 12.1, "Currency": "EUR", "AccountNumber": "706000"},
]


class Inqom:
    """A caller with a token."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.client: FlaskClient = sandbox.app.test_client()
        answer = self.client.post("/inqom/auth/identity/connect/token", data=GRANT)
        self.headers = {"Authorization": f"Bearer {(answer.json or {})['access_token']}"}
        self.journal = (self.get(f"{BASE}/journals").json or [])[0]["Id"]

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=self.headers)

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(path, headers=self.headers, **body)

    def entry(self, **changes: Any) -> dict[str, Any]:
        return {"JournalId": self.journal, "Date": "2026-02-03", "Lines": LINES, **changes}

    def deposit(self, body: bytes = b"%PDF-1", **changes: str) -> Any:
        form = {"TypeScan": "Others", "FileSource": "Api", "DocRef": "F-1", **changes}
        return self.post(f"{DOCUMENTS}/", data={**form, "Document": (io.BytesIO(body), "a.pdf")})

    def fec(self, kind: str = "KeepExisting", account: str = "706000") -> Any:
        columns = "JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef"
        columns += " PieceDate EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise"
        rows = [columns.split()]
        for number, debit, credit in (("411000", "12,10", "0,00"), (account, "0,00", "12,10")):
            start = ["VE", "Ventes", "1", "20260203", number, "x", "", "", "F-1", "20260203", "lib", debit, credit]
            rows.append([*start, *[""] * 5])
        text = "\r\n".join("\t".join(row) for row in rows)
        year = (self.get(f"{BASE}/accounting-periods").json or [])[-1]["Id"]
        form = {"exerciseId": str(year), "operationType": kind, "fileAttachmentImportType": "PieceRef"}
        return self.post(OPERATIONS, data={**form, "file": (io.BytesIO(text.encode()), "f.txt")})


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def inqom(world: World) -> Inqom:
    return Inqom(Sandbox(quota=False, world=world))


def test_a_token_ends_with_its_hour(inqom: Inqom, world: World) -> None:
    assert inqom.get(f"{BASE}/journals").status_code == 200
    later = time.time() + 3601
    world.time = lambda: later
    assert inqom.get(f"{BASE}/journals").status_code == 401


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"password": "x"}, "invalid_grant"),
        ({"username": "x"}, "invalid_grant"),
        ({"client_secret": "x"}, "invalid_client"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
    ],
)
def test_a_refused_grant_has_its_code(inqom: Inqom, changes: dict[str, str], code: str) -> None:
    answer = inqom.client.post("/inqom/auth/identity/connect/token", data=GRANT | changes)
    assert (answer.status_code, (answer.json or {})["error"]) == (400, code)


def test_customer_accounts_are_rewritten_and_made_once(inqom: Inqom) -> None:
    asked = {"AccountNumber": "411X", "Name": "x", "Auxiliarize": True}
    answer = inqom.post(f"{BASE}/accounts", json=asked)
    assert (answer.status_code, answer.json) == (201, "4111X")
    assert inqom.post(f"{BASE}/accounts", json=asked).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"Lines": LINES[:1]},
        {"Lines": [LINES[0], {**LINES[1], "CreditAmount": 12}]},
        {"Lines": [LINES[0], {**LINES[1], "AccountNumber": "799999"}]},
        {"Lines": [LINES[0], {**LINES[1], "AccountNumber": "4111"}]},
        {"Lines": [LINES[0], {**LINES[1], "Label": " "}]},
        {"Lines": [LINES[0], {**LINES[1], "Currency": "USD"}]},
        {"Lines": [LINES[0], {**LINES[1], "CreditAmount": 12.101}]},
        {"Lines": [LINES[0], {**LINES[1], "CreditAmount": "12.1"}]},
        {"Lines": [LINES[0], {**LINES[1], "VatCode": "C20"}]},
        {"JournalId": 1},
        {"Date": "2024-06-03"},
        {"Date": "2031-01-01"},
        {"Date": "03/02/2026"},
        {"AccountingDocumentId": 1},
        {"Draft": True},
        {"Document": {"Reference": "x" * 257}},
    ],
)
def test_one_bad_entry_refuses_the_whole_request(inqom: Inqom, changes: dict[str, Any]) -> None:
    answer = inqom.post(f"{BASE}/entries", json=[inqom.entry(), inqom.entry(**changes)])
    assert answer.status_code == 400
    assert answer.get_data()
    assert inqom.sandbox.entries("inqom") == []


@pytest.mark.parametrize("count", [0, 51])
def test_a_request_holds_one_to_fifty_entries(inqom: Inqom, count: int) -> None:
    assert inqom.post(f"{BASE}/entries", json=[inqom.entry()] * count).status_code == 400
    assert inqom.post(f"{BASE}/entries", json=[inqom.entry()] * 50).status_code == 200


def test_labels_are_upper_cased_and_a_second_entry_of_one_key_is_taken(inqom: Inqom) -> None:
    for _ in range(2):
        assert inqom.post(f"{BASE}/entries", json=[inqom.entry(ExternalId="k")]).status_code == 200
    entries = inqom.sandbox.entries("inqom")
    assert [entry["key"] for entry in entries] == ["k", "k"]
    assert entries[0]["lines"][0]["label"] == "ÉTÉ"


def test_the_same_bytes_are_a_duplicate(inqom: Inqom) -> None:
    first, second = inqom.deposit().json, inqom.deposit(SourceId="other").json
    assert (first["Status"], second["Status"], second["Id"]) == ("Received", "Duplicate", first["Id"])


def test_an_import_books_nothing_before_it_is_integrated_and_finds_its_document(inqom: Inqom) -> None:
    inqom.deposit()
    operation = inqom.fec().json["Id"]
    states = [inqom.get(f"{OPERATIONS}/{operation}").json["Status"] for _ in range(3)]
    assert states == ["Received", "ParsingOk", "WaitingUserAction"]
    assert inqom.sandbox.entries("inqom") == []
    assert inqom.post(f"{OPERATIONS}/{operation}/integrate").status_code == 204
    assert inqom.post(f"{OPERATIONS}/{operation}/integrate").status_code == 400
    (entry,) = inqom.sandbox.entries("inqom")
    assert entry["pdf_sha256"]


def test_an_import_with_an_unknown_account_is_not_integrated(inqom: Inqom) -> None:
    operation = inqom.fec(account="799999").json["Id"]
    assert "799999" in json.dumps(inqom.get(f"{OPERATIONS}/{operation}/issues").json)
    assert inqom.post(f"{OPERATIONS}/{operation}/integrate").status_code == 400


def test_replacing_wipes_the_year(inqom: Inqom) -> None:
    """So that whoever would send it would be seen by every test of the ledger."""
    inqom.post(f"{BASE}/entries", json=[inqom.entry(ExternalId="k")])
    operation = inqom.fec("ReplaceAll").json["Id"]
    inqom.post(f"{OPERATIONS}/{operation}/integrate")
    assert [entry["key"] for entry in inqom.sandbox.entries("inqom")] == ["F-1"]


def test_fifteen_requests_a_second_per_user() -> None:
    world = World()
    with Sandbox(world=world) as sandbox:
        now = time.time()
        world.time = lambda: now
        url = sandbox.url
        token = requests.post(f"{url}/inqom/auth/identity/connect/token", data=GRANT, timeout=5).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        codes = [requests.get(f"{url}{BASE}/journals", headers=headers, timeout=5).status_code for _ in range(17)]
        assert codes == [200] * 15 + [429] * 2
        world.time = lambda: now + 1.01
        assert requests.get(f"{url}{BASE}/journals", headers=headers, timeout=5).status_code == 200


def test_a_restart_gives_the_same_ledger_with_the_same_ids(tmp_path: Path) -> None:
    file = tmp_path / "state.jsonl"
    with Sandbox(quota=False, state=file) as sandbox:
        client = requests.Session()
        url = sandbox.url
        token = client.post(f"{url}/inqom/auth/identity/connect/token", data=GRANT, timeout=5).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        journal = client.get(f"{url}{BASE}/journals", timeout=5).json()[0]["Id"]
        entry = {"JournalId": journal, "Date": "2026-02-03", "Lines": LINES}
        client.post(f"{url}{DOCUMENTS}/", data={"TypeScan": "x"}, files={"Document": ("a.pdf", b"")}, timeout=5)
        client.post(f"{url}{BASE}/entries", json=[{**entry, "Date": "2031-01-01"}], timeout=5)
        form = {"TypeScan": "Client", "FileSource": "Api", "WithoutWorkflow": "true"}
        paper = client.post(f"{url}{DOCUMENTS}/", data=form, files={"Document": ("a.pdf", b"%PDF")}, timeout=5).json()
        sent = [{**entry, "AccountingDocumentId": paper["Id"], "ExternalId": "k"}]
        assert client.post(f"{url}{BASE}/entries", json=sent, timeout=5).status_code == 200
        before = sandbox.entries("inqom")
    assert len(before) == 1
    assert Sandbox(quota=False, state=file).entries("inqom") == before


def test_the_second_folder_has_months_and_a_locked_january(inqom: Inqom) -> None:
    periods = inqom.get("/inqom/v1/dossiers/90211/accounting-periods").json
    assert [period["Locked"] for period in periods] == [True] + [False] * 11
