"""Fifth step: the lines of each entry, by the company's mapping (all accounting is the core's).

A document that cannot be mapped loses the entry it may have had; the next step takes only documents with one. A
reversal has its entry already, the posted one with its sides swapped: it is never mapped, only held back while the tool
would not take it.
"""

from __future__ import annotations

import msgspec

from sellsy_ledger.core.checks import find_faults
from sellsy_ledger.core.corrections import is_reversal
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import Outcome, Reason, State
from sellsy_ledger.core.settings import ClosedPeriod
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.proposing import first_open_day_settings
from sellsy_ledger.pipeline.replacing import reverse_instead
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.pipeline.steps import Batch, Stage, StepReport, open_batch, reaches
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["Journalisers", "map_vat_and_accounts"]


def map_vat_and_accounts(company: Company, batch: str) -> StepReport:
    """Store the third-party, net and VAT lines of every document of the batch; none where only PDFs are handed over.

    Raises:
        AccessError, TryLater: from the tool, when the run's ledger has to be read again.
    """
    with open_batch(company, batch, "map_vat_and_accounts") as step:
        if company.settings.document_only:
            step.pass_over()
            return step.close()
        ledger = LedgerIndex(read_ledger_once(company))
        journalisers = Journalisers(company, ledger)
        for record in step.records():
            if is_reversal(record.document):
                _map_reversal(step, record, ledger)
                continue
            third_party = record.ledger_third_party
            if not reaches(record, Stage.MAPPING) or third_party is None or record.document.rows is None:
                continue
            outcome = journalisers.of(record).map_lines(record.document, third_party)
            note = " ".join(outcome.warnings)[:500]
            if not _keeps_its_place(company, record, outcome):
                closed = reverse_instead(company, record, ledger, note="it takes the place of no entry any more")
                if closed is not None:
                    step.wait(record, Reason.PERIOD_CLOSED, f"{closed:%d/%m/%Y}", entry=None)
                    continue
            if outcome.state is not State.READY:
                step.change(record, state=outcome.state, reason=outcome.reason, detail=outcome.detail, entry=None)
            elif record.state is State.READY:
                # Not ready any more: an unbalanced entry must never look ready to the posting step.
                step.change(record, state=State.SEEN, reason=None, detail="", entry=outcome.entry, note=note)
            else:
                step.change(record, entry=outcome.entry, note=note)
    return step.close()


class Journalisers:
    """The company's journaliser, and the one for documents whose accepted correction named an open day."""

    def __init__(self, company: Company, ledger: LedgerIndex) -> None:
        capabilities = company.connector.capabilities
        self._ledger = ledger
        # Policy `ask`: prepared with the day that it would get, and held back by the posting step until it is approved.
        self._ordinary = Journaliser(company.settings, ledger, capabilities, period_approved=True)
        self._dated = Journaliser(first_open_day_settings(company.settings), ledger, capabilities)

    def of(self, record: DocumentRecord) -> Journaliser:
        """The one for ``record``. A day that was agreed to counts only while it is the day that would be taken."""
        agreed = record.posting.entry_date if record.posting is not None else None
        if agreed is not None and agreed == self._ledger.first_open_day(record.document.date):
            return self._dated
        return self._ordinary


def _keeps_its_place(company: Company, record: DocumentRecord, outcome: Outcome) -> bool:
    """False for a new version that was to replace a booked entry, where there is none to put there, or no way to."""
    if record.posting is None or not record.posting.replaces:
        return True
    return outcome.state is not State.NOTHING_TO_POST and company.connector.capabilities.replaces


def _map_reversal(step: Batch, record: DocumentRecord, ledger: LedgerIndex) -> None:
    """Ready as it is, unless its account, journal or day takes no entry today. A day that was closed after it was
    agreed to is moved where the company says so of every document.
    """
    if not reaches(record, Stage.MAPPING) or record.entry is None:
        return
    company, entry = step.company, record.entry
    day = ledger.first_open_day(entry.date)
    if company.settings.closed_period is ClosedPeriod.FIRST_OPEN_DAY and day is not None:
        entry = msgspec.structs.replace(entry, date=day)
    faults = find_faults(record.document, entry, company.settings, ledger, company.connector.capabilities)
    fault = next((fault for fault in faults if fault.reason is not None), None)
    if fault is not None and fault.reason is not None:
        step.change(record, state=State.WAITING, reason=fault.reason, detail=fault.detail)
    else:
        step.change(record, state=State.READY, reason=None, detail="", entry=entry)
