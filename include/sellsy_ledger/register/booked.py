"""What the register remembers of entries that are not ours: those of the books, and those that a document is like."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, delete, select

from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.register import tables
from sellsy_ledger.register.changes import apply_change
from sellsy_ledger.register.codec import searched
from sellsy_ledger.register.memory import CompanyMemory
from sellsy_ledger.register.records import Change
from sellsy_ledger.register.rows import chunks, insert_or_replace, read_rows

__all__ = [
    "COMPARED",
    "DIFFERENT",
    "DOCUMENT",
    "SAME",
    "BookedMemory",
    "Outline",
    "StoredDouble",
    "StoredEntry",
    "entry_key",
]

SAME, DIFFERENT, COMPARED = "same", "different", "compared"
"""What became of a double: a person's two words, and the mark of a document that was compared with the ledger."""

DOCUMENT = "document:"
"""Before the key of another document, where that is what a document is like."""

_ENTRY = msgspec.json.Decoder(BookedEntry)


class StoredEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the books as it was read from ``source`` (``tool``, or the name of a FEC) at ``at``.

    ``document`` is the key of the document that it is, None while nobody knows.
    """

    source: str
    id: str
    direction: Direction
    entry: BookedEntry
    document: str | None
    at: dt.datetime


class StoredDouble(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a document is like. ``other`` names it: ``document:<key>``, or ``entry:<id in the tool>``.

    ``ours`` and ``theirs`` are the two sides in French, as they were when they were compared; ``sure`` says that all
    facts agree; ``entry`` is the other side where it is an entry of the books; ``fingerprint`` the document's content
    that was compared. ``decision`` is empty, ``same``, ``different`` or ``compared``; ``at`` is when it was stored.
    """

    key: str
    other: str
    ours: str
    theirs: str
    sure: bool
    fingerprint: str
    direction: Direction
    entry: BookedEntry | None = None
    source: str = ""
    decision: str = ""
    at: dt.datetime | None = None


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """The few facts by which documents are compared before any of them is loaded."""

    key: str
    number: str
    date: dt.date
    gross_cents: int


_DOUBLE = msgspec.json.Decoder(StoredDouble)


