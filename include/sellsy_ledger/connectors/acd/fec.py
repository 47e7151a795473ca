"""The text of a FEC → entries, found by the mark we left in a label. Pure.

A FEC is the only thing that ACD gives back of its books: lines with TAB (or ``|``) between fields, decimal comma, and
often no entry number. An entry is therefore the lines of one journal, day and piece that balance. Third parties stand
in ``CompAuxNum``, or in ``CompteNum`` itself: both are read. What is unreadable raises, and never counts as "no entry".
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

__all__ = ["MARK", "Fec", "FecEntry", "FecLine", "UnreadableFec"]

MARK = re.compile(r"#([0-9A-HJKMNP-TV-Z]{8})\s*$")
"""Our mark at the end of a label (:func:`.mapper.mark_of`)."""

_COLUMNS = ("journalcode", "ecrituredate", "comptenum", "pieceref")
_CLOSED = ("ecriturelet", "datelet", "validdate")
_LABEL_NAMES = ("ecriturelib", "ecriturelibc")


class UnreadableFec(ValueError):
    """The text is no FEC, or not a whole one."""


class FecLine(NamedTuple):
    """One line; ``account`` is the auxiliary account on a third party's line, wherever the file has it, ``control``
    the general account in front of it. ``closed`` is True where the line was lettered or validated, None where the
    file has no column that would tell.
    """

    journal: str
    number: str
    date: dt.date | None
    account: str
    auxiliary: str
    piece: str
    label: str
    debit_cents: int
    credit_cents: int
    control: str = ""
    name: str = ""
    piece_date: dt.date | None = None
    closed: bool | None = None

    @property
    def mark(self) -> str:
        """Our mark in the label, empty when there is none."""
        found = MARK.search(self.label)
        return found[1] if found else ""

    @property
    def is_third_party(self) -> bool:
        """True for an auxiliary account, in its own column or in that of the account."""
        return bool(self.auxiliary) or not self.account.isdecimal()


_Group = tuple[str, str, "dt.date | None", str]


class FecEntry(NamedTuple):
    """The lines of one entry, in the order of the file."""

    lines: tuple[FecLine, ...]

    @property
    def first(self) -> FecLine:
        """The first line, for what all lines share."""
        return self.lines[0]

    @property
    def mark(self) -> str:
        """Our mark on any of its lines, empty when there is none."""
        return next((line.mark for line in self.lines if line.mark), "")

    @property
    def editable(self) -> bool | None:
        """False once a line was lettered or validated; None where the file does not tell."""
        told = [line.closed for line in self.lines if line.closed is not None]
        return not any(told) if told else None


class Fec:
    """One year's lines, ready to be searched.

    Args:
        body: the file as it was answered.

    Raises:
        UnreadableFec: saying what is wrong, without a word of its content.
    """

    def __init__(self, body: bytes) -> None:
        self.lines = tuple(_lines(_text(body)))
        self._groups: defaultdict[_Group, list[FecLine]] = defaultdict(list)
        self._by_mark: defaultdict[str, set[_Group]] = defaultdict(set)
        self._by_piece: defaultdict[str, list[FecLine]] = defaultdict(list)
        for line in self.lines:
            group = (line.journal, line.number, line.date, line.piece)
            self._groups[group].append(line)
            self._by_piece[line.piece].append(line)
            if mark := line.mark:
                self._by_mark[mark].add(group)

    def marked(self, mark: str) -> list[FecEntry]:
        """Every entry that carries ``mark``."""
        found = []
        for group in sorted(self._by_mark.get(mark, ()), key=str):
            found += _entries(self._groups[group], mark)
        return found

    def entries(self) -> list[FecEntry]:
        """Every entry, as well as the file tells them apart: the lines of one journal, day and piece that balance."""
        return [FecEntry(tuple(run)) for lines in self._groups.values() for run in _balanced_runs(lines)]

    def of_piece(self, piece: str) -> Sequence[FecLine]:
        """Every line of that piece number."""
        return self._by_piece.get(piece, ())


def _entries(lines: Sequence[FecLine], mark: str) -> list[FecEntry]:
    """The entries of one journal, day and piece that carry ``mark``.

    Two suppliers may share an invoice number and a day: their entries are told apart by where the lines balance. Where
    only one entry has a third party, all lines are its own, also when its first few happen to balance.
    """
    runs = _balanced_runs(lines)
    ours = [run for run in runs if any(line.mark == mark for line in run)]
    others = [run for run in runs if not any(line.mark == mark for line in run)]
    if len(ours) == 1 and not any(line.mark or line.is_third_party for run in others for line in run):
        return [FecEntry(tuple(lines))]
    return [FecEntry(tuple(run)) for run in ours]


def _balanced_runs(lines: Iterable[FecLine]) -> list[list[FecLine]]:
    runs: list[list[FecLine]] = []
    open_run: list[FecLine] = []
    balance = 0
    for line in lines:
        open_run.append(line)
        balance += line.debit_cents - line.credit_cents
        if balance == 0:
            runs.append(open_run)
            open_run = []
    return [*runs, open_run] if open_run else runs


# -- the text ----------------------------------------------------------------------------------------------------
def _text(body: bytes) -> str:
    """The file's text: as it is, or inside JSON (a text, or an object with one text of several lines)."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = body.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        text = body.decode("latin-1")
    if text[:1] not in ('"', "{"):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        raise UnreadableFec("the answer is neither a FEC nor JSON") from None
    texts = [found] if isinstance(found, str) else [each for each in found.values() if isinstance(each, str)]
    return max(texts, key=len, default="").removeprefix("\ufeff")


