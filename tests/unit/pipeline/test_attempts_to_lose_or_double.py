"""What a saboteur would try: ways in which a decision, a correction or a long wait might lose a document, book it twice
or let a report say "done" when it was not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.pipeline.fakes import World, invoice, settings
from tests.unit.pipeline.test_corrections import accepted, changed, dearer
from tests.unit.pipeline.test_doubles import BILL, ReadingConnector, typed

from sellsy_ledger.core.documents import Direction
from sellsy_ledger.errors import AccessError, ConfigurationError
from sellsy_ledger.pipeline.doubles import decide, stored_doubles
from sellsy_ledger.pipeline.proof import prove
from sellsy_ledger.pipeline.takeover import take_over


@pytest.fixture
def world(tmp_path: Path) -> Callable[..., World]:
    return lambda *documents, **named: World(tmp_path, *documents, **named)


# -- doubles -----------------------------------------------------------------------------------------------------
def test_an_entry_that_was_read_in_two_places_can_be_named(world):
    here = world(BILL, connector=ReadingConnector(typed()))
    take_over(here.register, "atelier", "fec", [(Direction.PURCHASES, typed(date=dt.date(2026, 2, 9)))], who="marie")
    here.night()
    (double,) = stored_doubles(here.register, "atelier")
    assert double.entry_ids == ["H1", "H1"]
    decide(here.register, "atelier", BILL.key, same=True, who="marie", entry_id="H1")
    assert here.register.booked_as("atelier", [BILL.key])[BILL.key].source == "tool"


def test_what_is_typed_while_a_purchase_waits_for_an_approval_is_met(world):
    here = world(BILL, connector=ReadingConnector())
    here.settings = settings(approval="every_run")
    here.night()
    assert here.state(BILL) == "waiting(approval_pending)"
    here.tool.typed.append(typed())
    here.clock += dt.timedelta(days=7)
    here.night()
    assert here.state(BILL) == "waiting(possible_duplicate)"


def test_a_purchase_told_apart_long_after_it_was_compared_is_compared_once_more(world):
    here = world(BILL, connector=ReadingConnector(typed()))
    here.night()
    for _ in range(3):
        here.clock += dt.timedelta(days=1)
        here.night()
    assert here.tool.calls.count("booked_entries") == 1
    decide(here.register, "atelier", BILL.key, same=False, who="marie")
    here.tool.typed.append(typed(entry_id="H2"))
    here.night()
    (double,) = stored_doubles(here.register, "atelier")
    assert double.entry_ids == ["H2"]


def test_books_that_cannot_be_shown_hold_purchases_back_and_nothing_else(world):
    here = world(BILL, invoice(2), connector=ReadingConnector())
    no_books = ConfigurationError("There is no FEC of a fiscal year over two calendar years.", action="Set read_back.")
    here.tool.script["booked_entries"] = [no_books]
    here.night()
    assert here.state(invoice(2)) == "verified"
    assert here.state(BILL) == "waiting(tool_unavailable)"
    assert "fiscal year over two calendar years. Set read_back." in here.detail(BILL)
    here.night()
    assert here.state(BILL) == "verified"


def test_a_right_that_is_missing_stops_the_company_as_ever(world):
    here = world(BILL, connector=ReadingConnector())
    here.tool.script["booked_entries"] = [AccessError("no right to read the books")]
    with pytest.raises(AccessError):
        here.night()


# -- the proof ---------------------------------------------------------------------------------------------------
def test_a_month_is_proved_once_its_correction_is_booked(world):
    first = invoice(1)
    here = world(first, invoice(2))
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    accepted(here)
    assert prove(here.company(), "2026-02").level == "gaps"
    here.night()
    proof = prove(here.company(), "2026-02")
    assert (proof.level, proof.gaps, proof.corrections) == ("proved", [], 2)


def test_an_adopted_document_that_changed_is_a_gap_with_its_reason(world):
    here = world(BILL, connector=ReadingConnector(typed()))
    here.night()
    decide(here.register, "atelier", BILL.key, same=True, who="marie")
    assert prove(here.company(), "2026-02").level == "proved"
    changed(here, BILL, **dearer(BILL))
    here.night()
    proof = prove(here.company(), "2026-02")
    assert proof.level == "gaps"
    assert "modifiée dans Sellsy" in proof.gaps[0].why