class BookedMemory(CompanyMemory):
    """The part of :class:`~sellsy_ledger.register.store.Register` about entries of other hands."""

    # -- entries of the books ------------------------------------------------------------------------------------
    def store_booked(
        self, company: str, source: str, entries: Iterable[tuple[Direction, BookedEntry]], *, who: str
    ) -> int:
        """Store what ``source`` (``tool``, or the name of a FEC) shows of the books, in place of what it showed before.

        An entry that is a document already stays, and stays that document, also where the source shows it no more.
        ``entries`` may be a stream, but none that reads an API: it is taken inside the transaction.

        Returns:
            How many entries were stored.
        """
        table, count, source = tables.booked_entry, 0, searched(source)
        here = and_(table.c.company == company, table.c.source == source)
        with self._writing(company, who) as (connection, writes):
            known = connection.execute(select(table.c.id, table.c.document).where(here, table.c.document.is_not(None)))
            documents: dict[str, str] = {row.id: row.document for row in known}
            connection.execute(delete(table).where(here, table.c.document.is_(None)))
            for part in chunks(entries):
                rows = [_entry_row(company, source, direction, entry, writes.now) for direction, entry in part]
                insert_or_replace(connection, table, [{**row, "document": documents.get(row["id"])} for row in rows])
                count += len(rows)
            writes.add_event("", "books_stored", "", None, f"{count} entries of {source}", "", "")
        return count

    def has_booked(self, company: str) -> bool:
        """True when somebody stored what the books held."""
        table = tables.booked_entry
        with self._database.reading() as connection:
            return connection.execute(select(1).where(table.c.company == company).limit(1)).first() is not None

    def booked_sources(self, company: str) -> list[str]:
        """Where the stored entries of the books were read, in alphabetical order."""
        table = tables.booked_entry
        statement = select(table.c.source).where(table.c.company == company).distinct().order_by(table.c.source)
        with self._database.reading() as connection:
            return list(connection.execute(statement).scalars())

    def booked(self, company: str, direction: Direction, first: dt.date, last: dt.date) -> Iterator[StoredEntry]:
        """The stored entries of the books dated ``first`` to ``last``, by source and id."""
        table = tables.booked_entry
        statement = (
            select(table)
            .where(table.c.company == company, table.c.direction == direction.value)
            .where(table.c.date >= first, table.c.date <= last)
            .order_by(table.c.source, table.c.id)
        )
        with self._database.reading() as connection:
            for row in connection.execute(statement):
                yield _stored_entry(row)

    def booked_as(self, company: str, keys: Sequence[str]) -> dict[str, StoredEntry]:
        """For each of ``keys`` that an entry of the books was found or said to be: that entry."""
        table, found = tables.booked_entry, {}
        with self._database.reading() as connection:
            for part in chunks(keys):
                statement = select(table).where(table.c.company == company, table.c.document.in_(part))
                for row in connection.execute(statement.order_by(table.c.source.desc(), table.c.id)):
                    found[row.document] = _stored_entry(row)
        return found

    def our_entries(self, company: str, direction: Direction, first: dt.date, last: dt.date) -> set[str]:
        """Every id that an entry of our own may show, for documents dated ``first`` to ``last``: the tool's ids and
        our posting keys.
        """
        posting, document = tables.posting, tables.document
        same = and_(document.c.company == posting.c.company, document.c.key == posting.c.key)
        statement = (
            select(posting.c.content)
            .select_from(posting.join(document, same))
            .where(posting.c.company == company, document.c.kind.in_(_kinds(direction)))
            .where(document.c.date >= first, document.c.date <= last)
        )
        found: set[str] = set()
        with self._database.reading() as connection:
            for content in connection.execute(statement).scalars():
                ids = _IDS.decode(content)
                found.update((ids.entry_id, ids.ledger_entry_id, ids.posting_key))
        return found - {""}

    def outlines(self, company: str, direction: Direction, first: dt.date, last: dt.date) -> list[Outline]:
        """Every document of a direction dated ``first`` to ``last``, in the few facts that a comparison begins with."""
        document = tables.document
        statement = (
            select(document.c.key, document.c.number, document.c.date, document.c.gross_cents)
            .where(document.c.company == company, document.c.kind.in_(_kinds(direction)))
            .where(document.c.date >= first, document.c.date <= last)
            .order_by(document.c.date, document.c.key)
        )
        with self._database.reading() as connection:
            return [Outline(**row._mapping) for row in connection.execute(statement)]

    # -- what a document is like ---------------------------------------------------------------------------------
    def store_doubles(self, company: str, found: Mapping[str, Sequence[StoredDouble]], *, who: str) -> None:
        """Store what each document is like, in place of what nobody has decided on; what a person decided stays."""
        if not found:
            return
        table = tables.double
        with self._writing(company, who) as (connection, writes):
            for keys in chunks(found):
                here = and_(table.c.company == company, table.c.key.in_(keys))
                connection.execute(delete(table).where(here, table.c.decision.in_(("", COMPARED))))
                decided = {
                    (row.key, row.other) for row in connection.execute(select(table.c.key, table.c.other).where(here))
                }
                rows = [_double_row(company, one, writes.who, writes.now) for key in keys for one in found[key]]
                insert_or_replace(connection, table, [row for row in rows if (row["key"], row["other"]) not in decided])

    def doubles(self, company: str, keys: Sequence[str] | None = None) -> list[StoredDouble]:
        """What documents are like, decided or not, by document; of ``keys`` only, where they are given."""
        table, found = tables.double, []
        statement = select(table.c.content, table.c.decision, table.c.at).where(table.c.company == company)
        statement = statement.order_by(table.c.key, table.c.other)
        with self._database.reading() as connection:
            for part in chunks(keys) if keys is not None else [None]:
                chosen = statement if part is None else statement.where(table.c.key.in_(part))
                for content, decision, at in connection.execute(chosen):
                    found.append(msgspec.structs.replace(_DOUBLE.decode(content), decision=decision, at=at))
        return found

    def same_documents(self, company: str) -> dict[str, str]:
        """For each document that a person took for the same paper as another one of Sellsy: the key of that one."""
        table, prefix = tables.double, DOCUMENT
        statement = select(table.c.key, table.c.other).where(
            table.c.company == company, table.c.decision == SAME, table.c.other.startswith(prefix, autoescape=True)
        )
        with self._database.reading() as connection:
            return {
                key: other.removeprefix(prefix) for key, other in connection.execute(statement.order_by(table.c.at))
            }

    def decide_doubles(
        self, company: str, doubles: Sequence[StoredDouble], decision: str, change: Change, *, who: str
    ) -> None:
        """Store a decision on ``doubles`` of one document, and what it makes of the document, in one transaction.

        With ``same``, the entries among them are noted to be the document.

        Raises:
            InvariantBroken: the document may not be moved so, or an entry is another document already.
        """
        with self._writing(company, who) as (connection, writes):
            row = read_rows(connection, company, [change.key]).get(change.key)
            if row is None:
                raise InvariantBroken(f"The register knows no document {change.key}.")
            apply_change(writes, row, change)
            table = tables.double
            rows = [
                {**_double_row(company, one, writes.who, writes.now), "decision": decision, "at": writes.now}
                for one in doubles
            ]
            insert_or_replace(connection, table, rows)
            if decision == SAME:
                for one in doubles:
                    if one.entry is not None:
                        _claim(connection, company, one, writes.now)


