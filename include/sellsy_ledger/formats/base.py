"""What every file format shares: the entry to write, the names of its module, and how a value is refused.

A format is a module of this folder with the same names, so that a connector or the command line can take any of them
(:class:`FileFormat`): ``ENCODING`` (Python name of the usual encoding), ``Options`` (what a customer's version
decides, everything with a default), ``encoding(options)``, ``head(options)``, ``entry_lines(one, ledger, options)``
and ``tail(options)``. Pure: values in, text out, line ends included. :func:`file_bytes` makes a whole file of them.
How values become fields is :mod:`sellsy_ledger.formats.script`.

Words (labels, names) are put into the file's character set on one line, and cut at their end. What identifies
something (account, auxiliary account, journal, document number, file name) is never cut, and an account is never
respelled either: where it does not fit, the entry is refused and the field named, before any of its lines is written.
Shortening a document number is the capabilities' business, where collisions are found too (``labels.piece_number``);
a format whose field is too short for the full number takes that shortened one (``Script.document_number``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import msgspec

from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.labels import clean_text
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import DocumentError, InvariantBroken

__all__ = [
    "ACCOUNT",
    "AMOUNT",
    "AUXILIARY",
    "DATE",
    "DUE_DATE",
    "JOURNAL",
    "LINE_END",
    "NUMBER",
    "PDF_NAME",
    "PIECE_TYPES",
    "Auxiliary",
    "FileEntry",
    "FileFormat",
    "auxiliary_of",
    "auxiliary_records",
    "balanced",
    "cannot_write",
    "does_not_fit",
    "file_bytes",
    "same_number",
]

LINE_END = "\r\n"
PIECE_TYPES = {
    Kind.SALES_INVOICE: "FC",
    Kind.SALES_CREDIT_NOTE: "AC",
    Kind.PURCHASE_INVOICE: "FF",
    Kind.PURCHASE_CREDIT_NOTE: "AF",
}
"""Facture client, avoir client, facture fournisseur, avoir fournisseur: Sage and Cegid write them alike."""

# What refused fields are called; an accountant reads these.
ACCOUNT, AUXILIARY, JOURNAL = "compte", "compte auxiliaire", "journal"
NUMBER, AMOUNT, DATE, DUE_DATE, PDF_NAME = "numéro de pièce", "montant", "date", "échéance", "nom du PDF"

_SHOWN = 100


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry to be written.

    Attributes:
        third_party_name: the label of its auxiliary account.
        third_party: as Sellsy knows it (address, identifiers); None: only the name is known.
        pdf_name: file name of its PDF beside the file, empty when there is none.
        reference: a value of the connector's own to find the entry by, for the formats that have a field for it.
    """

    entry: JournalEntry
    kind: Kind
    third_party_name: str = ""
    third_party: ThirdParty | None = None
    pdf_name: str = ""
    reference: str = ""


class Auxiliary(msgspec.Struct, frozen=True, kw_only=True):
    """A third-party account to be created by a file: ``account`` under the collective ``control`` account."""

    account: str
    control: str
    direction: Direction
    name: str = ""
    third_party: ThirdParty | None = None


class FileFormat(Protocol):
    """A module of this folder, as whoever writes a file sees it."""

    ENCODING: str
    Options: type[Any]

    def encoding(self, options: Any = ...) -> str:
        """Python name of the encoding that these options ask for; every character written exists in it."""

    def head(self, options: Any = ...) -> str:
        """What comes before the entries, line ends included."""

    def entry_lines(self, one: FileEntry, ledger: LedgerIndex, options: Any = ...) -> Iterator[str]:
        """The lines of one entry, all of them proven to fit when the first is handed out.

        Raises:
            DocumentError: a value does not fit its field.
            InvariantBroken: the entry does not balance.
        """

    def tail(self, options: Any = ...) -> str:
        """What comes after the entries."""


