"""Every entry of the books with a customer's or a supplier's line, whoever made it, out of the FEC of each year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from sellsy_ledger.connectors.acd import reading
from sellsy_ledger.connectors.acd.capabilities import CAPABILITIES
from sellsy_ledger.connectors.acd.fec import FecEntry, FecLine
from sellsy_ledger.connectors.base import BookedEntry
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.errors import TryLater

if TYPE_CHECKING:
    from sellsy_ledger.connectors.acd.books import Books
    from sellsy_ledger.connectors.acd.client import AcdClient

__all__ = ["booked_entries", "direction_of"]

Codes = Mapping[Direction, Collection[str]]
"""The auxiliary accounts of customers and of suppliers."""

# Where a third party has no account of its own, its lines stand on these.
_COLLECTIVES = {Direction.SALES: ("411",), Direction.PURCHASES: ("401", "404")}


def booked_entries(
    client: AcdClient, books: Books, codes: Codes, direction: Direction, first: dt.date, last: dt.date
) -> Iterator[BookedEntry]:
    """See :meth:`LedgerConnector.booked_entries`; read anew, year by calendar year.

    Raises:
        TryLater: a FEC cannot be read, or a line of it has no date.
        ConfigurationError: the server gives no FEC.
    """
    for entry, line in books.booked(_years(client, first, last)):
        if direction_of(line, codes) is not direction:
            continue
        if line.date is None:
            raise TryLater("ACD's FEC holds a third party's line without a date.", tool=CAPABILITIES.tool)
        if first <= line.date <= last:
            yield _booked(entry, line, line.date)


def direction_of(line: FecLine, codes: Codes) -> Direction | None:
    """Whose line it is: a customer's, a supplier's, or nobody's.

    ACD's own lists decide; an account that is in neither any more is told by the collective account in front of it.
    """
    for direction, known in codes.items():
        if line.account in known:
            return direction
    return next((each for each, roots in _COLLECTIVES.items() if line.control.startswith(roots)), None)


def _years(client: AcdClient, first: dt.date, last: dt.date) -> list[int]:
    """The calendar years of the period; without those that no fiscal year reaches into, where ACD tells them."""
    listed = [year for raw in client.years() if (year := reading.fiscal_year_of(raw))]
    return [
        year
        for year in range(first.year, last.year + 1)
        if not listed or any(one.start.year <= year <= one.end.year for one in listed)
    ]


def _booked(entry: FecEntry, line: FecLine, day: dt.date) -> BookedEntry:
    place = (line.journal, line.number, day.isoformat(), line.piece)
    return BookedEntry(
        entry_id=entry.mark or " ".join(filter(None, place)),
        journal=line.journal,
        date=day,
        piece_date=line.piece_date,
        third_party_account=line.account,
        third_party_name=line.name,
        gross_cents=line.debit_cents - line.credit_cents,
        numbers=tuple(dict.fromkeys(filter(None, (line.piece, line.label, *(each.label for each in entry.lines))))),
        key=entry.mark,
    )
