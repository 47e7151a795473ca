"""The part of OData's query language that Sage's sample uses, on rows in memory: filter, order, page, count, expand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sellsy_ledger_sandbox.sage100.edmx import PROPERTIES, RELATIONS

__all__ = ["PAGE_MAX", "BadQuery", "answer"]

PAGE_MAX = 100
KNOWN = frozenset({"$select", "$filter", "$orderby", "$expand", "$top", "$skip", "$count"})
_TEXT = r"'((?:[^']|'')*)'"
_EQ = re.compile(rf"(\w+) eq (?:{_TEXT}|(true|false|-?\d+(?:\.\d+)?))")
_COMPARES = re.compile(r"(\w+) (ge|lt) (\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)")
_STARTS = re.compile(rf"startswith\((\w+),\s*{_TEXT}\)")
_CONTAINS = re.compile(rf"contains\(tolower\((\w+)\),\s*{_TEXT}\)")
_AND = re.compile(r"\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)")

Row = Mapping[str, Any]


class BadQuery(Exception):
    """The query cannot be understood; the text is what the interface answers."""


def answer(kind: str, rows: Iterable[Row], query: Mapping[str, str], context: str) -> dict[str, Any]:
    """One page of ``rows``.

    Raises:
        BadQuery: an unknown option, property or relation.
    """
    unknown = set(query) - KNOWN
    if unknown:
        raise BadQuery(f"The query parameter '{min(unknown)}' is not supported.")
    found = [row for row in rows if all(test(row) for test in _tests(kind, query.get("$filter", "")))]
    order = query.get("$orderby", "").split()
    if order:
        name = _property(kind, order[0])
        found.sort(key=lambda row: str(row.get(name) or ""), reverse=order[1:] == ["desc"])
    skip, top = _number(query, "$skip", 0), _number(query, "$top", PAGE_MAX)
    relations = [name for name in query.get("$expand", "").split(",") if name]
    for name in relations:
        if name not in RELATIONS[kind]:
            raise BadQuery(f"Could not find a property named '{name}' on type '100S.Model.{kind}'.")
    wanted = [_property(kind, name) for name in query.get("$select", "").split(",") if name]
    page = [_shown(kind, row, relations, wanted) for row in found[skip : skip + min(top, PAGE_MAX)]]
    body: dict[str, Any] = {"@odata.context": context}
    if query.get("$count") == "true":
        body["@odata.count"] = len(found)
    return {**body, "value": page}


def _shown(kind: str, row: Row, relations: list[str], wanted: list[str]) -> dict[str, Any]:
    names = wanted or list(PROPERTIES[kind])
    return {name: row.get(name) for name in names} | {name: row.get(name) for name in relations}


def _tests(kind: str, text: str) -> list[Callable[[Row], bool]]:
    return [_test(kind, part.strip()) for part in _AND.split(text)] if text.strip() else []


def _test(kind: str, text: str) -> Callable[[Row], bool]:
    if found := _EQ.fullmatch(text):
        name, wanted, bare = _property(kind, found[1]), found[2], found[3]
        if bare is not None:
            value: Any = {"true": True, "false": False}.get(bare)
            return lambda row: row.get(name) == (value if value is not None else float(bare))
        return lambda row: str(row.get(name) or "").lower() == _plain(wanted).lower()
    if found := _COMPARES.fullmatch(text):
        name, start, is_from = _property(kind, found[1]), found[3], found[2] == "ge"
        return lambda row: (str(row.get(name) or "") >= start) is is_from
    if found := _STARTS.fullmatch(text):
        name, start = _property(kind, found[1]), _plain(found[2])
        return lambda row: str(row.get(name) or "").startswith(start)
    if found := _CONTAINS.fullmatch(text):
        name, part = _property(kind, found[1]), _plain(found[2])
        return lambda row: part in str(row.get(name) or "").lower()
    raise BadQuery(f"Syntax error in '{text}'.")


def _property(kind: str, name: str) -> str:
    if name not in PROPERTIES[kind]:
        raise BadQuery(f"Could not find a property named '{name}' on type '100S.Model.{kind}'.")
    return name


def _plain(text: str) -> str:
    return text.replace("''", "'")


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise BadQuery(f"Invalid value '{text}' for {name}.")
    return int(text)
