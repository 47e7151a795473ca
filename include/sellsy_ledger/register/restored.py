"""What a register that was restored from a copy does not know: whatever was posted after the copy was taken.

One note for the whole register says when it was restored, because a company may have begun since the copy. One note
per company says when everything that Sellsy lists was recorded again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Connection, delete, select

from sellsy_ledger.register.rows import WriteSet, insert_or_replace
from sellsy_ledger.register.tables import note as note_table

if TYPE_CHECKING:
    from sellsy_ledger.register.records import DocumentRecord

__all__ = ["CAUGHT_UP", "EVERY_COMPANY", "Restored", "caught_up", "mark", "read", "unmark"]

EVERY_COMPANY = ""
RESTORED = "restored"
CAUGHT_UP = "caught_up"
_ZONES = timedelta(days=1)


class Restored(msgspec.Struct, frozen=True):
    """A restore. ``caught_up_at`` is when a whole scan of Sellsy had ended after it, None before."""

    at: datetime
    caught_up_at: datetime | None = None

    def may_hide(self, record: DocumentRecord) -> bool:
        """Whether the document may have been posted between the copy and the restore, for all that is stored of it.

        Surely not one that was begun since (its own posting tells), nor one that is both dated after the restore and
        first listed after a whole scan. Any other stays doubtful, however long it waits before its first try.
        """
        posting = record.posting
        if posting is not None and posting.started_at is not None and posting.started_at > self.at:
            return False
        if self.caught_up_at is None or record.first_seen_at is None or record.first_seen_at <= self.caught_up_at:
            return True
        return record.document.date <= (self.at + _ZONES).date()


class _RestoredNote(msgspec.Struct):
    at: datetime
    who: str


class _CaughtUpNote(msgspec.Struct):
    restored_at: datetime
    at: datetime


def read(connection: Connection, company: str) -> Restored | None:
    """The last restore, as it concerns ``company``."""
    text = _value(connection, EVERY_COMPANY, RESTORED)
    if text is None:
        return None
    at = msgspec.json.decode(text, type=_RestoredNote).at
    text = _value(connection, company, CAUGHT_UP)
    if text is not None:
        known = msgspec.json.decode(text, type=_CaughtUpNote)
        if known.restored_at == at:
            return Restored(at, known.at)
    return Restored(at)


def mark(connection: Connection, writes: WriteSet, note: str) -> None:
    """Note a restore, now."""
    value = msgspec.json.encode(_RestoredNote(writes.now, writes.who)).decode()
    row = {"company": EVERY_COMPANY, "name": RESTORED, "value": value, "updated_at": writes.now}
    insert_or_replace(connection, note_table, [row])
    writes.add_event("", "restored", "", None, note, "", "")


def unmark(connection: Connection, writes: WriteSet, note: str) -> bool:
    """Take the note back; False when there is none."""
    if _value(connection, EVERY_COMPANY, RESTORED) is None:
        return False
    table = note_table
    connection.execute(delete(table).where(table.c.company == EVERY_COMPANY, table.c.name == RESTORED))
    writes.add_event("", "restored_taken_back", "", None, note, "", "")
    return True


def caught_up(restored: Restored, now: datetime) -> str:
    """The text of a company's own note."""
    return msgspec.json.encode(_CaughtUpNote(restored.at, now)).decode()


def _value(connection: Connection, company: str, name: str) -> str | None:
    table = note_table
    value: str | None = connection.execute(
        select(table.c.value).where(table.c.company == company, table.c.name == name)
    ).scalar()
    return value
