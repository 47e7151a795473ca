"""V2 accounting journal: what is accounted, line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.sellsy.paging import Refused, between_days, listing, requested, search_filters
from sellsy_ledger_sandbox.sellsy.render import text
from sellsy_ledger_sandbox.sellsy.source import Source

__all__ = ["journal_routes"]

Json = dict[str, Any]
_FILTERS: Final = [
    "date",
    "accounting_codes",
    "currency",
    "include_exported_entries",
    "bank_accounts",
    "simplified_view_by_client",
]


def journal_routes(routes: Blueprint, sellsy: Source) -> None:
    """Add the journal: exported lines only when asked for, no order but the date."""
    order: Mapping[str, Callable[[Json], Any]] = {"date": lambda line: line["date"]}

    def page(kind: str, filters: Mapping[str, Any]) -> ResponseReturnValue:
        if kind not in ("sells", "purchases", "bank", "cashtill", "misc"):
            raise Refused(404)
        account = sellsy.account
        lines = account.journal(kind) if kind in ("sells", "purchases") else []
        found = [line for line in lines if _line_wanted(line, filters)]
        answer = listing(found, order, dict, default_order="date")
        if "aggregations.credit_debit" in requested("embed"):
            answer["aggregations"] = {"credit_debit": _control_totals(found)}
        return jsonify(answer)

    @routes.get("/v2/accounting-journal/<kind>")
    def journal(kind: str) -> ResponseReturnValue:
        return page(kind, {})

    @routes.post("/v2/accounting-journal/<kind>/search")
    def search_journal(kind: str) -> ResponseReturnValue:
        return page(kind, search_filters(_FILTERS))


def _line_wanted(line: Json, filters: Mapping[str, Any]) -> bool:
    if line["recorded"] and not filters.get("include_exported_entries"):
        return False
    codes = filters.get("accounting_codes")
    return between_days(line["date"], filters.get("date")) and (not codes or line["code"]["value"] in codes)


def _control_totals(lines: Iterable[Json]) -> Json:
    totals = {"debit": Decimal(0), "credit": Decimal(0)}
    for line in lines:
        totals[line["amount"]["direction"]] += Decimal(line["amount"]["value"])
    return {side: text(total) for side, total in totals.items()}
