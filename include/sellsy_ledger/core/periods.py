"""Which day an entry is dated when the document's own day takes no entry.

VAT follows exigibility, so moving a date is a company's choice and never a silent fallback: ``refuse`` waits,
``first_open_day`` moves the entry date and says so in the labels, ``ask`` waits for a person's word. The piece date
is always the document's own.

And how a long period is asked for in shorter ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import NotReady, Reason
from sellsy_ledger.core.settings import ClosedPeriod

__all__ = ["EntryDate", "entry_date", "windows"]


class EntryDate(NamedTuple):
    """The entry's date, and the text that labels end with when it was moved (else empty)."""

    day: date
    note: str = ""


def entry_date(day: date, ledger: LedgerIndex, policy: ClosedPeriod, *, approved: bool = False) -> EntryDate:
    """The entry date of a document dated ``day``.

    Args:
        day: the document's date (Europe/Paris).
        ledger: the fiscal years and locks read today.
        policy: the company's choice.
        approved: with the policy ``ask``, a person has agreed to the first open day.

    Raises:
        NotReady: ``period_closed``, or ``approval_pending`` while a person is asked.

    Example: 2025 closed, ``first_open_day``, 15 December 2025 → 1 January 2026, note ``(pièce du 15/12/2025)``.
    """
    if ledger.is_open(day):
        return EntryDate(day)
    written = f"{day:%d/%m/%Y}"
    opened = ledger.first_open_day(day)
    if opened is None or policy is ClosedPeriod.REFUSE:
        raise NotReady(Reason.PERIOD_CLOSED, written)
    if policy is ClosedPeriod.ASK and not approved:
        raise NotReady(Reason.APPROVAL_PENDING, asked(day, opened))
    return EntryDate(opened, f"(pièce du {written})")


def asked(day: date, opened: date) -> str:
    """What a person is asked about a document dated ``day``, for the French sentence of ``approval_pending``."""
    return f" : la date {day:%d/%m/%Y} est dans une période close, l'écriture serait datée du {opened:%d/%m/%Y}"


def windows(first: date, last: date, days: int) -> Iterator[tuple[date, date]]:
    """``first`` to ``last`` in windows of at most ``days`` days, first and last day included.

    Example: 1 to 10 January by 4 days → 1 to 4, 5 to 8, 9 to 10.
    """
    while first <= last:
        end = min(first + timedelta(days=days - 1), last)
        yield first, end
        first = end + timedelta(days=1)
