"""How values become fields: words are cut, what identifies something is written whole or refused."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import msgspec

from sellsy_ledger.core.labels import clean_text
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.formats.base import AMOUNT, NUMBER, FileEntry, cannot_write, does_not_fit

__all__ = ["Script"]

_CACHED = 200
_CENTURY = range(2000, 2050)


class Script(msgspec.Struct, frozen=True):
    """How one file writes texts.

    Attributes:
        file_format: the format's name, for refusals.
        charset: Python name of the encoding.
        separator: characters that stand between fields, and so in none.
        never_first: characters that mean something at the start of a line, and so start no field.
    """

    file_format: str
    charset: str
    separator: str = ""
    never_first: str = ""

    def words(self, text: str, longest: int | None = None) -> str:
        """Plain words on one line, in the file's characters; their start when they are too long."""
        # Names and labels come again and again; very long texts do not, and would fill the memory.
        write = _words if len(text) <= _CACHED else _words.__wrapped__
        return write(text, longest, self.charset, self.separator, self.never_first)

    def exact(self, field: str, value: str, longest: int | None = None, *, upper: bool = False) -> str:
        """A value that identifies something, as it is (in capitals where the tool keeps it so).

        Args:
            field: what the accountant calls it, in French.
            value: the value.
            longest: characters that the field has; None: as many as you like.
            upper: write capitals.

        Raises:
            DocumentError: empty, longer than ``longest``, or not writable unchanged.
        """
        if longest is not None and len(value) > longest:
            raise does_not_fit(field, value, longest, self.file_format)
        if not value or self.words(value) != value:
            raise cannot_write(field, value, self.file_format)
        if not upper:
            return value
        capitals = value.upper()
        if len(capitals) != len(value) or self.words(capitals) != capitals:
            raise cannot_write(field, value, self.file_format)
        return capitals

    def document_number(self, one: FileEntry, longest: int | None = None, *, upper: bool = False) -> str:
        """The document's full number where it fits whole, else the piece number that the capabilities made of it.

        Raises:
            DocumentError: neither fits; nothing is cut here.
        """
        number = self._number(one.entry.number, upper)
        return number if _fits(number, longest) else self.piece_number(one, longest, upper=upper)

    def piece_number(self, one: FileEntry, longest: int | None = None, *, upper: bool = False) -> str:
        """The piece number of the entry, whole.

        Raises:
            DocumentError: empty or too long.
        """
        return self.number(NUMBER, one.entry.piece, longest, upper=upper)

    def number(self, field: str, number: str, longest: int | None = None, *, upper: bool = False) -> str:
        """A number or reference in the file's characters, whole.

        Raises:
            DocumentError: empty or too long.
        """
        written = self._number(number, upper)
        if not written:
            raise cannot_write(field, number, self.file_format)
        if longest is not None and len(written) > longest:
            raise does_not_fit(field, written, longest, self.file_format)
        return written

    def piece_number_if_it_fits(self, one: FileEntry, longest: int) -> str:
        """The piece number, or nothing: for a second, shorter field that the reader does without."""
        piece = self._number(one.entry.piece, upper=False)
        return piece if _fits(piece, longest) else ""

    def amount(self, cents: int, longest: int, mark: str = ",") -> str:
        """Two decimals without thousands separator: 116400 → ``1164,00``.

        Raises:
            DocumentError: longer than ``longest`` characters.
        """
        text = f"{cents // 100}{mark}{cents % 100:02d}"
        if len(text) > longest:
            raise does_not_fit(AMOUNT, text, longest, self.file_format)
        return text

    def short_date(self, field: str, day: dt.date) -> str:
        """``DDMMYY``.

        Raises:
            DocumentError: outside 2000 to 2049; two digits cannot tell the century, and readers commonly take what
                comes after for the last one.
        """
        if day.year not in _CENTURY:
            raise DocumentError(
                f"{field} {day.isoformat()} cannot be told by the two-digit year of a {self.file_format} file.",
                reason=Reason.REFUSED_BY_TOOL,
                facts={"detail": f"{field} « {day.isoformat()} » hors des années 2000 à 2049 ({self.file_format})"},
                field=field,
            )
        return f"{day.day:02d}{day.month:02d}{day.year % 100:02d}"

    def _number(self, number: str, upper: bool) -> str:
        plain = self.words(number)
        return self.words(plain.upper()) if upper else plain


def _fits(text: str, longest: int | None) -> bool:
    return bool(text) and (longest is None or len(text) <= longest)


@lru_cache(maxsize=8192)
def _words(text: str, longest: int | None, charset: str, separator: str, never_first: str) -> str:
    plain = clean_text(text, charset)
    for character in separator:
        if character in plain:
            plain = " ".join(plain.replace(character, " ").split())
    if never_first:
        plain = plain.lstrip(f"{never_first} ")
    return plain[:longest].rstrip() if longest is not None else plain
