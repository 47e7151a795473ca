"""The journal against what is stored: each event leads from the hash before it, the last one to the content."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from sqlalchemy import Connection, and_, select

from sellsy_ledger.register.rows import read_rows
from sellsy_ledger.register.tables import document, event

__all__ = ["Break", "Broken", "broken_stories", "lost_documents"]


class Broken(Enum):
    """What somebody did to the database by another way than ours."""

    EVENT_MISSING = "an event is missing from its story."
    CONTENT_CHANGED = "its content is not what its last event left."
    DOCUMENT_MISSING = "its story is there, the document is gone."


class Break(NamedTuple):
    """One document whose story does not hold."""

    company: str
    key: str
    broken: Broken

    def __str__(self) -> str:
        return f"{self.key}: {self.broken.value}"


def broken_stories(connection: Connection, company: str, keys: Sequence[str]) -> list[Break]:
    """The documents among ``keys`` (a few hundred) whose events and content do not belong together."""
    links: dict[str, list[tuple[str, str]]] = {}
    statement = (
        select(event.c.key, event.c.hash_before, event.c.hash_after)
        .where(event.c.company == company, event.c.key.in_(keys))
        .order_by(event.c.id)
    )
    for key, before, after in connection.execute(statement):
        links.setdefault(key, []).append((before, after))
    found = []
    for key, row in read_rows(connection, company, keys).items():
        last = ""
        for before, after in links.get(key, []):
            if before != last:
                found.append(Break(company, key, Broken.EVENT_MISSING))
            last = after
        if row.compute_hash() != last:
            found.append(Break(company, key, Broken.CONTENT_CHANGED))
    return found


def lost_documents(connection: Connection, company: str) -> list[Break]:
    """Documents that the journal has seen and that are not stored any more: nothing here ever removes one."""
    here = and_(document.c.company == event.c.company, document.c.key == event.c.key)
    statement = (
        select(event.c.key)
        .distinct()
        .select_from(event.outerjoin(document, here))
        .where(event.c.company == company, event.c.what.in_(("seen", "reversal_made")), document.c.key.is_(None))
    )
    return [Break(company, key, Broken.DOCUMENT_MISSING) for key in sorted(connection.execute(statement).scalars())]
