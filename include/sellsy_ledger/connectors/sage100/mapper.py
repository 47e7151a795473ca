"""Our values → bodies of the OData interface. Pure: no HTTP, no clock.

Amounts are positive and exact; the side says the rest. Relations are bound by absolute address. A property that this
company's ``$metadata`` does not know is never sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.sage100.metadata import Metadata
from sellsy_ledger.connectors.sage100.options import ODataOptions
from sellsy_ledger.connectors.sage100.rendering import check_entry, numbers_of
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.entries import EntryLine
from sellsy_ledger.core.labels import cut_label, own_piece
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.http.redaction import short_text

__all__ = ["Bind", "entry_body", "invoice_number", "reference_of", "third_party_body"]

Bind = Callable[[str, str], str]
"""Resource and row id → the address that is bound."""

# What partners have seen of the columns behind; $metadata may say less.
NUMBER_MAX, REFERENCE_MAX, NAME_MAX = 17, 17, 69
TYPES = {Direction.SALES: "Client", Direction.PURCHASES: "Fournisseur"}


def invoice_number(request: PostingRequest, options: ODataOptions, metadata: Metadata) -> str:
    """Sage's invoice number: the whole number where it fits, else the piece number that was made of it."""
    number, _ = numbers_of(request, by_reference=options.invoice_number == "reference")
    longest = metadata.longest("numeroFacture", NUMBER_MAX)
    number = number if len(number) <= longest else request.entry.piece
    if not metadata.knows("reference"):
        # Nothing else would tell a correction from what it corrects.
        number = own_piece(number, request.posting_key, longest)
    if not number or len(number) > longest:
        raise _does_not_fit("numeroFacture", number, longest)
    return number


def reference_of(request: PostingRequest, options: ODataOptions, metadata: Metadata) -> str:
    """Sage's reference, by which an entry is known to be ours."""
    _, reference = numbers_of(request, by_reference=options.invoice_number == "reference")
    longest = metadata.longest("reference", REFERENCE_MAX)
    reference = reference if len(reference) <= longest else request.entry.piece
    if len(reference) > longest:
        raise _does_not_fit("reference", reference, longest)
    return reference


def entry_body(
    request: PostingRequest, index: LedgerIndex, bind: Bind, options: ODataOptions, metadata: Metadata
) -> dict[str, Any]:
    """The body of ``creerPieceComptable``.

    Raises:
        DocumentError: an account, the journal or the third party is unknown, or the entry does not fit.
    """
    entry = check_entry(request, index)
    body: dict[str, Any] = {"date": _instant(entry.date)}
    if options.provenance.lower() != "none" and metadata.takes("extProvenance"):
        body["extProvenance"] = options.provenance
    number = request.posting_key.rpartition(":")[2]
    if number.isdecimal() and metadata.takes("extSequence"):
        body["extSequence"] = int(number)
    shared = {
        name: value
        for name, value in (
            ("numeroFacture", invoice_number(request, options, metadata)),
            ("reference", reference_of(request, options, metadata)),
        )
        if metadata.knows(name)
    }
    longest = metadata.longest("intitule", options.label_max)
    body["ecritures"] = [
        {**_line(line, request, index, bind), "intitule": cut_label(line.label, longest), **shared}
        for line in entry.lines
    ]
    return body


def _line(line: EntryLine, request: PostingRequest, index: LedgerIndex, bind: Bind) -> dict[str, Any]:
    account = index.active_account(line.account)
    if account is None or not account.tool_id:
        raise _unknown(Reason.ACCOUNT_UNKNOWN, line.account, "compte")
    body: dict[str, Any] = {
        "compte@odata.bind": bind("comptes", account.tool_id),
        "sens": "Debit" if line.debit_cents else "Credit",
        # Digit for digit on the wire: 12050 cents → 120.50.
        "montant": Decimal(line.debit_cents or line.credit_cents).scaleb(-2),
    }
    if line.auxiliary_account is not None:
        if not request.third_party.tool_id:
            raise _unknown(Reason.THIRD_PARTY_REFUSED, line.auxiliary_account, "tiers")
        body["tiers@odata.bind"] = bind("tiers", request.third_party.tool_id)
        if request.entry.due_date is not None:
            body["echeance"] = _instant(request.entry.due_date)
    return body


def third_party_body(third_party: ThirdParty, number: str, control: str, metadata: Metadata) -> dict[str, Any]:
    """The body of a new customer or supplier.

    Args:
        third_party: as Sellsy knows it.
        number: its account, in capitals.
        control: address of the collective account.
        metadata: lengths of this company's properties.
    """
    resource = "clients" if third_party.direction is Direction.SALES else "fournisseurs"
    resource = resource if metadata.has(resource) else "tiers"

    def cut(text: str, name: str, otherwise: int) -> str:
        return short_text(text, 4 * otherwise)[: metadata.longest(name, otherwise, resource)].rstrip()

    address = third_party.address
    place = {
        "adresse": short_text(address.line, 35),
        "codePostal": short_text(address.postal_code, 9),
        "ville": short_text(address.city, 35),
        "pays": "France" if address.country_code.upper() == "FR" else short_text(address.country_code, 35),
    }
    reach = {
        "telephone": short_text(third_party.phone, 21),
        "eMail": short_text(third_party.email, 69) if "@" in third_party.email else "",
    }
    body: dict[str, Any] = {
        "numero": number,
        "intitule": cut(third_party.name, "intitule", NAME_MAX) or number,
        "type": TYPES[third_party.direction],
        "comptePrincipal@odata.bind": control,
        "siret": "".join(third_party.siret.split())[:14],
        "identifiant": "".join(third_party.vat_number.split())[:25],
        "adresse": _filled(place),
        "telecom": _filled(reach),
    }
    return _filled(body)


def _filled(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value}


def _instant(day: dt.date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _unknown(reason: Reason, what: str, field: str) -> DocumentError:
    return DocumentError(
        f"{field} {what} is not in Sage.", reason=reason, facts={"detail": what}, field=field, tool="sage100"
    )


def _does_not_fit(field: str, value: str, longest: int) -> DocumentError:
    return DocumentError(
        f"{field} {value!r} does not fit the {longest} characters that this Sage keeps.",
        reason=Reason.REFUSED_BY_TOOL,
        facts={"detail": f"{field} « {value} » dépasse {longest} caractères"},
        field=field,
        tool="sage100",
    )
