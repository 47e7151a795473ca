"""The register: the product's memory of every document.

SQLite file by default, PostgreSQL by URL. Everything is batched. Each state change also appends an event (who, when,
what, before and after hash); events are never changed. It decides nothing about accounting: steps tell it what to
store, and it refuses what would let a document be posted twice or forgotten (:mod:`sellsy_ledger.register.states`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime

import msgspec
from sqlalchemy import and_, collate, func, select

from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.register import leases, tables
from sellsy_ledger.register.audit import broken_stories, lost_documents
from sellsy_ledger.register.booked import BookedMemory
from sellsy_ledger.register.changes import apply_change, begin_posting, resolve
from sellsy_ledger.register.codec import searched
from sellsy_ledger.register.corrections import Corrections
from sellsy_ledger.register.database import Database
from sellsy_ledger.register.migrate import ensure_schema
from sellsy_ledger.register.records import Change, DocumentRecord, Event, Posting, StoredProof
from sellsy_ledger.register.rows import StoredDocument, chunks, read_rows
from sellsy_ledger.register.seen import News, record_news
from sellsy_ledger.register.states import RESOLVABLE

__all__ = ["Change", "DocumentRecord", "Event", "Posting", "Register", "StoredProof"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Register(Corrections, BookedMemory):
    """Open with :meth:`open`; safe to use from several processes (one engine per process)."""

    @classmethod
    def open(cls, url: str, *, now: Callable[[], datetime] = _utc_now, busy_seconds: float = 30.0) -> Register:
        """Connect and bring the schema up to date (Alembic, guarded so that two processes do not migrate at once).

        Args:
            url: ``sqlite:////folder/register.db`` or ``postgresql://user:password@host/name``.
            now: the clock (zone-aware) that dates events and expires leases.
            busy_seconds: how long a writer waits for another one before it gives up.

        Raises:
            TryLater: the database is busy or unreachable.
            ConfigurationError: the URL is not usable.
        """
        database = Database(url, busy_seconds=busy_seconds)
        try:
            ensure_schema(database)
        except BaseException:
            database.engine.dispose()
            raise
        return cls(database, now)

    def close(self) -> None:
        """Give the connections back."""
        self._database.engine.dispose()

    def __enter__(self) -> Register:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    # -- documents -----------------------------------------------------------------------------------------------
    def record_seen(
        self, company: str, documents: Iterable[tuple[Document, ThirdParty | None, str]], *, who: str
    ) -> list[str]:
        """Insert documents (with fingerprint) not yet known as ``seen``; refresh the stored content of those not yet
        posted. A posted one whose fingerprint changed becomes ``changed_after_posting``.

        ``documents`` may be a stream that reads an API: it is taken in chunks of 500, each stored in a transaction
        of its own, none of them open while the stream is read. Repeating an interrupted call loses nothing.

        Returns:
            The keys that were new.
        """
        new: list[str] = []
        for chunk in chunks(documents):
            # The last word on a document that a page repeats.
            news = {document.key: News(document, party, mark) for document, party, mark in chunk}
            with self._writing(company, who) as (connection, writes):
                rows = read_rows(connection, company, list(news))
                new += [key for key, item in news.items() if record_news(writes, rows.get(key), item)]
        return new

    def load(self, company: str, keys: Sequence[str]) -> list[DocumentRecord]:
        """The records of ``keys`` (unknown keys are left out), in the order of ``keys``."""
        with self._database.reading() as connection:
            rows = read_rows(connection, company, keys)
        return [rows[key].record() for key in keys if key in rows]

    def records(self, company: str, keys: Sequence[str]) -> Iterator[DocumentRecord]:
        """As :meth:`load`, a few hundred at a time, for more documents than memory should hold."""
        for chunk in chunks(keys):
            yield from self.load(company, chunk)

    def select(
        self,
        company: str,
        *,
        states: Sequence[State] | None = None,
        reasons: Sequence[Reason] | None = None,
        dated_from: date | None = None,
        dated_to: date | None = None,
        numbers: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> list[str]:
        """Keys matching all the given filters (``dated_to`` included), ordered by document date then key."""
        document = tables.document
        statement = select(document.c.key).where(document.c.company == company)
        if states is not None:
            statement = statement.where(document.c.state.in_([state.value for state in states]))
        if reasons is not None:
            statement = statement.where(document.c.reason.in_([reason.value for reason in reasons]))
        if dated_from is not None:
            statement = statement.where(document.c.date >= dated_from)
        if dated_to is not None:
            statement = statement.where(document.c.date <= dated_to)
        if numbers is not None:
            statement = statement.where(document.c.number.in_([searched(number) for number in numbers]))
        # By bytes on both databases: PostgreSQL would follow the language of the server.
        key = document.c.key if self._database.is_sqlite else collate(document.c.key, "C")
        statement = statement.order_by(document.c.date, key).limit(limit)
        with self._database.reading() as connection:
            return list(connection.execute(statement).scalars())

    def same_pieces(self, company: str, keys: Sequence[str]) -> dict[str, list[str]]:
        """For each of ``keys`` whose entry's journal and piece number another document's entry has too: the others."""
        mine, other = tables.entry.alias("mine"), tables.entry.alias("other")
        same = and_(
            other.c.company == mine.c.company,
            other.c.piece == mine.c.piece,
            other.c.journal == mine.c.journal,
            other.c.key != mine.c.key,
        )
        found: dict[str, list[str]] = {}
        with self._database.reading() as connection:
            for chunk in chunks(keys):
                statement = select(mine.c.key, other.c.key).select_from(mine.join(other, same))
                statement = statement.where(mine.c.company == company, mine.c.key.in_(chunk)).order_by(other.c.key)
                for key, twin in connection.execute(statement):
                    found.setdefault(key, []).append(twin)
        return found

    def apply(self, company: str, changes: Iterable[Change], *, who: str) -> None:
        """Store a batch of changes and their events in one transaction.

        Raises:
            InvariantBroken: a transition that ``register.states`` forbids, or an unknown document (nothing of the
                batch is stored).
            PostingConflict: a posting key that belongs to another document (nothing of the batch is stored).
        """
        batch = list(changes)
        if not batch:
            return
        with self._writing(company, who) as (connection, writes):
            rows = read_rows(connection, company, list({change.key: None for change in batch}))
            for change in batch:
                apply_change(writes, _known(rows, change.key), change)

    def counts(self, company: str) -> dict[tuple[State, Reason | None], int]:
        """How many documents stand in each state, by reason."""
        document = tables.document
        statement = (
            select(document.c.state, document.c.reason, func.count())
            .where(document.c.company == company)
            .group_by(document.c.state, document.c.reason)
        )
        with self._database.reading() as connection:
            return {
                (State(state), Reason(reason) if reason else None): count
                for state, reason, count in connection.execute(statement)
            }

    def companies(self) -> list[str]:
        """Every company that has a document or settings here, in alphabetical order."""
        statement = select(tables.document.c.company).union(select(tables.company_version.c.company))
        with self._database.reading() as connection:
            return sorted(connection.execute(statement).scalars())

    def events(self, company: str, key: str) -> list[Event]:
        """The story of one document, oldest first (``key`` empty: the company's own: settings, leases)."""
        event = tables.event
        columns = [event.c[name] for name in Event.__struct_fields__]
        statement = select(*columns).where(event.c.company == company, event.c.key == key).order_by(event.c.id)
        with self._database.reading() as connection:
            return [Event(**row._mapping) for row in connection.execute(statement)]

    def audit(self, company: str) -> Iterator[str]:
        """Prove that the journal and the stored content still belong together: one sentence per document where they
        do not, because somebody wrote into the database by another way than this class.
        """
        for keys in chunks(self.select(company)):
            with self._database.reading() as connection:
                broken = broken_stories(connection, company, keys)
            yield from map(str, broken)
        with self._database.reading() as connection:
            gone = lost_documents(connection, company)
        yield from map(str, gone)

    # -- posting -------------------------------------------------------------------------------------------------
    def begin_posting(
        self,
        company: str,
        key: str,
        *,
        posting_key: str,
        payload_hash: str,
        draft: bool,
        who: str,
        holder: str | None = None,
        handle: str = "",
        way: str = "",
    ) -> Posting:
        """The intent, in one commit, before any write: state ``posting``, attempts + 1, and the batch (``handle``) that
        the entry is to go with, where it goes with one; ``way`` says how it goes (see :class:`Posting`).

        With ``holder`` (the run id), the intent is stored only while that run holds the company's lease: a run that
        was overtaken cannot begin anything.

        Returns:
            The posting as stored; ``attempts == 1`` means that this is provably the first try.

        Raises:
            PostingConflict: the posting key already belongs to another document.
            InvariantBroken: the document is unknown, not ready, already booked, or has another posting key.
            LeaseHeld: ``holder`` does not hold the lease any more.
        """
        with self._writing(company, who) as (connection, writes):
            if holder is not None:
                leases.check(connection, company, holder=holder, now=writes.now)
            row = _known(read_rows(connection, company, [key]), key)
            return begin_posting(
                writes, row, posting_key=posting_key, payload_hash=payload_hash, draft=draft, handle=handle, way=way
            )

    def resolve(
        self,
        company: str,
        key: str,
        *,
        entry_id: str | None,
        who: str,
        note: str = "",
        among: Collection[State] = RESOLVABLE,
    ) -> None:
        """Store a person's decision on a posting in doubt (``posting``, ``delivered``, ``outcome_unknown``,
        ``conflict``).

        ``entry_id`` is the tool's id of the entry found in the books (empty where it shows none) and makes the
        document ``posted``; None says that a person has looked and nothing was booked: ``ready`` again. ``among`` are
        the states that the person was shown it in: a run may have begun to post it since.

        Raises:
            InvariantBroken: the document is unknown, in another state, or nothing is in doubt.
        """
        with self._writing(company, who) as (connection, writes):
            row = _known(read_rows(connection, company, [key]), key)
            resolve(writes, row, entry_id=entry_id, note=note, among=among)

    def resolve_batch(
        self,
        company: str,
        handle: str,
        *,
        posted: bool,
        who: str,
        note: str = "",
        among: Collection[State] = RESOLVABLE,
    ) -> list[str]:
        """Store a person's decision on everything in doubt that was handed over as ``handle``, in one transaction.

        Returns:
            The keys decided on; documents of the batch that are in no doubt (booked, changed since) are left alone.
        """
        keys = self.by_handle(company, sorted(among)).get(handle, [])
        with self._writing(company, who) as (connection, writes):
            rows = read_rows(connection, company, keys)
            for key in keys:
                resolve(writes, rows[key], entry_id="" if posted else None, note=note, among=among)
        return keys

    def by_handle(self, company: str, states: Sequence[State]) -> dict[str, list[str]]:
        """Keys of the documents in ``states`` by what their hand-over is called; those without a name are left out.
        Ordered by document date, then key.
        """
        found: dict[str, list[str]] = {}
        for keys in chunks(self.select(company, states=states)):
            posting = tables.posting
            statement = select(posting.c.key, posting.c.content).where(
                posting.c.company == company, posting.c.key.in_(keys)
            )
            with self._database.reading() as connection:
                handles = {key: _HANDLE.decode(content).handle for key, content in connection.execute(statement)}
            for key in keys:
                if handles.get(key):
                    found.setdefault(handles[key], []).append(key)
        return found


class _Handle(msgspec.Struct):
    """The one field of a posting that a search by hand-over needs."""

    handle: str = ""


_HANDLE = msgspec.json.Decoder(_Handle)


def _known(rows: dict[str, StoredDocument], key: str) -> StoredDocument:
    try:
        return rows[key]
    except KeyError:
        raise InvariantBroken(f"The register knows no document {key}.") from None
