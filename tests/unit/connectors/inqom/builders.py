"""Entries, ledgers and a puppet sandbox for Inqom's tests."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

import flask
import msgspec
from hypothesis import strategies as st

from sellsy_ledger.connectors.base import PostedLine, PostingRequest
from sellsy_ledger.connectors.inqom.connector import InqomConnector
from sellsy_ledger.connectors.inqom.reading import HeldEntry
from sellsy_ledger.core.documents import Direction, Kind, SupportingDocument
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, Ledger
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.server import Sandbox
from tests.contract.suite import transports

SECRETS = {
    "client_id": "demo-client-inqom",
    "client_secret": "demo-secret-inqom",
    "username": "demo-user-inqom",
    "password": "demo-password-inqom",
}
NUMBERS = ("411000", "401000", "706000", "707000", "445710", "445711", "607000", "445662", "445200", "758000", "658000")
LEDGER = Ledger(
    accounts=tuple(Account(number=number, label=f"Compte {number}") for number in NUMBERS),
    journals=(
        Journal(code="VE", label="Ventes", kind="sales", tool_id="501"),
        Journal(code="AC", label="Achats", kind="purchases", tool_id="502"),
    ),
    fiscal_years=(
        FiscalYear(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31), tool_id="7003"),
        FiscalYear(start=dt.date(2025, 1, 1), end=dt.date(2025, 12, 31), closed=True, tool_id="7002"),
    ),
    tool="inqom",
)
CUSTOMER = LedgerThirdParty(auxiliary_account="4111EXEMPLE", name="Exemple", direction=Direction.SALES, code="EXEMPLE")
SUPPLIER = LedgerThirdParty(auxiliary_account="4011PAPIER", name="Papier SA", direction=Direction.PURCHASES)
DAY = dt.date(2026, 2, 3)
PDF = b"%PDF-1.7\n%%EOF\n"
SALE = (
    EntryLine(
        account="411000", auxiliary_account="4111EXEMPLE", label="Exemple", debit_cents=12005, role=Role.THIRD_PARTY
    ),
    EntryLine(account="706000", label="Conseil", credit_cents=10004, role=Role.NET),
    EntryLine(account="445710", label="Exemple", credit_cents=2001, role=Role.VAT),
)
REVERSE_CHARGE = (
    EntryLine(
        account="401000", auxiliary_account="4011PAPIER", label="Papier SA", credit_cents=50000, role=Role.THIRD_PARTY
    ),
    EntryLine(account="607000", label="Papier", debit_cents=50000, role=Role.NET),
    EntryLine(account="445662", label="Papier SA", debit_cents=10000, role=Role.VAT),
    EntryLine(account="445200", label="Papier SA", credit_cents=10000, role=Role.VAT),
)


def request(**changes: Any) -> PostingRequest:
    """A sales invoice of 120.05 €, without PDF; fields of the entry or of the request may be changed."""
    entry = JournalEntry(
        journal="VE", date=DAY, piece="FAC-1", number="FAC-1", piece_date=DAY, due_date=None, lines=SALE
    )
    entry = msgspec.structs.replace(
        entry, **{name: changes.pop(name) for name in list(changes) if name in JournalEntry.__struct_fields__}
    )
    made = PostingRequest(
        posting_key="sellsy:4242:sales_invoice:7",
        kind=Kind.SALES_INVOICE,
        entry=entry,
        third_party=CUSTOMER,
        ledger=LEDGER,
        draft=False,
    )
    return msgspec.structs.replace(made, **changes)


def with_pdf(made: PostingRequest, pdf: bytes = PDF) -> PostingRequest:
    """The same with a PDF."""
    document = SupportingDocument(
        path="x.pdf", file_name="FAC-1.pdf", sha256=hashlib.sha256(pdf).hexdigest(), size_bytes=len(pdf)
    )
    return msgspec.structs.replace(made, pdf=pdf, supporting_document=document)


def purchase(**changes: Any) -> PostingRequest:
    """A purchase whose VAT the buyer owes himself."""
    changes = {"journal": "AC", "number": "F/2026/99", "piece": "F/2026/99", "lines": REVERSE_CHARGE} | changes
    made = request(**changes)
    return msgspec.structs.replace(
        made, kind=Kind.PURCHASE_INVOICE, third_party=SUPPLIER, posting_key="sellsy:4242:purchase_invoice:8"
    )


def held(made: PostingRequest, **changes: Any) -> HeldEntry:
    """The request's own entry as the list of lines shows it."""
    lines = tuple(
        PostedLine(
            account=line.auxiliary_account or line.account,
            debit_cents=line.debit_cents,
            credit_cents=line.credit_cents,
            label=line.label.upper(),
        )
        for line in made.entry.lines
    )
    known = HeldEntry(
        entry_id="1",
        date=made.entry.date,
        journal=made.entry.journal,
        document_id="9",
        reference=made.entry.number,
        external_ids=frozenset(),
        lines=lines,
    )
    return msgspec.structs.replace(known, **changes)


