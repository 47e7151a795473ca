"""Cegid Loop's public APIs, emulated: two folders that the keys reach, one that was not ticked for them.

It answers what Cegid's "Loop API Management Docs" say, with their awkward sides: errors with status 200, imports that
are carried out later, 100 accounting lines at most and a compulsory filter, a document robot that takes any folder
code. Where the documentation is silent (the frame of lists, the shape of lines and of a failure), one folder answers in
one way and the second in another.

Controls, below ``/_sandbox/cegid_loop``: ``POST /advance`` ends every import now; ``POST /letter`` ``{"refPiece"}``
or ``{"key"}`` letters the third-party lines of a piece or of an entry; ``POST /renumber`` ``{"key", "refPiece"}`` gives
an entry another piece number; ``GET /documents`` lists what the robot was given.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.base import HandEntry, Tool, World
from sellsy_ledger_sandbox.cegid_loop import answers, file_imports
from sellsy_ledger_sandbox.cegid_loop.bodies import Refusal, check_siret, json_import
from sellsy_ledger_sandbox.cegid_loop.books import Folder, ImportFailed, ImportOptions, RawLine
from sellsy_ledger_sandbox.cegid_loop.filters import entry_conditions, parse
from sellsy_ledger_sandbox.cegid_loop.queue import Queue
from sellsy_ledger_sandbox.quota import Limit, Quota, Standing

__all__ = ["build"]

# The demonstration's own, worth nothing.
SUBSCRIPTION_KEY = "demo-subscription-cegid"
API_KEY = "demo-key-cegid:demo-secret-cegid"
BLOB_KEY = b"demo-blob-cegid"
MODELS = {"QUADRA"}
MAX_DOCUMENT = 50 * 1024 * 1024
DOCUMENT_TYPES = {"application/pdf", "image/jpeg", "image/png"}


def _folders(world: World) -> dict[str, Folder]:
    return {
        "DEMO01": Folder(world, "DEMO01", "Atelier Exemple SARL", "84014327500039"),
        "DEMO02": Folder(world, "DEMO02", "Boutique Exemple SAS", "84014327500047", nested=True),
    }


class _State:
    """Everything that a reset forgets."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.queue = Queue(world)
        self.folders: dict[str, Folder] = {}
        self.files: dict[str, bytes] = {}
        self.documents: list[dict[str, Any]] = []
        self.reset()

    def reset(self) -> None:
        self.queue.clear()
        self.files.clear()
        self.documents.clear()
        self.folders = _folders(self.world)

    def folder(self, code: str) -> Folder:
        """The folder of that code, its due imports carried out."""
        if code not in self.folders:
            raise Refusal(f"The collaborator [1042] does not have access to the folder [{code}]")
        self.queue.settle()
        return self.folders[code]


def build(world: World) -> Tool:
    """The emulated tool: its routes, its books, its quota."""
    state = _State(world)
    routes = Blueprint("cegid_loop", __name__)
    controls = Blueprint("cegid_loop_controls", __name__)
    _wire(routes)
    _wire_reads(routes, state)
    _wire_imports(routes, state)
    _wire_files(routes, state)
    _wire_controls(controls, state)

    def entries() -> list[Any]:
        with world.lock:
            state.queue.settle()
            return [entry for folder in state.folders.values() for entry in folder.witness()]

    def type_in(entry: HandEntry) -> None:
        name = entry.get("company")
        found = [folder for folder in state.folders.values() if name in (None, folder.name)]
        if not found:
            raise ValueError(f"no folder {name}")
        state.queue.settle()
        found[0].type_in(entry)

    return Tool(
        name="cegid_loop",
        routes=routes,
        entries=entries,
        reset=state.reset,
        quota=_quota(),
        caller=lambda headers: headers.get("x-apikey", ""),
        counted=lambda route: "/_blob/" not in route,
        error=_breakdown,
        controls=controls,
        type_in=type_in,
    )


