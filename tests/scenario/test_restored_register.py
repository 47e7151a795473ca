"""A register that was restored from a copy: what was posted since the copy is found in the tool, not posted again.

Told for a tool that books at once, one that imports from a queue, and one that imports files.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tests.scenario.stage import Stage, line, paper

from sellsy_ledger.pipeline.writing import LONGEST_INTENT
from sellsy_ledger.register.archive import write_backup
from sellsy_ledger.register.database import Database
from sellsy_ledger.register.restore import restore

CONSULTING = paper("S1", line("Conseil", "100.00"), line("Livre", "50.00", "10.00"))
RETURN = paper("S2", line("Retour de livre", "30.00"), type="credit_note")
PAPER = paper("P1", line("Papier", "80.00"))


@pytest.fixture(params=["myunisoft", "cegid_loop-json", "sage100-files"])
def tool(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def copy(stage: Stage) -> Path:
    """A backup, taken now."""
    file = stage.folder / f"copy-{stage.clock:%Y%m%d}.zip"
    database = Database(f"sqlite:///{stage.folder}/register.db", busy_seconds=5)
    write_backup(database, file, now=stage.clock)
    database.engine.dispose()
    return file


def lose_and_restore(stage: Stage, file: Path) -> None:
    """The register is lost; the copy is put in its place."""
    stage.register.close()
    for lost in stage.folder.glob("register.db*"):
        lost.unlink()
    database = Database(f"sqlite:///{stage.folder}/register.db", busy_seconds=5)
    restore(database, file, who="ann", now=stage.clock)
    database.engine.dispose()
    stage.register = stage.open_register()


def found_again(stage: Stage) -> list[str]:
    """Documents whose entry was found in the tool instead of being written."""
    return sorted(
        record.key
        for record in stage.records()
        if any("found in" in event.note for event in stage.register.events("atelier", record.key))
    )


def test_what_was_posted_since_the_copy_is_found_and_nothing_is_booked_twice(story):
    stage = story(CONSULTING, RETURN, purchases=[PAPER])
    empty = copy(stage)
    stage.night()
    booked = sorted(record.key for record in stage.records())
    stage.settle()
    before = sorted(str(entry["key"]) for entry in stage.entries())
    assert len(before) == len(booked) > 2
    stage.tomorrow()
    lose_and_restore(stage, empty)
    stage.tomorrow()
    stage.night()
    assert found_again(stage) == booked
    assert stage.problems_with_the_books() == []
    assert sorted(str(entry["key"]) for entry in stage.entries()) == before
    assert list(stage.register.audit("atelier")) == []


def test_a_new_document_in_front_hides_none_that_was_posted_since_the_copy(story):
    """The first document of the batch is truly new: its look-up finds nothing, and says nothing of the others."""
    stage = story(CONSULTING, RETURN, PAPER, keep=("F-2025-0001", "F-2026-0001", "F-2026-0002", "A-2026-0001"))
    first = next(one for one in stage.documents() if one["number"] == "F-2025-0001")
    stage.change(first, accounted=False)
    old = copy(stage)
    stage.night()
    booked = sorted(record.key for record in stage.records())
    stage.settle()
    stage.tomorrow()
    lose_and_restore(stage, old)
    stage.change(first, accounted=True)
    stage.tomorrow()
    stage.night()
    keys = [record.key for record in stage.records()]
    assert len(keys) == len(booked) + 1
    assert keys[0] not in booked, "the new one is the batch's first"
    assert found_again(stage) == booked
    assert stage.problems_with_the_books() == []


def test_a_document_that_waits_after_the_restore_is_looked_for_when_it_goes_at_last(story):
    stage = story(CONSULTING, RETURN, keep=("F-2025-0001", "A-2026-0001"))
    old = copy(stage)
    stage.night()
    stage.settle()
    stage.tomorrow()
    lose_and_restore(stage, old)
    late = next(one for one in stage.documents() if one["number"] == "A-2026-0001")
    stage.change(late, pdf="html")
    for _ in range(3):
        stage.tomorrow()
        stage.night()
    assert stage.story("A-2026-0001") == "waiting(supporting_document_missing)"
    stage.change(late, pdf="pdf")
    stage.tomorrow()
    stage.night()
    assert stage.record("A-2026-0001").key in found_again(stage)
    assert stage.problems_with_the_books() == []


def test_a_queue_that_has_not_settled_is_waited_for(story):
    stage = story(CONSULTING, keep=("F-2025-0001",))
    settling = stage.kit.capabilities.settles_within_seconds
    if not settling:
        pytest.skip("what the tool took is visible at once")
    lose_and_restore(stage, copy(stage))
    stage.night()
    assert stage.story("F-2025-0001") == "outcome_unknown"
    assert stage.entries() == []
    stage.clock += dt.timedelta(seconds=settling + 1) + LONGEST_INTENT
    stage.night()
    assert stage.problems_with_the_books() == []
