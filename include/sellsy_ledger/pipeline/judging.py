"""Before a document is ready: is it one that the books, or another document, hold already?

Three places are looked into. What was stored of the books (:mod:`~sellsy_ledger.pipeline.known_books`), for sales and
purchases. The other purchases of the register. And the tool's own ledger as it is now, for purchases that were not
compared with it yet: one reading for the whole batch, and none where there are no such purchases. What is like
something waits, with both sides, until a person says what it is; what could not be compared waits too.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import msgspec

from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.corrections import base_of
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.likeness import Paper, Shelf, Verdict, verdict
from sellsy_ledger.core.numbers import Agreement, agreement, running_parts
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import (
    AccessError,
    ConfigurationError,
    DocumentError,
    OutcomeUnknown,
    PostingConflict,
    TryLater,
)
from sellsy_ledger.pipeline.doubles import TOOL, both_sides, compared, double_of, double_of_documents
from sellsy_ledger.pipeline.known_books import KnownBooks, adopt, paper_of_record, window_of
from sellsy_ledger.pipeline.posting_request import build_request
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.pipeline.steps import Batch
from sellsy_ledger.register.booked import COMPARED, DIFFERENT, DOCUMENT, SAME, Outline, StoredDouble
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["HOLDS_ITS_PLACE", "Judge"]

HOLDS_ITS_PLACE = frozenset(State) - {State.SEEN, State.WAITING, State.REJECTED, State.NOTHING_TO_POST}
"""A document in one of these is one that others may be a double of; one that only waits is not."""

UNSEEN = " pendant la recherche d'un doublon dans ses livres"
# Typed by hand while the document waits for something else, an entry must still be met.
COMPARED_FOR = dt.timedelta(hours=12)
_A_YEAR = dt.timedelta(days=366)


class Judge:
    """Compares the documents of one batch; what is read for one is there for the others."""

    def __init__(self, step: Batch) -> None:
        self._step = step
        self._company = step.company
        self._register = step.company.register
        self._keys = self._register.batch(step.key)
        self._known: defaultdict[str, list[StoredDouble]] = defaultdict(list)
        for one in self._register.doubles(self._company.name, self._keys):
            self._known[one.key].append(one)
        self._news: dict[str, list[StoredDouble]] = {}
        self._ready: set[str] = set()
        self._has_books = self._register.has_booked(self._company.name)
        self._books: dict[Direction, KnownBooks] = {}
        self._purchases: _Purchases | None = None
        self._ledger: Shelf | None = None
        self._unread = ""

    def stops(self, record: DocumentRecord, entry: JournalEntry | None, twins: Iterable[DocumentRecord] = ()) -> bool:
        """True when the document does not go on: it was adopted, or waits; the step is told so.

        Args:
            record: the document.
            entry: its entry, where there will be one.
            twins: documents that have its piece number already, for the same third party.
        """
        found = [double_of_documents(record, twin, sure=False) for twin in twins]
        # What corrects a document of ours is like it on purpose.
        if not record.document.correction:
            paper = paper_of_record(record, entry)
            if self._is_adopted(record, paper, found):
                return True
            if record.document.kind.direction is Direction.PURCHASES and not self._compare(record, entry, paper, found):
                self._step.wait(record, Reason.TOOL_UNAVAILABLE, self._unread)
                return True
        found = self._undecided(record, found)
        if found:
            self._step.wait(record, Reason.POSSIBLE_DUPLICATE, both_sides(found))
            return True
        self._ready.add(record.key)
        return False

    def store(self) -> None:
        """Remember what was found, and what was compared."""
        self._register.store_doubles(self._company.name, self._news, who=self._company.who)

    def _undecided(self, record: DocumentRecord, found: list[StoredDouble]) -> list[StoredDouble]:
        """What nobody said anything of yet, each once; it is stored when it is not what was found before."""
        known = self._known[record.key]
        decided = {one.other for one in known if one.decision in (SAME, DIFFERENT)}
        # What is in the books as this very document says nothing against it.
        decided |= {f"{DOCUMENT}{key}" for key, other in self._same.items() if base_of(other) == base_of(record.key)}
        news = {one.other: one for one in found if one.other not in decided}
        if _facts(news.values()) != _facts(one for one in known if one.decision in ("", COMPARED)):
            self._news[record.key] = list(news.values())
        return [one for one in news.values() if one.decision != COMPARED]

    @cached_property
    def _same(self) -> Mapping[str, str]:
        return self._register.same_documents(self._company.name)

    @cached_property
    def _days(self) -> Mapping[Direction, list[dt.date]]:
        days: defaultdict[Direction, list[dt.date]] = defaultdict(list)
        for record in self._register.records(self._company.name, self._keys):
            days[record.document.kind.direction].append(record.document.date)
        return days

    # -- what was stored of the books ----------------------------------------------------------------------------
    def _is_adopted(self, record: DocumentRecord, paper: Paper, found: list[StoredDouble]) -> bool:
        if not self._has_books:
            return False
        direction = record.document.kind.direction
        if direction not in self._books:
            days = self._days[direction]
            self._books[direction] = KnownBooks(self._register, self._company.name, direction, days)
        like = self._books[direction].like(paper, self._known[record.key])
        sure = self._books[direction].sure(paper, like)
        if sure is None:
            found += [double_of(record, one.entry, one.source, sure=one.verdict is Verdict.SAME) for one in like]
            return False
        adopt(self._register, record, sure, who=self._company.who)
        self._books[direction].take(sure)
        self._step.moved(record, State.ADOPTED)
        return True

    # -- purchases -----------------------------------------------------------------------------------------------
    def _compare(
        self, record: DocumentRecord, entry: JournalEntry | None, paper: Paper, found: list[StoredDouble]
    ) -> bool:
        """Put into ``found`` what the register and the ledger hold; False when the ledger could not be read."""
        if self._purchases is None:
            self._purchases = _Purchases(self._step, self._days[Direction.PURCHASES], self._ready)
        found += self._purchases.like(record, paper)
        if not self._company.connector.capabilities.reads_books:
            return True
        if self._is_compared(record):
            found += [one for one in self._known[record.key] if one.source == TOOL and one.decision in ("", COMPARED)]
            return True
        ledger = self._read_ledger()
        if ledger is None:
            return False
        like = list(ledger.like(paper))
        try:
            ours = self._forgotten_entry(record, entry) if like else ""
        except TryLater:
            self._unread = UNSEEN
            return False
        found.append(compared(record))
        found += [
            double_of(record, one.entry, TOOL, sure=one.verdict is Verdict.SAME)
            for one in like
            if not ours or one.entry.entry_id != ours
        ]
        return True

    def _forgotten_entry(self, record: DocumentRecord, entry: JournalEntry | None) -> str:
        """The tool's id of the document's own entry, where the register was restored and may have forgotten it: what
        was posted since the copy is no double of itself, and the posting step will find it again.
        """
        restored = self._register.restored(self._company.name)
        if restored is None or entry is None or not restored.may_hide(record):
            return ""
        request = build_request(
            self._company,
            msgspec.structs.replace(record, entry=entry),
            read_ledger_once(self._company),
            with_pdf=False,
        )
        try:
            held = self._company.connector.find_entry(request)
        except (DocumentError, OutcomeUnknown, PostingConflict):
            return ""
        return held.entry_id if held is not None else ""

    def _is_compared(self, record: DocumentRecord) -> bool:
        """True while the ledger need not be read for the document: it was compared as it is now, a short while ago; or
        it is like something, and goes nowhere before a person has said what that is.
        """
        known = self._known[record.key]
        mark = next((one for one in known if one.decision == COMPARED), None)
        if mark is None or mark.fingerprint != record.fingerprint:
            return False
        waits = any(not one.decision for one in known)
        return waits or (mark.at is not None and self._company.now() - mark.at < COMPARED_FOR)

    def _read_ledger(self) -> Shelf | None:
        """The tool's purchases, without our own; None when it does not show them (asked once per batch)."""
        if self._ledger is None and not self._unread:
            first, last = window_of(self._days[Direction.PURCHASES])
            self._step.hold_lease()
            try:
                entries = list(self._company.connector.booked_entries(Direction.PURCHASES, first, last))
            except AccessError:
                raise
            except TryLater:
                self._unread = UNSEEN
                return None
            except ConfigurationError as error:
                # Sales and all that was compared go on; a purchase does not go unseen.
                self._unread = f"{UNSEEN} ({' '.join(filter(None, [error.message, error.action]))})"
                return None
            ours = self._register.our_entries(self._company.name, Direction.PURCHASES, first - _A_YEAR, last + _A_YEAR)
            self._ledger = Shelf(one for one in entries if not one.key and one.entry_id not in ours)
        return self._ledger


