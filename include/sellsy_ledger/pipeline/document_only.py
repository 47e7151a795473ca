"""The pending mode: only the PDF goes to the tool, and the accountant (or the tool's robot) enters it there.

No third party, no mapping, no rounding: nothing is decided here that the accountant decides. A document of zero is
handed over like any other, because it is a piece of the file. What was handed over is ``delivered`` for good: whether
it was entered, and how, the tool does not tell.
"""

from __future__ import annotations

import msgspec

from sellsy_ledger.connectors.base import Deposit, Receipt
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.errors import OutcomeUnknown
from sellsy_ledger.pipeline.posting_request import build_deposit, deposit_hash
from sellsy_ledger.pipeline.writing import IN_DOUBT, Writer
from sellsy_ledger.register.store import DocumentRecord, Posting

__all__ = ["DepositWriter"]

LOST = "la réponse de l'outil s'est perdue ; le document y sera cherché avant tout nouvel envoi"
CANNOT_TELL = (
    "l'outil ne permet pas de savoir si le document y est arrivé ; une personne doit le regarder, puis dire ce qu'il "
    "en est (register resolve)"
)


class DepositWriter(Writer[Deposit, Receipt]):
    """PDFs without entry."""

    @property
    def way(self) -> str:
        """The PDF alone."""
        return f"{self.capabilities.tool} (PDF seul)"

    def prepare(self, record: DocumentRecord) -> Deposit:
        """The deposit."""
        return build_deposit(self.company, record)

    def seal(self, item: Deposit) -> str:
        """The hash of facts and PDF."""
        return deposit_hash(item)

    def find(self, item: Deposit, *, surely_absent: bool) -> Receipt | None:
        """The document under our key. A first try needs no answer: a tool that cannot tell does not stop it."""
        try:
            return self.connector.find_deposit(item)
        except OutcomeUnknown:
            if surely_absent:
                return None
            raise

    def write(self, item: Deposit, posting: Posting) -> Receipt:
        """Hand the PDF over."""
        return self.connector.deposit_document(item)

    def detail_of_unknown(self, error: OutcomeUnknown) -> str:
        """In doubt already when it was looked up: the tool cannot tell. Otherwise the answer to the write was lost."""
        return CANNOT_TELL if self._in_doubt else LOST

    def hand_over(self, record: DocumentRecord) -> None:
        """One document."""
        self._in_doubt = record.state in IN_DOUBT or self.is_forgotten(record)
        super().hand_over(record)

    def found(self, record: DocumentRecord, item: Deposit, posting: Posting, held: Receipt) -> None:
        """It is there already."""
        self.looks_up_first_tries = self.looks_up_first_tries or posting.attempts == 1
        self._deliver(record, item, posting, held, note="found in the tool under its key; not handed over again")

    def written(self, record: DocumentRecord, item: Deposit, posting: Posting, receipt: Receipt) -> None:
        """It is there now."""
        self._deliver(record, item, posting, receipt, note="; ".join(receipt.warnings)[:500])

    def _deliver(self, record: DocumentRecord, item: Deposit, posting: Posting, receipt: Receipt, *, note: str) -> None:
        delivered = msgspec.structs.replace(
            posting,
            entry_id=receipt.entry_id,
            handle=receipt.handle,
            pdf_sha256=item.supporting_document.sha256,
            delivered_at=self.company.now(),
        )
        self.store(record, state=State.DELIVERED, reason=None, detail="", posting=delivered, note=note)
