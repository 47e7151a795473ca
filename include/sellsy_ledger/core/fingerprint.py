"""Stable hashes: of a document's accounting content, and of what is about to be sent.

The fingerprint covers what a list entry and a detail read both tell, so that one document has one fingerprint however
it was read. Status, remaining due, payments and links move without any accounting change and take no part; rows take
no part because lists do not have them (the payload hash binds them).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from sellsy_ledger.core.documents import Document

__all__ = ["fingerprint", "payload_hash"]


def _plain(rate: Decimal) -> str:
    """20.000000000 and 20 are one rate."""
    return str(rate.normalize())


def fingerprint(document: Document) -> str:
    """SHA-256 (hex) of the accounting content: identity, dates, currency, totals, VAT per tax and its
    exigibility, third party.
    """
    party = document.third_party
    content = (
        document.kind.value,
        document.id,
        document.number,
        document.date,
        document.due_date,
        document.currency,
        document.gross_cents,
        document.net_cents,
        sorted((str(amount.tax_id), _plain(amount.rate), amount.vat_cents) for amount in document.vat),
        document.vat_due_on,
        document.is_deposit,
        (party.type, party.id) if party is not None else document.third_party_name,
    )
    return sha256(msgspec.json.encode(content)).hexdigest()


def payload_hash(payload: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical JSON of a request body: keys sorted, no spaces."""
    return sha256(msgspec.json.encode(payload, order="sorted")).hexdigest()
