"""V2 reference data: taxes, accounting codes, defaults, years, currencies, quotas, the incoming queue of purchases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.quota import Limit
from sellsy_ledger_sandbox.sellsy.account import Account
from sellsy_ledger_sandbox.sellsy.paging import BY_ID, Refused, listing, search_filters
from sellsy_ledger_sandbox.sellsy.reference import ACCOUNTING_CHARTS, ACCOUNTING_CODES, CURRENCIES, TAXES, fiscal_years
from sellsy_ledger_sandbox.sellsy.render import text
from sellsy_ledger_sandbox.sellsy.source import Source

__all__ = ["LIMITS", "reference_routes"]

Json = dict[str, Any]
# Calls per second, minute, day and month. Real accounts showed 23 to 32 a second and 149 to 2,097 a minute.
LIMITS: Final = (
    Limit(20, 1, aligned=True),
    Limit(600, 60, aligned=True),
    Limit(432_000, 86_400, aligned=True),
    Limit(12_960_000, 2_592_000, aligned=True),
)


def reference_routes(routes: Blueprint, sellsy: Source) -> None:
    """Add the reference data; it is the same in every account but for the incoming queue."""

    def by_code(item: Json) -> Any:
        return item["code"]

    def lists(rule: str, items: Callable[[], list[Json]], order: Mapping[str, Callable[[Json], Any]] = BY_ID) -> None:
        def answer() -> ResponseReturnValue:
            sellsy.access.client()
            return jsonify(listing(items(), order, dict, default_order=next(iter(order))))

        routes.add_url_rule(rule, rule, answer)

    def is_object(rule: str, make: Callable[[], Json]) -> None:
        def answer() -> ResponseReturnValue:
            sellsy.access.client()
            return jsonify(make())

        routes.add_url_rule(rule, rule, answer)

    lists("/v2/taxes", lambda: [tax.as_listed() for tax in TAXES if tax.is_active])
    lists("/v2/taxes/accounting-codes", lambda: [tax.accounting_codes() for tax in TAXES if tax.is_active])
    lists("/v2/accounting-codes", lambda: ACCOUNTING_CODES, {"code": by_code})
    lists("/v2/fiscal-years", fiscal_years)
    lists("/v2/currencies", lambda: CURRENCIES)
    lists("/v2/ocr/pur-invoice", lambda: _ocr_queue(sellsy.account))
    is_object("/v2/settings/accounting-charts", lambda: ACCOUNTING_CHARTS)
    is_object("/v2/accounts/conformities", lambda: _CONFORMITY)
    is_object("/v2/quotas", _quotas)

    @routes.get("/v2/taxes/<int:identifier>")
    def tax(identifier: int) -> ResponseReturnValue:
        sellsy.access.client()
        found = next((one for one in TAXES if one.id == identifier), None)
        if found is None:
            raise Refused(404)
        return jsonify(found.as_listed())

    @routes.post("/v2/accounting-codes/search")
    def search_codes() -> ResponseReturnValue:
        sellsy.access.client()
        views = search_filters(["views"]).get("views") or []
        found = [code for code in ACCOUNTING_CODES if not views or set(views) & set(code["views"])]
        return jsonify(listing(found, {"code": by_code}, dict, default_order="code"))


_CONFORMITY: Final = {
    "id": 7,
    "active": True,
    "activated_by": None,
    "activated_at": "2024-01-02T09:00:00+01:00",
    "pdf": None,
}


def _quotas() -> Json:
    names = ("seconds", "minutes", "days", "months")
    return {f"api_rate_{name}": {"limit": limit.count, "used": 0} for name, limit in zip(names, LIMITS, strict=True)}


def _ocr_queue(account: Account) -> list[Json]:
    """The incoming queue: every third purchase came through it, one file is still being read."""
    queue: list[Json] = []
    for filed in account.of_kind("purchase-invoice")[::3]:
        created = f"{filed.booking.paper.date}T08:00:00+01:00"
        queue.append(
            {
                "id": filed.id,
                "staff_id": 55,
                "file_name": f"scan-{filed.id}.pdf",
                "linked_type": "purInvoice",
                "linked_id": filed.id if len(queue) else None,
                "created_at": created,
                "completed_at": created if len(queue) else None,
                "state": "completed" if len(queue) else "processing",
                "error_code": None,
                "source": "einvoicing" if len(queue) % 2 else "ocr",
                "supplier": filed.document["thirdName"],
                "total_excl_tax": text(filed.booking.paper.net),
                "currency": filed.booking.paper.currency,
            }
        )
    return queue
