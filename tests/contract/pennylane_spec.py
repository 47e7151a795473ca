"""Pennylane's official OpenAPI extract, as something to hold requests and answers against."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator

__all__ = ["request_problems", "response_problems", "template_of"]

EXTRACT = Path(__file__).parents[1] / "data" / "pennylane" / "openapi_extract.json"
PREFIX = "/api/external/v2"


@cache
def _spec() -> dict[str, Any]:
    spec = json.loads(EXTRACT.read_text(encoding="utf-8"))
    resolved: dict[str, Any] = _resolve(spec, spec["components"]["schemas"])
    return resolved


def _resolve(node: Any, schemas: dict[str, Any]) -> Any:
    """The document with its few references put in place."""
    if isinstance(node, list):
        return [_resolve(each, schemas) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _resolve(schemas[node["$ref"].rpartition("/")[2]], schemas)
    resolved = {name: _resolve(value, schemas) for name, value in node.items()}
    if resolved.get("nullable") is True and isinstance(resolved.get("enum"), list):
        # Strictly, `nullable` does not add null to an `enum`; the vendor's texts say that null is meant (an entry's
        # status "null: neither a transaction nor an invoice").
        resolved["enum"] = [*resolved["enum"], None]
    return resolved


def template_of(path: str) -> str:
    """``/ledger_accounts/42`` → the template of the specification that it matches (a fixed path wins)."""
    for template in sorted(_spec()["paths"], key=lambda one: one.count("{")):
        pattern = re.sub(r"\{[^}]*\}", "[^/]+", template)
        if re.fullmatch(pattern, PREFIX + path):
            return template.removeprefix(PREFIX)
    raise AssertionError(f"{path} is no path of the specification")


def request_problems(method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> list[str]:
    """What is wrong with a request; empty when the specification takes it."""
    operation = _operation(method, path)
    problems = []
    if "requestBody" in operation:
        problems += _problems(next(iter(operation["requestBody"]["content"].values()))["schema"], body)
    elif body is not None:
        problems.append(f"{method} {path} takes no body")
    parameters = {each["name"]: each["schema"] for each in operation.get("parameters", []) if each["in"] == "query"}
    for name, value in (query or {}).items():
        if name not in parameters:
            problems.append(f"{method} {path} has no parameter {name}")
        else:
            typed = int(value) if parameters[name].get("type") == "integer" else value
            problems += _problems(parameters[name], typed)
    return problems


def response_problems(method: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with an answer; empty when the specification announces it."""
    responses = _operation(method, path)["responses"]
    if str(status) not in responses:
        return [f"{method} {path} does not announce {status}"]
    return _problems(responses[str(status)]["content"]["application/json"]["schema"], body)


def _operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = _spec()["paths"][PREFIX + template_of(path)][method.lower()]
    return found


def _problems(schema: dict[str, Any], value: Any) -> list[str]:
    validator = OAS30Validator(schema, format_checker=OAS30Validator.FORMAT_CHECKER)
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"[:300] for error in validator.iter_errors(value)
    ]
