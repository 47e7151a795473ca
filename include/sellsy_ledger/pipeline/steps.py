"""What every step over a batch shares: the lease, reading records, storing only what changed, counting.

A step never decides anything about money; it moves documents from one state to the next and says how many. A waiting
document is worked on again by every run without writing a line for it, unless something about it has changed.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import msgspec

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import ConfigurationError, DocumentError, InvariantBroken, LedgerError, TryLater
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.register.store import Change, DocumentRecord

__all__ = [
    "LEASE_SECONDS",
    "LONGEST_WRITE_SECONDS",
    "OPEN_STATES",
    "Batch",
    "Patience",
    "Stage",
    "StepReport",
    "chunks",
    "detail_of",
    "open_batch",
    "reaches",
    "stage_of",
    "state_of_refusal",
]

LOAD_CHUNK = 50
LEASE_SECONDS = 3600.0
LEASE_PROLONG_SECONDS = 60.0
# From the last check before a write until its outcome is known, time-outs included.
LONGEST_WRITE_SECONDS = 300.0


class Stage(IntEnum):
    """The steps that can stop a document, in order; a reason belongs to one of them."""

    FETCH = 0
    PDFS = 1
    THIRD_PARTIES = 2
    MAPPING = 3


# Every other reason is decided by mapping, rounding or posting; these three are evaluated afresh together.
_STAGE_OF_REASON = {
    Reason.NOT_ACCOUNTED: Stage.FETCH,
    Reason.DOCUMENT_UNREADABLE: Stage.FETCH,
    Reason.SUPPORTING_DOCUMENT_MISSING: Stage.PDFS,
    Reason.THIRD_PARTY_AMBIGUOUS: Stage.THIRD_PARTIES,
    Reason.THIRD_PARTY_REFUSED: Stage.THIRD_PARTIES,
}

# A refusal with one of these reasons cannot heal by itself: only a person asking again (`retry=all`) repeats it.
_FINAL_REASONS = frozenset({Reason.REFUSED_BY_TOOL, Reason.DOCUMENT_UNREADABLE})

log = logging.getLogger(__name__)

OPEN_STATES = frozenset({State.SEEN, State.WAITING, State.READY})


def stage_of(reason: Reason | None) -> Stage:
    """The step that decides on ``reason``."""
    return _STAGE_OF_REASON.get(reason, Stage.MAPPING) if reason else Stage.MAPPING


def reaches(record: DocumentRecord, stage: Stage) -> bool:
    """True when no earlier step of this run stopped the document.

    Each step clears its own reasons, so a document still waiting for an earlier step's reason was stopped there today;
    one waiting for this step's reason, or a later one's, is looked at again.
    """
    if record.state not in OPEN_STATES:
        return False
    return record.state is not State.WAITING or stage_of(record.reason) >= stage


def state_of_refusal(reason: Reason) -> State:
    """Waiting, or rejected when only a person can ask again."""
    return State.REJECTED if reason in _FINAL_REASONS else State.WAITING


class Patience:
    """How many passing faults in a row are taken for bad luck of single documents, not for an API that is down."""

    def __init__(self, limit: int = 3) -> None:
        self._limit = limit
        self._lost = 0

    def win(self) -> None:
        """An answer came."""
        self._lost = 0

    def lose(self, error: TryLater) -> None:
        """None came. Raises ``error`` itself once the limit is reached."""
        self._lost += 1
        if self._lost >= self._limit:
            raise error


class StepReport(msgspec.Struct, kw_only=True):
    """One step over one batch, in counts only (it travels by XCom: no number, name or amount).

    ``states`` and ``reasons`` count the batch's documents as the step left them; ``changed`` those it changed.
    """

    step: str
    batch: str
    documents: int = 0
    changed: int = 0
    states: dict[str, int] = msgspec.field(default_factory=dict)
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, for XCom and logs."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


class Batch:
    """One step's view of one batch: records streamed in chunks, changes buffered, the result counted."""

    def __init__(self, company: Company, key: str, step: str) -> None:
        self.company = company
        self.key = key
        self.report = StepReport(step=step, batch=key)
        self._changes: dict[str, Change] = {}
        self._stored: dict[str, Change] = {}
        self._states: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._lease_until = 0.0

    def records(self, chunk: int = LOAD_CHUNK) -> Iterator[DocumentRecord]:
        """The batch's documents in their order; what was changed on one chunk is stored before the next is read."""
        keys = self.company.register.batch(self.key)
        for start in range(0, len(keys), chunk):
            for record in self.company.register.load(self.company.name, keys[start : start + chunk]):
                self.report.documents += 1
                yield record
                self._count(record, self._changes.get(record.key) or self._stored.pop(record.key, None))
            self.flush()

    def change(self, record: DocumentRecord, *, note: str = "", **fields: Any) -> None:
        """Remember what differs from the record; nothing is stored (and no event written) when nothing does."""
        different = {name: value for name, value in fields.items() if getattr(record, name) != value}
        if different:
            self._changes[record.key] = Change(key=record.key, note=note, was=record.state, **different)
            self.report.changed += 1

    def wait(self, record: DocumentRecord, reason: Reason, detail: str, *, note: str = "", **fields: Any) -> None:
        """The document stops here for ``reason``."""
        self.change(record, state=state_of_refusal(reason), reason=reason, detail=detail, note=note, **fields)

    def refuse(self, record: DocumentRecord, error: DocumentError, **fields: Any) -> None:
        """The document stops here because of ``error``; its English message goes into the journal of events."""
        self.wait(record, error.reason, detail_of(error), note=str(error)[:500], **fields)

    def flush(self) -> None:
        """Store the changes remembered so far, in one transaction."""
        if self._changes:
            changes = list(self._changes.values())
            self._changes.clear()
            try:
                self.company.register.apply(self.company.name, changes, who=self.company.who)
            except InvariantBroken:
                # A run that was frozen and overtaken finds its documents moved on: that is no mistake of the program.
                self.company.register.check_lease(self.company.name, holder=self.company.run_id, seconds=0.0)
                for change in changes:
                    self._store_unless_moved(change)

    def _store_unless_moved(self, change: Change) -> None:
        """Store a change, unless a twin of this very task (one that Airflow believed dead) took the document on."""
        try:
            self.company.register.apply(self.company.name, [change], who=self.company.who)
        except InvariantBroken:
            (now,) = self.company.register.load(self.company.name, [change.key])
            if now.state is change.was:
                raise
            log.warning("%s %s: another try of this step made it %s.", self.company.name, change.key, now.state)

    def store(self, record: DocumentRecord, *, note: str = "", **fields: Any) -> None:
        """Store one document's result at once: the step has just had an effect outside, which must not be forgotten.

        Every field is stored, changed or not: the register moved on since ``record`` was read.
        """
        change = Change(key=record.key, note=note, **fields)
        self.company.register.apply(self.company.name, [change], who=self.company.who)
        self._stored[record.key] = change
        self.report.changed += 1

    def moved(self, record: DocumentRecord, state: State) -> None:
        """The register has just made ``record`` ``state`` by itself (an intent): counted, nothing more to store."""
        self._stored[record.key] = Change(key=record.key, state=state, reason=None)
        self.report.changed += 1

    def pass_over(self) -> None:
        """Count the batch as it is: the company's settings leave this step nothing to do."""
        for _ in self.records():
            pass

    def hold_lease(self) -> None:
        """Prolong the lease when a minute has passed. Raises LeaseHeld when another run took the company over."""
        now = time.monotonic()
        if now >= self._lease_until:
            self.company.register.take_lease(self.company.name, holder=self.company.run_id, seconds=LEASE_SECONDS)
            self._lease_until = now + LEASE_PROLONG_SECONDS

    def check_lease(self) -> None:
        """Right before a write: the lease must outlast it. Raises LeaseHeld when it is lost, or nearly over."""
        self.company.register.check_lease(self.company.name, holder=self.company.run_id, seconds=LONGEST_WRITE_SECONDS)

    def close(self) -> StepReport:
        """The finished report."""
        self.report.states = dict(sorted(self._states.items()))
        self.report.reasons = dict(sorted(self._reasons.items()))
        return self.report

    def _count(self, record: DocumentRecord, after: Change | None) -> None:
        state, reason = record.state, record.reason
        if after is not None:
            state = after.state if isinstance(after.state, State) else state
            reason = reason if after.reason is msgspec.UNSET else after.reason
        self._states[state.value] += 1
        if reason is not None and state in (State.WAITING, State.REJECTED):
            self._reasons[reason.value] += 1


def detail_of(error: DocumentError) -> str:
    """The variable part of the French sentence that ``error`` becomes."""
    return error.facts.get("detail") or error.tool_code or ""


@contextmanager
def open_batch(company: Company, key: str, step: str) -> Iterator[Batch]:
    """Hold the lease, run a step over a batch, and store what it knows even when it stops on an error.

    Raises:
        LeaseHeld: another run of the company is at work.
    """
    batch = Batch(company, key, step)
    started = time.monotonic()
    batch.hold_lease()
    try:
        yield batch
    except LedgerError as error:
        batch.flush()
        if isinstance(error, ConfigurationError):
            # Nothing of this run will go on before a person acted: the next run must not wait for the lease to expire.
            company.register.free_lease(company.name, holder=company.run_id)
        raise
    batch.flush()
    batch.report.seconds = round(time.monotonic() - started, 3)


def chunks(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Cut ``items`` into lists of at most ``size``."""
    part: list[str] = []
    for item in items:
        part.append(item)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
