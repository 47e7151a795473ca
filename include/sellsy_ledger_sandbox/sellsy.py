"""Sellsy, emulated: V2 REST below ``/sellsy/v2``, V1 below ``/sellsy/v1/0/``, tokens, files.

Answers follow Sellsy's official OpenAPI 2.264.0 (a contract test compares them) and what running clients saw; what no
source tells is answered in the awkward way. Nothing can be written here through Sellsy's own API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import Headers

from sellsy_ledger_sandbox.base import Tool, World
from sellsy_ledger_sandbox.quota import Limit, Quota, Standing
from sellsy_ledger_sandbox.render import text
from sellsy_ledger_sandbox.sellsy_access import Access
from sellsy_ledger_sandbox.sellsy_account import Account, Filed
from sellsy_ledger_sandbox.sellsy_accounts import CLIENTS, build_accounts, change
from sellsy_ledger_sandbox.sellsy_files import answer_file, link, pdf_of
from sellsy_ledger_sandbox.sellsy_paging import Refused, listing, pick_fields, refuse, requested, search_filters
from sellsy_ledger_sandbox.sellsy_reference import ACCOUNTING_CHARTS, ACCOUNTING_CODES, CURRENCIES, TAXES, fiscal_years
from sellsy_ledger_sandbox.sellsy_v1 import answer_v1

__all__ = ["build"]

Json = dict[str, Any]
# Calls per second, minute, day and month. Real accounts showed 23 to 32 a second and 149 to 2,097 a minute.
LIMITS: Final = (
    Limit(20, 1, True),
    Limit(600, 60, True),
    Limit(432_000, 86_400, True),
    Limit(12_960_000, 2_592_000, True),
)
_PERIODS: Final = ("Second", "Minute", "Day", "Month")
_INVOICE_FILTERS: Final = ["created", "owners", "date", "related_objects", "contacts", "assigned_staff_ids", "status", "number", "currency", "credit_note_id", "favourite_filter", "is_deposit", "is_progress_invoice"]
_CREDIT_NOTE_FILTERS: Final = ("status", "related_objects", "is_deposit", "favourite_filter")
_THIRD_FILTERS: Final = ["created", "updated_at", "name", "email", "type", "is_archived", "contacts", "siret", "id", "country_code", "postal_code", "reference", "favourite_filter"]
_JOURNAL_FILTERS: Final = ["date", "accounting_codes", "currency", "include_exported_entries", "bank_accounts", "simplified_view_by_client"]
_ADDRESS_EMBEDS: Final = ("invoicing_address", "delivery_address", "issuer_address")


def _amount(item: Json) -> Decimal:
    return Decimal(item["amounts"]["total_incl_tax"])


_DOCUMENT_ORDERS: Final[Mapping[str, Callable[[Json], Any]]] = {
    "id": lambda item: item["id"],
    "number": lambda item: item["number"],
    "created": lambda item: item["created"],
    "date": lambda item: item["date"],
    "due_date": lambda item: item.get("due_date", ""),
    "amount": lambda item: float(_amount(item)),
}
_BY_ID: Final[Mapping[str, Callable[[Json], Any]]] = {"id": lambda item: item["id"]}


def _quota() -> Quota:
    def headers(standings: list[Standing]) -> Mapping[str, str]:
        pairs = zip(_PERIODS, standings, strict=True)
        return {f"X-Quota-Remaining-By-{period}": str(standing.remaining) for period, standing in pairs}

    def refusal(standings: list[Standing]) -> tuple[Mapping[str, str], str, bytes]:
        body = b'{"error":{"code":429,"message":"Too Many Requests","context":null,"details":[]}}'
        return {}, "application/json", body

    return Quota(LIMITS, headers, refusal)


def _error(status: int) -> tuple[str, bytes]:
    names = {401: "Unauthorized", 500: "Internal Server Error"}
    body = f'{{"error":{{"code":{status},"message":"{names.get(status, "Error")}","context":null,"details":[]}}}}'
    return "application/json", body.encode()


class _Sellsy:
    """The accounts and who may open them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.access = Access(world, CLIENTS)
        self.accounts: dict[str, Account] = build_accounts(world.data)

    def reset(self) -> None:
        self.accounts = build_accounts(self.world.data)
        self.access.reset()

    @property
    def account(self) -> Account:
        """The account of the request's token."""
        return self.accounts[self.access.client()]

    def caller(self, headers: Headers) -> str:
        """Quotas count per user account: the second part of the token names it."""
        parts = headers.get("Authorization", "").split(".")
        return parts[1] if len(parts) == 3 else ""