@st.composite
def requests(draw: st.DrawFn) -> PostingRequest:
    """Balanced sales and credit notes of one to five net lines."""
    nets = draw(st.lists(st.integers(1, 10_000_000), min_size=1, max_size=5))
    is_credit_note = draw(st.booleans())
    label = draw(st.text(st.characters(min_codepoint=33, max_codepoint=591), min_size=1, max_size=60))
    us, them = ("credit_cents", "debit_cents") if is_credit_note else ("debit_cents", "credit_cents")
    lines = [
        msgspec.structs.replace(SALE[0], label=f"a{label}", debit_cents=0, credit_cents=0),
        *(EntryLine(account="706000", label=f"a{label}", role=Role.NET, **{them: net}) for net in nets),
    ]
    lines[0] = msgspec.structs.replace(lines[0], **{us: sum(nets)})
    kind = Kind.SALES_CREDIT_NOTE if is_credit_note else Kind.SALES_INVOICE
    made = request(lines=tuple(lines), kind=kind)
    return with_pdf(made) if draw(st.booleans()) else made


# -- the sandbox with answers put in -----------------------------------------------------------------------------
Answer = Callable[[], Any]
ENTRIES = "/v1/dossiers/90210/entries"
DOCUMENTS = "/documents/api/accounting-documents/accounting-folders/90210/Documents"
OPERATIONS = "/api/app/enterprises/90210/operations"
TOKEN = "/auth/identity/connect/token"


def answer(code: int, body: Any = None, *, text: str | None = None) -> Answer:
    """One answer: JSON, or plain text."""
    return lambda: (
        flask.Response(text, code, mimetype="text/plain") if text is not None else (flask.jsonify(body), code)
    )


class Puppet:
    """``puppet.say("POST /path", answer, …)`` replaces the next answers of a route."""

    def __init__(self, world: World | None = None) -> None:
        self.sandbox = Sandbox(quota=False, world=world)
        self.waits: list[float] = []
        self.seen: list[tuple[str, str, bytes]] = []
        self._lines: dict[str, list[Answer]] = {}
        self.sandbox.app.before_request(self._prompt)

    def say(self, route: str, *lines: Answer) -> None:
        self._lines.setdefault(route, []).extend(lines)

    def _prompt(self) -> Any:
        path = flask.request.path.removeprefix("/inqom")
        self.seen.append((flask.request.method, path, flask.request.get_data(parse_form_data=False)))
        key = f"{flask.request.method} {path}"
        return self._lines[key].pop(0)() if self._lines.get(key) else None

    def connect(self, secrets: dict[str, str] | None = None, **options: str) -> InqomConnector:
        given = {
            "dossier_id": "90210",
            "documents_url": f"{self.sandbox.url}/inqom/documents",
            "auth_url": f"{self.sandbox.url}/inqom/auth",
            **options,
        }
        connector = InqomConnector.from_credentials(
            base_url=f"{self.sandbox.url}/inqom",
            secrets=secrets or SECRETS,
            options=given,
            throttle=Throttle([(100_000, 1.0)]),
        )
        for transport in transports(connector):
            transport.sleep = self.waits.append
            transport.timeout_seconds = (2.0, 2.0)
        return connector

    def count(self, method: str, path: str) -> int:
        """How often a path was asked for."""
        return sum(1 for one, where, _ in self.seen if (one, where) == (method, path))
