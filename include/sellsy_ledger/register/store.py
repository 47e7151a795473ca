"""The register: the product's memory of every document. Signatures are the contract; bodies follow.

SQLite file by default, PostgreSQL by URL. Everything is batched: one transaction per call. Each state change also
appends an event (who, when, what, before and after hash); events are never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

import msgspec

from sellsy_ledger.core.documents import Document, SupportingDocument
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty

__all__ = ["Change", "DocumentRecord", "Event", "Posting", "Register"]


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """One booking attempt's memory. ``entry_id`` is the tool's id once known; ``attempts`` counts writes begun."""

    posting_key: str
    payload_hash: str
    attempts: int = 0
    entry_id: str = ""
    ledger_entry_id: str = ""
    draft: bool = False
    pdf_sha256: str = ""
    started_at: datetime | None = None
    posted_at: datetime | None = None
    verified_at: datetime | None = None


class DocumentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One document of one company, with all that the steps have stored so far (None = not yet)."""

    company: str
    key: str
    state: State
    reason: Reason | None = None
    detail: str = ""
    fingerprint: str = ""
    document: Document
    third_party: ThirdParty | None = None
    ledger_third_party: LedgerThirdParty | None = None
    supporting_document: SupportingDocument | None = None
    entry: JournalEntry | None = None
    posting: Posting | None = None
    first_seen_at: datetime | None = None
    updated_at: datetime | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a step wants stored for one document; UNSET fields stay as they are. ``note`` goes into the event."""

    key: str
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


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the append-only journal."""

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


class Register:
    """Open with :meth:`open`; safe to use from several processes (one engine per process)."""

    @classmethod
    def open(cls, url: str) -> Register:
        """Connect and bring the schema up to date (Alembic, guarded so that two processes do not migrate at once).

        Raises:
            TryLater: the database is busy or unreachable.
            ConfigurationError: the URL is not usable.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Give the connections back."""
        raise NotImplementedError

    # -- settings ------------------------------------------------------------------------------------------------
    def record_settings(self, company: str, settings_json: str, *, who: str) -> int:
        """Store a dated version when it differs from the last one; returns the version number."""
        raise NotImplementedError

    # -- documents -----------------------------------------------------------------------------------------------
    def record_seen(
        self, company: str, documents: Iterable[tuple[Document, ThirdParty | None, str]], *, who: str
    ) -> list[str]:
        """Insert documents (with fingerprint) not yet known as ``seen``; refresh the stored content of those not yet
        posted. A posted one whose fingerprint changed becomes ``changed_after_posting``.

        Returns:
            The keys that were new.
        """
        raise NotImplementedError

    def load(self, company: str, keys: Sequence[str]) -> list[DocumentRecord]:
        """The records of ``keys`` (unknown keys are left out), in the order of ``keys``."""
        raise NotImplementedError

    def select(
        self,
        company: str,
        *,
        states: Sequence[State] | None = None,
        dated_from: date | None = None,
        dated_to: date | None = None,
        numbers: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> list[str]:
        """Keys matching all the given filters, ordered by document date then key."""
        raise NotImplementedError

    def apply(self, company: str, changes: Iterable[Change], *, who: str) -> None:
        """Store a batch of changes and their events in one transaction.

        Raises:
            InvariantBroken: a transition that ``register.states`` forbids (nothing of the batch is stored).
        """
        raise NotImplementedError

    def counts(self, company: str) -> dict[tuple[State, Reason | None], int]:
        """How many documents stand in each state, by reason."""
        raise NotImplementedError

    def events(self, company: str, key: str) -> list[Event]:
        """The story of one document, oldest first."""
        raise NotImplementedError

    # -- posting -------------------------------------------------------------------------------------------------
    def begin_posting(
        self, company: str, key: str, *, posting_key: str, payload_hash: str, draft: bool, who: str
    ) -> Posting:
        """The intent, in one commit, before any write: state ``posting``, attempts + 1.

        Returns:
            The posting as stored; ``attempts == 1`` means that this is provably the first try.

        Raises:
            PostingConflict: the posting key already belongs to another document of the company.
        """
        raise NotImplementedError

    # -- batches -------------------------------------------------------------------------------------------------
    def store_batches(self, company: str, run_id: str, batches: Sequence[Sequence[str]]) -> list[str]:
        """Store the run's batches of document keys; returns batch keys (safe for XCom). Same run → replaced."""
        raise NotImplementedError

    def batch(self, batch_key: str) -> list[str]:
        """Document keys of a batch."""
        raise NotImplementedError

    # -- third-party links ---------------------------------------------------------------------------------------
    def third_party_link(self, company: str, third_party_key: str) -> LedgerThirdParty | None:
        """The stored link, or None."""
        raise NotImplementedError

    def store_third_party_link(self, company: str, third_party_key: str, link: LedgerThirdParty, *, who: str) -> None:
        """Store what the tool gave back."""
        raise NotImplementedError

    # -- notes (small per-company facts: cursors, discovered joins, ledger snapshot) ------------------------------
    def note(self, company: str, name: str) -> str | None:
        """A small stored fact (JSON text), or None."""
        raise NotImplementedError

    def store_note(self, company: str, name: str, value: str) -> None:
        """Store a small fact."""
        raise NotImplementedError

    # -- lease ---------------------------------------------------------------------------------------------------
    @contextmanager
    def lease(self, company: str, *, holder: str, seconds: float = 3600.0) -> Iterator[None]:
        """Hold the company alone; ``holder`` is the run id, and the same holder may take it again (tasks of one run).

        The lease of a run lives across its tasks: :meth:`take_lease` / :meth:`free_lease` are what tasks use.

        Raises:
            LeaseHeld: someone else holds it and it has not expired.
        """
        raise NotImplementedError
        yield

    def take_lease(self, company: str, *, holder: str, seconds: float = 3600.0) -> None:
        """Take or prolong the lease. Raises LeaseHeld."""
        raise NotImplementedError

    def free_lease(self, company: str, *, holder: str) -> None:
        """Give the lease back; nothing happens when somebody else holds it by now."""
        raise NotImplementedError
