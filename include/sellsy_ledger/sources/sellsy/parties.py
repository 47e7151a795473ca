"""Sellsy's companies and individuals, decoded to third parties. Pure.

Identifiers stay as typed in Sellsy: whether they are valid is judged where they are matched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sellsy_ledger.core.documents import Direction, Document
from sellsy_ledger.core.third_parties import Address, ThirdParty
from sellsy_ledger.sources.sellsy.fields import UNDECODABLE, clean_text, unreadable
from sellsy_ledger.sources.sellsy.wire import Id

__all__ = ["parse_third_party", "snapshot_of"]

_Text = str | int | None


class _LegalFrance(msgspec.Struct):
    siret: _Text = None
    siren: _Text = None
    vat: _Text = None


class _Address(msgspec.Struct):
    address_line_1: _Text = None
    address_line_2: _Text = None
    postal_code: _Text = None
    city: _Text = None
    country_code: _Text = None


class _PartyEmbed(msgspec.Struct):
    invoicing_address: _Address | list[Any] | None = None


class _Party(msgspec.Struct):
    id: Id
    name: _Text = None
    first_name: _Text = None
    last_name: _Text = None
    email: _Text = None
    phone_number: _Text = None
    mobile_number: _Text = None
    legal_france: _LegalFrance | list[Any] | None = None
    reference: _Text = None
    auxiliary_code: _Text = None
    accounting_code_id: Id | None = None
    accounting_purchase_code_id: Id | None = None
    embed: _PartyEmbed | list[Any] | None = msgspec.field(name="_embed", default=None)


_decoder = msgspec.json.Decoder(_Party)


def parse_third_party(direction: Direction, data: bytes | msgspec.Raw | Mapping[str, Any]) -> ThirdParty:
    """Read a V2 company or individual.

    A person is told apart by its first or last name, which companies do not have.

    Raises:
        DocumentError: with reason ``document_unreadable`` when the object has no id or is malformed.
    """
    try:
        found = _decoder.decode(data if isinstance(data, bytes | msgspec.Raw) else msgspec.json.encode(data))
    except UNDECODABLE as error:
        problem, _, path = str(error).partition(" - at ")
        unreadable(f"third_party.{path.strip('`$.')}".rstrip("."), f"has the wrong type or shape ({problem})")
    return _third_party(direction, found)


def _third_party(direction: Direction, found: _Party) -> ThirdParty:
    legal = found.legal_france if isinstance(found.legal_france, _LegalFrance) else _LegalFrance()
    first, last = clean_text(found.first_name), clean_text(found.last_name)
    person = bool(first or last)
    embed = found.embed if isinstance(found.embed, _PartyEmbed) else _PartyEmbed()
    return ThirdParty(
        direction=direction,
        type="individual" if person else "company",
        id=found.id,
        name=clean_text(found.name) or f"{first} {last}".strip(),
        auxiliary_code=clean_text(found.auxiliary_code),
        siret=clean_text(legal.siret),
        siren=clean_text(legal.siren),
        vat_number=clean_text(legal.vat),
        email=clean_text(found.email),
        phone=clean_text(found.phone_number) or clean_text(found.mobile_number),
        first_name=first,
        last_name=last,
        reference=clean_text(found.reference),
        accounting_code_id=found.accounting_code_id,
        accounting_purchase_code_id=found.accounting_purchase_code_id,
        address=_address(embed.invoicing_address),
    )


def _address(found: object) -> Address:
    if not isinstance(found, _Address):
        return Address()
    lines = (clean_text(found.address_line_1), clean_text(found.address_line_2))
    return Address(
        line=" ".join(line for line in lines if line),
        postal_code=clean_text(found.postal_code),
        city=clean_text(found.city),
        country_code=clean_text(found.country_code).upper(),
    )


def snapshot_of(document: Document) -> ThirdParty:
    """The third party as printed on the document, when Sellsy has no object for it."""
    reference = document.third_party
    return ThirdParty(
        direction=document.kind.direction,
        type="snapshot",
        id=None,
        name=document.third_party_name or (f"tiers {reference.id}" if reference and reference.id else "tiers inconnu"),
        vat_number=document.third_party_vat_number,
    )
