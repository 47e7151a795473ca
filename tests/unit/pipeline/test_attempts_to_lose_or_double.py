"""What a saboteur would try: ways in which a decision, a correction or a long wait might lose a document, book it twice
or let a report say "done" when it was not.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.unit.pipeline.fakes import FakeConnector, World, _Held, invoice, settings
from tests.unit.pipeline.test_corrections import ReplacingConnector, accepted, balances, changed, dearer, states
from tests.unit.pipeline.test_doubles import BILL, ReadingConnector, typed

from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import FiscalYear
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, ConfigurationError, OutcomeUnknown, PostingRefused
from sellsy_ledger.pipeline.corrections import accept, stored_proposals
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


def test_an_entry_that_was_told_apart_is_never_taken_for_ours(world):
    class ByContent(ReadingConnector):
        """A tool without keys: it finds whatever has the number and the third party."""

        def find_entry(self, request):  # type: ignore[no-untyped-def]
            return self._play("find_entry", lambda: self._shown(_Held(request, "H1")))

    here = world(BILL, connector=ByContent(typed()))
    here.night()
    decide(here.register, "atelier", BILL.key, same=False, who="marie")
    here.night()
    assert (here.state(BILL), here.tool.held) == ("conflict", [])
    assert "H1" in here.detail(BILL)
    assert "register resolve" in here.detail(BILL)


def test_our_own_entry_in_a_fec_is_nothing_that_a_document_may_be_taken_for(world):
    first = invoice(1)
    here = world(first)
    here.night()
    ours = typed(first, entry_id="VE 1", third_party_account="411CLIENT1", gross_cents=12000)
    take_over(here.register, "atelier", "fec", [(Direction.SALES, ours)], who="marie")
    # Deleted, and entered again: it is the posted one that is shown, whose reversal lets the other one go.
    again = msgspec.structs.replace(first, id=88)
    here.sellsy.documents = [again]
    here.night()
    (double,) = stored_doubles(here.register, "atelier")
    assert double.entry_ids == [""]
    decide(here.register, "atelier", again.key, same=True, who="marie")
    assert accepted(here) == [first.key]
    here.night()
    assert here.state(again) == "verified"
    assert balances(here)["411CLIENT1"] == 12000


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


# -- an entry that was to be replaced ----------------------------------------------------------------------------
def replacing(world):
    """A posted document that changed, and whose entry somebody agreed to replace; nothing was sent yet."""
    first = invoice(1)
    here = world(first, connector=ReplacingConnector())
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    assert accepted(here) == [first.key]
    return here, first


def test_what_was_to_be_replaced_is_reversed_when_the_document_is_at_zero_by_now(world):
    here, first = replacing(world)
    changed(here, first, gross_cents=0, net_cents=0, vat=(), rows=invoice(1, 0).rows)
    here.night()
    here.night()
    assert states(here) == {
        first.key: "corrected",
        "sales_credit_note:1-r1": "verified",
        "sales_invoice:1-v2": "nothing_to_post",
    }
    assert balances(here) == {}
    assert prove(here.company(), "2026-02").level == "proved"
    changed(here, first, **dearer(first))
    here.night()
    assert (states(here)["sales_invoice:1-v2"], balances(here)["411CLIENT1"]) == ("verified", 24000)


def test_what_was_to_be_replaced_at_zero_waits_while_its_day_is_closed(world):
    here, first = replacing(world)
    changed(here, first, gross_cents=0, net_cents=0, vat=(), rows=invoice(1, 0).rows)
    open_years = here.tool.ledger.fiscal_years
    closed = FiscalYear(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31), closed=True)
    here.tool.ledger = msgspec.structs.replace(here.tool.ledger, fiscal_years=(closed,))
    here.clock += dt.timedelta(days=1)
    here.night()
    assert states(here)["sales_invoice:1-v2"] == "waiting"
    assert prove(here.company(), "2026-02").level == "gaps"
    here.tool.ledger = msgspec.structs.replace(here.tool.ledger, fiscal_years=open_years)
    here.clock += dt.timedelta(days=1)
    here.night()
    here.night()
    assert (states(here)["sales_invoice:1-v2"], balances(here)) == ("nothing_to_post", {})


def test_a_tool_that_changes_no_entries_any_more_gets_a_reversal_and_the_new_version(world):
    here, _ = replacing(world)
    here.tool.capabilities = msgspec.structs.replace(here.tool.capabilities, replaces=False)
    here.night()
    here.night()
    assert here.tool.calls.count("replace_entry") == 0
    assert (len(here.tool.held), balances(here)["411CLIENT1"]) == (3, 24000)


def test_a_correction_by_hand_of_what_was_to_be_replaced_can_be_said(world):
    here, first = replacing(world)
    here.sellsy.documents.clear()
    closed = FiscalYear(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31), closed=True)
    here.tool.ledger = msgspec.structs.replace(here.tool.ledger, fiscal_years=(closed,))
    here.clock += dt.timedelta(days=1)
    here.night()
    (proposal,) = stored_proposals(here.register, "atelier")
    assert proposal.action == "by_hand"
    accepted(here)
    assert states(here) == {first.key: "corrected", "sales_invoice:1-v2": "waiting"}
    assert here.register.load("atelier", [first.key])[0].detail == "corrigée à la main dans l'outil comptable"
    assert list(here.register.audit("atelier")) == []
    assert stored_proposals(here.register, "atelier") == []


# -- two documents that are one paper ----------------------------------------------------------------------------
AGAIN = msgspec.structs.replace(BILL, id=31, number="2026 1", third_party_name="Client 1 SARL")
"""The same purchase, entered a second time in Sellsy."""


def one_paper(world):
    """:data:`BILL` is in the books, and somebody said that :data:`AGAIN` is the same."""
    here = world(BILL, AGAIN)
    here.night()
    decide(here.register, "atelier", AGAIN.key, same=True, who="marie")
    assert states(here) == {BILL.key: "verified", AGAIN.key: "adopted"}
    return here


def test_of_two_documents_that_are_one_paper_the_other_goes_once_the_posted_one_is_reversed(world):
    here = one_paper(world)
    here.sellsy.documents.remove(BILL)
    here.night()
    assert states(here) == {BILL.key: "retracted", AGAIN.key: "adopted"}
    here.night()
    assert len(here.tool.held) == 1
    accepted(here)
    here.night()
    assert states(here) == {BILL.key: "corrected", "purchase_credit_note:1-r1": "verified", AGAIN.key: "verified"}
    assert balances(here)["401CLIENT1"] == -12000
    assert prove(here.company(), "2026-02").level == "proved"
    assert list(here.register.audit("atelier")) == []


def test_of_two_documents_that_are_one_paper_the_other_goes_when_the_first_is_deleted_before_it_was_sent(world):
    here = world(BILL, AGAIN)
    here.prepare(here.company("shown"), preview=True)
    decide(here.register, "atelier", AGAIN.key, same=True, who="marie")
    here.sellsy.documents.remove(BILL)
    here.night("shown")
    here.night("shown")
    assert (here.state(AGAIN), len(here.tool.held)) == ("verified", 1)


def test_what_changed_while_it_was_taken_for_the_same_goes_as_it_is_now(world):
    here = one_paper(world)
    here.sellsy.documents.remove(BILL)
    changed(here, AGAIN, **dearer(AGAIN))
    here.night()
    seals = {one.key: one.seal for one in stored_proposals(here.register, "atelier") if one.key == BILL.key}
    assert accept(here.register, "atelier", seals, who="Jeanne").accepted == [BILL.key]
    here.night()
    assert balances(here)["401CLIENT1"] == -24000
    assert prove(here.company(), "2026-02").level == "proved"


def test_the_new_version_of_the_posted_one_is_no_double_of_what_was_taken_for_it(world):
    here = world(BILL, msgspec.structs.replace(AGAIN, number=BILL.number))
    here.night()
    decide(here.register, "atelier", AGAIN.key, same=True, who="marie")
    changed(here, BILL, **dearer(BILL))
    here.night()
    accepted(here)
    here.night()
    assert states(here)["purchase_invoice:1-v2"] == "verified"
    assert balances(here)["401CLIENT1"] == -24000


def test_two_documents_are_never_both_taken_for_each_other(world):
    here = world(BILL, AGAIN)
    here.prepare(here.company("shown"), preview=True)
    decide(here.register, "atelier", AGAIN.key, same=True, who="marie")
    new = changed(here, BILL, due_date=dt.date(2026, 4, 1))
    here.night("shown")
    assert (here.state(new), here.state(AGAIN)) == ("verified", "adopted")


def test_an_entry_that_the_tool_cannot_tell_about_is_proposed_to_be_reversed(world):
    first = invoice(1)
    here = world(first, connector=ReplacingConnector())
    here.night()
    changed(here, first, **dearer(first))
    here.tool.script["read_back"] = [OutcomeUnknown("nobody can tell")]
    here.night()
    (proposal,) = stored_proposals(here.register, "atelier")
    assert proposal.action == "reverse_and_book"


def test_a_register_that_forgot_a_replaced_entry_does_not_book_the_document_once_more(world):
    first = invoice(1)
    here = world(first, connector=ReplacingConnector())
    here.night()
    for net in (20000, 30000):
        other = invoice(1, net)
        changed(here, first, gross_cents=other.gross_cents, net_cents=net, vat=other.vat, rows=other.rows)
        here.night()
        accepted(here)
        here.night()
    assert states(here)["sales_invoice:1-v3"] == "verified"
    (here.folder / "new").mkdir()
    lost = World(here.folder / "new", *here.sellsy.documents, connector=here.tool)
    lost.night()
    assert (states(lost), len(here.tool.held)) == ({first.key: "conflict"}, 1)
    assert "sales_invoice:1-v3 as E1" in lost.register.load("atelier", [first.key])[0].detail


def test_a_correction_that_is_accepted_in_the_middle_of_a_scan_is_carried_out_the_night_after(world, monkeypatch):
    first = invoice(1)
    here = world(first)
    here.sellsy.tells_marks, here.sellsy.lists_rows = True, False
    here.night()
    changed(here, first, **dearer(first))
    here.clock += dt.timedelta(days=8)
    here.night()
    here.clock += dt.timedelta(days=8)
    listed = here.sellsy.accounted

    def then_accept(*args):  # type: ignore[no-untyped-def]
        yield from listed(*args)
        accepted(here)

    monkeypatch.setattr(here.sellsy, "accounted", then_accept)
    here.night()
    monkeypatch.undo()
    here.clock += dt.timedelta(days=1)
    here.night()
    assert states(here)["sales_invoice:1-v2"] == "verified"
    assert balances(here)["411CLIENT1"] == 24000
    listings = here.sellsy.calls.count("accounted")
    here.night()
    assert here.sellsy.calls.count("accounted") == listings


@pytest.mark.parametrize("tool", [FakeConnector, ReplacingConnector])
def test_a_register_restored_from_before_a_correction_finds_it_again_and_books_nothing_twice(world, tmp_path, tool):
    first = invoice(1)
    here = world(first, connector=tool())
    here.night()
    (tmp_path / "restored").mkdir()
    with sqlite3.connect(tmp_path / "register.db") as kept, sqlite3.connect(tmp_path / "restored/register.db") as copy:
        kept.backup(copy)
    changed(here, first, **dearer(first))
    here.night()
    accepted(here)
    here.night()
    booked = len(here.tool.held)
    later = World(tmp_path / "restored", *here.sellsy.documents, connector=here.tool)
    later.clock += dt.timedelta(days=1)
    later.register.note_restored(who="ops", note="from the copy")
    for _ in range(3):
        later.clock += dt.timedelta(days=1)
        later.night()
        accepted(later)
    assert (len(here.tool.held), balances(here)["411CLIENT1"]) == (booked, 24000)
    assert states(later)["sales_invoice:1-v2"] == "verified"


# -- a reversal that cannot go -----------------------------------------------------------------------------------
def corrected_then_locked(world, **changes):
    """A correction that was accepted before its day was locked."""
    first = invoice(1)
    here = world(first, **changes)
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    accepted(here)
    unlocked = here.tool.ledger
    locked = FiscalYear(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31), locked_until=dt.date(2026, 2, 28))
    here.tool.ledger = msgspec.structs.replace(unlocked, fiscal_years=(locked,))
    here.clock += dt.timedelta(days=1)
    here.night()
    return here, unlocked


def test_a_reversal_whose_day_was_locked_meanwhile_holds_the_new_version_back(world):
    here, unlocked = corrected_then_locked(world, closed_period="refuse")
    assert states(here)["sales_credit_note:1-r1"] == "waiting"
    assert balances(here)["411CLIENT1"] == 12000
    here.tool.ledger = unlocked
    here.clock += dt.timedelta(days=1)
    here.night()
    assert balances(here)["411CLIENT1"] == 24000


def test_a_reversal_whose_day_was_locked_meanwhile_moves_where_every_document_does(world):
    here, _ = corrected_then_locked(world, closed_period="first_open_day")
    assert states(here)["sales_credit_note:1-r1"] == states(here)["sales_invoice:1-v2"] == "verified"
    assert [held.request.entry.date for held in here.tool.held[1:]] == [dt.date(2026, 3, 1)] * 2
    assert balances(here)["411CLIENT1"] == 24000


def test_a_reversal_that_the_tool_refused_holds_the_new_version_back(world):
    first = invoice(1)
    here = world(first)
    here.night()
    changed(here, first, **dearer(first))
    here.night()
    accepted(here)
    here.tool.script["post_entry"] = [PostingRefused("journal closed", reason=Reason.REFUSED_BY_TOOL)]
    here.night()
    here.night()
    assert states(here)["sales_credit_note:1-r1"] == "rejected"
    (held_back,) = here.register.load("atelier", ["sales_invoice:1-v2"])
    assert (held_back.state, held_back.reason) == ("waiting", "refused_by_tool")
    assert "son extourne" in held_back.detail
    assert balances(here)["411CLIENT1"] == 12000
    here.night(retry="all")
    here.night()
    assert balances(here)["411CLIENT1"] == 24000
