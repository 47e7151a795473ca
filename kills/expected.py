"""What the ledgers must hold: the same companies, in this process, beside a sandbox of its own, and nobody killed.

``python -m kills.expected <folder> <company>…`` writes ``<folder>/expected.json`` (it needs an Airflow home, which the
campaign's own process must not have).
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.contract.suite import transports
from tests.elastic_time import ElasticTime

from sellsy_ledger.register.pdf_store import LocalDocumentStore
from sellsy_ledger.register.store import Register
from sellsy_ledger_airflow.demo import accountant
from sellsy_ledger_airflow.demo.companies import COMPANIES, DemoCompany
from sellsy_ledger_airflow.demo.in_process import connect, night
from sellsy_ledger_airflow.demo.result import CompanyResult, collect, differences
from sellsy_ledger_sandbox.server import Sandbox
from sellsy_ledger_sandbox.storage import DAY_SECONDS, sign

__all__ = ["against", "file_of"]


class _Signing(LocalDocumentStore):
    """As the demo's object storage: it can sign."""

    def __init__(self, root: Path, url: str) -> None:
        super().__init__(root)
        self._url = url

    def signed_url(self, path: str, seconds: int) -> str:
        return sign(self._url, path, int(time.time()) + DAY_SECONDS)


def file_of(folder: Path) -> Path:
    """Where the expectation is written."""
    return folder / "expected.json"


def _undisturbed(demo: DemoCompany, folder: Path) -> CompanyResult:
    place = folder / "expected" / demo.company
    documents = place / "documents"
    with (
        Sandbox(quota=False, storage=documents) as sandbox,
        Register.open(f"sqlite:///{place}/register.db") as register,
    ):
        accountant.prepare(demo, place)

        def later() -> None:
            before = sandbox.world.time
            sandbox.world.time = lambda: before() + 60

        store = _Signing(documents, sandbox.url)
        for _ in range(2 if accountant.imports_files(demo) else 1):
            company = connect(demo, sandbox.url, place, register, store)
            elastic = ElasticTime()
            for transport in (*transports(company.sellsy), *transports(company.connector)):
                transport.throttle = elastic.throttle((1_000_000, 1.0))
                transport.sleep = elastic.sleep
            night(company, later=later)
            accountant.work(demo, sandbox.url, place)
        return collect(demo, register, accountant.witness(demo, sandbox.url))


def main(folder: Path, names: Sequence[str]) -> None:
    """Write what each company's ledger and register hold in the end."""
    expected = {}
    for demo in COMPANIES:
        if demo.company in names:
            result = _undisturbed(demo, folder)
            if gaps := differences(result):
                raise SystemExit(f"The undisturbed run of {demo.company} disagrees with itself: {gaps}")
            expected[demo.company] = _plain(result)
    file_of(folder).write_text(json.dumps(expected), encoding="utf-8")


def _plain(result: CompanyResult) -> dict[str, Any]:
    return {
        "entries": sorted([repr(signature), count] for signature, count in result.witnessed.items()),
        "read": result.read,
        "posted": result.posted,
        "waiting": {reason.value: count for reason, count in sorted(result.waiting.items())},
    }


def against(expected: Mapping[str, Any], result: CompanyResult) -> list[str]:
    """Where a company's result is not the expected one: entries lost or twice, documents lost, other reasons."""
    found = _plain(result)
    wanted, held = (Counter(dict(one["entries"])) for one in (expected, found))
    gaps = [f"lost: {count} × {entry}" for entry, count in sorted((wanted - held).items())]
    gaps += [f"too many: {count} × {entry}" for entry, count in sorted((held - wanted).items())]
    for name in ("read", "posted", "waiting"):
        if found[name] != expected[name]:
            gaps.append(f"{name}: {found[name]}, expected {expected[name]}")
    return [f"{result.name}: {gap}" for gap in gaps]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
