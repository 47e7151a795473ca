"""One pass over Sellsy's accounted documents: what is new or changed is recorded, what has gone is noted.

A scan lists everything of its range, because Sellsy has no "accounted since" and accounting late is normal; on a night
when Sellsy's accounting journal says what it said before, nothing is listed. Listing is cheap (pages, no rows); a
document is asked for in detail only when it is new or changed, and only when its entry needs more than the list and
the accounting journal tell. Pages are recorded as they come: a run that breaks resumes behind the last page it
recorded, and memory holds one page plus the keys.

Once a posted document was corrected, what Sellsy lists under its id is the version after: it is recorded under that
version's key (:mod:`sellsy_ledger.core.corrections`).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import logging
from collections.abc import Sequence

import msgspec

from sellsy_ledger.core.corrections import base_of, is_reversal_key, versioned
from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.core.rows import rows_suffice
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import DocumentError, TryLater
from sellsy_ledger.pipeline.company import Company, Selection
from sellsy_ledger.pipeline.retractions import left_alone, note_retractions
from sellsy_ledger.pipeline.steps import LEASE_SECONDS, OPEN_STATES, Patience, detail_of, state_of_refusal
from sellsy_ledger.register.states import IN_FLIGHT
from sellsy_ledger.register.states import OPEN as NOT_IN_BOOKS
from sellsy_ledger.register.store import Change, DocumentRecord
from sellsy_ledger.sources.sellsy.fields import PARIS
from sellsy_ledger.sources.sellsy.listing import Problem

__all__ = ["Scan"]

log = logging.getLogger(__name__)

MARK_NOTE = "accounting_mark"
# However quiet Sellsy's journal is, everything is listed again once a week.
FULL_SCAN_EVERY = dt.timedelta(days=7)


class Scan:
    """One pass over Sellsy's accounted documents."""

    def __init__(self, company: Company, selection: Selection) -> None:
        self.company = company
        # The books before the start date belong to somebody else: no run reaches behind it.
        start = max(selection.dated_from, company.settings.start_date)
        self.selection = dataclasses.replace(selection, dated_from=start)
        self.read = 0
        self.new = 0
        self.unreadable: set[str] = set()
        self._seen: set[str] = set()
        numbered = company.register.select(company.name, numbers=selection.numbers) if selection.numbers else []
        self._reversals = set(filter(is_reversal_key, numbered))
        self._patience = Patience()
        self._is_clean = True

    def run(self) -> None:
        """List page by page, record what is new or changed, then note what has gone.

        An ordinary night first asks Sellsy's journal whether anything was accounted or taken back since the last
        whole scan: one call per direction instead of every page.
        """
        wanted = self.selection
        if wanted.dated_to is not None and wanted.dated_to < wanted.dated_from:
            return
        if self._is_whole and (left := left_alone(self.company)):
            # Everything is listed tonight: they are taken up as Sellsy shows them now.
            self.company.register.store_note(self.company.name, MARK_NOTE, "{}")
            note = "the document that was the same paper is not in the books any more"
            self.company.register.send_after_all(self.company.name, left, who=self.company.who, note=note)
        mark = self._mark() if self._is_whole else None
        if mark is not None and mark == self._last_mark() and not self._awaits_a_listing():
            return
        for page in self.company.sellsy.accounted(
            self.company.settings.scope.directions, wanted.dated_from, wanted.dated_to
        ):
            self._record(self._wanted(page))
            self.company.register.take_lease(self.company.name, holder=self.company.run_id, seconds=LEASE_SECONDS)
        self._record_problems()
        if self.selection.retry == "all":
            self._ask_reversals_again()
        if self._is_whole:
            went = note_retractions(self.company, self.selection, self._seen, self._patience)
            self._is_clean = went and self._is_clean
            self._remember_mark(mark)
            self.company.register.note_caught_up(self.company.name)

    @property
    def _is_whole(self) -> bool:
        """True for an ordinary night, which takes everything."""
        wanted = self.selection
        return wanted.kind == "scheduled" and not wanted.numbers and wanted.retry != "all" and wanted.dated_to is None

    def _mark(self) -> str | None:
        """What the accounting journal says in one word, bound to the settings that say how documents are read."""
        told = self.company.sellsy.accounting_mark(
            self.company.settings.scope.directions, self.selection.dated_from, None
        )
        if told is None:
            return None
        bound = f"{told}|{self.selection.dated_from}|{self.company.settings.model_dump_json()}"
        return hashlib.sha256(bound.encode()).hexdigest()

    def _awaits_a_listing(self) -> bool:
        """True while a new version is known by its key alone. Accepted during a scan, it is not in what that scan had
        listed already, and the mark of the scan says nothing of it.
        """
        company = self.company
        seen = company.register.records(company.name, company.register.select(company.name, states=[State.SEEN]))
        return any(not record.fingerprint for record in seen)

    def _last_mark(self) -> str | None:
        restored = self.company.register.restored(self.company.name)
        if restored is not None and restored.caught_up_at is None:
            # The mark is as old as the copy that was restored: everything is listed once, whatever it says.
            return None
        note = json.loads(self.company.register.note(self.company.name, MARK_NOTE) or "{}")
        if not note or self.company.now() - dt.datetime.fromisoformat(note["at"]) >= FULL_SCAN_EVERY:
            return None
        return str(note["mark"])

    def _remember_mark(self, mark: str | None) -> None:
        """Only a scan that left nothing to ask for again at once counts as whole."""
        note = {}
        if mark is not None and self._is_clean:
            note = {"mark": mark, "at": self.company.now().isoformat()}
        self.company.register.store_note(self.company.name, MARK_NOTE, json.dumps(note))

    def _record_problems(self) -> None:
        """Accounted documents that the reader could not read: seen, shown with their reason, never posted."""
        company = self.company
        told = {problem.key: problem for problem in company.sellsy.problems if problem.id is not None}
        self._seen.update(told)
        versions = company.register.versions(company.name)
        placeholders = {
            key: versioned(_placeholder(problem, company.now().astimezone(PARIS).date()), versions.get(key, 1))
            for key, problem in told.items()
        }
        problems = {placeholders[key].key: problem for key, problem in told.items()}
        self.unreadable = set(problems)
        known = {record.key: record.state for record in company.register.records(company.name, list(problems))}
        # Those that could still be posted as they were read before are looked at again every night.
        self._is_clean = self._is_clean and not OPEN_STATES.intersection(known.values())
        unknown = {one.key: one for one in placeholders.values() if one.key not in known}
        company.register.record_seen(company.name, [(one, None, "") for one in unknown.values()], who=company.who)
        company.register.apply(company.name, [_stopped(key, problems[key].error) for key in unknown], who=company.who)

    def _ask_reversals_again(self) -> None:
        """Sellsy never lists a reversal: one that the tool refused is asked again here."""
        company = self.company
        refused = [
            key for key in company.register.select(company.name, states=[State.REJECTED]) if is_reversal_key(key)
        ]
        company.register.apply(
            company.name,
            [Change(key=key, state=State.SEEN, note="asked again") for key in refused if self.takes(key)],
            who=company.who,
        )

    def takes(self, key: str) -> bool:
        """True when the selection takes the document: in scope, and listed when numbers were asked for."""
        if key in self.unreadable:
            return False
        if not _in_scope(self.company, key):
            return False
        # A reversal is never listed: it goes with the numbers asked for.
        return not self.selection.numbers or base_of(key) in self._seen or key in self._reversals

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
        versions = company.register.versions(company.name)
        page = [(versioned(document, versions.get(document.key, 1)), party) for document, party in page]
        known = {
            record.key: record for record in company.register.load(company.name, [document.key for document, _ in page])
        }
        fresh: list[tuple[Document, ThirdParty | None, str]] = []
        changes: list[Change] = []
        for document, third_party in page:
            record = known.get(document.key)
            mark = fingerprint(document)
            if record is not None and record.fingerprint == mark:
                if record.state in (State.RETRACTED, State.CHANGED_AFTER_POSTING):
                    # As it was posted, again: the register puts it back where its posting left it, or says so.
                    fresh.append((record.document, record.third_party, mark))
                changes += self._known_again(record, document)
                continue
            if record is not None and record.state in IN_FLIGHT:
                # Nothing of the change is stored before the doubt is settled: no quiet night passes over it until then.
                self._is_clean = False
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
            detail = msgspec.structs.replace(self.company.sellsy.detail(document), correction=document.correction)
        except DocumentError as error:
            stopped = _stopped(document.key, error)
            return _without_rows(document) if stopped.state is State.WAITING else document, [stopped]
        except TryLater as error:
            self._is_clean = False
            self._patience.lose(error)
            return _without_rows(document), [_unavailable(document.key)]
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
        unread = record.reason is Reason.DOCUMENT_UNREADABLE and record.document.rows is None
        asked_again = record.state is State.REJECTED and (unread or self.selection.retry == "all")
        if record.state not in OPEN_STATES and not asked_again:
            return []
        anew = Change(key=record.key, state=State.SEEN, note="asked again" if asked_again else "")
        if not self._has_its_rows(record.document):
            detail, trouble = self._complete(listed, record)
            if trouble and detail.rows is None and record.document.rows is not None:
                return [msgspec.structs.replace(trouble[0], document=_without_rows(record.document), entry=None)]
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


