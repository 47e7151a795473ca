"""Pennylane (company API v2), emulated: two companies, their tokens, and their books.

It answers what the official "Company V2" OpenAPI and guides say, with the awkward sides that others observed: unknown
body fields and numeric amounts are refused, the content of a file decides whether it was imported before, the same
supplier and number with another file is accepted, a cursor holds neither filter nor sort, ``filters`` is ignored, a 429
is plain text, entry lines come in no order, and one account number has two ids.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from math import ceil
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.base import Entry, HandEntry, Tool, World
from sellsy_ledger_sandbox.pennylane import answers, bodies
from sellsy_ledger_sandbox.pennylane.books import Books, File, Invoice, Refusal
from sellsy_ledger_sandbox.pennylane.lists import ALL, EXACT, page
from sellsy_ledger_sandbox.quota import Limit, Quota, Standing

__all__ = ["build"]

COMPANIES = {"demo": "sandbox-840143275", "demo-b": "sandbox-840143283"}
TOKENS = {
    "demo-token-pennylane": "demo",
    "demo-token-pennylane-b": "demo-b",
    "demo-token-pennylane-readonly": "demo",
}
READ_ONLY = frozenset({"demo-token-pennylane-readonly"})
DOMAINS = ("customers", "suppliers", "customer_invoices", "supplier_invoices", "ledger_accounts", "journals")
WRITE_SCOPES = [f"{name}:all" for name in (*DOMAINS, "ledger_entries", "file_attachments")]
READ_SCOPES = [f"{name}:readonly" for name in (*DOMAINS, "ledger_entries")]
FILE_TYPES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"BM", b"GIF8")
FILE_BYTES_MAX = 100 * 1024 * 1024
FILE_URL_SECONDS = 1800
FILE_ROUTE = "/public/invoice/pdf"
_FILE_URL_KEY = b"sandbox"


def build(world: World) -> Tool:
    """The tool, with both companies' books as they are at the start."""
    companies = _start(world)
    routes = Blueprint("pennylane", __name__)

    @routes.before_request
    def authenticate() -> ResponseReturnValue | None:
        if request.path.endswith(FILE_ROUTE):
            return None
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or token not in TOKENS:
            raise Refusal(401, "The access token is invalid")
        g.books = companies[TOKENS[token]]
        g.scopes = ["fiscal_years:readonly", *(READ_SCOPES if token in READ_ONLY else WRITE_SCOPES)]
        world.lock.acquire()
        g.locked = True
        return None

    @routes.teardown_request
    def unlock(_: BaseException | None) -> None:
        if g.pop("locked", False):
            world.lock.release()

    @routes.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> ResponseReturnValue:
        return jsonify(error=refusal.error, status=refusal.status), refusal.status

    @routes.errorhandler(bodies.BadBody)
    def refuse_body(bad: bodies.BadBody) -> ResponseReturnValue:
        return jsonify(message=bad.message, code=bad.code), 400

    _reference_routes(routes)
    _party_routes(routes)
    _invoice_routes(routes)
    _entry_routes(routes)

    @routes.get(FILE_ROUTE)
    def public_file() -> ResponseReturnValue:
        invoice = _signed_invoice(world, companies, request.args.get("encrypted_id", ""))
        if invoice is None:
            return "Not found", 404
        return Response(invoice.file.content, content_type="application/pdf")

    def typed(entry: HandEntry) -> None:
        name = entry.get("company", "demo")
        if name not in companies:
            raise ValueError(f"no company {name}")
        companies[name].type_in(entry)

    def entries() -> list[Entry]:
        return [entry for books in companies.values() for entry in books.witnessed()]

    return Tool(
        name="pennylane",
        routes=routes,
        entries=entries,
        reset=lambda: companies.update(_start(world)),
        quota=Quota(limits=(Limit(25, 5.0),), headers=_quota_headers, refuse=_quota_refusal(world)),
        counted=lambda route: FILE_ROUTE not in route,
        error=lambda status: (
            "application/json",
            json.dumps({"error": "Internal server error", "status": status}).encode(),
        ),
        controls=_controls(world, companies),
        type_in=typed,
    )