def build(world: World) -> Tool:
    """Make the emulated Sellsy."""
    sellsy = _Sellsy(world)
    routes = Blueprint("sellsy", __name__)
    routes.register_error_handler(Refused, refuse)

    @routes.post("/oauth2/access-tokens")
    def mint() -> ResponseReturnValue:
        return sellsy.access.mint()

    @routes.post("/v1/0/")
    def v1() -> ResponseReturnValue:
        try:
            return answer_v1(sellsy.account)
        except Refused as refused:
            return "oauth_problem=token_rejected", refused.status, {"Content-Type": "text/plain"}

    @routes.get("/")
    @routes.get("/file/")
    def file() -> ResponseReturnValue:
        return answer_file(sellsy.accounts)

    _document_routes(routes, sellsy)
    _third_party_routes(routes, sellsy)
    _reference_routes(routes, sellsy)
    _journal_routes(routes, sellsy)
    return Tool(
        name="sellsy",
        routes=routes,
        entries=list,
        reset=sellsy.reset,
        quota=_quota(),
        caller=sellsy.caller,
        counted=lambda route: "/v2/" in route or "/v1/" in route,
        error=_error,
        controls=_controls(sellsy),
    )


def _document_routes(routes: Blueprint, sellsy: _Sellsy) -> None:
    def page(kind: str, filters: Mapping[str, Any], *, only_deposits: bool = False) -> ResponseReturnValue:
        account = sellsy.account
        found = {filed.id: filed for filed in account.of_kind(kind) if _wanted(filed.document, filters)}
        documents = [filed.document for filed in found.values() if filed.document["is_deposit"] or not only_deposits]

        def render(document: Json) -> Json:
            shown = _shown(account, found[document["id"]], single=False)
            return pick_fields(shown, requested("field"))

        return jsonify(listing(documents, _DOCUMENT_ORDERS, render))

    def one(kind: str, identifier: int) -> ResponseReturnValue:
        account = sellsy.account
        return jsonify(
            pick_fields(_shown(account, _existing(account, kind, identifier), single=True), requested("field"))
        )

    @routes.get("/v2/invoices")
    def invoices() -> ResponseReturnValue:
        return page("invoice", {})

    @routes.post("/v2/invoices/search")
    def search_invoices() -> ResponseReturnValue:
        return page("invoice", search_filters(_INVOICE_FILTERS))

    @routes.get("/v2/invoices/<int:identifier>")
    def invoice(identifier: int) -> ResponseReturnValue:
        return one("invoice", identifier)

    @routes.get("/v2/deposit-invoices")
    def deposit_invoices() -> ResponseReturnValue:
        return page("invoice", {}, only_deposits=True)

    @routes.get("/v2/deposit-invoices/<int:identifier>")
    def deposit_invoice(identifier: int) -> ResponseReturnValue:
        return one("invoice", identifier)

    @routes.get("/v2/credit-notes")
    def credit_notes() -> ResponseReturnValue:
        return page("credit-note", {})

    @routes.post("/v2/credit-notes/search")
    def search_credit_notes() -> ResponseReturnValue:
        return page("credit-note", search_filters(_CREDIT_NOTE_FILTERS))

    @routes.get("/v2/credit-notes/<int:identifier>")
    def credit_note(identifier: int) -> ResponseReturnValue:
        return one("credit-note", identifier)

    @routes.get("/v2/credit-notes/<int:identifier>/invoices")
    def credited_invoices(identifier: int) -> ResponseReturnValue:
        account = sellsy.account
        linked = _existing(account, "credit-note", identifier).embeds.get("invoices", [])
        found = [_existing(account, "invoice", one) for one in linked]
        by_id = {filed.id: filed for filed in found}
        render = lambda document: _shown(account, by_id[document["id"]], single=False)  # noqa: E731
        return jsonify(listing([filed.document for filed in found], _DOCUMENT_ORDERS, render))

    @routes.get("/v2/files/<int:identifier>")
    def file_of_document(identifier: int) -> ResponseReturnValue:
        account = sellsy.account
        filed = next((one for one in account.of_kind("invoice") if one.document["file_id"] == identifier), None)
        if filed is None:
            raise Refused(404)
        return jsonify(_file(account, filed))


def _existing(account: Account, kind: str, identifier: int) -> Filed:
    filed = account.documents.get((kind, identifier))
    if filed is None:
        raise Refused(404)
    return filed


def _wanted(document: Json, filters: Mapping[str, Any]) -> bool:
    exact = ("number", "currency", "is_deposit", "is_progress_invoice")
    if any(name in filters and document.get(name) != filters[name] for name in exact):
        return False
    if filters.get("status") and document["status"] not in filters["status"]:
        return False
    related = [(one["type"], one["id"]) for one in document["related"]]
    if filters.get("related_objects"):
        asked = [(one.get("type"), one.get("id")) for one in filters["related_objects"]]
        if not set(asked) & set(related):
            return False
    return _between(document["date"], filters.get("date")) and _created_between(document, filters.get("created"))


