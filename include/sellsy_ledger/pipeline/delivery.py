"""For tools that import files: the run's entries leave as one file, and somebody else imports it.

Posting collects: a document is ``posting`` under the name of the run's batch once the tool (its manifests) was asked
for it and holds nothing. Delivering hands the file over and makes them ``delivered``. Later an acknowledgement, or a
person, says that the file was imported (``posted``) or refused (``conflict``).

Whoever dies in between loses nothing and doubles nothing: a file that was written is found again by its manifest, a
document that was in none goes with the next run's file.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from sellsy_ledger.connectors.base import BatchState, PostedEntry, PostingRequest
from sellsy_ledger.core.capabilities import PdfSupport
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import ConfigurationError, DocumentError, OutcomeUnknown, PostingConflict
from sellsy_ledger.http.last_check import checked_last
from sellsy_ledger.pipeline.acknowledgements import unacknowledged
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.comparison import differences
from sellsy_ledger.pipeline.entry_writing import EntryWriter
from sellsy_ledger.pipeline.fetch import RUN_NOTE, is_preview
from sellsy_ledger.pipeline.posting_request import build_request
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.pipeline.steps import LOAD_CHUNK, Batch, StepReport, chunks, detail_of, open_batch, state_of_refusal
from sellsy_ledger.register.store import Change, DocumentRecord, Posting
from sellsy_ledger.sources.sellsy.fields import PARIS

__all__ = ["FileWriter", "batch_name", "deliver_batch"]

log = logging.getLogger(__name__)

REFUSED = (
    "l'import du fichier {batch} a été refusé : corrigez la cause et importez-le, ou retirez-le pour que ses pièces "
    "repartent ; puis dites lequel des deux (register resolve --batch {batch})"
)
STILL_THERE = (
    "la pièce est toujours dans le fichier {batch} : retirez ce fichier et son manifeste, puis dites à nouveau qu'elle "
    "n'a pas été importée"
)


def batch_name(company: Company) -> str:
    """The name of this run's batch: when the run began, in Paris, ``YYYYMMDDHHMMSS``; the same for its every retry.

    Raises:
        ConfigurationError: another run has begun since.
    """
    note = json.loads(company.register.note(company.name, RUN_NOTE) or "{}")
    if note.get("run_id") != company.run_id:
        raise ConfigurationError(
            f"{company.run_id} is not the last run of {company.name}: its file cannot be named any more.",
            action="Clear fetch_invoices so that the run begins anew.",
        )
    return dt.datetime.fromisoformat(note["started_at"]).astimezone(PARIS).strftime("%Y%m%d%H%M%S")


class FileWriter(EntryWriter):
    """Entries that go with the run's file: nothing is written here, a document is only promised to the batch."""

    def __init__(self, step: Batch) -> None:
        super().__init__(step)
        self._batch = batch_name(self.company)

    @property
    def way(self) -> str:
        """A file, which only its own manifest can tell of."""
        return f"{self.capabilities.tool} (fichier)"

    def is_left_to_a_person(self, record: DocumentRecord) -> bool:
        """Never: the manifests of the files tell."""
        return False

    def write_once(self, record: DocumentRecord, item: PostingRequest, sealed: str) -> None:
        """Look the document up, then commit the intent. The look-up comes first: whatever has the batch's name when
        the file is written must be in no other file.
        """
        held, trouble = None, None
        try:
            held = self.connector.find_entry(item)
        except DocumentError as error:
            self.stop_before_intent(record, error)
            return
        except (PostingConflict, OutcomeUnknown) as error:
            trouble = error
        handle = self._batch if held is None and trouble is None else _handle(record, held)
        posting = self.begin(record, sealed, handle=handle)
        if posting is None:
            return
        if trouble is not None:
            state = State.CONFLICT if isinstance(trouble, PostingConflict) else State.OUTCOME_UNKNOWN
            self.store(record, state=state, reason=None, detail=trouble.message, posting=posting)
        elif held is not None:
            self.found(record, item, posting, held)
        else:
            self.step.moved(record, State.POSTING)

    def found(self, record: DocumentRecord, item: PostingRequest, posting: Posting, held: PostedEntry) -> None:
        """In a file already: delivered with it, unless it is another entry there."""
        stored = record.supporting_document
        different = differences(
            item, held, self.capabilities, pdf_sha256=stored.sha256 if stored else None, validated_meanwhile=True
        )
        if different:
            detail = " ; ".join(different[:5])
            self.store(record, state=State.CONFLICT, reason=None, detail=detail, posting=posting, note=detail)
            return
        # Ready although it was handed over before: a person said that nothing was imported, and left the file there.
        left_there = record.state is State.READY and record.posting is not None and record.posting.attempts > 0
        self.store(
            record,
            state=State.DELIVERED,
            reason=None,
            detail=STILL_THERE.format(batch=posting.handle) if left_there else "",
            posting=_delivered(self.company, record, posting, held.entry_id),
            note="found in a file under its key; not delivered again",
        )


def _handle(record: DocumentRecord, held: PostedEntry | None) -> str:
    before = record.posting.handle if record.posting else ""
    return (held.handle or before or held.entry_id) if held is not None else before


