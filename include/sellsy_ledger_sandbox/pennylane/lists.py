"""Lists of emulated Pennylane: JSON filters, sort, and opaque cursors that hold neither."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from sellsy_ledger_sandbox.pennylane.books import Refusal

__all__ = ["ALL", "EXACT", "page"]

ALL = ("lt", "lteq", "gt", "gteq", "eq", "not_eq", "in", "not_in")
EXACT = ("eq", "not_eq", "in", "not_in")

_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda held, wanted: held == wanted,
    "not_eq": lambda held, wanted: held != wanted,
    "lt": lambda held, wanted: held < wanted,
    "lteq": lambda held, wanted: held <= wanted,
    "gt": lambda held, wanted: held > wanted,
    "gteq": lambda held, wanted: held >= wanted,
    "in": lambda held, wanted: held in wanted,
    "not_in": lambda held, wanted: held not in wanted,
    "start_with": lambda held, wanted: str(held).startswith(str(wanted)),
}


def page(
    items: Sequence[dict[str, Any]],
    args: MultiDict[str, str],
    *,
    filters: Mapping[str, Sequence[str]],
    sorts: Sequence[str] = ("id",),
    max_limit: int = 100,
) -> dict[str, Any]:
    """One page of ``items``; parameters with other names are ignored, as the real API does.

    Raises:
        Refusal: 400, a limit, filter, sort or cursor is wrong.
    """
    limit = _limit(args.get("limit"), max_limit)
    kept = [item for item in items if all(test(item) for test in _tests(args.get("filter"), filters))]
    field, descending = _sort(args.get("sort", "-id"), sorts)
    kept.sort(key=lambda item: (item[field], item["id"]), reverse=descending)
    start = _start(args.get("cursor"), kept, field, descending=descending)
    shown = kept[start : start + limit]
    more = start + limit < len(kept)
    return {"items": shown, "has_more": more, "next_cursor": _cursor(shown[-1]["id"]) if more else None}


def _limit(text: str | None, most: int) -> int:
    if text is None:
        return 20
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise Refusal(400, f"limit must be between 1 and {most}")
    return int(text)


def _sort(text: str, allowed: Sequence[str]) -> tuple[str, bool]:
    field = text.removeprefix("-")
    if field not in allowed:
        raise Refusal(400, f"Unknown sort field {field}")
    return field, text.startswith("-")


def _tests(text: str | None, allowed: Mapping[str, Sequence[str]]) -> list[Callable[[dict[str, Any]], bool]]:
    if not text:
        return []
    try:
        wanted = [(one["field"], one["operator"], one["value"]) for one in json.loads(text)]
    except (ValueError, TypeError, KeyError):
        raise Refusal(400, "filter is not a JSON array of field, operator and value") from None
    for field, operator, _ in wanted:
        if operator not in allowed.get(field, ()):
            raise Refusal(400, f"Unknown filter {field} {operator}")
    return [_test(field, operator, value) for field, operator, value in wanted]


def _test(field: str, operator: str, value: Any) -> Callable[[dict[str, Any]], bool]:
    wanted = value.split(",") if operator in ("in", "not_in") and isinstance(value, str) else value

    def check(item: dict[str, Any]) -> bool:
        held = item.get(field, (item.get(field.removesuffix("_id")) or {}).get("id") if field.endswith("_id") else None)
        like: Callable[[Any], Any] = int if isinstance(held, int) else str
        typed = [like(one) for one in wanted] if isinstance(wanted, list) else like(wanted)
        return held is not None and _TESTS[operator](held, typed)

    return check


def _cursor(last_id: int) -> str:
    return base64.urlsafe_b64encode(f"after:{last_id}".encode()).decode()


def _start(cursor: str | None, items: list[dict[str, Any]], field: str, *, descending: bool) -> int:
    """Where the page begins: behind the last item shown, whatever filter and sort say now."""
    if not cursor:
        return 0
    try:
        last_id = int(base64.urlsafe_b64decode(cursor).decode().removeprefix("after:"))
    except ValueError:
        raise Refusal(400, "Invalid cursor") from None
    if field != "id":
        return next((place + 1 for place, item in enumerate(items) if item["id"] == last_id), len(items))
    behind = _TESTS["lt" if descending else "gt"]
    return next((place for place, item in enumerate(items) if behind(item["id"], last_id)), len(items))
