"""A document changes in Sellsy after it was posted: for every change and every way into the books, what is proposed,
and that the books end to the cent with what Sellsy shows, each entry once.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scenario.changes import LOCKED_UNTIL, NUMBER, begin, carry_out, change, locked, problems, seen
from tests.scenario.stage import TARGETS, line, paper

CONSULTING = paper("S1", line("Conseil", "100.00"))
OTHER = paper("S2", line("Livre", "50.00"))
PAGE = Path(__file__).resolve().parents[2] / "docs" / "changes.md"
ROWS = {
    "amount": "Montant modifié",
    "date": "Date modifiée",
    "third_party": "Tiers modifié (inconnu de l'outil)",
    "text_or_payment": "Texte ou paiement seul",
    "taken_back": "Comptabilisation annulée",
    "deleted": "Pièce supprimée",
    "locked": "Montant modifié, période verrouillée",
    "twice": "Modifiée deux fois",
    "back": "Modifiée puis rétablie",
    "again": "Annulée puis comptabilisée à nouveau",
    "not_imported": "Montant modifié avant l'import du fichier",
}
WORDS = {
    "take_note": "prise de note",
    "replace": "remplacée",
    "reverse": "extourne",
    "reverse_and_book": "extourne + nouvelle",
    "by_hand": "à la main",
}


def page() -> dict[str, dict[str, str]]:
    """The table that accountants read: row → target → what happens."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    head = next(index for index, line in enumerate(lines) if "`acd`" in line)
    cells = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines[head:]]
    return {row[0]: dict(zip(cells[0][1:], row[1:], strict=True)) for row in cells[2:]}


def told(stage, name: str) -> str:
    """What the page says of this change and this tool."""
    return page()[ROWS[name]][stage.kit.name]


def test_the_page_has_a_cell_for_every_change_and_every_tool():
    assert set(page()) == set(ROWS.values())
    assert all(set(row) == set(TARGETS) for row in page().values())


@pytest.fixture
def stage(story):
    return story(CONSULTING, OTHER, keep=(NUMBER,))


@pytest.mark.parametrize("name", ["amount", "date", "third_party"])
def test_what_changed_is_corrected(stage, name):
    document = begin(stage)
    (proposal,) = change(stage, document, name)
    assert WORDS[proposal.action] == told(stage, name)
    carry_out(stage)
    assert problems(stage) == []
    keys = sorted(record.key for record in stage.records())
    versions = ["sales_invoice:48001", "sales_invoice:48001-v2"]
    assert keys == (versions if proposal.action == "replace" else ["sales_credit_note:48001-r1", *versions])


def test_a_text_or_a_payment_changes_nothing(stage):
    document = begin(stage)
    assert change(stage, document, "text_or_payment") == []
    assert told(stage, "text_or_payment") == "rien"
    assert stage.story(NUMBER) == stage.proved_state
    assert problems(stage) == []


@pytest.mark.parametrize(("name", "why"), [("taken_back", "comptabilisation annulée"), ("deleted", "supprimée")])
def test_what_is_gone_is_reversed(stage, name, why):
    document = begin(stage)
    (proposal,) = change(stage, document, name)
    assert (WORDS[proposal.action], proposal.after_cents) == (told(stage, name), None)
    assert why in stage.record(NUMBER).detail
    carry_out(stage)
    assert problems(stage) == []


def test_a_change_in_a_locked_period_is_corrected_on_the_first_open_day(stage):
    document = begin(stage)
    with locked(stage):
        (proposal,) = change(stage, document, "amount")
        assert f"{WORDS[proposal.action]}, 1er jour ouvert" == told(stage, "locked")
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
        assert WORDS[proposal.action] == told(stage, "twice")
        carry_out(stage)
        assert problems(stage) == []
    assert "sales_invoice:48001-v3" in {record.key for record in stage.records()}


def test_a_change_that_is_taken_back_needs_no_correction(stage):
    document = begin(stage)
    (proposal,) = change(stage, document, "amount")
    assert proposal.after_cents == 119880
    stage.change(document, net="100.00")
    (proposal,) = seen(stage)
    assert WORDS[proposal.action] == told(stage, "back")
    carry_out(stage)
    assert stage.story(NUMBER) == stage.proved_state
    assert len(stage.records()) == 1
    assert problems(stage) == []


def test_a_document_taken_back_and_accounted_again_is_booked_as_a_new_version(stage):
    document = begin(stage)
    (proposal,) = change(stage, document, "taken_back")
    assert f"{WORDS[proposal.action]}, puis nouvelle" == told(stage, "again")
    carry_out(stage)
    stage.change(document, accounted=True)
    assert seen(stage) == []
    assert problems(stage) == []
    keys = {record.key for record in stage.records()}
    assert keys == {"sales_invoice:48001", "sales_credit_note:48001-r1", "sales_invoice:48001-v2"}


def test_what_changes_before_its_file_is_imported_is_left_to_a_person(stage):
    if not stage.kit.capabilities.batches:
        assert told(stage, "not_imported") == "—"
        return
    stage.night()
    (document,) = stage.documents()
    (proposal,) = change(stage, document, "amount")
    assert WORDS[proposal.action] == told(stage, "not_imported")
    carry_out(stage)
    assert stage.states() == {"corrected": 1, "adopted": 1}
    assert len(stage.entries()) == 1
