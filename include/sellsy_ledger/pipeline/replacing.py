"""An entry that was to take the place of a booked one, and cannot: the booked one is reversed instead.

That is so when the tool refuses at the last moment (validated, lettered), when it changes no entries any more, and when
the document is at zero by now, so that there is no entry to put there. The books end with what was agreed.
"""

from __future__ import annotations

import datetime as dt

from sellsy_ledger.core.corrections import key_before
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["reverse_instead"]


def reverse_instead(company: Company, record: DocumentRecord, ledger: LedgerIndex, *, note: str) -> dt.date | None:
    """Reverse, on its own day, the entry whose place ``record`` was to take; ``record`` replaces nothing any more.

    Returns:
        None when that is stored; else the day, which is closed by now: nothing is moved by itself.
    """
    (before,) = company.register.load(company.name, [key_before(record.document)])
    if before.entry is None:
        raise InvariantBroken(f"{record.key} replaces an entry, and {before.key} has none")
    day = before.entry.date
    if not ledger.is_open(day):
        return day
    company.register.reverse_instead(company.name, record.key, day, who=company.who, note=note)
    return None
