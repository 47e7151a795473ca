"""What a source's news does to a stored document. Pure: rows in, rows out.

A document whose accounting content changed is worked on again from the start while it is surely not in the books.
Once it is there, what was posted is kept as it was and the new content is stored beside it, for a person to look at.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.register.codec import clean, decode, encode, hash_text, searched
from sellsy_ledger.register.records import Posting
from sellsy_ledger.register.rows import StoredDocument, WriteSet
from sellsy_ledger.register.states import HANDED_OVER, OPEN

__all__ = ["News", "record_news"]


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
        writes.put(_new_row(writes.company, news, texts, writes.now), "seen")
        return True
    if row.seen_hash == texts.seen_hash and row.state != State.RETRACTED:
        return False
    state = State(row.state)
    changed = _is_changed(row, state, news.fingerprint)
    if state is State.RETRACTED:
        state = _state_before_retraction(row)
        row.state = state.value
        writes.put(row, "reappeared")
    if state in OPEN:
        _refresh(writes, row, news, texts, changed=changed)
    elif state in HANDED_OVER and changed:
        _set_apart(writes, row, news, texts)
    return False


def _new_row(company: str, news: News, texts: _Texts, now: datetime) -> StoredDocument:
    document = news.document
    return StoredDocument(
        company=company,
        key=document.key,
        kind=document.kind.value,
        number=searched(document.number),
        date=document.date,
        currency=clean(document.currency),
        gross_cents=document.gross_cents,
        state=State.SEEN.value,
        reason=None,
        detail="",
        fingerprint=news.fingerprint,
        seen_fingerprint=news.fingerprint,
        seen_hash=texts.seen_hash,
        content=texts.document,
        changed_content=None,
        third_party=texts.third_party,
        ledger_third_party=None,
        content_hash="",
        first_seen_at=now,
        updated_at=now,
    )


def _is_changed(row: StoredDocument, state: State, fingerprint: str) -> bool:
    """Detail rows read after the list entry have a fingerprint of their own: neither of the two is a change. A booked
    document that changed is compared with its last change only, so that its return to what was posted is seen too.
    """
    if state is State.CHANGED_AFTER_POSTING:
        return fingerprint != row.seen_fingerprint
    return fingerprint not in (row.seen_fingerprint, row.fingerprint)


def _state_before_retraction(row: StoredDocument) -> State:
    """A document that comes back is where its posting left it, and never forgotten."""
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


def _set_apart(writes: WriteSet, row: StoredDocument, news: News, texts: _Texts) -> None:
    row.state, row.reason, row.detail = State.CHANGED_AFTER_POSTING.value, None, ""
    row.changed_content = texts.document
    row.seen_hash, row.seen_fingerprint = texts.seen_hash, news.fingerprint
    writes.put(row, "changed_after_posting")