class _Purchases:
    """The other purchases of the register, found by amount and number before any is loaded."""

    def __init__(self, step: Batch, days: Sequence[dt.date], ready: set[str]) -> None:
        self._register = step.company.register
        self._company = step.company.name
        self._ready = ready
        self._by_amount: defaultdict[int, list[Outline]] = defaultdict(list)
        self._by_number: defaultdict[str, list[Outline]] = defaultdict(list)
        for one in self._register.outlines(self._company, Direction.PURCHASES, *window_of(days)):
            if one.key == base_of(one.key):
                self._by_amount[abs(one.gross_cents)].append(one)
                for part in running_parts(one.number):
                    self._by_number[part].append(one)

    def like(self, record: DocumentRecord, paper: Paper) -> list[StoredDouble]:
        """The documents that hold their place and are, or may be, the same paper."""
        near = [one for amount in paper.amounts for one in self._by_amount.get(abs(amount), ())]
        near += [one for part in running_parts(paper.number) for one in self._by_number.get(part, ())]
        keys = {
            one.key: None
            for one in near
            if one.key != record.key and agreement(paper.number, [one.number]) >= Agreement.NEAR
        }
        found = []
        for other in self._register.records(self._company, list(keys)):
            told = verdict(paper, _as_entry(other)) if self._holds_its_place(other) else Verdict.OTHER
            if told is not Verdict.OTHER:
                found.append(double_of_documents(record, other, sure=told is Verdict.SAME))
        return found

    def _holds_its_place(self, other: DocumentRecord) -> bool:
        return other.key in self._ready or other.state in HOLDS_ITS_PLACE


def _facts(found: Iterable[StoredDouble]) -> dict[str, StoredDouble]:
    """What is stored anew when it differs; of a comparison with the ledger also when it was."""
    return {one.other: one if one.decision == COMPARED else msgspec.structs.replace(one, at=None) for one in found}


def _as_entry(record: DocumentRecord) -> BookedEntry:
    """Another document, as the books would show it."""
    party, third_party, document = record.ledger_third_party, record.third_party, record.document
    ids = {document.third_party_vat_number}
    if third_party is not None:
        ids |= {third_party.vat_number, third_party.siren, third_party.siret}
    sign = 1 if document.kind.is_credit_note else -1
    return BookedEntry(
        entry_id=record.key,
        journal="",
        date=document.date,
        third_party_account=party.auxiliary_account if party is not None else "",
        third_party_name=document.third_party_name or (third_party.name if third_party is not None else ""),
        third_party_ids=tuple(sorted(ids - {""})),
        gross_cents=sign * document.gross_cents,
        numbers=(document.number,),
    )
