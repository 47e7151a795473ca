"""The register: the product's memory of every document.

SQLite file by default, PostgreSQL by URL. Everything is batched. Each state change also appends an event (who, when,
what, before and after hash); events are never changed. It decides nothing about accounting: steps tell it what to
store, and it refuses what would let a document be posted twice or forgotten (:mod:`sellsy_ledger.register.states`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, delete, func, insert, select

from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import ConfigurationError, InvariantBroken
from sellsy_ledger.register import leases, tables
from sellsy_ledger.register.changes import apply_change, begin_posting, resolve
from sellsy_ledger.register.codec import clean, decode, encode, hash_text
from sellsy_ledger.register.database import Database
from sellsy_ledger.register.migrate import ensure_schema
from sellsy_ledger.register.records import Change, DocumentRecord, Event, Posting, StoredProof
from sellsy_ledger.register.rows import StoredDocument, WriteSet, chunks, insert_or_replace, read_rows
from sellsy_ledger.register.seen import News, record_news

__all__ = ["Change", "DocumentRecord", "Event", "Posting", "Register", "StoredProof"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Register:
    """Open with :meth:`open`; safe to use from several processes (one engine per process)."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

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

    @contextmanager
    def _writing(self, company: str, who: str) -> Iterator[tuple[Connection, WriteSet]]:
        """One transaction; what the caller put into the write set is flushed at its end."""
        with self._database.writing(company) as connection:
            writes = WriteSet(company, who=who, now=self._now())
            yield connection, writes
            writes.flush(connection)

    # -- settings ------------------------------------------------------------------------------------------------
    def record_settings(self, company: str, settings_json: str, *, who: str) -> int:
        """Store a dated version when it differs from the last one; returns the version number."""
        with self._writing(company, who) as (connection, writes):
            last = self._last_settings(connection, company)
            if last is not None and last.settings == settings_json:
                return int(last.version)
            version = 1 if last is None else int(last.version) + 1
            values = {"company": company, "version": version, "settings": settings_json}
            connection.execute(insert(tables.company_version), {**values, "who": writes.who, "at": writes.now})
            before = hash_text(last.settings) if last is not None else ""
            writes.add_event("", "settings_recorded", "", None, f"version {version}", before, hash_text(settings_json))
            return version

    def settings(self, company: str) -> tuple[int, str] | None:
        """Number and JSON text of the last version stored, or None."""
        with self._database.reading() as connection:
            last = self._last_settings(connection, company)
            return None if last is None else (int(last.version), str(last.settings))

    @staticmethod
    def _last_settings(connection: Connection, company: str) -> Any:
        versions = tables.company_version
        statement = select(versions).where(versions.c.company == company).order_by(versions.c.version.desc()).limit(1)
        return connection.execute(statement).first()

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
            statement = statement.where(document.c.number.in_([clean(number) for number in numbers]))
        statement = statement.order_by(document.c.date, document.c.key).limit(limit)
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
    ) -> Posting:
        """The intent, in one commit, before any write: state ``posting``, attempts + 1.

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
            return begin_posting(writes, row, posting_key=posting_key, payload_hash=payload_hash, draft=draft)

    def resolve(self, company: str, key: str, *, entry_id: str | None, who: str, note: str = "") -> None:
        """Store a person's decision on a posting in doubt (``posting``, ``outcome_unknown``, ``conflict``).

        ``entry_id`` is the tool's id of the entry found in the books (empty where it shows none) and makes the
        document ``posted``; None says that a person has looked and nothing was booked: ``ready`` again.

        Raises:
            InvariantBroken: the document is unknown or nothing is in doubt.
        """
        with self._writing(company, who) as (connection, writes):
            resolve(writes, _known(read_rows(connection, company, [key]), key), entry_id=entry_id, note=note)

    # -- batches -------------------------------------------------------------------------------------------------
    def store_batches(self, company: str, run_id: str, batches: Sequence[Sequence[str]]) -> list[str]:
        """Store the run's batches of document keys; returns batch keys (safe for XCom). Same run → replaced.

        A batch key says nothing of its content; it is the same when the same run stores its batches again, so that
        a repeated task hands on keys that are still good.
        """
        table = tables.batch
        rows = [
            {
                "batch_key": hash_text(msgspec.json.encode([company, run_id, position]).decode())[:24],
                "company": company,
                "run_id": run_id,
                "position": position,
                "keys": msgspec.json.encode(list(keys)).decode(),
            }
            for position, keys in enumerate(batches)
        ]
        with self._database.writing(company) as connection:
            connection.execute(delete(table).where(table.c.company == company, table.c.run_id == run_id))
            insert_or_replace(connection, table, rows)
        return [str(row["batch_key"]) for row in rows]

    def batch(self, batch_key: str) -> list[str]:
        """Document keys of a batch.

        Raises:
            ConfigurationError: this register holds no such batch.
        """
        with self._database.reading() as connection:
            keys = connection.execute(
                select(tables.batch.c["keys"]).where(tables.batch.c.batch_key == batch_key)
            ).scalar()
        if keys is None:
            raise ConfigurationError(
                f"The register {self._database.name} has no batch {batch_key}.",
                action="Clear fetch_invoices so that the run makes its batches again.",
            )
        return msgspec.json.decode(keys, type=list[str])

    # -- third-party links ---------------------------------------------------------------------------------------
    def third_party_link(self, company: str, third_party_key: str) -> LedgerThirdParty | None:
        """The stored link, or None."""
        return self.third_party_links(company, [third_party_key]).get(third_party_key)

    def third_party_links(self, company: str, third_party_keys: Sequence[str]) -> dict[str, LedgerThirdParty]:
        """The stored links of a batch, by third-party key."""
        table = tables.third_party_link
        found: dict[str, LedgerThirdParty] = {}
        with self._database.reading() as connection:
            for chunk in chunks(clean(key) for key in third_party_keys):
                statement = select(table.c.third_party_key, table.c.content).where(
                    table.c.company == company, table.c.third_party_key.in_(chunk)
                )
                found |= {key: decode(LedgerThirdParty, content) for key, content in connection.execute(statement)}
        return found

    def store_third_party_link(self, company: str, third_party_key: str, link: LedgerThirdParty, *, who: str) -> None:
        """Store what the tool gave back; a link that is already so leaves no trace."""
        key, content = clean(third_party_key), encode(link)
        before = self.third_party_link(company, key)
        if before == link:
            return
        with self._writing(company, who) as (connection, writes):
            row = {
                "company": company,
                "third_party_key": key,
                "auxiliary_account": clean(link.auxiliary_account),
                "content": content,
                "who": writes.who,
                "at": writes.now,
            }
            insert_or_replace(connection, tables.third_party_link, [row])
            hash_before = hash_text(encode(before)) if before else ""
            writes.add_event(
                key, "third_party_linked", "", None, link.auxiliary_account, hash_before, hash_text(content)
            )

    # -- notes (small per-company facts: cursors, discovered joins, ledger snapshot) ------------------------------
    def note(self, company: str, name: str) -> str | None:
        """A small stored fact (JSON text), or None."""
        table = tables.note
        with self._database.reading() as connection:
            value: str | None = connection.execute(
                select(table.c.value).where(table.c.company == company, table.c.name == name)
            ).scalar()
            return value

    def store_note(self, company: str, name: str, value: str) -> None:
        """Store a small fact."""
        row = {"company": company, "name": name, "value": clean(value), "updated_at": self._now()}
        with self._database.writing(company) as connection:
            insert_or_replace(connection, tables.note, [row])

    # -- proofs --------------------------------------------------------------------------------------------------
    def store_proof(self, company: str, period: str, *, level: str, content: str, who: str) -> None:
        """Store the proof of a period (``2026-01``), in place of an earlier one; ``content`` is its JSON text."""
        with self._writing(company, who) as (connection, writes):
            row = {"company": company, "period": period, "level": level, "content": content}
            insert_or_replace(connection, tables.proof, [{**row, "who": writes.who, "at": writes.now}])
            writes.add_event("", "proved", "", None, f"{period} {level}", "", hash_text(content))

    def proofs(self, company: str) -> list[StoredProof]:
        """The proofs stored, by period."""
        table = tables.proof
        statement = select(table).where(table.c.company == company).order_by(table.c.period)
        with self._database.reading() as connection:
            return [StoredProof(**row._mapping) for row in connection.execute(statement)]

    # -- lease ---------------------------------------------------------------------------------------------------
    @contextmanager
    def lease(self, company: str, *, holder: str, seconds: float = 3600.0) -> Iterator[None]:
        """Hold the company alone; ``holder`` is the run id, and the same holder may take it again (tasks of one run).

        The lease of a run lives across its tasks: :meth:`take_lease` / :meth:`free_lease` are what tasks use.

        Raises:
            LeaseHeld: someone else holds it and it has not expired.
        """
        self.take_lease(company, holder=holder, seconds=seconds)
        try:
            yield
        finally:
            self.free_lease(company, holder=holder)

    def take_lease(self, company: str, *, holder: str, seconds: float = 3600.0) -> None:
        """Take or prolong the lease; taking over an expired one leaves an event. Raises LeaseHeld."""
        with self._writing(company, holder) as (connection, writes):
            robbed = leases.take(connection, company, holder=holder, seconds=seconds, now=writes.now)
            if robbed is not None:
                writes.add_event("", "lease_taken_over", "", None, f"expired lease of {robbed}", "", "")

    def free_lease(self, company: str, *, holder: str) -> None:
        """Give the lease back; nothing happens when somebody else holds it by now."""
        with self._database.writing(company) as connection:
            leases.free(connection, company, holder=holder)


def _known(rows: dict[str, StoredDocument], key: str) -> StoredDocument:
    try:
        return rows[key]
    except KeyError:
        raise InvariantBroken(f"The register knows no document {key}.") from None
