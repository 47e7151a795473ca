"""The Sellsy accounts of the sandbox, three large and five small, and changes made at the source while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sellsy_ledger_sandbox.sellsy.account import Account, Filed, samples
from sellsy_ledger_sandbox.sellsy.oddities import add_deposits, add_oddities
from sellsy_ledger_sandbox.sellsy.papers import Row
from sellsy_ledger_sandbox.sellsy.render import purchase, sale

__all__ = ["CLIENTS", "build_accounts", "change"]

_SMALL: Final = ("demo-client-d", "demo-client-e", "demo-client-f", "demo-client-g", "demo-client-h")
CLIENTS: Final = ("demo-client", "demo-client-b", "demo-client-c", *_SMALL)
_DERIVED_SALE: Final = ("amounts", "taxes", "rows")
_DERIVED_PURCHASE: Final = [
    "rowsAmount",
    "totalAmountTaxesFree",
    "taxesAmountSum",
    "taxesAmountDetails",
    "totalAmount",
    "dueAmount",
    "map",
    "formatted_totalAmount",
]


def build_accounts(data: Path | None = None) -> dict[str, Account]:
    """Build the accounts anew, by API client.

    The first has every sample as a sale and a third of them as purchases; the second and third have slices; the small
    ones have about twenty documents each, in euros. Ids start at the same place in each: in Sellsy an id means nothing
    outside its account.
    """
    papers = [paper.re_rated() for paper in samples(data)]
    first = Account("demo-client", 1641, papers, papers[1::3])
    second = Account("demo-client-b", 1642, papers[1::2], papers[::3], purchase_join="linkedid")
    third = Account("demo-client-c", 1643, papers[2::4], papers[2::8], lists_credit_notes=False)
    for account in (first, second):
        add_deposits(account)
        add_oddities(account)
    add_deposits(third)
    euros = [paper for paper in papers if paper.currency == "EUR"]
    small = [Account(name, 1644 + place, euros[place::9], euros[place + 4 :: 25]) for place, name in enumerate(_SMALL)]
    return {account.name: account for account in (first, second, third, *small)}


def change(account: Account, filed: Filed, wanted: Mapping[str, Any]) -> None:
    """Change a document as a user of Sellsy would; its file links change with it.

    Args:
        account: Where the document is filed.
        filed: The document.
        wanted: Any of ``accounted`` (bool: send to accounting, or take it back), ``exported`` (bool), ``deleted``
            (true), ``pdf`` (``pdf``, ``html`` or ``none``), ``original`` (``[linkedtype, "id" | "linkedid"]`` or
            null), ``net`` (text: one row of this amount instead of all rows, VAT recomputed), ``fields`` (fields of
            the document to replace, merged one level deep).

    Raises:
        ValueError: When a key is unknown or an amount cannot be read.
    """
    unknown = set(wanted) - {"accounted", "exported", "deleted", "pdf", "original", "net", "fields"}
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    if wanted.get("deleted"):
        del account.documents[filed.kind, filed.id]
        return
    filed.revision += 1
    filed.accounted = bool(wanted.get("accounted", filed.accounted))
    filed.document.update(_accounted(filed))
    if "exported" in wanted:
        filed.booking = replace(filed.booking, exported=bool(wanted["exported"]))
    filed.pdf = str(wanted.get("pdf", filed.pdf))
    if "original" in wanted:
        filed.original = tuple(wanted["original"]) if wanted["original"] else None
    if "net" in wanted:
        _rewrite(filed, str(wanted["net"]))
    for name, value in (wanted.get("fields") or {}).items():
        old = filed.document.get(name)
        filed.document[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    account.book(filed)


def _accounted(filed: Filed) -> dict[str, Any]:
    if filed.booking.is_purchase:
        return {"recordable": "Y" if filed.accounted else "N"}
    return {"is_sent_to_accounting": filed.accounted}


def _rewrite(filed: Filed, net: str) -> None:
    """One row of the given amount, totals and VAT computed anew, everything else kept."""
    try:
        amount = Decimal(net)
    except ArithmeticError as error:
        raise ValueError(f"net must be an amount as text, not {net}") from error
    old: Row = filed.booking.paper.rows[0]
    row = replace(old, net=amount, quantity=Decimal(1), unit_price=amount)
    paper = replace(filed.booking.paper, rows=(row,)).recomputed()
    render, names = (purchase, _DERIVED_PURCHASE) if filed.booking.is_purchase else (sale, _DERIVED_SALE)
    fresh = render(paper, filed.id, filed.booking.third)
    filed.document.update({name: fresh[name] for name in names})
    filed.booking = replace(filed.booking, paper=paper)
