"""What somebody stored of the books (``register adopt``), beside the documents that may be in it already.

An entry that a document surely is, and no other, is adopted: the document is never sent. What is only like one waits
for a person.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.entries import JournalEntry, Role
from sellsy_ledger.core.likeness import Paper, Shelf, Verdict, paper_of, verdict
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.pipeline.doubles import double_of, says_different
from sellsy_ledger.pipeline.steps import OPEN_STATES
from sellsy_ledger.register.booked import SAME, StoredDouble
from sellsy_ledger.register.store import Change, DocumentRecord, Register

__all__ = ["Found", "KnownBooks", "Match", "adopt", "adopt_known", "matches", "paper_of_record", "window_of"]

_AROUND = dt.timedelta(days=31)


class Found(NamedTuple):
    """An entry of ``source`` that a document is, or may be."""

    source: str
    entry: BookedEntry
    verdict: Verdict


class Match(NamedTuple):
    """An open document, the entry that it surely is, and everything that it may be."""

    record: DocumentRecord
    sure: Found | None
    like: list[Found]


class KnownBooks:
    """The stored entries of one direction that documents dated like ``days`` may be, taken by none so far.

    Args:
        register: the memory.
        company: the company's name.
        direction: sales or purchases.
        days: the dates of the documents that will be compared.
        beside: more entries by source, which are not stored (yet).
    """

    def __init__(
        self,
        register: Register,
        company: str,
        direction: Direction,
        days: Iterable[dt.date],
        beside: Mapping[str, Iterable[BookedEntry]] | None = None,
    ) -> None:
        self._register = register
        self._company = company
        self._direction = direction
        self._window = window_of(days)
        self._taken: set[tuple[str, str, str]] = set()
        by_source: defaultdict[str, list[BookedEntry]] = defaultdict(list)
        for source, entries in (beside or {}).items():
            by_source[source] += entries
        for one in register.booked(company, direction, *self._window):
            if one.document is not None:
                self._taken.add((one.source, one.entry.entry_id, one.entry.third_party_account))
            elif one.source not in (beside or {}):
                by_source[one.source].append(one.entry)
        self._shelves = {source: Shelf(entries) for source, entries in sorted(by_source.items())}

    def like(self, paper: Paper, not_these: Iterable[StoredDouble] = ()) -> list[Found]:
        """What the document is like, the likeliest first, without what a person said it is not."""
        refused = list(not_these)
        found = [
            Found(source, one.entry, one.verdict)
            for source, shelf in self._shelves.items()
            for one in shelf.like(paper)
            if (source, one.entry.entry_id, one.entry.third_party_account) not in self._taken
            and not says_different(refused, one.entry, source)
            and not self._is_ours(one.entry)
        ]
        return sorted(found, key=lambda one: -one.verdict)

    def take(self, found: Found) -> None:
        """The entry is a document now, and no other one."""
        self._taken.add((found.source, found.entry.entry_id, found.entry.third_party_account))

    def sure(self, paper: Paper, found: Sequence[Found]) -> Found | None:
        """The entry that the document surely is: the only such one of its source, and of no other document."""
        sure = [one for one in found if one.verdict is Verdict.SAME]
        if len({one.source for one in sure}) != len(sure):
            return None
        if any(self._is_another_too(paper, one.entry) for one in sure):
            return None
        return sure[0] if sure else None

    def _is_another_too(self, paper: Paper, entry: BookedEntry) -> bool:
        return any(other.key != paper.key for other in self._surely(entry))

    def _is_ours(self, entry: BookedEntry) -> bool:
        """True for what we handed over ourselves: a FEC that was made since holds it too, and names no key."""
        postings = (one.posting for one in self._surely(entry))
        return any(one is not None and (one.posted_at or one.delivered_at) is not None for one in postings)

    def _surely(self, entry: BookedEntry) -> list[DocumentRecord]:
        """The documents that the entry surely is."""
        days = (entry.date, entry.piece_date)
        keys = [key for key, day in self._documents.get(abs(entry.gross_cents), ()) if day in days]
        found = self._register.load(self._company, keys)
        return [one for one in found if verdict(paper_of_record(one), entry) is Verdict.SAME]

    @cached_property
    def _documents(self) -> Mapping[int, list[tuple[str, dt.date]]]:
        """Key and date of the documents of each amount."""
        found: defaultdict[int, list[tuple[str, dt.date]]] = defaultdict(list)
        for one in self._register.outlines(self._company, self._direction, *self._window):
            found[abs(one.gross_cents)].append((one.key, one.date))
        return found


def matches(
    register: Register,
    company: str,
    keys: Sequence[str],
    beside: Mapping[str, Sequence[tuple[Direction, BookedEntry]]] | None = None,
) -> Iterator[Match]:
    """Those of the open documents ``keys`` that are like something in the stored books, the sure ones first.

    ``beside`` = more entries by source, in place of what that source showed before.
    """
    dated = {
        record.key: (record.document.kind.direction, record.document.date)
        for record in register.records(company, keys)
        if record.state in OPEN_STATES and not record.document.correction
    }
    told: defaultdict[str, list[StoredDouble]] = defaultdict(list)
    for one in register.doubles(company, list(dated)):
        told[one.key].append(one)
    for direction in Direction:
        days = {key: day for key, (side, day) in dated.items() if side is direction}
        if not days:
            continue
        more = {source: [one for side, one in some if side is direction] for source, some in (beside or {}).items()}
        books = KnownBooks(register, company, direction, days.values(), more)
        left: list[str] = []
        for record in register.records(company, list(days)):
            paper = paper_of_record(record)
            like = books.like(paper, told[record.key])
            sure = books.sure(paper, like)
            if sure is not None:
                books.take(sure)
                yield Match(record, sure, like)
            elif like:
                left.append(record.key)
        for record in register.records(company, left):
            if like := books.like(paper_of_record(record), told[record.key]):
                yield Match(record, None, like)


def adopt_known(register: Register, company: str, keys: Sequence[str], *, who: str) -> set[str]:
    """Adopt those of the open documents ``keys`` that surely are a stored entry of the books; returns their keys."""
    if not keys or not register.has_booked(company):
        return set()
    adopted: set[str] = set()
    for record, sure, _ in matches(register, company, keys):
        if sure is not None:
            adopt(register, record, sure, who=who)
            adopted.add(record.key)
    return adopted


def adopt(register: Register, record: DocumentRecord, found: Found, *, who: str) -> None:
    """The document is that entry of the books, and is never sent.

    Raises:
        InvariantBroken: the document is not open, or the entry is another document already.
    """
    double = double_of(record, found.entry, found.source, sure=True)
    change = Change(key=record.key, state=State.ADOPTED, detail=double.theirs, what="adopted", note=double.other)
    register.decide_doubles(record.company, [double], SAME, change, who=who)


def paper_of_record(record: DocumentRecord, entry: JournalEntry | None = None) -> Paper:
    """The record as it is compared; ``entry`` is what is about to be posted, where that is not stored yet."""
    entry = entry or record.entry
    claims = [
        line.debit_cents - line.credit_cents
        for line in (entry.lines if entry is not None else ())
        if line.role is Role.THIRD_PARTY
    ]
    entry_cents = sum(claims) if claims else None
    return paper_of(record.document, record.third_party, record.ledger_third_party, entry_cents)


def window_of(days: Iterable[dt.date]) -> tuple[dt.date, dt.date]:
    """The calendar years of the documents, and a month around them: numbers begin again with the year."""
    known = sorted(days)
    return dt.date(known[0].year, 1, 1) - _AROUND, dt.date(known[-1].year, 12, 31) + _AROUND
