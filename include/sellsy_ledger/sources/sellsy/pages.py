"""When a Sellsy listing goes on and when it is done. Pure; the client sends the requests.

V2 pages by seek offsets, V1 by page numbers, and both are believed with care: a listing that breaks off or repeats
itself is an error, because whatever it leaves out would be taken for "not accounted".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from sellsy_ledger.errors import TryLater

__all__ = [
    "PAGE_SIZE",
    "Listing",
    "Page",
    "Pagination",
    "V1Infos",
    "V1List",
    "listing_decoder",
    "next_number",
    "next_offset",
    "v1_items",
    "without_repeats",
]

PAGE_SIZE = 100


class Page(msgspec.Struct, frozen=True):
    """One page of a listing: its objects, not yet decoded, and how many the whole listing has (None = not told)."""

    items: list[msgspec.Raw]
    total: int | None


class Pagination(msgspec.Struct):
    """The envelope's word on a page: its real limit, the whole listing's size, where the next page begins."""

    limit: int | None = None
    total: int | None = None
    offset: str | int | None = None


class Listing(msgspec.Struct):
    """One V2 page; ``data`` is required, so that an error page is never read as an empty list."""

    data: list[msgspec.Raw] | dict[str, msgspec.Raw]
    pagination: Pagination | list[Any] | None = None


class V1Infos(msgspec.Struct):
    """V1's word on a page, numbers as text or not."""

    nbpages: int | str | None = None
    nbperpage: int | str | None = None


class V1List(msgspec.Struct):
    """One V1 page: an array, or an object keyed by id."""

    result: list[msgspec.Raw] | dict[str, msgspec.Raw]
    infos: V1Infos | list[Any] | None = None


listing_decoder = msgspec.json.Decoder(Listing)


def next_offset(path: str, pagination: Pagination, count: int, collected: int) -> str | None:
    """The next page's offset, None after the last page.

    A full page, or fewer objects than announced, means that there is more. A server that gives fewer a page than asked
    is obeyed rather than taken for done.
    """
    short = count < min(PAGE_SIZE, pagination.limit or PAGE_SIZE)
    announced = pagination.total or 0
    if count == 0:
        if collected == 0 and announced > 0:
            raise TryLater(f"Sellsy's {path} announced {announced} objects and gave none.", tool="sellsy")
        return None
    if short and collected >= announced:
        return None
    if pagination.offset in (None, "", 0):
        if collected < announced:
            raise TryLater(f"Sellsy's {path} broke off after {collected} of {announced} objects.", tool="sellsy")
        return None
    return str(pagination.offset)


def v1_items(found: list[msgspec.Raw] | dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    """The objects of a V1 page, without PHP's XML remnant."""
    if isinstance(found, list):
        return found
    return [value for key, value in found.items() if key != "_xml_childtag"]


def next_number(number: int, infos: V1Infos, count: int) -> int | None:
    """The next page's number, None after the last page; without a page count, a full page means more."""
    pages, size = _whole(infos.nbpages), _whole(infos.nbperpage)
    if count == 0:
        return None
    more = number < pages if pages is not None else count >= (size or PAGE_SIZE)
    return number + 1 if more else None


def _whole(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() else None


def without_repeats(pages: Iterator[list[msgspec.Raw]], method: str) -> Iterator[list[msgspec.Raw]]:
    """A server that ignores the page number would give the first page for ever."""
    before: bytes | None = None
    for page in pages:
        first = bytes(page[0]) if page else None
        if first is not None and first == before:
            raise TryLater(f"Sellsy's {method} gave the same page twice.", tool="sellsy")
        before = first
        yield page
