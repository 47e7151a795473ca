"""Amounts at the border: what is read, what is refused, how it is written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sellsy_ledger.core.money import (
    NotAnAmount,
    cents_to_french,
    cents_to_text,
    parse_decimal,
    rate_to_french,
    round_to_cents,
    to_cents,
)


@pytest.mark.parametrize(
    ("amount", "cents"), [("0.125", 13), ("-0.125", -13), ("0.124999", 12), ("1.005", 101), ("0", 0), ("-1.005", -101)]
)
def test_half_a_cent_rounds_away_from_zero(amount: str, cents: int) -> None:
    assert round_to_cents(Decimal(amount)) == cents


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e15",
        "-1e15",
        "1E1000000",
        "1E-1000000",
        "0E-1000000",
        "",
        "12,50",
        "abc",
        1.5,
        True,
        "1_000.00",
        [0, [1, 2], -2],
        (0, (1, 2), -2),
        None,
        "123456789012345.99999999999999",
    ],
)
def test_what_is_no_exact_amount_is_refused(value: object) -> None:
    with pytest.raises(NotAnAmount):
        parse_decimal(value)  # type: ignore[arg-type]


def test_amounts_are_read_and_written_to_the_cent() -> None:
    assert to_cents("1164.00") == 116400
    assert cents_to_text(-5) == "-0.05"
    assert cents_to_french(-116405) == "-1164,05 €"


def test_an_amount_of_many_decimals_is_rounded_once() -> None:
    # Rounded to 28 digits first, it would be 0.005, and then a cent.
    assert round_to_cents(Decimal("0.00499999999999999999999999999999999")) == 0


@pytest.mark.parametrize(
    ("rate", "text"), [("20.000000000", "20 %"), ("5.5", "5,5 %"), ("0E-9", "0 %"), ("2.10", "2,1 %"), ("100", "100 %")]
)
def test_rates_are_written_without_idle_zeros(rate: str, text: str) -> None:
    assert rate_to_french(Decimal(rate)) == text
