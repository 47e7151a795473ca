"""The asset of a company's books: it changes when entries were posted, so that other DAGs can follow.

``post_entries`` emits it through an alias, and only in runs that posted something: a plain outlet would be emitted by
every successful task, the idle ones included.
"""

from __future__ import annotations

from airflow.sdk import Asset, AssetAlias

__all__ = ["books", "books_alias"]


def books(company: str, tool: str) -> Asset:
    """The asset to schedule on: ``x-sellsy-ledger://<tool>/<company>`` (``x-`` schemes need no provider)."""
    return Asset(name=f"sellsy_ledger__{company}", uri=f"x-sellsy-ledger://{tool}/{company}", group="sellsy_ledger")


def books_alias(company: str) -> AssetAlias:
    """The alias that ``post_entries`` declares as its outlet."""
    return AssetAlias(name=f"sellsy_ledger_posted__{company}", group="sellsy_ledger")
