"""Lists as Sellsy V2 serves them: opaque seek offsets, numeric offsets, sparse fields, and errors in French."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

__all__ = [
    "BY_ID",
    "Refused",
    "between_days",
    "between_moments",
    "listing",
    "pick_fields",
    "refuse",
    "requested",
    "search_filters",
]

Json = dict[str, Any]
MAX_LIMIT: Final = 100
BY_ID: Final[Mapping[str, Callable[[Json], Any]]] = {"id": lambda item: item["id"]}
_NAMES: Final = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}


class Refused(Exception):
    """An error answer; ``details`` is an object, or the empty array that PHP makes of nothing."""

    def __init__(self, status: int, details: Json | None = None) -> None:
        super().__init__(status)
        self.status, self.details = status, details


def refuse(refused: Refused) -> ResponseReturnValue:
    """Sellsy's error body."""
    body = {
        "code": refused.status,
        "message": _NAMES[refused.status],
        "context": None,
        "details": refused.details or [],
    }
    return jsonify(error=body), refused.status


def requested(name: str) -> list[str]:
    """The values of a repeated query parameter in PHP's array syntax: ``embed[]=company``."""
    arguments: MultiDict[str, str] = request.args
    return [value for key in arguments if key.partition("[")[0] == name for value in arguments.getlist(key)]


def search_filters(allowed: Sequence[str]) -> Json:
    """The ``filters`` of a search body.

    Raises:
        Refused: 400 when the body or its ``filters`` is missing, or a filter does not exist.
    """
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or "filters" not in body:
        raise Refused(400, {"filters": "le champ 'filters' est manquant"})
    filters = body["filters"] or {}
    if not isinstance(filters, dict):
        raise Refused(400, {"filters": "le champ 'filters' doit être un objet"})
    unknown = [name for name in [*(set(body) - {"filters"}), *filters] if name not in allowed]
    if unknown:
        raise Refused(400, dict.fromkeys(unknown, "Ce champ est inconnu"))
    return filters


def listing(
    items: Sequence[Json],
    orders: Mapping[str, Callable[[Json], Any]],
    render: Callable[[Json], Json],
    *,
    default_order: str = "id",
) -> Json:
    """One page of ``items`` as the query string asks.

    ``orders`` gives the sort key of each order; every key is completed by the id, so that a position is unique.

    Raises:
        Refused: 400 for a limit, order, direction or offset that Sellsy would not take.
    """
    limit, order = _limit(), request.args.get("order", default_order)
    direction = request.args.get("direction", "asc")
    if order not in orders or direction not in ("asc", "desc"):
        raise Refused(400, {"order": "La valeur de ce champ n'est pas valide"})

    def position(item: Json) -> tuple[Any, int]:
        return orders[order](item), item["id"]

    ranked = sorted(items, key=position, reverse=direction == "desc")
    start = _start(ranked, position, descending=direction == "desc")
    page = ranked[start : start + limit]
    offset: str | int = 0 if start is None else _token(position(page[-1])) if page else request.args.get("offset", "")
    pagination = {"limit": limit, "total": len(ranked), "count": len(page), "offset": offset}
    return {"pagination": pagination, "data": [render(item) for item in page]}


def _limit() -> int:
    raw = request.args.get("limit", "25")
    if not raw.isdigit() or not 1 <= int(raw) <= MAX_LIMIT:
        raise Refused(400, {"limit": f"Cette valeur doit être comprise entre 1 et {MAX_LIMIT}"})
    return int(raw)


def _token(position: tuple[Any, int]) -> str:
    return base64.b64encode(json.dumps(position).encode()).decode()


def _start(ranked: Sequence[Json], position: Callable[[Json], tuple[Any, int]], *, descending: bool) -> int:
    """The index of the first item of the page: a number counts records, anything else is a position to go on from."""
    offset = request.args.get("offset", "")
    if not offset or offset.isdigit():
        return int(offset or 0)
    try:
        after = tuple(json.loads(base64.b64decode(offset, validate=True)))
        past = [position(item) <= after if not descending else position(item) >= after for item in ranked]
    except (binascii.Error, ValueError, TypeError) as error:
        raise Refused(400, {"offset": "La valeur de ce champ n'est pas valide"}) from error
    return sum(past)


def pick_fields(item: Json, paths: Sequence[str]) -> Json:
    """The sparse view of an object: only the dotted ``paths`` (``amounts.total_incl_tax``, ``related[].id``)."""
    if not paths:
        return item
    picked: Json = {}
    for path in paths:
        head, _, rest = (
            path.removeprefix("_embed.").partition(".") if path.startswith("_embed.") else path.partition(".")
        )
        key, source = head.removesuffix("[]"), item
        target = picked
        if path.startswith("_embed."):
            source, target = item.get("_embed") or {}, picked.setdefault("_embed", {})
        if key in source:
            target[key] = _merged(target.get(key), source[key], rest)
    return picked


def _merged(before: Any, value: Any, rest: str) -> Any:
    if not rest:
        return value
    if isinstance(value, list):
        olds = before or [{}] * len(value)
        return [{**old, **pick_fields(one, [rest])} for old, one in zip(olds, value, strict=True)]
    return {**(before or {}), **pick_fields(value, [rest])} if isinstance(value, dict) else value


def between_days(day: str, window: Mapping[str, str] | None) -> bool:
    """True when an ISO day lies in ``{"start", "end"}``, both included, both optional."""
    window = window or {}
    return str(window.get("start") or "") <= day <= str(window.get("end") or "9999")


def between_moments(item: Json, name: str, filters: Mapping[str, Any]) -> bool:
    """True when the date-time ``name`` of an item lies in the filter of that name.

    Raises:
        Refused: 400 when a bound is not a date-time with its offset.
    """
    window = filters.get(name)
    if not window:
        return True
    moment = datetime.fromisoformat(item[name])
    start, end = (_moment(name, window.get(bound)) for bound in ("start", "end"))
    return (start is None or start <= moment) and (end is None or moment <= end)


def _moment(name: str, value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - it has no offset, so that it is refused below
    if moment.tzinfo is None:
        raise Refused(400, {name: "Cette valeur n'est pas une date valide"})
    return moment
