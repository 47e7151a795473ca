"""Chift (unified accounting API), emulated: one account, a consumer for each of four tools behind, and their books.

It answers what Chift's OpenAPI and guides say, with the awkward sides: a request id is taken once and remembered for
six months (refused requests included), a gap above a cent is refused, an invoice without untaxed amount too, an
invoice's journal entry has an id of its own, and not every tool tells whether a PDF is attached.

The key of a witnessed entry is its request id up to the ``~``: what follows only tells one try from another.
"""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.base import Entry, HandEntry, Tool, World
from sellsy_ledger_sandbox.chift import answers, bodies
from sellsy_ledger_sandbox.chift.account import ACCOUNTING, FILES, REQUEST_ID, Account, Company, controls
from sellsy_ledger_sandbox.chift.behind import BEHIND, CONSUMERS
from sellsy_ledger_sandbox.chift.books import Books, Refusal
from sellsy_ledger_sandbox.chift.documents import entry_routes, invoice_routes

__all__ = ["build"]

ACCOUNT_ID = "00000000-0000-4000-8000-0000000000c1"
CLIENT_ID = "demo-client-chift"
CLIENT_SECRET = "demo-secret-chift"  # noqa: S105 - the demonstration's own, worth nothing
TOKEN_SECONDS = 1800
REQUEST_ID_MAX = 255
REMEMBERED_SECONDS = 183 * 86_400
# POST bodies whose schema errors the OpenAPI announces as ChiftError; the others are FastAPI's own.
_CHIFT_ERRORS = ("/invoices/multi-analytic-plans", "/journal-entries", "/clients", "/suppliers")


def build(world: World) -> Tool:
    """The tool, with every consumer's books as they are at the start."""
    account = Account(world)
    account.reset()
    routes = Blueprint("chift", __name__)
    _wire(routes, account)
    _wire_errors(routes)
    _account_routes(routes, account)
    _reference_routes(routes)
    _party_routes(routes)
    invoice_routes(routes)
    entry_routes(routes)

    @routes.get(f"{FILES}/<name>")
    def file(name: str) -> ResponseReturnValue:
        for company in account.companies.values():
            for books in company.folders.values():
                booked = books.find(name.removesuffix(".pdf"), entry=True)
                if booked is not None and booked.pdf is not None:
                    return Response(booked.pdf, content_type="application/pdf")
        return "Not found", 404

    def typed(entry: HandEntry) -> None:
        company = account.named(entry.get("company", CONSUMERS[0].name))
        if company is None:
            raise ValueError(f"no consumer {entry.get('company')}")
        next(iter(company.folders.values())).type_in(entry)

    def entries() -> list[Entry]:
        return [
            answers.witness(company.consumer.name, booked)
            for company in account.companies.values()
            for books in company.folders.values()
            for booked in books.booked
        ]

    return Tool(
        name="chift",
        routes=routes,
        entries=entries,
        reset=account.reset,
        error=lambda status: ("application/json", json.dumps(_error("Internal server error", None)).encode()),
        controls=controls(account),
        type_in=typed,
    )


# -- around every route --------------------------------------------------------------------------------------------
def _wire(routes: Blueprint, account: Account) -> None:
    @routes.before_request
    def enter() -> ResponseReturnValue | None:
        account.world.lock.acquire()
        g.locked = True
        path = request.path.removeprefix("/chift")
        if path == "/token" or path.startswith(FILES):
            return None
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or account.tokens.get(token, 0.0) <= account.world.time():
            raise Refusal(401, None, "Could not validate credentials")
        consumer_id = (request.view_args or {}).get("consumer_id")
        if consumer_id is not None:
            g.company = account.companies.get(consumer_id)
            if g.company is None:
                raise Refusal(404, None, "The consumer doesn't exist")
        if "/accounting" in path:
            _enter_accounting(account)
        return None

    @routes.after_request
    def remember(response: Response) -> Response:
        request_id = g.pop("request_id", None)
        if request_id is not None:
            g.company.seen[request_id] = {
                "at": account.world.time(),
                "method": request.method,
                "route": request.path.removeprefix("/chift"),
                "status_code": response.status_code,
                "created_entity_id": g.get("created") if response.status_code < 300 else None,
            }
        return response

    @routes.teardown_request
    def leave(_: BaseException | None) -> None:
        if g.pop("locked", False):
            account.world.lock.release()


def _wire_errors(routes: Blueprint) -> None:
    @routes.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> ResponseReturnValue:
        if refusal.code == "ERROR_VALIDATION":
            return jsonify(detail=[{"loc": ["query"], "msg": refusal.message, "type": "value_error"}]), 422
        return jsonify(_error(refusal.message, refusal.code)), refusal.status

    @routes.errorhandler(bodies.BadBody)
    def refuse_body(bad: bodies.BadBody) -> ResponseReturnValue:
        if request.path.endswith(_CHIFT_ERRORS):
            return jsonify(_error(f"Validation error: {bad}", None)), 422
        return jsonify(detail=[{"loc": ["body"], "msg": str(bad), "type": "value_error"}]), 422


def _enter_accounting(account: Account) -> None:
    company: Company = g.company
    request_id = request.headers.get(REQUEST_ID)
    if request_id is not None and request.method != "GET":
        if not 1 <= len(request_id) <= REQUEST_ID_MAX:
            raise Refusal(400, None, f"{REQUEST_ID} must have 1 to {REQUEST_ID_MAX} characters")
        before = company.seen.get(request_id)
        if before is not None and before["at"] + REMEMBERED_SECONDS > account.world.time():
            raise Refusal(409, None, "A request with this client request id was already received")
        g.request_id = request_id
    if not company.consumer.active:
        raise Refusal(400, None, "The connection is inactive")
    if not company.agent_up:
        raise Refusal(503, None, "The local agent could not be reached")
    if request.path.endswith("/folders"):
        return
    g.books = _folder(company)


