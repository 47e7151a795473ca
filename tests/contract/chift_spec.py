"""Chift's OpenAPI extract, as something to hold requests and answers against."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS31Validator

__all__ = ["request_problems", "response_problems"]

EXTRACT = Path(__file__).parents[1] / "data" / "chift" / "openapi_extract.json"

ANYWHERE = {401, 409, 503}
"""Statuses that the document leaves to its guides: refused tokens, used request ids, a local agent that is away. Their
body is Chift's usual error."""


@cache
def _spec() -> dict[str, Any]:
    spec = json.loads(EXTRACT.read_text(encoding="utf-8"))
    resolved: dict[str, Any] = _resolve(spec, spec["components"]["schemas"])
    return resolved


def _resolve(node: Any, schemas: dict[str, Any]) -> Any:
    """The document with its references put in place (none of them goes round in circles)."""
    if isinstance(node, list):
        return [_resolve(each, schemas) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _resolve(schemas[node["$ref"].rpartition("/")[2]], schemas)
    return {name: _resolve(value, schemas) for name, value in node.items()}


def _template_of(path: str, method: str) -> str:
    """The template that a path matches; the one with the fewest parameters wins."""
    for template in sorted(_spec()["paths"], key=lambda one: one.count("{")):
        pattern = re.sub(r"\{[^}]*\}", "[^/]+", template)
        if re.fullmatch(pattern, path) and method.lower() in _spec()["paths"][template]:
            return str(template)
    raise AssertionError(f"{method} {path} is no operation of the specification")


def request_problems(method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> list[str]:
    """What is wrong with a request; empty when the specification takes it. Fields it does not know are wrong too."""
    template = _template_of(path, method)
    operation = _spec()["paths"][template][method.lower()]
    problems = []
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        problems += _problems(schema, body) + _unknown(schema, body)
    elif body is not None:
        problems.append(f"{method} {path} takes no body")
    known = {each["name"]: each for each in operation.get("parameters", []) if each["in"] == "query"}
    for name, value in (query or {}).items():
        if name not in known:
            problems.append(f"{method} {path} has no parameter {name}")
        else:
            schema = known[name]["schema"]
            problems += _problems(schema, int(value) if schema.get("type") == "integer" else value)
    problems += [
        f"parameter {name} is missing"
        for name, each in known.items()
        if each.get("required") and name not in (query or {})
    ]
    names = re.findall(r"\{([^}]*)\}", template)
    pattern = re.sub(r"\{[^}]*\}", "([^/]+)", template)
    match = re.fullmatch(pattern, path)
    assert match is not None
    schemas = {each["name"]: each["schema"] for each in operation.get("parameters", []) if each["in"] == "path"}
    for name, value in zip(names, match.groups(), strict=True):
        problems += _problems(schemas[name], value)
    return problems


def response_problems(method: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with an answer; empty when the specification announces it."""
    responses = _spec()["paths"][_template_of(path, method)][method.lower()]["responses"]
    if str(status) in responses:
        content = responses[str(status)].get("content")
        if content is None:
            return [] if body is None else [f"{method} {path} answers {status} without a body"]
        return _problems(content["application/json"]["schema"], body)
    if status in ANYWHERE or (status == 404 and method == "GET"):
        return _problems(_resolve(_spec()["components"]["schemas"]["ChiftError"], {}), body)
    return [f"{method} {path} does not announce {status}"]


def _problems(schema: dict[str, Any], value: Any) -> list[str]:
    validator = OAS31Validator(schema, format_checker=OAS31Validator.FORMAT_CHECKER)
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"[:300] for error in validator.iter_errors(value)
    ]


def _unknown(schema: dict[str, Any], value: Any, where: str = "") -> list[str]:
    """Fields that the schema does not name (it would not refuse them, and nobody would read them)."""
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null" and value is not None:
            return _unknown(choice, value, where)
    if isinstance(value, list):
        return [problem for each in value for problem in _unknown(schema.get("items", {}), each, f"{where}[]")]
    properties = schema.get("properties")
    if not isinstance(value, dict) or properties is None:
        return []
    return [
        problem
        for name, each in value.items()
        for problem in (
            _unknown(properties[name], each, f"{where}.{name}")
            if name in properties
            else [f"{where}.{name} is not in the schema"]
        )
    ]
