"""One document with its whole story: where it stands, its entry, its posting, what corrects it, who did what when."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from sellsy_ledger.core.corrections import is_reversal, new_version, opposite, reversal_of
from sellsy_ledger.core.documents import Document
from sellsy_ledger.pipeline.company import DocumentStore
from sellsy_ledger.register.store import DocumentRecord, Posting, Register
from sellsy_ledger_airflow.pages import texts
from sellsy_ledger_airflow.pages.pieces import Piece, piece_of

__all__ = ["Moment", "Story", "pdf_of", "story"]

# So many corrections of one document are looked for at a time; nobody corrects an invoice as often.
_VERSIONS = 20
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_FILE_NAME_MAX = 80


@dataclass(frozen=True)
class Moment:
    """One line of the register's journal."""

    at: str
    who: str
    what: str
    state: str
    note: str


@dataclass(frozen=True)
class Story:
    """The document, facts of its posting by name, its relatives (versions and reversals), its events oldest first."""

    piece: Piece
    posting: list[tuple[str, str]] = field(default_factory=list)
    pdf: str = ""
    changed: str = ""
    relatives: list[Piece] = field(default_factory=list)
    events: list[Moment] = field(default_factory=list)


def story(register: Register, company: str, key: str, language: str) -> Story | None:
    """The story of a document, or None when the register does not know it."""
    found = register.load(company, [key])
    if not found:
        return None
    record = found[0]
    changed, pdf = record.changed_document, record.supporting_document
    return Story(
        piece=piece_of(record, language, with_entry=True),
        posting=_posting(record.posting, language) if record.posting else [],
        pdf=f"{pdf.size_bytes // 1024 + 1} Kio, SHA-256 {pdf.sha256}" if pdf else "",
        changed=_named(changed, language) if changed else "",
        relatives=[piece_of(other, language) for other in _relatives(register, record)],
        events=list(_events(register, company, key, language)),
    )


def _named(document: Document, language: str) -> str:
    amount = texts.amount(document.gross_cents, language, document.currency)
    return f"{document.number}, {texts.day(document.date, language)}, {document.third_party_name}, {amount}"


def _posting(posting: Posting, language: str) -> list[tuple[str, str]]:
    words = texts.words(language)
    facts = {
        "posting_key": posting.posting_key,
        "attempts": str(posting.attempts),
        "entry_id": posting.entry_id,
        "handle": posting.handle,
        "delivered_at": texts.moment(posting.delivered_at, language) if posting.delivered_at else "",
        "posted_at": texts.moment(posting.posted_at, language) if posting.posted_at else "",
        "verified_at": texts.moment(posting.verified_at, language) if posting.verified_at else "",
    }
    return [(words[name], value) for name, value in facts.items() if value]


def _relatives(register: Register, record: DocumentRecord) -> list[DocumentRecord]:
    """The other versions of the same document and the reversals between them, in the order in which they are booked."""
    document = record.document
    kind = opposite(document.kind) if is_reversal(document) else document.kind
    first = msgspec.structs.replace(document, kind=kind, correction="")
    keys: list[str] = []
    for number in range(1, _VERSIONS + 1):
        version = first if number == 1 else new_version(first, number)
        keys += [version.key, reversal_of(version).key]
    return [other for other in register.load(record.company, keys) if other.key != record.key]


def _events(register: Register, company: str, key: str, language: str) -> Iterator[Moment]:
    for event in register.events(company, key):
        yield Moment(
            at=texts.moment(event.at, language),
            who=event.who,
            what=texts.event_name(event.what, language),
            state=texts.stored_state_name(event.state, language),
            note=event.note,
        )


def pdf_of(register: Register, documents: DocumentStore, company: str, key: str) -> tuple[str, bytes] | None:
    """A safe file name and the bytes of a document's PDF, or None when there is none, or not the one that was stored.

    Raises:
        OSError: the storage does not answer.
    """
    found = register.load(company, [key])
    stored = found[0].supporting_document if found else None
    if stored is None:
        return None
    try:
        body = documents.get(stored.path)
    except FileNotFoundError:
        return None
    if hashlib.sha256(body).hexdigest() != stored.sha256:
        return None
    name = _UNSAFE.sub("-", found[0].document.number).strip("-.")[:_FILE_NAME_MAX]
    return f"{name or 'document'}.pdf", body
