"""A FEC as any program wrote it → the entries of its customers and suppliers, for taking a company over.

Tolerant where programs differ: tab or bar, UTF-8 with or without BOM or ISO 8859-15, comma or point, Debit and Credit
or Montant and Sens, more than 18 columns, in any order. Strict where a wrong reading would hide a document: a line that
cannot be read, an entry that does not balance or a cut file is refused, naming line and field.

Only what may be an invoice counts: an entry with a third party's line that is no payment (a treasury account without
any charge, sale, asset or VAT).
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.money import NotAnAmount, cents_to_text, to_cents
from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger.formats.fec import COLUMNS

__all__ = ["MAX_BYTES", "FecBooks", "read_fec", "siren_in_name"]

MAX_BYTES = 200 * 1024 * 1024
"""A FEC of this size has more than a million lines; a larger file is no FEC of a company that Sellsy serves."""

_LONGEST_FIELD = 2_000
_YEARS = (1980, 2100)
_NEEDED = ("JournalCode", "EcritureDate", "CompteNum", "PieceRef", "EcritureLib")
_SIDES = {Direction.SALES: "41", Direction.PURCHASES: "40"}
_NAME = re.compile(r"^(\d{9})FEC\d{8}", re.IGNORECASE)
_DEBIT, _CREDIT = frozenset({"D", "+1", "1"}), frozenset({"C", "-1"})


class FecBooks(NamedTuple):
    """What was read: the lines of the file, its entries, and those that may be a document, by direction."""

    lines: int
    entries: int
    booked: list[tuple[Direction, BookedEntry]]


class _Line(NamedTuple):
    position: int
    journal: str
    number: str
    date: dt.date
    account: str
    account_name: str
    auxiliary: str
    auxiliary_name: str
    piece: str
    piece_date: dt.date | None
    label: str
    cents: int  # debit minus credit


def siren_in_name(name: str) -> str:
    """The SIREN that a FEC's legal file name begins with (``552100554FEC20261231.txt``); empty when it has none."""
    found = _NAME.match(PurePath(name).name)
    return found.group(1) if found else ""


def read_fec(body: bytes, name: str) -> FecBooks:
    """Read a whole FEC.

    Args:
        body: the file.
        name: what it is called, for messages.

    Raises:
        ConfigurationError: it is no FEC, is cut, or does not balance; the message names line and field.
    """
    if len(body) > MAX_BYTES:
        raise _refusal(name, f"it has {len(body)} bytes, more than {MAX_BYTES} are not read")
    lines = list(_lines(_text(body, name), name))
    if not lines:
        raise _refusal(name, "it has a header and no line")
    entries = _entries(lines, name)
    shared = Counter(map(_name, entries))
    booked: list[tuple[Direction, BookedEntry]] = []
    for entry in entries:
        known_as = _name(entry)
        booked += _booked(entry, known_as if shared[known_as] == 1 else f"{known_as} {entry[0].date:%Y%m%d}")
    return FecBooks(len(lines), len(entries), booked)


# -- entries -----------------------------------------------------------------------------------------------------
def _entries(lines: Sequence[_Line], name: str) -> list[list[_Line]]:
    """Lines of one journal, EcritureNum and day; without numbers, of one journal, day and piece."""
    groups: defaultdict[tuple[object, ...], list[_Line]] = defaultdict(list)
    for line in lines:
        key = (line.journal, line.number) if line.number else (line.journal, line.date, line.piece)
        groups[key].append(line)
    for (journal, *_), group in groups.items():
        balance = sum(line.cents for line in group)
        if balance:
            first = group[0]
            raise _refusal(
                name,
                f"line {first.position}: entry {first.number or first.piece or '?'} of journal {journal} does not "
                f"balance (debit minus credit is {cents_to_text(balance)})",
            )
    return [entry for group in groups.values() for entry in _apart(group)]


def _apart(group: list[_Line]) -> Iterable[list[_Line]]:
    """The entries behind one number: some programs begin to count again every month. An entry has one date."""
    days: defaultdict[dt.date, list[_Line]] = defaultdict(list)
    for line in group:
        days[line.date].append(line)
    closes = all(sum(line.cents for line in lines) == 0 for lines in days.values())
    return days.values() if closes else [group]


def _name(entry: Sequence[_Line]) -> str:
    return f"{entry[0].journal} {entry[0].number or entry[0].piece}".strip()


def _booked(entry: Sequence[_Line], known_as: str) -> Iterator[tuple[Direction, BookedEntry]]:
    if _is_payment(entry):
        return
    first = entry[0]
    texts = tuple(dict.fromkeys(text for line in entry for text in (line.piece, line.label) if text))
    parties: defaultdict[tuple[Direction, str], list[_Line]] = defaultdict(list)
    for line in entry:
        direction = next((side for side, root in _SIDES.items() if line.account.startswith(root)), None)
        if direction is not None:
            parties[direction, line.auxiliary or line.account].append(line)
    for (direction, account), own in parties.items():
        # Several parts due on several days are one document.
        cents = sum(line.cents for line in own)
        if cents:
            yield (
                direction,
                BookedEntry(
                    entry_id=known_as,
                    journal=first.journal,
                    date=first.date,
                    piece_date=next((line.piece_date for line in own if line.piece_date), None),
                    third_party_account=account,
                    third_party_name=next((name for line in own if (name := line.auxiliary_name)), own[0].account_name),
                    gross_cents=cents,
                    # Only the piece and the third party's own labels where there are several third parties.
                    numbers=texts if len(parties) == 1 else _texts(own),
                ),
            )


