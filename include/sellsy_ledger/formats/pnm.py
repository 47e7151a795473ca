"""Entries as a Sage PNM file ("Écritures Sage"): fixed width, one line a movement, after the company's name.

Sage takes exactly one width per file: 105 for plain entries, 141 with the currency of the amounts. The reference
(13 characters) becomes N° pièce and N° facture in Sage, or N° facture and Référence, by an option of its import.
PNM knows neither VAT codes nor documents, and nothing in it keeps a file from being imported twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import msgspec

from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.formats.base import (
    ACCOUNT,
    AUXILIARY,
    DATE,
    DUE_DATE,
    JOURNAL,
    LINE_END,
    PIECE_TYPES,
    FileEntry,
    balanced,
)
from sellsy_ledger.formats.script import Script

__all__ = ["ENCODING", "Options", "encoding", "entry_lines", "head", "number", "tail"]

ENCODING = "ascii"
_FORMAT = "PNM"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer's Sage takes.

    Attributes:
        company_name: first line of the file, 30 characters.
        width: 105, or 141 with the currency.
        charset: ``ascii``, ``cp1252`` or ``cp850``; Sage does not say which it expects.
        amount_pad: what fills the 20 characters of an amount on the left.
        entry_type: N normal, S simulation.
    """

    company_name: str = ""
    width: Literal[105, 141] = 105
    charset: str = ENCODING
    amount_pad: Literal["space", "zero"] = "space"
    entry_type: Literal["N", "S"] = "N"


_DEFAULTS = Options()


def encoding(options: Options = _DEFAULTS) -> str:
    """The Python name of the file's encoding."""
    return options.charset


def head(options: Options = _DEFAULTS) -> str:
    """The company's name."""
    return _script(options).words(options.company_name, 30) + LINE_END


def tail(options: Options = _DEFAULTS) -> str:
    """Nothing: a stray character on a last line would make Sage refuse the file."""
    return ""


def number(one: FileEntry, options: Options = _DEFAULTS) -> str:
    """The reference: the document's number where it fits 13 characters, else the piece number."""
    return _script(options).document_number(one, 13)


def entry_lines(one: FileEntry, ledger: LedgerIndex, options: Options = _DEFAULTS) -> Iterator[str]:
    """The movements of one entry: lines with an auxiliary account are ``X`` lines, the others ``G`` lines.

    Raises:
        DocumentError: a value does not fit its field.
        InvariantBroken: the entry does not balance.
    """
    entry, script = balanced(one), _script(options)
    start = f"{script.exact(JOURNAL, entry.journal, 3):<3}{script.short_date(DATE, entry.date)}{PIECE_TYPES[one.kind]}"
    reference = number(one, options)
    due = script.short_date(DUE_DATE, entry.due_date) if entry.due_date else ""
    end = options.entry_type if options.width == 105 else f"{options.entry_type}{'':33}EUR"
    pad = "0" if options.amount_pad == "zero" else " "
    lines = []
    for line in entry.lines:
        auxiliary = line.auxiliary_account or ""
        if auxiliary:
            auxiliary = script.exact(AUXILIARY, auxiliary, 13, upper=True)
        amount = script.amount(line.debit_cents or line.credit_cents, 20, ".")
        lines.append(
            f"{start}{script.exact(ACCOUNT, line.account, 13):<13}{'X' if auxiliary else 'G'}{auxiliary:<13}"
            f"{reference:<13}{script.words(line.label, 25):<25} {due if auxiliary else '':<6}"
            f"{'D' if line.debit_cents else 'C'}{amount.rjust(20, pad)}{end}{LINE_END}"
        )
    return iter(lines)


@lru_cache(maxsize=8)
def _script(options: Options) -> Script:
    return Script(_FORMAT, options.charset)
