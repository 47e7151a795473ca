"""ACD's requests and the sandbox's answers, held against the OpenAPI document reconstructed from public clients."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given

from sellsy_ledger.connectors.acd import mapper
from sellsy_ledger.connectors.acd.connector import AcdConnector
from sellsy_ledger.connectors.acd.settings import ROUTES
from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.http import transport
from sellsy_ledger.http.transport import Answer
from sellsy_ledger_sandbox.server import Sandbox
from tests.contract.acd_spec import known_fields, problems_of_answer, problems_of_request, template_of
from tests.unit.connectors.acd.builders import LEDGER, SECRETS, SETTINGS, as_sent, requests
from tests.unit.connectors.acd.test_connector import bookable, deposit

ENTRY = ROUTES["entry"]
INDEX = LedgerIndex(LEDGER)
# Routes of the API that public clients name and the document has not.
UNDOCUMENTED = {ROUTES["years_older"], ROUTES["ged_list"]}


def body_of(made: PostingRequest) -> Any:
    return as_sent({"CodeDossier": "DEMO01", **mapper.entry_body(made, INDEX, SETTINGS, reference="77")})


@given(made=requests())
def test_every_entry_fits_the_document(made: PostingRequest) -> None:
    body = body_of(made)
    # The validator's numbers are floats; their digits are tested in the mapper's own tests.
    assert problems_of_request("POST", ENTRY, json.loads(json.dumps(body, default=float))) == []
    assert set(body) <= known_fields("POST", ENTRY)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("no journal", lambda body: body.pop("Journal")),
        ("a month as text", lambda body: body.update(Mois="2")),
        ("one line only", lambda body: body.update(LignesEcriture=body["LignesEcriture"][:1])),
        ("a long label", lambda body: body["LignesEcriture"][0].update(Libelle="x" * 51)),
        ("a long account", lambda body: body["LignesEcriture"][0].update(Compte="C" * 14)),
        ("an amount as text", lambda body: body["LignesEcriture"][0].update(Debit="1.00")),
        ("a day that is missing", lambda body: body["LignesEcriture"][0].pop("Jour")),
    ],
)
def test_the_document_sees_what_is_wrong(name: str, spoil: Any) -> None:
    """Guards the guard: a validator that accepts everything would prove nothing."""
    line = {"Jour": 3, "Compte": "411000", "Libelle": "x", "Debit": 1.0, "Credit": 0.0}
    body: dict[str, Any] = {"Journal": "VE", "Mois": 2, "Annee": 2026, "LignesEcriture": [line, dict(line)]}
    assert problems_of_request("POST", ENTRY, body) == []
    spoil(body)
    assert problems_of_request("POST", ENTRY, body) != [], name


@pytest.mark.parametrize("path", sorted(set(ROUTES.values()) - UNDOCUMENTED))
def test_every_route_is_one_of_the_document(path: str) -> None:
    assert template_of(path.replace("{code}", "DEMO01"))


# -- a whole run on the wire -------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(quota=False) as running:
        yield running


def test_a_whole_run_sends_and_gets_what_the_document_says(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Any, Answer]] = []
    real = transport.Transport._send

    def record(self: transport.Transport, request: Any) -> Answer:
        answer = real(self, request)
        seen.append((request, answer))
        return answer

    monkeypatch.setattr(transport.Transport, "_send", record)
    connector = AcdConnector.from_credentials(
        base_url=f"{sandbox.url}/acd/cnx/api", secrets=SECRETS, options={"code_dossier": "DEMO01"}
    )
    monkeypatch.setattr(connector.client.transport.throttle, "_sleep", lambda seconds: None)
    connector.client.transport.throttle.set_limits([(1000, 1.0)])
    connector.check_access()
    made = bookable(connector)
    connector.post_entry(made)
    assert connector.find_entry(made) is not None
    connector.deposit_document(deposit(made))

    checked = set()
    for request, answer in seen:
        if request.path in UNDOCUMENTED:
            continue
        body = json.loads(answer.body) if answer.headers["content-type"].startswith("application/json") else None
        if body is not None:
            assert problems_of_answer(request.method, request.path, answer.status, body) == [], request.name
        is_json = request.headers.get("Content-Type") == "application/json"
        if is_json:
            assert problems_of_request(request.method, request.path, json.loads(request.body)) == [], request.name
        checked.add((request.method, template_of(request.path)))
    assert len(checked) >= 14
    assert ("POST", "/v1/compta/ecriture") in checked
    assert ("POST", "/v1/ged/documents") in checked
