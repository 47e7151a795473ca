"""Requests, folders and depots for the tests of Sage 100."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import IO, Any

import msgspec

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.sage100.connector import Sage100Connector
from sellsy_ledger.connectors.sage100.depot import LocalDepot
from sellsy_ledger.connectors.sage100.files import FilesConnector
from sellsy_ledger.connectors.sage100.options import FileOptions
from sellsy_ledger.core.documents import Direction, Kind, SupportingDocument
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import Account, Journal, Ledger
from sellsy_ledger.core.third_parties import Address, LedgerThirdParty, ThirdParty

DAY = dt.date(2026, 2, 3)
UNLISTED = Ledger(tool="sage100", unlisted=("accounts", "journals"))
NUMBERS = ("411000", "706000", "445710")
LISTED = Ledger(
    accounts=tuple(Account(number=number, tool_id=f"cpt-{number}") for number in NUMBERS),
    journals=(Journal(code="VE", kind="sales", tool_id="jo-VE"),),
    tool="sage100",
)
PARTY = LedgerThirdParty(
    auxiliary_account="CEXEMPLE", name="Exemple SARL", direction=Direction.SALES, tool_id="atelier-tiers-1"
)
SOURCE = ThirdParty(
    direction=Direction.SALES,
    type="company",
    id=7,
    name="Exemple SARL",
    siret="73282932000074",
    vat_number="FR44732829320",
    address=Address(line="1 rue de l'Exemple", postal_code="69001", city="Lyon", country_code="FR"),
)
PDF = b"%PDF-1.7 document "


def request(n: int = 1, /, *, pdf: bytes | None = None, gross: int = 12000, **changes: Any) -> PostingRequest:
    """A sales invoice of 120 €; further changes go to the entry or the request."""
    net = gross * 5 // 6
    lines = (
        EntryLine(
            account="411000", auxiliary_account="CEXEMPLE", label="Exemple", debit_cents=gross, role=Role.THIRD_PARTY
        ),
        EntryLine(account="706000", label="Conseil", credit_cents=net, role=Role.NET),
        EntryLine(account="445710", label="TVA", credit_cents=gross - net, role=Role.VAT),
    )
    entry = JournalEntry(
        journal="VE",
        date=DAY,
        piece=f"FAC{n:04d}",
        number=f"FAC-{n:04d}",
        piece_date=DAY,
        due_date=DAY + dt.timedelta(days=30),
        lines=lines,
    )
    of_entry = {name: changes.pop(name) for name in list(changes) if name in JournalEntry.__struct_fields__}
    made = PostingRequest(
        posting_key=f"sellsy:4242:sales_invoice:{990_000 + n}",
        kind=Kind.SALES_INVOICE,
        entry=msgspec.structs.replace(entry, **of_entry),
        third_party=PARTY,
        ledger=UNLISTED,
        draft=False,
        pdf=pdf,
        supporting_document=None
        if pdf is None
        else SupportingDocument(path="p", file_name="f.pdf", sha256=hashlib.sha256(pdf).hexdigest(), size_bytes=1),
        source_third_party=SOURCE,
    )
    return msgspec.structs.replace(made, **changes)


def files(folder: Path, **options: str) -> FilesConnector:
    """A connector to a local folder, from what a Connection holds."""
    made = Sage100Connector.from_credentials(base_url="", secrets={}, options={"folder": str(folder), **options})
    assert isinstance(made, FilesConnector)
    return made


class Broken(OSError):
    """The place failed, or the process died there."""


class FailingDepot(LocalDepot):
    """A folder whose ``nth`` act that changes something fails; acts before it have happened.

    Attributes:
        acts: the names of the acts so far.
    """

    def __init__(self, root: Path, nth: int, *, atomic: bool = True, error: type[BaseException] = Broken) -> None:
        super().__init__(root)
        self.atomic = atomic
        self.acts: list[str] = []
        self._nth, self._error = nth, error

    def put(self, path: str, body: bytes | IO[bytes]) -> None:
        self._count(f"put {path}")
        super().put(path, body)

    def commit(self, temporary: str, final: str) -> None:
        self._count(f"commit {final}")
        if self.atomic:
            super().commit(temporary, final)
            return
        super().put(final, self.read(temporary))
        self._count(f"remove {temporary}")
        super().delete(temporary)

    def _count(self, act: str) -> None:
        self.acts.append(act)
        if len(self.acts) == self._nth:
            raise self._error(act)


def on(depot: LocalDepot, **options: str) -> FilesConnector:
    """A connector to any depot."""
    return FilesConnector(depot, FileOptions.read({"folder": "x", **options}))
