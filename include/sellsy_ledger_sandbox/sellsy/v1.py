"""Sellsy's V1 remote procedures, read only: purchases, their files, suppliers.

HTTP is 200 even on errors, every scalar is text, PHP turns lists into objects and leaves its XML remnants behind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any, Final

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.base import PARIS
from sellsy_ledger_sandbox.sellsy.account import Account, Filed
from sellsy_ledger_sandbox.sellsy.files import partial_link, pdf_of
from sellsy_ledger_sandbox.sellsy.render import name_of

__all__ = ["answer_v1"]

Json = dict[str, Any]
_KINDS: Final = {"invoice": "purchase-invoice", "creditNote": "purchase-credit-note"}


class _Failed(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.error = {"code": code, "message": message, "more": ""}


def answer_v1(account: Account) -> ResponseReturnValue:
    """Carry out the method named in the form field ``do_in``."""
    try:
        call = json.loads(request.form.get("do_in", ""))
        method, params = call["method"], call.get("params") or {}
    except (ValueError, KeyError, TypeError):
        return jsonify(response=None, error="Invalid request", status="error")
    handler = _METHODS.get(method)
    if handler is None:
        return _failure(_Failed("E_METH_NOT_ALLOWED", f"method {method} is not part of this sandbox"))
    try:
        return handler(account, params if isinstance(params, dict) else {})
    except _Failed as failed:
        return _failure(failed)


def _failure(failed: _Failed) -> Response:
    return jsonify(response=None, error=failed.error, status="error")


def _success(response: Any) -> Response:
    return jsonify(response=response, error="", status="success")


def _found(account: Account, identifier: object) -> Filed:
    for kind in _KINDS.values():
        filed = account.documents.get((kind, int(str(identifier)) if str(identifier).isdigit() else 0))
        if filed:
            return filed
    raise _Failed("E_OBJ_NOT_LOADABLE", "Impossible de charger le document d'achat")


def _get_list(account: Account, params: Mapping[str, Any]) -> Response:
    kind = _KINDS.get(str(params.get("doctype")))
    if kind is None or (kind == "purchase-credit-note" and not account.lists_credit_notes):
        raise _Failed("E_PARAM_INVALID", "doctype : valeur non autorisée")
    found = [filed for filed in account.of_kind(kind) if _matches(filed, params.get("search") or {})]
    pagination = params.get("pagination") or {}
    per_page = min(100, int(pagination.get("nbperpage") or 10))
    page = int(pagination.get("pagenum") or 1)
    items = [_listed(filed) for filed in found[(page - 1) * per_page : page * per_page]]
    infos = {
        "nbperpage": per_page,
        "nbpages": max(1, -(-len(found) // per_page)),
        "pagenum": str(page),
        "nbtotal": str(len(found)),
    }
    keyed = {**{item["id"]: item for item in items}, "_xml_childtag": "document"}
    return _success({"infos": infos, "result": keyed if items and kind == "purchase-invoice" else items})


def _matches(filed: Filed, search: Mapping[str, Any]) -> bool:
    """Filters on the document's date (Unix seconds) and on Sellsy's own number."""
    day = datetime.combine(filed.booking.paper.date, time(12), PARIS).timestamp()
    if not float(search.get("periodecreated_start") or 0) <= day <= float(search.get("periodecreated_end") or 1e12):
        return False
    return str(search.get("ident") or filed.document["ident"]) == str(filed.document["ident"])


def _listed(filed: Filed) -> Json:
    """The list form: ISO date, lower-case names of the supplier's fields, no rows."""
    one = filed.document
    skipped = {"map", "taxes", "prefs", "thirdAddress", "relateds", "relateds_amount", "type", "notes", "numformat"}
    listed = {key: value for key, value in one.items() if key not in {*skipped, "thirdName", "thirdVatNum"}}
    names = {"thirdname": one["thirdName"], "thirdvatnum": one["thirdVatNum"], "thirdRelationType": "supplier"}
    return {**listed, **names, "displayedDate": filed.booking.paper.date.isoformat()}


def _get_one(account: Account, params: Mapping[str, Any]) -> Response:
    filed = _found(account, params.get("id"))
    # The due date is not always there: a reader must take it from the list or the journal.
    return _success({key: value for key, value in filed.document.items() if key != "payDateCustom" or filed.id % 2})


