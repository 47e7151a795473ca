"""FEC imports: one look at a time, integrated when nothing stands against them, taken away when something does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from sellsy_ledger.connectors.base import PostingRequest, Receipt
from sellsy_ledger.connectors.inqom.connector import InqomConnector
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import OutcomeUnknown, PostingRefused, TryLater
from tests.unit.connectors.inqom.builders import OPERATIONS, Puppet, answer, request, with_pdf

CUSTOMER = ThirdParty(direction=Direction.SALES, type="company", id=1, name="Exemple")


@pytest.fixture
def connector(puppet: Puppet) -> InqomConnector:
    return puppet.connect(route="fec")


@pytest.fixture
def sale(connector: InqomConnector) -> PostingRequest:
    connector.create_third_party(CUSTOMER, "411EXEMPLE")
    return with_pdf(request(ledger=connector.read_ledger()))


def settled(connector: InqomConnector, sale: PostingRequest, receipt: Receipt, looks: int = 10) -> Receipt | None:
    for _ in range(looks):
        done = connector.wait_until_done(sale, receipt)
        if done is not None:
            return done
    return None


def broken(sale: PostingRequest) -> PostingRequest:
    """On an account that the folder does not have: only the import sees it."""
    lines = list(sale.entry.lines)
    lines[0] = msgspec.structs.replace(lines[0], auxiliary_account="4111INCONNU")
    return msgspec.structs.replace(sale, entry=msgspec.structs.replace(sale.entry, lines=tuple(lines)))


def test_an_import_is_integrated_and_found(puppet: Puppet, connector: InqomConnector, sale: PostingRequest) -> None:
    receipt = connector.post_entry(sale)
    assert receipt.handle
    assert receipt.entry_id == ""
    done = settled(connector, sale, receipt)
    assert done is not None
    (entry,) = puppet.sandbox.entries("inqom")
    assert (done.entry_id, done.pdf_attached) == (entry["id"], True)
    assert entry["pdf_sha256"] == (sale.supporting_document and sale.supporting_document.sha256)
    assert puppet.count("POST", f"{OPERATIONS}/{receipt.handle}/integrate") == 1


def test_the_form_adds_to_the_year_and_never_replaces_it(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    connector.post_entry(sale)
    form = next(body for method, path, body in puppet.seen if (method, path) == ("POST", OPERATIONS))
    assert b'name="operationType"\r\n\r\nKeepExisting' in form
    assert b'name="temporary"\r\n\r\nfalse' in form
    assert b'name="fileAttachmentImportType"\r\n\r\nPieceRef' in form
    assert b"ReplaceAll" not in b"".join(body for _, _, body in puppet.seen)
    deposited = (puppet.sandbox.app.test_client().get("/_sandbox/inqom/documents").json or [])[0]
    assert (deposited["type"], deposited["workflow"]) == ("Others", False)


def test_options_of_the_form_are_passed_on(puppet: Puppet, sale: PostingRequest) -> None:
    puppet.connect(route="fec", temporary="yes", attachments="None").post_entry(sale)
    form = next(body for method, path, body in puppet.seen if (method, path) == ("POST", OPERATIONS))
    assert b'name="temporary"\r\n\r\ntrue' in form
    assert b'name="fileAttachmentImportType"\r\n\r\nNone' in form


def test_faults_are_named_and_the_operation_is_taken_away(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    receipt = connector.post_entry(broken(sale))
    with pytest.raises(PostingRefused) as refused:
        settled(connector, broken(sale), receipt)
    assert refused.value.reason is Reason.ACCOUNT_UNKNOWN
    assert "4111INCONNU" in refused.value.facts["detail"]
    assert puppet.count("DELETE", f"{OPERATIONS}/{receipt.handle}") == 1
    assert puppet.sandbox.entries("inqom") == []
    # Nobody can integrate it any more.
    puppet.sandbox.app.test_client().post("/_sandbox/inqom/work")
    assert puppet.sandbox.entries("inqom") == []


def test_an_operation_that_cannot_be_taken_away_is_told(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    receipt = connector.post_entry(broken(sale))
    puppet.say(f"DELETE {OPERATIONS}/{receipt.handle}", answer(400, text="non"))
    with pytest.raises(OutcomeUnknown, match=receipt.handle):
        settled(connector, broken(sale), receipt)


def test_left_to_a_person_an_operation_waits_and_is_found_when_integrated(puppet: Puppet, sale: PostingRequest) -> None:
    connector = puppet.connect(route="fec", leave_to_human="yes")
    receipt = connector.post_entry(sale)
    assert settled(connector, sale, receipt) is None
    assert puppet.sandbox.entries("inqom") == []
    puppet.sandbox.app.test_client().post("/_sandbox/inqom/work")
    done = settled(connector, sale, receipt)
    assert done is not None
    assert done.entry_id


def test_an_operation_that_a_person_deleted_is_refused(puppet: Puppet, sale: PostingRequest) -> None:
    connector = puppet.connect(route="fec", leave_to_human="yes")
    receipt = connector.post_entry(sale)
    connector.client.delete_operation(receipt.handle)
    with pytest.raises(PostingRefused) as refused:
        settled(connector, sale, receipt)
    assert refused.value.facts["detail"]


def test_a_lost_answer_to_the_integration_is_settled_by_the_next_looks(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    receipt = connector.post_entry(sale)
    route = "POST /api/app/enterprises/<int:folder_id>/operations/<int:operation_id>/integrate"
    puppet.sandbox.faults([{"tool": "inqom", "route": route, "nth": 1, "kind": "drop_after"}])
    assert settled(connector, sale, receipt) is not None
    assert len(puppet.sandbox.entries("inqom")) == 1


def test_an_operation_whose_integration_is_refused_is_taken_away(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    """Left there, a person would integrate it beside the corrected one of a later night."""
    receipt = connector.post_entry(sale)
    puppet.say(f"POST {OPERATIONS}/{receipt.handle}/integrate", answer(400, text="La période est close"))
    with pytest.raises(PostingRefused) as refused:
        settled(connector, sale, receipt)
    assert refused.value.reason is Reason.PERIOD_CLOSED
    assert puppet.count("DELETE", f"{OPERATIONS}/{receipt.handle}") == 1
    puppet.sandbox.app.test_client().post("/_sandbox/inqom/work")
    assert puppet.sandbox.entries("inqom") == []


def test_a_refused_integration_that_cannot_be_taken_away_is_of_unknown_outcome(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    receipt = connector.post_entry(sale)
    puppet.say(f"POST {OPERATIONS}/{receipt.handle}/integrate", answer(409, text="en cours"))
    puppet.say(f"DELETE {OPERATIONS}/{receipt.handle}", answer(400, text="non"))
    with pytest.raises(OutcomeUnknown, match=receipt.handle):
        settled(connector, sale, receipt)


STATES: tuple[tuple[str, Callable[[Any], bool] | type[Exception]], ...] = (
    ("Received", lambda done: done is None),
    ("ParsingStart", lambda done: done is None),
    ("ParsingOk", lambda done: done is None),
    ("EntryIntegrationPending", lambda done: done is None),
    ("EntryIntegration", lambda done: done is None),
    ("Lettering", lambda done: done is None),
    ("ExerciseReplace", lambda done: done is None),
    ("ExerciseClosing", lambda done: done is None),
    ("SomethingNew", lambda done: done is None),
    ("Succeeded", OutcomeUnknown),
    ("Purged", OutcomeUnknown),
    ("ReadFileFail", PostingRefused),
    ("ParsingFail", PostingRefused),
    ("IntegrationFailed", PostingRefused),
    ("RollBack", PostingRefused),
    ("Remove", PostingRefused),
)


@pytest.mark.parametrize(("state", "wanted"), STATES, ids=[state for state, _ in STATES])
def test_every_state_of_an_operation_that_has_no_entry(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest, state: str, wanted: Any
) -> None:
    receipt = connector.post_entry(sale)
    puppet.say(f"GET {OPERATIONS}/{receipt.handle}", answer(200, {"Id": int(receipt.handle), "Status": state}))
    if isinstance(wanted, type):
        with pytest.raises(wanted):
            connector.wait_until_done(sale, receipt)
    else:
        assert wanted(connector.wait_until_done(sale, receipt))


@pytest.mark.parametrize("state", ["Succeeded", "Purged", "IntegrationFailed", "RollBack", "Remove"])
def test_an_entry_that_is_there_is_believed_whatever_the_state(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest, state: str
) -> None:
    receipt = connector.post_entry(sale)
    connector.client.integrate(receipt.handle)
    puppet.say(f"GET {OPERATIONS}/{receipt.handle}", answer(200, {"Id": 1, "Status": state}))
    assert connector.wait_until_done(sale, receipt) is not None


def test_an_operation_that_inqom_does_not_know_is_of_unknown_outcome(
    connector: InqomConnector, sale: PostingRequest
) -> None:
    with pytest.raises(OutcomeUnknown):
        connector.wait_until_done(sale, Receipt(entry_id="", handle="999"))


def test_an_unreadable_state_is_a_passing_fault(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    receipt = connector.post_entry(sale)
    puppet.say(f"GET {OPERATIONS}/{receipt.handle}", answer(200, ["odd"]))
    with pytest.raises(TryLater):
        connector.wait_until_done(sale, receipt)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"Issues": [{"Message": "a"}, {"Description": "b"}]}, ["a", "anomalie sans explication"]),
        ([{"message": "a"}], ["a"]),
        ("a", ["a"]),
        ({"Message": "a"}, ["a"]),
        ([], []),
        (None, []),
    ],
)
def test_issues_are_read_in_several_shapes(
    puppet: Puppet, connector: InqomConnector, body: Any, words: list[str]
) -> None:
    puppet.say(f"GET {OPERATIONS}/5/issues", answer(200, body))
    assert connector.client.issues("5") == words


def test_a_pdf_that_was_not_joined_is_told(puppet: Puppet, sale: PostingRequest) -> None:
    connector = puppet.connect(route="fec", attachments="None")
    receipt = connector.post_entry(sale)
    done = settled(connector, sale, receipt)
    assert done is not None
    assert not done.pdf_attached
