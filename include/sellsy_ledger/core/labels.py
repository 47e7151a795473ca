"""Line labels and piece numbers, made to fit what a tool can keep.

Texts come from an API and are untrusted: HTML, line breaks, control characters and emoji never reach a label.
A label keeps its start when it is cut, a piece number its end (the running part of an invoice number). Nothing is
lost: the full number stays in ``JournalEntry.number`` and the full texts in the document.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import unescape
from unicodedata import category

from unidecode import unidecode

from sellsy_ledger.core.capabilities import Capabilities, kept_characters
from sellsy_ledger.core.corrections import label_of
from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.settings import LabelStyle

__all__ = ["Labels", "clean_text", "colliding_pieces", "cut_label", "html_to_text", "own_piece", "piece_number"]

_LONGEST_SOURCE = 4_000
"""Characters of a source text that are looked at; no tool keeps a tenth of that."""

_SHORT = 200
_DEFAULT_MAX = 255
_SEPARATOR = " - "
# Words of ordinary characters, one space apart: most texts are so, and need nothing done to them.
_ORDINARY = "[!-%'-;=-~À-ɏ«»°’…€–—]+"
_PLAIN = re.compile(f"(?:{_ORDINARY}(?: {_ORDINARY})*)?")
_INVISIBLE = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def html_to_text(text: str) -> str:
    """The words of an HTML fragment; ``5 < 6`` is no tag and stays.

    Example: ``"<p>Entretien&nbsp;T1</p><br />suite"`` → ``"Entretien T1 suite"``.
    """
    if "<" in text:
        text = _TAG.sub(" ", _INVISIBLE.sub(" ", text))
    if "&" in text:
        text = unescape(text)
    return " ".join(text.split())


def clean_text(text: str, charset: str = "unicode") -> str:
    """Plain words on one line in a tool's character set.

    Args:
        text: untrusted text, HTML or not; only its first 4,000 characters count.
        charset: ``unicode``, or the Python name of the tool's encoding (``ascii``, ``latin-1``, ``iso8859-15``):
            characters outside it are transliterated (``œ`` → ``oe``), and dropped where no letters stand for them.
    """
    # Names, tax labels and catalogue texts come again and again.
    return _cleaned(text, charset) if len(text) <= _SHORT else _cleaned.__wrapped__(text, charset)


@lru_cache(maxsize=8192)
def _cleaned(text: str, charset: str) -> str:
    if _PLAIN.fullmatch(text) is None:
        text = html_to_text(text[:_LONGEST_SOURCE])
        if _PLAIN.fullmatch(text) is None:
            text = " ".join("".join(c if _is_writable(c) else " " for c in text).split())
    if charset == "unicode" or text.isascii():
        return text
    return " ".join("".join(_in_charset(character, charset) for character in text).split())


def _is_writable(character: str) -> bool:
    # C* = controls, formats (zero-width joiners, direction marks), surrogates, private use, unassigned;
    # So = pictures, emoji among them, except ° and the like that old character sets know too.
    kind = category(character)
    return not (kind[0] == "C" or kind in ("Zl", "Zp", "Sk") or (kind == "So" and ord(character) > 0xFF))


@lru_cache(maxsize=4096)
def _in_charset(character: str, charset: str) -> str:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        # Transliterations of unknown scripts come in brackets or as question marks, which say nothing.
        return unidecode(character).replace("[?]", "")
    return character


def cut_label(text: str, longest: int | None, note: str = "") -> str:
    """``text`` then ``note`` within ``longest`` characters; the text gives way, its start stays.

    Example: ``cut_label("Entretien annuel", 14, " (note)")`` → ``"Entreti (note)"``.
    """
    longest = longest or _DEFAULT_MAX
    if len(text) + len(note) > longest:
        text = text[: max(longest - len(note), 0)].rstrip()
    return f"{text}{note}"[:longest] if note else text


def piece_number(number: str, capabilities: Capabilities) -> str:
    """The document number as the tool can keep it: its characters only, and the end when it is too long.

    Example, with ``[A-Za-z0-9]`` and 8 characters: ``"F-2026-0117"`` → ``"20260117"``.
    """
    return _piece(number[:_LONGEST_SOURCE], capabilities.piece_pattern, capabilities.piece_max)


@lru_cache(maxsize=1024)
def _piece(number: str, pattern: str | None, longest: int | None) -> str:
    piece = kept_characters(clean_text(number, "unicode" if pattern is None else "ascii"), pattern)
    if longest is not None and len(piece) > longest:
        piece = piece[-longest:].lstrip()
    return piece


def colliding_pieces(numbers: Iterable[str], capabilities: Capabilities) -> dict[str, tuple[str, ...]]:
    """Piece numbers that two or more different document numbers would share, with those numbers, sorted.

    The caller refuses them: one piece number stands for one document (of one third party, in one fiscal year).
    """
    by_piece: defaultdict[str, set[str]] = defaultdict(set)
    for number in numbers:
        by_piece[piece_number(number, capabilities)].add(number)
    return {piece: tuple(sorted(same)) for piece, same in by_piece.items() if len(same) > 1}


def own_piece(piece: str, posting_key: str, longest: int | None) -> str:
    """The piece number of a correction, for a tool that tells entries apart by it: ``FAC20260001`` → ``FAC20260001R1``.

    Nothing is cut for it, so that two documents never come to the same: where the label does not fit ``longest``
    characters, initials of the kind and the source's id stand in for the number (``SCN48213R1``). What is still too
    long is refused by whoever writes it.
    """
    label = label_of(posting_key).removeprefix("-").upper()
    if not label or longest is None or len(piece) + len(label) <= longest:
        return f"{piece}{label}"
    *_, kind, number = posting_key.split(":")
    return f"{''.join(word[0] for word in kind.split('_'))}{number.replace('-', '')}".upper()


class Labels:
    """The labels of one document's lines, by the company's style.

    Args:
        document: the document; its customer or supplier name is the one printed on it.
        name: the third party's name in the tool, used when the document prints none.
        style: one of the four styles of the product page.
        note: words that every label ends with (the moved date of a closed period), or ``""``.
    """

    __slots__ = ("_charset", "_fallback", "_fixed", "_longest", "_name", "_note", "_style")

    def __init__(
        self, document: Document, name: str, style: LabelStyle, capabilities: Capabilities, note: str = ""
    ) -> None:
        self._charset = capabilities.label_charset
        self._longest = capabilities.label_max or _DEFAULT_MAX
        self._note = f" {clean_text(note, self._charset)}" if note else ""
        self._style = style
        self._name = clean_text(document.third_party_name or name, self._charset)
        self._fallback = document.subject
        self._fixed: str | None = None
        if style is LabelStyle.THIRD_PARTY:
            self._fixed = self._cut(self._name)
        elif style is LabelStyle.THIRD_PARTY_AND_NUMBER:
            self._fixed = self._cut(self._joined(clean_text(document.number, self._charset)))

    @property
    def needs_descriptions(self) -> bool:
        """True when net labels hold descriptions, so that the caller has to collect them."""
        return self._fixed is None

    def third_party(self) -> str:
        """The third-party line's label."""
        if self._fixed is not None:
            return self._fixed
        if self._style is LabelStyle.THIRD_PARTY_THEN_DESCRIPTION:
            return self._cut(self._name)
        return self._cut(self._joined(clean_text(self._fallback, self._charset)))

    def net(self, descriptions: Sequence[str]) -> str:
        """The label of a net line: the different descriptions of its rows, in their order."""
        if self._fixed is not None:
            return self._fixed
        if len(descriptions) == 1:
            return self._worded(clean_text(descriptions[0], self._charset))
        words = dict.fromkeys([clean_text(text, self._charset) for text in descriptions])
        words.pop("", None)
        return self._worded(", ".join(words))

    def other(self, description: str) -> str:
        """The label of any other line; without a description the document's subject stands in, then the name."""
        if self._fixed is not None:
            return self._fixed
        return self._worded(clean_text(description, self._charset))

    def _worded(self, text: str) -> str:
        text = text or clean_text(self._fallback, self._charset)
        if self._style is LabelStyle.THIRD_PARTY_THEN_DESCRIPTION:
            return self._cut(text or self._name)
        return self._cut(self._joined(text))

    def _joined(self, text: str) -> str:
        return f"{self._name}{_SEPARATOR}{text}" if self._name and text else self._name or text

    def _cut(self, text: str) -> str:
        if not self._note and len(text) <= self._longest:
            return text
        return cut_label(text, self._longest, self._note)
