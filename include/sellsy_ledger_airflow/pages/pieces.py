"""One document as every page shows it: texts in the reader's language, no HTML."""

from __future__ import annotations

from dataclasses import dataclass

from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.explain import explain
from sellsy_ledger.core.outcomes import sentence
from sellsy_ledger.register.store import DocumentRecord
from sellsy_ledger_airflow.pages import texts

__all__ = ["EntryLines", "Line", "Piece", "entry_lines", "piece_of"]


@dataclass(frozen=True)
class Line:
    """One line of an entry and where it comes from (in French, as the product explains it)."""

    account: str
    auxiliary: str
    label: str
    debit: str
    credit: str
    vat_code: str
    why: str


@dataclass(frozen=True)
class EntryLines:
    """An entry with its totals."""

    journal: str
    date: str
    piece: str
    lines: list[Line]
    debit: str
    credit: str


@dataclass(frozen=True)
class Piece:
    """What names a document, where it stands, and what explains that; ``entry`` is None while there is none."""

    company: str
    key: str
    kind: str
    number: str
    date: str
    third_party: str
    gross: str
    state: str
    message: str
    has_pdf: bool
    entry: EntryLines | None = None


def piece_of(record: DocumentRecord, language: str, *, with_entry: bool = False) -> Piece:
    """The document of ``record``."""
    document = record.document
    return Piece(
        company=record.company,
        key=record.key,
        kind=texts.kind_name(document.kind, language),
        number=document.number,
        date=texts.day(document.date, language),
        third_party=document.third_party_name,
        gross=texts.amount(document.gross_cents, language, document.currency),
        state=texts.one_state_name(record.state, language),
        message=_message(record, language),
        has_pdf=record.supporting_document is not None,
        entry=entry_lines(record.entry, language) if with_entry and record.entry is not None else None,
    )


def _message(record: DocumentRecord, language: str) -> str:
    """Why it stands there: the product's French sentence; in English the reason, the detail as it is, what to do."""
    if record.reason is None:
        return record.detail
    if language == "fr":
        return sentence(record.reason, record.detail)
    detail = f" ({record.detail.strip(' :')})" if record.detail else ""
    return f"{texts.reason_name(record.reason, language)}{detail}. {texts.action(record.reason, language)}"


def entry_lines(entry: JournalEntry, language: str) -> EntryLines:
    """An entry line by line."""
    return EntryLines(
        journal=entry.journal,
        date=texts.day(entry.date, language),
        piece=entry.piece,
        lines=[
            Line(
                account=line.account,
                auxiliary=line.auxiliary_account or "",
                label=line.label,
                debit=texts.amount(line.debit_cents, language) if line.debit_cents else "",
                credit=texts.amount(line.credit_cents, language) if line.credit_cents else "",
                vat_code=line.vat_code or "",
                why=explain(line),
            )
            for line in entry.lines
        ],
        debit=texts.amount(entry.debit_cents, language),
        credit=texts.amount(entry.credit_cents, language),
    )
