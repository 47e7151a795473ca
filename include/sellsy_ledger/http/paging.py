"""Walk an API's pages to the last one, and never in circles. Knows no API's way of naming a page."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from sellsy_ledger.errors import TryLater

__all__ = ["follow"]

Page = TypeVar("Page")
Cursor = TypeVar("Cursor", bound=Hashable)


def follow(
    first: Cursor, fetch: Callable[[Cursor], tuple[Page, Cursor | None]], *, what: str, max_pages: int = 100_000
) -> Iterator[Page]:
    """Yield page after page until ``fetch`` gives no next cursor.

    Args:
        first: the cursor of the first page.
        fetch: cursor → (page, next cursor, or None on the last page).
        what: what is being listed, for messages.
        max_pages: far more than any account has.

    Raises:
        TryLater: the API named a page that was already read, or never stops: the list cannot be trusted as complete.
    """
    seen: set[Cursor] = set()
    cursor: Cursor | None = first
    while cursor is not None:
        if cursor in seen or len(seen) >= max_pages:
            raise TryLater(f"The pages of {what} do not end: a page came again after {len(seen)} pages.")
        seen.add(cursor)
        page, cursor = fetch(cursor)
        yield page
