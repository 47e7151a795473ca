"""What goes before a new version: the booked entry makes place for it, or is reversed.

An entry that was to take the place of a booked one, and cannot, lets the booked one be reversed instead: the tool
refuses at the last moment (validated, lettered), it changes no entries any more, or the document is at zero by now, so
that there is no entry to put there. The books end with what was agreed.
"""

from __future__ import annotations

import datetime as dt

from sellsy_ledger.core.corrections import is_reversal, key_before, reversal_key_before
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.steps import Batch
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["reverse_instead", "waits_for_its_reversal"]


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


def waits_for_its_reversal(step: Batch, record: DocumentRecord) -> bool:
    """True for a new version whose reversal cannot go (its day was closed meanwhile, the tool refused it): the books
    would hold the document twice. The step is told so.
    """
    if not record.document.correction or is_reversal(record.document) or record.state is not State.READY:
        return False
    company = step.company
    for reversal in company.register.load(company.name, [reversal_key_before(record.document)]):
        if reversal.state in (State.WAITING, State.REJECTED):
            detail = f"{reversal.detail} (son extourne)".lstrip()
            step.change(record, state=State.WAITING, reason=reversal.reason, detail=detail)
            return True
    return False
