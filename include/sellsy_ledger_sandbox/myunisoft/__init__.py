"""MyUnisoft (API Partenaires v1), emulated: two folders, a firm's token over both, and their books.

It answers what MyUnisoft's partner documentation, its entry schema, its list of error codes and its Postman samples
say, with their awkward sides: objects where a list is expected, ids as text in places, zeros as null, ``piece2``
padded with blanks, lines in another order, account numbers padded. Where the documentation is silent it takes the
worse case: a second entry with the same ``entry_origin_partner_id`` is booked again.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.base import HandEntry, Tool, World
from sellsy_ledger_sandbox.myunisoft import answers
from sellsy_ledger_sandbox.myunisoft.books import (
    GENERAL_LENGTH,
    THIRD_PARTY_LENGTH,
    Booked,
    Folder,
    Refusal,
    attach,
    book,
    close,
    find_or_create_account,
    type_in,
)
from sellsy_ledger_sandbox.quota import Limit, Quota, Standing

__all__ = ["build"]

SECRET = "demo-secret-myunisoft"  # noqa: S105 - the demonstration's own, worth nothing
FOLDER_TOKENS = {"demo-token-myunisoft": 127, "demo-token-myunisoft-b": 128}
FIRM_TOKEN = "demo-token-myunisoft-firm"  # noqa: S105 - likewise
NAMES = {127: ("Atelier Exemple SARL", "84014327500039"), 128: ("Boutique Exemple SAS", "84014327500047")}

LONGEST_DAYS = 366
ROUTES = [
    {"path": f"/api/v1/{path}", "method": method}
    for method, paths in {
        "get": "society society/accountingParameters society/exercice account account/v2 diary vat_param payment_type"
        " entry/id mad/entry mad/entries mad/accounts",
        "post": "account entry entry/temp entries document/add_all_types",
    }.items()
    for path in paths.split()
]


def _authenticate(folders: Mapping[int, Folder]) -> Folder | None:
    """The folder that the request may use; None for a firm's token without ``society-id``."""
    if "X-Third-Party-Secret" not in request.headers:
        raise Refusal("ERR-SECRET-HEADER-NOT-SET", "Le header X-Third-Party-Secret est obligatoire", 401)
    if request.headers["X-Third-Party-Secret"] != SECRET:
        raise Refusal("ERR-INVALID-SECRET", "Le secret est invalide", 401)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise Refusal("ERR-INVALID-AUTH-HEADER", "Le header Authorization doit commencer par Bearer", 401)
    if token in FOLDER_TOKENS:
        return folders[FOLDER_TOKENS[token]]
    if token != FIRM_TOKEN:
        raise Refusal("ERR-API-TOKEN-NOT-FOUND", "Le token est introuvable", 401)
    wanted = request.headers.get("society-id")
    if wanted is None:
        return None
    if not wanted.isdecimal() or int(wanted) not in folders:
        raise Refusal("ERR-FOLDER-NOT-FOUND", "Le dossier est introuvable", 404)
    return folders[int(wanted)]


def _folder() -> Folder:
    folder: Folder | None = g.folder
    if folder is None:
        raise Refusal("SOCIETE10", "Aucune société selectionnée")
    return folder


def _json() -> Any:
    try:
        return json.loads(request.get_data(), parse_float=Decimal)
    except ValueError:
        raise Refusal("GBL37", "Paramêtre fournit invalide") from None


def _must_be(value: str | None, *allowed: str) -> None:
    if value not in allowed:
        raise Refusal("GBL10", "Le paramètre type est manquant ou invalide")


def _quota() -> Quota:
    def headers(standings: list[Standing]) -> dict[str, str]:
        window = standings[0]
        return {
            "X-Rate-Limit-Remaining": str(window.remaining),
            "X-Rate-Limit-Reset": str(int(window.reset_at * 1000)),
            "X-Rate-Limit-Total": str(window.limit.count),
        }

    def refuse(standings: list[Standing]) -> tuple[dict[str, str], str, bytes]:
        body = {"error": {"code": "ERR-TOO-MANY-REQUEST", "message": "Too many requests", "details": ""}}
        return {}, "application/json", json.dumps(body).encode()

    return Quota(limits=(Limit(20, 10.0),), headers=headers, refuse=refuse)


def _breakdown(status: int) -> tuple[str, bytes]:
    body = {"error": {"code": "GBL1", "message": "Une erreur est survenue lors du traitement", "details": ""}}
    return "application/json", json.dumps(body).encode()


