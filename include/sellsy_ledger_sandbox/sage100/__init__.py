"""Sage 100 (France), emulated in both its ways: the menu Fichier > Importer, and the OData interface.

The importer (``POST /sage100/import``, also below ``/_sandbox/sage100/import``) takes a PNM or ``#MECG`` file and, as
Sage does, nothing keeps it from taking the same one twice. The OData interface follows Sage's own sample: 100 rows a
page, ``creerPieceComptable`` with ``controle=true``, several reasons in one message, web pages for unknown addresses.
Where Sage is silent the worse case is taken: no key is kept, a second entry is booked again.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.base import HandEntry, Tool, World
from sellsy_ledger_sandbox.sage100.books import Books, NotTaken
from sellsy_ledger_sandbox.sage100.edmx import edmx
from sellsy_ledger_sandbox.sage100.importer import Delivery, import_file
from sellsy_ledger_sandbox.sage100.login import Login, LoginRefused
from sellsy_ledger_sandbox.sage100.odata import Interface, reasons_of
from sellsy_ledger_sandbox.sage100.queries import BadQuery, answer

__all__ = ["build"]

# Dataset → name, code of the books, characters of a label.
COMPANIES = {
    "ds-atelier": ("Atelier Exemple SARL", "atelier", 69),
    "ds-boutique": ("Boutique Exemple SAS", "boutique", 35),
}
WAKE_SECONDS = 0.6
NOT_FOUND = "<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head><body></body></html>"


class _State:
    """Everything that a reset puts back."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.reset()

    def reset(self) -> None:
        self.login = Login()
        self.asleep = False
        self.checks_write = False
        self.imported: dict[str, Books] = {}
        self.interfaces = {
            dataset: Interface(dataset, name, Books(self._world, code, label_max))
            for dataset, (name, code, label_max) in COMPANIES.items()
        }

    def books_of(self, company: str) -> Books:
        """The books that files of this company are imported into: made with the first file."""
        if company not in self.imported:
            self.imported[company] = Books(self._world, company)
        return self.imported[company]

    def type_in(self, entry: HandEntry) -> None:
        """Somebody types an entry into a company; the first one of the OData interface where none is named."""
        name = entry.get("company", "atelier")
        found = next((books for books in self.all_books() if books.company == name), None)
        if found is None:
            raise ValueError(f"no company {name}")
        found.type_in(entry)

    def all_books(self) -> list[Books]:
        return [*(each.books for each in self.interfaces.values()), *self.imported.values()]


def build(world: World) -> Tool:
    """The emulated tool; Sage publishes no quota."""
    state = _State(world)
    routes = Blueprint("sage100", __name__)
    controls = Blueprint("sage100_controls", __name__)
    _wire_importer(routes, controls, state, world)
    _wire_login(routes, controls, state)
    _wire_reads(routes, state, world)
    _wire_writes(routes, state, world)
    return Tool(
        name="sage100",
        routes=routes,
        entries=lambda: [entry for books in state.all_books() for entry in books.entries],
        reset=state.reset,
        error=_breakdown,
        controls=controls,
        type_in=state.type_in,
    )


def _breakdown(status: int) -> tuple[str, bytes]:
    return "application/json", json.dumps({"Message": "An error has occurred."}).encode()


# -- Fichier > Importer ------------------------------------------------------------------------------------------
def _wire_importer(routes: Blueprint, controls: Blueprint, state: _State, world: World) -> None:
    def take() -> ResponseReturnValue:
        name, body, manifest, pdfs, settings = _delivered()
        company = str(settings.get("company") or "") or _company_of(name)
        delivery = _with(manifest, pdfs, settings)
        with world.lock:
            try:
                books = state.books_of(company)
                count = import_file(books, body, delivery, str(settings.get("charset") or ""))
            except NotTaken as refusal:
                return jsonify(imported=0, message=" ; ".join(refusal.reasons)), 422
        return jsonify(imported=count, company=company)

    routes.post("/import")(take)
    controls.post("/import", endpoint="import_below_control")(take)


def _delivered() -> tuple[str, bytes, bytes, dict[str, bytes], Mapping[str, Any]]:
    """Name, bytes, manifest, PDFs and settings: of a form with files, of JSON, or the bytes alone."""
    if request.files:
        file = request.files["file"]
        manifest = request.files.get("manifest")
        pdfs = {pdf.filename or "": pdf.read() for pdf in request.files.getlist("pdf")}
        return file.filename or "", file.read(), manifest.read() if manifest else b"", pdfs, request.form
    if request.mimetype == "application/json":
        raw = request.get_json()
        pdfs = {pdf["name"]: base64.b64decode(pdf["base64"]) for pdf in raw.get("pdfs") or ()}
        manifest_bytes = base64.b64decode(raw.get("manifest") or "")
        return raw.get("name", ""), base64.b64decode(raw["base64"]), manifest_bytes, pdfs, raw
    return request.args.get("name", ""), request.get_data(), b"", {}, request.args


def _company_of(name: str) -> str:
    """``SAGE_ATELIER_20260203.pnm`` → ``ATELIER``."""
    parts = name.split("_")
    return parts[1] if len(parts) == 3 and parts[0] == "SAGE" else "demo"