def _controls(world: World, companies: Mapping[str, Books]) -> Blueprint:
    """``receive``: a supplier's invoice by the e-invoicing platform; ``close``: the invoice of a key is filed away."""
    controls = Blueprint("pennylane_controls", __name__)

    @controls.post("/receive")
    def receive() -> ResponseReturnValue:
        """``{"name", "account", "number", "date", "amount"}``."""
        with world.lock:
            return jsonify(id=companies["demo"].receive(request.get_json(force=True)).id), 201

    @controls.post("/close")
    def close() -> ResponseReturnValue:
        """``{"key"}``."""
        key = request.get_json(force=True)["key"]
        with world.lock:
            found = [each for each in companies["demo"].invoices.values() if each.external_reference == key]
            for invoice in found:
                invoice.archived = True
        return jsonify(closed=len(found))

    return controls


def _start(world: World) -> dict[str, Books]:
    return {name: Books(world, name, reg_no) for name, reg_no in COMPANIES.items()}


# -- routes --------------------------------------------------------------------------------------------------------
def _reference_routes(routes: Blueprint) -> None:
    @routes.get("/me")
    def me() -> ResponseReturnValue:
        user = {
            "id": 1, "first_name": "Camille", "last_name": "Exemple", "email": "camille@exemple.test", "locale": "fr",
        }  # fmt: skip
        company = {"id": g.books.id, "name": g.books.name, "reg_no": g.books.reg_no, "accounting_logic": "FR_PCG"}
        return jsonify(user=user, company=company, scopes=g.scopes)

    @routes.get("/fiscal_years")
    def fiscal_years() -> ResponseReturnValue:
        _may("fiscal_years:readonly")
        return jsonify(
            page([answers.fiscal_year(y) for y in g.books.years], request.args, filters={}, sorts=("id", "start"))
        )

    @routes.get("/journals")
    def journals() -> ResponseReturnValue:
        _may("journals:readonly")
        return jsonify(page(list(g.books.journals.values()), request.args, filters={"type": EXACT}))

    @routes.get("/ledger_accounts")
    def ledger_accounts() -> ResponseReturnValue:
        _may("ledger_accounts:readonly")
        items = [answers.account(account) for account in g.books.accounts.values()]
        filters = {"id": ALL, "number": ("start_with", "eq", "in"), "enabled": ("eq",)}
        return jsonify(page(items, request.args, filters=filters, max_limit=1000))

    @routes.get("/ledger_accounts/<int:account_id>")
    def ledger_account(account_id: int) -> ResponseReturnValue:
        _may("ledger_accounts:readonly")
        return jsonify(answers.account(_held(g.books.accounts, account_id, "LedgerAccount")))


def _party_routes(routes: Blueprint) -> None:
    @routes.get("/customers")
    def customers() -> ResponseReturnValue:
        _may("customers:readonly")
        items = [answers.party(party, _link, listed=True) for party in g.books.customers.values()]
        filters = {
            "id": ALL,
            "customer_type": ("eq", "not_eq"),
            "ledger_account_id": ("eq", "not_eq"),
            "name": ("start_with", "eq"),
            "external_reference": ("start_with", *EXACT),
            "reg_no": EXACT,
        }
        return jsonify(page(items, request.args, filters=filters))

    @routes.get("/suppliers")
    def suppliers() -> ResponseReturnValue:
        _may("suppliers:readonly")
        items = [answers.party(party, _link) for party in g.books.suppliers.values()]
        filters = {
            "id": ALL,
            "ledger_account_id": ("eq", "not_eq"),
            "name": ("start_with",),
            "external_reference": EXACT,
        }
        return jsonify(page(items, request.args, filters=filters))

    @routes.post("/company_customers")
    def create_company() -> ResponseReturnValue:
        return _created_party("company", "customers:all", bodies.CompanyCustomer)

    @routes.post("/individual_customers")
    def create_individual() -> ResponseReturnValue:
        return _created_party("individual", "customers:all", bodies.IndividualCustomer)

    @routes.post("/suppliers")
    def create_supplier() -> ResponseReturnValue:
        return _created_party("supplier", "suppliers:all", bodies.Supplier)


