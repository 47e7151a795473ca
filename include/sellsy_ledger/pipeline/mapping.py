"""Fifth step: the lines of each entry, by the company's mapping (all accounting is the core's).

A document that cannot be mapped loses the entry it may have had; the next step takes only documents with one.
"""

from __future__ import annotations

from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.pipeline.steps import Stage, StepReport, open_batch, reaches

__all__ = ["map_vat_and_accounts"]


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
        journaliser = Journaliser(company.settings, ledger, company.connector.capabilities)
        for record in step.records():
            third_party = record.ledger_third_party
            if not reaches(record, Stage.MAPPING) or third_party is None or record.document.rows is None:
                continue
            outcome = journaliser.map_lines(record.document, third_party)
            note = " ".join(outcome.warnings)[:500]
            if outcome.state is not State.READY:
                step.change(record, state=outcome.state, reason=outcome.reason, detail=outcome.detail, entry=None)
            elif record.state is State.READY:
                # Not ready any more: an unbalanced entry must never look ready to the posting step.
                step.change(record, state=State.SEEN, reason=None, detail="", entry=outcome.entry, note=note)
            else:
                step.change(record, entry=outcome.entry, note=note)
    return step.close()
