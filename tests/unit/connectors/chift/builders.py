"""Entries as the core makes them, in every shape that changes what Chift receives; a ledger; a sandbox to play with."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import flask
import requests
from hypothesis import strategies as st

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.chift import answers
from sellsy_ledger.connectors.chift.connector import ChiftConnector
from sellsy_ledger.connectors.chift.vat_codes import vat_code
from sellsy_ledger.core.documents import Direction, Kind, SupportingDocument
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, Ledger
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger_sandbox import ledger as common
from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.server import Sandbox

DAY = dt.date(2026, 2, 3)
CODES = {
    Direction.SALES: ("C20", "C10", "C55", "C0", "CG"),
    Direction.PURCHASES: ("D20", "D10", "D0", "DAE"),
}
ROUNDING_CODES = {Direction.SALES: "C0", Direction.PURCHASES: "D0"}
ACCOUNTS = {
    Direction.SALES: ("706000", "707000", "708500"),
    Direction.PURCHASES: ("607000", "606400", "626000"),
}
CONTROLS = {Direction.SALES: "411000", Direction.PURCHASES: "401000"}
RATES = {each["code"]: Decimal(each["rate"]) for each in common.VAT_CODES}
VAT_ACCOUNTS = {each["code"]: each["account"] for each in common.VAT_CODES}

LEDGER = Ledger(
    accounts=tuple(Account(number=each["number"]) for each in common.CHART),
    journals=(
        Journal(code="VE", kind="sales", tool_id="VE"),
        Journal(code="AC", kind="purchases", tool_id="AC"),
        Journal(code="VX", kind="sales", tool_id="VX", open=False),
    ),
    vat_codes=tuple(
        vat_code(
            answers.VatCode(
                id=each["code"],
                rate=Decimal(each["rate"]),
                type="sale" if each["direction"] == "sales" else "purchase",
                payable_account=each["account"] if each["direction"] == "sales" else each["reverse_charge_account"],
                deductible_account=None if each["direction"] == "sales" else each["account"],
                reversed=each["reverse_charge_account"] is not None,
            )
        )
        for each in common.VAT_CODES
    ),
    fiscal_years=(
        FiscalYear(start=dt.date(2025, 1, 1), end=dt.date(2025, 12, 31), closed=True),
        FiscalYear(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31)),
    ),
)
PARTIES = {
    direction: LedgerThirdParty(
        auxiliary_account=f"{CONTROLS[direction][:3]}EXEMPLE",
        name="Exemple",
        direction=direction,
        tool_id=f"P-{number}",
    )
    for number, direction in enumerate(Direction, 1)
}

Net = tuple[str, str, int]
"""Account, VAT code, signed cents."""


@st.composite
def entries(draw: st.DrawFn) -> tuple[Kind, JournalEntry]:
    """A balanced entry: several codes, negative lines, VAT a few cents off its rate, a rounding line, lines without
    code, VAT on another account, wild texts.
    """
    kind = draw(st.sampled_from(Kind))
    accounts, codes = ACCOUNTS[kind.direction], CODES[kind.direction]
    net = st.tuples(st.sampled_from(accounts), st.sampled_from(codes), st.integers(-30_000, 500_000))
    nets = draw(st.lists(net.filter(lambda each: each[2] != 0), min_size=1, max_size=7))
    noise = {code: draw(st.sampled_from([0, 0, 0, 1, -1, 3])) for code in sorted({code for _, code, _ in nets})}
    rounding = draw(st.sampled_from([0, 0, 0, 1, -1, 2, -3]))
    code = draw(st.sampled_from([ROUNDING_CODES[kind.direction], ROUNDING_CODES[kind.direction], None]))
    due = draw(st.sampled_from([None, DAY, DAY + dt.timedelta(days=45), DAY - dt.timedelta(days=3)]))
    label = draw(st.text(max_size=80))
    elsewhere = draw(st.sampled_from([False, False, False, True]))
    return kind, make_entry(
        kind, nets, noise, rounding, rounding_code=code, due_date=due, label=label, vat_elsewhere=elsewhere
    )


def make_entry(
    kind: Kind,
    nets: list[Net],
    noise: dict[str, int] | None = None,
    rounding: int = 0,
    *,
    rounding_code: str | None = "",
    due_date: dt.date | None = None,
    label: str = "Exemple Conseil",
    number: str = "F-2026-0001",
    vat_elsewhere: bool = False,
) -> JournalEntry:
    """The entry of a document; amounts are seen from the document, sides follow from its kind.

    Args:
        kind: invoice or credit note, sale or purchase.
        nets: the net lines.
        noise: VAT code → cents by which the document's VAT is off its rate.
        rounding: cents that the lines lack.
        rounding_code: VAT code of the rounding line; ``""`` = the usual one.
        due_date: may lie before the date, as in the wild.
        label: every line's label.
        number: the document's number.
        vat_elsewhere: VAT on an account that is not its code's.
    """
    bases: defaultdict[str, int] = defaultdict(int)
    lines = []
    for account, code, cents in nets:
        bases[code] += cents
        lines.append(_line(kind, account, cents, label, code, Role.NET))
    for code, base in bases.items():
        account = VAT_ACCOUNTS[code]
        if not account or RATES[code] == 0 or code == "DAE":
            continue
        vat = round(base * RATES[code] / 100) + (noise or {}).get(code, 0)
        if vat:
            lines.append(_line(kind, "445800" if vat_elsewhere else account, vat, label, code, Role.VAT))
    if rounding:
        code_or_none = ROUNDING_CODES[kind.direction] if rounding_code == "" else rounding_code
        on_credit = (kind.direction is Direction.SALES) != kind.is_credit_note
        account = "758000" if on_credit == (rounding > 0) else "658000"
        lines.append(_line(kind, account, rounding, label, code_or_none, Role.ROUNDING))
    gap = sum(line.debit_cents - line.credit_cents for line in lines)
    third_party = EntryLine(
        account=CONTROLS[kind.direction],
        auxiliary_account=PARTIES[kind.direction].auxiliary_account,
        label=label,
        debit_cents=max(-gap, 0),
        credit_cents=max(gap, 0),
        role=Role.THIRD_PARTY,
    )
    return JournalEntry(
        journal="VE" if kind.direction is Direction.SALES else "AC",
        date=DAY,
        piece="".join(character for character in number if character.isalnum()),
        number=number,
        piece_date=DAY,
        due_date=due_date,
        lines=(third_party, *lines),
    )


def _line(kind: Kind, account: str, cents: int, label: str, code: str | None, role: Role) -> EntryLine:
    on_credit = (kind.direction is Direction.SALES) != kind.is_credit_note
    credit = cents if on_credit else -cents
    return EntryLine(
        account=account,
        label=label,
        debit_cents=max(-credit, 0),
        credit_cents=max(credit, 0),
        vat_code=code,
        role=role,
    )


def request_for(
    kind: Kind,
    entry: JournalEntry,
    *,
    ledger: Ledger = LEDGER,
    third_party: LedgerThirdParty | None = None,
    key: str = "sellsy:1:sales_invoice:1",
    pdf: bytes | None = b"%PDF-1.7 one",
    draft: bool = False,
) -> PostingRequest:
    """What the pipeline would hand over."""
    document = None
    if pdf is not None:
        document = SupportingDocument(
            path="p", file_name="F.pdf", sha256=hashlib.sha256(pdf).hexdigest(), size_bytes=len(pdf)
        )
    return PostingRequest(
        posting_key=key,
        kind=kind,
        entry=entry,
        third_party=third_party or PARTIES[kind.direction],
        ledger=ledger,
        draft=draft,
        pdf=pdf,
        supporting_document=document,
    )


SECRETS = {
    "client_id": "demo-client-chift",
    "client_secret": "demo-secret-chift",
    "account_id": "00000000-0000-4000-8000-0000000000c1",
}
Answer = Callable[[], Any]


def answer(code: int, /, body: Any = None, **fields: Any) -> Answer:
    """An answer to put into the sandbox's mouth."""
    return lambda: (flask.jsonify(fields if body is None else body), code)


