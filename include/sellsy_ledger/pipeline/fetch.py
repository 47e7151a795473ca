"""Second step: find what is accounted in Sellsy and not yet in the books, and cut it into batches.

Every run lists all accounted documents of its range, because Sellsy has no "accounted since" and accounting late is
normal. Listing is cheap (pages, no rows); a document is asked for in detail only when it is new or changed, and only
when its entry needs more than the list and the accounting journal tell. Pages are recorded as they come: a run that
breaks resumes behind the last page it recorded, and memory holds one page plus the keys.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import logging
from collections.abc import Iterable, Sequence
from functools import partial

import msgspec

from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.core.rows import rows_suffice
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import ConfigurationError, DocumentError, TryLater
from sellsy_ledger.pipeline.company import Company, Selection
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.pipeline.steps import LEASE_SECONDS, OPEN_STATES, Patience, chunks, detail_of, state_of_refusal
from sellsy_ledger.register.states import OPEN as NOT_IN_BOOKS
from sellsy_ledger.register.store import Change, DocumentRecord

__all__ = ["RUN_NOTE", "fetch_invoices", "is_preview"]

log = logging.getLogger(__name__)

RUN_NOTE = "run"
# States that a later step must finish, whatever became of the document in Sellsy meanwhile.
UNFINISHED_POSTING = (State.POSTING, State.OUTCOME_UNKNOWN, State.POSTED)
# More documents than this gone from Sellsy's list at once is taken for a wrong list, not for so many retractions.
BELIEVABLE_RETRACTIONS = 10
BELIEVABLE_SHARE = 0.2
SNAPSHOT_AGE = dt.timedelta(minutes=15)


def fetch_invoices(company: Company, selection: Selection, *, batch_size: int = 200) -> list[str]:
    """Record the accounted documents of the selection and store the run's batches.

    Returns:
        Batch keys (safe for XCom); empty when nothing is new and nothing waits, the lease being free again then.

    Raises:
        LeaseHeld: another run of the company is at work.
        AccessError, TryLater: from Sellsy, or from the tool when there is work to do.
    """
    register = company.register
    register.take_lease(company.name, holder=company.run_id, seconds=LEASE_SECONDS)
    try:
        register.record_settings(company.name, company.settings.model_dump_json(), who=company.who)
        scan = _Scan(company, selection)
        scan.run()
        keys = _keys_to_work_on(company, scan)
        batches = register.store_batches(company.name, company.run_id, list(chunks(keys, batch_size)))
        _note_run(company, scan, batches)
        if batches:
            read_ledger_once(company, younger_than=SNAPSHOT_AGE)
    except ConfigurationError:
        register.free_lease(company.name, holder=company.run_id)
        raise
    if not batches:
        register.free_lease(company.name, holder=company.run_id)
    return batches


def is_preview(company: Company) -> bool:
    """True when this run was asked to stop before anything is written to the tool."""
    note = json.loads(company.register.note(company.name, RUN_NOTE) or "{}")
    return note.get("run_id") == company.run_id and bool(note.get("preview"))


class _Scan:
    """One pass over Sellsy's accounted documents."""

    def __init__(self, company: Company, selection: Selection) -> None:
        self.company = company
        # The books before the start date belong to somebody else: no run reaches behind it.
        start = max(selection.dated_from, company.settings.start_date)
        self.selection = dataclasses.replace(selection, dated_from=start)
        self.read = 0
        self.new = 0
        self._seen: set[str] = set()
        self._patience = Patience()

    def run(self) -> None:
        """List page by page, record what is new or changed, then note what has gone."""
        wanted = self.selection
        if wanted.dated_to is not None and wanted.dated_to < wanted.dated_from:
            return
        pages = self.company.sellsy.accounted(
            self.company.settings.scope.directions, wanted.dated_from, wanted.dated_to
        )
        for page in pages:
            self._record(self._wanted(page))
            self.company.register.take_lease(self.company.name, holder=self.company.run_id, seconds=LEASE_SECONDS)
        if wanted.kind == "scheduled" and not wanted.numbers:
            self._note_retractions()

    def takes(self, key: str) -> bool:
        """True when the selection takes the document: in scope, and listed when numbers were asked for."""
        return _in_scope(self.company, key) and (not self.selection.numbers or key in self._seen)

    def _wanted(self, page: Sequence[tuple[Document, ThirdParty | None]]) -> list[tuple[Document, ThirdParty | None]]:
        wanted = self.selection
        kept = [
            (document, third_party)
            for document, third_party in page
            if document.date >= wanted.dated_from
            and (wanted.dated_to is None or document.date <= wanted.dated_to)
            and (not wanted.numbers or {document.number, document.internal_number} & set(wanted.numbers))
            and document.key not in self._seen
        ]
        self._seen.update(document.key for document, _ in kept)
        self.read += len(kept)
        return kept

    def _record(self, page: list[tuple[Document, ThirdParty | None]]) -> None:
        company = self.company
        known = {
            record.key: record for record in company.register.load(company.name, [document.key for document, _ in page])
        }
        fresh: list[tuple[Document, ThirdParty | None, str]] = []
        changes: list[Change] = []
        for document, third_party in page:
            record = known.get(document.key)
            mark = fingerprint(document)
            if record is not None and record.fingerprint == mark:
                if record.state is State.RETRACTED:
                    # Accounted again as it was: the register puts it back where its posting left it.
                    fresh.append((record.document, record.third_party, mark))
                changes += self._known_again(record, document)
                continue
            read, trouble = self._complete(document, record)
            fresh.append((read, third_party, mark))
            changes += trouble
        self.new += len(company.register.record_seen(company.name, self._with_third_parties(fresh), who=company.who))
        if changes:
            company.register.apply(company.name, changes, who=company.who)

    def _complete(self, document: Document, record: DocumentRecord | None) -> tuple[Document, list[Change]]:
        """The document with all that its entry needs, and what to store when it cannot be had."""
        if record is not None and record.state not in NOT_IN_BOOKS:
            return document, []
        if self._has_its_rows(document):
            return document, []
        try:
            detail = self.company.sellsy.detail(document)
        except DocumentError as error:
            return document, [
                Change(
                    key=document.key,
                    state=state_of_refusal(error.reason),
                    reason=error.reason,
                    detail=detail_of(error),
                    note=str(error)[:500],
                )
            ]
        except TryLater as error:
            self._patience.lose(error)
            return document, [_unavailable(document.key)]
        self._patience.win()
        return detail, []

    def _has_its_rows(self, document: Document) -> bool:
        """True when the entry needs nothing more: detail rows, or journal rows that prove enough under the settings
        of today (a label style with descriptions needs the detail).
        """
        if document.rows is None:
            return False
        if document.rows_source == "detail":
            return True
        return rows_suffice(document, self.company.settings, self.company.sellsy.reference().default_accounts)

    def _known_again(self, record: DocumentRecord, listed: Document) -> list[Change]:
        """A document listed as it was the last time: usually nothing to do, and nothing is written."""
        asked_again = record.state is State.REJECTED and self.selection.retry == "all"
        if record.state not in OPEN_STATES and not asked_again:
            return []
        anew = Change(key=record.key, state=State.SEEN, note="asked again" if asked_again else "")
        if not self._has_its_rows(record.document):
            detail, trouble = self._complete(listed, record)
            if trouble:
                return [] if _same(record, trouble[0]) else trouble
            return [msgspec.structs.replace(anew, document=detail, entry=None)]
        if asked_again:
            return [anew]
        if record.state is State.WAITING and record.reason is Reason.NOT_ACCOUNTED:
            return [msgspec.structs.replace(anew, note="accounted again in Sellsy")]
        return []

    def _with_third_parties(
        self, fresh: list[tuple[Document, ThirdParty | None, str]]
    ) -> list[tuple[Document, ThirdParty | None, str]]:
        unknown = [document for document, third_party, _ in fresh if third_party is None]
        if not unknown:
            return fresh
        found = self.company.sellsy.third_parties(unknown)
        return [(document, third_party or found.get(document.key), mark) for document, third_party, mark in fresh]

    def _note_retractions(self) -> None:
        company = self.company
        watched = [*OPEN_STATES, State.POSTED, State.VERIFIED]
        known = company.register.select(company.name, states=watched, dated_from=self.selection.dated_from)
        known = [key for key in known if _in_scope(company, key)]
        gone = [key for key in known if key not in self._seen]
        if len(gone) > max(BELIEVABLE_RETRACTIONS, BELIEVABLE_SHARE * len(known)):
            log.warning(
                "%s: %d of %d known documents are missing from Sellsy's list; too many to be retractions, "
                "nothing was changed. Check the rights of the Sellsy connection.",
                company.name,
                len(gone),
                len(known),
            )
            return
        for part in chunks(gone, 200):
            records = company.register.load(company.name, part)
            company.register.apply(
                company.name, [change for record in records for change in _retracted(record)], who=company.who
            )


