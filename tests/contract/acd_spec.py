"""The reconstructed OpenAPI document of ACD, as something to hold requests and answers against."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from openapi_schema_validator import OAS30Validator

__all__ = ["known_fields", "problems_of_answer", "problems_of_request", "template_of"]

DOCUMENT = Path(__file__).parents[1] / "data" / "acd" / "acd_isuite_openapi.yaml"


@cache
def _spec() -> dict[str, Any]:
    spec: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text("utf-8"))
    return spec


def _resolved(node: Any, depth: int = 0) -> Any:
    """The schema with its references put in place; a tree is followed three levels deep."""
    if isinstance(node, list):
        return [_resolved(each, depth) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        if depth > 3:
            return {}
        target: Any = _spec()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _resolved(target, depth + 1)
    return {name: _resolved(value, depth) for name, value in node.items()}


def template_of(path: str) -> str:
    """``/v1/sessions/dossier/DEMO01`` → the template that it matches (a fixed path wins)."""
    plain = unquote(path)
    for template in sorted(_spec()["paths"], key=lambda one: one.count("{")):
        if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), plain):
            return str(template)
    raise AssertionError(f"{path} is no path of the document")


def _operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = _spec()["paths"][template_of(path)][method.lower()]
    return found


def _schema_of(content: dict[str, Any]) -> dict[str, Any]:
    return _resolved(next(iter(content.values()))["schema"])  # type: ignore[no-any-return]


def problems_of_request(method: str, path: str, body: Any) -> list[str]:
    """What is wrong with a JSON body; empty when the document takes it."""
    return _problems(_schema_of(_operation(method, path)["requestBody"]["content"]), body)


def known_fields(method: str, path: str) -> set[str]:
    """The fields of a request's body."""
    return set(_schema_of(_operation(method, path)["requestBody"]["content"])["properties"])


def problems_of_answer(method: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with an answer; empty when the document announces it."""
    responses = _resolved(_operation(method, path)["responses"])
    found = responses.get(str(status))
    if found is None:
        return [f"{method} {path} does not announce {status}"]
    return _problems(_schema_of(found["content"]), body) if "content" in found else []


def _problems(schema: dict[str, Any], value: Any) -> list[str]:
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"[:300]
        for error in OAS30Validator(schema).iter_errors(value)
    ]
