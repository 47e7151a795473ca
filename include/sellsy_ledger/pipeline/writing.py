"""How anything is handed to a tool exactly once: an entry, an entry for a file, a PDF without entry.

Per document: what would be sent is built and sealed; key, hash and state ``posting`` are committed before any write;
the tool is asked for the key unless this is provably the first try; one write; its answer is committed. A lost answer
leaves ``outcome_unknown``: the next run asks the tool first, and never writes while the tool cannot tell.

Right before the write itself, lease and intent are looked at once more: a run that was frozen in between, and overtaken
by another one, sends nothing any more. Whoever finds an intent without an outcome waits until what may have left under
it must have arrived, and never concludes from not finding it in the run that began it: a clock that was put forward
would make minutes look like hours there.
"""

from __future__ import annotations

import datetime as dt
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from sellsy_ledger.connectors.base import Receipt
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import (
    ConfigurationError,
    DocumentError,
    InvariantBroken,
    LeaseHeld,
    OutcomeUnknown,
    PostingConflict,
    TryLater,
)
from sellsy_ledger.http.last_check import checked_last
from sellsy_ledger.pipeline.approval import Approvals
from sellsy_ledger.pipeline.steps import LONGEST_WRITE_SECONDS, Batch, detail_of, state_of_refusal
from sellsy_ledger.register.store import DocumentRecord, Posting

__all__ = ["IN_DOUBT", "TO_POST", "Writer"]

log = logging.getLogger(__name__)

TO_POST = (State.READY, State.POSTING, State.OUTCOME_UNKNOWN)
IN_DOUBT = (State.POSTING, State.OUTCOME_UNKNOWN)
_SETTLED = (State.DELIVERED, State.POSTED, State.VERIFIED, State.CONFLICT, State.CHANGED_AFTER_POSTING)
CANNOT_TELL = "l'outil ne permet pas de savoir si l'écriture existe ; une personne doit le vérifier"
ANOTHER_WAY = (
    "un envoi par {way} était en cours quand le réglage a changé ; une personne doit regarder s'il y est arrivé, puis "
    "dire ce qu'il en est (register resolve)"
)
TOO_EARLY = (
    "la réponse de l'outil s'est perdue et l'écriture n'y est pas encore visible ; elle y sera cherchée à nouveau"
)

# The event of an intent, as the register calls it.
BEGUN = "posting_begun"
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)

Item = TypeVar("Item")
"""What goes to the tool for one document."""
Held = TypeVar("Held")
"""What the tool shows of it when it is looked up."""


# A write that has not left so long after its intent does not leave any more: whoever finds the intent counts on that.
LONGEST_INTENT = dt.timedelta(minutes=5)
# Even a tool that shows at once what it took can be at work on it as long as a request lasts.
SETTLES_AT_LEAST = dt.timedelta(seconds=LONGEST_WRITE_SECONDS)


class _LeftToAnother(LeaseHeld):
    """Somebody else began to post the document after this try did; only this document is left alone."""


@dataclass
class _Doubt:
    """Whether the tool surely holds nothing of the document."""

    surely_absent: bool