def build(world: World) -> Tool:
    """The emulated tool: its routes, its books, its quota."""
    folders: dict[int, Folder] = {}

    def reset() -> None:
        folders.clear()
        folders.update({society_id: Folder(world, society_id, name) for society_id, (name, _) in NAMES.items()})

    reset()
    routes = Blueprint("myunisoft", __name__)
    _wire(routes, folders)
    _wire_reads(routes, world)
    _wire_entries(routes, world)

    def typed(entry: HandEntry) -> None:
        name = entry.get("company")
        found = [each for each in folders.values() if name in (None, each.name)]
        if not found:
            raise ValueError(f"no folder {name}")
        type_in(found[0], entry)

    return Tool(
        name="myunisoft",
        routes=routes,
        entries=lambda: [answers.witness(folder, each) for folder in folders.values() for each in folder.entries],
        reset=reset,
        quota=_quota(),
        counted=lambda route: "/ged/" not in route,
        error=_breakdown,
        controls=_controls(folders, world),
        type_in=typed,
    )


def _controls(folders: Mapping[int, Folder], world: World) -> Blueprint:
    controls = Blueprint("myunisoft_controls", __name__)

    @controls.post("/close")
    def close_entry() -> ResponseReturnValue:
        """``{"key"}``: the accountant letters the entry of that key."""
        key = str(request.get_json(force=True)["key"])
        with world.lock:
            return jsonify(closed=sum(close(folder, key) for folder in folders.values()))

    return controls


def _wire(routes: Blueprint, folders: Mapping[int, Folder]) -> None:
    @routes.before_request
    def enter() -> None:
        g.request_id = str(uuid.uuid4())
        if not request.path.startswith("/myunisoft/ged/"):
            g.folder = _authenticate(folders)

    @routes.after_request
    def sign(response: Response) -> Response:
        response.headers["request-id"] = g.get("request_id", "")
        return response

    @routes.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> ResponseReturnValue:
        details = {"url": request.path, "method": request.method, "requestId": g.request_id}
        return jsonify(error={"code": refusal.code, "message": refusal.message, "details": details}), refusal.status

    @routes.get("/key/info")
    def key_info() -> ResponseReturnValue:
        if request.args.get("mode") != "extended":
            return jsonify(ROUTES)
        target: dict[str, Any] = {"type": "firm", "schemaId": 80, "thirdPartyId": 101}
        if request.headers["Authorization"] != f"Bearer {FIRM_TOKEN}":
            target |= {"type": "api", "societyId": _folder().society_id}
        return jsonify(
            target=target,
            version={"current": 1, "latest": 1, "beta": False},
            canBeActivated=True,
            isActivated=True,
            routes=ROUTES,
        )

    @routes.get("/society")
    def society() -> ResponseReturnValue:
        shapes = [{"society_id": each, "name": name, "siret": siret} for each, (name, siret) in NAMES.items()]
        if g.folder is None:
            return jsonify(row_numbers=len(shapes), pages_number=None, society_array=shapes)
        return jsonify(next(each for each in shapes if each["society_id"] == g.folder.society_id))

    @routes.get("/ged/document/<token>/download")
    def download(token: str) -> ResponseReturnValue:
        files = (each for folder in folders.values() for entry in folder.entries for each in entry.files)
        found = next((each for each in files if each.token == token), None)
        if found is None:
            return "Not found", 404
        return Response(found.body, content_type="application/pdf")


def _wire_reads(routes: Blueprint, world: World) -> None:
    @routes.get("/society/accountingParameters")
    def parameters() -> ResponseReturnValue:
        diaries = {each["diary_type_code"]: each["diary_id"] for each in _folder().diaries}
        return jsonify(
            max_car_third_p_account=THIRD_PARTY_LENGTH,
            max_car_general_account=GENERAL_LENGTH,
            auto_complete_account=True,
            diary_purchases_id=diaries.get("ACH"),
            diary_sales_id=diaries.get("VTE"),
        )

    @routes.get("/society/exercice")
    def years() -> ResponseReturnValue:
        return jsonify(_folder().years[::-1])

    @routes.get("/diary")
    def diaries() -> ResponseReturnValue:
        code = request.args.get("code")
        return jsonify([each for each in _folder().diaries if not code or each["code"] == code])

    @routes.get("/vat_param")
    def vat_params() -> ResponseReturnValue:
        return jsonify(list(answers.vat_params(world, _folder())))

    @routes.get("/payment_type")
    def payment_types() -> ResponseReturnValue:
        return jsonify([{"payment_type_id": 1, "name": "Virement", "code": "VIRT"}])

    @routes.get("/account")
    def light_accounts() -> ResponseReturnValue:
        query, limit = request.args.get("q", ""), int(request.args.get("limit", 5))
        found = [
            each
            for each in _folder().accounts
            if each["account_number"].startswith(query) or query.lower() in each["label"].lower()
        ]
        return jsonify([answers.short_account(each) for each in found[:limit]])

    @routes.get("/account/v2")
    def accounts() -> ResponseReturnValue:
        begin_by, account_id = request.args.get("begin_by", ""), request.args.get("account_id")
        if begin_by and account_id:
            raise Refusal("GBL37", "Paramêtre fournit invalide")
        found = [
            each
            for each in _folder().accounts
            if each["account_number"].upper().startswith(begin_by.upper())
            and (account_id is None or str(each["account_id"]) == account_id)
        ]
        if request.args.get("details") != "true":
            found = [{k: v for k, v in each.items() if k != "complementary_informations"} for each in found]
        return jsonify(found)

    @routes.get("/mad/accounts")
    def mad_accounts() -> ResponseReturnValue:
        if not request.args.get("version"):
            raise Refusal("GBL10", "Le paramètre version est manquant ou invalide")
        return jsonify(
            [
                {"producerId": str(each["account_id"]), "number": each["account_number"], "name": each["label"]}
                for each in _folder().accounts
            ]
        )

    @routes.post("/account")
    def create_account() -> ResponseReturnValue:
        with world.lock:
            account = find_or_create_account(_folder(), _json())
            return jsonify({**answers.short_account(account), "counterpart_account": None})


