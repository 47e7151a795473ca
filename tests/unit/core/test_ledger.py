"""Look-ups in a ledger: padded numbers, open days, VAT codes."""

from __future__ import annotations

import datetime as dt

import pytest

from sellsy_ledger.core.ledger import Account, FiscalYear, PaddedNumbers, unpadded
from tests.unit.core.builders import ledger


@pytest.mark.parametrize("asked", ["411", "4110", "411000", "41100000"])
def test_accounts_are_the_same_whatever_their_padding(asked: str) -> None:
    found = ledger("411 706").account(asked)
    assert found is not None
    assert found.number == "411000"


def test_the_exact_number_wins_over_a_padded_one() -> None:
    numbers = PaddedNumbers([("7060", "short"), ("706000", "long")])
    assert numbers.find("706000") == "long"
    assert numbers.find("7060") == "short"


def test_padding_that_leaves_a_choice_finds_nothing() -> None:
    assert PaddedNumbers([("7060", "short"), ("706000", "long")]).find("706") is None


def test_auxiliaries_with_letters_are_never_padded() -> None:
    assert unpadded("411C10") == "411C10"
    assert PaddedNumbers([("411C1", "one")]).find("411C10") is None


def test_an_inactive_account_takes_no_entry() -> None:
    index = ledger([Account(number="706000", active=False)])
    assert index.account("706") is not None
    assert index.active_account("706") is None
    assert not index.takes("706000", None)


def test_a_vat_code_is_only_checked_where_the_tool_lists_them() -> None:
    assert not ledger().takes("706000", "UNKNOWN")
    assert ledger(vat_codes=()).takes("706000", "UNKNOWN")


def test_the_first_open_day_skips_closed_years_and_locked_months() -> None:
    years = (
        FiscalYear(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31), locked_until=dt.date(2026, 1, 31)),
        FiscalYear(start=dt.date(2025, 1, 1), end=dt.date(2025, 12, 31), closed=True),
    )
    index = ledger(fiscal_years=years)
    assert index.first_open_day(dt.date(2025, 12, 15)) == dt.date(2026, 2, 1)
    assert not index.is_open(dt.date(2026, 1, 31))
    assert index.is_open(dt.date(2026, 2, 1))
    assert index.first_open_day(dt.date(2027, 1, 1)) is None
    assert index.fiscal_year(dt.date(2026, 1, 31)) is years[0]
    assert index.fiscal_year(dt.date(2027, 1, 1)) is None


def test_a_tool_that_tells_no_fiscal_year_refuses_by_itself() -> None:
    assert ledger(fiscal_years=()).is_open(dt.date(1999, 1, 1))
