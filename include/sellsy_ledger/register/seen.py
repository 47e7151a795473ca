"""What a source's news does to a stored document. Pure: rows in, rows out.

A document whose accounting content changed is worked on again from the start while it is surely not in the books.
Once it is there, what was posted is kept as it was and the new content is stored beside it, for a person to look at.
"""

from __future__ import annotations

from typing import NamedTuple

from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.register.codec import decode, encode, hash_text
from sellsy_ledger.register.records import Posting
from sellsy_ledger.register.rows import StoredDocument, WriteSet, new_row
from sellsy_ledger.register.states import HANDED_OVER, OPEN

__all__ = ["News", "record_news", "state_before_change"]


class News(NamedTuple):
    """One document as the source shows it now."""

    document: Document
    third_party: ThirdParty | None
    fingerprint: str


class _Texts(NamedTuple):
    document: str
    third_party: str | None
    seen_hash: str


def _texts(news: News) -> _Texts:
    document = encode(news.document)
    third_party = encode(news.third_party) if news.third_party else None
    return _Texts(document, third_party, hash_text(f"{document}\n{third_party or ''}"))


def record_news(writes: WriteSet, row: StoredDocument | None, news: News) -> bool:
    """Put into ``writes`` what ``news`` changes; returns True when the document was unknown."""
    texts = _texts(news)
    if row is None:
        row = new_row(writes, news.document, State.SEEN, news.fingerprint)
        row.seen_hash, row.third_party = texts.seen_hash, texts.third_party
        writes.put(row, "seen")
        return True
    if row.seen_hash == texts.seen_hash and row.state != State.RETRACTED:
        return False
    if row.state == State.RETRACTED:
        row.state, row.detail = state_before_change(row).value, ""
        writes.put(row, "reappeared")
    state = State(row.state)
    changed = _is_changed(row, state, news.fingerprint)
    if state in OPEN:
        _refresh(writes, row, news, texts, changed=changed)
    elif state in HANDED_OVER and changed:
        _set_apart(row, news, texts)
        row.state, row.reason, row.detail = State.CHANGED_AFTER_POSTING.value, None, ""
        writes.put(row, "changed_after_posting")
    elif state is State.ADOPTED and changed:
        # Booked by other hands than ours: it stays theirs, and they are told.
        _set_apart(row, news, texts)
        writes.put(row, "changed_after_posting")
    return False


def _is_changed(row: StoredDocument, state: State, fingerprint: str) -> bool:
    """Detail rows read after the list entry have a fingerprint of their own: neither of the two is a change. A booked
    document that changed is compared with its last change only, so that its return to what was posted is seen too; one
    that was taken back meanwhile, with what was posted.
    """
    if state is State.CHANGED_AFTER_POSTING or (state is State.ADOPTED and row.changed_content is not None):
        return fingerprint != row.seen_fingerprint
    if row.changed_content is not None:
        return fingerprint != row.fingerprint
    return fingerprint not in (row.seen_fingerprint, row.fingerprint)


def state_before_change(row: StoredDocument) -> State:
    """Where its posting left a document, whatever the source said of it since; one never posted is open again."""
    posting = decode(Posting, row.posting) if row.posting else None
    if posting is not None and posting.delivered_at is not None and posting.posted_at is None:
        return State.DELIVERED
    if posting is None or (posting.posted_at is None and not posting.entry_id):
        return State.SEEN
    return State.VERIFIED if posting.verified_at else State.POSTED


def _refresh(writes: WriteSet, row: StoredDocument, news: News, texts: _Texts, *, changed: bool) -> None:
    """Take the new content. With other amounts, accounts or dates, what was made of the old ones goes: the entry, and
    the PDF that shows them.
    """
    row.put_document(news.document, texts.document)
    row.third_party = texts.third_party or row.third_party
    row.seen_hash, row.seen_fingerprint, row.fingerprint = texts.seen_hash, news.fingerprint, news.fingerprint
    if changed:
        row.state, row.reason, row.detail, row.ledger_third_party = State.SEEN.value, None, "", None
        writes.put_part(row, "entry", None)
        writes.put_part(row, "supporting_document", None)
    writes.put(row, "changed" if changed else "refreshed")


def _set_apart(row: StoredDocument, news: News, texts: _Texts) -> None:
    """Keep what was posted, and the new content beside it."""
    row.changed_content = texts.document
    row.seen_hash, row.seen_fingerprint = texts.seen_hash, news.fingerprint
