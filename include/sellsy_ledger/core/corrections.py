"""What corrects the books once a posted document has changed in the source. Pure.

A posted entry is never deleted (french_accounting: Code de commerce, art. L123-22 / PCG art. 921-3: nothing that was
recorded may disappear). The original document keeps its key, its content and its posting; what corrects it are
documents of their own beside it, which take the ordinary way into the books, each with a posting key of its own:

- the *reversal* ``-r1``: the posted entry with its sides swapped, as a document of the opposite kind;
- the *new version* ``-v2``: the document as the source shows it now.

Where the tool can still change the entry in its place, no such document is needed.
"""

from __future__ import annotations

import datetime as dt
import re

import msgspec

from sellsy_ledger.core.documents import Document, Kind
from sellsy_ledger.core.entries import EntryLine, JournalEntry

__all__ = [
    "base_key",
    "is_reversal",
    "new_version",
    "opposite",
    "reversal_of",
    "reversed_entry",
    "version_of",
]

_LABEL = re.compile(r"-[rv](\d+)$")
_OPPOSITES = {
    Kind.SALES_INVOICE: Kind.SALES_CREDIT_NOTE,
    Kind.SALES_CREDIT_NOTE: Kind.SALES_INVOICE,
    Kind.PURCHASE_INVOICE: Kind.PURCHASE_CREDIT_NOTE,
    Kind.PURCHASE_CREDIT_NOTE: Kind.PURCHASE_INVOICE,
}


def opposite(kind: Kind) -> Kind:
    """The kind whose entry has the sides of ``kind``'s swapped."""
    return _OPPOSITES[kind]


def version_of(document: Document) -> int:
    """1 for a document as it was seen the first time, 2 for its first new version; of a reversal, what it reverses."""
    found = _LABEL.search(document.correction)
    return int(found.group(1)) if found else 1


def is_reversal(document: Document) -> bool:
    """True for the document that takes a posted entry back."""
    return document.correction.startswith("-r")


def base_key(document: Document) -> str:
    """The key under which the source knows the document, whichever version it is, reversals included."""
    kind = opposite(document.kind) if is_reversal(document) else document.kind
    return f"{kind.value}:{document.id}"


def reversal_of(document: Document) -> Document:
    """The document that takes ``document``'s entry back: same content, opposite kind."""
    return msgspec.structs.replace(
        document, kind=opposite(document.kind), correction=f"-r{version_of(document)}", accounted=None
    )


def new_version(document: Document, version: int) -> Document:
    """``document``, as the source shows it now, as version 2 or later of itself."""
    if version < 2:
        raise ValueError("the first version of a document has no label")
    return msgspec.structs.replace(document, correction=f"-v{version}")


def reversed_entry(entry: JournalEntry, date: dt.date) -> JournalEntry:
    """The posted entry with its sides swapped, on an open ``date``; nothing is mapped or computed anew."""
    return msgspec.structs.replace(entry, date=date, due_date=None, lines=tuple(_swapped(line) for line in entry.lines))


def _swapped(line: EntryLine) -> EntryLine:
    return msgspec.structs.replace(line, debit_cents=line.credit_cents, credit_cents=line.debit_cents)
