"""Create a customer or supplier once: look-up by our reference, one write, look-up again when it is taken."""

from __future__ import annotations

import logging

from sellsy_ledger.connectors.pennylane import parties
from sellsy_ledger.connectors.pennylane.answers import Customer, Supplier
from sellsy_ledger.connectors.pennylane.client import PennylaneClient
from sellsy_ledger.connectors.pennylane.errors import ReferenceTaken
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import DocumentError, PostingRefused

__all__ = ["create_third_party"]

log = logging.getLogger(__name__)


def create_third_party(client: PennylaneClient, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
    """The third party under our reference, created when there is none.

    Raises:
        DocumentError: ``third_party_refused`` when Pennylane will not have it, ``third_party_ambiguous`` when our
            reference is held by several.
        OutcomeUnknown: the answer was lost; the next look-up tells.
    """
    held = _held(client, third_party)
    if held is not None:
        return _with_account(client, held)
    if third_party.direction is Direction.SALES and parties.lacks_address(third_party):
        # Its reference, not its name: logs hold no personal data.
        log.warning(
            "%s has no complete address in Sellsy; Pennylane demands one, so placeholders stand for what is missing.",
            parties.external_reference(third_party),
        )
    try:
        return _with_account(client, _create(client, third_party, auxiliary_account))
    except ReferenceTaken as refusal:
        held = _held(client, third_party)
        if held is None:
            raise _refused(third_party, refusal) from refusal
        return _with_account(client, held)
    except PostingRefused as refusal:
        raise _refused(third_party, refusal) from refusal


def _held(client: PennylaneClient, third_party: ThirdParty) -> Customer | Supplier | None:
    reference = parties.external_reference(third_party)
    wanted = ("external_reference", "eq", reference)
    listed = client.customers(wanted) if third_party.direction is Direction.SALES else client.suppliers(wanted)
    held = [found for found in listed if found.external_reference == reference]
    if len(held) > 1:
        raise DocumentError(
            f"Pennylane holds {len(held)} third parties under {reference}.",
            reason=Reason.THIRD_PARTY_AMBIGUOUS,
            facts={"detail": ", ".join(f"{found.name} ({found.id})" for found in held[:5])},
            tool="pennylane",
        )
    return held[0] if held else None


def _create(client: PennylaneClient, third_party: ThirdParty, auxiliary_account: str) -> Customer | Supplier:
    if third_party.direction is Direction.PURCHASES:
        return client.create_supplier(parties.supplier_body(third_party, auxiliary_account))
    if third_party.type == "individual":
        return client.create_individual_customer(parties.individual_body(third_party, auxiliary_account))
    return client.create_company_customer(parties.company_body(third_party, auxiliary_account))


def _with_account(client: PennylaneClient, found: Customer | Supplier) -> LedgerThirdParty:
    """Pennylane answers the id of the account only; its number is read, because that is what is stored."""
    account = client.ledger_account(found.ledger_account.id) if found.ledger_account else None
    if isinstance(found, Supplier):
        return parties.from_supplier(found, account)
    return parties.from_customer(found, account)


def _refused(third_party: ThirdParty, refusal: PostingRefused) -> DocumentError:
    return DocumentError(
        f"Pennylane refused to create {parties.external_reference(third_party)}: {refusal.message}",
        reason=Reason.THIRD_PARTY_REFUSED,
        facts={"detail": f"{third_party.name} ({refusal.facts.get('detail', '')})"},
        tool="pennylane",
        tool_code=refusal.tool_code,
        request_id=refusal.request_id,
    )
