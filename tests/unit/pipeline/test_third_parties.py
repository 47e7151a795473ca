"""Third parties through the pipeline: found, created once, never confused."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.pipeline.fakes import LEDGER, FakeConnector, invoice

from sellsy_ledger.core.documents import Direction, Kind, ThirdPartyRef
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.errors import DocumentError, OutcomeUnknown, TryLater


def customer(account: str, name: str, **more: str) -> LedgerThirdParty:
    return LedgerThirdParty(auxiliary_account=account, name=name, direction=Direction.SALES, **more)


def holding(*third_parties: LedgerThirdParty) -> FakeConnector:
    return FakeConnector(ledger=msgspec.structs.replace(LEDGER, third_parties=third_parties))


def of(identifier: int, name: str, party: int, **changes):
    return invoice(identifier, third_party=ThirdPartyRef(type="company", id=party), third_party_name=name, **changes)


def account_of(here, document):
    (record,) = here.register.load("atelier", [document.key])
    return record.ledger_third_party.auxiliary_account


def test_documents_of_one_new_customer_create_it_once(world):
    here = world(*[of(identifier, "Dupont", 7000) for identifier in range(1, 6)])
    here.night(batch_size=2)
    assert [created.auxiliary_account for created in here.tool.created] == ["411DUPONT"]


def test_two_customers_with_one_name_get_an_account_each(world):
    first, second = of(1, "Dupont", 7000), of(2, "Dupont", 7001)
    # The first match by name would take the first one's account for the second; identifiers keep them apart.
    here = world(first, second)
    siren = {7000: "732829320", 7001: "552100554"}
    original = here.sellsy.accounted

    def with_siren(*arguments):
        for page in original(*arguments):
            yield [(d, msgspec.structs.replace(t, siren=siren[t.id])) for d, t in page]

    here.sellsy.accounted = with_siren
    here.tool.create_third_party = keeping_siren(here.tool)
    here.night(batch_size=1)
    assert {account_of(here, first), account_of(here, second)} == {"411DUPONT", "411DUPONT2"}


def keeping_siren(tool):
    original = tool.create_third_party

    def create(third_party, auxiliary_account):
        created = msgspec.structs.replace(original(third_party, auxiliary_account), siren=third_party.siren)
        tool.created[-1] = created
        return created

    return create


def test_an_account_that_somebody_else_holds_is_not_taken(world):
    document = of(1, "Dupont Fils Menuiserie", 7000)
    here = world(document)
    # Made by a person after the snapshot was read: creating finds it, and it is visibly somebody else's.
    stranger = customer("411DUPONTFILSMENU", "Dupont Fils Menuisiers", tool_id="T99")
    original = here.tool.create_third_party

    def create(third_party, auxiliary_account):
        return stranger if auxiliary_account == stranger.auxiliary_account else original(third_party, auxiliary_account)

    here.tool.create_third_party = create
    here.night()
    assert account_of(here, document) == "411DUPONTFILSMEN2"


def test_a_customer_never_becomes_a_supplier(world):
    purchase = of(1, "Dupont", 7000, kind=Kind.PURCHASE_INVOICE)
    here = world(purchase, connector=holding(customer("411DUPONT", "Dupont")))
    here.night()
    assert account_of(here, purchase) == "401DUPONT"


def test_what_the_tool_gives_back_is_what_is_stored(world):
    document = of(1, "Dupont", 7000)
    here = world(document)
    original = here.tool.create_third_party

    def renamed(third_party, auxiliary_account):
        created = msgspec.structs.replace(original(third_party, auxiliary_account), auxiliary_account="4111DUPONT")
        here.tool.created[-1] = created
        return created

    here.tool.create_third_party = renamed
    here.night()
    assert account_of(here, document) == "4111DUPONT"
    assert here.register.third_party_link("atelier", "sales:company:7000").auxiliary_account == "4111DUPONT"


def test_several_candidates_wait_for_a_person_and_go_once_one_is_left(world):
    document = of(1, "Dupont", 7000)
    here = world(document, connector=holding(customer("411A", "Dupont"), customer("411B", "DUPONT")))
    here.night()
    (record,) = here.register.load("atelier", [document.key])
    assert record.reason is Reason.THIRD_PARTY_AMBIGUOUS
    assert "411A" in record.detail
    assert "411B" in record.detail
    here.tool.ledger = msgspec.structs.replace(LEDGER, third_parties=(customer("411B", "DUPONT"),))
    here.night()
    assert here.state(document) == "verified"
    assert account_of(here, document) == "411B"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (DocumentError("no address", reason=Reason.THIRD_PARTY_REFUSED), "waiting(third_party_refused)"),
        (OutcomeUnknown("read timed out"), "waiting(tool_unavailable)"),
        (TryLater("503"), "waiting(tool_unavailable)"),
    ],
)
def test_a_creation_that_fails_stops_its_documents_only_and_heals(world, error, state):
    bad, good = of(1, "Dupont", 7000), of(2, "Durand", 7001)
    here = world(bad, good)
    here.tool.script["create_third_party"] = [error]
    here.night()
    assert here.state(bad) == state
    assert here.state(good) == "verified"
    here.night()
    assert here.state(bad) == "verified"


def test_a_creation_whose_answer_was_lost_is_found_again(world):
    document = of(1, "Dupont", 7000)
    here = world(document)
    here.tool.script["create_third_party"] = [("after", OutcomeUnknown("read timed out"))]
    here.night()
    here.night()
    assert [created.auxiliary_account for created in here.tool.created] == ["411DUPONT"]
    assert here.state(document) == "verified"


def test_a_document_without_any_third_party_waits(world):
    document = invoice(1, third_party=ThirdPartyRef(type="snapshot", id=None), third_party_name=" ")
    here = world(document)
    here.night()
    assert here.state(document) == "waiting(third_party_refused)"
    assert here.tool.created == []


def test_a_tool_that_does_not_answer_stops_the_step_after_three_in_a_row(world):
    here = world(*[of(identifier, f"Client {identifier}", 7000 + identifier) for identifier in range(1, 6)])
    here.tool.script["create_third_party"] = [None, TryLater("503"), TryLater("503"), TryLater("503")]
    with pytest.raises(TryLater):
        here.night("retried")
    here.night("retried")
    assert len(here.tool.created) == 5
    assert len(here.keys_held()) == 5


def test_a_third_party_deleted_in_the_tool_is_created_again(world):
    first, second = of(1, "Dupont", 7000), of(2, "Dupont", 7000)
    here = world(first)
    here.night()
    here.tool.created.clear()
    here.sellsy.documents.append(second)
    here.night()
    assert here.state(second) == "verified"
    assert len(here.tool.created) == 1
