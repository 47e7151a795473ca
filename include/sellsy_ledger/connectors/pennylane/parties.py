"""Third parties: Sellsy's customer or supplier → the bodies that create it, and Pennylane's → ours. Pure.

Pennylane demands a whole billing address of every customer. Where Sellsy has a part of it only, or none, the missing
parts are filled with texts that everybody recognises as placeholders; an invoice does not wait for an address that no
line of the books needs. Identifiers that are not valid are left out: a wrong SIREN would match wrongly for ever.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from stdnum.eu import vat
from stdnum.fr import siren, siret

from sellsy_ledger.connectors.pennylane.answers import Account, Customer, Supplier
from sellsy_ledger.connectors.pennylane.mapper import one_line
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty

__all__ = [
    "PLACEHOLDERS",
    "company_body",
    "external_reference",
    "from_customer",
    "from_supplier",
    "individual_body",
    "lacks_address",
    "supplier_body",
]

PLACEHOLDERS: Mapping[str, str] = {
    "address": "Adresse non renseignée",
    "postal_code": "00000",
    "city": "Non renseignée",
    "country_alpha2": "FR",
}
"""What stands for the missing parts of a customer's address. ``00000`` is no French postal code."""

NO_FIRST_NAME = "-"
NAME_MAX = 1000
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def external_reference(third_party: ThirdParty) -> str:
    """Our unique reference of a third party: ``sellsy:company:4711``; one known by name only gets a hash of it."""
    if third_party.id is not None:
        return f"sellsy:{third_party.type}:{third_party.id}"
    name = " ".join(third_party.name.casefold().split())
    return f"sellsy:{third_party.type}:{hashlib.sha256(name.encode()).hexdigest()[:24]}"


# -- to Pennylane --------------------------------------------------------------------------------------------------
def company_body(third_party: ThirdParty, auxiliary_account: str) -> dict[str, Any]:
    """The body of ``POST /company_customers``."""
    return {
        "name": one_line(third_party.name)[:NAME_MAX],
        "billing_address": _address(third_party),
        **_common(third_party, auxiliary_account),
        **_phone(third_party),
        **_known(reg_no=_siren(third_party), vat_number=_vat_number(third_party)),
    }


def individual_body(third_party: ThirdParty, auxiliary_account: str) -> dict[str, Any]:
    """The body of ``POST /individual_customers``."""
    return {
        "first_name": one_line(third_party.first_name)[:NAME_MAX] or NO_FIRST_NAME,
        "last_name": one_line(third_party.last_name or third_party.name)[:NAME_MAX],
        "billing_address": _address(third_party),
        **_common(third_party, auxiliary_account),
        **_phone(third_party),
    }


def supplier_body(third_party: ThirdParty, auxiliary_account: str) -> dict[str, Any]:
    """The body of ``POST /suppliers``, whose address may be absent."""
    body = {
        "name": one_line(third_party.name)[:NAME_MAX],
        **_common(third_party, auxiliary_account),
        **_known(
            reg_no=_siren(third_party),
            establishment_no=siret.compact(third_party.siret) if siret.is_valid(third_party.siret) else "",
            vat_number=_vat_number(third_party),
        ),
    }
    return body if lacks_address(third_party) else body | {"postal_address": _address(third_party)}


def lacks_address(third_party: ThirdParty) -> bool:
    """True when Sellsy's address has not the street, postal code and city that Pennylane wants."""
    address = third_party.address
    return not (address.line.strip() and address.postal_code.strip() and address.city.strip())


def _address(third_party: ThirdParty) -> dict[str, str]:
    address = third_party.address
    country = address.country_code.strip().upper()
    known = {
        "address": one_line(address.line),
        "postal_code": one_line(address.postal_code),
        "city": one_line(address.city),
        "country_alpha2": country if re.fullmatch("[A-Z]{2}", country) else "",
    }
    return {part: text or PLACEHOLDERS[part] for part, text in known.items()}


def _common(third_party: ThirdParty, auxiliary_account: str) -> dict[str, Any]:
    email = third_party.email.strip()
    body: dict[str, Any] = {"external_reference": external_reference(third_party)}
    if auxiliary_account:
        body["ledger_account"] = {"number": auxiliary_account}
    return body | ({"emails": [email]} if _EMAIL.fullmatch(email) else {})


def _phone(third_party: ThirdParty) -> dict[str, str]:
    return _known(phone=one_line(third_party.phone))


def _known(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _siren(third_party: ThirdParty) -> str:
    if siren.is_valid(third_party.siren):
        return str(siren.compact(third_party.siren))
    if siret.is_valid(third_party.siret):
        return str(siret.to_siren(siret.compact(third_party.siret)))
    return ""


def _vat_number(third_party: ThirdParty) -> str:
    return str(vat.compact(third_party.vat_number)) if vat.is_valid(third_party.vat_number) else ""


# -- from Pennylane ------------------------------------------------------------------------------------------------
def from_customer(customer: Customer, account: Account | None) -> LedgerThirdParty:
    """Pennylane's customer as the core knows one; ``account`` is its ledger account where it has one."""
    digits = "".join(character for character in customer.reg_no or "" if character.isdecimal())
    return LedgerThirdParty(
        direction=Direction.SALES,
        name=customer.name,
        siret=digits if len(digits) == 14 else "",
        siren=digits[:9] if len(digits) in (9, 14) else "",
        vat_number=customer.vat_number or "",
        tool_id=str(customer.id),
        **dict(_account(account)),
    )


def from_supplier(supplier: Supplier, account: Account | None) -> LedgerThirdParty:
    """Pennylane's supplier as the core knows one."""
    return LedgerThirdParty(
        direction=Direction.PURCHASES,
        name=supplier.name,
        siret=supplier.establishment_no or "",
        siren=supplier.reg_no or "",
        vat_number=supplier.vat_number or "",
        tool_id=str(supplier.id),
        **dict(_account(account)),
    )


def _account(account: Account | None) -> Iterator[tuple[str, Any]]:
    yield "auxiliary_account", account.number if account else ""
    if account:
        yield "account_tool_id", str(account.id)
        yield "active", account.enabled
