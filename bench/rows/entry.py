"""Row 3: Sellsy bytes to a validated, balanced entry. Floor: typed decoding and the sums; peer: pydantic's decoding."""

from __future__ import annotations

from bench.measure import Measure, Options, interleaved, per_item
from bench.peers.sellsy_pydantic import Invoice
from bench.samples import CAPABILITIES, LEDGER, TAXES, company_settings, customer, invoice
from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.money import parse_decimal
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.sources.sellsy.objects import parse_document
from sellsy_ledger.sources.sellsy.wire import sale_decoder

__all__ = ["measure"]


def measure(options: Options) -> list[Measure]:
    """Two lines: beside the floor, and beside pydantic."""
    bodies = [invoice(position) for position in range(options.times(400))]
    journaliser = Journaliser(company_settings(), LedgerIndex(LEDGER), CAPABILITIES)
    buyer = customer(7001)

    def product(body: bytes) -> None:
        outcome = journaliser(parse_document(Kind.SALES_INVOICE, body, TAXES), buyer)
        assert outcome.state is State.READY, outcome

    def floor(body: bytes) -> None:
        found = sale_decoder.decode(body)
        sum(parse_decimal(row.amount_tax_exc) for row in found.rows or () if row.amount_tax_exc is not None)

    sides = (
        per_item(product, bodies),
        per_item(floor, bodies),
        per_item(Invoice.model_validate_json, bodies),
    )
    ours, least, pydantic = (
        1e6 * seconds / len(bodies) for seconds in interleaved(*sides, rounds=options.times(31, least=3))
    )
    what = "Sellsy bytes → validated balanced entry, 5 rows, 2 rates"
    return [
        Measure(3, what, "µs", ours, 60, peer="floor: msgspec decode + sums", peer_measured=least),
        Measure(3, "the same beside pydantic's decoding alone", "µs", ours, peer="pydantic", peer_measured=pydantic),
    ]
