"""What a person is shown before anything is sent: how much of what, the first entries, and which dates were moved."""

from __future__ import annotations

from collections import Counter

import msgspec

from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.pipeline.approval import is_moved
from sellsy_ledger.register.store import DocumentRecord, Register

__all__ = ["Overview", "waiting_for"]

FIRST_ENTRIES = 5
FIRST_MOVED = 30


class Overview(msgspec.Struct, kw_only=True):
    """The documents that wait for an answer.

    ``totals``: journal → debit and credit in cents; ``first`` and ``moved_first`` are the first few records, ``moved``
    counts all whose date was moved.
    """

    documents: int = 0
    kinds: Counter[Kind] = msgspec.field(default_factory=Counter)
    totals: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    first: list[DocumentRecord] = msgspec.field(default_factory=list)
    moved: int = 0
    moved_first: list[DocumentRecord] = msgspec.field(default_factory=list)

    def add(self, record: DocumentRecord) -> None:
        """One more document."""
        self.documents += 1
        self.kinds[record.document.kind] += 1
        if len(self.first) < FIRST_ENTRIES:
            self.first.append(record)
        if is_moved(record):
            self.moved += 1
            if len(self.moved_first) < FIRST_MOVED:
                self.moved_first.append(record)
        if record.entry is not None:
            debit, credit = self.totals.get(record.entry.journal, (0, 0))
            self.totals[record.entry.journal] = debit + record.entry.debit_cents, credit + record.entry.credit_cents


def waiting_for(register: Register, company: str) -> dict[Reason, int]:
    """How many documents of the company wait, by reason."""
    counts = register.counts(company)
    return {reason: count for (state, reason), count in counts.items() if state is State.WAITING and reason is not None}
