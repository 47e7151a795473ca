"""Document rows as stored, read and written in bulk. Knows SQL, knows no rule.

A row keeps its content as text, so that a change of state neither decodes nor encodes an invoice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Table, and_, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from sellsy_ledger.core.documents import Document, SupportingDocument
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.register import tables
from sellsy_ledger.register.codec import chain_hash, clean, decode, encode, searched
from sellsy_ledger.register.records import DocumentRecord, Posting

__all__ = ["StoredDocument", "WriteSet", "chunks", "insert_or_replace", "new_row", "read_rows"]

CHUNK = 500
"""Documents per statement: enough to amortise it, few enough to keep memory flat."""

_Item = TypeVar("_Item")
Part = SupportingDocument | JournalEntry | Posting


def chunks(items: Iterable[_Item], size: int = CHUNK) -> Iterator[list[_Item]]:
    """Lists of at most ``size`` items, in order."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


class StoredDocument(msgspec.Struct):
    """One row of ``document`` (fields in column order), then the content of its three parts; mutable."""

    company: str
    key: str
    kind: str
    number: str
    date: date
    currency: str
    gross_cents: int
    state: str
    reason: str | None
    detail: str
    fingerprint: str
    seen_fingerprint: str
    seen_hash: str
    content: str
    changed_content: str | None
    third_party: str | None
    ledger_third_party: str | None
    content_hash: str
    first_seen_at: datetime
    updated_at: datetime
    supporting_document: str | None = None
    entry: str | None = None
    posting: str | None = None

    def put_document(self, document: Document, text: str) -> None:
        """Replace the content and the columns taken from it."""
        self.kind, self.number, self.date = document.kind.value, searched(document.number), document.date
        self.currency, self.gross_cents = clean(document.currency), document.gross_cents
        self.content = text

    def compute_hash(self) -> str:
        """SHA-256 of everything a step or a source stored; events chain these."""
        return chain_hash(
            (
                *(self.company, self.key, self.state, self.reason, self.detail, self.fingerprint),
                *(self.content, self.changed_content, self.third_party, self.ledger_third_party),
                *(self.supporting_document, self.entry, self.posting),
            )
        )

    def record(self) -> DocumentRecord:
        """The row as the steps see it."""
        return DocumentRecord(
            company=self.company,
            key=self.key,
            state=State(self.state),
            reason=Reason(self.reason) if self.reason else None,
            detail=self.detail,
            fingerprint=self.fingerprint,
            document=decode(Document, self.content),
            changed_document=decode(Document, self.changed_content) if self.changed_content else None,
            third_party=decode(ThirdParty, self.third_party) if self.third_party else None,
            ledger_third_party=decode(LedgerThirdParty, self.ledger_third_party) if self.ledger_third_party else None,
            supporting_document=(
                decode(SupportingDocument, self.supporting_document) if self.supporting_document else None
            ),
            entry=decode(JournalEntry, self.entry) if self.entry else None,
            posting=decode(Posting, self.posting) if self.posting else None,
            first_seen_at=self.first_seen_at,
            updated_at=self.updated_at,
        )


_COLUMNS = tuple(column.name for column in tables.document.columns)
_PARTS = (tables.supporting_document, tables.entry, tables.posting)


def _read_statement() -> Any:
    joined: Any = tables.document
    for part in _PARTS:
        joined = joined.outerjoin(
            part, and_(part.c.company == tables.document.c.company, part.c.key == tables.document.c.key)
        )
    return select(tables.document, *(part.c.content for part in _PARTS)).select_from(joined)


_READ = _read_statement()


def read_rows(connection: Connection, company: str, keys: Sequence[str]) -> dict[str, StoredDocument]:
    """The rows of ``keys`` by key; unknown keys are left out."""
    found: dict[str, StoredDocument] = {}
    for chunk in chunks(keys):
        statement = _READ.where(tables.document.c.company == company, tables.document.c.key.in_(chunk))
        for columns in connection.execute(statement):
            row = StoredDocument(*columns)
            found[row.key] = row
    return found


