"""What the register remembers of a company besides its documents: settings, links, notes, proofs, batches, lease."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger.register import leases, restored, tables
from sellsy_ledger.register.codec import clean, decode, encode, hash_text, searched
from sellsy_ledger.register.database import Database
from sellsy_ledger.register.records import StoredProof
from sellsy_ledger.register.restored import Restored
from sellsy_ledger.register.rows import WriteSet, chunks, insert_or_replace

__all__ = ["CompanyMemory"]


class CompanyMemory:
    """The part of :class:`~sellsy_ledger.register.store.Register` that knows no document."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

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
            for chunk in chunks(third_party_keys):
                stored_as = {searched(key): key for key in chunk}
                statement = select(table.c.third_party_key, table.c.content).where(
                    table.c.company == company, table.c.third_party_key.in_(list(stored_as))
                )
                for key, content in connection.execute(statement):
                    found[stored_as[key]] = decode(LedgerThirdParty, content)
        return found

    def store_third_party_link(self, company: str, third_party_key: str, link: LedgerThirdParty, *, who: str) -> None:
        """Store what the tool gave back; a link that is already so leaves no trace."""
        key, content = searched(third_party_key), encode(link)
        before = self.third_party_link(company, third_party_key)
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

    # -- restored from a copy ------------------------------------------------------------------------------------
    def restored(self, company: str) -> Restored | None:
        """When this register was last restored from a copy, and how far ``company`` has caught up; None = never."""
        with self._database.reading() as connection:
            return restored.read(connection, company)

    def note_restored(self, *, who: str, note: str) -> None:
        """From now on documents are looked for in the tools before they are posted (see :class:`Restored`)."""
        with self._writing(restored.EVERY_COMPANY, who) as (connection, writes):
            restored.mark(connection, writes, note)

    def forget_restored(self, *, who: str, note: str) -> bool:
        """A person says that nothing was posted since the copy was taken; returns whether anything was noted."""
        with self._writing(restored.EVERY_COMPANY, who) as (connection, writes):
            return restored.unmark(connection, writes, note)

    def note_caught_up(self, company: str) -> None:
        """Every document that Sellsy lists for ``company`` has been recorded since the restore."""
        known = self.restored(company)
        if known is not None and known.caught_up_at is None:
            self.store_note(company, restored.CAUGHT_UP, restored.caught_up(known, self._now()))

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

    def check_lease(self, company: str, *, holder: str, seconds: float) -> None:
        """Let pass who holds the lease for ``seconds`` more at least; nothing is stored. Raises LeaseHeld."""
        with self._database.reading() as connection:
            leases.check(connection, company, holder=holder, now=self._now(), seconds=seconds)

    def free_lease(self, company: str, *, holder: str) -> None:
        """Give the lease back; nothing happens when somebody else holds it by now."""
        with self._database.writing(company) as connection:
            leases.free(connection, company, holder=holder)
