"""Third parties: Sellsy's customer or supplier → the body that creates it, and Chift's → ours; created once.

Chift wants a name and a list of addresses, which may be empty. Identifiers that are not valid are left out: a wrong
number would match wrongly for ever. ``force_merge`` is never used: a customer is not merged with a supplier unasked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from stdnum.eu import vat
from stdnum.fr import siren, siret

from sellsy_ledger.connectors.chift.answers import Partner
from sellsy_ledger.connectors.chift.client import ChiftClient
from sellsy_ledger.connectors.chift.errors import PartnerTaken
from sellsy_ledger.connectors.chift.mapper import one_line
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import DocumentError, PostingRefused

__all__ = ["create_third_party", "external_reference", "from_partner", "partner_body"]

NAME_MAX = 200
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_COUNTRY = re.compile("[A-Z]{2}")


def external_reference(third_party: ThirdParty) -> str:
    """Our reference of a third party: ``sellsy:company:4711``; one known by name only gets a hash of it."""
    if third_party.id is not None:
        return f"sellsy:{third_party.type}:{third_party.id}"
    name = " ".join(third_party.name.casefold().split())
    return f"sellsy:{third_party.type}:{hashlib.sha256(name.encode()).hexdigest()[:24]}"


def partner_body(third_party: ThirdParty, auxiliary_account: str) -> dict[str, Any]:
    """The body of ``POST /clients`` or ``POST /suppliers``."""
    email = third_party.email.strip()
    person = third_party.type == "individual"
    optional = {
        "account_number": auxiliary_account,
        "company_number": _company_number(third_party),
        "vat": str(vat.compact(third_party.vat_number)) if vat.is_valid(third_party.vat_number) else "",
        "email": email if _EMAIL.fullmatch(email) else "",
        "phone": one_line(third_party.phone),
        "first_name": one_line(third_party.first_name) if person else "",
        "last_name": one_line(third_party.last_name) if person else "",
    }
    return {
        "name": one_line(third_party.name)[:NAME_MAX].strip() or auxiliary_account or "-",
        "external_reference": external_reference(third_party),
        "is_company": not person,
        "addresses": _addresses(third_party),
        **{name: value for name, value in optional.items() if value},
    }


def from_partner(partner: Partner, direction: Direction) -> LedgerThirdParty:
    """Chift's partner as the core knows one.

    The auxiliary account is the code of the third party where the tool has one, else its account number.
    """
    digits = "".join(character for character in partner.company_number or "" if character.isdecimal())
    return LedgerThirdParty(
        auxiliary_account=(partner.third_party_account or partner.account_number or partner.id or "").strip(),
        name=partner.name or "",
        direction=direction,
        siret=digits if len(digits) == 14 else "",
        siren=digits[:9] if len(digits) in (9, 14) else "",
        vat_number=partner.vat or "",
        tool_id=partner.id or "",
        active=partner.active is not False,
    )


def create_third_party(client: ChiftClient, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
    """The third party under our reference (or, where the tool keeps none, under number and name), created when there
    is none.

    Raises:
        DocumentError: ``third_party_refused`` when Chift will not have it, ``third_party_ambiguous`` when several are
            under our reference.
        OutcomeUnknown: the answer was lost; the next look-up tells.
    """
    held = _held(client, third_party, auxiliary_account)
    if held is None:
        try:
            held = client.create_partner(third_party.direction, partner_body(third_party, auxiliary_account))
        except PartnerTaken as refusal:
            held = _held(client, third_party, auxiliary_account)
            if held is None:
                raise _refused(third_party, refusal) from refusal
        except PostingRefused as refusal:
            raise _refused(third_party, refusal) from refusal
    found = from_partner(held, third_party.direction)
    if found.tool_id:
        return found
    # Some tools answer a creation without the id that every posting needs.
    held = _held(client, third_party, auxiliary_account)
    return from_partner(held, third_party.direction) if held is not None else found


def _held(client: ChiftClient, third_party: ThirdParty, auxiliary_account: str) -> Partner | None:
    reference = external_reference(third_party)
    direction = third_party.direction
    ours = [each for each in client.partners(direction, reference) if each.external_reference == reference]
    if not ours:
        name = one_line(third_party.name)[:NAME_MAX].strip()
        ours = [
            each
            for each in (client.partners(direction, name) if name else ())
            # Another one's reference says that it is another one's.
            if not each.external_reference
            and _plain(each.name or "") == _plain(name)
            and auxiliary_account.upper() in _numbers(each)
        ]
    if len(ours) > 1:
        raise DocumentError(
            f"Chift holds {len(ours)} third parties under {reference}.",
            reason=Reason.THIRD_PARTY_AMBIGUOUS,
            facts={"detail": ", ".join(f"{each.name} ({each.id})" for each in ours[:5])},
            tool="chift",
        )
    return ours[0] if ours else None


def _numbers(partner: Partner) -> Iterable[str]:
    return {number.strip().upper() for number in (partner.third_party_account, partner.account_number) if number}


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _company_number(third_party: ThirdParty) -> str:
    """The SIRET, which tells establishments apart; else the SIREN."""
    if siret.is_valid(third_party.siret):
        return str(siret.compact(third_party.siret))
    return str(siren.compact(third_party.siren)) if siren.is_valid(third_party.siren) else ""


def _addresses(third_party: ThirdParty) -> list[dict[str, str]]:
    """The address where Sellsy has any of it; Chift wants all four parts as text, be they empty."""
    address = third_party.address
    parts = {
        "street": one_line(address.line),
        "city": one_line(address.city),
        "postal_code": one_line(address.postal_code),
    }
    if not any(parts.values()):
        return []
    country = address.country_code.strip().upper()
    return [{"address_type": "main", **parts, "country": country if _COUNTRY.fullmatch(country) else "FR"}]


def _refused(third_party: ThirdParty, refusal: PostingRefused) -> DocumentError:
    return DocumentError(
        f"Chift refused to create {external_reference(third_party)}: {refusal.message}",
        reason=Reason.THIRD_PARTY_REFUSED,
        facts={"detail": f"{third_party.name} ({refusal.facts.get('detail', '')})"},
        tool="chift",
        tool_code=refusal.tool_code,
        request_id=refusal.request_id,
    )
