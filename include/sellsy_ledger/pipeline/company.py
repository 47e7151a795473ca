"""One company at work: everything a step needs, handed in (no step opens a connection itself)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from sellsy_ledger.connectors.base import LedgerConnector
from sellsy_ledger.core.settings import CompanySettings
from sellsy_ledger.register.store import Register
from sellsy_ledger.sources.sellsy.reader import SellsyReader

__all__ = ["Company", "DocumentStore", "Selection"]


class DocumentStore(Protocol):
    """Where PDFs live: a local folder or any object storage (Airflow's ObjectStoragePath)."""

    def put(self, path: str, body: bytes) -> None:
        """Store atomically under ``path`` (relative, safe); a same path with the same bytes is no error."""

    def get(self, path: str) -> bytes:
        """The bytes of ``path``. Raises FileNotFoundError."""


@dataclass(frozen=True)
class Selection:
    """Which documents a run takes.

    Scheduled runs: ``dated_from`` = start date, everything not done. Backfill: the run's interval. Manual: Params.
    ``retry``: ``waiting`` takes waiting documents too; ``all`` also those rejected or refused.
    ``preview``: stop before posting.
    """

    kind: str  # scheduled | backfill | manual
    dated_from: date
    dated_to: date | None = None
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
    now: Callable[[], datetime] = field(default=lambda: datetime.now().astimezone())