def _invoice_routes(routes: Blueprint) -> None:
    @routes.post("/file_attachments")
    def upload() -> ResponseReturnValue:
        _may("file_attachments:all")
        sent = request.files.get("file")
        if sent is None:
            raise bodies.BadBody("file isn't a multipart file", "NotAMultipartFile")
        content = sent.read()
        if not content.startswith(FILE_TYPES) or len(content) > FILE_BYTES_MAX:
            raise Refusal(422, "invalid content type")
        file: File = g.books.add_file(request.form.get("filename") or sent.filename or "file.pdf", content)
        return jsonify(answers.file_attachment(file.id, file.name, g.books.now(), _link)), 201

    @routes.get("/customer_invoices")
    def customer_invoices() -> ResponseReturnValue:
        return _listed_invoices("customer", {"external_reference": ("eq",), "credit_note": ("eq",), "draft": ("eq",)})

    @routes.get("/supplier_invoices")
    def supplier_invoices() -> ResponseReturnValue:
        return _listed_invoices("supplier", {"external_reference": EXACT, "payment_status": EXACT})

    @routes.get("/customer_invoices/<int:invoice_id>")
    def customer_invoice(invoice_id: int) -> ResponseReturnValue:
        return _shown_invoice("customer", invoice_id)

    @routes.get("/supplier_invoices/<int:invoice_id>")
    def supplier_invoice(invoice_id: int) -> ResponseReturnValue:
        return _shown_invoice("supplier", invoice_id)

    @routes.post("/customer_invoices/import")
    def import_customer_invoice() -> ResponseReturnValue:
        return _imported("customer", bodies.CustomerInvoice)

    @routes.post("/supplier_invoices/import")
    def import_supplier_invoice() -> ResponseReturnValue:
        return _imported("supplier", bodies.SupplierInvoice)


def _entry_routes(routes: Blueprint) -> None:
    @routes.get("/ledger_entries")
    def entries() -> ResponseReturnValue:
        _may("ledger_entries:readonly")
        items = [answers.entry_summary(entry, _link) for entry in g.books.entries.values()]
        filters = {"id": ALL, "journal_id": ALL, "date": ALL[:6]}
        return jsonify(page(items, request.args, filters=filters, sorts=("id", "date")))

    @routes.get("/ledger_entry_lines")
    def all_lines() -> ResponseReturnValue:
        _may("ledger_entries:readonly")
        items = [answers.listed_line(entry, line, _link) for entry in g.books.entries.values() for line in entry.lines]
        filters = {"id": ALL, "journal_id": ALL, "ledger_account_id": ALL, "date": ALL}
        return jsonify(page(items, request.args, filters=filters, sorts=("id", "date")))

    @routes.get("/ledger_entries/<int:entry_id>")
    def entry(entry_id: int) -> ResponseReturnValue:
        _may("ledger_entries:readonly")
        return jsonify(answers.entry(_held(g.books.entries, entry_id, "LedgerEntry"), _link))

    @routes.get("/ledger_entries/<int:entry_id>/ledger_entry_lines")
    def entry_lines(entry_id: int) -> ResponseReturnValue:
        _may("ledger_entries:readonly")
        lines = _held(g.books.entries, entry_id, "LedgerEntry").lines
        return jsonify(page([answers.entry_line(line, _link) for line in lines], request.args, filters={}))

    @routes.post("/ledger_entries")
    def create_entry() -> ResponseReturnValue:
        _may("ledger_entries:all")
        made = g.books.add_entry(bodies.read_body(bodies.LedgerEntry, _json()))
        return jsonify(answers.entry(made, _link, created=True)), 201


