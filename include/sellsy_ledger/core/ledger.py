"""The tool's ledger as it was read today: chart of accounts, journals, VAT codes, fiscal years, third parties.

A snapshot is a value; look-ups that compare padded account numbers (411 = 411000 = 41100000) live here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

from sellsy_ledger.core.third_parties import LedgerThirdParty

__all__ = ["Account", "FiscalYear", "Journal", "Ledger", "LedgerIndex", "PaddedNumbers", "VatCode", "unpadded"]

T = TypeVar("T")
_ONE_DAY = timedelta(days=1)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A general account; ``tool_id`` is the tool's internal id as text, empty where it has none."""

    number: str
    label: str = ""
    active: bool = True
    tool_id: str = ""


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """A journal; ``kind`` is sales, purchases or other."""

    code: str
    label: str = ""
    kind: str = "other"
    open: bool = True
    tool_id: str = ""


class VatCode(msgspec.Struct, frozen=True, kw_only=True):
    """A VAT code of the tool. ``direction`` is sales, purchases or any; ``account`` where the tool ties one."""

    code: str
    label: str = ""
    rate: Decimal | None = None
    direction: str = "any"
    account: str | None = None
    tool_id: str = ""


class FiscalYear(msgspec.Struct, frozen=True, kw_only=True):
    """A fiscal year; days up to and including ``locked_until`` take no entry."""

    start: date
    end: date
    closed: bool = False
    locked_until: date | None = None
    tool_id: str = ""


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an entry is checked against. ``accounting_codes`` maps Sellsy's accounting-code ids to numbers.

    ``unlisted`` names the lists that the tool cannot give (``accounts``, ``journals``): what they do not hold is taken
    as the settings give it, because nobody can be asked.
    """

    accounts: tuple[Account, ...] = ()
    journals: tuple[Journal, ...] = ()
    vat_codes: tuple[VatCode, ...] = ()
    fiscal_years: tuple[FiscalYear, ...] = ()
    third_parties: tuple[LedgerThirdParty, ...] = ()
    accounting_codes: dict[str, str] = {}
    account_length: int | None = None
    tool: str = ""
    unlisted: tuple[str, ...] = ()


def unpadded(number: str) -> str:
    """The number without its padding zeros: 411 = 411000 = 41100000. Only all-digit numbers are padded, so that
    the auxiliary ``411C10`` stays apart from ``411C1``.
    """
    return number.rstrip("0") if number.isdecimal() else number


class PaddedNumbers(Generic[T]):
    """Values by account number: the exact number wins, then the only one that differs by padding zeros."""

    def __init__(self, items: Iterable[tuple[str, T]]) -> None:
        self._exact: dict[str, T] = {}
        self._padded: defaultdict[str, list[T]] = defaultdict(list)
        for number, value in items:
            if number not in self._exact:
                self._exact[number] = value
                self._padded[unpadded(number)].append(value)

    def find(self, number: str) -> T | None:
        """The value of ``number``; None when absent, or when padding leaves a choice between several."""
        found = self._exact.get(number)
        if found is not None:
            return found
        same = self._padded.get(unpadded(number), ())
        return same[0] if len(same) == 1 else None


class LedgerIndex:
    """Look-ups in one ledger snapshot, built once per run. Every look-up answers None when it finds nothing."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.accounting_codes: Mapping[str, str] = ledger.accounting_codes
        self._accounts = PaddedNumbers((account.number, account) for account in ledger.accounts)
        self._journals = {journal.code: journal for journal in ledger.journals}
        self._vat_codes = {code.code: code for code in ledger.vat_codes}
        self._years = sorted(ledger.fiscal_years, key=lambda year: year.start)
        self._takes_any_account = "accounts" in ledger.unlisted
        self._takes_any_journal = "journals" in ledger.unlisted
        self._open_days: dict[date, bool] = {}
        self._taken: dict[tuple[str, str | None], bool] = {}

    @property
    def lists_vat_codes(self) -> bool:
        """True when the tool told its VAT codes, so that an unknown one is a mistake."""
        return bool(self._vat_codes)

    def account(self, number: str) -> Account | None:
        """The general account in the tool's own form, active or not, compared without padding zeros."""
        found = self._accounts.find(number)
        return Account(number=number) if found is None and self._takes_any_account else found

    def active_account(self, number: str) -> Account | None:
        """The same, only when it takes entries."""
        found = self.account(number)
        return found if found is not None and found.active else None

    def journal(self, code: str) -> Journal | None:
        """The journal of that code, open or not."""
        found = self._journals.get(code)
        return Journal(code=code) if found is None and self._takes_any_journal else found

    def vat_code(self, code: str) -> VatCode | None:
        """The VAT code."""
        return self._vat_codes.get(code)

    def takes(self, number: str, vat_code: str | None) -> bool:
        """True when the account is active and the VAT code, if any, is one of the tool's (or the tool told none)."""
        known = self._taken.get((number, vat_code))
        if known is None:
            listed = vat_code is None or not self._vat_codes or vat_code in self._vat_codes
            known = self._taken[number, vat_code] = listed and self.active_account(number) is not None
        return known

    def fiscal_year(self, day: date) -> FiscalYear | None:
        """The fiscal year that holds ``day``."""
        return next((year for year in self._years if year.start <= day <= year.end), None)

    def is_open(self, day: date) -> bool:
        """True when an entry may be dated ``day``. A tool that tells no fiscal year refuses by itself."""
        known = self._open_days.get(day)
        if known is None:
            known = self._open_days[day] = not self._years or self.first_open_day(day) == day
        return known

    def first_open_day(self, day: date) -> date | None:
        """The first day from ``day`` on that takes an entry; None when no listed year has one.

        Example: year 2025 closed, year 2026 locked until 31 January → the first open day from 15 December 2025
        is 1 February 2026.
        """
        if not self._years:
            return day
        for year in self._years:
            first = max(day, year.start)
            if year.locked_until is not None:
                first = max(first, year.locked_until + _ONE_DAY)
            if not year.closed and first <= year.end:
                return first
        return None
