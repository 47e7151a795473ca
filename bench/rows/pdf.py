"""Row 8: a PDF of 100 kB checked, hashed and written atomically. Floor: SHA-256, write aside, rename."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from bench.measure import Measure, Options, interleaved, per_item
from bench.samples import CAPABILITIES, TAXES, invoice
from sellsy_ledger.core.documents import Kind
from sellsy_ledger.pipeline.pdfs import store_pdf
from sellsy_ledger.register.pdf_store import LocalDocumentStore
from sellsy_ledger.sources.sellsy.objects import parse_document

__all__ = ["measure"]

SIZE = 100_000
MEMORY = Path("/dev/shm")


def measure(options: Options) -> list[Measure]:
    """One line on this machine's disk; one on a memory file system, which leaves the program's own part."""
    what = "PDF: hash, check, atomic write of 100 kB"
    lines = [_measured(what, None, options, limit=0.2)]
    if MEMORY.is_dir():
        lines.append(_measured("the same on a memory file system", MEMORY, options, limit=None))
    return lines


def _measured(what: str, where: Path | None, options: Options, *, limit: float | None) -> Measure:
    documents = [parse_document(Kind.SALES_INVOICE, invoice(position), TAXES) for position in range(50)]
    bodies = _bodies()
    with tempfile.TemporaryDirectory(dir=where) as folder:
        root = Path(folder)
        store = LocalDocumentStore(root / "product")
        connector = SimpleNamespace(capabilities=CAPABILITIES)
        company = cast(Any, SimpleNamespace(name="atelier", connector=connector, documents=store))
        (root / "floor").mkdir()

        def product(document: Any) -> None:
            store_pdf(company, document, next(bodies), file_name="F.pdf", origin="original")

        def floor(_document: Any) -> None:
            _write_plainly(root / "floor", next(bodies))

        sides = (per_item(product, documents), per_item(floor, documents))
        ours, least = (1e3 * each / len(documents) for each in interleaved(*sides, rounds=options.times(15, least=3)))
    return Measure(8, what, "ms", ours, limit, peer="floor: hash, write, rename", peer_measured=least)


def _bodies() -> Iterator[bytes]:
    """Never the same bytes twice: a store may skip what it already holds."""
    block = os.urandom(SIZE - 32)
    for number in count():
        yield b"%PDF-1.7\n" + f"{number:022d}\n".encode() + block


def _write_plainly(folder: Path, body: bytes) -> None:
    name = hashlib.sha256(body).hexdigest()
    aside = folder / ".part"
    aside.write_bytes(body)
    aside.replace(folder / f"{name}.pdf")
