"""Third parties: what is sent, what is left out, and what stands for a missing address."""

from __future__ import annotations

from typing import Any

import pytest

from sellsy_ledger.connectors.pennylane import parties
from sellsy_ledger.connectors.pennylane.answers import Account, Customer, Reference, Supplier
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.third_parties import Address, ThirdParty


def third_party(**changes: Any) -> ThirdParty:
    fields = {"direction": Direction.SALES, "type": "company", "id": 4711, "name": "ATELIER EXEMPLE", **changes}
    return ThirdParty(**fields)


def test_the_reference_is_sellsys_type_and_id() -> None:
    assert parties.external_reference(third_party()) == "sellsy:company:4711"
    assert parties.external_reference(third_party(type="individual")) == "sellsy:individual:4711"


def test_one_known_by_name_only_keeps_its_reference_whatever_the_spacing() -> None:
    first, second = (
        parties.external_reference(third_party(id=None, type="snapshot", name=name)) for name in ("Jean  D", "jean d")
    )
    assert first == second
    assert first.startswith("sellsy:snapshot:")
    assert first != parties.external_reference(third_party(id=None, type="snapshot", name="Jeanne D"))


def test_valid_identifiers_are_sent_compact() -> None:
    body = parties.company_body(third_party(siret="732 829 320 00074", vat_number="FR 44 732829320"), "411A")
    assert (body["reg_no"], body["vat_number"]) == ("732829320", "FR44732829320")
    assert body["ledger_account"] == {"number": "411A"}
    supplier = parties.supplier_body(third_party(siret="73282932000074"), "401A")
    assert (supplier["establishment_no"], supplier["reg_no"]) == ("73282932000074", "732829320")


@pytest.mark.parametrize("bad", ["123456789", "12", "73282932O", "732829320x"])
def test_a_bad_identifier_is_left_out(bad: str) -> None:
    for body in (
        parties.company_body(third_party(siren=bad, siret=bad, vat_number=bad, email=bad), ""),
        parties.supplier_body(third_party(siren=bad, siret=bad, vat_number=bad, email=bad), ""),
    ):
        assert not {"reg_no", "establishment_no", "vat_number", "emails", "ledger_account"} & set(body)


def test_missing_parts_of_an_address_are_visible_placeholders() -> None:
    half = third_party(address=Address(line="1 rue X", country_code="be"))
    assert parties.lacks_address(half)
    assert parties.company_body(half, "")["billing_address"] == {
        "address": "1 rue X", "postal_code": "00000", "city": "Non renseignée", "country_alpha2": "BE",
    }  # fmt: skip
    assert "postal_address" not in parties.supplier_body(half, "")


def test_a_whole_address_is_sent_as_it_is() -> None:
    whole = Address(line="1 rue X", postal_code="69001", city="Lyon", country_code="FR")
    assert not parties.lacks_address(third_party(address=whole))
    assert parties.supplier_body(third_party(address=whole), "")["postal_address"]["city"] == "Lyon"


def test_a_person_has_two_names() -> None:
    body = parties.individual_body(third_party(type="individual", name="Ada Exemple"), "")
    assert (body["first_name"], body["last_name"]) == ("-", "Ada Exemple")
    body = parties.individual_body(third_party(type="individual", first_name="Ada", last_name="Exemple"), "")
    assert (body["first_name"], body["last_name"]) == ("Ada", "Exemple")


def test_a_customer_of_pennylane_becomes_a_ledger_third_party() -> None:
    account = Account(id=9, number="411X", enabled=False)
    read = parties.from_customer(Customer(id=5, name="X", reg_no="732 829 320", ledger_account=Reference(9)), account)
    assert (read.siren, read.siret, read.auxiliary_account, read.account_tool_id) == ("732829320", "", "411X", "9")
    assert (read.tool_id, read.active, read.direction) == ("5", False, Direction.SALES)
    assert parties.from_customer(Customer(id=5, name="X", reg_no="73282932000074"), None).siret == "73282932000074"


def test_a_supplier_without_account_has_an_empty_auxiliary() -> None:
    read = parties.from_supplier(Supplier(id=6, name="Y", establishment_no="73282932000074"), None)
    assert (read.auxiliary_account, read.siret, read.direction) == ("", "73282932000074", Direction.PURCHASES)
