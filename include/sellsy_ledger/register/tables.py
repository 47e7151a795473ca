"""The register's tables. Content is JSON text beside the few columns that are searched.

Migrations (``migrations/versions``) make these tables; a test proves that both say the same.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

__all__ = [
    "Instant",
    "batch",
    "booked_entry",
    "company_version",
    "document",
    "double",
    "entry",
    "event",
    "lease",
    "metadata",
    "note",
    "posting",
    "proof",
    "supporting_document",
    "third_party_link",
]


class Instant(TypeDecorator[datetime]):
    """A moment in UTC: aware in Python, ``timestamptz`` in PostgreSQL, naive UTC text in SQLite (it has no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _part(name: str, *columns: Column[object] | Index) -> Table:
    """A table that holds at most one row per document."""
    return Table(
        name,
        metadata,
        Column("company", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        *columns,
        Column("content", Text, nullable=False),
        ForeignKeyConstraint(["company", "key"], ["document.company", "document.key"]),
    )


company_version = Table(
    "company_version",
    metadata,
    Column("company", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("settings", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

document = Table(
    "document",
    metadata,
    Column("company", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("date", Date, nullable=False),
    Column("currency", Text, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("detail", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    # What record_seen was last given, to tell news from repetition (detail rows read later change `fingerprint`).
    Column("seen_fingerprint", Text, nullable=False),
    Column("seen_hash", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("changed_content", Text),
    Column("third_party", Text),
    Column("ledger_third_party", Text),
    Column("content_hash", Text, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index(None, "company", "state", "reason"),
    Index(None, "company", "date", "key"),
    Index(None, "company", "number"),
)

entry = _part(
    "entry",
    Column("journal", Text, nullable=False),
    Column("date", Date, nullable=False),
    Column("piece", Text, nullable=False),
    Column("debit_cents", BigInteger, nullable=False),
    Column("credit_cents", BigInteger, nullable=False),
    Index(None, "company", "journal", "piece"),
)

posting = _part(
    "posting",
    # The last barrier against a double posting, whatever happened to the lease.
    Column("posting_key", Text, nullable=False, unique=True),
    Column("payload_hash", Text, nullable=False),
    Column("entry_id", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
)

supporting_document = _part(
    "supporting_document",
    Column("path", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
)

third_party_link = Table(
    "third_party_link",
    metadata,
    Column("company", Text, primary_key=True),
    Column("third_party_key", Text, primary_key=True),
    Column("auxiliary_account", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

booked_entry = Table(
    "booked_entry",
    metadata,
    Column("company", Text, primary_key=True),
    # Where it was read: `tool`, or the name of a FEC.
    Column("source", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("direction", Text, nullable=False),
    Column("date", Date, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    # The document that it is, once that is sure or a person said so.
    Column("document", Text),
    Column("content", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "company", "document"),
    Index(None, "company", "direction", "date"),
)

double = Table(
    "double",
    metadata,
    Column("company", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    # The other side: `document:<key>`, or `entry:<its id in the tool>`.
    Column("other", Text, primary_key=True),
    # Empty until a person said `same` or `different`.
    Column("decision", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["company", "key"], ["document.company", "document.key"]),
)

event = Table(
    "event",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("company", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("note", Text, nullable=False),
    Column("hash_before", Text, nullable=False),
    Column("hash_after", Text, nullable=False),
    Index(None, "company", "key", "id"),
)

proof = Table(
    "proof",
    metadata,
    Column("company", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("level", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("company", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

batch = Table(
    "batch",
    metadata,
    Column("batch_key", Text, primary_key=True),
    Column("company", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("keys", Text, nullable=False),
    UniqueConstraint("company", "run_id", "position"),
)

note = Table(
    "note",
    metadata,
    Column("company", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
