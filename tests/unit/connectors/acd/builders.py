"""Entries, ledgers and third parties for ACD's tests."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import strategies as st

from sellsy_ledger.connectors.acd.settings import AcdSettings
from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.core.documents import Direction, Kind, SupportingDocument
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, Ledger, VatCode
from sellsy_ledger.core.third_parties import LedgerThirdParty

NUMBERS = ("411000", "401000", "706000", "707000", "607000", "445710", "445711", "445660", "758000", "658000")
LEDGER = Ledger(
    accounts=tuple(Account(number=number, label=number) for number in NUMBERS),
    journals=(
        Journal(code="VE", kind="sales", tool_id="NumeroFacture"),
        Journal(code="AC", kind="purchases"),
    ),
    vat_codes=(VatCode(code="C20"), VatCode(code="D20")),
    fiscal_years=(FiscalYear(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31)),),
    account_length=6,
    tool="acd",
)
SETTINGS = AcdSettings(code_dossier="DEMO01")
CUSTOMER = LedgerThirdParty(auxiliary_account="CEXEMPLE", name="Exemple", direction=Direction.SALES)
SUPPLIER = LedgerThirdParty(auxiliary_account="FPAPIER", name="Papier", direction=Direction.PURCHASES)
DAY = dt.date(2026, 2, 3)
KEY = "sellsy:4242:sales_invoice:7"
PDF = b"%PDF-1.7 a document"
SECRETS = {"login": "demo-login-acd", "password": "demo-password-acd"}


def line(account: str, debit: int, credit: int, role: Role = Role.NET, **changes: Any) -> EntryLine:
    made = EntryLine(account=account, label="Exemple", debit_cents=debit, credit_cents=credit, role=role)
    return msgspec.structs.replace(made, **changes)


def request(**changes: Any) -> PostingRequest:
    """A sales invoice of 120.05 €; fields of the entry are changed in the entry."""
    lines = (
        line("411000", 12005, 0, Role.THIRD_PARTY, auxiliary_account="CEXEMPLE"),
        line("706000", 0, 10004, vat_code="C20"),
        line("445710", 0, 2001, Role.VAT, vat_code="C20"),
    )
    entry = JournalEntry(
        journal="VE", date=DAY, piece="FAC-1", number="FAC-1", piece_date=DAY, due_date=None, lines=lines
    )
    own = {name: changes.pop(name) for name in list(changes) if name in JournalEntry.__struct_fields__}
    entry = msgspec.structs.replace(entry, **own)
    made = PostingRequest(
        posting_key=KEY,
        kind=Kind.SALES_INVOICE,
        entry=entry,
        third_party=CUSTOMER,
        ledger=LEDGER,
        draft=False,
    )
    return msgspec.structs.replace(made, **changes)


def with_pdf(made: PostingRequest, pdf: bytes = PDF) -> PostingRequest:
    document = SupportingDocument(
        path="p", file_name="FAC-1.pdf", sha256=hashlib.sha256(pdf).hexdigest(), size_bytes=len(pdf)
    )
    return msgspec.structs.replace(made, pdf=pdf, supporting_document=document)


def credit_note() -> PostingRequest:
    """A supplier's credit note of 24 €: sides reversed, amounts positive."""
    lines = (
        line("401000", 2400, 0, Role.THIRD_PARTY, auxiliary_account="FPAPIER", label="Papier"),
        line("607000", 0, 2000, vat_code="D20", label="Ramettes A4"),
        line("445660", 0, 400, Role.VAT, vat_code="D20", label="Papier"),
    )
    made = request(
        journal="AC",
        piece="AV-9",
        number="AV-9",
        lines=lines,
        posting_key="sellsy:4242:purchase_credit_note:9",
        kind=Kind.PURCHASE_CREDIT_NOTE,
        third_party=SUPPLIER,
    )
    return with_pdf(made)


def as_sent(body: Any) -> Any:
    """The body as it stands on the wire, read back with exact numbers."""
    wire = msgspec.json.Encoder(decimal_format="number").encode(body)
    return json.loads(wire, parse_float=Decimal)


labels = st.text(min_size=1, max_size=50).filter(lambda text: text.strip() != "")
cents = st.integers(1, 10**13)
days = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))


@st.composite
def requests(draw: st.DrawFn) -> PostingRequest:
    """Balanced entries of any size, side, date and label."""
    on_debit = draw(st.booleans())
    amounts = draw(st.lists(cents, min_size=1, max_size=12))
    side, other = ("debit_cents", "credit_cents") if on_debit else ("credit_cents", "debit_cents")
    party = EntryLine(
        account="411000",
        auxiliary_account="CEXEMPLE",
        label=draw(labels),
        role=Role.THIRD_PARTY,
        **{side: sum(amounts)},
    )
    others = [
        EntryLine(
            account=draw(st.sampled_from(NUMBERS[2:])),
            label=draw(labels),
            role=Role.NET,
            vat_code=draw(st.sampled_from([None, "C20"])),
            **{other: amount},
        )
        for amount in amounts
    ]
    zero = [EntryLine(account="706000", label="nothing", role=Role.NET)] if draw(st.booleans()) else []
    return request(
        lines=(party, *others, *zero),
        journal=draw(st.sampled_from(["VE", "AC"])),
        date=draw(days),
        due_date=draw(st.none() | days),
        piece=draw(st.text(min_size=1, max_size=30)),
        posting_key=f"sellsy:4242:sales_invoice:{draw(st.integers(1, 10**9))}",
    )
