"""One company at work: everything a step needs, handed in (no step opens a connection itself)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sellsy_ledger.connectors.base import LedgerConnector
    from sellsy_ledger.core.settings import CompanySettings
    from sellsy_ledger.register.store import DocumentRecord, Register
    from sellsy_ledger.sources.sellsy.reader import SellsyReader

__all__ = ["Company", "DocumentStore", "Selection"]


class DocumentStore(Protocol):
    """Where PDFs live: a local folder or any object storage (Airflow's ObjectStoragePath)."""

    def put(self, path: str, body: bytes) -> None:
        """Store atomically under ``path`` (relative, safe); a same path with the same bytes is no error."""

    def get(self, path: str) -> bytes:
        """The bytes of ``path``. Raises FileNotFoundError."""

    def signed_url(self, path: str, seconds: int) -> str:
        """A link to ``path`` that works without credentials for ``seconds``; whoever has it can read the document.

        Raises:
            ConfigurationError: this kind of store cannot sign links.
        """


@dataclass(frozen=True)
class Selection:
    """Which documents a run takes.

    Scheduled runs: ``dated_from`` = start date, everything not done. Backfill: the run's interval. Manual: Params.
    Both ends are document dates and both are included; an open end is None.
    ``retry``: ``waiting`` takes waiting documents too; ``all`` also those rejected or refused.
    ``preview``: stop before posting.
    """

    kind: str  # scheduled | backfill | manual
    dated_from: dt.date
    dated_to: dt.date | None = None
    numbers: tuple[str, ...] = ()
    retry: str = "waiting"
    preview: bool = False


@dataclass
class Company:
    """Settings, clients and stores of one company in one run.

    ``who`` signs the register's events (``sync__atelier/<run id>``). ``now`` is the clock (UTC-aware).
    """

    settings: CompanySettings
    sellsy: SellsyReader
    connector: LedgerConnector
    register: Register
    documents: DocumentStore
    who: str
    run_id: str
    now: Callable[[], dt.datetime] = field(default=lambda: dt.datetime.now(dt.UTC))

    @property
    def name(self) -> str:
        """The company's slug, which every row of the register carries."""
        return self.settings.company

    def posting_key(self, record: DocumentRecord) -> str:
        """``sellsy:<account>:<kind>:<id>``: the same for a document for ever, whatever run posts it. A correction has
        its label behind the id, and so a key of its own.
        """
        return f"sellsy:{self.sellsy.account}:{record.document.key}"
