"""V2 invoices, deposit invoices, credit notes and their files: lists without rows, single objects with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.sellsy.account import Account, Filed
from sellsy_ledger_sandbox.sellsy.files import link, pdf_of
from sellsy_ledger_sandbox.sellsy.paging import (
    Refused,
    between_days,
    between_moments,
    listing,
    pick_fields,
    requested,
    search_filters,
)
from sellsy_ledger_sandbox.sellsy.source import Source
from sellsy_ledger_sandbox.sellsy.third_parties import addresses

__all__ = ["document_routes"]

Json = dict[str, Any]
_INVOICE_FILTERS: Final = [
    "created",
    "owners",
    "date",
    "related_objects",
    "contacts",
    "assigned_staff_ids",
    "status",
    "number",
    "currency",
    "credit_note_id",
    "favourite_filter",
    "is_deposit",
    "is_progress_invoice",
]
_CREDIT_NOTE_FILTERS: Final = ("status", "related_objects", "is_deposit", "favourite_filter")
_ADDRESS_EMBEDS: Final = ("invoicing_address", "delivery_address", "issuer_address")
_ORDERS: Final[Mapping[str, Callable[[Json], Any]]] = {
    "id": lambda item: item["id"],
    "number": lambda item: item["number"],
    "created": lambda item: item["created"],
    "date": lambda item: item["date"],
    "due_date": lambda item: item.get("due_date", ""),
    "amount": lambda item: float(item["amounts"]["total_incl_tax"]),
}


def document_routes(routes: Blueprint, sellsy: Source) -> None:
    """Add the sales documents."""

    def page(kind: str, filters: Mapping[str, Any], *, only_deposits: bool = False) -> ResponseReturnValue:
        account = sellsy.account
        found = {filed.id: filed for filed in account.of_kind(kind) if _wanted(filed.document, filters)}
        documents = [filed.document for filed in found.values() if filed.document["is_deposit"] or not only_deposits]

        def render(document: Json) -> Json:
            shown = _shown(account, found[document["id"]], single=False)
            return pick_fields(shown, requested("field"))

        return jsonify(listing(documents, _ORDERS, render))

    def one(kind: str, identifier: int) -> ResponseReturnValue:
        account = sellsy.account
        return jsonify(
            pick_fields(_shown(account, _existing(account, kind, identifier), single=True), requested("field"))
        )

    def lists(rule: str, kind: str, filters: Sequence[str], *, only_deposits: bool = False) -> None:
        """``GET rule``, ``POST rule/search`` and ``GET rule/{id}`` of one kind."""
        routes.add_url_rule(rule, rule, lambda: page(kind, {}, only_deposits=only_deposits))
        routes.add_url_rule(
            f"{rule}/search",
            f"{rule}/search",
            lambda: page(kind, search_filters(filters), only_deposits=only_deposits),
            methods=["POST"],
        )
        routes.add_url_rule(f"{rule}/<int:identifier>", f"{rule}/one", lambda identifier: one(kind, identifier))

    lists("/v2/invoices", "invoice", _INVOICE_FILTERS)
    lists("/v2/deposit-invoices", "invoice", _INVOICE_FILTERS, only_deposits=True)
    lists("/v2/credit-notes", "credit-note", _CREDIT_NOTE_FILTERS)

    @routes.get("/v2/credit-notes/<int:identifier>/invoices")
    def credited_invoices(identifier: int) -> ResponseReturnValue:
        account = sellsy.account
        linked = _existing(account, "credit-note", identifier).embeds.get("invoices", [])
        found = [_existing(account, "invoice", one) for one in linked]
        by_id = {filed.id: filed for filed in found}
        render = lambda document: _shown(account, by_id[document["id"]], single=False)  # noqa: E731
        return jsonify(listing([filed.document for filed in found], _ORDERS, render))

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
    return between_days(document["date"], filters.get("date")) and between_moments(document, "created", filters)


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
        **{name: lambda: addresses(third)[0] for name in _ADDRESS_EMBEDS},
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