def _delivered(company: Company, record: DocumentRecord, posting: Posting, entry_id: str = "") -> Posting:
    stored = record.supporting_document
    with_pdf = stored is not None and company.connector.capabilities.pdf is not PdfSupport.NEVER
    return msgspec.structs.replace(
        posting,
        entry_id=entry_id or posting.entry_id,
        pdf_sha256=stored.sha256 if stored is not None and with_pdf else "",
        delivered_at=company.now(),
    )


def deliver_batch(company: Company) -> StepReport:
    """Hand the run's file over, then take note of what was said of this file and of earlier ones. A tool that imports
    no files, and a preview, have nothing to hand over.

    Returns:
        Counts of the documents that moved: ``delivered``, refused ones, ``posted`` and ``conflict`` by acknowledgement.

    Raises:
        AccessError: the place of the files refuses us.
        TryLater: it does not answer; nothing was delivered by this try.
        OutcomeUnknown: whether the file was delivered cannot be told; its documents stay ``posting``, and another try
            of this run or the next run asks first.
    """
    if not company.connector.capabilities.batches or company.settings.document_only or is_preview(company):
        return StepReport(step="deliver_batch", batch="")
    name = batch_name(company)
    with open_batch(company, name, "deliver_batch") as step:
        states: Counter[str] = Counter()
        keys = company.register.by_handle(company.name, [State.POSTING]).get(name, [])
        if keys:
            states += _deliver(step, name, keys)
        states += _acknowledge(step)
        step.report.documents = step.report.changed = states.total()
        step.report.states = dict(sorted(states.items()))
    return step.report


def _deliver(step: Batch, name: str, keys: Sequence[str]) -> Counter[str]:
    company = step.company
    damaged: dict[str, DocumentError] = {}
    with checked_last(step.check_lease):
        result = company.connector.deliver_batch(name, _requests(step, keys, damaged))
    delivered = set(result.delivered)
    states: Counter[str] = Counter()
    for part in chunks(keys, LOAD_CHUNK):
        changes = []
        for record in company.register.load(company.name, part):
            key = company.posting_key(record)
            error = damaged.get(key) or result.refused.get(key)
            if record.posting is None or record.state is not State.POSTING:
                continue
            if key in delivered:
                changes.append(
                    Change(
                        key=record.key,
                        state=State.DELIVERED,
                        posting=_delivered(company, record, record.posting),
                        note=f"delivered with {name}",
                    )
                )
            elif error is not None:
                changes.append(_left_out(record, record.posting, error))
            else:
                log.warning("%s %s: not in the file %s; the next run takes it up.", company.name, record.key, name)
        company.register.apply(company.name, changes, who=company.who)
        states.update(change.state.value for change in changes if isinstance(change.state, State))
    return states


def _requests(step: Batch, keys: Sequence[str], damaged: dict[str, DocumentError]) -> Iterator[PostingRequest]:
    """One request at a time, with its PDF; those that cannot be built any more are told in ``damaged``."""
    company, ledger = step.company, read_ledger_once(step.company)
    for part in chunks(keys, LOAD_CHUNK):
        for record in company.register.load(company.name, part):
            step.hold_lease()
            try:
                request = build_request(company, record, ledger)
            except DocumentError as error:
                damaged[company.posting_key(record)] = error
                continue
            yield request


def _left_out(record: DocumentRecord, posting: Posting, error: DocumentError) -> Change:
    change = Change(
        key=record.key,
        state=state_of_refusal(error.reason),
        reason=error.reason,
        detail=detail_of(error),
        posting=msgspec.structs.replace(posting, handle=""),
        note=str(error)[:500],
    )
    if error.reason is Reason.SUPPORTING_DOCUMENT_MISSING:
        return msgspec.structs.replace(change, supporting_document=None)
    return change


def _acknowledge(step: Batch) -> Counter[str]:
    """What is said by now of the files that nobody had said anything of."""
    company = step.company
    states: Counter[str] = Counter()
    for batch, keys in sorted(unacknowledged(company).items()):
        step.hold_lease()
        said = company.connector.batch_state(batch)
        if said is BatchState.DELIVERED:
            continue
        for part in chunks(keys, LOAD_CHUNK):
            records = company.register.load(company.name, part)
            changes = [change for record in records for change in _said(company, record, batch, said)]
            company.register.apply(company.name, changes, who=company.who)
            states.update(change.state.value for change in changes if isinstance(change.state, State))
    return states


def _said(company: Company, record: DocumentRecord, batch: str, said: BatchState) -> Iterator[Change]:
    posting = record.posting
    if posting is None:
        return
    if said is BatchState.REFUSED:
        if record.state is State.DELIVERED:
            yield Change(
                key=record.key,
                state=State.CONFLICT,
                detail=REFUSED.format(batch=batch),
                note=f"the import of {batch} was refused",
            )
        return
    booked = msgspec.structs.replace(posting, posted_at=company.now())
    if record.state in (State.DELIVERED, State.CONFLICT):
        yield Change(key=record.key, state=State.POSTED, posting=booked, note=f"{batch} was imported")
    else:
        yield Change(key=record.key, posting=booked, note=f"{batch} was imported")
