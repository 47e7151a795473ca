"""Sellsy's own part of the control surface: look at the documents from outside, change them at the source."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.sellsy.account import Account, Filed
from sellsy_ledger_sandbox.sellsy.accounts import CLIENTS, change
from sellsy_ledger_sandbox.sellsy.source import Source

__all__ = ["controls"]

Json = dict[str, Any]


def controls(sellsy: Source) -> Blueprint:
    """Changes at the source: ``POST /_sandbox/sellsy/documents/<kind>/<id>``, ``…/revoke-tokens``, ``…/scopes``."""
    routes = Blueprint("sellsycontrols", __name__)

    def wanted_account() -> Account | None:
        return sellsy.accounts.get(request.args.get("account", CLIENTS[0]))

    @routes.get("/documents")
    def documents() -> ResponseReturnValue:
        account = wanted_account()
        if account is None:
            return jsonify(error=f"account must be one of {', '.join(CLIENTS)}"), 404
        return jsonify([_witness(filed) for filed in account.documents.values()])

    @routes.post("/documents/<kind>/<int:identifier>")
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

    @routes.post("/revoke-tokens")
    def revoke() -> ResponseReturnValue:
        return jsonify(revoked=sellsy.access.revoke())

    @routes.post("/scopes")
    def scopes() -> ResponseReturnValue:
        wanted = request.get_json(force=True)
        sellsy.access.take_scopes(str(wanted.get("client", CLIENTS[0])), list(wanted.get("missing", [])))
        return jsonify(missing=wanted.get("missing", []))

    return routes


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
