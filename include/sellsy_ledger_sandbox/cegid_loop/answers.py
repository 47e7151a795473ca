"""The JSON shapes of Cegid Loop's answers. The frame of a list and the shape of a line are not published: one folder
gives bare lists and flat lines, the other wraps its lists and nests what a line stands on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sellsy_ledger_sandbox.cegid_loop.books import Folder, ImportFailed
from sellsy_ledger_sandbox.cegid_loop.filters import Condition

__all__ = ["MOST_LINES", "failure", "lines", "listing"]

MOST_LINES = 100
LARGEST_PAGE = 100


def listing(
    folder: Folder, rows: Iterable[Mapping[str, Any]], conditions: list[Condition], query: Mapping[str, str]
) -> Any:
    """One page of a list: filtered, sorted, cut, with the asked columns only."""
    found = [row for row in rows if all(each.holds(row.get(each.field)) for each in conditions)]
    for part in reversed(list(filter(None, query.get("sort", "").split("&&")))):
        name, _, way = part.partition(":")
        found.sort(key=lambda row, name=name: str(row.get(name) or ""), reverse=way == "desc")  # type: ignore[misc]
    skip, take = _number(query.get("skip"), 0), min(_number(query.get("take"), LARGEST_PAGE), LARGEST_PAGE)
    page: list[Mapping[str, Any]] = found[skip : skip + take]
    if columns := set(filter(None, query.get("select", "").split(","))):
        page = [{name: value for name, value in row.items() if name in columns} for row in page]
    return {"data": page, "count": len(found)} if folder.nested else page


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() else default


def lines(folder: Folder, conditions: list[Condition]) -> Any:
    """At most 100 accounting lines that pass; nothing tells that there are more."""
    found = []
    for line in folder.lines():
        held = {
            "codeLettrage": line["lettering"],
            "ecritureOrigine": None,
            "journalCode": line["journal"],
            "refPiece": line["piece"],
            "datePiece": line["piece_date"].isoformat(),
            "compteNumero": line["account"],
        }
        if all(each.holds(held[each.field]) for each in conditions):
            found.append(_nested(line) if folder.nested else _flat(line))
    page = found[:MOST_LINES]
    return {"ecritures": page} if folder.nested else page


def _flat(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "objectId": line["id"],
        "journalCode": line["journal"],
        "compteNumero": line["account"],
        "tiersCode": line["third_party"],
        "date": f"{line['day'].isoformat()}T00:00:00.000Z",
        "datePiece": f"{line['piece_date'].isoformat()}T00:00:00.000Z",
        "refPiece": line["piece"],
        "reference": line["reference"],
        "libelle": line["label"],
        "debit": line["debit"] / 100 if line["debit"] else None,
        "credit": line["credit"] / 100 if line["credit"] else None,
        "codeLettrage": line["lettering"],
        "type": 1,
    }


def _nested(line: Mapping[str, Any]) -> dict[str, Any]:
    side = "debit" if line["debit"] else "credit"
    return {
        "objectId": line["id"],
        "journal": {"code": line["journal"]},
        "compte": {"numero": line["account"]},
        "tiers": {"code": line["third_party"]} if line["third_party"] else None,
        "datePiece": line["piece_date"].isoformat(),
        "refPiece": line["piece"],
        "reference": line["reference"],
        "libelle": line["label"],
        side: {"amount": line[side] / 100, "currency": "EUR"},
        "codeLettrage": line["lettering"],
    }


def failure(folder: Folder, found: ImportFailed, import_id: str) -> dict[str, Any]:
    """The status of a failed import; the shape of its details is not published, so each folder has its own."""
    if folder.nested:
        return {"status": 4, "error": {"instanceId": import_id, "message": found.message}}
    return {"status": 4, "errors": [{"ligne": found.line, "message": found.message}]}
