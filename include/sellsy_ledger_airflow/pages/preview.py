"""What the next posting would send, and what waits: entries line by line, and totals by journal. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.register.store import DocumentRecord, Register
from sellsy_ledger_airflow.pages import texts
from sellsy_ledger_airflow.pages.pieces import Piece, piece_of

__all__ = ["PAGE", "SHOWN", "Filter", "Journal", "Preview", "preview"]

PAGE = 50
"""Documents on one page."""

SHOWN: dict[str, tuple[tuple[State, ...], tuple[Reason, ...] | None]] = {
    "all": ((State.READY, State.WAITING), None),
    "ready": ((State.READY,), None),
    "approval": ((State.WAITING,), (Reason.APPROVAL_PENDING,)),
    "waiting": ((State.WAITING,), None),
}
"""What the filter by state offers: the states and the reasons behind each word."""


@dataclass(frozen=True)
class Filter:
    """What the reader asked for; an empty text asks for everything. ``page`` counts from 1."""

    shown: str = "all"
    journal: str = ""
    number: str = ""
    page: int = 1

    def takes(self, record: DocumentRecord) -> bool:
        """True when the journal is the one asked for, and the number holds the text asked for."""
        journal = record.entry.journal if record.entry is not None else ""
        return (not self.journal or journal == self.journal) and (
            self.number.casefold() in record.document.number.casefold()
        )


@dataclass(frozen=True)
class Journal:
    """The entries of one journal among what was asked for."""

    name: str
    count: int
    debit: str
    credit: str


@dataclass(frozen=True)
class Preview:
    """One page of it; ``journals`` and ``count`` are of all pages."""

    count: int
    pages: int
    page: int
    pieces: list[Piece] = field(default_factory=list)
    journals: list[Journal] = field(default_factory=list)
    journal_names: list[str] = field(default_factory=list)


def preview(register: Register, company: str, asked: Filter, language: str) -> Preview:
    """Read every document asked for once; keep one page of them and the sums of all."""
    count, page = 0, max(asked.page, 1)
    sums: dict[str, list[int]] = {}
    names: set[str] = set()
    kept: list[DocumentRecord] = []
    last: list[DocumentRecord] = []
    for record in _asked(register, company, asked.shown):
        if record.entry is not None:
            names.add(record.entry.journal)
        if not asked.takes(record):
            continue
        if count % PAGE == 0:
            last = []
        last.append(record)
        if count // PAGE == page - 1:
            kept.append(record)
        count += 1
        if record.entry is not None:
            total = sums.setdefault(record.entry.journal, [0, 0, 0])
            for place, value in enumerate((1, record.entry.debit_cents, record.entry.credit_cents)):
                total[place] += value
    pages = max(-(-count // PAGE), 1)
    return Preview(
        count=count,
        pages=pages,
        page=min(page, pages),
        # A page beyond the end (documents left meanwhile) is the last one.
        pieces=[piece_of(record, language, with_entry=True) for record in (kept or last)],
        journals=[
            Journal(name, number, texts.amount(debit, language), texts.amount(credit, language))
            for name, (number, debit, credit) in sorted(sums.items())
        ],
        journal_names=sorted(names),
    )


def _asked(register: Register, company: str, shown: str) -> Iterator[DocumentRecord]:
    states, reasons = SHOWN[shown]
    return register.records(company, register.select(company, states=states, reasons=reasons))
