"""Corrections that a person accepted, each whole or not at all.

A posted document is never opened again and never deleted. Its row becomes ``corrected``; the reversal and the new
version are rows of their own beside it, which the next run takes like any other: the reversal is ``ready`` with the
posted entry's lines swapped, the new version is ``seen``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

import msgspec
from sqlalchemy import and_, or_, select

from sellsy_ledger.core.corrections import (
    Action,
    base_of,
    key_before,
    new_version,
    reversal_key_before,
    reversal_of,
    reversed_entry,
    version_of,
)
from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.register import tables
from sellsy_ledger.register.codec import decode, encode, hash_text
from sellsy_ledger.register.memory import CompanyMemory
from sellsy_ledger.register.records import DocumentRecord, Posting
from sellsy_ledger.register.rows import StoredDocument, WriteSet, chunks, new_row, read_rows
from sellsy_ledger.register.seen import state_before_change
from sellsy_ledger.register.states import OPEN, check_transition

__all__ = ["BY_HAND", "Correction", "Corrections", "stamp"]

BY_HAND = "corrigée à la main dans l'outil comptable"
REVERSED = "extournée"
REPLACED = "remplacée par sa nouvelle version"
DECLINED = "correction refusée par {who}"


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """One accepted proposal; ``stamp`` is that of the record that the person was shown.

    ``reversal_date`` is the day of the reversal; ``entry_date`` the open day of the new version's entry, where the
    document's own day is closed.
    """

    key: str
    stamp: str
    action: Action
    reversal_date: date | None = None
    entry_date: date | None = None


def stamp(record: DocumentRecord) -> str:
    """SHA-256 of what a proposal rests on: state, changed content, and what was posted."""
    posting, changed = record.posting, record.changed_document
    facts = (
        *(record.key, record.state.value, fingerprint(changed) if changed is not None else ""),
        *((posting.payload_hash, posting.entry_id, posting.posted_at is not None) if posting else ("", "", False)),
    )
    return hash_text(msgspec.json.encode(facts).decode())


class Corrections(CompanyMemory):
    """The part of :class:`~sellsy_ledger.register.store.Register` that corrects what is booked."""

    def to_correct(self, company: str) -> list[str]:
        """Keys of the documents that are not any more in the source what the books hold, by document date."""
        document = tables.document
        adopted = and_(document.c.state == State.ADOPTED.value, document.c.changed_content.is_not(None))
        watched = document.c.state.in_([State.CHANGED_AFTER_POSTING.value, State.RETRACTED.value])
        statement = (
            select(document.c.key)
            .where(document.c.company == company, or_(watched, adopted))
            .order_by(document.c.date, document.c.key)
        )
        with self._database.reading() as connection:
            return list(connection.execute(statement).scalars())

    def versions(self, company: str) -> dict[str, int]:
        """The current version of every document that was corrected, by the source's key; all others are at 1."""
        document = tables.document
        corrected = select(document.c.key).where(
            document.c.company == company, document.c.state == State.CORRECTED.value
        )
        with self._database.reading() as connection:
            return {
                base: count + 1
                for base, count in Counter(map(base_of, connection.execute(corrected).scalars())).items()
            }

    def reversed_keys(self, company: str, documents: Sequence[Document]) -> set[str]:
        """Keys of those of ``documents`` that have a reversal beside them, booked or on its way."""
        reversals = {reversal_of(document).key: document.key for document in documents}
        found: set[str] = set()
        with self._database.reading() as connection:
            for keys in chunks(reversals):
                statement = select(tables.document.c.key).where(
                    tables.document.c.company == company, tables.document.c.key.in_(keys)
                )
                found.update(reversals[key] for key in connection.execute(statement).scalars())
        return found

    def correct(self, company: str, corrections: Sequence[Correction], *, who: str) -> list[str]:
        """Carry accepted proposals out, in one transaction.

        Returns:
            The keys corrected; a document that is not what the person was shown is left as it is.

        Raises:
            InvariantBroken: a proposal that this register could not have led to; nothing is stored.
        """
        done: list[str] = []
        with self._writing(company, who) as (connection, writes):
            rows = read_rows(connection, company, [correction.key for correction in corrections])
            for correction in corrections:
                row = rows.get(correction.key)
                if row is None or stamp(row.record()) != correction.stamp:
                    continue
                record = row.record()
                beside = [reversal_of(record.document).key, _next_version(record, record.document).key]
                beside += [key_before(record.document), reversal_key_before(record.document)]
                _correct(writes, row, correction, read_rows(connection, company, beside))
                done.append(correction.key)
        return done

    def decline(self, company: str, key: str, *, who: str, note: str) -> None:
        """Write a person's refusal into the document's story; its state says on that the books differ."""
        with self._writing(company, who) as (connection, writes):
            row = read_rows(connection, company, [key])[key]
            row.detail = DECLINED.format(who=who) + (f" : {note}" if note else "")
            writes.put(row, "correction_declined", note)

    def send_after_all(self, company: str, keys: Sequence[str], *, who: str, note: str) -> None:
        """Work on adopted documents from the start: what they were taken for is not in the books any more. The next
        scan takes them for changed, because they have no fingerprint.
        """
        with self._writing(company, who) as (connection, writes):
            for row in read_rows(connection, company, keys).values():
                check_transition(row.key, State(row.state), State.SEEN, None)
                row.state, row.reason, row.detail = State.SEEN.value, None, ""
                row.fingerprint, row.seen_hash, row.changed_content = "", "", None
                writes.put(row, "sent_after_all", note)

    def reverse_instead(self, company: str, key: str, reversal_date: date, *, who: str, note: str) -> None:
        """The entry that ``key`` was to replace cannot be changed any more: it is reversed, and ``key`` is booked
        beside it.

        Raises:
            InvariantBroken: ``key`` replaces nothing, or may be in the books.
        """
        with self._writing(company, who) as (connection, writes):
            row = read_rows(connection, company, [key])[key]
            record = row.record()
            before = read_rows(connection, company, [key_before(record.document)])[key_before(record.document)]
            writes.put(_reversal(writes, before, reversal_date), "reversal_made", note)
            before.detail = REVERSED
            writes.put(before, "corrected", note)
            _replaces_nothing(writes, row)
            state = row.state if State(row.state) in OPEN else State.READY.value
            row.state, row.reason, row.detail = state, None, ""
            writes.put(row, "moved", note)


