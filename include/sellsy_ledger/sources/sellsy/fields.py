"""Single values as Sellsy writes them: amounts, rates, dates, ids, texts that may hold HTML.

Shared by the V2 and V1 readers. Every function names the field it could not read; none of them guesses.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NoReturn
from zoneinfo import ZoneInfo

import msgspec

from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.money import NotAnAmount, parse_decimal, round_to_cents
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError

__all__ = [
    "PARIS",
    "UNDECODABLE",
    "Tax",
    "clean_text",
    "currency_of",
    "day",
    "day_in_paris",
    "decimal_of",
    "exact_rate",
    "id_of",
    "rate_of",
    "tax_rate",
    "to_cents",
    "unreadable",
]

PARIS = ZoneInfo("Europe/Paris")

_TAG = re.compile(r"<(?:/?[a-zA-Z!][^<>]*)>")
_FRENCH_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
# A text longer than this is no description; it would only slow everything down.
_TEXT_MAX = 20_000
_LARGEST_ID = 2**63 - 1
_LONGEST_CURRENCY = 12
_LARGEST_RATE = 100

UNDECODABLE = (msgspec.DecodeError, RecursionError)
"""What decoding raises: for text that is no such JSON, and for nesting without end."""


class Tax(msgspec.Struct, frozen=True):
    """One tax of the Sellsy account. ``category`` is the UNTDID 5305 code, None where Sellsy does not say."""

    id: int
    rate: Decimal
    category: str | None = None
    label: str = ""


def unreadable(field: str, problem: str, kind: Kind | None = None, name: object = "") -> NoReturn:
    """Refuse the document, naming the field.

    Raises:
        DocumentError: always, with reason ``document_unreadable``.
    """
    subject = f"{kind.value if kind else 'document'} {name}".rstrip()
    raise DocumentError(
        f"Sellsy's {subject} cannot be read: {field} {problem}.",
        reason=Reason.DOCUMENT_UNREADABLE,
        facts={"detail": f"champ {field}"},
        field=field,
        tool="sellsy",
    )


def decimal_of(value: str | int | None, field: str) -> Decimal:
    """An exact amount or rate.

    Raises:
        DocumentError: when absent, or no finite decimal number (NaN, a float, words).
    """
    if value is None or value == "":
        unreadable(field, "is missing")
    try:
        return parse_decimal(value)
    except NotAnAmount:
        unreadable(field, "is not a decimal number")


def to_cents(value: str | int | None, field: str) -> int:
    """Cents of an amount, half away from zero.

    Raises:
        DocumentError: see :func:`decimal_of`.
    """
    # Nearly every amount has two decimals: its digits are the cents, and no Decimal is needed to see it.
    if isinstance(value, str) and value[-3:-2] == "." and len(value) < 16:
        digits = value[:-3] + value[-2:]
        if digits.isascii() and digits.isdecimal():
            return int(digits)
    return round_to_cents(decimal_of(value, field))


@lru_cache(maxsize=1024)
def exact_rate(text: str | int) -> Decimal:
    """A tax rate in per cent; the few rates of an account are parsed once.

    Raises:
        NotAnAmount: the text is no decimal number, or one that no tax has (below 0, above 100).
    """
    rate = parse_decimal(text)
    if not 0 <= rate <= _LARGEST_RATE:
        raise NotAnAmount(f"{text!r} is no rate")
    return rate


def rate_of(value: str | int, field: str) -> Decimal:
    """A tax rate in per cent.

    Raises:
        DocumentError: see :func:`exact_rate`.
    """
    try:
        return exact_rate(value)
    except NotAnAmount:
        unreadable(field, "is not a rate")


def day(value: object, field: str) -> dt.date | None:
    """A calendar date: ``2026-02-01``, ``2026-02-01 17:48:50``, ``01/02/2026``; empty and ``0000-00-00`` mean None.

    Raises:
        DocumentError: when the text is no date.
    """
    if value is None or value == "" or (isinstance(value, str) and value.startswith("0000-00-00")):
        return None
    if isinstance(value, str) and value[4:5] == value[7:8] == "-" and len(value) == 10:
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            unreadable(field, "is not a date")
    text = str(value)
    french = _FRENCH_DAY.fullmatch(text[:10])
    if french:
        text = f"{french[3]}-{french[2]}-{french[1]}"
    # Python would also take weeks (``2026-W05-2``), which nobody writes on a document.
    if not text[4:5] == text[7:8] == "-":
        unreadable(field, "is not a date")
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        unreadable(field, "is not a date")


def day_in_paris(moment: str | None, field: str) -> dt.date | None:
    """The Paris calendar day of an ISO date-time with offset (23:30 UTC is already tomorrow in Paris)."""
    if not moment:
        return None
    try:
        parsed = dt.datetime.fromisoformat(moment)
    except ValueError:
        unreadable(field, "is not a date-time")
    return parsed.astimezone(PARIS).date() if parsed.tzinfo else parsed.date()


def id_of(value: object) -> int | None:
    """An id that may be written as text; empty, ``"0"`` and anything that is no positive 64-bit number mean None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        value = int(value)
    return value if isinstance(value, int) and 0 < value <= _LARGEST_ID else None


def currency_of(value: object) -> str:
    """An ISO code or a symbol, in capitals; empty when it is missing or no such thing."""
    text = clean_text(value).upper()
    return text if len(text) <= _LONGEST_CURRENCY else ""


def clean_text(value: object) -> str:
    """A text on one line: HTML tags and entities undone, control characters and runs of blanks made one space."""
    if not value:
        return ""
    if not isinstance(value, str):
        return str(value)
    return _clean(value[:_TEXT_MAX])


# Names, labels and references come again on most documents of an account.
@lru_cache(maxsize=4096)
def _clean(text: str) -> str:
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "&" in text:
        text = html.unescape(text)
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())


def tax_rate(tax_id: int | None, taxes: Mapping[int, Tax]) -> Decimal | None:
    """The rate of a known tax."""
    tax = taxes.get(tax_id) if tax_id is not None else None
    return tax.rate if tax else None
