"""What a step may do to a stored document. Pure: rows in, rows out; refuses what would lose or double a posting."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.register.codec import clean, decode, encode
from sellsy_ledger.register.records import Change, Posting
from sellsy_ledger.register.rows import StoredDocument, WriteSet
from sellsy_ledger.register.states import BEGIN_FROM, BOOKED, HANDED_OVER, OPEN, RESOLVABLE, check_transition

__all__ = ["apply_change", "begin_posting", "resolve"]


def apply_change(writes: WriteSet, row: StoredDocument, change: Change) -> None:
    """Put one step's result into ``writes``.

    Raises:
        InvariantBroken: a forbidden move, or a posting that would be forgotten.
    """
    before = State(row.state)
    if change.was is not msgspec.UNSET and change.was is not before:
        raise InvariantBroken(f"{row.key} is {before} by now, and was {change.was} when this change was decided on.")
    _move(row, before, change)
    if change.fingerprint is not msgspec.UNSET:
        row.fingerprint = change.fingerprint
    if change.document is not msgspec.UNSET:
        if change.document.key != row.key:
            raise InvariantBroken(f"{row.key} may not become {change.document.key}.")
        row.put_document(change.document, encode(change.document))
    if change.third_party is not msgspec.UNSET:
        row.third_party = encode(change.third_party) if change.third_party else None
    if change.ledger_third_party is not msgspec.UNSET:
        row.ledger_third_party = encode(change.ledger_third_party) if change.ledger_third_party else None
    if change.supporting_document is not msgspec.UNSET:
        writes.put_part(row, "supporting_document", change.supporting_document)
    if change.entry is not msgspec.UNSET:
        writes.put_part(row, "entry", change.entry)
    if change.posting is not msgspec.UNSET:
        _put_posting(writes, row, change.posting)
    _check_posting(writes, row, State(row.state))
    writes.put(row, change.what or ("stored" if row.state == before else "moved"), change.note)


def _move(row: StoredDocument, before: State, change: Change) -> None:
    after = before if change.state is msgspec.UNSET else State(change.state)
    left = after is not before
    if change.reason is not msgspec.UNSET:
        row.reason = change.reason.value if change.reason else None
    elif left:
        row.reason = None
    if change.detail is not msgspec.UNSET:
        row.detail = clean(change.detail)
    elif left:
        row.detail = ""
    if left and after is State.POSTING:
        raise InvariantBroken(f"{row.key} may only enter {after} through begin_posting, which stores the intent.")
    check_transition(row.key, before, after, Reason(row.reason) if row.reason else None)
    row.state = after.value


def _put_posting(writes: WriteSet, row: StoredDocument, posting: Posting | None) -> None:
    """A posting is a memory of writes that were begun: it may grow, never go back."""
    stored = decode(Posting, row.posting) if row.posting else None
    if stored is not None and (
        posting is None or posting.posting_key != stored.posting_key or posting.attempts < stored.attempts
    ):
        raise InvariantBroken(f"{row.key} may not forget its posting {stored.posting_key}.")
    writes.put_part(row, "posting", posting)


def _check_posting(writes: WriteSet, row: StoredDocument, state: State) -> None:
    """State and posting tell the same story: what is booked or delivered has a dated posting, what has one is never
    open again.
    """
    if row.posting is None:
        if state in HANDED_OVER or state is State.CORRECTED:
            raise InvariantBroken(f"{row.key} may not be {state} without a posting.")
        return
    posting = decode(Posting, row.posting)
    if state is State.DELIVERED and posting.delivered_at is None:
        writes.put_part(row, "posting", msgspec.structs.replace(posting, delivered_at=writes.now))
    elif posting.posted_at is None and (
        state in BOOKED or (state is State.CHANGED_AFTER_POSTING and posting.delivered_at is None)
    ):
        writes.put_part(row, "posting", msgspec.structs.replace(posting, posted_at=writes.now))
    gone = posting.posted_at or posting.delivered_at
    if state in OPEN and gone is not None:
        where = "in the books" if posting.posted_at else "delivered"
        raise InvariantBroken(f"{row.key} is {where} since {gone:%Y-%m-%d}: it may not be {state}.")


def begin_posting(
    writes: WriteSet,
    row: StoredDocument,
    *,
    posting_key: str,
    payload_hash: str,
    draft: bool,
    handle: str = "",
    way: str = "",
) -> Posting:
    """Store the intent to write: state ``posting``, one more attempt, under ``handle`` where that is known before.

    Raises:
        InvariantBroken: the document is not ready, is booked already, or had another posting key.
    """
    if State(row.state) not in BEGIN_FROM:
        raise InvariantBroken(f"{row.key} is {row.state}: no posting may begin.")
    stored = decode(Posting, row.posting) if row.posting else None
    if stored is not None and stored.posting_key != posting_key:
        raise InvariantBroken(f"{row.key} already has the posting key {stored.posting_key}; it never changes.")
    posting = msgspec.structs.replace(
        stored or Posting(posting_key=posting_key, payload_hash=payload_hash),
        payload_hash=payload_hash,
        attempts=stored.attempts + 1 if stored else 1,
        draft=draft,
        handle=handle,
        way=way,
        started_at=writes.now,
    )
    writes.put_part(row, "posting", posting)
    row.state, row.reason, row.detail = State.POSTING.value, None, ""
    writes.put(row, "posting_begun", f"attempt {posting.attempts}, payload {payload_hash}")
    return posting


def resolve(
    writes: WriteSet, row: StoredDocument, *, entry_id: str | None, note: str, among: Collection[State] = RESOLVABLE
) -> None:
    """A person says what became of a posting that the tool cannot tell about.

    With ``entry_id``, the tool's id of the entry that is in the books, the document is ``posted`` (a delivered one
    keeps the id that it has when none is given); with None nothing was booked and it is ``ready`` again.

    Raises:
        InvariantBroken: the document's posting is not in doubt, or its state is none of ``among``.
    """
    if State(row.state) not in RESOLVABLE or State(row.state) not in among or row.posting is None:
        raise InvariantBroken(f"{row.key} is {row.state}: there is no doubt to resolve.")
    posting = decode(Posting, row.posting)
    booked = entry_id is not None
    kept = posting.entry_id if booked and row.state == State.DELIVERED else ""
    posting = msgspec.structs.replace(
        posting,
        entry_id=entry_id or kept,
        handle=posting.handle if booked else "",
        delivered_at=posting.delivered_at if booked else None,
        ledger_entry_id=posting.ledger_entry_id if booked else "",
        posted_at=(posting.posted_at or writes.now) if booked else None,
        verified_at=None,
    )
    writes.put_part(row, "posting", posting)
    row.state, row.reason, row.detail = (State.POSTED if booked else State.READY).value, None, ""
    writes.put(row, "resolved", note)