def _same(record: DocumentRecord, change: Change) -> bool:
    return (record.state, record.reason, record.detail) == (change.state, change.reason, change.detail)


def _without_rows(document: Document) -> Document:
    """Rows that do not suffice are not kept: a later step of this run would take them for the document's own, and book
    Sellsy's default account where the company has one of its own.
    """
    return msgspec.structs.replace(document, rows=None)


def _stopped(key: str, error: DocumentError) -> Change:
    return Change(
        key=key,
        state=state_of_refusal(error.reason),
        reason=error.reason,
        detail=detail_of(error),
        note=str(error)[:500],
    )


def _placeholder(problem: Problem, today: dt.date) -> Document:
    """What is known of a document that cannot be read; it is replaced as soon as it can."""
    return Document(
        kind=problem.kind,
        id=problem.id or 0,
        number=problem.number,
        date=today,
        currency="",
        gross_cents=0,
        net_cents=0,
        vat=(),
        accounted=True,
    )


def _unavailable(key: str) -> Change:
    detail = " : Sellsy n'a pas donné le détail de la pièce"
    return Change(key=key, state=State.WAITING, reason=Reason.TOOL_UNAVAILABLE, detail=detail)


def _in_scope(company: Company, key: str) -> bool:
    return any(key.startswith(direction.value.removesuffix("s")) for direction in company.settings.scope.directions)
