"""After posting, for tools with a queue: what became of the imports.

The import is asked by its own name. While it runs the document stays ``posting``; an hour after it was begun it becomes
``outcome_unknown``. From then on it is settled by what the tool tells of the import or shows of the entry, or by a
person; it is never written again for not being found, because the queue may still book it.
"""

from __future__ import annotations

import datetime as dt

from sellsy_ledger.connectors.base import PostingRequest, Receipt
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.errors import DocumentError, InvariantBroken, OutcomeUnknown, PostingConflict, TryLater
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.entry_writing import EntryWriter
from sellsy_ledger.pipeline.posting_request import build_request
from sellsy_ledger.pipeline.steps import Patience, StepReport, detail_of, open_batch
from sellsy_ledger.pipeline.writing import IN_DOUBT
from sellsy_ledger.register.store import DocumentRecord, Posting

__all__ = ["LONGEST_IMPORT", "Imports", "await_imports", "is_import"]

LONGEST_IMPORT = dt.timedelta(hours=1)
CHUNK = 20
TOO_LONG = (
    "l'outil n'a pas terminé l'import {handle} en une heure ; l'écriture y sera cherchée chaque nuit, sans jamais être "
    "renvoyée"
)
FORGOTTEN = (
    "l'outil ne dit plus rien de l'import {handle} et l'écriture n'y est pas visible ; elle y sera cherchée chaque "
    "nuit, sans jamais être renvoyée ; une personne peut dire ce qu'il en est"
)


def await_imports(company: Company, batch: str) -> StepReport:
    """Look once at every import of the batch that was still running.

    Returns:
        Counts; ``states["posting"]`` = how many are still running, and worth another look.

    Raises:
        AccessError: the tool refuses us.
        TryLater: the tool did not answer several times in a row; what it told is stored.
    """
    with open_batch(company, batch, "await_imports") as step:
        if not company.connector.capabilities.asynchronous or company.settings.document_only:
            step.pass_over()
        else:
            imports = Imports(EntryWriter(step))
            for record in step.records(CHUNK):
                if record.state is State.POSTING and is_import(record):
                    imports.look(record)
    return step.close()


def is_import(record: DocumentRecord) -> bool:
    """True when the tool gave its import a name, and nobody knows yet what became of it."""
    return record.state in IN_DOUBT and record.posting is not None and bool(record.posting.handle)


class Imports:
    """Looks at imports by their names, one at a time."""

    def __init__(self, writer: EntryWriter) -> None:
        self._writer = writer
        self._company = writer.company
        self._connector = writer.connector
        self._patience = Patience()

    def look(self, record: DocumentRecord) -> None:
        """One look at the import of ``record``; stores what it means."""
        writer, posting = self._writer, record.posting
        if posting is None:
            raise InvariantBroken(f"{record.key} is {record.state} without a posting")
        writer.step.hold_lease()
        request = build_request(self._company, record, writer.ledger, with_pdf=False)
        try:
            done = self._connector.wait_until_done(request, Receipt(entry_id="", handle=posting.handle))
            if done is not None:
                writer.book(record, request, posting, done, note="; ".join(done.warnings)[:500])
            elif record.state is State.OUTCOME_UNKNOWN:
                self._look_up(record, request, posting, TOO_LONG)
            else:
                self._go_on_or_give_up(record, posting)
            self._patience.win()
        except DocumentError as error:
            writer.refused(record, posting, error)
        except PostingConflict as error:
            writer.store(record, state=State.CONFLICT, reason=None, detail=error.message, posting=posting)
        except OutcomeUnknown as error:
            self._tell_apart(record, request, posting, error)
        except TryLater as error:
            self._go_on_or_give_up(record, posting)
            self._patience.lose(error)

    def _tell_apart(
        self, record: DocumentRecord, request: PostingRequest, posting: Posting, error: OutcomeUnknown
    ) -> None:
        """The tool tells nothing of the import: the entry itself is looked for."""
        try:
            self._look_up(record, request, posting, FORGOTTEN, note=str(error)[:500])
        except (PostingConflict, OutcomeUnknown) as trouble:
            state = State.CONFLICT if isinstance(trouble, PostingConflict) else State.OUTCOME_UNKNOWN
            self._writer.store(record, state=state, reason=None, detail=trouble.message, posting=posting)
        except TryLater as trouble:
            self._go_on_or_give_up(record, posting)
            self._patience.lose(trouble)

    def _look_up(
        self, record: DocumentRecord, request: PostingRequest, posting: Posting, otherwise: str, *, note: str = ""
    ) -> None:
        try:
            held = self._connector.find_entry(request)
        except DocumentError as error:
            # It is the look-up that was refused: the import may be booked all the same.
            self._writer.store(
                record,
                state=State.OUTCOME_UNKNOWN,
                reason=None,
                detail=detail_of(error),
                note=str(error)[:500],
                posting=posting,
            )
            return
        if held is not None:
            self._writer.found(record, request, posting, held)
        else:
            self._give_up(record, posting, otherwise, note=note)

    def _go_on_or_give_up(self, record: DocumentRecord, posting: Posting) -> None:
        begun = posting.started_at
        if record.state is State.POSTING and begun is not None and self._company.now() - begun > LONGEST_IMPORT:
            self._give_up(record, posting, TOO_LONG)

    def _give_up(self, record: DocumentRecord, posting: Posting, detail: str, *, note: str = "") -> None:
        detail = detail.format(handle=posting.handle)
        if record.state is State.OUTCOME_UNKNOWN:
            # Said already on an earlier night: nothing new is written down.
            return
        self._writer.store(
            record,
            state=State.OUTCOME_UNKNOWN,
            reason=None,
            detail=detail,
            note=note,
            posting=posting,
        )
