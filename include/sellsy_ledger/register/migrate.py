"""Bring the schema up to date, once, whoever comes first.

SQLite: a lock file beside the database. PostgreSQL: an advisory lock that dies with its transaction. Each migration
run is one transaction: a process killed in the middle leaves the schema as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from sellsy_ledger.errors import ConfigurationError, TryLater
from sellsy_ledger.register import migrations
from sellsy_ledger.register.database import Database

__all__ = ["VERSION_TABLE", "ensure_schema", "schema_revision"]

VERSION_TABLE = "sellsy_ledger_version"
"""Not Alembic's default name, so that the register may share a database with another program."""

_LOCK_SECONDS = 120.0
_LOCK_ID = 7_335_579_001


def ensure_schema(database: Database) -> None:
    """Migrate to :data:`migrations.HEAD` unless already there (then nothing heavy is imported).

    Raises:
        TryLater: another process has been migrating for two minutes.
        ConfigurationError: the register was written by a later version of the program.
    """
    with database.reading() as connection:
        if schema_revision(connection) == migrations.HEAD:
            return
    if database.is_sqlite:
        with _file_lock(database):
            _use_write_ahead_log(database)
            with database.translated(), database.engine.begin() as connection:
                _upgrade(connection, database)
        return
    with database.translated(), database.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})
        _upgrade(connection, database)


def schema_revision(connection: Connection) -> str | None:
    """The migration that the database stands at; None where there is no register."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    return version


@contextmanager
def _file_lock(database: Database) -> Iterator[None]:
    from filelock import FileLock, Timeout

    path = Path(f"{database.file}.lock")
    try:
        with FileLock(path, timeout=_LOCK_SECONDS):
            yield
    except Timeout:
        raise TryLater(f"Register {database.name}: another process is migrating it.", tool="register") from None
    except OSError as error:
        raise ConfigurationError(
            f"The folder of the register {database.name} cannot be written ({error.strerror}).", field="register"
        ) from error


def _use_write_ahead_log(database: Database) -> None:
    """Readers never wait for the writer. The file remembers it, so once, under the lock, is enough."""
    with database.translated():
        connection = database.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()


def _upgrade(connection: Connection, database: Database) -> None:
    if schema_revision(connection) == migrations.HEAD:
        return
    # Alembic costs a fifth of a second to import: only the process that migrates pays it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, migrations.HEAD)
    except CommandError as error:
        raise ConfigurationError(
            f"The register {database.name} was written by a later version of this program; update it.",
            field="register",
        ) from error
