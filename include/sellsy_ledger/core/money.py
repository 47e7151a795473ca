"""Amounts: integer cents inside, Decimal at the borders, never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

__all__ = [
    "NotAnAmount",
    "cents_to_french",
    "cents_to_text",
    "parse_decimal",
    "rate_to_french",
    "round_to_cents",
    "to_cents",
]

_CENT = Decimal("0.01")
_LIMIT_EXPONENT = 15
_SMALLEST_EXPONENT = -100
_EXACT_DIGITS = 28  # of Python's decimal context: what is longer is rounded by any sum


class NotAnAmount(ValueError):
    """The text is no finite decimal number of a plausible size (empty, NaN, infinite, a float)."""


def parse_decimal(value: str | int | Decimal) -> Decimal:
    """Read an amount, rate or quantity exactly as written (``"20.000000000"`` → 20.000000000).

    Raises:
        NotAnAmount: for a float, a bool, NaN, infinity, an absurd size (≥ 1e15, or below 1e-100), more digits
            than sums keep (28), or other text.
    """
    # Decimal itself would also take a list of digits, and underscores between them.
    if not isinstance(value, (str, int, Decimal)) or isinstance(value, bool):
        raise NotAnAmount(f"{value!r} is a {type(value).__name__}, not exact decimal text")
    if isinstance(value, str) and "_" in value:
        raise NotAnAmount(f"{value!r} is not a number")
    try:
        number = Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        raise NotAnAmount(f"{value!r} is not a number") from None
    # By its exponent: to compare 1E1000000 would overflow, to write out 1E-1000000 would take a megabyte.
    if not number.is_finite() or not _SMALLEST_EXPONENT <= number.adjusted() < _LIMIT_EXPONENT:
        raise NotAnAmount(f"{value!r} is not a finite amount of a plausible size")
    if isinstance(value, str) and len(value) > _EXACT_DIGITS and +number != number:
        raise NotAnAmount(f"{value!r} has more than {_EXACT_DIGITS} digits")
    return number


def round_to_cents(amount: Decimal) -> int:
    """Cents of ``amount`` euros, half away from zero: 0.125 → 13, −0.125 → −13."""
    # In one step: a product would first be rounded to the context's 28 digits, and then a second time.
    return int(amount.quantize(_CENT, ROUND_HALF_UP).scaleb(2))


def to_cents(value: str | int | Decimal) -> int:
    """Cents of an amount as an API writes it: ``"1164.00"`` → 116400.

    Raises:
        NotAnAmount: see :func:`parse_decimal`.
    """
    return round_to_cents(parse_decimal(value))


def cents_to_text(cents: int) -> str:
    """Plain decimal text with two decimals: 116400 → ``"1164.00"``, −5 → ``"-0.05"``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def cents_to_french(cents: int) -> str:
    """As a French accountant reads it: 116400 → ``"1164,00 €"``."""
    return f"{cents_to_text(cents).replace('.', ',')} €"


@lru_cache(maxsize=256)
def rate_to_french(rate: Decimal) -> str:
    """A rate in per cent without idle zeros: 20.000000000 → ``"20 %"``, 5.5 → ``"5,5 %"``."""
    text = f"{rate:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text.replace('.', ',')} %"
