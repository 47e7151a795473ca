"""From a backup into an empty register: checked first, then whole or not at all."""

from __future__ import annotations

from datetime import datetime
from itertools import chain, islice
from pathlib import Path

from sqlalchemy import Connection, func, insert, select, text

from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger.register import restored, tables
from sellsy_ledger.register.archive import TABLES, Archive, Manifest
from sellsy_ledger.register.check import companies, company_breaks
from sellsy_ledger.register.database import Database
from sellsy_ledger.register.migrate import ensure_schema
from sellsy_ledger.register.migrations import HEAD
from sellsy_ledger.register.rows import WriteSet

__all__ = ["restore"]

_SHOWN = 10


def restore(database: Database, file: Path, *, who: str, now: datetime, despite_breaks: bool = False) -> Manifest:
    """Put everything of a backup into an empty register, and note that it was restored.

    The triggers that protect the journal stay in place; counts, hashes and, at the end, the story of every document
    are checked before anything is kept. With ``despite_breaks``, stories that were broken when the backup was taken
    are kept as they are.

    Raises:
        ConfigurationError: the backup is damaged or of another schema, the register is not empty, a story is broken.
        TryLater: the disk is full, or the database does not answer; nothing was restored.
    """
    with Archive.open(file) as archive:
        _check_schema(file, archive.manifest)
        archive.verify()
        made = database.file is not None and not database.file.exists()
        try:
            ensure_schema(database)
            with database.alone([table.name for table in tables.metadata.sorted_tables]) as connection:
                _require_empty(connection, database)
                _insert(connection, archive)
                note = f"backup of {archive.manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC"
                writes = WriteSet(restored.EVERY_COMPANY, who=who, now=now)
                restored.mark(connection, writes, note)
                writes.flush(connection)
                if not despite_breaks:
                    _audit(connection, file)
        except BaseException:
            if made:
                _remove(database)
            raise
        return archive.manifest


def _check_schema(file: Path, manifest: Manifest) -> None:
    if manifest.schema != HEAD:
        raise ConfigurationError(
            f"The backup {file} has schema {manifest.schema}, this program has {HEAD}.",
            action=f"Restore it with the version of the program that took it ({manifest.program or 'unknown'}); "
            "the current version brings the register up to date when it opens it.",
        )


def _require_empty(connection: Connection, database: Database) -> None:
    for table in tables.metadata.sorted_tables:
        if connection.execute(select(1).select_from(table).limit(1)).first() is not None:
            raise ConfigurationError(
                f"The register {database.name} is not empty; a backup is never mixed into one.",
                action="Restore into a new SQLite file or a new PostgreSQL database, then let the program use it.",
            )


def _insert(connection: Connection, archive: Archive) -> None:
    for table in TABLES:
        for rows in archive.rows(table):
            connection.execute(insert(table), rows)
    last = connection.execute(select(func.max(tables.event.c.id))).scalar()
    if connection.dialect.name == "postgresql" and last is not None:
        # The rows brought their own numbers: the next event must come behind them.
        connection.execute(text("SELECT setval(pg_get_serial_sequence('event', 'id'), :last)"), {"last": last})


def _audit(connection: Connection, file: Path) -> None:
    found = chain.from_iterable(company_breaks(connection, company) for company in companies(connection))
    breaks = [f"{one.company} {one}" for one in islice(found, _SHOWN)]
    if breaks:
        raise ConfigurationError(
            f"The backup {file} holds documents whose story does not hold: {' '.join(breaks)} Nothing was restored.",
            action="Take an earlier backup, or restore this one as it is with --despite-breaks.",
        )


def _remove(database: Database) -> None:
    """The empty file that this try made: left behind, it would pass for a register where nothing was ever posted."""
    database.engine.dispose()
    for ending in ("", "-wal", "-shm", ".lock"):
        Path(f"{database.file}{ending}").unlink(missing_ok=True)
