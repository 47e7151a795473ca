"""Row 10: peak memory from fetching to rounding, for few and for many generated documents: it must not grow."""

from __future__ import annotations

import datetime as dt
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.measure import Measure, Options

__all__ = ["measure", "run_documents"]

LIMIT_MB = 400
# Growth from few to many documents that still counts as flat: keys are kept, documents are not.
FLAT = 1.25
PDF_BYTES = 4_000
PAGE = 100


def measure(options: Options) -> list[Measure]:
    """Peak resident memory of a process of its own for each size."""
    few, many = (2_000, 5_000) if options.quick else (2_000, 20_000)
    (low, seconds_low), (high, seconds_high) = _in_own_process(few), _in_own_process(many)
    what = f"peak memory, fetch to rounding, {many:,} documents"
    pace = f"{1e3 * seconds_high / many:.1f} ms per document, {1e3 * seconds_low / few:.1f} with {few:,}"
    return [
        Measure(10, what, "MB", high, LIMIT_MB, peer=f"{few:,} documents", peer_measured=low, note=pace),
        Measure(10, "the same: flat", "MB", high, FLAT, of_peer=True, peer=f"{few:,} documents", peer_measured=low),
    ]


def _in_own_process(count: int) -> tuple[float, float]:
    code = f"from bench.rows.memory import run_documents; print(*run_documents({count}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    peak, seconds = done.stdout.split()
    return float(peak), float(seconds)


def run_documents(count: int) -> tuple[float, float]:
    """Peak memory in megabytes and seconds of this process for ``count`` documents."""
    from bench.books import open_company, prepare
    from bench.samples import company_settings

    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        company = open_company(company_settings(), _Reader(count), Path(folder))
        done = prepare(company)
        company.register.close()
    assert done == count, f"{done} of {count} documents became ready"
    # Linux counts kilobytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.perf_counter() - start


class _Reader:
    """A Sellsy account that makes its documents while it is read; they are decoded by the product's own reader."""

    account = "4242"

    def __init__(self, count: int) -> None:
        self.count = count
        self.problems: list[Any] = []

    def reference(self) -> Any:
        return SimpleNamespace(taxes={}, accounting_codes={}, default_accounts=frozenset(), deposit_account=None)

    def accounting_mark(self, *_window: object) -> None:
        return None

    def accounted(self, _directions: object, dated_from: dt.date, dated_to: dt.date | None) -> Iterator[list[Any]]:
        for first in range(0, self.count, PAGE):
            yield [self._one(position) for position in range(first, min(first + PAGE, self.count))]

    def supporting_document(self, document: Any) -> Any:
        head = f"%PDF-1.7\n%{document.key}\n".encode()
        return SimpleNamespace(body=head.ljust(PDF_BYTES, b" "), file_name=f"{document.number}.pdf", origin="original")

    def third_parties(self, documents: Iterable[Any]) -> dict[str, Any]:
        return {document.key: self._buyer(document) for document in documents}

    def _one(self, position: int) -> tuple[Any, Any]:
        from bench.samples import TAXES, invoice
        from sellsy_ledger.core.documents import Kind
        from sellsy_ledger.sources.sellsy.objects import parse_document

        document = parse_document(Kind.SALES_INVOICE, invoice(position), TAXES)
        return document, self._buyer(document)

    @staticmethod
    def _buyer(document: Any) -> Any:
        from sellsy_ledger.core.documents import Direction
        from sellsy_ledger.core.third_parties import ThirdParty

        identity = document.third_party.id
        return ThirdParty(direction=Direction.SALES, type="company", id=identity, name=f"Client {identity}")
