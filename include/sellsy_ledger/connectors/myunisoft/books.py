"""Everything that stands in a folder's books from day to day, whoever wrote it: posted entries and pending ones.

Posted entries come from ``/mad/entries``, which shows the partner's key of each; a connector key without that route
reads them from ``/entries``, which shows none. Pending ones come from ``/entries``, with their key. Neither list has
pages; ``/entries`` states the sum of debits beside its entries, so that a list cut short does not pass for a whole one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from sellsy_ledger.connectors.base import BookedEntry
from sellsy_ledger.connectors.myunisoft import mapper, reading
from sellsy_ledger.connectors.myunisoft.capabilities import CAPABILITIES
from sellsy_ledger.connectors.myunisoft.client import Listed, MyUnisoftClient
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.periods import windows
from sellsy_ledger.errors import AccessError, TryLater

__all__ = ["booked_entries"]

WINDOW_DAYS = 31
LONG_AGO = dt.date(1990, 1, 1)


def booked_entries(
    client: MyUnisoftClient, direction: Direction, first: dt.date, last: dt.date
) -> Iterator[BookedEntry]:
    """See :meth:`LedgerConnector.booked_entries`."""
    root = next(each for each, its in reading.ROOTS.items() if its is direction)
    for start, end in windows(first, last, WINDOW_DAYS):
        for raw in (*_posted(client, start, end), *_whole(client, start, end, draft=True)):
            yield from reading.booked(raw, root, mapper.posting_key_of(reading.partner_id_of(raw) or "") or "")


def _posted(client: MyUnisoftClient, first: dt.date, last: dt.date) -> list[dict[str, Any]]:
    try:
        return client.mad_entries(first, last)
    except AccessError as error:
        if error.tool_code != "ERR-FORBIDDEN-ROUTE":
            raise
    return _whole(client, first, last, draft=False)


def _whole(client: MyUnisoftClient, first: dt.date, last: dt.date, *, draft: bool) -> list[dict[str, Any]]:
    found = client.entries(first, last, draft=draft)
    # Whether the sum is that of the entries in the answer is not documented: a day without entries tells.
    if not _adds_up(found) and _adds_up(client.entries(LONG_AGO, LONG_AGO, draft=draft)):
        raise TryLater(
            f"MyUnisoft listed entries from {first.isoformat()} to {last.isoformat()} that do not add up to the sum it "
            "states: the list is not whole.",
            tool=CAPABILITIES.tool,
        )
    return found.entries


def _adds_up(listed: Listed) -> bool:
    if listed.debit_total is None:
        return True
    lines = [line for each in listed.entries for line in each.get("entry_list") or [] if isinstance(line, Mapping)]
    return sum(reading.line_of(line)[1] for line in lines) == reading.cents(listed.debit_total)
