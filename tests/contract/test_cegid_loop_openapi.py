"""Cegid Loop's requests and the sandbox's answers, held against the routes as Cegid's pages describe them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import flask
import msgspec
import pytest
import yaml
from hypothesis import given
from openapi_schema_validator import OAS30Validator

from sellsy_ledger.connectors.cegid_loop import mapper
from sellsy_ledger.core.ledger import LedgerIndex
from tests.unit.connectors.cegid_loop.builders import (
    LEDGER,
    OPTIONS,
    PDF,
    Puppet,
    deposit,
    document,
    request,
    requests_of_any_shape,
)

SPEC = Path(__file__).parents[1] / "data" / "cegid_loop" / "openapi.yaml"
ROUTES_WE_NEED = {
    ("/compte", "get"),
    ("/journal", "get"),
    ("/tva", "get"),
    ("/tiersClient", "get"),
    ("/tiersFournisseur", "get"),
    ("/EcritureComptable", "get"),
    ("/importJson", "post"),
    ("/importFEC", "post"),
    ("/importTRA", "post"),
    ("/importPerso", "post"),
    ("/getFileUrlDeposit", "get"),
    ("/getImportStatus", "get"),
    ("/storeDocument", "post"),
}


@cache
def spec() -> dict[str, Any]:
    read = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    resolved: dict[str, Any] = _strict(read, read["components"]["schemas"])
    return resolved


def _strict(node: Any, schemas: dict[str, Any]) -> Any:
    """References put in place; an object takes no property that the pages do not name."""
    if isinstance(node, list):
        return [_strict(each, schemas) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _strict(schemas[node["$ref"].rpartition("/")[2]], schemas)
    found = {name: _strict(value, schemas) for name, value in node.items()}
    if found.get("type") == "object" and isinstance(found.get("properties"), dict):
        found.setdefault("additionalProperties", False)
    return found


def problems(schema: Any, value: Any) -> list[str]:
    return [f"{list(each.path)}: {each.message}" for each in OAS30Validator(schema).iter_errors(value)]


def on_the_wire(body: Any) -> Any:
    return msgspec.json.decode(msgspec.json.Encoder(decimal_format="number").encode(body))


def import_schema() -> Any:
    return spec()["components"]["schemas"]["ImportJson"]


@given(made=requests_of_any_shape())
def test_every_import_fits_the_described_schema(made: Any) -> None:
    body = mapper.import_body(made, LedgerIndex(LEDGER), OPTIONS, pdf_uri="https://files.example/f.pdf?sig=1")
    assert problems(import_schema(), on_the_wire(body)) == []


def test_the_schema_refuses_what_it_does_not_describe() -> None:
    body = on_the_wire(mapper.import_body(request(), LedgerIndex(LEDGER), OPTIONS, pdf_uri=None))
    assert problems(import_schema(), {**body, "dossier": "x"})
    body["data"]["ecritures"][0]["montant"] = 1
    assert problems(import_schema(), body)


class Recorder:
    """Every call and every answer of a session."""

    def __init__(self) -> None:
        self.puppet = Puppet()
        self.calls: list[tuple[str, str, dict[str, str], Any, Any]] = []
        self.puppet.sandbox.app.after_request(self._note)

    def _note(self, response: flask.Response) -> flask.Response:
        path = flask.request.path.removeprefix("/cegid_loop")
        if not path.startswith(("/_", "/storage")):
            body = flask.request.get_json(silent=True)
            query = dict(flask.request.args)
            self.calls.append((path, flask.request.method.lower(), query, body, response.get_json(silent=True)))
        return response


@pytest.fixture(scope="module")
def session() -> Iterator[Recorder]:
    recorder = Recorder()
    puppet = recorder.puppet
    with puppet.sandbox:
        connector = puppet.connect()
        connector.check_access()
        wanted = msgspec.structs.replace(
            puppet.of_sandbox(connector),
            pdf=PDF,
            supporting_document=document(),
            pdf_url=lambda: "http://127.0.0.1:9/f.pdf?sig=1",
        )
        puppet.post(connector, wanted)
        connector.deposit_document(deposit())
        for number, route in enumerate(("fec", "tra", "quadra"), 1):
            by_file = puppet.connect(route=route, modele="QUADRA")
            puppet.post(by_file, puppet.of_sandbox(by_file, piece=f"F-{number}", number=f"F-{number}"))
        yield recorder


def test_the_session_uses_every_route_that_we_need_and_no_other(session: Recorder) -> None:
    assert {(path, method) for path, method, *_ in session.calls} == ROUTES_WE_NEED


def test_every_request_of_a_session_fits(session: Recorder) -> None:
    for path, method, query, body, _ in session.calls:
        operation = spec()["paths"][path][method]
        known = {each["name"]: each for each in operation.get("parameters", [])}
        assert set(query) <= set(known), path
        assert {name for name, each in known.items() if each.get("required")} <= set(query), path
        for name, value in query.items():
            schema = known[name]["schema"]
            assert problems(schema, int(value) if schema["type"] == "integer" else value) == [], (path, name)
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            assert problems(operation["requestBody"]["content"]["application/json"]["schema"], body) == [], path


def test_every_answer_of_a_session_fits(session: Recorder) -> None:
    for path, method, _, _, answer in session.calls:
        content = spec()["paths"][path][method]["responses"]["200"].get("content")
        if content:
            assert problems(content["application/json"]["schema"], answer) == [], path
        elif path != "/storeDocument":
            assert isinstance(answer, list), path


def test_every_list_names_the_folder(session: Recorder) -> None:
    lists = [query for path, method, query, *_ in session.calls if "codeDossier" in query]
    assert lists
    assert {query["codeDossier"] for query in lists} == {"DEMO01"}
