"""Sixth step: the rounding line where one is due, every check, and the document is ready to be posted.

The tolerance and the side are the core's; this step adds the checks that need a memory. No two documents of one third
party may carry the same piece number in one journal and fiscal year, and nothing is posted that the books hold already
(:mod:`sellsy_ledger.pipeline.judging`).
"""

from __future__ import annotations

from collections.abc import Iterator

from sellsy_ledger.core.corrections import base_key, is_reversal
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.judging import HOLDS_ITS_PLACE, Judge
from sellsy_ledger.pipeline.mapping import Journalisers
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.pipeline.steps import Batch, Stage, StepReport, open_batch, reaches
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["compute_rounding"]


def compute_rounding(company: Company, batch: str) -> StepReport:
    """Balance the entries of the batch and mark them ready; where only PDFs are handed over, a PDF is all it takes.

    Raises:
        AccessError, TryLater: from the tool, when the run's ledger has to be read again.
    """
    with open_batch(company, batch, "compute_rounding") as step:
        if company.settings.document_only:
            _ready_with_their_pdf(step)
            return step.close()
        ledger = LedgerIndex(read_ledger_once(company))
        journalisers = Journalisers(company, ledger)
        pieces, judge = _Pieces(company, batch, ledger), Judge(step)
        for record in step.records():
            if not reaches(record, Stage.MAPPING) or record.entry is None or record.state is State.READY:
                continue
            if is_reversal(record.document):
                # Checked by the step before; nothing about it is made anew.
                continue
            outcome = journalisers.of(record).balance(record.document, record.entry)
            if outcome.state is not State.READY or outcome.entry is None:
                # The mapped lines stay: the preview shows them beside the reason.
                step.change(record, state=outcome.state, reason=outcome.reason, detail=outcome.detail)
                continue
            if judge.stops(record, outcome.entry, pieces.twins(record, outcome.entry)):
                continue
            pieces.ready.add(record.key)
            step.change(record, state=State.READY, reason=None, detail="", entry=outcome.entry)
        judge.store()
    return step.close()


def _ready_with_their_pdf(step: Batch) -> None:
    """No entry is made, and one that an earlier setting made is dropped. Zero amounts are handed over too."""
    judge = Judge(step)
    for record in step.records():
        # Whatever a step that is passed over said of the document on an earlier night counts no more.
        if not reaches(record, Stage.THIRD_PARTIES) or record.supporting_document is None:
            continue
        if record.state is State.READY or not judge.stops(record, None):
            step.change(record, state=State.READY, reason=None, detail="", entry=None)
    judge.store()


class _Pieces:
    """Who else has the piece numbers of the batch; the first document to be ready keeps its number."""

    def __init__(self, company: Company, batch: str, ledger: LedgerIndex) -> None:
        self._company = company
        self._ledger = ledger
        self._others = company.register.same_pieces(company.name, company.register.batch(batch))
        self.ready: set[str] = set()

    def twins(self, record: DocumentRecord, entry: JournalEntry) -> Iterator[DocumentRecord]:
        """The documents that keep this piece number to themselves."""
        for other in self._company.register.load(self._company.name, self._others.get(record.key, [])):
            if is_reversal(other.document):
                # It has the number of what it takes back, which speaks for itself.
                continue
            holds = other.key in self.ready or other.state in HOLDS_ITS_PLACE
            if holds and other.entry is not None and self._is_same_place(record, entry, other, other.entry):
                yield other

    def _is_same_place(
        self, record: DocumentRecord, entry: JournalEntry, other: DocumentRecord, held: JournalEntry
    ) -> bool:
        if base_key(record.document) == base_key(other.document):
            # One piece, and what corrects it.
            return False
        ours, theirs = record.ledger_third_party, other.ledger_third_party
        if ours is None or theirs is None or ours.auxiliary_account != theirs.auxiliary_account:
            return False
        return self._year(entry) == self._year(held)

    def _year(self, entry: JournalEntry) -> object:
        return self._ledger.fiscal_year(entry.date) or entry.date.year