class _Ids(msgspec.Struct):
    posting_key: str = ""
    entry_id: str = ""
    ledger_entry_id: str = ""


_IDS = msgspec.json.Decoder(_Ids)


def entry_key(direction: Direction, entry: BookedEntry) -> str:
    """What an entry is called inside its source: a third party's line of one entry."""
    return f"{direction.value}:{entry.entry_id}:{entry.third_party_account}"


def _kinds(direction: Direction) -> list[str]:
    return [kind.value for kind in Kind if kind.direction is direction]


def _stored_entry(row: Any) -> StoredEntry:
    return StoredEntry(
        source=row.source,
        id=row.id,
        direction=Direction(row.direction),
        entry=_ENTRY.decode(row.content),
        document=row.document,
        at=row.at,
    )


def _entry_row(company: str, source: str, direction: Direction, entry: BookedEntry, now: dt.datetime) -> dict[str, Any]:
    return {
        "company": company,
        "source": searched(source),
        "id": searched(entry_key(direction, entry)),
        "direction": direction.value,
        "date": entry.date,
        "gross_cents": entry.gross_cents,
        "document": None,
        "content": msgspec.json.encode(entry).decode(),
        "at": now,
    }


def _double_row(company: str, double: StoredDouble, who: str, now: dt.datetime) -> dict[str, Any]:
    return {
        "company": company,
        "key": double.key,
        "other": searched(double.other),
        "decision": double.decision,
        "content": msgspec.json.encode(msgspec.structs.replace(double, at=None)).decode(),
        "who": who,
        "at": double.at or now,
    }


def _claim(connection: Connection, company: str, double: StoredDouble, now: dt.datetime) -> None:
    """Note that an entry of the books is the document."""
    assert double.entry is not None
    row = _entry_row(company, double.source, double.direction, double.entry, now)
    table = tables.booked_entry
    here = and_(*(table.c[name] == row[name] for name in ("company", "source", "id")))
    owner = connection.execute(select(table.c.document).where(here)).scalar()
    if owner not in (None, double.key):
        raise InvariantBroken(f"Entry {double.entry.entry_id} is {owner} already; it cannot be {double.key} too.")
    insert_or_replace(connection, table, [{**row, "document": double.key}])
