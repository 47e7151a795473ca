"""Seventh step: the entries go into the books, each exactly once.

Per document: the payload is built; key, hash and state ``posting`` are committed before any write; the tool is asked
for the key unless this is provably the first try; one write; its answer is committed. A lost answer leaves
``outcome_unknown``: the next run asks the tool first, and never writes while the tool cannot tell.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from sellsy_ledger.connectors.base import LedgerConnector, PostedEntry, PostingRequest, Receipt
from sellsy_ledger.core.capabilities import KeySupport
from sellsy_ledger.core.fingerprint import payload_hash
from sellsy_ledger.core.ledger import Ledger
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import (
    ConfigurationError,
    DocumentError,
    InvariantBroken,
    OutcomeUnknown,
    PostingConflict,
    TryLater,
)
from sellsy_ledger.pipeline.approval import Approvals
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.comparison import differences
from sellsy_ledger.pipeline.fetch import is_preview
from sellsy_ledger.pipeline.posting_request import build_request
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.pipeline.steps import Batch, StepReport, detail_of, open_batch, state_of_refusal
from sellsy_ledger.register.store import DocumentRecord, Posting

__all__ = ["post_entries", "takes_pdf_later"]

log = logging.getLogger(__name__)

TO_POST = (State.READY, State.POSTING, State.OUTCOME_UNKNOWN)
CHUNK = 20
CANNOT_TELL = "l'outil ne permet pas de savoir si l'écriture existe ; une personne doit le vérifier"


def post_entries(company: Company, batch: str) -> StepReport:
    """Book every ready document of the batch, and settle those whose outcome is unknown.

    Raises:
        AccessError: the tool refuses us.
        TryLater: the tool does not answer; every document done so far is stored, the one at hand surely not written.
        LeaseHeld: another run took the company over; nothing more is written by this one.
    """
    if is_preview(company):
        raise InvariantBroken(f"{company.run_id} is a preview of {company.name}: it must not reach the posting step.")
    with open_batch(company, batch, "post_entries") as step:
        work = _Posting(step, Approvals(company))
        for record in step.records(CHUNK):
            if record.state in TO_POST:
                work.post(record)
            if takes_pdf_later(company.connector):
                work.attach(record.key)
    return step.close()


class _Posting:
    """One batch while it is posted."""

    def __init__(self, step: Batch, approvals: Approvals) -> None:
        self.step = step
        self.company = step.company
        self.connector = step.company.connector
        self.approvals = approvals
        self._ledger: Ledger | None = None
        # A register that was lost, or restored from an old copy, takes documents already in the books for new ones.
        # So the first new document of a batch is looked up too, and all the others once one was found.
        self._looks_up_first_tries = True

    def post(self, record: DocumentRecord) -> None:
        """One document: payload, intent, look-up, write, answer."""
        self.step.hold_lease()
        if record.state is not State.READY and self.connector.capabilities.key is KeySupport.NONE:
            self.step.store(record, state=State.OUTCOME_UNKNOWN, reason=None, detail=CANNOT_TELL)
            return
        try:
            request = build_request(self.company, record, self._read_ledger())
            sealed = payload_hash(self.connector.payload(request))
        except DocumentError as error:
            self._stop_before_intent(record, error)
            return
        if not self.approvals.cover(record, sealed):
            self.step.wait(record, Reason.APPROVAL_PENDING, "")
            return
        posting = self._begin(record, request, sealed)
        if posting is not None:
            self._settle(record, request, posting)

    def attach(self, key: str) -> None:
        """Hand the PDF over after the entry, unless the tool shows that it is there; until then it stays ``posted``."""
        (record,) = self.company.register.load(self.company.name, [key])
        posting, stored = record.posting, record.supporting_document
        if record.state is not State.POSTED or posting is None or stored is None or posting.pdf_sha256:
            return
        self.step.hold_lease()
        try:
            request = build_request(self.company, record, self._read_ledger())
            held = (
                self.connector.read_back(request, posting.entry_id) if self.connector.capabilities.read_back else None
            )
            if held is None or not held.pdf_present:
                self.connector.attach_document(request, posting.entry_id)
        except (DocumentError, OutcomeUnknown) as error:
            self.step.store(record, detail=error.message, note=str(error)[:500])
            return
        attached = msgspec.structs.replace(posting, pdf_sha256=stored.sha256)
        self.step.store(record, detail="", posting=attached, note="PDF attached")

    def _read_ledger(self) -> Ledger:
        if self._ledger is None:
            self._ledger = read_ledger_once(self.company)
        return self._ledger

    def _stop_before_intent(self, record: DocumentRecord, error: DocumentError) -> None:
        """Nothing can be sent. What may already be in the books keeps its state: only its own content may settle it."""
        if record.state is not State.READY:
            self.step.store(record, state=State.OUTCOME_UNKNOWN, reason=None, detail=detail_of(error), note=str(error))
        elif error.reason is Reason.SUPPORTING_DOCUMENT_MISSING:
            self.step.refuse(record, error, supporting_document=None)
        else:
            self.step.refuse(record, error)

    def _begin(self, record: DocumentRecord, request: PostingRequest, sealed: str) -> Posting | None:
        try:
            posting = self.company.register.begin_posting(
                self.company.name,
                record.key,
                posting_key=request.posting_key,
                payload_hash=sealed,
                draft=request.draft,
                who=self.company.who,
                # Stored only while this run still holds the lease: one that was overtaken must not write any more.
                holder=self.company.run_id,
            )
        except PostingConflict as error:
            self.step.wait(record, Reason.POSSIBLE_DUPLICATE, request.posting_key, note=str(error))
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

    def _settle(self, record: DocumentRecord, request: PostingRequest, posting: Posting) -> None:
        """Look up, then write; whatever happens, the register says the truth before this returns or raises."""
        surely_absent = posting.attempts == 1 or record.state is State.READY
        try:
            if posting.attempts > 1 or self._looks_up_first_tries:
                held = self.connector.find_entry(request)
                if held is not None:
                    self._found(record, request, posting, held)
                    return
                surely_absent = True
                self._looks_up_first_tries = False
            self._posted(record, request, posting, self.connector.post_entry(request))
        except DocumentError as error:
            self._store_result(
                record,
                state=state_of_refusal(error.reason),
                reason=error.reason,
                detail=detail_of(error),
                note=str(error)[:500],
                posting=posting,
            )
        except PostingConflict as error:
            self._store_result(record, state=State.CONFLICT, reason=None, detail=error.message, posting=posting)
        except OutcomeUnknown as error:
            self._store_result(record, state=State.OUTCOME_UNKNOWN, reason=None, detail=error.message, posting=posting)
        except (TryLater, ConfigurationError) as error:
            # Nothing was written by this attempt; an earlier one is settled only by a look-up that answered.
            state = State.READY if surely_absent else State.OUTCOME_UNKNOWN
            self._store_result(record, state=state, reason=None, detail="", note=str(error)[:500], posting=posting)
            raise

    def _store_result(self, record: DocumentRecord, *, posting: Posting, **fields: Any) -> None:
        """Store what became of a write that was begun. A twin of this task may have begun the same document meanwhile
        and left it to us: its attempt stays counted.
        """
        try:
            self.step.store(record, posting=posting, **fields)
        except InvariantBroken:
            (now,) = self.company.register.load(self.company.name, [record.key])
            attempts = now.posting.attempts if now.posting else 0
            if attempts <= posting.attempts:
                raise
            self.step.store(record, posting=msgspec.structs.replace(posting, attempts=attempts), **fields)

    def _found(self, record: DocumentRecord, request: PostingRequest, posting: Posting, held: PostedEntry) -> None:
        """An entry under our key: the one we would send, or a conflict that a person decides."""
        if held.lines is None and held.entry_id and self.connector.capabilities.read_back:
            held = self.connector.read_back(request, held.entry_id) or held
        # An entry whose PDF was to follow and never did gets it now; it is no other entry for that.
        pdf_to_follow = held.pdf_present is False and takes_pdf_later(self.connector)
        found = differences(
            request,
            held,
            self.connector.capabilities,
            pdf_sha256=None if pdf_to_follow else _sha256(request),
            validated_meanwhile=True,
        )
        if found:
            detail = " ; ".join(found[:5])
            self._store_result(record, state=State.CONFLICT, reason=None, detail=detail, posting=posting, note=detail)
            return
        self._looks_up_first_tries = self._looks_up_first_tries or posting.attempts == 1
        receipt = Receipt(
            entry_id=held.entry_id,
            ledger_entry_id=held.ledger_entry_id,
            draft=bool(held.draft),
            pdf_attached=bool(held.pdf_sha256 or held.pdf_present),
        )
        self._book(record, request, posting, receipt, note="found in the tool under its key; not written again")

    def _posted(self, record: DocumentRecord, request: PostingRequest, posting: Posting, receipt: Receipt) -> None:
        if self.connector.capabilities.asynchronous:
            done = self.connector.wait_until_done(request, receipt)
            if done is None:
                kept = msgspec.structs.replace(posting, entry_id=receipt.entry_id)
                self._store_result(record, state=State.POSTING, posting=kept, note="the tool is still importing it")
                return
            receipt = done
        self._book(record, request, posting, receipt, note="; ".join(receipt.warnings)[:500])

    def _book(
        self, record: DocumentRecord, request: PostingRequest, posting: Posting, receipt: Receipt, *, note: str
    ) -> None:
        booked = msgspec.structs.replace(
            posting,
            entry_id=receipt.entry_id,
            ledger_entry_id=receipt.ledger_entry_id,
            draft=receipt.draft,
            pdf_sha256=(_sha256(request) or "") if receipt.pdf_attached else "",
            posted_at=self.company.now(),
        )
        self._store_result(record, state=State.POSTED, reason=None, detail="", posting=booked, note=note)


def takes_pdf_later(connector: LedgerConnector) -> bool:
    """True when a PDF that did not go with its entry can still follow it."""
    return type(connector).attach_document is not LedgerConnector.attach_document


def _sha256(request: PostingRequest) -> str | None:
    return request.supporting_document.sha256 if request.supporting_document else None
