"""Entries as a Sage flat file: blocks ``#MECG``, one ledger line each, one field a line.

The number of fields belongs to the version line: 39 for version 31 (Sage 100 v12); older versions have shorter
blocks, whose fields are the first ones. CP850 and CR LF, as Sage writes them. A field is a line, so that a line end
or a ``#`` at its start would break the file: neither ever reaches one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from sellsy_ledger.core.entries import EntryLine
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.formats.base import (
    ACCOUNT,
    AUXILIARY,
    DATE,
    DUE_DATE,
    JOURNAL,
    LINE_END,
    FileEntry,
    balanced,
)
from sellsy_ledger.formats.script import Script

__all__ = ["ENCODING", "FIELDS", "Options", "encoding", "entry_lines", "head", "invoice_number", "number", "tail"]

ENCODING = "cp850"
FIELDS = 39
_FORMAT = "MECG"
_SHORTEST = 18
"""Fields up to the amount, without which a block says nothing."""

_PIECE, _INVOICE, _REFERENCE, _LABEL = 13, 17, 17, 69


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer's Sage takes.

    Attributes:
        version: the number of the ``#VER`` line.
        fields: lines of a ``#MECG`` block, 18 (up to the amount) to 39.
        charset: ``cp850``, ``cp1252`` or ``ascii``.
        label_max: 69 characters, or 35 in older databases.
        currency: the books' own, of the ``#DEV`` line.
        tax_codes: True writes the VAT code of each line in field 26.
    """

    version: int = 31
    fields: int = FIELDS
    charset: str = ENCODING
    label_max: int = _LABEL
    currency: str = "EUR"
    tax_codes: bool = False


_DEFAULTS = Options()


def encoding(options: Options = _DEFAULTS) -> str:
    """The Python name of the file's encoding."""
    return options.charset


def head(options: Options = _DEFAULTS) -> str:
    """Flag, version and currency."""
    return f"#FLG 000{LINE_END}#VER {options.version}{LINE_END}#DEV {options.currency}{LINE_END}"


def tail(options: Options = _DEFAULTS) -> str:
    """The end mark."""
    return f"#FIN{LINE_END}"


def number(one: FileEntry, options: Options = _DEFAULTS) -> str:
    """Field 4, N° pièce: 13 characters, capitals."""
    return _script(options).piece_number(one, _PIECE, upper=True)


def invoice_number(one: FileEntry, options: Options = _DEFAULTS) -> str:
    """Field 5, N° facture: the document's number where it fits 17 characters, else the piece number."""
    return _script(options).document_number(one, _INVOICE)


def entry_lines(one: FileEntry, ledger: LedgerIndex, options: Options = _DEFAULTS) -> Iterator[str]:
    """The blocks of one entry, one text of ``fields`` + 1 lines each.

    Raises:
        DocumentError: a value does not fit its field.
        InvariantBroken: the entry does not balance.
    """
    entry, script = balanced(one), _script(options)
    count = min(max(options.fields, _SHORTEST), FIELDS)
    label_max = min(options.label_max, _LABEL)
    start = (
        script.exact(JOURNAL, entry.journal, 6),
        script.short_date(DATE, entry.date),
        "",
        number(one, options),
        invoice_number(one, options),
        "",
    )
    due = script.short_date(DUE_DATE, entry.due_date) if entry.due_date else ""
    reference = script.number("référence", one.reference, _REFERENCE) if one.reference else ""
    blocks = []
    for line in entry.lines:
        auxiliary = line.auxiliary_account or ""
        if auxiliary:
            auxiliary = script.exact(AUXILIARY, auxiliary, 17, upper=True)
        fields = (
            *start,
            script.exact(ACCOUNT, line.account, 13),
            "",
            auxiliary,
            "",
            script.words(line.label, label_max),
            "0",
            due if auxiliary else "",
            "0,000000",
            "0,00",
            "0",
            "0" if line.debit_cents else "1",
            script.amount(line.debit_cents or line.credit_cents, 14),
            "",
            "",
            "",
            "0",
            "0",
            "0",
            "",
            _tax_code(line, options),
            "0",
            "0",
            "0",
            "",
            "",
            "",
            reference,
            "0",
            "0,00",
            "",
            "",
            "0",
            "",
        )
        blocks.append(LINE_END.join(("#MECG", *fields[:count])) + LINE_END)
    return iter(blocks)


def _tax_code(line: EntryLine, options: Options) -> str:
    if not options.tax_codes or not line.vat_code:
        return ""
    return _script(options).exact("code taxe", line.vat_code, 5, upper=True)


@lru_cache(maxsize=8)
def _script(options: Options) -> Script:
    return Script(_FORMAT, options.charset, never_first="#")
