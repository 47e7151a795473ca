"""The routes of one hosting. Keys of requests are read in any case, as .NET does."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from sellsy_ledger_sandbox.acd import answers
from sellsy_ledger_sandbox.acd.books import BAD_VALUE, Dossier, Refusal, book, create_account
from sellsy_ledger_sandbox.acd.hosting import Hosting, Server
from sellsy_ledger_sandbox.memory import FORGET

__all__ = ["wire"]

TRAY_MAX = 20_971_520
LISTS = {"clients": "C", "fournisseurs": "F", "generaux": ""}
CREATIONS = {"client": "C", "fournisseur": "F", "generaux": ""}
TREE = [
    {
        "Id": 0,
        "Libelle": "Racine",
        "LibelleComplet": "Racine",
        "Diffusable": True,
        "VisibleEnComptabilite": True,
        "Arborescences": [
            {
                "Id": 12,
                "Libelle": "Factures",
                "LibelleComplet": "Racine\\Factures",
                "Diffusable": True,
                "VisibleEnComptabilite": True,
                "Arborescences": [],
            }
        ],
    }
]
View = Callable[..., ResponseReturnValue]


def _folded(raw: Any) -> Any:
    if isinstance(raw, dict):
        return {str(name).lower(): _folded(value) for name, value in raw.items()}
    return [_folded(each) for each in raw] if isinstance(raw, list) else raw


def _json() -> dict[str, Any]:
    try:
        found = json.loads(request.get_data(), parse_float=Decimal)
    except ValueError:
        raise Refusal("", BAD_VALUE, 400) from None
    if not isinstance(found, dict):
        raise Refusal("", BAD_VALUE, 400)
    folded: dict[str, Any] = _folded(found)
    return folded


class _Wiring:
    """Registers views below a hosting's prefix, inside a session, with refusals in that hosting's words."""

    def __init__(self, routes: Blueprint, server: Server, hosting: Hosting) -> None:
        self.routes, self.server, self.hosting = routes, server, hosting

    def add(self, method: str, path: str, view: View, *, session: bool = True) -> None:
        """One route; the endpoint's name is its own path."""

        @wraps(view)
        def guarded(**parts: str) -> ResponseReturnValue:
            try:
                if session:
                    g.session = self.server.session(request.headers.get("UUID", ""), self.hosting)
                return view(**parts)
            except Refusal as refusal:
                # Some refusals come with status 200.
                request.environ[FORGET] = True
                return self.refused(refusal)

        endpoint = f"{method} {self.hosting.prefix}{path}".replace(".", "_").replace("/", " ")
        self.routes.add_url_rule(f"{self.hosting.prefix}{path}", endpoint, guarded, methods=[method])

    def refused(self, refusal: Refusal) -> ResponseReturnValue:
        """A bare sentence, or ACD's own body under this hosting's status."""
        if not refusal.code:
            return Response(refusal.text, refusal.status or 400, content_type="text/plain; charset=utf-8")
        errors = [{"erreur": refusal.code, "description": refusal.text}]
        body = {"codeRetour": 0, "description": "KO", "listeErreurs": errors}
        return jsonify(self.spelled(body)), refusal.status or self.hosting.error_status

    def spelled(self, body: dict[str, Any]) -> dict[str, Any]:
        """The same object in this hosting's spelling."""
        return {name[0].upper() + name[1:]: value for name, value in body.items()} if self.hosting.pascal else body

    def accepted(self) -> ResponseReturnValue:
        """The answer to a write that went well."""
        body = {"codeRetour": 1, "description": "OK", "listeErreurs": []}
        if not self.hosting.code_on_success:
            del body["codeRetour"]
        return jsonify(self.spelled(body)), 200 if self.hosting.code_on_success else 201

    def dossier(self, body: dict[str, Any] | None = None) -> Dossier:
        """The dossier of the call: the session's, or the one that the query or the body names."""
        if self.hosting.needs_selection:
            if g.session.dossier is None:
                raise Refusal("", "La connexion à la base du dossier n'est pas initialisée !", 400)
            return self.server.dossier(g.session.dossier)
        query = {name.lower(): value for name, value in request.args.items()}
        named = (body or {}).get("codedossier") or query.get("codedossier")
        if not isinstance(named, str):
            raise Refusal("", "Dossier introuvable en comptabilité", 404)
        if g.session.dossier is not None and g.session.dossier != named:
            raise Refusal("", "La session est liée à un autre dossier", 403)
        return self.server.dossier(named)


def wire(routes: Blueprint, server: Server, hosting: Hosting) -> None:
    """Register every route of the hosting."""
    wiring = _Wiring(routes, server, hosting)
    _wire_session(wiring)
    _wire_lists(wiring)
    _wire_documents(wiring)
    _wire_books(wiring)