class Writer(ABC, Generic[Item, Held]):
    """One batch while it is handed over, one document at a time. Subclasses say what is sent, and how."""

    def __init__(self, step: Batch) -> None:
        self.step = step
        self.company = step.company
        self.connector = step.company.connector
        self.capabilities = step.company.connector.capabilities
        self._approvals = Approvals(step.company)
        # A register that was restored from a copy takes what was posted since the copy for new: see `is_forgotten`.
        self._restored = step.company.register.restored(step.company.name)
        # One that was lost, or restored without a word, has no such note: so the first new document of a batch is
        # looked up too, and all the others once one was found.
        self.looks_up_first_tries = True

    # -- what a subclass tells -----------------------------------------------------------------------------------
    @abstractmethod
    def prepare(self, record: DocumentRecord) -> Item:
        """What would be sent. Raises DocumentError when it cannot be."""

    @abstractmethod
    def seal(self, item: Item) -> str:
        """The payload hash."""

    @abstractmethod
    def find(self, item: Item, *, surely_absent: bool) -> Held | None:
        """What the tool holds of it."""

    @abstractmethod
    def write(self, item: Item, posting: Posting) -> Receipt:
        """Send it, with one write."""

    @abstractmethod
    def found(self, record: DocumentRecord, item: Item, posting: Posting, held: Held) -> None:
        """Store what it means that the tool holds ``held``."""

    @abstractmethod
    def written(self, record: DocumentRecord, item: Item, posting: Posting, receipt: Receipt) -> None:
        """Store what the tool answered."""

    @property
    def draft(self) -> bool:
        """Whether what is sent is a draft."""
        return False

    @property
    def way(self) -> str:
        """How it goes into the tool, as people read it."""
        return self.capabilities.tool

    @property
    def whole_way(self) -> str:
        """:attr:`way` with the tool's variant and its Connection, as people read it: kept with the intent, because
        another way, another tool behind a service or other books cannot tell what became of it.
        """
        return f"{self.way}, {self.capabilities.title}, connexion {self.company.settings.tool_conn_id}"

    def is_another_ways(self, record: DocumentRecord) -> bool:
        """True when the document is in doubt since another tool, or another way into this one, was to have it."""
        posting = record.posting
        # Intents of earlier versions hold the first word only.
        same = ("", self.way, self.whole_way)
        return record.state in IN_DOUBT and posting is not None and posting.way not in same

    def is_left_to_a_person(self, record: DocumentRecord) -> bool:
        """True when nobody but a person can tell what became of the document."""
        return False

    @property
    def can_ask(self) -> bool:
        """True when the tool can be asked whether it holds a document."""
        return True

    def is_forgotten(self, record: DocumentRecord) -> bool:
        """True when the register was restored, and the document may be in the books for all that it knows."""
        return self._restored is not None and self._restored.may_hide(record)

    # -- the one path --------------------------------------------------------------------------------------------
    def hand_over(self, record: DocumentRecord) -> None:
        """One document, from what is stored of it to what the tool says."""
        self.step.hold_lease()
        if self.is_another_ways(record):
            detail = ANOTHER_WAY.format(way=_posting_of(record).way)
            self.step.change(record, state=State.OUTCOME_UNKNOWN, reason=None, detail=detail)
            return
        if self.is_left_to_a_person(record):
            self.step.change(record, state=State.OUTCOME_UNKNOWN, reason=None, detail=CANNOT_TELL)
            return
        try:
            item = self.prepare(record)
            sealed = self.seal(item)
        except DocumentError as error:
            self.stop_before_intent(record, error)
            return
        missing = self._approvals.missing(record, sealed)
        if missing is not None:
            self.step.wait(record, Reason.APPROVAL_PENDING, missing)
            return
        self.write_once(record, item, sealed)

    def write_once(self, record: DocumentRecord, item: Item, sealed: str) -> None:
        """Intent, look-up, write, answer; whatever happens, the register says the truth before this ends."""
        in_doubt = record.state in IN_DOUBT
        if in_doubt and not self._is_surely_absent(record, item):
            return
        forgotten = self.is_forgotten(record)
        posting = self.begin(record, sealed)
        if posting is None:
            return
        fresh = not forgotten and (posting.attempts == 1 or record.state is State.READY)
        doubt = _Doubt(surely_absent=in_doubt or fresh)
        with self._telling(record, posting, doubt):
            if forgotten and not self.can_ask:
                self.store(record, state=State.OUTCOME_UNKNOWN, reason=None, detail=CANNOT_TELL, posting=posting)
                return
            if not in_doubt and (forgotten or posting.attempts > 1 or self.looks_up_first_tries):
                held = self.find(item, surely_absent=doubt.surely_absent)
                if held is not None:
                    doubt.surely_absent = False
                    self.found(record, item, posting, held)
                    return
                if forgotten and not self._has_settled(self._restored_at):
                    # What was posted just before the restore may still be in the tool's queue.
                    self.store(record, state=State.OUTCOME_UNKNOWN, reason=None, detail=TOO_EARLY, posting=posting)
                    return
                doubt.surely_absent = True
                self.looks_up_first_tries = False
            with checked_last(lambda: self._must_still_be_ours(record, posting)):
                receipt = self.write(item, posting)
            # From here on the tool has it: a register that is busy now must not be taken for a write that never left.
            doubt.surely_absent = False
            self.written(record, item, posting, receipt)

    def _must_still_be_ours(self, record: DocumentRecord, posting: Posting) -> None:
        """Let a write leave only while this run holds the company, and this try the document.

        Raises:
            LeaseHeld: another run is at work or may begin before the write is over; nothing was written by this try.
        """
        self.step.check_lease()
        (now,) = self.company.register.load(self.company.name, [record.key])
        if now.state is not State.POSTING or now.posting is None or now.posting.attempts != posting.attempts:
            raise _LeftToAnother(f"{self.company.name} {record.key} was begun again meanwhile; left to that try.")
        begun = posting.started_at
        if begun is None or self.company.now() - begun > LONGEST_INTENT:
            raise _LeftToAnother(f"{self.company.name} {record.key}: its write did not leave in time; looked up later.")

    def _is_surely_absent(self, record: DocumentRecord, item: Item) -> bool:
        """Look for a document in doubt before any new intent: the time of its last write must stay known, because
        until the tool has settled, not finding it proves nothing.
        """
        posting = _posting_of(record)
        absent = False
        with self._telling(record, posting, _Doubt(surely_absent=False)):
            held = self.find(item, surely_absent=False)
            if held is not None:
                self.found(record, item, posting, held)
            else:
                absent = self._has_arrived(record, posting) and self._has_settled(self._restored_at)
                if not absent:
                    self.store(record, state=State.OUTCOME_UNKNOWN, reason=None, detail=TOO_EARLY, posting=posting)
        return absent

    def _has_arrived(self, record: DocumentRecord, posting: Posting) -> bool:
        """True when whatever left under the intent is visible in the tool by now, and this is another run."""
        if posting.started_at is None or not self._has_settled(posting.started_at + LONGEST_INTENT):
            return False
        begun = [one for one in self.company.register.events(self.company.name, record.key) if one.what == BEGUN]
        return not begun or begun[-1].who != self.company.who

    @property
    def _restored_at(self) -> dt.datetime:
        """Since when nothing unknown to this register was posted; the beginning of time when it never was restored."""
        return self._restored.at if self._restored is not None else _NEVER

    def _has_settled(self, since: dt.datetime | None) -> bool:
        """True when whatever was written by ``since`` is visible in the tool by now."""
        if since is None:
            return False
        if since == _NEVER:
            return True
        settling = max(dt.timedelta(seconds=self.capabilities.settles_within_seconds), SETTLES_AT_LEAST)
        return self.company.now() - since > settling

    def begin(self, record: DocumentRecord, sealed: str, *, handle: str = "") -> Posting | None:
        """Commit the intent; None when somebody else is at the document, or its key belongs to another one."""
        try:
            posting = self.company.register.begin_posting(
                self.company.name,
                record.key,
                posting_key=self.company.posting_key(record),
                payload_hash=sealed,
                draft=self.draft,
                who=self.company.who,
                # Stored only while this run still holds the lease: one that was overtaken must not write any more.
                holder=self.company.run_id,
                handle=handle,
                way=self.whole_way,
            )
        except PostingConflict as error:
            self.step.wait(record, Reason.POSSIBLE_DUPLICATE, self.company.posting_key(record), note=str(error))
            return None
        except InvariantBroken:
            (now,) = self.company.register.load(self.company.name, [record.key])
            if now.state in TO_POST:
                raise
            log.warning("%s %s: another run made it %s meanwhile.", self.company.name, record.key, now.state)
            return None
        before = record.posting.attempts if record.posting else 0
        if posting.attempts != before + 1:
            # Somebody else began between our reading and our intent; whoever began first may be writing right now.
            log.warning("%s %s: another run is posting this document; left to it.", self.company.name, record.key)
            return None
        return posting

    @contextmanager
    def _telling(self, record: DocumentRecord, posting: Posting, doubt: _Doubt) -> Iterator[None]:
        """Store what an error says of the document."""
        try:
            yield
        except _LeftToAnother as error:
            log.warning("%s", error)
        except DocumentError as error:
            if doubt.surely_absent:
                self.refused(record, posting, error)
            else:
                # The look-up itself was refused: that tells nothing of what an earlier write did.
                detail = detail_of(error)
                note = str(error)[:500]
                self.store(record, state=State.OUTCOME_UNKNOWN, reason=None, detail=detail, note=note, posting=posting)
        except PostingConflict as error:
            self.store(record, state=State.CONFLICT, reason=None, detail=error.message, posting=posting)
        except OutcomeUnknown as error:
            detail = self.detail_of_unknown(error)
            if doubt.surely_absent:
                # It was the write, which may have left until now: what the tool needs to settle counts from here.
                posting = msgspec.structs.replace(posting, started_at=self.company.now())
            self.store(
                record, state=State.OUTCOME_UNKNOWN, reason=None, detail=detail, note=str(error)[:500], posting=posting
            )
        except (TryLater, ConfigurationError) as error:
            # Nothing was written by this attempt; an earlier one is settled only by a look-up that answered.
            state = State.READY if doubt.surely_absent else State.OUTCOME_UNKNOWN
            self.store(record, state=state, reason=None, detail="", note=str(error)[:500], posting=posting)
            raise

    def detail_of_unknown(self, error: OutcomeUnknown) -> str:
        """What people read about a lost answer."""
        return error.message

    def refused(self, record: DocumentRecord, posting: Posting, error: DocumentError) -> None:
        """The tool will not have it; nothing was written, and the hand-over that was begun is over."""
        self.store(
            record,
            state=state_of_refusal(error.reason),
            reason=error.reason,
            detail=detail_of(error),
            note=str(error)[:500],
            posting=msgspec.structs.replace(posting, handle=""),
        )

    def stop_before_intent(self, record: DocumentRecord, error: DocumentError) -> None:
        """Nothing can be sent. What may already be in the books keeps its state: only its own content may settle it."""
        if record.state is not State.READY:
            self.step.store(record, state=State.OUTCOME_UNKNOWN, reason=None, detail=detail_of(error), note=str(error))
        elif error.reason is Reason.SUPPORTING_DOCUMENT_MISSING:
            self.step.refuse(record, error, supporting_document=None)
        else:
            self.step.refuse(record, error)

    def store(self, record: DocumentRecord, *, posting: Posting, **fields: Any) -> None:
        """Store what became of a write that was begun. A twin of this task may have looked at the same document
        meanwhile and left it to us: its attempt stays counted, its doubt does not hide our answer.
        """
        try:
            self.step.store(record, posting=posting, **fields)
        except InvariantBroken:
            (now,) = self.company.register.load(self.company.name, [record.key])
            if now.state in _SETTLED:
                # The twin has its answer already, under the same key: ours, or our doubt, takes nothing from that.
                log.warning("%s %s: another run made it %s meanwhile.", self.company.name, record.key, now.state)
                return
            attempts = now.posting.attempts if now.posting else 0
            doubted = now.state is State.OUTCOME_UNKNOWN and fields.get("state") is State.POSTING
            if attempts <= posting.attempts and not doubted:
                raise
            if doubted:
                del fields["state"]
            posting = msgspec.structs.replace(posting, attempts=max(attempts, posting.attempts))
            self.step.store(record, posting=posting, **fields)


def _posting_of(record: DocumentRecord) -> Posting:
    if record.posting is None:
        raise InvariantBroken(f"{record.key} is {record.state} without a posting")
    return record.posting
