from __future__ import annotations

import json
from typing import Any

import pytest

from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.sources.sellsy.objects import parse_document, parse_third_party
from sellsy_ledger.sources.sellsy.parties import snapshot_of

from . import samples


def read(data: Any):
    return parse_third_party(Direction.SALES, json.dumps(data).encode())


def test_a_company_is_read_with_its_identifiers_as_typed():
    party = read(samples.company())
    assert (party.key, party.name, party.auxiliary_code) == ("sales:company:7001", "ACME SAS", "0ACME")
    assert (party.siret, party.siren, party.vat_number) == ("732 829 320 00074", "732829320", "FR44732829320")
    assert (party.email, party.phone, party.accounting_code_id) == ("compta@acme.example", "+33100000000", 12345)
    assert parse_third_party(Direction.SALES, samples.company()) == party


def test_a_person_is_told_by_the_names_that_only_persons_have():
    person = {
        "id": 9,
        "type": "client",
        "civility": "ms",
        "first_name": "Zoé",
        "last_name": "Léger",
        "phone_number": None,
    }
    party = read({**person, "mobile_number": "06"})
    assert (party.type, party.name, party.phone) == ("individual", "Zoé Léger", "06")


def test_the_address_comes_from_the_embed():
    address = {
        "address_line_1": "1 rue\nHaute",
        "address_line_2": "Bât. B",
        "postal_code": 75001,
        "city": "Paris",
        "country_code": "fr",
    }
    party = read(samples.company(_embed={"invoicing_address": address}))
    assert (party.address.line, party.address.postal_code, party.address.country_code) == (
        "1 rue Haute Bât. B",
        "75001",
        "FR",
    )


@pytest.mark.parametrize(
    "changes", [{"legal_france": None}, {"legal_france": []}, {"_embed": []}, {"name": None}, {"new": {}}]
)
def test_everything_but_the_id_may_be_absent(changes: dict[str, Any]):
    assert read(samples.company(**changes)).id == 7001
    assert read({"id": 1}).name == ""


@pytest.mark.parametrize("data", [[], "x", {"id": None}, {}, {"id": 1, "legal_france": "x"}])
def test_a_malformed_third_party_is_refused_with_its_field(data: Any):
    with pytest.raises(DocumentError) as caught:
        read(data)
    assert caught.value.reason is Reason.DOCUMENT_UNREADABLE
    assert (caught.value.field or "").startswith("third_party")


def test_a_document_without_a_customer_object_names_its_own():
    document = parse_document(Kind.SALES_INVOICE, samples.invoice(related=[]))
    party = snapshot_of(document)
    assert (party.type, party.id, party.name) == ("snapshot", None, "ACME SAS")