def _wire_session(wiring: _Wiring) -> None:
    server, hosting = wiring.server, wiring.hosting

    def login() -> ResponseReturnValue:
        uuid = server.log_in(_json())
        return jsonify({"token": uuid} if hosting.needs_selection else {"UUID": uuid})

    def select(code: str) -> ResponseReturnValue:
        g.session.dossier = server.dossier(code).code
        return "", 200

    def select_by_text() -> ResponseReturnValue:
        return select(str(json.loads(request.get_data() or b'""')))

    def dossiers() -> ResponseReturnValue:
        seen = [each for each in server.dossiers.values() if each.shared]
        return jsonify([{"Id": each.code, "Titre": each.name, "Genre": "SARL", "Societe": each.name} for each in seen])

    wiring.add("POST", "/v1/authentification", login, session=False)
    wiring.add("GET", "/v1/dossiers", dossiers)
    if hosting.selects:
        wiring.add("POST", "/v1/sessions/dossier/<code>", select)
        wiring.add("POST", "/v1/sessions/dossier", select_by_text)


def _wire_lists(wiring: _Wiring) -> None:
    def accounts(which: str) -> ResponseReturnValue:
        if which not in LISTS:
            return "", 404
        found = [each for each in wiring.dossier().accounts.values() if each.category == LISTS[which]]
        return jsonify([answers.account(each) for each in found])

    def create(which: str) -> ResponseReturnValue:
        if which not in CREATIONS:
            return "", 405
        body = _json()
        with wiring.server.world.lock:
            create_account(wiring.dossier(body), body, CREATIONS[which])
        return wiring.accepted()

    wiring.add("GET", "/v1/compta/journal", lambda: jsonify(answers.journals(wiring.dossier())))
    wiring.add("GET", "/v1/compta/comptes/<which>", accounts)
    wiring.add("POST", "/v1/compta/comptes/<which>", create)
    wiring.add("GET", wiring.hosting.years, lambda: jsonify(answers.years(wiring.dossier())))
    wiring.add("GET", "/v1/compta/paramètres/codesTVA", lambda: jsonify(list(answers.vat_codes(wiring.dossier()))))


def _wire_documents(wiring: _Wiring) -> None:
    def file() -> tuple[FileStorage, bytes]:
        found = next((each for name, each in request.files.items() if name.lower() == "file"), None)
        body = found.read() if found is not None else b""
        if found is None or not body or not found.filename:
            raise Refusal("", BAD_VALUE, 400)
        return found, body

    def ged(dossier: Dossier) -> Dossier:
        if not dossier.has_ged:
            raise Refusal("", "La GED n'est pas liée", 403)
        return dossier

    def upload() -> ResponseReturnValue:
        dossier = ged(wiring.dossier())
        node = next((value for name, value in request.form.items() if name.lower() == "idarboged"), "")
        if not node.isdecimal():
            raise Refusal("", BAD_VALUE, 400)
        given, body = file()
        if not dossier.has_ged_plan:
            raise Refusal("", "Plan de classement introuvable", 404)
        with wiring.server.world.lock:
            kept = dossier.keep(given.filename or "", body)
            dossier.files.append(kept)
        return jsonify({"id": str(kept.id)} if wiring.hosting.pascal else {"Id": kept.id})

    def listed() -> ResponseReturnValue:
        request.environ[FORGET] = True
        found = answers.documents(ged(wiring.dossier(_json())))
        return jsonify({"Documents": found, "Total": len(found)} if wiring.hosting.pascal else found)

    def deposit() -> ResponseReturnValue:
        dossier = wiring.dossier()
        given, body = file()
        if len(body) > TRAY_MAX:
            raise Refusal("", "Le fichier dépasse 20 Mo", 400)
        with wiring.server.world.lock:
            kept = dossier.keep(given.filename or "", body)
            dossier.tray.append(kept)
        return jsonify(answers.tray_document(kept)), 201

    wiring.add("GET", "/v1/ged/arborescence", lambda: jsonify({"Arborescences": TREE if ged(wiring.dossier()) else []}))
    wiring.add("POST", "/v1/ged/documents", upload)
    wiring.add("POST", "/v1/ged/documents/filtrer", listed)
    wiring.add(
        "GET",
        "/v1/panieres/documents",
        lambda: jsonify([answers.tray_document(each) for each in wiring.dossier().tray]),
    )
    wiring.add("POST", "/v1/panieres/documents", deposit)


def _wire_books(wiring: _Wiring) -> None:
    hosting = wiring.hosting

    def entry() -> ResponseReturnValue:
        body = _json()
        with wiring.server.world.lock:
            book(wiring.dossier(body), body, french=hosting.french)
        return wiring.accepted()

    def fec() -> ResponseReturnValue:
        request.environ[FORGET] = True
        body = _json()
        year = body.get("annee")
        if not isinstance(year, int) or isinstance(year, bool):
            raise Refusal("", BAD_VALUE, 400)
        with wiring.server.world.lock:
            text = answers.fec(wiring.dossier(body), year, auxiliary_apart=hosting.auxiliary_apart)
        return Response(
            text.encode(hosting.encoding, "replace"), content_type=f"text/plain; charset={hosting.encoding}"
        )

    wiring.add("POST", "/v1/compta/ecriture", entry)
    wiring.add("POST", "/v1/compta/fec", fec)
