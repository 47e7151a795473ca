"""What both scans (sales, purchases) share: the window of dates, the pairs they yield, and what they could not read."""

from __future__ import annotations

import datetime as dt
import logging
from typing import NamedTuple

import msgspec

from sellsy_ledger.core.documents import Document, Kind
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import DocumentError

__all__ = ["Pair", "Problem", "Problems", "Window"]

log = logging.getLogger(__name__)

Pair = tuple[Document, ThirdParty | None]

# Whether Sellsy's date filters include their ends, and in which time zone, is not documented: ask for a day more.
_MARGIN = dt.timedelta(days=1)


class Window(NamedTuple):
    """Document dates from ``start`` to ``end`` included; None = open."""

    start: dt.date
    end: dt.date | None

    @property
    def asked_start(self) -> dt.date:
        """The first day to ask Sellsy for."""
        return self.start - _MARGIN

    @property
    def asked_end(self) -> dt.date | None:
        """The last day to ask Sellsy for."""
        return None if self.end is None else self.end + _MARGIN

    def holds(self, day: dt.date) -> bool:
        """True when a document of that date belongs to the window."""
        return self.start <= day and (self.end is None or day <= self.end)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An accounted document that could not be read: it exists, and is never left out in silence."""

    kind: Kind
    id: int | None
    number: str
    error: DocumentError

    @property
    def key(self) -> str:
        """Identity, like ``Document.key``."""
        return f"{self.kind.value}:{self.id if self.id is not None else self.number}"


class Problems(list[Problem]):
    """The problems of one run; each is logged once, when it is met."""

    def note(self, kind: Kind, identity: int | None, number: str, error: DocumentError) -> None:
        """Remember and log one problem."""
        problem = Problem(kind=kind, id=identity, number=number, error=error)
        if all(problem.key != known.key for known in self):
            self.append(problem)
            log.warning("%s %s is left out: %s", kind.value, number or identity, error)
