"""Inqom, emulated: the API, the documents and the authentication of one firm with two folders.

Three servers below one path: ``/inqom`` is the API, ``/inqom/documents`` the documents, ``/inqom/auth`` the tokens. It
answers what Inqom's documents and third parties' observations say, with their awkward sides: customer accounts are
rewritten (411X becomes 4111X), labels are upper-cased, error bodies have no one shape, a document that is there already
is a *Duplicate*. Where nothing is documented it takes the worse case: a second entry with the same ``ExternalId`` is
booked again, a list of lines shows neither ``ExternalId`` nor, without a document, the reference.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.base import HandEntry, Tool, World
from sellsy_ledger_sandbox.inqom import answers
from sellsy_ledger_sandbox.inqom.books import Refusal, book_all, create_account, type_in, update_all
from sellsy_ledger_sandbox.inqom.imports import integrate
from sellsy_ledger_sandbox.inqom.operations import wire_operations
from sellsy_ledger_sandbox.inqom.papers import BadForm, deposit
from sellsy_ledger_sandbox.inqom.state import State
from sellsy_ledger_sandbox.quota import Limit, Quota, Standing

__all__ = ["build"]

PAGE_LINES = 100
OPEN_PATHS = ("/auth/", "/documents/files/")


def _quota() -> Quota:
    def refuse(standings: list[Standing]) -> tuple[dict[str, str], str, bytes]:
        return {}, "text/plain", b"Too many requests"

    return Quota(limits=(Limit(15, 1.0),), headers=lambda standings: {}, refuse=refuse)


def build(world: World) -> Tool:
    """The emulated tool: its routes, its books, its quota."""
    state = State(world)
    routes = Blueprint("inqom", __name__)
    _wire(routes, state)
    _wire_reference(routes, state)
    _wire_entries(routes, state)
    _wire_documents(routes, state)
    wire_operations(routes, state)

    def typed(entry: HandEntry) -> None:
        name = entry.get("company")
        found = [each for each in state.folders.values() if name in (None, each.name)]
        if not found:
            raise ValueError(f"no folder {name}")
        type_in(found[0], entry)

    return Tool(
        name="inqom",
        routes=routes,
        entries=lambda: [answers.witness(folder, each) for folder in state.folders.values() for each in folder.entries],
        reset=state.reset,
        quota=_quota(),
        caller=lambda headers: state.tokens.owner(headers.get("Authorization", "")),
        counted=lambda route: not route.partition(" ")[2].startswith(OPEN_PATHS),
        error=lambda status: ("text/plain", b"An error has occurred."),
        controls=_controls(state),
        type_in=typed,
    )


def _controls(state: State) -> Blueprint:
    controls = Blueprint("inqom_controls", __name__)

    @controls.get("/documents")
    def documents() -> ResponseReturnValue:
        with state.world.lock:
            return jsonify(answers.papers(state.folders))

    @controls.post("/letter")
    def letter() -> ResponseReturnValue:
        """``{"key"}``: the accountant letters the entry of that key with its payment."""
        key = request.get_json(force=True)["key"]
        with state.world.lock:
            found = [each for folder in state.folders.values() for each in folder.entries if each.key == key]
            for booked in found:
                booked.lines[0].letter = "A"
        return jsonify(lettered=len(found))

    @controls.post("/work")
    def work() -> ResponseReturnValue:
        """Time passes: files are read, and a person integrates what nothing stands against."""
        with state.world.lock:
            for operation in state.operations.values():
                if operation.status in ("Received", "ParsingOk"):
                    operation.status = "WaitingUserAction"
                folder = next(each for each in state.folders.values() if operation.exercise in each.periods)
                if operation.status == "WaitingUserAction":
                    integrate(folder, operation)
                if operation.integrated:
                    operation.status = "Succeeded"
        return "", 204

    return controls


def _body() -> Any:
    try:
        return json.loads(request.get_data(), parse_float=Decimal)
    except ValueError:
        raise Refusal({"Message": "Le corps de la requête est illisible."}) from None


def _only(*names: str) -> dict[str, str]:
    """The query, with no other parameter than these."""
    if set(request.args) - set(names):
        raise Refusal("Paramètre inconnu.")
    return request.args.to_dict()


def _wire(routes: Blueprint, state: State) -> None:
    @routes.before_request
    def enter() -> None:
        path = request.path.removeprefix("/inqom")
        if path.startswith(OPEN_PATHS):
            return
        user = state.tokens.user(request.headers.get("Authorization", ""))
        if user is None:
            raise Refusal("", 401)
        g.user = user
        view = request.view_args or {}
        if "folder_id" in view:
            if int(view["folder_id"]) not in user.folders:
                raise Refusal({"Message": "Forbidden"}, 403)
            g.folder = state.folders[int(view.pop("folder_id"))]

    @routes.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> ResponseReturnValue:
        if isinstance(refusal.body, str):
            return Response(refusal.body, refusal.status, content_type="text/plain; charset=utf-8")
        return jsonify(refusal.body), refusal.status

    @routes.post("/auth/identity/connect/token")
    def token() -> ResponseReturnValue:
        with state.world.lock:
            body, status = state.tokens.grant(request.form.to_dict())
        return jsonify(body), status


def _wire_reference(routes: Blueprint, state: State) -> None:
    @routes.get("/provisioning/users/internal-access")
    def internal_access() -> ResponseReturnValue:
        firm = {"Id": answers.COMPANY_ID, "Name": "Cabinet Exemple", "ExternalId": "", "AccessType": "Company"}
        common = {"CompanyId": answers.COMPANY_ID, "Status": "Active", "CompanyName": "Cabinet Exemple"}
        rows = [{**firm, **common}]
        for folder_id in g.user.folders:
            name = state.folders[folder_id].name
            rows.append({"Id": folder_id, "Name": name, "ExternalId": "", "AccessType": "AccountingFolder", **common})
        return jsonify(rows)

    @routes.get("/provisioning/companies/<int:company_id>/accounting-folders")
    def folders(company_id: int) -> ResponseReturnValue:
        if company_id != answers.COMPANY_ID:
            raise Refusal("", 404)
        return jsonify([answers.folder_row(state.folders[folder_id]) for folder_id in g.user.folders])

    @routes.get("/v1/dossiers/<int:folder_id>/accounting-periods")
    def periods() -> ResponseReturnValue:
        listed = g.folder.periods
        before = [None, *listed]
        return jsonify([answers.period(g.folder, each, before[at]) for at, each in enumerate(listed)])

    @routes.get("/v1/dossiers/<int:folder_id>/journals")
    def journals() -> ResponseReturnValue:
        return jsonify(g.folder.journals)

    @routes.get("/v1/dossiers/<int:folder_id>/accounts")
    def accounts() -> ResponseReturnValue:
        asked = _only("accountNumberPrefix", "accountType")
        kind = asked.get("accountType", "Impactable")
        if kind not in ("All", "Impactable"):
            raise Refusal({"Message": "accountType est invalide."})
        with state.world.lock:
            found = [
                each
                for number, each in sorted(g.folder.accounts.items())
                if number.startswith(asked.get("accountNumberPrefix", "")) and (kind == "All" or each["IsImpactable"])
            ]
        return jsonify(found)

    @routes.post("/v1/dossiers/<int:folder_id>/accounts")
    def create() -> ResponseReturnValue:
        with state.world.lock:
            return jsonify(create_account(g.folder, _body())), 201


def _wire_entries(routes: Blueprint, state: State) -> None:
    @routes.post("/v1/dossiers/<int:folder_id>/entries")
    def post_entries() -> ResponseReturnValue:
        with state.world.lock:
            return jsonify([answers.created(each) for each in book_all(g.folder, _body())])

    @routes.put("/v1/dossiers/<int:folder_id>/entries")
    def put_entries() -> ResponseReturnValue:
        with state.world.lock:
            return jsonify([answers.created(each) for each in update_all(g.folder, _body())])

    def lines() -> list[dict[str, Any]]:
        asked = _only("startDate", "endDate", "pageNumber", "accountNumber", "journalId")
        try:
            start, end = date.fromisoformat(asked["startDate"]), date.fromisoformat(asked["endDate"])
        except (KeyError, ValueError):
            raise Refusal({"Message": "startDate et endDate sont obligatoires."}) from None
        with state.world.lock:
            return [
                answers.entry_line(booked, line)
                for booked in g.folder.entries
                if start <= booked.day <= end and asked.get("journalId") in (None, str(booked.journal["Id"]))
                for line in booked.lines
                if asked.get("accountNumber", line.account) == line.account
            ]

    @routes.get("/v1/dossiers/<int:folder_id>/entry-lines")
    def entry_lines() -> ResponseReturnValue:
        page = request.args.get("pageNumber", "")
        if not page.isdecimal() or page == "0":
            raise Refusal({"Message": "pageNumber est obligatoire."})
        first = (int(page) - 1) * PAGE_LINES
        return jsonify({"EntryLines": lines()[first : first + PAGE_LINES], "CurrentPage": int(page)})

    @routes.get("/v1/dossiers/<int:folder_id>/entry-lines/count")
    def count() -> ResponseReturnValue:
        total = len(lines())
        return jsonify({"TotalLinesCount": total, "TotalPagesCount": -(-total // PAGE_LINES)})


def _wire_documents(routes: Blueprint, state: State) -> None:
    base = "/documents/api/accounting-documents/accounting-folders/<int:folder_id>/Documents"

    def link(token: str) -> str:
        return f"{request.host_url}inqom/documents/files/{token}"

    def paper_of(document_id: int) -> Any:
        found = next((each for each in g.folder.papers if each.id == document_id), None)
        if found is None:
            raise Refusal("", 404)
        return found

    @routes.post(f"{base}/")
    def post_document() -> ResponseReturnValue:
        files = request.files.to_dict()
        if set(files) != {"Document"}:
            raise Refusal({"Message": "Document est obligatoire."})
        upload = files["Document"]
        with state.world.lock:
            before = g.folder.last_id
            try:
                paper, known = deposit(
                    g.folder.papers, g.folder.new_id(), request.form.to_dict(), upload.filename, upload.stream.read()
                )
            except BadForm as refusal:
                # Only accepted writes are remembered: a refused one must not use up a number.
                g.folder.last_id = before
                raise Refusal({"Message": str(refusal)}) from None
            return jsonify(answers.paper(g.folder, paper, link(paper.token), duplicate=known))

    @routes.get(f"{base}/<int:document_id>")
    def get_document(document_id: int) -> ResponseReturnValue:
        paper = paper_of(document_id)
        return jsonify(answers.paper(g.folder, paper, link(paper.token)))

    @routes.get(f"{base}/<int:document_id>/public-url")
    def public_url(document_id: int) -> ResponseReturnValue:
        return jsonify(link(paper_of(document_id).token))

    @routes.get("/documents/files/<token>")
    def file(token: str) -> ResponseReturnValue:
        papers = [each for folder in state.folders.values() for each in folder.papers if each.token == token]
        if not papers:
            return "", 404
        return Response(papers[0].body, content_type="application/pdf")
