"""Whether MyUnisoft holds an entry of ours already: by our key, by a second route, and by its content.

``/entry/id`` names one entry even where two carry the same key, and what it answers for none is not documented. So a
key that it names is searched for a twin among the entries of the journal's day, and one that it does not name is asked
for once more, before anything is called absent. Entries of the same content are told apart by the key that MyUnisoft
shows of each: an invoice, what takes it back and its new version have the same number, and often the same day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.myunisoft import mapper, reading
from sellsy_ledger.connectors.myunisoft.capabilities import CAPABILITIES
from sellsy_ledger.connectors.myunisoft.client import MyUnisoftClient
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.errors import PostingConflict, TryLater

__all__ = ["Held", "by_key", "find", "ids_of"]


class Held(NamedTuple):
    """An entry as ``/mad/entry`` gives it, and whether it is pending."""

    raw: dict[str, Any]
    draft: bool


def ids_of(client: MyUnisoftClient, request: PostingRequest) -> list[str]:
    """MyUnisoft's ids of the entries under our key."""
    found = client.entry_ids(mapper.origin_of(request.posting_key))
    return [str(each["id_entry"]) for each in found if _posting_key(each) in (None, request.posting_key)]


def _posting_key(named: Mapping[str, Any]) -> str | None:
    """The posting key in the free text that went with an entry; None where MyUnisoft does not give it back."""
    try:
        metadata = json.loads(str(named.get("json_metadata_partners") or ""))
    except ValueError:
        return None
    key = metadata.get("posting_key") if isinstance(metadata, dict) else None
    return key if isinstance(key, str) else None


def by_key(client: MyUnisoftClient, request: PostingRequest) -> Held | None:
    """The entry under our key, posted or pending: an accountant may have validated it since."""
    origin = mapper.origin_of(request.posting_key)
    for draft in (request.draft, not request.draft):
        raw = client.mad_entry(origin, draft=draft)
        if raw is not None and reading.partner_id_of(raw) in (None, origin):
            return Held(raw, draft)
    return None


def find(client: MyUnisoftClient, request: PostingRequest, index: LedgerIndex) -> Held | None:
    """The entry of this request; None when two routes say that there is none.

    Raises:
        PostingConflict: there are several; or one has exactly our content, and MyUnisoft does not tell whose it is.
        TryLater: MyUnisoft names an entry and does not give it.
    """
    ids = ids_of(client, request)
    held = by_key(client, request)
    twins = list(_twins(client, request, index, apart_from=ids))
    if len(ids) + len(twins) > 1 or (held is None and not ids and None in [key for key, _ in twins]):
        raise PostingConflict(
            f"MyUnisoft holds {len(ids) + len(twins)} entries like {request.posting_key}.", tool=CAPABILITIES.tool
        )
    held = held or next((twin for _, twin in twins), None)
    if held is None and ids:
        raise TryLater(f"MyUnisoft names entry {ids[0]} and does not give it.", tool=CAPABILITIES.tool)
    return held


def _twins(
    client: MyUnisoftClient, request: PostingRequest, index: LedgerIndex, apart_from: list[str]
) -> Iterator[tuple[str | None, Held | None]]:
    """The other entries of our journal and day with our number and lines that are ours, or may be: the key that
    MyUnisoft shows (None: it shows none), and the entry.
    """
    day, origin = request.entry.date, mapper.origin_of(request.posting_key)
    for draft in (False, True):
        for listed in client.entries(day, day, draft=draft, diary_code=request.entry.journal).entries:
            entry_id = str(listed.get("entry_id"))
            if entry_id in apart_from or not mapper.same_content(listed, request, index):
                continue
            raw = client.mad_entry(entry_id, draft=draft)
            if raw is not None and reading.posted_entry(raw, draft=draft).entry_id != entry_id:
                # Asked by the id of one, it gave another one, whose invoice number is that text.
                raw = None
            key = reading.partner_id_of(listed if raw is None else raw)
            if key in (None, origin):
                yield key, Held(raw, draft) if raw is not None else None
