"""Entries, ledgers and third parties for MyUnisoft's tests."""

from __future__ import annotations

import datetime as dt
import json
import string
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import strategies as st

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.core.documents import Direction, Kind, SupportingDocument
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import Account, Journal, Ledger
from sellsy_ledger.core.third_parties import LedgerThirdParty

NUMBERS = ("411000", "706000", "707000", "445710", "445711", "758000", "658000")
LEDGER = Ledger(
    accounts=tuple(Account(number=number, label=number, tool_id=str(100 + i)) for i, number in enumerate(NUMBERS)),
    journals=(Journal(code="VE", kind="sales", tool_id="7"), Journal(code="AC", kind="purchases", tool_id="8")),
    account_length=6,
    tool="myunisoft",
)
PARTY = LedgerThirdParty(
    auxiliary_account="411EXEMPLE", name="Exemple", direction=Direction.SALES, tool_id="55", account_tool_id="55"
)
DAY = dt.date(2026, 2, 3)


def request(**changes: Any) -> PostingRequest:
    """A sales invoice of 120.05 €."""
    lines = (
        EntryLine(
            account="411000", auxiliary_account="411EXEMPLE", label="Exemple", debit_cents=12005, role=Role.THIRD_PARTY
        ),
        EntryLine(account="706000", label="Exemple", credit_cents=10004, role=Role.NET),
        EntryLine(account="445710", label="Exemple", credit_cents=2001, role=Role.VAT),
    )
    entry = JournalEntry(
        journal="VE", date=DAY, piece="FAC1", number="FAC-1", piece_date=DAY, due_date=None, lines=lines
    )
    entry = msgspec.structs.replace(
        entry, **{name: changes.pop(name) for name in list(changes) if name in JournalEntry.__struct_fields__}
    )
    made = PostingRequest(
        posting_key="sellsy:4242:sales_invoice:7",
        kind=Kind.SALES_INVOICE,
        entry=entry,
        third_party=PARTY,
        ledger=LEDGER,
        draft=False,
    )
    return msgspec.structs.replace(made, **changes)


def as_sent(body: Any) -> Any:
    """The body as it stands on the wire, read back with exact numbers."""
    wire = msgspec.json.Encoder(decimal_format="number").encode(body)
    return json.loads(wire, parse_float=Decimal)


labels = st.text(min_size=1, max_size=50).filter(lambda text: text.strip() != "")
pieces = st.text(string.ascii_letters + string.digits, min_size=0, max_size=25)
cents = st.integers(1, 10**13)
days = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))


@st.composite
def requests(draw: st.DrawFn) -> PostingRequest:
    """Balanced entries of any size, side, date, label and attachment."""
    on_debit = draw(st.booleans())
    amounts = draw(st.lists(cents, min_size=1, max_size=12))
    side, other = ("debit_cents", "credit_cents") if on_debit else ("credit_cents", "debit_cents")
    party = EntryLine(
        account="411000",
        auxiliary_account="411EXEMPLE",
        label=draw(labels),
        role=Role.THIRD_PARTY,
        **{side: sum(amounts)},
    )
    others = [
        EntryLine(account=draw(st.sampled_from(NUMBERS[1:])), label=draw(labels), role=Role.NET, **{other: amount})
        for amount in amounts
    ]
    zero = [EntryLine(account="706000", label="nothing", role=Role.NET)] if draw(st.booleans()) else []
    day = draw(days)
    pdf = draw(st.none() | st.binary(min_size=1, max_size=200))
    name = draw(st.text(max_size=120))
    document = SupportingDocument(path="p", file_name=name, sha256="s", size_bytes=1) if pdf is not None else None
    return request(
        lines=(party, *others, *zero),
        date=day,
        due_date=draw(st.none() | days),
        piece=draw(pieces),
        pdf=pdf,
        supporting_document=document,
        description=draw(st.text(max_size=400)),
        service_period=draw(st.none() | st.tuples(days, days)),
    )
