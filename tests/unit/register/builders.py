"""Small documents, parties and entries for tests of the register."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec

from sellsy_ledger.core.documents import Direction, Document, Kind, Row, SupportingDocument, ThirdPartyRef, VatAmount
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role, Why
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty

COMPANY = "atelier"
WHO = "sync__atelier/run-1"

ACME = ThirdParty(direction=Direction.SALES, type="company", id=7, name="Acmé & Fils", siret="73282932000074")
ACME_IN_TOOL = LedgerThirdParty(auxiliary_account="411ACME", name="ACME", direction=Direction.SALES, tool_id="91")
PDF = SupportingDocument(path="atelier/pdf/1.pdf", file_name="F-1.pdf", sha256="ab" * 32, size_bytes=1200)


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.at = dt.datetime(2026, 2, 1, 2, 0, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += dt.timedelta(seconds=seconds)


def document(identity: int = 1, /, **fields: Any) -> Document:
    """A sales invoice of 120.00 with one row."""
    plain = Document(
        kind=Kind.SALES_INVOICE,
        id=identity,
        number=f"F-{identity}",
        date=dt.date(2026, 1, 15),
        currency="EUR",
        gross_cents=12000,
        net_cents=10000,
        vat=(VatAmount(tax_id=911, rate=Decimal("20.00"), vat_cents=2000),),
        rows=(Row(net=Decimal("100.000"), tax_id=911, rate=Decimal("20.00"), description="Conseil"),),
        third_party=ThirdPartyRef(type="company", id=7),
        third_party_name="Acmé & Fils",
    )
    return msgspec.structs.replace(plain, **fields)


def entry(number: int = 1, /) -> JournalEntry:
    """The balanced entry of :func:`document`."""
    lines = (
        EntryLine(
            account="411000", auxiliary_account="411ACME", label="Acmé", debit_cents=12000, role=Role.THIRD_PARTY
        ),
        EntryLine(account="706000", label="Conseil", credit_cents=10000, vat_code="C20", role=Role.NET, why=Why("net")),
        EntryLine(account="445710", label="TVA", credit_cents=2000, vat_code="C20", role=Role.VAT),
    )
    day = dt.date(2026, 1, 15)
    return JournalEntry(
        journal="VE", date=day, piece=f"F-{number}", number=f"F-{number}", piece_date=day, due_date=None, lines=lines
    )