class Stage:
    """The sandbox with answers put in: ``stage.say("POST /clients", answer, …)`` replaces the next ones (the route is
    what follows ``/accounting``, or the whole path).
    """

    def __init__(self) -> None:
        self.now = 1_770_000_000.0
        self.sandbox = Sandbox(quota=False, world=World(time=lambda: self.now))
        self.waits: list[float] = []
        self.request_ids: list[str] = []
        self._lines: dict[str, list[Answer]] = {}
        self.sandbox.app.before_request(self._prompt)

    def say(self, route: str, *lines: Answer) -> None:
        self._lines.setdefault(route, []).extend(lines)

    def _prompt(self) -> Any:
        path = flask.request.path.removeprefix("/chift")
        if request_id := flask.request.headers.get("X-Chift-Client-RequestId"):
            self.request_ids.append(request_id)
        for told in (path, path.partition("/accounting")[2]):
            key = f"{flask.request.method} {told}"
            if self._lines.get(key):
                return self._lines[key].pop(0)()
        return None

    def connect(
        self, behind: str = "sage100", *, secrets: dict[str, str] | None = None, **options: str
    ) -> ChiftConnector:
        folder = {"folder_id": "EXEMPLE"} if behind == "acd" else {}
        given = {"consumer_id": f"demo-consumer-{behind.replace('_', '-')}", "behind": behind} | folder | options
        connector = ChiftConnector.from_credentials(
            base_url=f"{self.sandbox.url}/chift",
            secrets=secrets or SECRETS,
            options={name: value for name, value in given.items() if value},
            throttle=Throttle([(100_000, 1.0)]),
        )
        connector.client.session.transport.sleep = self.waits.append
        return connector

    def control(self, path: str, **changes: Any) -> None:
        requests.post(f"{self.sandbox.url}/_sandbox/chift/{path}", json=changes, timeout=10).raise_for_status()

    def calls(self, route: str) -> int:
        return self.sandbox.calls().get("chift", {}).get(route, 0)
