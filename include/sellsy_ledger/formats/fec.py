"""Entries as an exchange FEC: the 18 columns of article A.47 A-1 of the French tax procedure book, for import.

Not *the* FEC of a company: numbering and validation belong to the accounting tool, so EcritureNum, ValidDate and the
lettering columns stay empty, as import tools accept. Pure: texts in, text out. The legal text knows ASCII,
ISO 8859-15 and EBCDIC but not UTF-8; texts are transliterated to ASCII, which every reader takes for what it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sellsy_ledger.core.entries import EntryLine, JournalEntry
from sellsy_ledger.core.labels import clean_text
from sellsy_ledger.core.ledger import LedgerIndex

__all__ = ["COLUMNS", "LINE_END", "SEPARATOR", "entry_lines", "header"]

COLUMNS = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)
SEPARATOR = "\t"
LINE_END = "\r\n"


def header() -> str:
    """The column names, with the line end."""
    return SEPARATOR.join(COLUMNS) + LINE_END


def entry_lines(entry: JournalEntry, ledger: LedgerIndex, third_party_name: str) -> Iterator[str]:
    """The lines of one entry, each with its line end.

    Args:
        entry: a balanced entry.
        ledger: gives journals and accounts their labels; a number stands for itself where a label is unknown.
        third_party_name: label of the auxiliary account.
    """
    journal = ledger.journal(entry.journal)
    journal_label = _text(journal.label if journal else "") or _text(entry.journal)
    for line in entry.lines:
        account = ledger.account(line.account)
        auxiliary = _text(line.auxiliary_account or "")
        fields = (
            _text(entry.journal),
            journal_label,
            "",
            _date(entry.date),
            _text(line.account),
            _text(account.label if account else "") or _text(line.account),
            auxiliary,
            (_text(third_party_name) or auxiliary) if auxiliary else "",
            _text(entry.number) or _text(entry.piece),
            _date(entry.piece_date),
            _text(line.label),
            *_amounts(line),
            *("",) * 5,
        )
        yield SEPARATOR.join(fields) + LINE_END


def _text(text: str) -> str:
    """One field: ASCII, without tabs, line ends or control characters."""
    return clean_text(text, "ascii")


def _date(day: dt.date) -> str:
    return f"{day:%Y%m%d}"


def _amounts(line: EntryLine) -> tuple[str, str]:
    return _amount(line.debit_cents), _amount(line.credit_cents)


def _amount(cents: int) -> str:
    """Decimal comma, no thousands separator: 116400 → ``1164,00``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100},{abs(cents) % 100:02d}"
