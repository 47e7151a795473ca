"""What the register gives and takes: immutable values, free of SQL."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from sellsy_ledger.core.documents import Document, SupportingDocument
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty

__all__ = ["Change", "DocumentRecord", "Event", "Posting", "StoredProof"]


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """One booking attempt's memory. ``entry_id`` is the tool's id once known; ``attempts`` counts writes begun.

    ``handle`` is what the hand-over is called while the entry itself has no id yet: the id of an asynchronous import,
    the batch of a file. ``way`` is how the last write went (tool, its variant and Connection, by file or as a PDF
    only): what another way began cannot be looked up by this one.

    The posting of a correction is known before its first write (``attempts`` 0): ``replaces`` is the id of the booked
    entry whose place it takes, ``entry_date`` the open day that a person agreed to where the document's own is closed.

    ``started_at`` is when the last write was begun, or when its answer was found to be lost.

    ``posted_at`` says that the entry is in the books, ``delivered_at`` that the document was handed over to others who
    bring it there: the register sets them when a step forgets, and refuses to open a document that has one.
    """

    posting_key: str
    payload_hash: str
    attempts: int = 0
    entry_id: str = ""
    handle: str = ""
    way: str = ""
    ledger_entry_id: str = ""
    draft: bool = False
    pdf_sha256: str = ""
    replaces: str = ""
    entry_date: date | None = None
    started_at: datetime | None = None
    delivered_at: datetime | None = None
    posted_at: datetime | None = None
    verified_at: datetime | None = None


class DocumentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One document of one company, with all that the steps have stored so far (None = not yet).

    ``changed_document`` is what the source shows now when it differs from what was posted (``document`` keeps that).
    """

    company: str
    key: str
    state: State
    reason: Reason | None = None
    detail: str = ""
    fingerprint: str = ""
    document: Document
    changed_document: Document | None = None
    third_party: ThirdParty | None = None
    ledger_third_party: LedgerThirdParty | None = None
    supporting_document: SupportingDocument | None = None
    entry: JournalEntry | None = None
    posting: Posting | None = None
    first_seen_at: datetime | None = None
    updated_at: datetime | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a step wants stored for one document; UNSET fields stay as they are.

    One exception: a change of ``state`` that says nothing of ``reason`` and ``detail`` clears them, because they
    explained the state that is left. ``note`` and ``what`` (a short verb, ``moved`` or ``stored`` by default) go into
    the event. ``was`` is the state in which the step read the document: if it is another one by now, somebody else has
    taken the document on, and the change is refused.
    """

    key: str
    was: State | msgspec.UnsetType = msgspec.UNSET
    state: State | msgspec.UnsetType = msgspec.UNSET
    reason: Reason | msgspec.UnsetType | None = msgspec.UNSET
    detail: str | msgspec.UnsetType = msgspec.UNSET
    fingerprint: str | msgspec.UnsetType = msgspec.UNSET
    document: Document | msgspec.UnsetType = msgspec.UNSET
    third_party: ThirdParty | msgspec.UnsetType | None = msgspec.UNSET
    ledger_third_party: LedgerThirdParty | msgspec.UnsetType | None = msgspec.UNSET
    supporting_document: SupportingDocument | msgspec.UnsetType | None = msgspec.UNSET
    entry: JournalEntry | msgspec.UnsetType | None = msgspec.UNSET
    posting: Posting | msgspec.UnsetType | None = msgspec.UNSET
    note: str = ""
    what: str = ""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the append-only journal.

    ``hash_after`` is the SHA-256 of the stored content that the event left behind, ``hash_before`` that of the event
    before it on the same ``key`` (empty for the first): the story of a document is a chain.
    """

    at: datetime
    company: str
    key: str
    who: str
    what: str
    state: str
    reason: str | None
    note: str
    hash_before: str
    hash_after: str


class StoredProof(msgspec.Struct, frozen=True, kw_only=True):
    """One proof of one period (``2026-01``), as the pipeline wrote it: ``content`` is its JSON text."""

    company: str
    period: str
    level: str
    content: str
    who: str
    at: datetime
