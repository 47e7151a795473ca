"""Every request that we send to Inqom, and every answer of its sandbox, is what the reconstructed specification says.

Flows are played on the sandbox and recorded at its door; what passed there is held against the specification.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import flask
import pytest
import yaml
from openapi_schema_validator import OAS30Validator

from sellsy_ledger.connectors.inqom.connector import InqomConnector
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger_sandbox.server import Sandbox
from tests.unit.connectors.inqom.builders import Puppet, purchase, request, with_pdf

SPEC = Path(__file__).parents[1] / "data" / "inqom" / "reconstructed.openapi.yaml"
# Told in words only: no schema to hold them against.
WITHOUT_SCHEMA = ("/auth/", "/documents/files/")
UNDESCRIBED = re.compile(r"/Documents/\d+(/public-url)?$|/operations/\d+/issues$")


class Call(NamedTuple):
    """One request and its answer as they passed the sandbox's door."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    answer: Any


@cache
def spec() -> dict[str, Any]:
    """The specification with its references put in place."""
    raw = yaml.safe_load(SPEC.read_text("utf-8"))

    def resolve(node: Any) -> Any:
        if isinstance(node, list):
            return [resolve(each) for each in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            target: Any = raw
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return resolve(target)
        return {name: resolve(value) for name, value in node.items()}

    found: dict[str, Any] = resolve(raw)
    return found


def operation(call: Call) -> dict[str, Any]:
    """What the specification says of the call's route."""
    for template, item in spec()["paths"].items():
        pattern = re.sub(r"\{[^}]*\}", "[^/]+", template)
        if re.fullmatch(pattern, call.path) and call.method.lower() in item:
            return {"shared": item.get("parameters", []), **item[call.method.lower()]}
    raise AssertionError(f"{call.method} {call.path} is no operation of the specification")


def problems(schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value; empty when nothing is. No field may be sent or answered that the schema lacks."""
    found = [
        f"{'/'.join(map(str, each.absolute_path))}: {each.message}"[:200]
        for each in _validator(schema).iter_errors(value)
    ]
    return found + unknown(schema, value)


def _validator(schema: dict[str, Any]) -> Any:
    return OAS30Validator(schema, format_checker=OAS30Validator.FORMAT_CHECKER)


def unknown(schema: dict[str, Any], value: Any) -> list[str]:
    """Fields that the schema does not know."""
    if isinstance(value, list) and "items" in schema:
        return [name for each in value for name in unknown(schema["items"], each)]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    known = schema["properties"]
    names = [name for name in value if name not in known]
    return names + [deeper for name in value if name in known for deeper in unknown(known[name], value[name])]


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    puppet = Puppet()
    recorded: list[Call] = []
    _record(puppet.sandbox, recorded)
    with puppet.sandbox:
        _play(puppet)
    return [call for call in recorded if not call.path.startswith(WITHOUT_SCHEMA)]


def _record(sandbox: Sandbox, recorded: list[Call]) -> None:
    def keep(response: flask.Response) -> flask.Response:
        asked = flask.request
        path = asked.path.removeprefix("/inqom")
        if path.startswith("/documents/api/"):
            # The documents may live on another host: below their own base path here.
            path = path.removeprefix("/documents")
        body: Any = asked.get_json(silent=True)
        if asked.mimetype == "multipart/form-data":
            body = {**asked.form.to_dict(), **dict.fromkeys(asked.files, "")}
        told = json.loads(response.get_data()) if response.mimetype == "application/json" else None
        if not asked.path.startswith("/_sandbox"):
            recorded.append(Call(asked.method, path, asked.args.to_dict(), body, response.status_code, told))
        return response

    sandbox.app.after_request(keep)


def _play(puppet: Puppet) -> None:
    """A night over each route, with what an accountant's folder needs for it."""
    parties = ((Direction.SALES, "Exemple", "411EXEMPLE"), (Direction.PURCHASES, "Papier SA", "401PAPIER"))
    api, fec = puppet.connect(), puppet.connect(route="fec")
    api.check_access()
    for direction, name, account in parties:
        api.create_third_party(ThirdParty(direction=direction, type="company", id=1, name=name), account)
    ledger = api.read_ledger()
    for made in (with_pdf(request(ledger=ledger)), purchase(ledger=ledger)):
        receipt = api.post_entry(made)
        api.find_entry(made)
        api.read_back(made, receipt.entry_id)
        api.replace_entry(made, receipt.entry_id)
        list(api.booked_entries(made.kind.direction, made.entry.date, made.entry.date))
    imported = with_pdf(
        request(ledger=ledger, number="FAC-2", piece="FAC-2", posting_key="sellsy:1:sales_invoice:2"), b"%PDF-2"
    )
    receipt = fec.post_entry(imported)
    for _ in range(6):
        fec.wait_until_done(imported, receipt)
    connector: InqomConnector = puppet.connect(route="fec")
    connector.client.delete_operation(connector.post_entry(imported).handle)


def test_the_flows_touch_every_route_that_we_use(calls: list[Call]) -> None:
    touched = {operation(call)["operationId"] for call in calls if not UNDESCRIBED.search(call.path)}
    assert touched == {
        "listInternalAccess",
        "listAccountingFolders",
        "listAccountingPeriods",
        "listJournals",
        "listAccounts",
        "createAccount",
        "createEntries",
        "updateEntries",
        "listEntryLines",
        "countEntryLines",
        "uploadDocument",
        "createFecImport",
        "getFecImport",
        "integrateFecImport",
        "deleteFecImport",
    }


def test_every_request_is_one_that_the_specification_takes(calls: list[Call]) -> None:
    for call in calls:
        if UNDESCRIBED.search(call.path):
            continue
        described = operation(call)
        known = {each["name"]: each for each in [*described.get("parameters", []), *described["shared"]]}
        assert set(call.query) <= set(known), call.path
        assert {name for name, each in known.items() if each["in"] == "query" and each.get("required")} <= set(
            call.query
        )
        if "requestBody" in described:
            ((kind, content),) = described["requestBody"]["content"].items()
            body = _typed(content["schema"], call.body) if kind == "multipart/form-data" else call.body
            assert problems(content["schema"], body) == [], call.path


def test_every_answer_of_the_sandbox_is_one_that_the_specification_announces(calls: list[Call]) -> None:
    for call in calls:
        if UNDESCRIBED.search(call.path) or call.status >= 400:
            continue
        responses = operation(call)["responses"]
        assert str(call.status) in responses, f"{call.method} {call.path} answered {call.status}"
        content = responses[str(call.status)].get("content")
        if content:
            assert problems(content["application/json"]["schema"], _without_nulls(call.answer)) == [], call.path


def _typed(schema: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    """A form's texts as the types that they stand for."""
    read = {"integer": int, "boolean": lambda text: {"true": True, "false": False}.get(text, text)}
    return {name: read.get(schema["properties"].get(name, {}).get("type"), str)(value) for name, value in form.items()}


def _without_nulls(value: Any) -> Any:
    """Absent fields: the specification does not mark which may be null."""
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return value


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/dossiers/1/accounts", {"AccountNumber": "4" * 23, "Name": "x"}),
        ("POST", "/v1/dossiers/1/accounts", {"AccountNumber": "411X", "Name": "x", "Siren": "1"}),
        ("POST", "/v1/dossiers/1/entries", {"JournalId": 1}),
        ("POST", "/v1/dossiers/1/entries", []),
        ("POST", "/v1/dossiers/1/entries", [{"JournalId": 1, "Date": "03/02/2026", "Lines": []}]),
    ],
)
def test_the_check_sees_what_is_wrong(method: str, path: str, body: Any) -> None:
    """Guards the guard: a check that takes everything would prove nothing."""
    ((_, content),) = operation(Call(method, path, {}, body, 200, None))["requestBody"]["content"].items()
    assert problems(content["schema"], body)