def file_bytes(
    file_format: FileFormat, entries: Iterable[FileEntry], ledger: LedgerIndex, options: Any = None
) -> Iterator[bytes]:
    """A whole file, piece by piece (one piece an entry), so that a long one is never held in memory.

    Raises:
        DocumentError: an entry cannot be written; whoever wants the others goes through ``entry_lines`` first.
    """
    options = file_format.Options() if options is None else options
    charset = file_format.encoding(options)
    yield file_format.head(options).encode(charset)
    for one in entries:
        yield "".join(file_format.entry_lines(one, ledger, options)).encode(charset)
    yield file_format.tail(options).encode(charset)


def does_not_fit(field: str, value: str, longest: int, file_format: str) -> DocumentError:
    """The refusal of a value that identifies something and is too long for its field.

    Args:
        field: what the accountant calls it, in French (``"compte"``).
        value: the value.
        longest: characters that the field has.
        file_format: the format's name, as people write it (``"PNM"``).
    """
    return DocumentError(
        f"{field} {value[:_SHOWN]!r} has {len(value)} characters, a {file_format} file takes {longest}.",
        reason=Reason.REFUSED_BY_TOOL,
        facts={"detail": f"{field} « {_shown(value)} » dépasse les {longest} caractères du format {file_format}"},
        field=field,
    )


def cannot_write(field: str, value: str, file_format: str) -> DocumentError:
    """The refusal of a value that the file could only hold changed, or that is empty."""
    problem = "contient des caractères que le format ne prend pas" if value else "est vide"
    return DocumentError(
        f"{field} {value[:_SHOWN]!r} cannot be written as it is to a {file_format} file.",
        reason=Reason.REFUSED_BY_TOOL,
        facts={"detail": f"{field} « {_shown(value)} » {problem} ({file_format})"},
        field=field,
    )


def _shown(value: str) -> str:
    """The value as a page can show it."""
    return clean_text(value)[:_SHOWN]


def balanced(one: FileEntry) -> JournalEntry:
    """The entry, proven: every line has one positive side, and debits equal credits.

    Raises:
        InvariantBroken: naming the piece; no file ever holds such an entry.
    """
    entry = one.entry
    debit = credit = 0
    for line in entry.lines:
        if (line.debit_cents > 0) is (line.credit_cents > 0) or line.debit_cents < 0 or line.credit_cents < 0:
            raise InvariantBroken(f"Entry {entry.piece}: account {line.account} has not exactly one positive side.")
        debit += line.debit_cents
        credit += line.credit_cents
    if debit != credit or not debit:
        raise InvariantBroken(f"Entry {entry.piece} does not balance: debit {debit}, credit {credit} cents.")
    return entry


def auxiliary_of(one: FileEntry) -> Auxiliary | None:
    """The third-party account that the entry books on; None for an entry without one."""
    for line in one.entry.lines:
        if line.auxiliary_account:
            return Auxiliary(
                account=line.auxiliary_account,
                control=line.account,
                direction=one.kind.direction,
                name=one.third_party_name,
                third_party=one.third_party,
            )
    return None


def auxiliary_records(entries: Iterable[FileEntry]) -> tuple[Auxiliary, ...]:
    """The third-party accounts of several entries, each once, in their order: for a file's head."""
    found: dict[tuple[str, Direction], Auxiliary] = {}
    for one in entries:
        auxiliary = auxiliary_of(one)
        if auxiliary is not None:
            found.setdefault((auxiliary.account, auxiliary.direction), auxiliary)
    return tuple(found.values())


def same_number(entries: Iterable[FileEntry], written: Callable[[FileEntry], str]) -> dict[str, tuple[str, ...]]:
    """Numbers that two or more different documents of a file would share, with the documents' own numbers, sorted.

    Args:
        entries: the entries of one file.
        written: the number as the format writes it (``pnm.number``, ``quadra.number``…); an entry that it refuses
            collides with nothing.
    """
    by_number: defaultdict[str, set[str]] = defaultdict(set)
    for one in entries:
        try:
            by_number[written(one)].add(one.entry.number or one.entry.piece)
        except DocumentError:
            continue
    return {number: tuple(sorted(same)) for number, same in by_number.items() if len(same) > 1}