def _quota() -> Quota:
    """Cegid publishes no quota; a gateway of this kind answers 429 with Retry-After."""

    def refuse(standings: list[Standing]) -> tuple[dict[str, str], str, bytes]:
        body = {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 1 seconds."}
        return {"Retry-After": "1"}, "application/json", json.dumps(body).encode()

    return Quota(limits=(Limit(10, 1.0),), headers=lambda standings: {}, refuse=refuse)


def _breakdown(status: int) -> tuple[str, bytes]:
    words = {401: "Access denied due to invalid subscription key."}.get(status, "Internal server error")
    return "application/json", json.dumps({"statusCode": status, "message": words}).encode()


def _json() -> dict[str, Any]:
    try:
        body = json.loads(request.get_data(), parse_float=Decimal)
    except ValueError:
        body = None
    if not isinstance(body, dict) or not body:
        raise Refusal("Aucune donnée reçue (payload)")
    return body


def _wire(routes: Blueprint) -> None:
    @routes.before_request
    def enter() -> None:
        if "/_blob/" in request.path:
            return
        key = request.headers.get("Ocp-Apim-Subscription-Key")
        if key is None:
            raise Refusal("Access denied due to missing subscription key.", 401)
        if key != SUBSCRIPTION_KEY:
            raise Refusal("Access denied due to invalid subscription key.", 401)
        if request.headers.get("x-apikey") != API_KEY:
            raise Refusal("Invalid API key")

    @routes.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> ResponseReturnValue:
        if refusal.status >= 400:
            return jsonify(statusCode=refusal.status, message=refusal.message), refusal.status
        return jsonify(error={"instanceId": uuid.uuid4().hex, "message": refusal.message})


def _wire_reads(routes: Blueprint, state: _State) -> None:
    def read(rows: Callable[[Folder], list[dict[str, Any]]]) -> ResponseReturnValue:
        with state.world.lock:
            folder = state.folder(request.args.get("codeDossier", ""))
            conditions = parse(request.args.get("filter", ""))
            return jsonify(answers.listing(folder, rows(folder), conditions, request.args))

    @routes.get("/compte")
    def accounts() -> ResponseReturnValue:
        return read(lambda folder: folder.accounts)

    @routes.get("/journal")
    def journals() -> ResponseReturnValue:
        return read(lambda folder: folder.journals)

    @routes.get("/tva")
    def vat_codes() -> ResponseReturnValue:
        return read(lambda folder: folder.vat_codes)

    @routes.get("/tiersClient")
    def customers() -> ResponseReturnValue:
        return read(lambda folder: folder.third_parties["client"])

    @routes.get("/tiersFournisseur")
    def suppliers() -> ResponseReturnValue:
        return read(lambda folder: folder.third_parties["supplier"])

    @routes.get("/EcritureComptable")
    def lines() -> ResponseReturnValue:
        with state.world.lock:
            folder = state.folder(request.args.get("codeDossier", ""))
            return jsonify(answers.lines(folder, entry_conditions(request.args.get("filter", ""))))


def _accept(
    state: _State, body: Mapping[str, Any], lines: Callable[[], list[RawLine]], options: ImportOptions
) -> ResponseReturnValue:
    if not body.get("codeIbs"):
        raise Refusal("codeIbs manquant")
    with state.world.lock:
        folder = state.folder(str(body["codeIbs"]))
        check_siret(str(body.get("SIRET") or ""), folder.siret)
        return jsonify(accountingImportRequestId=state.queue.accept(folder, lines, options))


def _import_file(state: _State, read: Callable[[bytes], list[RawLine]], fields: set[str]) -> ResponseReturnValue:
    body = _json()
    if set(body) - {"codeIbs", "URI", "URL", "SIRET", *fields}:
        raise Refusal("Propriété inconnue dans la demande")
    if bool(body.get("URI")) == bool(body.get("URL")):
        raise Refusal("Indiquez URI ou URL, l'un des deux")
    if "modele" in fields and body.get("modele") not in MODELS:
        raise Refusal("Le modèle d'import est inconnu")
    path = str(body.get("URI") or "").partition("/_blob/")[2]

    def lines() -> list[RawLine]:
        if path not in state.files:
            raise ImportFailed("Le fichier à importer est introuvable")
        return read(state.files[path])

    return _accept(state, body, lines, ImportOptions(fail_on_unbalanced=True))


def _wire_imports(routes: Blueprint, state: _State) -> None:
    @routes.post("/importJson")
    def import_json() -> ResponseReturnValue:
        body = _json()
        lines, options = json_import(body)
        return _accept(state, body, lambda: lines, options)

    @routes.post("/importFEC")
    def import_fec() -> ResponseReturnValue:
        return _import_file(state, file_imports.read_fec, set())

    @routes.post("/importTRA")
    def import_tra() -> ResponseReturnValue:
        return _import_file(state, file_imports.read_tra, set())

    @routes.post("/importPerso")
    def import_custom() -> ResponseReturnValue:
        return _import_file(state, file_imports.read_quadra, {"modele"})

    @routes.get("/getImportStatus")
    def status() -> ResponseReturnValue:
        import_id = request.args.get("accountingImportRequestId", "")
        with state.world.lock:
            state.queue.settle()
            found = state.queue.find(import_id)
            if found is None:
                raise Refusal("Demande d'import introuvable")
            job, code = found
            if job.failure is not None:
                return jsonify(answers.failure(job.folder, job.failure, import_id))
            return jsonify(status=code)


def _wire_files(routes: Blueprint, state: _State) -> None:
    @routes.get("/getFileUrlDeposit")
    def deposit_address() -> ResponseReturnValue:
        name = request.args.get("filename", "")
        if "." not in name or "/" in name:
            raise Refusal("filename manquant ou invalide")
        path = f"{uuid.uuid4()}/{name}"
        uri = f"{request.host_url}cegid_loop/_blob/{path}"
        return jsonify(depositUrl=f"{uri}?sv=2024-11-04&sp=cw&sig={_signature(path)}", uri=uri)

    @routes.put("/_blob/<path:path>")
    def put_blob(path: str) -> ResponseReturnValue:
        if not hmac.compare_digest(request.args.get("sig", "").encode(), _signature(path).encode()):
            return _azure("AuthenticationFailed", 403)
        if request.headers.get("x-ms-blob-type") != "BlockBlob":
            return _azure("MissingRequiredHeader", 400)
        state.files[path] = request.get_data()
        return "", 201

    @routes.post("/storeDocument")
    def store_document() -> ResponseReturnValue:
        name, context = request.args.get("filename", ""), request.args.get("context", "")
        body = request.get_data()
        if not name or not context:
            raise Refusal("context et filename sont obligatoires")
        if request.mimetype not in DOCUMENT_TYPES:
            raise Refusal("Type de document non pris en charge")
        if not body or len(body) > MAX_DOCUMENT:
            raise Refusal("Le document est vide ou dépasse 50 Mo")
        if request.args.get("transaction", "SALE") not in ("SALE", "PURCHASE"):
            raise Refusal("transaction invalide")
        if request.args.get("uploadMode", "API") != "API":
            raise Refusal("uploadMode invalide")
        with state.world.lock:
            # The folder code is not looked at: a wrong one loses the document.
            document = {
                "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"document:{len(state.documents) + 1}")),
                "context": context,
                "filename": name,
                "transaction": request.args.get("transaction"),
                "size": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
            }
            state.documents.append(document)
        return jsonify(id=document["id"], filename=name)


def _signature(path: str) -> str:
    return hmac.new(BLOB_KEY, path.encode(), hashlib.sha256).hexdigest()


def _azure(code: str, status: int) -> Response:
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code></Error>'
    return Response(body, status, content_type="application/xml", headers={"x-ms-error-code": code})


def _wire_controls(controls: Blueprint, state: _State) -> None:
    @controls.post("/advance")
    def advance() -> ResponseReturnValue:
        with state.world.lock:
            return jsonify(done=state.queue.settle(everything=True))

    @controls.post("/letter")
    def letter() -> ResponseReturnValue:
        wanted = request.get_json(force=True) or {}
        with state.world.lock:
            entries = [entry for folder in state.folders.values() for entry in folder.entries]
            lines = [
                line
                for entry in entries
                for line in entry.lines
                if line["third_party"] and wanted in ({"refPiece": line["piece"]}, {"key": entry.key})
            ]
            for line in lines:
                line["lettering"] = "AAA"
        return jsonify(lettered=len(lines))

    @controls.post("/renumber")
    def renumber() -> ResponseReturnValue:
        wanted = request.get_json(force=True)
        with state.world.lock:
            entries = [entry for folder in state.folders.values() for entry in folder.entries]
            lines = [line for entry in entries if entry.key == wanted["key"] for line in entry.lines]
            for line in lines:
                line["piece"] = str(wanted["refPiece"])
        return jsonify(renumbered=len(lines))

    @controls.get("/documents")
    def documents() -> ResponseReturnValue:
        with state.world.lock:
            return jsonify(state.documents)
