"""The tool's ledger as it was read today: chart of accounts, journals, VAT codes, fiscal years, third parties.

A snapshot is a value; look-ups that compare padded account numbers (411 = 411000 = 41100000) live here.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from sellsy_ledger.core.third_parties import LedgerThirdParty

__all__ = ["Account", "FiscalYear", "Journal", "Ledger", "VatCode"]


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
    """Everything an entry is checked against. ``accounting_codes`` maps Sellsy's accounting-code ids to numbers."""

    accounts: tuple[Account, ...] = ()
    journals: tuple[Journal, ...] = ()
    vat_codes: tuple[VatCode, ...] = ()
    fiscal_years: tuple[FiscalYear, ...] = ()
    third_parties: tuple[LedgerThirdParty, ...] = ()
    accounting_codes: dict[str, str] = {}
    account_length: int | None = None
    tool: str = ""