def _wire_entries(routes: Blueprint, world: World) -> None:
    def post(kind: str, *, draft: bool) -> ResponseReturnValue:
        _must_be(request.args.get("type"), kind)
        with world.lock:
            booked = book(_folder(), _json(), draft=draft)
            return jsonify(answers.entries(_folder(), [booked], "IB" if draft else "E"))

    @routes.post("/entry")
    def entry() -> ResponseReturnValue:
        return post("e", draft=False)

    @routes.post("/entry/temp")
    def entry_temp() -> ResponseReturnValue:
        return post("o", draft=True)

    @routes.get("/entry/id")
    def entry_id() -> ResponseReturnValue:
        origin = request.args.get("id_origin", "")
        found = next((each for each in _folder().entries if each.origin == origin), None)
        if found is None:
            return jsonify(None)
        shape = {"id_entry": found.id, "type": "ENTRIES_TEMP" if found.draft else "ENTRIES"}
        return jsonify(shape if found.metadata is None else {**shape, "json_metadata_partners": found.metadata})

    @routes.get("/mad/entry")
    def mad_entry() -> ResponseReturnValue:
        if not request.args.get("version"):
            raise Refusal("GBL10", "Le paramètre version est manquant ou invalide")
        draft = request.args.get("draft", "false") != "false"
        found = _folder().find(request.args.get("id", ""), draft=draft)
        if found is None:
            raise Refusal("ECR4", "L'écriture est invalide", 404)
        return jsonify(answers.mad_entry(found))

    @routes.get("/mad/entries")
    def mad_entries() -> ResponseReturnValue:
        if not request.args.get("version"):
            raise Refusal("GBL10", "Le paramètre version est manquant ou invalide")
        first, last = _period(_folder(), request.args)
        found = [each for each in _folder().entries if not each.draft and first <= each.day <= last]
        return jsonify([answers.mad_entry(each) for each in found])

    @routes.post("/entries")
    def entries() -> ResponseReturnValue:
        kind = str(request.args.get("type", "")).lower()
        _must_be(kind, "e", "o")
        raw = _json()
        filters = {each["name"]: str(each["value"]) for each in raw.get("filters", [])}
        found = [each for each in _folder().entries if each.draft == (kind == "o") and _passes(each, filters)]
        return jsonify(answers.entries(_folder(), found[::-1], kind.upper()))

    @routes.post("/document/add_all_types")
    def add_document() -> ResponseReturnValue:
        draft = {"ENTRIES": False, "ENTRIES_TEMP": True}.get(request.args.get("location", ""))
        if draft is None:
            raise Refusal("GBL10", "Le paramètre location est manquant ou invalide")
        entry_id, name = request.args.get("object_id", ""), request.args.get("filename_extension", "")
        with world.lock:
            attach(_folder(), entry_id, name, request.get_data(), draft=draft)
        return "", 200


def _period(folder: Folder, asked: Mapping[str, str]) -> tuple[date, date]:
    """A fiscal year, or from day to day over twelve months at most; never both."""
    given = {name for name in ("idExercice", "startDate", "endDate") if asked.get(name)}
    if given == {"idExercice"}:
        year = next((each for each in folder.years if str(each["exercice_id"]) == asked["idExercice"]), None)
        days = [year["start_date"], year["end_date"]] if year else []
    else:
        days = [asked["startDate"], asked["endDate"]] if given == {"startDate", "endDate"} else []
    try:
        first, last = (date.fromisoformat(each) for each in days)
    except ValueError:
        raise Refusal("GBL37", "Paramêtre fournit invalide") from None
    if (last - first).days > LONGEST_DAYS:
        raise Refusal("GBL37", "L'écart maximum entre les deux dates est de 12 mois")
    return first, last


def _passes(booked: Booked, filters: Mapping[str, str]) -> bool:
    day = booked.day.isoformat()
    return (
        filters.get("diary", booked.diary["code"]) == booked.diary["code"]
        and filters.get("start_date", day) <= day <= filters.get("end_date", day)
        and filters.get("id_entry", str(booked.id)) == str(booked.id)
    )