def _texts(lines: Iterable[_Line]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for line in lines for text in (line.piece, line.label) if text))


def _is_payment(entry: Sequence[_Line]) -> bool:
    accounts = [line.account for line in entry]
    if not any(account.startswith("5") for account in accounts):
        return False
    return not any(account[:1] in ("2", "3", "6", "7") or account.startswith("445") for account in accounts)


# -- lines -------------------------------------------------------------------------------------------------------
def _text(body: bytes, name: str) -> str:
    if b"\x00" in body:
        raise _refusal(name, "it holds binary data (UTF-16, or no text at all); save it as UTF-8 or ISO 8859-15")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("iso8859-15")


def _lines(text: str, name: str) -> Iterator[_Line]:
    rows = re.split(r"\r\n|\n|\r", text)
    head = rows[0]
    separator = next((mark for mark in ("\t", "|") if mark in head), None)
    if separator is None:
        raise _refusal(name, "line 1: no column names with tabs or bars between them, as a FEC has")
    names = [column.strip().strip('"').lower() for column in head.split(separator)]
    columns = _Columns(names, name)
    for position, row in enumerate(rows[1:], 2):
        if not row.strip():
            continue
        fields = [field.strip() for field in row.split(separator)]
        if len(fields) < len(names):
            raise _refusal(name, f"line {position}: {len(fields)} fields, the header has {len(names)}")
        yield columns.line(fields, position)


class _Columns:
    """Where each column stands."""

    def __init__(self, names: Sequence[str], file: str) -> None:
        self._file = file
        self._places = {name: place for place, name in enumerate(names)}
        missing = [column for column in _NEEDED if column.lower() not in self._places]
        if not {"debit", "credit"} <= self._places.keys() and not {"montant", "sens"} <= self._places.keys():
            missing.append("Debit and Credit (or Montant and Sens)")
        if missing:
            raise _refusal(file, f"line 1: column {', '.join(missing)} is missing; a FEC has {', '.join(COLUMNS)}")

    def line(self, fields: Sequence[str], position: int) -> _Line:
        """One line; raises where a field cannot be read."""

        def value(column: str) -> str:
            place = self._places.get(column.lower())
            text = fields[place] if place is not None else ""
            if len(text) > _LONGEST_FIELD:
                raise _refusal(self._file, f"line {position}: {column} has more than {_LONGEST_FIELD} characters")
            return text.strip('"')

        account = value("CompteNum")
        if not account[:1].isdigit():
            raise self._unreadable(position, "CompteNum", account, "an account number")
        return _Line(
            position=position,
            journal=value("JournalCode"),
            number=value("EcritureNum"),
            date=self._day(value("EcritureDate"), "EcritureDate", position),
            account=account,
            account_name=value("CompteLib"),
            auxiliary=value("CompAuxNum"),
            auxiliary_name=value("CompAuxLib"),
            piece=value("PieceRef"),
            piece_date=self._day(text, "PieceDate", position) if (text := value("PieceDate")) else None,
            label=value("EcritureLib"),
            cents=self._balance(value, position),
        )

    def _balance(self, value: Callable[[str], str], position: int) -> int:
        if "debit" in self._places:
            return self._cents(value("Debit"), "Debit", position) - self._cents(value("Credit"), "Credit", position)
        cents, side = self._cents(value("Montant"), "Montant", position), value("Sens").upper()
        if side not in _DEBIT | _CREDIT:
            raise self._unreadable(position, "Sens", side, "D, C, +1 or -1")
        return cents if side in _DEBIT else -cents

    def _cents(self, text: str, column: str, position: int) -> int:
        plain = re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", ".")
        if not plain:
            return 0
        try:
            cents = to_cents(plain)
            if not re.fullmatch(r"[+-]?\d+(\.\d{0,2}0*)?|[+-]?\.\d{1,2}", plain):
                raise NotAnAmount(plain)
        except NotAnAmount:
            raise self._unreadable(position, column, text, "an amount such as 1234,56") from None
        return cents

    def _day(self, text: str, column: str, position: int) -> dt.date:
        if re.fullmatch(r"\d{8}", text):
            try:
                day = dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
            except ValueError:
                day = dt.date.min
            if _YEARS[0] <= day.year <= _YEARS[1]:
                return day
        raise self._unreadable(position, column, text, "a date such as 20260131")

    def _unreadable(self, position: int, column: str, text: str, wanted: str) -> ConfigurationError:
        return _refusal(self._file, f"line {position}: {column} is {text[:40]!r}, not {wanted}")


def _refusal(name: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{name} cannot be taken for a FEC: {why}. Nothing was stored; export the file again, whole.", field="--fec"
    )
