"""`register corrections` and `register correct`, as an accountant types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sellsy_ledger.cli import main
from tests.unit.pipeline.fakes import World, invoice
from tests.unit.pipeline.test_corrections import changed, dearer, states


@pytest.fixture
def here(tmp_path: Path) -> World:
    """One posted invoice that became dearer in Sellsy."""
    first = invoice(1)
    world = World(tmp_path, first, invoice(2))
    world.night()
    changed(world, first, **dearer(first))
    world.night()
    return world


def call(here: World, *arguments: str) -> int:
    return main(["register", "--register", f"sqlite:///{here.folder}/register.db", *arguments])


def test_proposals_are_listed_with_both_amounts_and_a_sentence(here, capsys):
    assert call(here, "corrections") == 0
    out = capsys.readouterr().out
    assert "120,00 €" in out.replace("\u202f", " ").replace("\xa0", " ")
    assert "extourner et comptabiliser" in out
    assert call(here, "corrections", "--format", "json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["action"], row["before_cents"], row["after_cents"]) == ("reverse_and_book", 12000, 24000)


def test_an_accepted_correction_is_booked_by_the_next_run(here, capsys):
    assert call(here, "correct", "F-2026-0001", "--accept", "--who", "Jeanne") == 0
    assert "reverse_and_book accepted by Jeanne" in capsys.readouterr().err
    here.night()
    assert states(here)["sales_invoice:1-v2"] == "verified"
    assert call(here, "list") == 0
    assert "corrigée à côté" in " ".join(capsys.readouterr().out.split())


def test_a_declined_correction_stays_visible_with_who_declined_it(here, capsys):
    assert call(here, "correct", "sales_invoice:1", "--decline", "--who", "Jeanne", "--note", "voulu") == 0
    assert call(here, "corrections", "--format", "json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["declined"] == "correction refusée par Jeanne : voulu"
    assert call(here, "correct", "sales_invoice:1", "--accept") != 0


def test_a_fec_of_booked_entries_holds_what_was_corrected_and_its_reversal(here, capfdbinary):
    call(here, "correct", "F-2026-0001", "--accept", "--who", "Jeanne")
    here.night()
    assert call(here, "export", "--format", "fec") == 0
    lines = capfdbinary.readouterr().out.decode("utf-8-sig").splitlines()
    assert sum("F-2026-0001" in line for line in lines) == 9
