"""Engines, transactions and what a database's refusal means. The only module that knows SQLite from PostgreSQL by
their manners; messages never hold a password or a row's content.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from sellsy_ledger.errors import ConfigurationError, InvariantBroken, LedgerError, PostingConflict, TryLater

__all__ = ["Database"]

_WRITE = "sellsy_ledger_write"
_SQLITE_LATER = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_PROTOCOL")
_SQLITE_NEVER = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_PERM", "SQLITE_AUTH")
# Classes and codes of PostgreSQL's appendix A: connection lost, resources, operator intervention, lock not granted,
# serialisation and deadlock pass by themselves; rights, credentials, unknown database and read-only mode do not.
_POSTGRES_LATER = ("08", "53", "57", "58", "55P03", "40")
_POSTGRES_NEVER = ("28", "3D", "42501", "25006")
_POSTGRES_REFUSED = ("authentication failed", "does not exist", "pg_hba.conf", "no password supplied")


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    except ArgumentError:
        raise ConfigurationError(
            "The register's URL cannot be read; write sqlite:////folder/register.db or postgresql://user@host/name.",
            field="register",
        ) from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg2")
    if backend != "sqlite":
        raise ConfigurationError(f"The register runs on SQLite or PostgreSQL, not on {backend}.", field="register")
    if parsed.database in (None, "", ":memory:"):
        raise ConfigurationError("The register must outlive the process: name a file.", field="register")
    return parsed


def _sqlite_cause(name: str) -> tuple[type[LedgerError], str]:
    if name.startswith("SQLITE_FULL"):
        return TryLater, "the disk is full; free some space"
    if name.startswith(_SQLITE_LATER):
        return TryLater, "the file is busy or the disk does not answer; the next try will wait for it"
    if name.startswith(_SQLITE_NEVER):
        return ConfigurationError, "the file cannot be opened or written; check that it is a register and its rights"
    return InvariantBroken, "the database refused a statement"


def _postgres_cause(code: str | None, message: str) -> tuple[type[LedgerError], str]:
    if code is None and any(words in message for words in _POSTGRES_REFUSED):
        return ConfigurationError, "the server refused the connection; check user, password and database name"
    if code is None or code.startswith(_POSTGRES_LATER):
        return TryLater, "the server is unreachable or busy"
    if code.startswith(_POSTGRES_NEVER):
        return ConfigurationError, "the server refused; the user needs the right to write in this database"
    return InvariantBroken, "the database refused a statement"


class Database:
    """One engine. ``busy_seconds`` is how long a writer waits for another one."""

    def __init__(self, url: str, *, busy_seconds: float) -> None:
        self.url = _parse(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.name = self.url.render_as_string(hide_password=True)
        self._busy_seconds = busy_seconds
        self.engine = create_engine(self.url, **self._engine_options())
        self._writer = self.engine.execution_options(**{_WRITE: True})
        if self.is_sqlite:
            self._make_folder()
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @property
    def file(self) -> Path | None:
        """The SQLite file."""
        return Path(str(self.url.database)) if self.is_sqlite else None

    def _engine_options(self) -> dict[str, Any]:
        if self.is_sqlite:
            return {"connect_args": {"timeout": self._busy_seconds}}
        # psycopg2 sends one statement per row unless told to gather them.
        return {"pool_pre_ping": True, "executemany_mode": "values_plus_batch"}

    def _make_folder(self) -> None:
        if self.url.query.get("uri"):
            return
        try:
            Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"The folder of the register {self.name} cannot be made ({error.strerror}).", field="register"
            ) from None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self.translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, company: str) -> Iterator[Connection]:
        """A transaction that is alone to write for ``company`` (SQLite: alone to write at all)."""
        with self.translated(), self._writer.begin() as connection:
            if not self.is_sqlite:
                self._lock(connection, company)
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction that reads everything as it was at one moment, whatever others write meanwhile."""
        one_moment = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.translated(), self.engine.execution_options(**one_moment).begin() as connection:
            yield connection

    @contextmanager
    def alone(self, tables: Sequence[str]) -> Iterator[Connection]:
        """A transaction that is alone to write into ``tables`` (plain names of ours), for every company."""
        with self.translated(), self._writer.begin() as connection:
            if not self.is_sqlite:
                self._wait_at_most(connection)
                connection.execute(text(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE"))
            yield connection

    def _lock(self, connection: Connection, name: str) -> None:
        """Serialise by name until the transaction ends; without it two steps would read the same row and both write."""
        self._wait_at_most(connection)
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 20260101))"), {"name": name})

    def _wait_at_most(self, connection: Connection) -> None:
        connection.execute(
            text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": f"{int(self._busy_seconds * 1000)}ms"}
        )

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn a driver's error into one of ours, by what happens next."""
        try:
            yield
        except IntegrityError as error:
            if "posting_key" in str(error.orig):
                raise PostingConflict("The posting key already belongs to another document of the register.") from None
            raise InvariantBroken(f"The register {self.name} refused content: {type(error.orig).__name__}.") from error
        except DBAPIError as error:
            if self.is_sqlite:
                code = getattr(error.orig, "sqlite_errorname", None) or ""
                kind, cause = _sqlite_cause(code)
            else:
                code = getattr(error.orig, "pgcode", None)
                kind, cause = _postgres_cause(code, str(error.orig))
            raise kind(f"Register {self.name}: {cause}.", tool="register", tool_code=code or None) from error
        except PoolTimeout as error:
            raise TryLater(f"Register {self.name}: all connections are in use.", tool="register") from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Python's driver would open transactions by itself, too late and of the wrong kind; `_begin_sqlite` does it.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # An intent to post must survive a power cut, or the next run would take its second try for the first.
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: a reader that turns writer could not wait, it would fail.
    writes = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
