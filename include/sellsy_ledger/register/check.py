"""Is the register sound? Looks only: nothing is written, the schema is not brought up to date."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, and_, func, select, text

from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.register import tables
from sellsy_ledger.register.audit import Break, broken_stories, lost_documents
from sellsy_ledger.register.rows import chunks

if TYPE_CHECKING:
    from sellsy_ledger.register.pdf_store import LocalDocumentStore

__all__ = ["companies", "company_breaks", "count", "is_journal_guarded", "orphans", "pdf_problems", "sqlite_problems"]

_PARTS = (tables.supporting_document, tables.entry, tables.posting)
_SQLITE_GUARDS = ("event_refuses_update", "event_refuses_delete")
_POSTGRES_GUARD = (
    "SELECT tgenabled FROM pg_trigger WHERE tgname = 'event_refuses_change' AND tgrelid = 'event'::regclass"
)


def sqlite_problems(connection: Connection) -> list[str]:
    """What SQLite itself finds wrong with its file."""
    return [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check(20)") if row[0] != "ok"]


def is_journal_guarded(connection: Connection) -> bool:
    """True when the triggers that refuse to change events are there and switched on."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'"))
        return set(_SQLITE_GUARDS) <= set(rows.scalars())
    return connection.execute(text(_POSTGRES_GUARD)).scalar() in ("O", "A", b"O", b"A")


def orphans(connection: Connection) -> dict[str, int]:
    """How many rows of each part belong to no document; parts without any are left out."""
    found = {}
    for part in _PARTS:
        owner = and_(tables.document.c.company == part.c.company, tables.document.c.key == part.c.key)
        statement = select(func.count()).select_from(part.outerjoin(tables.document, owner))
        number = int(connection.execute(statement.where(tables.document.c.key.is_(None))).scalar_one())
        if number:
            found[part.name] = number
    return found


def companies(connection: Connection) -> list[str]:
    """Every company that has documents or a story."""
    document, event = tables.document, tables.event
    statement = select(document.c.company).union(select(event.c.company).where(event.c.company != ""))
    return sorted(connection.execute(statement).scalars())


def count(connection: Connection, table: Table, company: str) -> int:
    """How many rows of ``table`` a company has."""
    return int(
        connection.execute(select(func.count()).select_from(table).where(table.c.company == company)).scalar_one()
    )


def company_breaks(connection: Connection, company: str) -> Iterator[Break]:
    """The documents of a company whose story does not hold."""
    document = tables.document
    known = connection.execute(select(document.c.key).where(document.c.company == company).order_by(document.c.key))
    for keys in chunks(known.scalars().all()):
        yield from broken_stories(connection, company, keys)
    yield from lost_documents(connection, company)


def pdf_problems(connection: Connection, company: str, store: LocalDocumentStore) -> Iterator[tuple[str, str, bool]]:
    """Stored PDFs that are not in ``store`` as they were: key, path, whether anything is there at all."""
    pdf = tables.supporting_document
    statement = select(pdf.c.key, pdf.c.path, pdf.c.sha256).where(pdf.c.company == company).order_by(pdf.c.key)
    for key, path, sha256 in connection.execute(statement).all():
        try:
            body = store.get(path)
        except FileNotFoundError as error:
            yield key, path, type(error) is not FileNotFoundError
            continue
        except InvariantBroken:
            yield key, path, False
            continue
        if hashlib.sha256(body).hexdigest() != sha256:
            yield key, path, True