def insert_or_replace(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Write rows by primary key, new or known, in one statement."""
    if not rows:
        return
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    primary_key = [column.name for column in table.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    connection.execute(statement.on_conflict_do_update(index_elements=primary_key, set_=others), rows)


def _part_columns(value: Part) -> dict[str, Any]:
    """The searched columns of a part."""
    if isinstance(value, SupportingDocument):
        return {"path": clean(value.path), "sha256": value.sha256, "size_bytes": value.size_bytes}
    if isinstance(value, JournalEntry):
        return {
            "journal": searched(value.journal),
            "date": value.date,
            "piece": searched(value.piece),
            "debit_cents": value.debit_cents,
            "credit_cents": value.credit_cents,
        }
    return {
        "posting_key": value.posting_key,
        "payload_hash": value.payload_hash,
        "entry_id": clean(value.entry_id),
        "attempts": value.attempts,
    }


class WriteSet:
    """Everything one call writes for one company, gathered in memory and written in a handful of statements."""

    def __init__(self, company: str, *, who: str, now: datetime) -> None:
        self.company = company
        self.who = clean(who)
        self.now = now
        self._rows: dict[str, StoredDocument] = {}
        self._parts: dict[str, dict[str, dict[str, Any] | None]] = {part.name: {} for part in _PARTS}
        self._events: list[dict[str, Any]] = []

    def put_part(self, row: StoredDocument, name: str, value: Part | None) -> None:
        """Set or remove the part ``name`` of a row; nothing is written when it is the same."""
        text = None if value is None else encode(value)
        if text == getattr(row, name):
            return
        setattr(row, name, text)
        self._parts[name][row.key] = (
            None
            if value is None
            else {"company": self.company, "key": row.key, "content": text, **_part_columns(value)}
        )

    def put(self, row: StoredDocument, what: str, note: str = "") -> None:
        """Write a row and its event; a row that is what it was, without a note, leaves no trace."""
        before, row.content_hash = row.content_hash, row.compute_hash()
        if before == row.content_hash and not note:
            return
        row.updated_at = self.now
        self._rows[row.key] = row
        self.add_event(row.key, what, row.state, row.reason, note, before, row.content_hash)

    def add_event(
        self, key: str, what: str, state: str, reason: str | None, note: str, hash_before: str, hash_after: str
    ) -> None:
        """Append one line to the journal."""
        self._events.append(
            {
                "at": self.now,
                "company": self.company,
                "key": key,
                "who": self.who,
                "what": what,
                "state": state,
                "reason": reason,
                "note": clean(note),
                "hash_before": hash_before,
                "hash_after": hash_after,
            }
        )

    def flush(self, connection: Connection) -> None:
        """Write; the caller's transaction decides whether it stays."""
        rows = [{name: getattr(row, name) for name in _COLUMNS} for row in self._rows.values()]
        insert_or_replace(connection, tables.document, rows)
        for part in _PARTS:
            values = self._parts[part.name]
            insert_or_replace(connection, part, [value for value in values.values() if value is not None])
            for gone in chunks(key for key, value in values.items() if value is None):
                connection.execute(delete(part).where(part.c.company == self.company, part.c.key.in_(gone)))
        if self._events:
            connection.execute(insert(tables.event), self._events)


def new_row(writes: WriteSet, document: Document, state: State, fingerprint: str) -> StoredDocument:
    """A row for a document that is not stored yet; the source has told nothing of it but ``document``."""
    return StoredDocument(
        company=writes.company,
        key=document.key,
        kind=document.kind.value,
        number=searched(document.number),
        date=document.date,
        currency=clean(document.currency),
        gross_cents=document.gross_cents,
        state=state.value,
        reason=None,
        detail="",
        fingerprint=fingerprint,
        seen_fingerprint=fingerprint,
        seen_hash="",
        content=encode(document),
        changed_content=None,
        third_party=None,
        ledger_third_party=None,
        content_hash="",
        first_seen_at=writes.now,
        updated_at=writes.now,
    )