def _folder(company: Company) -> Books:
    wanted = request.args.get("folder_id")
    if wanted is None:
        if len(company.folders) > 1:
            raise Refusal(400, None, "Multiple folders exist: folder_id is required")
        return next(iter(company.folders.values()))
    if wanted not in company.folders:
        raise Refusal(400, None, f"The folder '{wanted}' is not selected")
    return company.folders[wanted]


def _error(message: str, code: str | None) -> dict[str, Any]:
    return {"message": message, "status": "error", "detail": "", "error_code": code}


# -- account, consumers, connections ---------------------------------------------------------------------------------
def _account_routes(routes: Blueprint, account: Account) -> None:
    @routes.post("/token")
    def token() -> ResponseReturnValue:
        given = bodies.read_body(bodies.Credentials, request.get_data())
        known = ((given.clientId, CLIENT_ID), (given.clientSecret, CLIENT_SECRET), (given.accountId, ACCOUNT_ID))
        if not all(hmac.compare_digest(told.encode(), right.encode()) for told, right in known):
            raise Refusal(401, None, "Invalid credentials")
        account.issued += 1
        made, now = f"demo-access-{account.issued:04d}", account.world.time()
        account.tokens[made] = now + TOKEN_SECONDS
        told = {"access_token": made, "token_type": "bearer", "expires_in": TOKEN_SECONDS}
        return jsonify(**told, expires_on=int(now) + TOKEN_SECONDS)

    @routes.get("/consumers")
    def consumers() -> ResponseReturnValue:
        return jsonify([answers.consumer(each.consumer) for each in account.companies.values()])

    @routes.get("/consumers/<consumer_id>")
    def consumer(consumer_id: str) -> ResponseReturnValue:
        return jsonify(answers.consumer(g.company.consumer))

    @routes.get("/consumers/<consumer_id>/connections")
    def connections(consumer_id: str) -> ResponseReturnValue:
        company: Company = g.company
        return jsonify([answers.connection(company.consumer, company.integration, agent_up=company.agent_up)])

    @routes.get("/consumers/<consumer_id>/connections/<connection_id>/transactions")
    def transactions(consumer_id: str, connection_id: str) -> ResponseReturnValue:
        company: Company = g.company
        wanted = request.args.get("client_request_id")
        if wanted is None:
            raise Refusal(422, "VALIDATION", "client_request_id is required")
        found = company.seen.get(wanted) if connection_id == company.consumer.connection_id else None
        if found is None or found["at"] + REMEMBERED_SECONDS <= account.world.time():
            raise Refusal(404, None, "No transaction was found for this client request id")
        told = {name: found[name] for name in ("method", "route", "status_code", "created_entity_id")}
        return jsonify(created_on=datetime.fromtimestamp(found["at"], UTC).isoformat(), **told)

    @routes.get(f"{ACCOUNTING}/folders")
    def folders(consumer_id: str) -> ResponseReturnValue:
        known = BEHIND[g.company.consumer.behind].folders
        if known is None:
            raise Refusal(400, None, "This accounting system has no folders")
        return jsonify([{"id": key, "name": name, "selected": True, "active": True} for key, name in known.items()])


# -- reference data --------------------------------------------------------------------------------------------------
def _reference_routes(routes: Blueprint) -> None:
    @routes.get(f"{ACCOUNTING}/chart-of-accounts")
    def accounts(consumer_id: str) -> ResponseReturnValue:
        return jsonify(answers.page(g.books.world.chart, answers.account))

    @routes.get(f"{ACCOUNTING}/journals")
    def journals(consumer_id: str) -> ResponseReturnValue:
        return jsonify(answers.page(g.books.world.journals, answers.journal))

    @routes.get(f"{ACCOUNTING}/vat-codes")
    def vat_codes(consumer_id: str) -> ResponseReturnValue:
        return jsonify(answers.page(g.books.world.vat_codes, answers.vat_code))

    @routes.get(f"{ACCOUNTING}/bookyears")
    def book_years(consumer_id: str) -> ResponseReturnValue:
        return jsonify(answers.page(g.books.world.fiscal_years, answers.book_year))


def _party_routes(routes: Blueprint) -> None:
    def listed(kind: str) -> ResponseReturnValue:
        books: Books = g.books
        words = request.args.get("search", "").casefold()
        found = [each for each in books.parties.values() if each.kind == kind and _matches(each, words)]
        return jsonify(answers.page(found, lambda each: answers.party(books, each)))

    def created(kind: str) -> ResponseReturnValue:
        books: Books = g.books
        party = books.add_party(kind, bodies.read_body(bodies.Partner, request.get_data()))
        g.created = party.id
        return jsonify(answers.party(books, party))

    @routes.get(f"{ACCOUNTING}/clients")
    def clients(consumer_id: str) -> ResponseReturnValue:
        return listed("client")

    @routes.get(f"{ACCOUNTING}/suppliers")
    def suppliers(consumer_id: str) -> ResponseReturnValue:
        return listed("supplier")

    @routes.post(f"{ACCOUNTING}/clients")
    def create_client(consumer_id: str) -> ResponseReturnValue:
        return created("client")

    @routes.post(f"{ACCOUNTING}/suppliers")
    def create_supplier(consumer_id: str) -> ResponseReturnValue:
        return created("supplier")


def _matches(party: Any, words: str) -> bool:
    body = party.body
    texts = (body.name, body.email, body.first_name, body.last_name, party.reference, body.vat, body.company_number)
    return any(words in text.casefold() for text in texts if text) or not words
