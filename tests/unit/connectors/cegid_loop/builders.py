"""Entries, ledgers and connectors for Cegid Loop's tests."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

import flask
import msgspec
import requests
from hypothesis import strategies as st

from sellsy_ledger.connectors.base import Deposit, PostingRequest
from sellsy_ledger.connectors.cegid_loop.connector import CegidLoopConnector
from sellsy_ledger.connectors.cegid_loop.options import Options
from sellsy_ledger.core.documents import Direction, Kind, SupportingDocument
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import Account, Journal, Ledger
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger_sandbox.server import Sandbox

PDF = b"%PDF-1.7\n%%EOF\n"
NUMBERS = ("411000", "401000", "706000", "707000", "445710", "445711", "758000", "658000")
LEDGER = Ledger(
    accounts=tuple(Account(number=number, label=number) for number in NUMBERS),
    journals=(Journal(code="VE", kind="sales"), Journal(code="AC", kind="purchases"), Journal(code="AN", open=False)),
    tool="cegid_loop",
)
PARTY = LedgerThirdParty(auxiliary_account="CEXEMPLE", name="Exemple SARL", direction=Direction.SALES)
DAY = dt.date(2026, 2, 3)
OPTIONS = Options.read({"dossier_code": "DEMO01"})
SECRETS = {
    "subscription_key": "demo-subscription-cegid",
    "api_key": "demo-key-cegid",
    "client_secret": "demo-secret-cegid",
}


def document(pdf: bytes = PDF) -> SupportingDocument:
    return SupportingDocument(
        path="demo/1.pdf", file_name="F-1.pdf", sha256=hashlib.sha256(pdf).hexdigest(), size_bytes=len(pdf)
    )


def request(**changes: Any) -> PostingRequest:
    """A sales invoice of 120.05 €, without PDF unless one is given."""
    lines = (
        EntryLine(
            account="411000",
            auxiliary_account="CEXEMPLE",
            label="Exemple SARL",
            debit_cents=12005,
            role=Role.THIRD_PARTY,
        ),
        EntryLine(account="706000", label="Exemple SARL", credit_cents=10004, role=Role.NET),
        EntryLine(account="445710", label="Exemple SARL", credit_cents=2001, role=Role.VAT),
    )
    entry = JournalEntry(
        journal="VE",
        date=DAY,
        piece="F-2026-0042",
        number="F-2026-0042",
        piece_date=DAY,
        due_date=dt.date(2026, 3, 5),
        lines=lines,
    )
    entry = msgspec.structs.replace(
        entry, **{name: changes.pop(name) for name in list(changes) if name in JournalEntry.__struct_fields__}
    )
    made = PostingRequest(
        posting_key="sellsy:4242:sales_invoice:990042",
        kind=Kind.SALES_INVOICE,
        entry=entry,
        third_party=PARTY,
        ledger=LEDGER,
        draft=False,
    )
    return msgspec.structs.replace(made, **changes)


def deposit(**changes: Any) -> Deposit:
    made = Deposit(
        posting_key="sellsy:4242:purchase_invoice:77",
        kind=Kind.PURCHASE_INVOICE,
        number="F/2026 n° 42",
        date=DAY,
        third_party_name="Exemple",
        pdf=PDF,
        supporting_document=document(),
    )
    return msgspec.structs.replace(made, **changes)


@st.composite
def requests_of_any_shape(draw: st.DrawFn) -> PostingRequest:
    """Balanced entries with any amounts, lines of zero and sides."""
    amounts = draw(st.lists(st.integers(0, 10**9), min_size=1, max_size=8).filter(any))
    purchase = draw(st.booleans())
    control, code = ("401000", "FEXEMPLE") if purchase else ("411000", "CEXEMPLE")
    side, other = ("credit_cents", "debit_cents") if purchase else ("debit_cents", "credit_cents")
    third = EntryLine(
        account=control,
        auxiliary_account=code,
        label="Exemple",
        role=Role.THIRD_PARTY,
        **{side: sum(amounts)},  # type: ignore[arg-type]
    )
    accounts = st.sampled_from(["706", "707000", "445710", "7580000"])
    nets = [
        EntryLine(account=draw(accounts), label="Exemple", role=Role.NET, **{other: amount})  # type: ignore[arg-type]
        for amount in amounts
    ]
    return request(
        lines=(third, *nets),
        date=draw(st.dates(dt.date(2025, 1, 1), dt.date(2026, 12, 31))),
        kind=Kind.PURCHASE_INVOICE if purchase else Kind.SALES_INVOICE,
    )


class Puppet:
    """The sandbox with answers put in: ``puppet.say("GET /journal", answer, …)`` replaces the next ones."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(quota=False)
        self.waits: list[float] = []
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self._lines: dict[str, list[Callable[[], Any]]] = {}
        self.sandbox.app.before_request(self._prompt)

    def say(self, route: str, *lines: Callable[[], Any]) -> None:
        self._lines.setdefault(route, []).extend(lines)

    def _prompt(self) -> Any:
        path = flask.request.path.removeprefix("/cegid_loop")
        self.seen.append((f"{flask.request.method} {path}", dict(flask.request.args), flask.request.get_data()))
        key = f"{flask.request.method} {path}"
        return self._lines[key].pop(0)() if self._lines.get(key) else None

    def connect(self, **options: str) -> CegidLoopConnector:
        connector = CegidLoopConnector.from_credentials(
            base_url=f"{self.sandbox.url}/cegid_loop",
            secrets=SECRETS,
            options={"dossier_code": "DEMO01", "deposit_hosts": self.sandbox.url, **options},
            throttle=Throttle([(100_000, 1.0)]),
        )
        connector.client.transport.sleep = self.waits.append
        return connector

    def control(self, name: str, body: Any = None) -> Any:
        answer = requests.post(f"{self.sandbox.url}/_sandbox/cegid_loop/{name}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def post(self, connector: CegidLoopConnector, wanted: PostingRequest) -> Any:
        """Post and let the import end."""
        receipt = connector.post_entry(wanted)
        self.control("advance")
        return connector.wait_until_done(wanted, receipt)

    def of_sandbox(self, connector: CegidLoopConnector, **changes: Any) -> PostingRequest:
        """The usual request on the sandbox's own ledger."""
        return request(ledger=connector.read_ledger(), **changes)

    def calls(self, route: str) -> int:
        return self.sandbox.calls().get("cegid_loop", {}).get(route, 0)


def answer(body: Any, code: int = 200) -> Callable[[], Any]:
    return lambda: (flask.jsonify(body), code)
