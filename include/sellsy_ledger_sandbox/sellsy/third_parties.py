"""V2 companies and individuals: lists, searches, single objects, addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.sellsy.paging import (
    BY_ID,
    Refused,
    between_moments,
    listing,
    pick_fields,
    requested,
    search_filters,
)
from sellsy_ledger_sandbox.sellsy.source import Source

__all__ = ["addresses", "third_party_routes"]

Json = dict[str, Any]
_FILTERS: Final = [
    "created",
    "updated_at",
    "name",
    "email",
    "type",
    "is_archived",
    "contacts",
    "siret",
    "id",
    "country_code",
    "postal_code",
    "reference",
    "favourite_filter",
]


def third_party_routes(routes: Blueprint, sellsy: Source) -> None:
    """Add both kinds of third party below their plural."""
    orders: Mapping[str, Callable[[Json], Any]] = {
        **BY_ID,
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
            lambda: page(kind, search_filters(_FILTERS)),
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
            lambda identifier: jsonify(listing(addresses(one(kind, identifier)), BY_ID, dict)),
        )

    add("company", "companies")
    add("individual", "individuals")


def _third_shown(third: Json) -> Json:
    known = dict(zip(("invoicing_address", "delivery_address"), addresses(third), strict=True))
    embedded = {name: known[name] for name in requested("embed") if name in known}
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
    return between_moments(third, "created", filters) and between_moments(third, "updated_at", filters)


def addresses(third: Mapping[str, Any]) -> list[Json]:
    """The invoicing and the delivery address of a company or individual."""

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
