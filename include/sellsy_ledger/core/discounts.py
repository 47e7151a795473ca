"""The global discount of a document, spread over its rows.

Rows are before the global discount where the source says so; where the rows already add up to the document's net
amount there is nothing to spread. Shipping and packaging take no part of it. The spreading is one exact proportion,
so every VAT rate bears its share.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import NamedTuple

from sellsy_ledger.core.documents import Document, Row
from sellsy_ledger.core.money import cents_to_french, round_to_cents
from sellsy_ledger.core.outcomes import NotReady, Reason

__all__ = ["UNDISCOUNTED_TYPES", "Discount", "discount_to_spread"]

UNDISCOUNTED_TYPES = frozenset({"shipping", "packaging"})

_CENT = Decimal("0.01")


class Discount(NamedTuple):
    """``amount`` euros to take off rows that sum to ``base`` euros."""

    amount: Decimal
    base: Decimal

    def left_of(self, net: Decimal) -> Decimal:
        """What the discount leaves of the sum of some rows: 600 of a base of 1000 less 50 → 570."""
        # Half a cent decides a rounding: multiplied before divided, with digits enough for every exact result.
        with localcontext(prec=80):
            return net * (self.base - self.amount) / self.base


def discount_to_spread(document: Document, rows: tuple[Row, ...]) -> Discount | None:
    """The discount that the rows do not yet bear, or None.

    Its amount is what lies between the rows and the document's net amount, when the declared discount explains it.

    Raises:
        NotReady: ``amounts_do_not_close`` when it does not, naming both figures.
    """
    if not document.global_discount:
        return None
    total = sum((row.net for row in rows), Decimal(0))
    net = document.net_cents * _CENT
    tolerated = _CENT * max(1, len(rows) // 2)
    if abs(total - net) <= tolerated and abs(document.global_discount) > tolerated:
        return None
    difference = total - net
    if abs(abs(difference) - abs(document.global_discount)) > tolerated:
        left = round_to_cents(total) - round_to_cents(document.global_discount)
        raise NotReady(
            Reason.AMOUNTS_DO_NOT_CLOSE,
            f"lignes moins remise = {cents_to_french(left)}, total HT = {cents_to_french(document.net_cents)}",
        )
    base = sum((row.net for row in rows if row.type not in UNDISCOUNTED_TYPES), Decimal(0))
    if not base:
        return None
    return Discount(difference, base)
