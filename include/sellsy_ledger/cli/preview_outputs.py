"""What ``preview`` prints: one JSON object a line, a table for people, or an exchange FEC of the ready entries."""

from __future__ import annotations

from typing import Any, BinaryIO, Protocol

import msgspec

from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.entries import EntryLine, JournalEntry
from sellsy_ledger.core.explain import explain
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.money import cents_to_french
from sellsy_ledger.core.outcomes import Outcome

__all__ = ["Result", "Writer", "writer"]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one line. ``kind``, ``id`` and ``number`` are what could be read of them."""

    kind: str | None
    id: int | None
    number: str | None
    outcome: Outcome
    fingerprint: str | None = None
    document: Document | None = None
    third_party_name: str = ""


class Writer(Protocol):
    """Takes the results in order; ``close`` writes what must come last."""

    def add(self, result: Result) -> None:
        """Write or keep one result."""

    def close(self) -> None:
        """Nothing more comes."""


def writer(style: str, out: BinaryIO, ledger: LedgerIndex) -> Writer:
    """The writer of ``--format style``."""
    if style == "fec":
        return _FecWriter(out, ledger)
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


class _FecWriter:
    def __init__(self, out: BinaryIO, ledger: LedgerIndex) -> None:
        from sellsy_ledger.formats import fec

        self._fec = fec
        self._out = out
        self._ledger = ledger
        out.write(fec.header().encode("ascii"))

    def add(self, result: Result) -> None:
        entry = result.outcome.entry
        if entry is not None:
            lines = self._fec.entry_lines(entry, self._ledger, result.third_party_name)
            self._out.write("".join(lines).encode("ascii"))

    def close(self) -> None:
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
