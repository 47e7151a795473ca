"""Opening, migrating, refusing: what the database itself guarantees."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sellsy_ledger.errors import ConfigurationError, TryLater
from sellsy_ledger.register import migrations
from sellsy_ledger.register.database import Database
from sellsy_ledger.register.migrate import VERSION_TABLE
from sellsy_ledger.register.store import Register
from sellsy_ledger.register.tables import metadata
from tests.empty_register import empty_register
from tests.unit.register.builders import ACME, COMPANY, WHO, document


def _execute(url: str, statement: str) -> None:
    database = Database(url, busy_seconds=5)
    with database.engine.begin() as connection:
        connection.execute(text(statement))
    database.engine.dispose()


def test_the_head_written_down_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_migrations_make_exactly_the_tables_that_the_code_uses(register: Register, url: str) -> None:
    database = Database(url, busy_seconds=5)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    database.engine.dispose()


@pytest.mark.parametrize(
    "statement", ["UPDATE event SET note = 'x'", "DELETE FROM event", "DELETE FROM event WHERE company = 'atelier'"]
)
def test_events_cannot_be_changed_or_removed(register: Register, url: str, statement: str) -> None:
    register.record_seen(COMPANY, [(document(1), ACME, "f")], who=WHO)
    before = register.events(COMPANY, "sales_invoice:1")
    with pytest.raises(DBAPIError, match="append-only"):
        _execute(url, statement)
    assert register.events(COMPANY, "sales_invoice:1") == before


def test_the_audit_finds_what_was_written_behind_our_back(register: Register, url: str) -> None:
    register.record_seen(COMPANY, [(document(number), ACME, "f") for number in (1, 2)], who=WHO)
    assert list(register.audit(COMPANY)) == []
    _execute(url, "UPDATE document SET detail = 'x' WHERE key = 'sales_invoice:2'")
    assert list(register.audit(COMPANY)) == ["sales_invoice:2: its content is not what its last event left."]


def test_a_register_of_a_later_version_is_left_alone(register: Register, url: str) -> None:
    register.close()
    _execute(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match="later version"):
        Register.open(url)


def test_an_empty_postgres_database_is_migrated(empty_postgres_url: str) -> None:
    with Register.open(empty_postgres_url) as register:
        assert register.companies() == []


def test_a_sqlite_file_and_its_folder_are_made(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b %d" / "register.db"
    with Register.open(f"sqlite:///{file}") as register:
        assert register.companies() == []
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_sqlite_connections_are_durable_and_check_references(tmp_path: Path) -> None:
    with Register.open(f"sqlite:///{tmp_path}/r.db") as register, register._database.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("foreign_keys", "synchronous", "busy_timeout")
        }
    assert pragmas == {"foreign_keys": 1, "synchronous": 2, "busy_timeout": 30000}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "cannot be read"),
        ("mysql://root@localhost/x", "SQLite or PostgreSQL, not on mysql"),
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
        ("sqlite:////dev/null/register.db", "cannot be made"),
    ],
)
def test_a_url_that_cannot_work_is_refused_with_the_reason(url: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Register.open(url)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.db").write_bytes(b"%PDF-1.7 " * 1000)
    with pytest.raises(ConfigurationError, match=r"r\.db.*check that it is a register"):
        Register.open(f"sqlite:///{tmp_path}/r.db")


def test_an_unreachable_server_is_tried_later_and_its_password_stays_secret() -> None:
    with pytest.raises(TryLater) as caught:
        Register.open("postgresql://ann:s3cret@127.0.0.1:1/register")
    assert "s3cret" not in str(caught.value)
    assert "unreachable" in str(caught.value)


def test_an_unknown_database_needs_a_person(postgres_url: str) -> None:
    with pytest.raises(ConfigurationError, match="check user, password and database name"):
        Register.open(postgres_url.replace("/test_", "/missing_"))


def test_a_busy_register_is_tried_later(register: Register, url: str) -> None:
    with (
        Register.open(url, busy_seconds=0.05) as other,
        register._database.writing(COMPANY),
        pytest.raises(TryLater, match="busy"),
    ):
        other.store_note(COMPANY, "a", "1")


def test_readers_do_not_wait_for_a_writer(register: Register, url: str) -> None:
    register.record_seen(COMPANY, [(document(1), ACME, "f")], who=WHO)
    with Register.open(url, busy_seconds=0.05) as other, register._database.writing(COMPANY):
        assert other.select(COMPANY) == ["sales_invoice:1"]


def test_postgres_companies_do_not_wait_for_each_other(postgres_url: str) -> None:
    with (
        Register.open(postgres_url) as register,
        Register.open(postgres_url, busy_seconds=0.05) as other,
        register._database.writing(COMPANY),
    ):
        other.store_note("other", "a", "1")
        assert other.note("other", "a") == "1"


def test_a_read_only_sqlite_register_needs_a_person(tmp_path: Path) -> None:
    (tmp_path / "r.db").write_bytes(empty_register())
    with (
        Register.open(f"sqlite:///file:{tmp_path}/r.db?mode=ro&uri=true") as register,
        pytest.raises(ConfigurationError, match="its rights"),
    ):
        register.store_note(COMPANY, "a", "1")


def test_a_read_only_postgres_register_needs_a_person(postgres_url: str) -> None:
    with (
        Register.open(postgres_url + "&options=-c%20default_transaction_read_only%3Don") as register,
        pytest.raises(ConfigurationError, match="right to write"),
    ):
        register.store_note(COMPANY, "a", "1")


def test_a_full_disk_is_tried_later_and_nothing_is_half_stored(tmp_path: Path) -> None:
    (tmp_path / "r.db").write_bytes(empty_register())
    with Register.open(f"sqlite:///{tmp_path}/r.db") as register:
        with register._database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(TryLater, match="disk is full"):
            register.record_seen(COMPANY, [(document(number), ACME, "f") for number in range(400)], who=WHO)
        assert register.select(COMPANY) == []
