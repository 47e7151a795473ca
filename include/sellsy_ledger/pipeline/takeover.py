"""Taking a company over: what the books held before the first run is stored, and never sent a second time.

Every open document that is surely in it is adopted at once, and so is every one that a later run sees. One that is only
like an entry waits as ``possible_duplicate``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sellsy_ledger.connectors.base import LedgerConnector
from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.likeness import Verdict
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger.pipeline.doubles import both_sides, double_of
from sellsy_ledger.pipeline.known_books import Match, adopt, matches
from sellsy_ledger.pipeline.steps import OPEN_STATES
from sellsy_ledger.register.store import Change, Register

__all__ = ["TakenOver", "books_of_tool", "take_over"]

Booked = tuple[Direction, BookedEntry]
_A_YEAR = dt.timedelta(days=366)


class TakenOver(NamedTuple):
    """What came of it: entries of other hands than ours, documents that are one, documents that may be one."""

    entries: int
    adopted: list[Match]
    unsure: list[Match]


def take_over(
    register: Register, company: str, source: str, entries: Iterable[Booked], *, who: str, dry_run: bool = False
) -> TakenOver:
    """Store what ``source`` (``tool``, or the name of a FEC) shows of the books, and match the open documents with it.

    Safe to repeat: what a source shows takes the place of what it showed before, and what was adopted stays so. With
    ``dry_run`` nothing is stored.
    """
    theirs = _without_ours(register, company, entries)
    if not dry_run:
        register.store_booked(company, source, theirs, who=who)
    keys = register.select(company, states=sorted(OPEN_STATES))
    found = list(matches(register, company, keys, {source: theirs} if dry_run else None))
    if not dry_run:
        for match in found:
            _settle(register, match, who=who)
    return TakenOver(
        len(theirs), [one for one in found if one.sure is not None], [one for one in found if one.sure is None]
    )


def books_of_tool(
    connector: LedgerConnector, directions: Sequence[Direction], first: dt.date, last: dt.date
) -> list[Booked]:
    """What the tool's own ledger holds.

    Raises:
        ConfigurationError: the tool does not show its books.
        TryLater: the reading is not whole; nothing of it may be stored.
    """
    if not connector.capabilities.reads_books:
        raise ConfigurationError(
            f"{connector.capabilities.title} does not show its books to programs.",
            action="Export a FEC there and store it with --fec.",
        )
    return [(side, entry) for side in directions for entry in connector.booked_entries(side, first, last)]


def _without_ours(register: Register, company: str, entries: Iterable[Booked]) -> list[Booked]:
    known = list(entries)
    if not known:
        return []
    days = [entry.date for _, entry in known]
    first, last = min(days) - _A_YEAR, max(days) + _A_YEAR
    ours = {side: register.our_entries(company, side, first, last) for side in Direction}
    return [(side, entry) for side, entry in known if not entry.key and entry.entry_id not in ours[side]]


def _settle(register: Register, match: Match, *, who: str) -> None:
    record = match.record
    if match.sure is not None:
        adopt(register, record, match.sure, who=who)
        return
    found = [double_of(record, one.entry, one.source, sure=one.verdict is Verdict.SAME) for one in match.like]
    register.store_doubles(record.company, {record.key: found}, who=who)
    detail = both_sides(found)
    wait = Change(key=record.key, state=State.WAITING, reason=Reason.POSSIBLE_DUPLICATE, detail=detail)
    register.apply(record.company, [wait], who=who)
