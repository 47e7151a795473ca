"""Journal entries: what the books receive.

An entry is a value: immutable, balanced to the cent (``sellsy_ledger.core.checks`` proves it), every amount a
positive number of integer cents on exactly one side.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import msgspec

__all__ = ["EntryLine", "JournalEntry", "Role", "Why"]


class Role(StrEnum):
    """What a line is for; lines are ordered third party, net, VAT, rounding."""

    THIRD_PARTY = "third_party"
    NET = "net"
    VAT = "vat"
    ROUNDING = "rounding"


class Why(msgspec.Struct, frozen=True, array_like=True):
    """Where a line comes from, kept as data and put into French words only when somebody looks.

    Attributes:
        rule: the rule's code, one of the keys of :mod:`sellsy_ledger.core.explain`.
        facts: the values its sentence needs, in order.
    """

    rule: str
    facts: tuple[str, ...] = ()


class EntryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line: ``account`` is the general account; a third-party line carries the control account and the
    auxiliary account, and each tool renders the pair its own way.

    ``vat_code`` is the tool's VAT code of a net or rounding line (the code it is taxed under) and of a VAT line;
    None on third-party lines. Exactly one of ``debit_cents`` and ``credit_cents`` is positive, the other is 0.
    """

    account: str
    auxiliary_account: str | None = None
    label: str
    debit_cents: int = 0
    credit_cents: int = 0
    vat_code: str | None = None
    role: Role
    analytic_code: str | None = None
    why: Why = Why("")


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A balanced entry: ``date`` is the entry date, ``piece_date`` always the document's own date.

    ``piece`` is the document number as the tool can keep it; ``number`` the full number.
    """

    journal: str
    date: dt.date
    piece: str
    number: str
    piece_date: dt.date
    due_date: dt.date | None
    lines: tuple[EntryLine, ...]

    @property
    def debit_cents(self) -> int:
        """Sum of the debits."""
        return sum([line.debit_cents for line in self.lines])

    @property
    def credit_cents(self) -> int:
        """Sum of the credits."""
        return sum([line.credit_cents for line in self.lines])
