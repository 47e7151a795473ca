"""Row 5: the client's CPU time per document fetched: limiter, retry and typed decode included.

The peer asks for the same documents one by one with a ``requests`` session and reads them with ``json``, without
limiter, retry or types. The sandbox runs in another process.
"""

from __future__ import annotations

import time
from typing import Any

import requests

from bench.measure import Measure, Options, interleaved
from bench.served import Served, served
from sellsy_ledger.core.documents import Document, Kind
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.sources.sellsy.reference import Reference
from sellsy_ledger.sources.sellsy.sales import fetch_sale

__all__ = ["measure"]

WIDE = [(1_000_000, 1.0), (10_000_000, 60.0)]
EMBEDS = [("embed[]", name) for name in ("company", "individual", "deposits", "discount_incl_taxes")]


def measure(options: Options) -> list[Measure]:
    """One line: document for document, one request each on both sides."""
    with served() as sandbox:
        wanted = [one["id"] for one in sandbox.documents() if one["kind"] == "invoice"][: options.times(150)]
        throttle = Throttle(WIDE)
        client = sandbox.client(throttle)
        reference = Reference(client)

        def product() -> list[Document]:
            return [fetch_sale(client, reference, Kind.SALES_INVOICE, identity)[0] for identity in wanted]

        session = _session(sandbox)

        def loop() -> list[Any]:
            address = f"{sandbox.url}/sellsy/v2/invoices"
            return [session.get(f"{address}/{identity}", params=EMBEDS, timeout=30).json() for identity in wanted]

        assert len(product()) == len(loop()) == len(wanted)
        # The client has asked for the account's real quotas by now: its waits are another row's business.
        throttle.set_limits(WIDE)
        ours, theirs = interleaved(product, loop, rounds=options.times(9, least=3), clock=time.process_time)
    per_document = 1e3 / len(wanted)
    return [
        Measure(
            5,
            "fetch CPU per document, limiter, retry and typed decode included",
            "ms",
            ours * per_document,
            0.4,
            of_peer=True,
            peer="requests session and json",
            peer_measured=theirs * per_document,
        )
    ]


def _session(sandbox: Served) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.token()}"
    return session