def _same(record: DocumentRecord, change: Change) -> bool:
    return (record.state, record.reason, record.detail) == (change.state, change.reason, change.detail)


def _unavailable(key: str) -> Change:
    detail = " : Sellsy n'a pas donné le détail de la pièce"
    return Change(key=key, state=State.WAITING, reason=Reason.TOOL_UNAVAILABLE, detail=detail)


def _retracted(record: DocumentRecord) -> Iterable[Change]:
    if record.state in (State.POSTED, State.VERIFIED):
        yield Change(key=record.key, state=State.RETRACTED, note="no longer accounted in Sellsy")
    elif record.reason is not Reason.NOT_ACCOUNTED:
        yield Change(key=record.key, state=State.WAITING, reason=Reason.NOT_ACCOUNTED, detail="", entry=None)


def _in_scope(company: Company, key: str) -> bool:
    return any(key.startswith(direction.value.removesuffix("s")) for direction in company.settings.scope.directions)


def _keys_to_work_on(company: Company, scan: _Scan) -> list[str]:
    """Open documents of the selection; a scheduled run also finishes every posting begun, whatever its date."""
    register, selection = company.register, scan.selection
    select = partial(register.select, company.name, dated_from=selection.dated_from, dated_to=selection.dated_to)
    unfinished = [
        state for state in UNFINISHED_POSTING if state is not State.POSTED or company.connector.capabilities.read_back
    ]
    if selection.kind == "scheduled":
        keys = register.select(company.name, states=unfinished)
    else:
        keys = select(states=unfinished)
    keys += select(states=sorted(OPEN_STATES))
    # Not accounted any more: nothing to do before Sellsy lists them again.
    withdrawn = set(register.select(company.name, states=[State.WAITING], reasons=[Reason.NOT_ACCOUNTED]))
    return [key for key in dict.fromkeys(keys) if scan.takes(key) and key not in withdrawn]


def _note_run(company: Company, scan: _Scan, batches: Sequence[str]) -> None:
    note = {
        "run_id": company.run_id,
        "started_at": company.now().isoformat(),
        "kind": scan.selection.kind,
        "preview": scan.selection.preview,
        "read": scan.read,
        "new": scan.new,
        "batches": list(batches),
    }
    company.register.store_note(company.name, RUN_NOTE, json.dumps(note))
