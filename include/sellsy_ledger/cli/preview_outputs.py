"""What ``preview`` prints: one JSON object a line, a table for people, or the ready entries as an import file."""

from __future__ import annotations

from typing import Any, BinaryIO, Protocol

import msgspec

from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.entries import EntryLine, JournalEntry
from sellsy_ledger.core.explain import explain
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.money import cents_to_french
from sellsy_ledger.core.outcomes import Outcome
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.formats import catalogue as formats
from sellsy_ledger.formats.base import FileEntry

__all__ = ["Result", "Writer", "writer"]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one line. ``kind``, ``id`` and ``number`` are what could be read of them."""

    kind: str | None
    id: int | None
    number: str | None
    outcome: Outcome
    fingerprint: str | None = None
    document: Document | None = None
    third_party: ThirdParty | None = None


class Writer(Protocol):
    """Takes the results in order; ``close`` writes what must come last."""

    def add(self, result: Result) -> None:
        """Write or keep one result.

        Raises:
            DocumentError: its entry does not fit the file; nothing of it was written.
        """

    def close(self) -> None:
        """Nothing more comes."""


def writer(style: str, out: BinaryIO, ledger: LedgerIndex, company_name: str = "") -> Writer:
    """The writer of ``--format style``."""
    if style in formats.NAMES:
        return _FileWriter(out, style, ledger, company_name)
    return _TableWriter(out) if style == "table" else _JsonWriter(out)


def _line(line: EntryLine) -> dict[str, Any]:
    return {
        "account": line.account,
        "auxiliary_account": line.auxiliary_account,
        "label": line.label,
        "debit_cents": line.debit_cents,
        "credit_cents": line.credit_cents,
        "vat_code": line.vat_code,
        "role": line.role,
        "explain": explain(line),
    }


def _entry(entry: JournalEntry) -> dict[str, Any]:
    return {
        "journal": entry.journal,
        "date": entry.date,
        "piece": entry.piece,
        "piece_date": entry.piece_date,
        "due_date": entry.due_date,
        "lines": [_line(line) for line in entry.lines],
    }


def _message(outcome: Outcome) -> str:
    return outcome.message or " ".join(outcome.warnings)


class _JsonWriter:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._encoder = msgspec.json.Encoder()

    def add(self, result: Result) -> None:
        outcome = result.outcome
        record = {
            "kind": result.kind,
            "id": result.id,
            "number": result.number,
            "state": outcome.state,
            "reason": outcome.reason,
            "message": _message(outcome),
            "entry": None if outcome.entry is None else _entry(outcome.entry),
            "fingerprint": result.fingerprint,
        }
        self._out.write(self._encoder.encode(record) + b"\n")

    def close(self) -> None:
        self._out.flush()


class _FileWriter:
    """The ready entries as a file of one of the formats; each entry goes out whole, or is refused whole."""

    def __init__(self, out: BinaryIO, style: str, ledger: LedgerIndex, company_name: str) -> None:
        self._format = formats.load(style)
        self._options = formats.options(self._format, company_name)
        self._charset = self._format.encoding(self._options)
        self._out = out
        self._ledger = ledger
        out.write(self._format.head(self._options).encode(self._charset))

    def add(self, result: Result) -> None:
        entry, document = result.outcome.entry, result.document
        if entry is None or document is None:
            return
        one = FileEntry(
            entry=entry,
            kind=document.kind,
            third_party_name=result.third_party.name if result.third_party else document.third_party_name,
            third_party=result.third_party,
        )
        lines = self._format.entry_lines(one, self._ledger, self._options)
        self._out.write("".join(lines).encode(self._charset))

    def close(self) -> None:
        self._out.write(self._format.tail(self._options).encode(self._charset))
        self._out.flush()


class _TableWriter:
    def __init__(self, out: BinaryIO) -> None:
        from rich.table import Table

        self._out = out
        self._table = Table(title="Aperçu des écritures", show_lines=False)
        for name in ("Pièce", "État", "Jal", "Date", "Compte", "Auxiliaire", "Libellé"):
            self._table.add_column(name, overflow="fold")
        for name in ("Débit", "Crédit"):
            self._table.add_column(name, justify="right", no_wrap=True)

    def add(self, result: Result) -> None:
        from rich.markup import escape

        outcome, entry = result.outcome, result.outcome.entry
        name = escape(result.number or str(result.id or "?"))
        if entry is None:
            self._table.add_row(name, outcome.state.value, "", "", "", "", escape(_message(outcome)), end_section=True)
            return
        for position, line in enumerate(entry.lines):
            first = position == 0
            self._table.add_row(
                name if first else "",
                outcome.state.value if first else "",
                escape(entry.journal) if first else "",
                entry.date.isoformat() if first else "",
                line.account,
                line.auxiliary_account or "",
                escape(line.label),
                cents_to_french(line.debit_cents) if line.debit_cents else "",
                cents_to_french(line.credit_cents) if line.credit_cents else "",
                end_section=position == len(entry.lines) - 1,
            )

    def close(self) -> None:
        from rich.console import Console

        console = Console(width=160, color_system=None)
        with console.capture() as capture:
            console.print(self._table)
        self._out.write(capture.get().encode())
        self._out.flush()
