"""Row 12: ten thousand entries written as each import file, and the memory that takes: it must not grow.

Floor: the lines of the same entries joined with tabs, as they are, without looking at any value.
"""

from __future__ import annotations

import datetime as dt
import time
import tracemalloc
from collections import deque
from collections.abc import Iterable, Iterator

from bench.measure import Measure, Options
from bench.samples import LEDGER
from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.formats import catalogue
from sellsy_ledger.formats.base import FileEntry, file_bytes

__all__ = ["measure"]

LIMIT_SECONDS = 5
FLAT = 1.25
CUSTOMERS = 500
DAY = dt.date(2026, 1, 1)


def measure(options: Options) -> list[Measure]:
    """One line a format, then the peak of what they allocate, for few and for many entries."""
    count = options.times(10_000, least=100)
    index = LedgerIndex(LEDGER)
    floor = _seconds(_floor(count))
    found = []
    for name in catalogue.NAMES:
        seconds = _seconds(file_bytes(catalogue.load(name), _entries(count), index))
        what = f"{count:,} entries of 5 lines as a {name} file"
        found.append(Measure(12, what, "s", seconds, LIMIT_SECONDS, peer="floor: join", peer_measured=floor))
    few, many = options.times(5_000, least=100), options.times(20_000, least=400)
    low, high = (max(_peak(name, size, index) for name in catalogue.NAMES) for size in (few, many))
    what = f"peak of what writing allocates, {many:,} entries, worst format"
    peer = f"{few:,} entries"
    return [*found, Measure(12, what, "MB", high, FLAT, of_peer=True, peer=peer, peer_measured=low)]


def _seconds(parts: Iterable[object]) -> float:
    start = time.perf_counter()
    deque(parts, maxlen=0)
    return time.perf_counter() - start


def _peak(name: str, count: int, index: LedgerIndex) -> float:
    """Megabytes. The caches of texts are part of it: they are bounded, and the smaller count fills them too."""
    tracemalloc.start()
    try:
        deque(file_bytes(catalogue.load(name), _entries(count), index), maxlen=0)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def _floor(count: int) -> Iterator[bytes]:
    for one in _entries(count):
        entry = one.entry
        for line in entry.lines:
            fields = (entry.journal, entry.number, line.account, line.label, line.debit_cents, line.credit_cents)
            yield "\t".join(map(str, fields)).encode()


def _entries(count: int) -> Iterator[FileEntry]:
    """The n-th is always the same; labels and numbers differ in every entry, as they do in life."""
    for position in range(count):
        customer = position % CUSTOMERS
        name = f"Société Générale {customer} & Fils"
        day = DAY + dt.timedelta(days=position % 300)
        lines = (
            _line("411000", 12_345 + position, 0, name, f"C{customer:06d}"),
            _line("706000", 0, 5_000 + position, f"Prestations d'été, dossier n° {position}"),
            _line("707000", 0, 5_768, f"Matériel livré, commande {position}"),
            _line("445710", 0, 1_000, "TVA 20 %"),
            _line("445712", 0, 577, "TVA 5,5 %"),
        )
        entry = JournalEntry(
            journal="VE",
            date=day,
            piece=f"F{position:07d}",
            number=f"F-26-{position:06d}",
            piece_date=day,
            due_date=day + dt.timedelta(days=30),
            lines=lines,
        )
        yield FileEntry(entry=entry, kind=Kind.SALES_INVOICE, third_party_name=name, pdf_name=f"{position:08d}.pdf")


def _line(account: str, debit: int, credit: int, label: str, auxiliary: str | None = None) -> EntryLine:
    return EntryLine(
        account=account,
        auxiliary_account=auxiliary,
        label=label,
        debit_cents=debit,
        credit_cents=credit,
        role=Role.THIRD_PARTY if auxiliary else Role.NET,
    )
