"""The parts of Inqom's answers that we read, as types; everything else in an answer is ignored.

The documents write keys in PascalCase and disagree here and there (``Id`` or ``EntryId``, a list or an envelope), so
keys are compared without case, a list may stand in an envelope, and an id may be a number or a text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

__all__ = [
    "Access",
    "Account",
    "Created",
    "Document",
    "EntryLine",
    "Folder",
    "Journal",
    "Operation",
    "Period",
    "Token",
    "day_of",
    "items_of",
    "lowered",
    "read_as",
    "text_of",
]

T = TypeVar("T")
Id = int | str
_PARIS = ZoneInfo("Europe/Paris")


class Token(msgspec.Struct, frozen=True):
    """The answer of the token route; ``expires_in`` in seconds."""

    access_token: str
    expires_in: int | float | str | None = None


class Access(msgspec.Struct, frozen=True):
    """One company or folder that the user may act on."""

    id: Id
    name: str | None = None
    accesstype: str | None = None
    companyid: Id | None = None


class Folder(msgspec.Struct, frozen=True):
    """An accounting folder of a company."""

    id: Id
    name: str | None = None
    siren: str | None = None
    status: str | None = None


class Period(msgspec.Struct, frozen=True):
    """An accounting period: a fiscal year as observed, perhaps a month."""

    id: Id
    begindate: str
    enddate: str
    locked: bool = False


class Journal(msgspec.Struct, frozen=True):
    """A journal; its ``name`` is the code."""

    id: Id
    name: str
    description: str | None = None
    type: str | None = None


class Account(msgspec.Struct, frozen=True):
    """An account, third parties' included."""

    number: str
    name: str | None = None
    isimpactable: bool = True
    parentaccountnumber: str | None = None


class Created(msgspec.Struct, frozen=True):
    """An entry or an operation that was just made: the id under either name."""

    id: Id | None = None
    entryid: Id | None = None
    operationid: Id | None = None

    @property
    def any_id(self) -> str:
        """The id, empty when there is none."""
        return next((str(each) for each in (self.id, self.entryid, self.operationid) if each not in (None, "")), "")


class Reference(msgspec.Struct, frozen=True):
    """A pointer with whatever goes with it."""

    id: Id | None = None
    reference: str | None = None
    date: str | None = None
    code: str | None = None
    externalid: str | None = None


class EntryLine(msgspec.Struct, frozen=True):
    """A line as ``entry-lines`` gives it."""

    id: Id
    accountnumber: str
    label: str | None = None
    debitamount: Decimal | int | None = None
    creditamount: Decimal | int | None = None
    entry: Reference | None = None
    journal: Reference | None = None
    accountingdocument: Reference | None = None
    externalid: str | None = None
    entryexternalid: str | None = None
    letter: str | UnsetType | None = UNSET
    letterid: Id | UnsetType | None = UNSET

    @property
    def lettered(self) -> bool | None:
        """True when the line is matched with another one; None where Inqom does not tell."""
        if self.letter is UNSET and self.letterid is UNSET:
            return None
        return bool(self.letter) or self.letterid not in (None, "", 0, UNSET)


class Document(msgspec.Struct, frozen=True):
    """A deposited document."""

    id: Id
    status: str | None = None
    sourceid: str | None = None
    checksum: str | None = None
    fileurl: str | None = None


class Operation(msgspec.Struct, frozen=True):
    """A FEC import operation."""

    id: Id
    status: str | None = None


def lowered(data: Any) -> Any:
    """The decoded JSON with every key in lower case."""
    if isinstance(data, dict):
        return {str(name).lower(): lowered(value) for name, value in data.items()}
    if isinstance(data, list):
        return [lowered(each) for each in data]
    return data


def items_of(data: Any) -> list[Any]:
    """The items of a list, in an envelope or bare; data comes from :func:`lowered`.

    Raises:
        ValueError: it holds no list, or several.
    """
    if isinstance(data, list):
        return data
    lists = [value for value in data.values() if isinstance(value, list)] if isinstance(data, dict) else []
    if len(lists) != 1:
        raise ValueError("the answer holds no list")
    found: list[Any] = lists[0]
    return found


def read_as(kind: type[T], data: Any) -> T:
    """``data``, from :func:`lowered`, as ``kind``.

    Raises:
        ValueError: naming the field that is missing or of another type; the value is not repeated.
    """
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{kind.__name__} has not its documented shape: {error}") from None


def text_of(data: Any) -> str:
    """The own words of an error answer in whatever shape, joined; empty when it holds none."""
    return " ; ".join(dict.fromkeys(_texts(lowered(data))))


def _texts(data: Any) -> list[str]:
    if isinstance(data, str):
        return [data.strip()] if data.strip() else []
    if isinstance(data, list):
        return [text for each in data[:10] for text in _texts(each)]
    if not isinstance(data, Mapping):
        return []
    known = ("message", "errormessage", "error_description", "detail", "details", "title", "error", "errors", "issues")
    found = [text for name in known if name in data for text in _texts(data[name])]
    if found:
        return found
    # A map of field → messages, as model validation answers.
    return [text for value in data.values() if isinstance(value, list) for text in _texts(value)]


def day_of(text: str | None) -> dt.date | None:
    """The calendar day of a date or moment; midnight in Paris written in UTC is the day it is in Paris.

    Example: ``2026-01-01T00:00:00Z`` → 1 January 2026, and so is ``2025-12-31T23:00:00Z``.
    """
    with suppress(ValueError):
        moment = dt.datetime.fromisoformat((text or "").strip())
        if moment.tzinfo is not None and moment.hour in (22, 23) and not moment.minute and not moment.second:
            return moment.astimezone(_PARIS).date()
        return moment.date()
    with suppress(ValueError):
        return dt.date.fromisoformat((text or "").strip()[:10])
    return None
