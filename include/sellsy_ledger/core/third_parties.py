"""Third parties (customers and suppliers) and how one of ours is recognised in the tool.

The matching order and its refusals are the design's section 7; identifiers are judged by python-stdnum
(Luhn, La Poste, FR VAT keys), and a bad identifier never matches.
"""

from __future__ import annotations

import msgspec

from sellsy_ledger.core.documents import Direction

__all__ = ["Address", "LedgerThirdParty", "ThirdParty"]


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A postal address; every part may be empty."""

    line: str = ""
    postal_code: str = ""
    city: str = ""
    country_code: str = ""


class ThirdParty(msgspec.Struct, frozen=True, kw_only=True):
    """A customer or supplier as Sellsy knows it; identifiers are as typed there, judged at matching."""

    direction: Direction
    type: str
    id: int | None
    name: str
    auxiliary_code: str = ""
    siret: str = ""
    siren: str = ""
    vat_number: str = ""
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    reference: str = ""
    accounting_code_id: int | None = None
    accounting_purchase_code_id: int | None = None
    address: Address = Address()

    @property
    def key(self) -> str:
        """Identity inside one company: ``sales:company:7001``; a snapshot is identified by its name."""
        return f"{self.direction.value}:{self.type}:{self.id if self.id is not None else self.name}"


class LedgerThirdParty(msgspec.Struct, frozen=True, kw_only=True):
    """A customer or supplier of the tool. ``auxiliary_account`` is the form that the tool itself gave back;
    ``tool_id`` its own identifier, as text (empty where it has none).
    """

    auxiliary_account: str
    name: str
    direction: Direction
    siret: str = ""
    siren: str = ""
    vat_number: str = ""
    tool_id: str = ""
    account_tool_id: str = ""
    active: bool = True
