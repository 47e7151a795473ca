"""Row 5: the client's CPU time per document fetched: limiter, retry and typed decode included.

The peer asks for the same documents one by one with a ``requests`` session and reads them with ``json``, without
limiter, retry or types. The sandbox runs in another process.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import requests

from bench.measure import Measure, Options, interleaved
from bench.served import Served, served
from sellsy_ledger.core.documents import Direction, Document, Kind
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.sources.sellsy.reader import SellsyReader
from sellsy_ledger.sources.sellsy.reference import Reference
from sellsy_ledger.sources.sellsy.sales import fetch_sale

__all__ = ["measure"]

FIRST_DAY = dt.date(2024, 1, 1)
WIDE = [(1_000_000, 1.0), (10_000_000, 60.0)]
EMBEDS = [("embed[]", name) for name in ("company", "individual", "deposits", "discount_incl_taxes")]


def measure(options: Options) -> list[Measure]:
    """Document for document with one request each on both sides; and as a night reads them, by lists and journal."""
    with served() as sandbox:
        count = sandbox.keep_plain()
        wanted = [one["id"] for one in sandbox.documents()]
        throttle = Throttle(WIDE)
        client = sandbox.client(throttle)
        reference = Reference(client)

        def one_by_one() -> list[Document]:
            return [fetch_sale(client, reference, Kind.SALES_INVOICE, identity)[0] for identity in wanted]

        def by_lists() -> int:
            pages = SellsyReader(client).accounted([Direction.SALES], FIRST_DAY, None)
            return sum(len(page) for page in pages)

        session = _session(sandbox)

        def loop() -> list[Any]:
            address = f"{sandbox.url}/sellsy/v2/invoices"
            return [session.get(f"{address}/{identity}", params=EMBEDS, timeout=30).json() for identity in wanted]

        assert len(one_by_one()) == len(loop()) == by_lists() == count
        # The client has asked for the account's real quotas by now: its waits are another row's business.
        throttle.set_limits(WIDE)
        rounds = options.times(15, least=3)
        alone, listed, theirs = (
            1e3 * seconds / count
            for seconds in interleaved(one_by_one, by_lists, loop, rounds=rounds, clock=time.process_time)
        )
    what = "fetch CPU per document, limiter, retry and typed decode included"
    shared: dict[str, Any] = {"of_peer": True, "peer": "requests session and json", "peer_measured": theirs}
    return [
        Measure(5, what, "ms", alone, 0.4, **shared, note="one request each"),
        Measure(5, "the same where lists and the journal suffice", "ms", listed, 0.4, **shared),
    ]


def _session(sandbox: Served) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.token()}"
    return session
