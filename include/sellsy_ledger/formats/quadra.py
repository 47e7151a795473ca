"""Entries as a Quadra ASCII file (Cegid Quadra's own exchange, taken by several other tools).

Fixed width. An ``M`` line is one movement, on the auxiliary account where the line has one: Quadra knows no pair of
collective and auxiliary. A ``C`` record before them gives the third-party account its name and collective account. The
PDF lies beside the file, under a name of 8.3 characters. Of the four piece numbers the one at 232 wins; the shorter
ones hold the tool's piece number where it fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.entries import EntryLine
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.formats.base import (
    ACCOUNT,
    AMOUNT,
    AUXILIARY,
    DATE,
    DUE_DATE,
    JOURNAL,
    LINE_END,
    PDF_NAME,
    Auxiliary,
    FileEntry,
    auxiliary_of,
    balanced,
    does_not_fit,
)
from sellsy_ledger.formats.script import Script

__all__ = ["ENCODING", "Options", "attachment_name", "encoding", "entry_lines", "head", "number", "tail"]

ENCODING = "cp1252"
_FORMAT = "Quadra ASCII"
_SCRIPT = Script(_FORMAT, ENCODING)
_MOST_ATTACHMENTS = 99_999_999


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader takes.

    Attributes:
        account_records: ``before_entries`` writes the ``C`` record of each entry's third party before its movements;
            ``none`` writes none there (with ``third_parties``, or where the accounts exist).
        third_parties: third-party accounts whose ``C`` record comes first in the file, each once.
        line_width: of the M lines: 251 up to the piece number, or filled up to 256.
    """

    account_records: Literal["before_entries", "none"] = "before_entries"
    third_parties: tuple[Auxiliary, ...] = ()
    line_width: Literal[251, 256] = 251


_DEFAULTS = Options()


def encoding(options: Options = _DEFAULTS) -> str:
    """The Python name of the file's encoding."""
    return ENCODING


def head(options: Options = _DEFAULTS) -> str:
    """The accounts that the options name.

    Raises:
        DocumentError: an account does not fit its field.
    """
    return "".join(map(_account, options.third_parties))


def tail(options: Options = _DEFAULTS) -> str:
    """Nothing."""
    return ""


def number(one: FileEntry, options: Options = _DEFAULTS) -> str:
    """The piece number at 232: the document's number where it fits 20 characters, else the piece number."""
    return _SCRIPT.document_number(one, 20)


def attachment_name(position: int) -> str:
    """A file name of 8.3 characters for the PDF of the entry at ``position`` in its file: 42 → ``00000042.pdf``."""
    if not 0 <= position <= _MOST_ATTACHMENTS:
        raise ValueError(f"attachment {position} has no 8.3 name")
    return f"{position:08d}.pdf"


def entry_lines(one: FileEntry, ledger: LedgerIndex, options: Options = _DEFAULTS) -> Iterator[str]:
    """The movements of one entry, after the record of its third-party account when the options ask for it.

    Raises:
        DocumentError: a value does not fit its field.
        InvariantBroken: the entry does not balance.
    """
    entry = balanced(one)
    journal = _SCRIPT.exact(JOURNAL, entry.journal, 3)
    long_journal = journal if len(journal) > 2 else ""
    date = _SCRIPT.short_date(DATE, entry.date)
    due = _SCRIPT.short_date(DUE_DATE, entry.due_date) if entry.due_date else ""
    written = number(one)
    piece5, piece8, piece10 = (_SCRIPT.piece_number_if_it_fits(one, longest) for longest in (5, 8, 10))
    document = _SCRIPT.exact(PDF_NAME, one.pdf_name, 12) if one.pdf_name else ""
    auxiliary = auxiliary_of(one) if options.account_records == "before_entries" else None
    lines = [_account(auxiliary)] if auxiliary is not None else []
    for line in entry.lines:
        account = _movement_account(line)
        text = _SCRIPT.words(line.label, 30)
        text20 = _SCRIPT.words(line.label, 20)
        cents = str(line.debit_cents or line.credit_cents)
        if len(cents) > 12:
            raise does_not_fit(AMOUNT, cents, 12, _FORMAT)
        movement = (
            f"M{account:<8}{journal[:2]:<2}000{date} {text20:<20}{'D' if line.debit_cents else 'C'}+{cents:0>12}{'':8}"
            f"{due if line.auxiliary_account else '':<6}{'':5}{piece5:<5}{'':20}{piece8:<8}EUR{long_journal:<3}"
            f"{'':3}{text:<30}{'':2}{piece10:<10}{'':23}{document:<12}{'':38}{written:<20}"
        )
        lines.append(f"{movement:<{options.line_width}}{LINE_END}")
    return iter(lines)


def _movement_account(line: EntryLine) -> str:
    """Quadra's account of a line: the auxiliary one where there is one."""
    if line.auxiliary_account:
        return _SCRIPT.exact(AUXILIARY, line.auxiliary_account, 8)
    return _SCRIPT.exact(ACCOUNT, line.account, 8)


def _account(auxiliary: Auxiliary) -> str:
    account = _SCRIPT.exact(AUXILIARY, auxiliary.account, 8)
    control = _SCRIPT.exact(ACCOUNT, auxiliary.control, 8)
    name = _SCRIPT.words(auxiliary.name, 30) or account
    kind = "C" if auxiliary.direction is Direction.SALES else "F"
    return f"C{account:<8}{name:<30}{'':7}{'':52}{control:<8}{'':111}{kind}{LINE_END}"
