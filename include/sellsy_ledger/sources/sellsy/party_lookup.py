"""Finds the company or individual of documents whose listing did not bring it along, a hundred per call.

Purchases name their supplier by an id of the old API, whose relation to today's ids is documented nowhere: a found
object is believed only when its name or VAT number agrees with the purchase's own words; otherwise the supplier is
searched by name, and at last taken from those words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from unidecode import unidecode

from sellsy_ledger.core.documents import Direction, Document
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.sources.sellsy.client import PAGE_SIZE, SellsyClient
from sellsy_ledger.sources.sellsy.parties import parse_third_party, snapshot_of

__all__ = ["PartyLookup"]

_PATHS = {"company": "/companies/search", "individual": "/individuals/search"}
_EMBEDS = [("embed[]", "invoicing_address")]


class PartyLookup:
    """Third parties of one account, remembered during a run."""

    def __init__(self, client: SellsyClient) -> None:
        self._client = client
        self._known: dict[tuple[Direction, str, int], ThirdParty | None] = {}
        self._suppliers: dict[str, ThirdParty | None] = {}

    def of(self, documents: Sequence[Document]) -> dict[str, ThirdParty]:
        """Third party by ``document.key``; the document's own words where Sellsy has no object for it."""
        for direction in Direction:
            mine = [document for document in documents if document.kind.direction is direction]
            self._look_up(direction, "company", mine)
            # A purchase's old id does not say whether it is a company's or a person's.
            missing = [document for document in mine if self._believed(document) is None]
            self._look_up(direction, "individual", missing)
        return {document.key: self._best(document) for document in documents}

    def _look_up(self, direction: Direction, kind: str, documents: Iterable[Document]) -> None:
        wanted = sorted(
            {
                document.third_party.id
                for document in documents
                if document.third_party is not None
                and document.third_party.id is not None
                and (document.third_party.type == kind or direction is Direction.PURCHASES)
            }
        )
        unknown = [each for each in wanted if (direction, kind, each) not in self._known]
        for start in range(0, len(unknown), PAGE_SIZE):
            ids = unknown[start : start + PAGE_SIZE]
            self._known.update({(direction, kind, each): None for each in ids})
            for party in self._search(direction, kind, {"id": ids}):
                if party.id is not None:
                    self._known[direction, kind, party.id] = party

    def _search(self, direction: Direction, kind: str, filters: dict[str, Any]) -> Iterator[ThirdParty]:
        for page in self._client.pages(_PATHS[kind], _EMBEDS, filters=filters):
            for raw in page.items:
                try:
                    party = parse_third_party(direction, raw)
                except DocumentError:
                    # The document's own words stand in for an object that cannot be read.
                    continue
                yield msgspec.structs.replace(party, type=kind)

    def _believed(self, document: Document) -> ThirdParty | None:
        reference = document.third_party
        if reference is None or reference.id is None:
            return None
        direction = document.kind.direction
        kinds = _PATHS if direction is Direction.PURCHASES else (reference.type,)
        for kind in kinds:
            party = self._known.get((direction, kind, reference.id))
            if party is not None and (direction is Direction.SALES or _agrees(party, document)):
                return party
        return None

    def _best(self, document: Document) -> ThirdParty:
        found = self._believed(document)
        if found is None and document.kind.direction is Direction.PURCHASES:
            found = self._supplier_named(document)
        return found or snapshot_of(document)

    def _supplier_named(self, document: Document) -> ThirdParty | None:
        """The only supplier of exactly that name."""
        name = document.third_party_name
        if not name:
            return None
        if name not in self._suppliers:
            filters = {"name": name, "type": ["supplier"]}
            same = [
                party for party in self._search(Direction.PURCHASES, "company", filters) if _agrees(party, document)
            ]
            self._suppliers[name] = same[0] if len(same) == 1 else None
        return self._suppliers[name]


def _agrees(party: ThirdParty, document: Document) -> bool:
    """Same VAT number or same name, blanks and case apart; two different VAT numbers are two firms."""
    ours, theirs = _bare(party.vat_number), _bare(document.third_party_vat_number)
    if ours and theirs:
        return ours == theirs
    return bool(party.name) and _bare(party.name) == _bare(document.third_party_name)


def _bare(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", unidecode(text).upper())
