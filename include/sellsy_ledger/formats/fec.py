"""Entries as an exchange FEC: the 18 columns of article A.47 A-1 of the French tax procedure book, for import.

Not *the* FEC of a company: numbering and validation belong to the accounting tool, so EcritureNum, ValidDate and the
lettering columns stay empty, as import tools accept. The legal text knows ASCII, ISO 8859-15 and EBCDIC but not UTF-8;
texts are transliterated to ASCII, which every reader takes for what it is. What tools ask beyond or beside the legal
text (a bar as separator, decimal points, a 19th column, shorter fields) is in :class:`Options`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePath
from typing import Literal

import msgspec

from sellsy_ledger.core.entries import EntryLine
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.formats.base import (
    ACCOUNT,
    AMOUNT,
    AUXILIARY,
    JOURNAL,
    LINE_END,
    FileEntry,
    balanced,
    does_not_fit,
)
from sellsy_ledger.formats.script import Script

__all__ = ["COLUMNS", "ENCODING", "Options", "encoding", "entry_lines", "head", "number", "tail"]

ENCODING = "ascii"
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
_FORMAT = "FEC"
_LABEL_COLUMN = COLUMNS.index("EcritureLib")
_LONGEST_AMOUNT = 20


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What readers of a FEC ask for; the defaults are the legal form.

    Attributes:
        charset: ``ascii``, ``iso8859-15`` or ``cp1252``.
        decimal_mark: comma or point.
        empty_side: the other side of a line is ``""`` instead of ``0,00``.
        extra_columns: names of empty columns after the eighteenth (``("MouvementEcriture",)``).
        label_header: how the reader spells the heading of the label column.
        piece_ref: PieceRef is the document's full ``number`` (the piece number where ``piece_max`` is shorter), always
            the ``piece`` number of the tool, or ``pdf_name``: the last ``pdf_name_end`` characters of the PDF's name
            without its suffix (the document's number when there is no PDF). See :func:`number`.
        pdf_name_end: how many characters of the PDF's name ``pdf_name`` keeps.
        entry_number: EcritureNum is ``empty``, or the ``piece`` number, for readers that tell entries apart by it.
        journal_max, account_max, auxiliary_max, piece_max: longer values are refused; None: no limit.
        name_max, label_max: longer texts are cut; None: no limit.
        amount_max_cents: larger amounts are refused; None: no limit.
    """

    charset: str = ENCODING
    separator: Literal["\t", "|", ";"] = "\t"
    decimal_mark: Literal[",", "."] = ","
    empty_side: bool = False
    extra_columns: tuple[str, ...] = ()
    label_header: str = "EcritureLib"
    piece_ref: Literal["number", "piece", "pdf_name"] = "number"
    pdf_name_end: int = 10
    entry_number: Literal["empty", "piece"] = "empty"
    journal_max: int | None = None
    account_max: int | None = None
    auxiliary_max: int | None = None
    piece_max: int | None = None
    name_max: int | None = None
    label_max: int | None = None
    amount_max_cents: int | None = None


_DEFAULTS = Options()


def encoding(options: Options = _DEFAULTS) -> str:
    """The Python name of the file's encoding."""
    return options.charset


def head(options: Options = _DEFAULTS) -> str:
    """The column names, with the line end."""
    columns = [*COLUMNS, *options.extra_columns]
    columns[_LABEL_COLUMN] = options.label_header
    return options.separator.join(columns) + LINE_END


def tail(options: Options = _DEFAULTS) -> str:
    """Nothing."""
    return ""


def number(one: FileEntry, options: Options = _DEFAULTS) -> str:
    """PieceRef. With ``pdf_name`` two files may come to the same: ``base.same_number`` finds them."""
    script, limit = _script(options), options.piece_max
    if options.piece_ref == "pdf_name" and (stem := script.words(PurePath(one.pdf_name).stem)):
        return stem[-options.pdf_name_end :].lstrip()
    if options.piece_ref == "piece":
        return script.piece_number(one, limit)
    return script.document_number(one, limit)


def entry_lines(one: FileEntry, ledger: LedgerIndex, options: Options = _DEFAULTS) -> Iterator[str]:
    """The lines of one entry, each with its line end.

    Args:
        one: a balanced entry; the third party's name labels the auxiliary account.
        ledger: gives journals and accounts their labels; a number stands for itself where a label is unknown.
        options: what the reader asks for.

    Raises:
        DocumentError: a value does not fit its field.
        InvariantBroken: the entry does not balance.
    """
    entry, script = balanced(one), _script(options)
    journal_code = script.exact(JOURNAL, entry.journal, options.journal_max)
    journal = ledger.journal(entry.journal)
    start = (
        journal_code,
        script.words(journal.label if journal else "", options.name_max) or journal_code,
        script.piece_number(one) if options.entry_number == "piece" else "",
        _date(entry.date),
    )
    piece = (number(one, options), _date(entry.piece_date))
    name = script.words(one.third_party_name, options.name_max)
    rest = ("",) * (5 + len(options.extra_columns))
    lines = []
    for line in entry.lines:
        account = script.exact(ACCOUNT, line.account, options.account_max)
        known = ledger.account(line.account)
        auxiliary = line.auxiliary_account or ""
        if auxiliary:
            auxiliary = script.exact(AUXILIARY, auxiliary, options.auxiliary_max)
        fields = (
            *start,
            account,
            script.words(known.label if known else "", options.name_max) or account,
            auxiliary,
            (name or auxiliary) if auxiliary else "",
            *piece,
            script.words(line.label, options.label_max),
            *_sides(line, options),
            *rest,
        )
        lines.append(options.separator.join(fields) + LINE_END)
    return iter(lines)


@lru_cache(maxsize=8)
def _script(options: Options) -> Script:
    return Script(_FORMAT, options.charset, separator=options.separator)


@lru_cache(maxsize=4096)
def _date(day: dt.date) -> str:
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def _sides(line: EntryLine, options: Options) -> tuple[str, str]:
    script, mark, most = _script(options), options.decimal_mark, options.amount_max_cents
    cents = line.debit_cents or line.credit_cents
    amount = script.amount(cents, _LONGEST_AMOUNT, mark)
    if most is not None and cents > most:
        raise does_not_fit(AMOUNT, amount, len(script.amount(most, _LONGEST_AMOUNT)), _FORMAT)
    empty = "" if options.empty_side else f"0{mark}00"
    return (amount, empty) if line.debit_cents else (empty, amount)