def _between(day: str, window: Mapping[str, str] | None) -> bool:
    window = window or {}
    return str(window.get("start") or "") <= day <= str(window.get("end") or "9999")


def _created_between(item: Json, window: Mapping[str, str] | None, name: str = "created") -> bool:
    if not window:
        return True
    moment = datetime.fromisoformat(item[name])
    try:
        start, end = (_moment(window.get(bound)) for bound in ("start", "end"))
    except ValueError as error:
        raise Refused(400, {name: "Cette valeur n'est pas une date valide"}) from error
    return (start is None or start <= moment) and (end is None or moment <= end)


def _moment(value: str | None) -> datetime | None:
    if not value:
        return None
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment


def _shown(account: Account, filed: Filed, *, single: bool) -> Json:
    """A document as the API shows it: rows only alone, a fresh file link, embeds only when asked for."""
    shown = {name: value for name, value in filed.document.items() if single or name != "rows"}
    shown["pdf_link"] = None if filed.pdf == "none" else link(account, filed)
    embeds = requested("embed")
    if embeds:
        shown["_embed"] = _embedded(account, filed, embeds, single=single)
    return shown


def _embedded(account: Account, filed: Filed, names: Iterable[str], *, single: bool) -> Json:
    third = filed.booking.third
    kind = "individual" if "last_name" in third else "company"
    available: dict[str, Callable[[], Any]] = {
        kind: lambda: third,
        "related": lambda: [third],
        "deposits": lambda: filed.embeds.get("deposits", []),
        **{name: lambda: _addresses(third)[0] for name in _ADDRESS_EMBEDS},
    }
    if single:
        available["payment_terms"] = lambda: _payment_terms(filed.document)
        available["discount_incl_taxes"] = lambda: filed.embeds.get("discount_incl_taxes")
        available["file"] = lambda: _file(account, filed)
    made = {name: available[name]() for name in names if name in available}
    return {name: value for name, value in made.items() if value is not None}


def _payment_terms(document: Json) -> Json:
    amounts = document["amounts"]
    instalment = {
        "date": document.get("due_date", document["date"]),
        "amount": amounts["total_incl_tax"],
        "due_amount": amounts["total_remaining_due_incl_tax"],
        "status": "due",
        "late": False,
        "description": None,
    }
    value = {"id": 2, "label": "30 jours", "x_days": 30, "end_of_month": False, "override_date": False}
    return {"settings": {"type": "settings", "value": value}, "computed_instalment_plan": [instalment]}


def _file(account: Account, filed: Filed) -> Json | None:
    if filed.pdf == "none":
        return None
    return {
        "id": filed.document.get("file_id", 990000 + filed.id),
        "type": "file",
        "name": f"{filed.document['number']}.pdf",
        "created": filed.document["created"],
        "size": len(pdf_of(filed)),
        "extension": "pdf",
        "public_link": link(account, filed),
        "related": [{"type": filed.kind, "id": filed.id}],
        "breadcrumbs": [{"type": "directory", "id": 868529, "name": "Documents Sellsy"}],
    }


def _third_party_routes(routes: Blueprint, sellsy: _Sellsy) -> None:
    orders: Mapping[str, Callable[[Json], Any]] = {
        **_BY_ID,
        "name": lambda item: item.get("name") or item.get("last_name"),
        "created_at": lambda item: item["created"],
        "updated_at": lambda item: item["updated_at"],
    }

    def page(kind: str, filters: Mapping[str, Any]) -> ResponseReturnValue:
        found = [one for (its_kind, _), one in sellsy.account.third_parties.items() if its_kind == kind]
        return jsonify(listing([one for one in found if _third_wanted(one, filters)], orders, _third_shown))

    def one(kind: str, identifier: int) -> Json:
        third = sellsy.account.third_parties.get((kind, identifier))
        if third is None:
            raise Refused(404)
        return third

    def add(kind: str, plural: str) -> None:
        routes.add_url_rule(f"/v2/{plural}", f"{plural}", lambda: page(kind, {}))
        routes.add_url_rule(
            f"/v2/{plural}/search",
            f"{plural}_search",
            lambda: page(kind, search_filters(_THIRD_FILTERS)),
            methods=["POST"],
        )
        routes.add_url_rule(
            f"/v2/{plural}/<int:identifier>",
            f"{plural}_one",
            lambda identifier: jsonify(_third_shown(one(kind, identifier))),
        )
        routes.add_url_rule(
            f"/v2/{plural}/<int:identifier>/addresses",
            f"{plural}_addresses",
            lambda identifier: jsonify(listing(_addresses(one(kind, identifier)), _BY_ID, dict)),
        )

    add("company", "companies")
    add("individual", "individuals")


def _third_shown(third: Json) -> Json:
    addresses = dict(zip(("invoicing_address", "delivery_address"), _addresses(third), strict=True))
    embedded = {name: addresses[name] for name in requested("embed") if name in addresses}
    return pick_fields({**third, "_embed": embedded} if embedded else third, requested("field"))


