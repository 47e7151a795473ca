"""A document changes in Sellsy after it was posted: for every change and every way into the books, what is proposed,
and that the books end to the cent with what Sellsy shows, each entry once.
"""

from __future__ import annotations

import pytest
from tests.scenario.changes import LOCKED_UNTIL, NUMBER, begin, carry_out, change, locked, problems, seen
from tests.scenario.stage import line, paper

CONSULTING = paper("S1", line("Conseil", "100.00"))
OTHER = paper("S2", line("Livre", "50.00"))


@pytest.fixture
def stage(story):
    return story(CONSULTING, OTHER, keep=(NUMBER,))


def corrects(stage, name: str = "amount") -> str:
    """A customer whom the tool does not know yet is created by the run that books: nothing is replaced before."""
    if name == "third_party":
        return "reverse_and_book"
    return "replace" if stage.kit.capabilities.replaces else "reverse_and_book"


@pytest.mark.parametrize("name", ["amount", "date", "third_party"])
def test_what_changed_is_corrected(stage, name):
    document = begin(stage)
    (proposal,) = change(stage, document, name)
    assert proposal.action == corrects(stage, name)
    carry_out(stage)
    assert problems(stage) == []
    keys = sorted(record.key for record in stage.records())
    versions = ["sales_invoice:48001", "sales_invoice:48001-v2"]
    assert keys == (versions if proposal.action == "replace" else ["sales_credit_note:48001-r1", *versions])


def test_a_text_or_a_payment_changes_nothing(stage):
    document = begin(stage)
    assert change(stage, document, "text_or_payment") == []
    assert stage.story(NUMBER) == stage.proved_state
    assert problems(stage) == []


@pytest.mark.parametrize(("name", "why"), [("taken_back", "comptabilisation annulée"), ("deleted", "supprimée")])
def test_what_is_gone_is_reversed(stage, name, why):
    document = begin(stage)
    (proposal,) = change(stage, document, name)
    assert (proposal.action, proposal.after_cents) == ("reverse", None)
    assert why in stage.record(NUMBER).detail
    carry_out(stage)
    assert problems(stage) == []


def test_a_change_in_a_locked_period_is_corrected_on_the_first_open_day(stage):
    document = begin(stage)
    with locked(stage):
        (proposal,) = change(stage, document, "amount")
        assert proposal.entry_date > LOCKED_UNTIL
        assert "premier jour ouvert" in proposal.sentence
        carry_out(stage)
        assert problems(stage) == []
        days = {record.key: record.entry.date for record in stage.records()}
        assert {day for key, day in days.items() if key != "sales_invoice:48001"} == {proposal.entry_date}


def test_a_document_that_changes_twice_is_corrected_twice(stage):
    document = begin(stage)
    for net in ("999.00", "250.00"):
        stage.change(document, net=net)
        (proposal,) = seen(stage)
        assert proposal.action == corrects(stage)
        carry_out(stage)
        assert problems(stage) == []
    assert "sales_invoice:48001-v3" in {record.key for record in stage.records()}


def test_a_change_that_is_taken_back_needs_no_correction(stage):
    document = begin(stage)
    (proposal,) = change(stage, document, "amount")
    assert proposal.after_cents == 119880
    stage.change(document, net="100.00")
    (proposal,) = seen(stage)
    assert proposal.action == "take_note"
    carry_out(stage)
    assert stage.story(NUMBER) == stage.proved_state
    assert len(stage.records()) == 1
    assert problems(stage) == []


def test_a_document_taken_back_and_accounted_again_is_booked_as_a_new_version(stage):
    document = begin(stage)
    change(stage, document, "taken_back")
    carry_out(stage)
    stage.change(document, accounted=True)
    assert seen(stage) == []
    assert problems(stage) == []
    keys = {record.key for record in stage.records()}
    assert keys == {"sales_invoice:48001", "sales_credit_note:48001-r1", "sales_invoice:48001-v2"}
