"""Rows of the OData interface → every entry with a customer's or a supplier's line, whoever made it. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence

from sellsy_ledger.connectors.base import BookedEntry
from sellsy_ledger.connectors.sage100 import reading
from sellsy_ledger.connectors.sage100.reading import HeldLine, Row
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.errors import TryLater

__all__ = ["booked", "period"]

_OURS = re.compile(r"(FC|AC|FF|AF)\d+(-[RV]\d+)?")
_COLLECTIVES = {Direction.SALES: "41", Direction.PURCHASES: "40"}


def period(first: dt.date, last: dt.date) -> str:
    """The filter of the days from ``first`` to ``last``, whatever time of the day Sage gives them."""
    return f"date ge {first.isoformat()}T00:00:00Z and date lt {(last + dt.timedelta(days=1)).isoformat()}T00:00:00Z"


def booked(
    rows: Iterable[Row], direction: Direction, first: dt.date, last: dt.date, *, provenance: str
) -> Iterator[BookedEntry]:
    """The entries of a period, once for each line of a third party of that direction.

    Args:
        rows: every line of the period, of others too, with ``journal``, ``compte`` and ``tiers``.
        direction: whose lines are wanted.
        first: first day.
        last: last day.
        provenance: what our own entries say in ``extProvenance``; only there a reference is our key.

    Raises:
        TryLater: a line cannot be read, or has no date.
    """
    entries: dict[tuple[str, dt.date | None, str], list[tuple[Row, HeldLine]]] = {}
    for row in rows:
        line = reading.line_of(row)
        if line.date is None:
            raise TryLater("Sage gave a ledger line without a date.", tool="sage100")
        if first <= line.date <= last:
            entries.setdefault(line.entry, []).append((row, line))
    for lines in entries.values():
        for row, line in lines:
            party = _party(row)
            if line.third_party and (party.direction if party else _direction(line)) is direction:
                yield _booked(line, party, [each for _, each in lines], _key(row, line, provenance))


def _booked(line: HeldLine, party: LedgerThirdParty | None, lines: Sequence[HeldLine], key: str) -> BookedEntry:
    assert line.date is not None
    texts = (line.piece, line.invoice_number, line.reference, *(each.label for each in lines))
    return BookedEntry(
        entry_id=lines[0].row_id or f"{line.journal} {line.piece}",
        journal=line.journal,
        date=line.date,
        third_party_account=line.third_party,
        third_party_name=party.name if party else "",
        third_party_ids=tuple(filter(None, (party.siret, party.vat_number))) if party else (),
        gross_cents=line.debit_cents - line.credit_cents,
        numbers=tuple(dict.fromkeys(filter(None, texts))),
        key=key,
    )


def _party(row: Row) -> LedgerThirdParty | None:
    related = row.get("tiers")
    return reading.third_party_of(related) if isinstance(related, dict) else None


def _direction(line: HeldLine) -> Direction | None:
    """By the collective account, where a server gives the third party's bare number."""
    return next((each for each, root in _COLLECTIVES.items() if line.account.startswith(root)), None)


def _key(row: Row, line: HeldLine, provenance: str) -> str:
    """Our reference (Sellsy's id), in whichever of the two fields the connection keeps it."""
    if reading.text(row.get("extprovenance")).upper() != provenance.upper():
        return ""
    return next((text for text in (line.reference, line.invoice_number) if _OURS.fullmatch(text)), "")