def _third_wanted(third: Json, filters: Mapping[str, Any]) -> bool:
    kinds = filters.get("type")
    if kinds and third["type"] not in ([kinds] if isinstance(kinds, str) else kinds):
        return False
    if filters.get("id") and third["id"] not in filters["id"]:
        return False
    if "name" in filters and filters["name"] not in (third.get("name"), third.get("last_name")):
        return False
    if "siret" in filters and filters["siret"] != (third.get("legal_france") or {}).get("siret"):
        return False
    if "is_archived" in filters and filters["is_archived"] != third["is_archived"]:
        return False
    created = _created_between(third, filters.get("created"))
    return created and _created_between(third, filters.get("updated_at"), "updated_at")


def _addresses(third: Mapping[str, Any]) -> list[Json]:
    def address(identifier: int, name: str, *, invoicing: bool) -> Json:
        return {
            "id": identifier,
            "name": name,
            "address_line_1": "1 rue de l'Exemple",
            **{f"address_line_{line}": None for line in (2, 3, 4)},
            "postal_code": "75001",
            "city": "Paris",
            "country": "France",
            "country_code": "FR",
            "is_invoicing_address": invoicing,
            "is_delivery_address": not invoicing,
            "geocode": {"lat": None, "lng": None},
        }

    return [
        address(third["invoicing_address_id"], "Facturation", invoicing=True),
        address(third["delivery_address_id"], "Livraison", invoicing=False),
    ]


def _reference_routes(routes: Blueprint, sellsy: _Sellsy) -> None:
    def by_code(item: Json) -> Any:
        return item["code"]

    def lists(rule: str, items: Callable[[], list[Json]], order: Mapping[str, Callable[[Json], Any]] = _BY_ID) -> None:
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


def _journal_routes(routes: Blueprint, sellsy: _Sellsy) -> None:
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
        return page(kind, search_filters(_JOURNAL_FILTERS))


def _line_wanted(line: Json, filters: Mapping[str, Any]) -> bool:
    if line["recorded"] and not filters.get("include_exported_entries"):
        return False
    codes = filters.get("accounting_codes")
    return _between(line["date"], filters.get("date")) and (not codes or line["code"]["value"] in codes)


def _control_totals(lines: Iterable[Json]) -> Json:
    totals = {"debit": Decimal(0), "credit": Decimal(0)}
    for line in lines:
        totals[line["amount"]["direction"]] += Decimal(line["amount"]["value"])
    return {side: text(total) for side, total in totals.items()}


def _controls(sellsy: _Sellsy) -> Blueprint:
    """Changes at the source: ``POST /_sandbox/sellsy/documents/<kind>/<id>``, ``…/revoke-tokens``, ``…/scopes``."""
    controls = Blueprint("sellsy_controls", __name__)

    def wanted_account() -> Account | None:
        return sellsy.accounts.get(request.args.get("account", CLIENTS[0]))

    @controls.get("/documents")
    def documents() -> ResponseReturnValue:
        account = wanted_account()
        if account is None:
            return jsonify(error=f"account must be one of {', '.join(CLIENTS)}"), 404
        return jsonify([_witness(filed) for filed in account.documents.values()])

    @controls.post("/documents/<kind>/<int:identifier>")
    def change_document(kind: str, identifier: int) -> ResponseReturnValue:
        account = wanted_account()
        filed = account.documents.get((kind, identifier)) if account else None
        if account is None or filed is None:
            return jsonify(error="no such document"), 404
        try:
            with sellsy.world.lock:
                change(account, filed, request.get_json(force=True))
        except (ValueError, TypeError) as error:
            return jsonify(error=str(error)), 400
        return jsonify(_witness(filed))

    @controls.post("/revoke-tokens")
    def revoke() -> ResponseReturnValue:
        return jsonify(revoked=sellsy.access.revoke())

    @controls.post("/scopes")
    def scopes() -> ResponseReturnValue:
        wanted = request.get_json(force=True)
        sellsy.access.take_scopes(str(wanted.get("client", CLIENTS[0])), list(wanted.get("missing", [])))
        return jsonify(missing=wanted.get("missing", []))

    return controls


def _witness(filed: Filed) -> Json:
    """What the sandbox knows of a document, for comparisons: amounts in cents, never through the API."""
    paper = filed.booking.paper
    return {
        "kind": filed.kind,
        "id": filed.id,
        "number": filed.booking.number,
        "date": paper.date.isoformat(),
        "currency": paper.currency,
        "accounted": filed.accounted,
        "net_cents": int(paper.net * 100),
        "gross_cents": int(paper.gross * 100),
        "pdf": filed.pdf,
        "original": filed.original,
    }