def _correct(writes: WriteSet, row: StoredDocument, correction: Correction, beside: dict[str, StoredDocument]) -> None:
    record, action = row.record(), correction.action
    changed = None if record.state is State.RETRACTED else record.changed_document
    if action is Action.TAKE_NOTE or record.state is State.ADOPTED:
        _take_note(writes, row, changed)
    elif record.posting is not None and record.posting.replaces and record.posting.posted_at is None:
        # Taken back before it could replace anything: what it was to replace goes, and it never comes.
        before = beside[key_before(record.document)]
        if action is Action.BY_HAND:
            before.detail = BY_HAND
        else:
            _add(writes, _reversal(writes, before, _day(correction)), beside, "reversal_made")
            before.detail = REVERSED
        writes.put(before, "corrected", action.value)
        _replaces_nothing(writes, row)
        row.state, row.reason, row.detail = State.WAITING.value, Reason.NOT_ACCOUNTED.value, ""
        writes.put(row, "corrected", "")
    else:
        check_transition(row.key, record.state, State.CORRECTED, None)
        if action in (Action.REVERSE, Action.REVERSE_AND_BOOK):
            _add(writes, _reversal(writes, row, _day(correction)), beside, "reversal_made")
        if changed is not None:
            _add_new_version(writes, row, changed, correction, beside)
        elif action not in (Action.REVERSE, Action.BY_HAND):
            raise InvariantBroken(f"{row.key} has no new version to {action}.")
        told = {Action.REPLACE: REPLACED, Action.BY_HAND: BY_HAND}
        row.state, row.reason, row.detail = State.CORRECTED.value, None, told.get(action, REVERSED)
        writes.put(row, "corrected", action.value)


def _take_note(writes: WriteSet, row: StoredDocument, changed: Document | None) -> None:
    """The books hold what the changed document gives: it is what was posted from now on."""
    if changed is None:
        raise InvariantBroken(f"{row.key} has not changed: there is nothing to take note of.")
    if row.state != State.ADOPTED:
        row.state = state_before_change(row).value
    row.put_document(changed, encode(changed))
    row.fingerprint, row.changed_content, row.reason, row.detail = fingerprint(changed), None, None, ""
    writes.put(row, "noted")


def _reversal(writes: WriteSet, row: StoredDocument, day: date) -> StoredDocument:
    """The row that takes a booked row's entry back: its lines swapped, its third party, its PDF, a key of its own."""
    record = row.record()
    if record.entry is None or record.posting is None or record.posting.posted_at is None:
        raise InvariantBroken(f"{row.key} has no booked entry to reverse.")
    document = reversal_of(record.document)
    made = new_row(writes, document, State.READY, record.fingerprint)
    made.third_party, made.ledger_third_party = row.third_party, row.ledger_third_party
    writes.put_part(made, "supporting_document", record.supporting_document)
    writes.put_part(made, "entry", reversed_entry(record.entry, day))
    return made


def _add_new_version(
    writes: WriteSet, row: StoredDocument, changed: Document, correction: Correction, beside: dict[str, StoredDocument]
) -> None:
    """The document as the source shows it now. Its rows and third party come with the next scan, which takes it for
    changed because it has no fingerprint; one that a person has booked is never sent.
    """
    record = row.record()
    document = _next_version(record, changed)
    by_hand = correction.action is Action.BY_HAND
    made = new_row(writes, document, State.ADOPTED if by_hand else State.SEEN, fingerprint(document) if by_hand else "")
    if by_hand:
        made.third_party, made.detail = row.third_party, BY_HAND
    elif record.posting is not None:
        replaces = record.posting.entry_id if correction.action is Action.REPLACE else ""
        if replaces or correction.entry_date is not None:
            key = record.posting.posting_key.removesuffix(record.key) + document.key
            posting = Posting(posting_key=key, payload_hash="", replaces=replaces, entry_date=correction.entry_date)
            writes.put_part(made, "posting", posting)
    _add(writes, made, beside, "seen")


def _add(writes: WriteSet, made: StoredDocument, beside: dict[str, StoredDocument], what: str) -> None:
    if made.key in beside:
        raise InvariantBroken(f"{made.key} exists already: nothing is corrected twice.")
    writes.put(made, what)


def _next_version(record: DocumentRecord, content: Document) -> Document:
    return new_version(content, version_of(record.document) + 1)


def _day(correction: Correction) -> date:
    if correction.reversal_date is None:
        raise InvariantBroken(f"The reversal of {correction.key} has no day.")
    return correction.reversal_date


def _replaces_nothing(writes: WriteSet, row: StoredDocument) -> None:
    posting = decode(Posting, row.posting) if row.posting else None
    if posting is None or not posting.replaces or posting.posted_at is not None:
        raise InvariantBroken(f"{row.key} does not wait to replace an entry.")
    writes.put_part(row, "posting", msgspec.structs.replace(posting, replaces="", handle=""))