# -- what several routes share -------------------------------------------------------------------------------------
def _created_party(kind: str, scope: str, body_type: type[Any]) -> ResponseReturnValue:
    _may(scope)
    return jsonify(answers.party(g.books.add_party(kind, bodies.read_body(body_type, _json())), _link)), 201


def _listed_invoices(side: str, filters: Mapping[str, tuple[str, ...]]) -> ResponseReturnValue:
    _may(f"{side}_invoices:readonly")
    items = [_answer(each) for each in g.books.invoices.values() if each.sales == (side == "customer")]
    common = {"id": ALL, "date": ALL, "invoice_number": EXACT, f"{side}_id": ALL}
    return jsonify(page(items, request.args, filters={**common, **filters}, sorts=("id", "date")))


def _shown_invoice(side: str, invoice_id: int) -> ResponseReturnValue:
    _may(f"{side}_invoices:readonly")
    held = {key: each for key, each in g.books.invoices.items() if each.sales == (side == "customer")}
    return jsonify(_answer(_held(held, invoice_id, f"{side.capitalize()}Invoice")))


def _imported(side: str, body_type: type[Any]) -> ResponseReturnValue:
    _may(f"{side}_invoices:all")
    return jsonify(_answer(g.books.import_invoice(bodies.read_body(body_type, _json())))), 201


def _answer(item: Invoice) -> dict[str, Any]:
    return answers.invoice(item, _link, _file_url(item))


def _held(items: Mapping[int, Any], wanted: int, model: str) -> Any:
    if wanted not in items:
        raise Refusal(404, f"Couldn't find {model} with 'id'={wanted}")
    return items[wanted]


def _may(scope: str) -> None:
    """Refuse unless the token has ``scope``; reading is part of writing."""
    domain, _, level = scope.partition(":")
    accepted = {f"{domain}:all", scope} if level == "readonly" else {scope}
    if not accepted.intersection(g.scopes):
        raise Refusal(403, f'Access to this resource requires scope "{scope}".')


def _json() -> Any:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise bodies.BadBody("the body is not a JSON object", "ValidateError")
    return body


def _link(path: str) -> str:
    return f"{request.host_url}pennylane{path}"


def _file_url(item: Invoice) -> str:
    until = int(g.books.world.time()) + FILE_URL_SECONDS
    return _link(f"{FILE_ROUTE}?encrypted_id={_signature(item, until)}")


def _signature(item: Invoice, until: int) -> str:
    digest = hmac.new(_FILE_URL_KEY, f"{item.id}.{until}.{item.file.sha256}".encode(), hashlib.sha256).hexdigest()
    return f"{item.id}.{until}.{digest}"


def _signed_invoice(world: World, companies: Mapping[str, Books], text: str) -> Invoice | None:
    """The invoice of a file link, when the link is ours and not older than half an hour."""
    parts = text.split(".")
    if len(parts) != 3 or not (parts[0].isdecimal() and parts[1].isdecimal()) or int(parts[1]) < world.time():
        return None
    with world.lock:
        held = (books.invoices.get(int(parts[0])) for books in companies.values())
        return next(
            (each for each in held if each and hmac.compare_digest(_signature(each, int(parts[1])), text)), None
        )


# -- quota ---------------------------------------------------------------------------------------------------------
def _quota_headers(standings: list[Standing]) -> dict[str, str]:
    standing = standings[0]
    return {
        "ratelimit-limit": str(standing.limit.count),
        "ratelimit-remaining": str(standing.remaining),
        "ratelimit-reset": str(ceil(standing.reset_at)),
    }


def _quota_refusal(world: World) -> Any:
    def refuse(standings: list[Standing]) -> tuple[dict[str, str], str, bytes]:
        seconds = max(1, ceil(standings[0].reset_at - world.time()))
        text = f"Rate limit exceeded. Please retry in {seconds} seconds."
        return {"retry-after": str(seconds)}, "text/plain", text.encode()

    return refuse
