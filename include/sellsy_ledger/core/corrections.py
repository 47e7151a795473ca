"""What corrects the books once a posted document has changed in the source. Pure.

A posted entry is never deleted (french_accounting: Code de commerce, art. L123-22 / PCG art. 921-3: nothing that was
recorded may disappear). The original document keeps its key, its content and its posting; what corrects it are
documents of their own beside it, which take the ordinary way into the books, each with a posting key of its own:

- the *reversal* ``-r1``: the posted entry with its sides swapped, as a document of the opposite kind;
- the *new version* ``-v2``: the document as the source shows it now.

Where the tool can still change the entry in its place, the new version takes the place of the posted entry, and no
reversal is needed. What is proposed is decided here (:func:`decide`); nothing is done before a person accepted it.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum

import msgspec

from sellsy_ledger.core.documents import Document, Kind
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Why

__all__ = [
    "Action",
    "Situation",
    "base_key",
    "base_of",
    "books_the_same",
    "decide",
    "is_reversal",
    "label_of",
    "later_versions",
    "new_version",
    "opposite",
    "reversal_of",
    "reversed_entry",
    "version_of",
]

_LABEL = re.compile(r"-[rv](\d+)$")
_UNEXPLAINED = Why("")
_UNSEEN_VERSIONS = 3
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


def label_of(key: str) -> str:
    """The label of the correction behind a document's or a posting's key; empty for an original.

    >>> label_of("sellsy:1643:sales_credit_note:48213-r1"), label_of("sales_invoice:48213")
    ('-r1', '')
    """
    found = _LABEL.search(key)
    return found.group() if found else ""


def is_reversal(document: Document) -> bool:
    """True for the document that takes a posted entry back."""
    return document.correction.startswith("-r")


def base_key(document: Document) -> str:
    """The key under which the source knows the document, whichever version it is, reversals included."""
    kind = opposite(document.kind) if is_reversal(document) else document.kind
    return f"{kind.value}:{document.id}"


def base_of(key: str) -> str:
    """The source's key of the version ``key``; of a reversal, which the source never lists, its own without label."""
    return _LABEL.sub("", key)


def is_reversal_key(key: str) -> bool:
    """As :func:`is_reversal`, told by the key alone."""
    found = _LABEL.search(key)
    return found is not None and found.group(0).startswith("-r")


def later_versions(key: str) -> list[str]:
    """The keys that the next versions of a document or posting would have, as many as anybody may have made unseen.

    >>> later_versions("sellsy:1643:sales_invoice:48213-v2")[:2]
    ['sellsy:1643:sales_invoice:48213-v3', 'sellsy:1643:sales_invoice:48213-v4']
    """
    if is_reversal_key(key):
        return []
    found = _LABEL.search(key)
    version = int(found.group(1)) if found else 1
    return [f"{base_of(key)}-v{each}" for each in range(version + 1, version + 1 + _UNSEEN_VERSIONS)]


def versioned(document: Document, version: int) -> Document:
    """``document`` as the source shows it, under the label of its ``version`` (1 has none)."""
    return document if version < 2 else new_version(document, version)


def key_before(document: Document) -> str:
    """The key of the version before ``document``; the first version has none before, and gets its own."""
    return versioned(msgspec.structs.replace(document, correction=""), version_of(document) - 1).key


def reversal_key_before(document: Document) -> str:
    """The key of the reversal that goes with ``document`` as a new version, whether there is one or not."""
    unlabelled = msgspec.structs.replace(document, correction="")
    return reversal_of(versioned(unlabelled, version_of(document) - 1)).key


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


def books_the_same(one: JournalEntry, other: JournalEntry) -> bool:
    """True when the books would hold the same, whatever explains the lines."""
    return _unexplained(one) == _unexplained(other)


def _unexplained(entry: JournalEntry) -> JournalEntry:
    lines = (msgspec.structs.replace(line, why=_UNEXPLAINED) for line in entry.lines)
    return msgspec.structs.replace(entry, lines=tuple(lines))


def _swapped(line: EntryLine) -> EntryLine:
    return msgspec.structs.replace(line, debit_cents=line.credit_cents, credit_cents=line.debit_cents)


class Action(StrEnum):
    """What is proposed for a posted document that is not any more in the source what was posted.

    ``take_note`` = the books would hold the same; ``replace`` = the entry is changed in its place; ``reverse`` = it is
    taken back; ``reverse_and_book`` = it is taken back and the new version is booked; ``by_hand`` = somebody does it in
    the tool, and says so.
    """

    TAKE_NOTE = "take_note"
    REPLACE = "replace"
    REVERSE = "reverse"
    REVERSE_AND_BOOK = "reverse_and_book"
    BY_HAND = "by_hand"


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """All that the decision rests on.

    Attributes:
        retracted: the document is not accounted any more; False = it changed.
        is_ours: we made the entry; False = it was adopted, or only a PDF was handed over.
        is_booked: the entry is known to be in the books.
        posted: the entry that was sent; None where none was.
        new: the entry that the changed document gives; None when it gives none today.
        reaches_new: the changed document is dated in the time that is synchronised; False = before its start.
        replaceable: the tool changes booked entries in their place, and says that this one may still be changed.
        reversal_date: the first open day from the posted entry's own day on; None when no day is open.
    """

    retracted: bool
    is_ours: bool
    is_booked: bool
    posted: JournalEntry | None = None
    new: JournalEntry | None = None
    reaches_new: bool = True
    replaceable: bool = False
    reversal_date: dt.date | None = None


def decide(situation: Situation) -> Action:
    """What to propose. A posted entry is reversed beside itself unless nothing changes, or its place can be kept."""
    posted, new = situation.posted, situation.new
    if not (situation.is_ours and situation.is_booked and situation.reaches_new) or posted is None:
        return Action.BY_HAND
    if not situation.retracted and new is not None:
        if books_the_same(posted, new):
            return Action.TAKE_NOTE
        # In a closed period an entry stays, whatever the tool would let us do.
        if situation.replaceable and situation.reversal_date == posted.date:
            return Action.REPLACE
    if situation.reversal_date is None:
        return Action.BY_HAND
    return Action.REVERSE if situation.retracted else Action.REVERSE_AND_BOOK
