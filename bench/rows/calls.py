"""Row 7: requests to Sellsy per document, counted by the sandbox. PDFs are apart; the token and every probe count."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from bench.books import open_company
from bench.measure import Measure, Options
from bench.samples import company_settings
from bench.served import Served, served
from sellsy_ledger.core.settings import CompanySettings
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.pipeline.company import Selection
from sellsy_ledger.pipeline.fetch import fetch_invoices
from sellsy_ledger.sources.sellsy.reader import SellsyReader

__all__ = ["measure"]

START = "2025-10-01"


def measure(options: Options) -> list[Measure]:
    """One line per case, each beside the naive loop: the list, then every document by itself."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "papers.jsonl"
        data.write_text("\n".join(json.dumps(one) for one in _papers(options.times(600, least=100))), "utf-8")
        with served(data=data) as sandbox:
            count = sandbox.keep_plain()
            naive = _counted(sandbox, lambda: _naive(sandbox)) / count
            without = _counted(sandbox, lambda: _product(sandbox, Path(folder) / "a", "third_party")) / count
            rows = _counted(sandbox, lambda: _product(sandbox, Path(folder) / "b", "third_party_then_description"))
    shared: dict[str, Any] = {"peer": "naive loop", "peer_measured": naive, "note": f"{count} documents"}
    return [
        Measure(7, "Sellsy calls per document, entry needs no rows", "calls", without, 0.15, **shared),
        Measure(7, "Sellsy calls per document, labels need rows", "calls", rows / count, 1.1, **shared),
    ]


def _papers(count: int) -> Iterator[dict[str, Any]]:
    """Invoices of one rate and one row, in the shape of the sandbox's data file."""
    for position in range(count):
        net, vat = 100 + position, 20 + position / 5
        party = {"vat": None, "legal_id": None, "siret": None, "country": "FR"}
        yield {
            "source": {"repo": "", "commit": "", "path": "", "number": str(position)},
            "type": "invoice",
            "number": f"{position}",
            "issue_date": "2026-02-03",
            "currency": "EUR",
            "seller": {**party, "name": "Fournisseur"},
            "buyer": {**party, "name": f"Client {position % 40}"},
            "lines": [
                {
                    "label": f"Forfait {position}",
                    "quantity": "1",
                    "unit_price": f"{net}.00",
                    "price_base_quantity": None,
                    "net_amount": f"{net}.00",
                    "vat_rate": "20.00",
                    "vat_category": "S",
                }
            ],
            "allowances_charges": [],
            "vat_breakdown": [],
            "totals": {"net": f"{net}.00", "vat": f"{vat:.2f}", "gross": f"{net + vat:.2f}", "due": f"{net + vat:.2f}"},
        }


def _counted(sandbox: Served, work: Any) -> int:
    before = sandbox.calls().get("sellsy", 0)
    work()
    return sandbox.calls()["sellsy"] - before


def _product(sandbox: Served, folder: Path, label_style: str) -> None:
    """The whole fetch of a first night, through the pipeline."""
    folder.mkdir()
    reader = SellsyReader(sandbox.client(_Unhurried([(1_000_000, 1.0)])))
    company = open_company(_settings(label_style), reader, folder)
    fetch_invoices(company, Selection(kind="scheduled", dated_from=company.settings.start_date))
    company.register.close()


def _settings(label_style: str) -> CompanySettings:
    """Both of Sellsy's default accounts go to the company's own: only then does a journal line on one prove enough."""
    settings = company_settings(label_style=label_style, start_date=START)
    mappings = settings.mappings.model_copy(update={"account_overrides": {"707000": "706000"}})
    return settings.model_copy(update={"mappings": mappings})


class _Unhurried(Throttle):
    """Calls are counted here, not their pace: the account's own quotas are asked for and not waited for."""

    def set_limits(self, limits: list[tuple[int, float]]) -> None:
        super().set_limits([(1_000_000, seconds) for _, seconds in limits])


def _naive(sandbox: Served) -> None:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.token()}"
    address, offset = f"{sandbox.url}/sellsy/v2/invoices", None
    while True:
        asked = {"limit": "100", **({"offset": offset} if offset else {})}
        page = session.get(address, params=asked, timeout=30).json()
        for item in page["data"]:
            session.get(f"{address}/{item['id']}", timeout=30).raise_for_status()
        offset = page["pagination"].get("offset")
        if not offset or len(page["data"]) < 100:
            return