def _with(manifest: bytes, pdfs: Mapping[str, bytes], settings: Mapping[str, Any]) -> Delivery:
    keys, hashes = {}, {}
    text = manifest.decode("utf-8-sig")
    for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=";"):
        name = (row.get("piece", ""), row.get("tiers", "").upper())
        keys[name] = row.get("cle", "")
        if row.get("pdf") in pdfs:
            hashes[name] = hashlib.sha256(pdfs[row["pdf"]]).hexdigest()
    creates = str(settings.get("create_third_parties", "true")).lower() != "false"
    opens = str(settings.get("open_accounts", "false")).lower() == "true"
    return Delivery(keys, hashes, creates, opens)


# -- the login server, and what happens to the service -------------------------------------------------------------
def _wire_login(routes: Blueprint, controls: Blueprint, state: _State) -> None:
    @routes.post("/oauth/token")
    def token() -> ResponseReturnValue:
        try:
            return jsonify(state.login.grant(request.form))
        except LoginRefused as refused:
            return jsonify(error=refused.code, error_description="Unauthorized"), refused.status

    @controls.post("/revoke")
    def revoke() -> ResponseReturnValue:
        state.login.revoke()
        return jsonify(revoked=True)

    @controls.post("/checks-write")
    def checks_write() -> ResponseReturnValue:
        # A Sage that does not know ``controle`` creates the entry.
        state.checks_write = True
        return jsonify(checks_write=True)

    @controls.post("/sleep")
    def sleep() -> ResponseReturnValue:
        state.asleep = True
        return jsonify(asleep=True)

    @routes.before_request
    def enter() -> ResponseReturnValue | None:
        if request.path.endswith(("/oauth/token", "/sage100/import", "/$metadata")):
            return None
        if state.asleep:
            state.asleep = False
            time.sleep(WAKE_SECONDS)
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        g.rights = state.login.rights(given) if scheme == "Bearer" else None
        if g.rights is None:
            return jsonify(Message="Authorization has been denied for this request."), 401
        if request.method == "POST" and "write" not in g.rights:
            message = "Le droit History.Accounting.Write.All est nécessaire."
            return jsonify(error={"code": "403", "message": message}), 403
        return None


# -- OData -------------------------------------------------------------------------------------------------------
def _page() -> ResponseReturnValue:
    return Response(NOT_FOUND, 404, content_type="text/html")


def _wire_reads(routes: Blueprint, state: _State, world: World) -> None:
    @routes.get("/companies")
    def companies() -> ResponseReturnValue:
        return jsonify(value=[{"id": each.dataset, "name": each.name} for each in state.interfaces.values()])

    @routes.get("/<dataset>/$metadata")
    def metadata(dataset: str) -> ResponseReturnValue:
        found = state.interfaces.get(dataset)
        if found is None:
            return _page()
        return Response(edmx(found.books.label_max), content_type="application/xml")

    @routes.get("/<dataset>/company")
    def company(dataset: str) -> ResponseReturnValue:
        found = state.interfaces.get(dataset)
        if found is None:
            return _page()
        body: dict[str, Any] = {"@odata.context": f"{request.base_url}#company", "id": dataset, "name": found.name}
        if request.args.get("$select", "").startswith("exercices("):
            body = {"@odata.context": body["@odata.context"], "exercices": found.years()}
        return jsonify(body)

    @routes.get("/<dataset>/<resource>")
    def rows(dataset: str, resource: str) -> ResponseReturnValue:
        interface = state.interfaces.get(dataset)
        with world.lock:
            found = interface.rows(resource) if interface else None
            if found is None:
                return _page()
            try:
                return jsonify(answer(found[0], found[1], request.args, f"{request.base_url}#{resource}"))
            except BadQuery as wrong:
                return jsonify(error={"code": "400", "message": str(wrong)}), 400


def _wire_writes(routes: Blueprint, state: _State, world: World) -> None:
    @routes.post("/<dataset>/journaux('<journal>')/creerPieceComptable")
    def create_entry(dataset: str, journal: str) -> ResponseReturnValue:
        interface = state.interfaces.get(dataset)
        if interface is None:
            return _page()
        only_check = request.args.get("controle", "false").lower() == "true" and not state.checks_write
        with world.lock:
            try:
                interface.create_entry(journal, _json(), only_check=only_check)
            except NotTaken as refusal:
                return jsonify(reasons_of(refusal)), 422
        return jsonify({"@odata.context": f"{request.base_url}#Edm.Null", "@odata.null": True})

    @routes.post("/<dataset>/<any(clients,fournisseurs,tiers):resource>")
    def create_third_party(dataset: str, resource: str) -> ResponseReturnValue:
        interface = state.interfaces.get(dataset)
        if interface is None:
            return _page()
        with world.lock:
            try:
                made = interface.create_third_party(resource, _json())
            except NotTaken as refusal:
                return jsonify(reasons_of(refusal)), 422
        return jsonify({name: value for name, value in made.items() if name != "comptePrincipal"}), 201


def _json() -> Any:
    try:
        return json.loads(request.get_data(), parse_float=Decimal)
    except ValueError:
        raise NotTaken("Le corps de la requête est invalide.") from None
