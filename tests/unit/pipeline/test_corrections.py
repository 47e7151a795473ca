"""A posted document changes in Sellsy: what is proposed, what an accepted proposal does to register and books."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.unit.pipeline.fakes import FakeConnector, FileConnector, QueueConnector, World, invoice

from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.ledger import FiscalYear
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import InvariantBroken, OutcomeUnknown, PostingRefused
from sellsy_ledger.pipeline.corrections import (
    accept,
    decline,
    declined_proposals,
    propose,
    stored_proposals,
)
from sellsy_ledger.pipeline.proof import prove
from sellsy_ledger.register.store import Change


def changed(world: World, document: Document, **fields: object) -> Document:
    """The document as Sellsy shows it from now on."""
    new = msgspec.structs.replace(document, **fields)
    world.sellsy.documents = [new if one.id == document.id else one for one in world.sellsy.documents]
    return new


def accepted(world: World) -> list[str]:
    """A person accepts all that is proposed; what was accepted."""
    seals = {one.key: one.seal for one in stored_proposals(world.register, "atelier")}
    done = accept(world.register, "atelier", seals, who="Jeanne")
    assert done.void == []
    return done.accepted


def balances(world: World) -> Counter[str]:
    """Debit minus credit of everything that the tool holds, per account."""
    found: Counter[str] = Counter()
    for held in world.tool.held:
        for line in held.request.entry.lines:
            found[line.auxiliary_account or line.account] += line.debit_cents - line.credit_cents
    return Counter({account: cents for account, cents in found.items() if cents})


def states(world: World) -> dict[str, str]:
    register = world.register
    return {record.key: str(record.state) for record in register.records("atelier", register.select("atelier"))}


@pytest.fixture
def world(tmp_path: Path) -> Callable[..., World]:
    return lambda *documents, **named: World(tmp_path, *documents, **named)


class ReplacingConnector(FakeConnector):
    """A tool that changes entries in their place while they are ``editable``, and ``refuses`` at the last moment."""

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = msgspec.structs.replace(self.capabilities, replaces=True)
        self.editable = True
        self.refuses = False

    def read_back(self, request, entry_id):  # type: ignore[no-untyped-def]
        held = super().read_back(request, entry_id)
        return msgspec.structs.replace(held, editable=self.editable) if held else None

    def replace_entry(self, request, entry_id):  # type: ignore[no-untyped-def]
        def effect():  # type: ignore[no-untyped-def]
            if self.refuses:
                raise PostingRefused("validated", reason=Reason.REFUSED_BY_TOOL)
            (place,) = [held for held in self.held if held.entry_id == entry_id]
            place.request = request
            return self.posted(request, entry_id)

        return self._play("replace_entry", effect)

    def posted(self, request, entry_id):  # type: ignore[no-untyped-def]
        from sellsy_ledger.connectors.base import Receipt

        return Receipt(entry_id=entry_id, draft=request.draft, pdf_attached=True)


def dearer(document: Document) -> dict[str, object]:
    other = invoice(document.id, 20000)
    return {"gross_cents": other.gross_cents, "net_cents": other.net_cents, "vat": other.vat, "rows": other.rows}


def test_an_amount_that_changed_is_reversed_and_booked_anew_once_somebody_accepted_it(world):
    first = invoice(1)
    here = world(first)
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    (proposal,) = stored_proposals(here.register, "atelier")
    assert (proposal.action, proposal.before_cents, proposal.after_cents) == ("reverse_and_book", 12000, 24000)
    assert proposal.reversal_date == here.tool.held[0].request.entry.date
    here.night()
    assert len(here.tool.held) == 1
    assert accepted(here) == [first.key]
    here.night()
    assert states(here) == {
        first.key: "corrected",
        "sales_credit_note:1-r1": "verified",
        "sales_invoice:1-v2": "verified",
    }
    assert balances(here) == {"411CLIENT1": 24000, "706000": -20000, "445710": -4000}
    keys = [held.request.posting_key for held in here.tool.held]
    assert sorted(keys) == [
        "sellsy:4242:sales_credit_note:1-r1",
        "sellsy:4242:sales_invoice:1",
        "sellsy:4242:sales_invoice:1-v2",
    ]
    assert here.night() is None
    assert len(here.tool.held) == 3


def test_a_document_taken_back_is_reversed_and_comes_back_as_a_new_version(world):
    first = invoice(1)
    here = world(first, invoice(2))
    here.night()
    here.sellsy.documents.remove(first)
    here.night()
    (proposal,) = stored_proposals(here.register, "atelier")
    assert (proposal.action, proposal.after_cents) == ("reverse", None)
    assert here.register.load("atelier", [first.key])[0].detail == "pièce supprimée de Sellsy"
    accepted(here)
    here.night()
    assert states(here)["sales_credit_note:1-r1"] == "verified"
    here.sellsy.documents.append(first)
    here.night()
    assert states(here)["sales_invoice:1-v2"] == "verified"
    assert states(here)[first.key] == "corrected"
    assert balances(here)["411CLIENT1"] == 12000


def test_a_document_that_changes_twice_is_corrected_twice(world):
    first = invoice(1)
    here = world(first)
    here.night()
    for _, net in enumerate((20000, 30000)):
        other = invoice(1, net)
        changed(here, first, gross_cents=other.gross_cents, net_cents=net, vat=other.vat, rows=other.rows)
        here.night()
        accepted(here)
        here.night()
    assert states(here)["sales_invoice:1-v3"] == "verified"
    assert balances(here)["411CLIENT1"] == 36000
    assert len(here.tool.held) == 5


def test_a_change_that_returns_to_what_was_posted_needs_no_more_than_a_note(world):
    first = invoice(1)
    here = world(first)
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    changed(here, first)
    here.night()
    (proposal,) = stored_proposals(here.register, "atelier")
    assert proposal.action == "take_note"
    accepted(here)
    assert states(here) == {first.key: "verified"}
    assert here.night() is None
    assert stored_proposals(here.register, "atelier") == []


def test_what_changes_after_it_was_shown_is_not_accepted(world):
    first = invoice(1)
    here = world(first)
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    (shown,) = stored_proposals(here.register, "atelier")
    changed(here, first, number="F-2026-9999")
    here.night()
    done = accept(here.register, "atelier", {shown.key: shown.seal}, who="Jeanne")
    assert done == ([], [first.key])
    assert states(here) == {first.key: "changed_after_posting"}


def test_a_declined_correction_is_not_proposed_again_until_the_document_changes_again(world):
    first = invoice(1)
    here = world(first)
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    decline(here.register, "atelier", [first.key], who="Jeanne", note="voulu")
    assert stored_proposals(here.register, "atelier") == []
    here.night()
    assert propose(here.company()) == []
    (declined,) = declined_proposals(here.register, "atelier")
    assert declined.record.detail == "correction refusée par Jeanne : voulu"
    changed(here, first, number="F-2026-9999")
    here.night()
    assert [one.key for one in stored_proposals(here.register, "atelier")] == [first.key]


def test_the_reversal_of_a_locked_period_and_the_new_entry_go_to_the_first_open_day(world):
    first = invoice(1)
    here = world(first, closed_period="refuse")
    here.night()
    locked = FiscalYear(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31), locked_until=dt.date(2026, 3, 31))
    here.tool.ledger = msgspec.structs.replace(here.tool.ledger, fiscal_years=(locked,))
    changed(here, first, **dearer(first))
    here.clock += dt.timedelta(days=1)
    here.night()
    (proposal,) = stored_proposals(here.register, "atelier")
    assert proposal.reversal_date == proposal.entry_date == dt.date(2026, 4, 1)
    assert "01/04/2026" in proposal.sentence
    accepted(here)
    here.night()
    assert [held.request.entry.date for held in here.tool.held[1:]] == [dt.date(2026, 4, 1)] * 2
    assert balances(here)["411CLIENT1"] == 24000


def test_an_editable_entry_is_replaced_in_its_place(world):
    first = invoice(1)
    here = world(first, connector=ReplacingConnector())
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    (proposal,) = stored_proposals(here.register, "atelier")
    assert (proposal.action, proposal.reversal_date) == ("replace", None)
    accepted(here)
    here.night()
    assert states(here) == {first.key: "corrected", "sales_invoice:1-v2": "verified"}
    assert len(here.tool.held) == 1
    assert balances(here)["411CLIENT1"] == 24000
    proof = prove(here.company(), "2026-02")
    assert (proof.level, proof.register.documents, proof.register.gross_cents) == ("proved", 1, 24000)


def test_an_entry_validated_after_the_acceptance_is_reversed_and_booked_beside(world):
    first = invoice(1)
    here = world(first, connector=ReplacingConnector())
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    accepted(here)
    here.tool.refuses = True
    here.night()
    assert states(here)["sales_invoice:1-v2"] == "ready"
    here.night()
    assert states(here) == {
        first.key: "corrected",
        "sales_credit_note:1-r1": "verified",
        "sales_invoice:1-v2": "verified",
    }
    assert balances(here) == {"411CLIENT1": 24000, "706000": -20000, "445710": -4000}


def test_a_replacement_whose_answer_is_lost_is_found_again(world):
    first = invoice(1)
    here = world(first, connector=ReplacingConnector())
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    accepted(here)
    here.tool.script["replace_entry"] = [("after", OutcomeUnknown("lost"))]
    here.night()
    here.night()
    assert here.tool.calls.count("replace_entry") == 1
    assert states(here)["sales_invoice:1-v2"] == "verified"


def test_a_new_version_taken_back_before_it_replaced_anything_proposes_to_reverse_what_is_booked(world):
    first = invoice(1)
    here = world(first, connector=ReplacingConnector())
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    accepted(here)
    here.sellsy.documents.clear()
    here.night()
    (proposal,) = stored_proposals(here.register, "atelier")
    assert (proposal.key, proposal.action, proposal.before_cents) == ("sales_invoice:1-v2", "reverse", 12000)
    accepted(here)
    here.night()
    assert states(here) == {
        first.key: "corrected",
        "sales_credit_note:1-r1": "verified",
        "sales_invoice:1-v2": "waiting",
    }
    assert balances(here) == {}


def test_a_delivered_document_is_corrected_by_hand_until_its_file_is_imported(world):
    first = invoice(1)
    here = world(first, connector=FileConnector())
    here.night()
    new = changed(here, first, **dearer(first))
    here.night()
    (proposal,) = stored_proposals(here.register, "atelier")
    assert proposal.action == "by_hand"
    accepted(here)
    here.night()
    assert states(here) == {first.key: "corrected", "sales_invoice:1-v2": "adopted"}
    changed(here, new, number="F-2026-9999")
    here.night()
    (again,) = stored_proposals(here.register, "atelier")
    assert (again.key, again.action) == ("sales_invoice:1-v2", "by_hand")


def test_corrections_go_through_a_queue_as_any_entry(world):
    first = invoice(1)
    here = world(first, connector=QueueConnector())
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    accepted(here)
    here.night()
    here.night()
    assert balances(here)["411CLIENT1"] == 24000
    assert len(here.tool.held) == 3


def test_the_proof_counts_a_reversal_as_one_document_less(world):
    first = invoice(1)
    here = world(first, invoice(2))
    here.night()
    here.sellsy.documents.remove(first)
    here.night()
    assert "extournée" in " ".join(gap.why for gap in prove(here.company(), "2026-02").gaps)
    accepted(here)
    here.night()
    proof = prove(here.company(), "2026-02")
    assert proof.level == "proved"
    assert proof.sellsy == proof.register == proof.ledger
    assert proof.register.documents == 1


def test_nothing_is_said_twice_of_a_document_that_moved_before_the_start(world):
    first = invoice(1)
    here = world(first)
    here.night()
    changed(here, first, date=dt.date(2025, 12, 30))
    here.night()
    (proposal,) = stored_proposals(here.register, "atelier")
    assert (proposal.change, proposal.action) == ("changed", "by_hand")
    accepted(here)
    here.night()
    assert states(here) == {first.key: State.CORRECTED, "sales_invoice:1-v2": State.ADOPTED}


def test_nothing_is_corrected_twice_nor_without_a_posting(world):
    first = invoice(1)
    here = world(first)
    here.register.record_seen("atelier", [(first, None, "f")], who="test")
    here.register.apply("atelier", [Change(key=first.key, state=State.RETRACTED)], who="test")
    with pytest.raises(InvariantBroken, match="without a posting"):
        here.register.apply("atelier", [Change(key=first.key, state=State.CORRECTED)], who="test")
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    (proposal,) = stored_proposals(here.register, "atelier")
    assert accept(here.register, "atelier", {proposal.key: proposal.seal}, who="Jeanne").accepted == [first.key]
    assert accept(here.register, "atelier", {proposal.key: proposal.seal}, who="Paul") == ([], [first.key])
    assert list(here.register.audit("atelier")) == []
