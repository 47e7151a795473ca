"""Are two document numbers the same one, written by two people? Pure.

The one is exact: the number of a document in the source. The other is any text in which it may stand: the piece as
another program kept it (without separators, without leading zeros, cut), or a label typed by hand. Letters and digits
count, nothing else; a word such as FA or FACTURE before the number counts only where both sides have another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import lru_cache

from unidecode import unidecode

__all__ = ["Agreement", "agreement", "running_parts"]

# These say only that a number follows; F, FA, AV and the like may also tell two series apart.
_ANNOUNCING = frozenset(
    {"FAC", "FACT", "FACTURE", "INV", "INVOICE", "N", "NO", "NR", "NUM", "NUMERO", "REF", "DE", "DU"}
)
_PREFIXES = _ANNOUNCING | {"F", "FA", "FC", "FF", "FV", "A", "AV", "AVO", "AVOIR", "AC", "AF", "CN", "CREDIT", "NC"}
_PART = re.compile(r"[A-Z]+|[0-9]+")
_WORD = re.compile(r"\S+")
_CONFUSED = str.maketrans("OILSB", "01158")
_YEARS = range(1990, 2100)
_LONGEST_TEXT = 300
_WORDS_OF_A_NUMBER = 4
# A number that was cut to so many characters is still one; a shorter rest may be many numbers' end.
_SURELY_CUT = 8
_PERHAPS_CUT = 4
# So far apart, two numbers of one series are two documents; further, or with a digit lost, one was mistyped.
_NEIGHBOURS = 30


class Agreement(IntEnum):
    """How far a text agrees with a number; more is better."""

    OTHER = 0
    """A number of the same make, and another one."""
    UNKNOWN = 1
    """No such number at all."""
    NEAR = 2
    """Mistyped, cut short, or only its running part."""
    FOUND = 3
    """The number, among other words."""
    EXACT = 4
    """The number and nothing else."""


class _Number:
    """A number taken apart. ``word`` is its first letters where they only say what it is; ``parts`` what follows."""

    __slots__ = ("joined", "parts", "word")

    def __init__(self, parts: tuple[str, ...]) -> None:
        count = 0
        while count < len(parts) - 1 and parts[count] in _PREFIXES:
            count += 1
        self.word = "".join(part for part in parts[:count] if part not in _ANNOUNCING)
        rest = parts[count:]
        self.parts = tuple(part.lstrip("0") or "0" if part.isdecimal() else part for part in rest)
        self.joined = "".join(rest).lstrip("0") or "0"

    @property
    def digits(self) -> int:
        return sum(character.isdecimal() for character in self.joined)

    def same(self, other: _Number) -> bool:
        """The same number, whatever is written before it."""
        return self.parts == other.parts or self.joined == other.joined

    def other_series(self, other: _Number) -> bool:
        """True when each has a word of its own before it, such as FA and FC; F and FA may be one."""
        return bool(self.word and other.word) and not (
            self.word.startswith(other.word) or other.word.startswith(self.word)
        )

    def is_of_one_make(self, other: _Number) -> bool:
        """True for numbers that one program may have given: the same letters and parts, and about as long. Letters may
        be missing on one side where there is a year, or another part, to tell the make by.
        """
        if len(self.counts) != len(other.counts) or abs(self.digits - other.digits) > 1:
            return False
        same_letters = self._letters() == other._letters()
        return same_letters or (len(self.counts) > 1 and not (self._letters() and other._letters()))

    @property
    def counts(self) -> tuple[str, ...]:
        """The parts that are digits."""
        return tuple(part for part in self.parts if part.isdecimal())

    def _letters(self) -> tuple[str, ...]:
        return tuple(part for part in self.parts if not part.isdecimal())


def agreement(number: str, texts: Iterable[str]) -> Agreement:
    """How far the best of ``texts`` agrees with ``number``.

    Where one of the texts is another number of the same make, the others count one step less: a number found in a label
    may be a mere mention there.

    Example: ``F-2026-0117`` is exact in ``"2026 117"`` and ``"FA20260117"``, found in ``"Fact. 2026-0117 Zinc"``, near
    in ``"117"`` and ``"2026-0171"``, and another than ``"F-2026-0118"``.
    """
    found = [_of_text(number, text[:_LONGEST_TEXT]) for text in texts if text]
    best = max(found, default=Agreement.UNKNOWN)
    if best is Agreement.UNKNOWN and Agreement.OTHER in found:
        return Agreement.OTHER
    if best >= Agreement.FOUND and Agreement.OTHER in found:
        return Agreement(best - 1)
    return best


def running_parts(text: str) -> set[str]:
    """By what two numbers that may agree find each other: their last digits, and all their digits together.

    No proof of anything: only what shares one of them needs to be compared.
    """
    found: set[str] = set()
    for word in _WORD.findall(_plain(text[:_LONGEST_TEXT])):
        groups = re.findall(r"[0-9]+", word)
        if groups:
            together = "".join(groups)
            found.update(group.lstrip("0") or "0" for group in groups)
            found.update((together.lstrip("0") or "0", together[-6:].lstrip("0")))
    every = "".join(re.findall(r"[0-9]+", text[:_LONGEST_TEXT]))
    found.add(every.lstrip("0"))
    return found - {""}


@lru_cache(maxsize=65_536)
def _of_text(number: str, text: str) -> Agreement:
    ours, words = _parsed(number), _words(text)
    if ours is None or not words:
        return Agreement.UNKNOWN
    whole = _Number(tuple(part for word in words for part in word))
    whole_agrees = _whole(ours, whole)
    if whole_agrees >= Agreement.NEAR:
        return whole_agrees
    if _is_found(ours, words):
        return Agreement.FOUND
    best = whole_agrees
    for word in words:
        one = _Number(word)
        agrees = _whole(ours, one) if one.digits >= _PERHAPS_CUT else Agreement.UNKNOWN
        if agrees is Agreement.NEAR:
            return Agreement.NEAR
        if agrees is Agreement.OTHER and len(one.parts) > 1:
            # Plain digits in a label may be anything, a number with its year or letters is one.
            best = Agreement.OTHER
    return best


def _whole(ours: _Number, theirs: _Number) -> Agreement:
    """A text that is nothing but a number."""
    if not theirs.digits:
        return Agreement.UNKNOWN
    if ours.same(theirs):
        return Agreement.NEAR if ours.other_series(theirs) else Agreement.EXACT
    cut = _cut(ours.joined, theirs.joined)
    if cut is not None:
        return cut
    if _is_running_part(ours, theirs) or (_is_running_part(theirs, ours) and theirs.parts[-2].isdecimal()):
        return Agreement.NEAR
    if _is_mistyped(ours, theirs):
        return Agreement.NEAR
    return Agreement.OTHER if ours.is_of_one_make(theirs) else Agreement.UNKNOWN


def _cut(ours: str, theirs: str) -> Agreement | None:
    """Theirs is what was left of ours, its end or its beginning."""
    if len(theirs) >= len(ours) or len(theirs) < _PERHAPS_CUT:
        return None
    if ours.endswith(theirs):
        return Agreement.EXACT if len(theirs) >= _SURELY_CUT else Agreement.NEAR
    return Agreement.NEAR if len(theirs) >= _SURELY_CUT and ours.startswith(theirs) else None


def _is_running_part(whole: _Number, part: _Number) -> bool:
    """``117`` of ``2026-0117``, where somebody typed no more."""
    return len(part.parts) == 1 and len(whole.parts) > 1 and part.parts[0] == whole.parts[-1] and part.digits >= 1


def _is_mistyped(ours: _Number, theirs: _Number) -> bool:
    one, other = ours.joined, theirs.joined
    if min(len(one), len(other)) < _PERHAPS_CUT or abs(len(one) - len(other)) > 1:
        return False
    if one.translate(_CONFUSED) == other.translate(_CONFUSED):
        return True
    if ours.is_of_one_make(theirs) and _are_neighbours(ours, theirs):
        return False
    return _one_slip(one, other)


def _are_neighbours(ours: _Number, theirs: _Number) -> bool:
    """Two of one series, issued close to one another, and no two digits in each other's place."""
    different = [(a, b) for a, b in zip(ours.counts, theirs.counts, strict=True) if a != b]
    if len(different) != 1:
        return False
    a, b = different[0]
    swapped = sorted(a) == sorted(b) and abs(int(a) - int(b)) % 9 == 0
    return abs(int(a) - int(b)) <= _NEIGHBOURS and not swapped


