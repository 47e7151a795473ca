"""An answer binds what was shown, whatever happens between the question and the posting."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.unit.pipeline.fakes import World, invoice, settings

from sellsy_ledger.errors import ConfigurationError, InvariantBroken
from sellsy_ledger.pipeline.approval import Answer, Offer, answer_offer, make_offer, offer_again
from sellsy_ledger.pipeline.approval_overview import Overview
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.posting import post_entries
from sellsy_ledger.pipeline.report import build_report

CLOSED_DAY = dt.date(2025, 12, 15)
OLD = invoice(9, date=CLOSED_DAY)
ASK = {"closed_period": "ask", "start_date": "2025-01-01"}
EVERYTHING = {"dated_from": dt.date(2025, 1, 1)}


def offered(company: Company, batches: list[str]) -> Offer:
    offer = make_offer(company, batches)
    assert offer is not None
    return offer


def answer(here: World, offer: Offer, said: Answer, **more: Any) -> Offer:
    who = "" if said is Answer.UNANSWERED else "jeanne"
    return answer_offer(here.register, "atelier", offer.run_id, offer.id, said, who=who, at=here.clock, **more)


def test_nothing_is_asked_where_nobody_is_needed(world):
    here = world(invoice(1))
    company = here.company()
    batches = here.prepare(company)
    assert make_offer(company, batches) is None
    post_entries(company, batches[0])
    assert here.state(invoice(1)) == "posted"


def test_a_document_of_a_closed_period_goes_on_the_first_open_day_once_a_person_agreed(world):
    here = world(invoice(1), OLD, **ASK)
    company = here.company()
    batches = here.prepare(company, **EVERYTHING)
    seen = Overview()
    offer = make_offer(company, batches, show=seen.add)
    assert offer is not None
    assert (list(offer.seals), offer.moved, seen.documents, seen.moved) == ([OLD.key], [OLD.key], 1, 1)
    answer(here, offer, Answer.APPROVED)
    here.finish(company, batches)
    assert (here.state(OLD), here.state(invoice(1))) == ("verified", "verified")
    dates = {held.request.entry.piece_date: held.request.entry.date for held in here.tool.held}
    assert dates[CLOSED_DAY] == dt.date(2026, 1, 1)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (None, ""),
        (Answer.REFUSED, "refusée par jeanne le 01/03/2026, « trop tard »"),
        (Answer.UNANSWERED, "personne n'avait répondu le 01/03/2026"),
        (Answer.APPROVED_BUT_MOVED, "non validée par jeanne"),
    ],
)
def test_without_that_word_only_the_document_of_the_closed_period_waits_and_says_why(world, said, why):
    here = world(invoice(1), OLD, **ASK)
    company = here.company()
    batches = here.prepare(company, **EVERYTHING)
    if said is not None:
        answer(here, offered(company, batches), said, remark="trop tard" if said is Answer.REFUSED else "")
    here.finish(company, batches)
    assert (here.state(OLD), here.state(invoice(1))) == ("waiting(approval_pending)", "verified")
    assert "la date 15/12/2025 est dans une période close, l'écriture serait datée du 01/01/2026" in here.detail(OLD)
    assert why in here.detail(OLD)


def test_all_but_the_moved_dates_can_be_approved(world):
    here = world(invoice(1), OLD, approval="every_run", **ASK)
    company = here.company()
    batches = here.prepare(company, **EVERYTHING)
    offer = answer(here, offered(company, batches), Answer.APPROVED_BUT_MOVED)
    assert (len(offer.seals), offer.moved) == (2, [OLD.key])
    here.finish(company, batches)
    assert (here.state(OLD), here.state(invoice(1))) == ("waiting(approval_pending)", "verified")
    counts = build_report(company).approval
    assert (counts.shown, counts.approved, counts.refused, counts.held, counts.unanswered) == (2, 1, 1, 0, 0)


def test_a_period_that_was_reopened_meanwhile_is_another_entry_and_asked_about_no_more(world):
    here = world(OLD, **ASK)
    here.night(**EVERYTHING)
    assert here.state(OLD) == "waiting(approval_pending)"
    open_years = tuple(type(year)(start=year.start, end=year.end) for year in here.tool.ledger.fiscal_years)
    here.tool.ledger = type(here.tool.ledger)(
        **{name: getattr(here.tool.ledger, name) for name in here.tool.ledger.__struct_fields__}
        | {"fiscal_years": open_years}
    )
    here.night(**EVERYTHING)
    assert here.state(OLD) == "verified"


@pytest.mark.parametrize("said", [Answer.REFUSED, Answer.UNANSWERED])
def test_what_was_shown_waits_for_its_answer_although_the_settings_ask_nobody_any_more(world, said):
    here = world(invoice(1), approval="every_run")
    company = here.company()
    batches = here.prepare(company)
    answer(here, offered(company, batches), said)
    company.settings = settings(approval="none")
    here.finish(company, batches)
    assert here.state(invoice(1)) == "waiting(approval_pending)"
    assert here.tool.held == []


def test_a_waiting_run_holds_no_lease_and_is_the_companys_run_again_afterwards(world):
    here = world(invoice(1), approval="every_run")
    company = here.company("asking")
    batches = here.prepare(company)
    offer = offered(company, batches)
    here.sellsy.documents.append(invoice(2))
    here.night("meanwhile")
    answer(here, offer, Answer.APPROVED)
    # The other run left the document waiting: this one has nothing ready to send, and sends nothing unasked.
    here.finish(company, batches)
    assert here.tool.held == []
    report = build_report(company)
    assert (report.worked_on, report.approval.shown, report.approval.held) == (1, 1, 1)


def test_each_offer_has_one_answer_and_only_offers_of_the_register_can_be_answered(world):
    here = world(invoice(1), approval="every_run")
    company = here.company()
    batches = here.prepare(company)
    offer = offered(company, batches)
    answer(here, offer, Answer.REFUSED)
    with pytest.raises(InvariantBroken, match="has an answer already"):
        answer(here, offer, Answer.APPROVED)
    with pytest.raises(InvariantBroken, match="knows none"):
        answer_offer(here.register, "atelier", "another run", offer.id, Answer.APPROVED, who="x", at=here.clock)
    with pytest.raises(ConfigurationError, match="knows no offer"):
        offer_again(here.register, "atelier", offer.run_id, "0" * 16, at=here.clock)
    here.finish(company, batches)
    assert here.tool.held == []


def test_the_last_answer_of_a_run_counts(world):
    here = world(invoice(1), approval="every_run")
    company = here.company()
    batches = here.prepare(company)
    answer(here, offered(company, batches), Answer.APPROVED)
    here.clock += dt.timedelta(minutes=1)
    again = offered(company, batches)
    answer(here, again, Answer.REFUSED)
    here.finish(company, batches)
    assert here.state(invoice(1)) == "waiting(approval_pending)"


def test_an_offer_shown_once_more_binds_what_it_showed(world):
    here = world(invoice(1), approval="every_run")
    company = here.company()
    batches = here.prepare(company)
    first = offered(company, batches)
    answer(here, first, Answer.REFUSED)
    here.clock += dt.timedelta(minutes=1)
    again = offer_again(here.register, "atelier", company.run_id, first.id, at=here.clock)
    assert again.id != first.id
    assert again.seals == first.seals
    answer(here, again, Answer.APPROVED)
    here.finish(company, batches)
    assert here.state(invoice(1)) == "verified"
