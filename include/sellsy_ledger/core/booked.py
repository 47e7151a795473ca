"""One entry of the books, whoever made it: what a tool, or a FEC of the years before, shows of them."""

from __future__ import annotations

import datetime as dt

import msgspec

__all__ = ["BookedEntry"]


class BookedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the books, whoever made it: what tells whether a document is there already.

    ``third_party_account`` is the auxiliary account of its third-party line (or the account itself where a tool keeps
    the auxiliary in the account), ``third_party_name`` its label; ``gross_cents`` is the debit of that line minus its
    credit. ``numbers`` are all the texts in which the document's number may stand: piece, reference, invoice number,
    labels, as the tool holds them. ``key`` is our posting key or mark, where the tool shows one.
    """

    entry_id: str
    journal: str
    date: dt.date
    piece_date: dt.date | None = None
    third_party_account: str
    third_party_name: str = ""
    third_party_ids: tuple[str, ...] = ()
    gross_cents: int
    numbers: tuple[str, ...]
    key: str = ""