def _one_slip(one: str, other: str) -> bool:
    """One character more, less or different, or two neighbouring ones swapped."""
    if len(one) == len(other):
        places = [place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
        if len(places) == 1:
            return True
        if len(places) != 2 or places[1] != places[0] + 1:
            return False
        a, b = places
        return one[a] == other[b] and one[b] == other[a]
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))


def _is_found(ours: _Number, words: tuple[tuple[str, ...], ...]) -> bool:
    """Some words in a row are the number; a short one only behind a word that announces it."""
    sure = ours.digits >= 3 and len(ours.joined) >= _PERHAPS_CUT and not _is_year(ours.joined)
    for first, last in _runs(len(words)):
        theirs = _Number(tuple(part for word in words[first:last] for part in word))
        if not theirs.digits or not ours.same(theirs) or ours.other_series(theirs):
            continue
        announced = words[first][0] in _PREFIXES or (first > 0 and words[first - 1][-1] in _PREFIXES)
        if sure or announced:
            return True
    return False


def _runs(count: int) -> Iterator[tuple[int, int]]:
    for first in range(count):
        for last in range(first + 1, min(first + _WORDS_OF_A_NUMBER, count) + 1):
            yield first, last


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdecimal() and int(text) in _YEARS


@lru_cache(maxsize=8192)
def _parsed(number: str) -> _Number | None:
    parts = tuple(_PART.findall(_plain(number[:_LONGEST_TEXT])))
    return _Number(parts) if any(part.isdecimal() for part in parts) else None


def _words(text: str) -> tuple[tuple[str, ...], ...]:
    words = (tuple(_PART.findall(word)) for word in _WORD.findall(_plain(text)))
    return tuple(word for word in words if word)


def _plain(text: str) -> str:
    return unidecode(text.replace("°", " ").replace("º", " ")).upper()