def _lines(text: str) -> Iterable[FecLine]:
    rows = [row for row in re.split(r"\r\n|\n|\r", text) if row.strip()]
    if not rows:
        raise UnreadableFec("it is empty, without even its header")
    separator = "\t" if "\t" in rows[0] else "|"
    names = [name.strip().strip('"').lower() for name in rows[0].split(separator)]
    columns = {name: position for position, name in enumerate(names)}
    label = next((columns[name] for name in _LABEL_NAMES if name in columns), None)
    missing = [name for name in _COLUMNS if name not in columns]
    if missing or label is None or not ({"debit", "credit"} <= columns.keys() or {"montant", "sens"} <= columns.keys()):
        raise UnreadableFec("its header is not that of a FEC")
    needed = 1 + max(label, *(columns[name] for name in (*_COLUMNS, "debit", "credit", "montant") if name in columns))
    for position, row in enumerate(rows[1:], 2):
        fields = [field.strip() for field in row.split(separator)]
        if len(fields) < needed:
            raise UnreadableFec(f"line {position} is cut")
        yield _line(fields, columns, label, position)


def _line(fields: Sequence[str], columns: dict[str, int], label: int, position: int) -> FecLine:
    def value(name: str) -> str:
        place = columns.get(name)
        return fields[place] if place is not None and place < len(fields) else ""

    if "debit" in columns:
        debit, credit = _cents(value("debit"), position), _cents(value("credit"), position)
    else:
        amount = _cents(value("montant"), position)
        is_debit = value("sens").upper() in ("D", "+1", "1")
        debit, credit = (amount, 0) if is_debit else (0, amount)
    if debit < 0 or credit < 0:
        debit, credit = max(debit, 0) - min(credit, 0), max(credit, 0) - min(debit, 0)
    auxiliary = value("compauxnum")
    return FecLine(
        journal=value("journalcode"),
        number=value("ecriturenum"),
        date=_date(value("ecrituredate")),
        account=auxiliary or value("comptenum"),
        auxiliary=auxiliary,
        piece=value("pieceref"),
        label=fields[label],
        debit_cents=debit,
        credit_cents=credit,
        control=value("comptenum"),
        name=value("compauxlib") or value("comptelib"),
        piece_date=_date(value("piecedate")),
        closed=any(value(name) for name in _CLOSED) if any(name in columns for name in _CLOSED) else None,
    )


def _cents(text: str, position: int) -> int:
    """``1 234,50`` → 123450; an empty field is zero."""
    plain = re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", ".")
    if not plain:
        return 0
    try:
        cents = Decimal(plain) * 100
    except InvalidOperation:
        raise UnreadableFec(f"line {position} has no readable amount") from None
    if not cents.is_finite() or cents != cents.to_integral_value() or abs(cents) >= 10**17:
        raise UnreadableFec(f"line {position} has no readable amount")
    return int(cents)


def _date(text: str) -> dt.date | None:
    for form in ("%Y%m%d", "%d/%m/%Y", "%Y-%m-%d"):
        try:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar day
        except ValueError:
            continue
    return None
