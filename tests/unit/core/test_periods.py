"""The three policies for documents of closed periods."""

from __future__ import annotations

import datetime as dt

from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.outcomes import Outcome, Reason, State
from tests.unit.core.builders import CUSTOMER, capabilities, document, ledger, row, settings, vat

LATE = document([row("100")], [vat(2000)], date=dt.date(2025, 12, 15))


def journalise(policy: str, *, approved: bool = False, **tool: object) -> Outcome:
    make = Journaliser(settings(closed_period=policy), ledger(), capabilities(**tool), period_approved=approved)
    return make(LATE, CUSTOMER)


def test_refuse_waits() -> None:
    outcome = journalise("refuse")
    assert (outcome.state, outcome.reason) == (State.WAITING, Reason.PERIOD_CLOSED)
    assert "15/12/2025" in outcome.message


def test_first_open_day_moves_the_entry_and_not_the_piece_and_says_so() -> None:
    outcome = journalise("first_open_day", label_max=40)
    assert outcome.entry is not None
    assert outcome.entry.date == dt.date(2026, 1, 1)
    assert outcome.entry.piece_date == LATE.date
    assert all(line.label.endswith(" (pièce du 15/12/2025)") for line in outcome.entry.lines)
    assert all(len(line.label) <= 40 for line in outcome.entry.lines)


def test_ask_waits_for_a_person_and_then_moves() -> None:
    outcome = journalise("ask")
    assert (outcome.state, outcome.reason) == (State.WAITING, Reason.APPROVAL_PENDING)
    assert "01/01/2026" in outcome.message
    approved = journalise("ask", approved=True)
    assert approved.entry is not None
    assert approved.entry.date == dt.date(2026, 1, 1)


def test_no_policy_finds_a_day_after_the_last_year() -> None:
    make = Journaliser(settings(closed_period="first_open_day"), ledger(), capabilities())
    outcome = make(document([row("100")], [vat(2000)], date=dt.date(2027, 1, 1)), CUSTOMER)
    assert (outcome.state, outcome.reason) == (State.WAITING, Reason.PERIOD_CLOSED)