def _get_payments(account: Account, params: Mapping[str, Any]) -> Response:
    filed = _found(account, params.get("id"))
    paper = filed.booking.paper
    if paper.due == paper.gross:
        return _success([])
    paid = {"relatedId": filed.id + 9000, "relatedType": "payment", "relatedDate": f"{paper.date} 00:00:00"}
    amount = float(paper.gross - paper.due)
    return _success(
        [{**paid, "relatedAmount": amount, "relatedMedium": 86707, "docid": filed.id, "doctype": "purInvoice"}]
    )


def _get_public_link(account: Account, params: Mapping[str, Any]) -> Response:
    filed = _found(account, params.get("id"))
    partial = partial_link(account, filed, "document")
    return _success({"filename": filed.document["filename"], "pdf": partial, "jpg": partial})


def _briefcase(account: Account, params: Mapping[str, Any]) -> Response:
    """Files attached to a purchase; the answer has no ``response`` wrapper, as in the documentation."""
    search = params.get("search") or {}
    asked = (str(search.get("linkedtype")), str(search.get("linkedid")))
    files: Json = {}
    for filed in account.of_kind(*_KINDS.values()):
        if filed.original and (filed.original[0], filed.document[filed.original[1]]) == asked:
            file_id = str(56000 + filed.id)
            files[file_id] = _file(account, filed, file_id)
    result: Json = {"files": files or [], "folders": []}
    return jsonify(result=result, error="", status="success")


def _file(account: Account, filed: Filed, file_id: str) -> Json:
    name = (filed.booking.external_reference or filed.document["ident"]).replace("/", "-")
    return {
        "id": file_id,
        "name": name,
        "extension": "pdf",
        "file_fullname": f"{name}.pdf",
        "size": str(len(pdf_of(filed, "original"))),
        "created": f"{filed.booking.paper.date} 17:49:00",
        "directorie": "871062",
        "attachtopurInvoice": "N",
        "public_url": partial_link(account, filed, "original"),
    }


def _supplier(third: Mapping[str, Any]) -> Json:
    legal = third.get("legal_france") or {}
    return {
        "id": str(third["id"]),
        "thirdid": str(third["id"]),
        "name": name_of(third),
        "siret": legal.get("siret") or "",
        "vat": legal.get("vat") or "",
        "auxCode": third.get("auxiliary_code") or "",
        "ident": third["reference"],
    }


def _suppliers(account: Account) -> list[Json]:
    return [_supplier(third) for third in account.third_parties.values() if third["type"] == "supplier"]


def _supplier_list(account: Account, params: Mapping[str, Any]) -> Response:
    found = _suppliers(account)
    infos = {"nbperpage": str(len(found)), "nbpages": 1, "pagenum": 1, "nbtotal": str(len(found))}
    return _success({"infos": infos, "result": {**{one["id"]: one for one in found}, "_xml_childtag": "supplier"}})


def _supplier_one(account: Account, params: Mapping[str, Any]) -> Response:
    for one in _suppliers(account):
        if one["id"] == str(params.get("id") or params.get("supplierid")):
            return _success({"client": one, "corporation": one, "contacts": [], "address": []})
    raise _Failed("E_OBJ_NOT_LOADABLE", "Impossible de charger le fournisseur")


def _infos(account: Account, params: Mapping[str, Any]) -> Response:
    user = {
        "accountlevel": "gold",
        "isAdmin": "1",
        "corpName": "Atelier Exemple SARL",
        "corpid": str(account.account_id),
    }
    consumer = {"status": "enabled", "infos": {"consumer_i_app_name": account.name}}
    return _success({"consumerdatas": consumer, "userdatas": user})


_METHODS: Final[Mapping[str, Callable[[Account, Mapping[str, Any]], Response]]] = {
    "Purchase.getList": _get_list,
    "Purchase.getOne": _get_one,
    "Purchase.getPayments": _get_payments,
    "Purchase.getPublicLink": _get_public_link,
    "Briefcases.getList": _briefcase,
    "Supplier.getList": _supplier_list,
    "Supplier.getOne": _supplier_one,
    "Infos.getInfos": _infos,
}
