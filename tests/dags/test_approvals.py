"""A run that needs a person, asked and answered in a real Airflow."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.dags.night import Night, events, results, states
from tests.dags.people import People, Question

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.pipeline import fetch
from sellsy_ledger.register.store import Change, Register

pytestmark = pytest.mark.airflow

APPROVE, REFUSE = "Approuver", "Refuser"


def test_what_a_person_approved_is_posted_and_their_name_is_in_every_story(
    night: Callable[..., Night], people: People
) -> None:
    company = night()
    company.configure(approval="every_run", start_date="2026-10-20")
    answers: list[int] = []

    def approve(question: Question) -> None:
        assert company.entries() == []
        answers.append(question.answer(APPROVE, by="viewer"))
        answers.append(question.answer("Oui"))
        answers.append(question.answer(APPROVE, REFUSE))
        answers.append(question.answer(APPROVE, remarque="vu avec Marie"))
        answers.append(question.answer(REFUSE))

    people.will(approve)
    run = company.run()

    assert answers == [403, 400, 400, 200, 409]
    assert run.state == "success", states(run)
    booked = company.documents(State.VERIFIED)
    assert len(booked) == len(company.entries()) > 0
    shown = people.asked[0]
    assert str(len(booked)) in shown["subject"]
    assert "| VE |" in shown["body"]
    assert booked[0].document.third_party_name.split()[0] in shown["body"]
    assert "/sellsy_ledger/preview?company=" in shown["body"]
    assert shown["options"] == [APPROVE, REFUSE]
    with Register.open(company.register_url) as register:
        for record in booked:
            story = register.events(company.company, record.key)
            assert [(one.who, "vu avec Marie" in one.note) for one in story if one.what == "approved"] == [("op", True)]
    carried = json.dumps(results(run), default=str)
    assert "vu avec Marie" not in carried
    assert all(record.document.number not in carried for record in booked)


@pytest.mark.parametrize("nobody", [False, True])
def test_a_refusal_and_no_answer_post_nothing_and_say_so(
    night: Callable[..., Night], people: People, nobody: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    company = night()
    company.configure(approval="every_run", start_date="2026-10-20")

    people.will(Question.let_time_pass if nobody else lambda question: question.answer(REFUSE))
    run = company.run()

    assert people.done
    # A refusal is a decision; no answer must not look like one.
    assert run.state == ("failed" if nobody else "success"), states(run)
    assert states(run)["approve"] == states(run)["post_entries"] == "success"
    assert company.entries() == []
    held = [record for record in company.documents(State.WAITING) if record.reason is Reason.APPROVAL_PENDING]
    assert held
    said = "personne n'avait répondu" if nobody else "refusée par op"
    assert all(said in record.detail for record in held)
    assert company.documents(State.READY) == []
    if nobody:
        assert "Nobody answered in time" in "".join(capfd.readouterr())
    else:
        counts = results(run)["report.-1.return_value"]
        counts = json.loads(counts) if isinstance(counts, str) else counts
        assert (counts["approval"]["refused"], counts["approval"]["approved"]) == (len(held), 0)
        people.will(lambda question: question.answer(APPROVE))
        assert company.run().state == "success"
        assert len(company.entries()) == len(company.documents(State.VERIFIED)) == len(held)


def test_another_run_may_work_while_one_waits_and_what_changes_meanwhile_is_held_back(
    night: Callable[..., Night], people: People
) -> None:
    company = night()
    company.configure(approval="every_run", start_date="2026-10-20")
    changed: list[str] = []

    def another_run_changes_one(question: Question) -> None:
        with Register.open(company.register_url) as register, register.lease(company.company, holder="another"):
            register.store_note(company.company, fetch.RUN_NOTE, json.dumps({"run_id": "another", "preview": True}))
            record = company.documents(State.READY)[0]
            lines = tuple(
                type(line)(**{name: getattr(line, name) for name in line.__struct_fields__} | {"label": "autre"})
                for line in record.entry.lines
            )
            entry = type(record.entry)(
                **{name: getattr(record.entry, name) for name in record.entry.__struct_fields__} | {"lines": lines}
            )
            register.apply(company.company, [Change(key=record.key, entry=entry)], who="test")
            changed.append(record.key)
        question.answer(APPROVE)

    people.will(another_run_changes_one)
    run = company.run()

    assert run.state == "success", states(run)
    [held] = [record for record in company.documents(State.WAITING) if record.reason is Reason.APPROVAL_PENDING]
    assert held.key == changed[0]
    assert "a changé depuis" in held.detail
    booked = len(company.entries())
    assert booked == len(company.documents(State.VERIFIED)) > 0
    counts = results(run)["report.-1.return_value"]
    counts = json.loads(counts) if isinstance(counts, str) else counts
    assert counts["worked_on"] == len(company.documents())
    assert (counts["approval"]["shown"], counts["approval"]["approved"]) == (booked + 1, booked)


def test_a_cleared_question_is_still_the_old_one_and_its_answer_binds_what_it_shows(
    night: Callable[..., Night], people: People
) -> None:
    company = night()
    company.configure(approval="every_run", start_date="2026-10-20")
    added: list[str] = []

    def leave_one_out(question: Question) -> None:
        # The first try did not show one document; after the clearing it is ready as well.
        with Register.open(company.register_url) as register:
            key = f"approval:{question.run_id}"
            offers = json.loads(register.note(company.company, key) or "[]")
            added.append(min(offers[0]["seals"]))
            del offers[0]["seals"][added[0]]
            register.store_note(company.company, key, json.dumps(offers))
        question.clear()

    people.will(leave_one_out, lambda question: question.answer(APPROVE))
    run = company.run()

    assert run.state == "success", states(run)
    assert people.asked[0]["body"] == people.asked[1]["body"]
    [held] = [record for record in company.documents(State.WAITING) if record.reason is Reason.APPROVAL_PENDING]
    assert held.key == added[0]
    assert "n'était pas parmi" in held.detail
    assert len(company.entries()) == len(company.documents(State.VERIFIED)) > 0


def test_a_preview_prepares_everything_asks_nobody_and_books_nothing(
    night: Callable[..., Night], people: People
) -> None:
    company = night()
    company.configure(approval="every_run")

    run = company.run(mode="preview")

    assert run.state == "success"
    assert states(run)["approve"] == states(run)["report"] == "success"
    assert company.documents(State.READY)
    assert company.entries() == []
    assert events(run) == []

    company.configure(approval="none")
    assert company.run().state == "success"
    assert company.entries()


def test_a_batch_that_breaks_is_in_no_question_and_stops_no_other(
    night: Callable[..., Night], people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sellsy_ledger.errors import InvariantBroken
    from sellsy_ledger.pipeline import mapping

    company = night()
    company.configure(approval="every_run", start_date="2026-10-20")
    whole, one_batch = mapping.map_vat_and_accounts, fetch.fetch_invoices
    broken: list[str] = []

    def breaks_once(opened: Any, batch: str) -> Any:
        if not broken or batch in broken:
            broken.append(batch)
            raise InvariantBroken("made by the test")
        return whole(opened, batch)

    monkeypatch.setattr(fetch, "fetch_invoices", lambda opened, selection: one_batch(opened, selection, batch_size=6))
    monkeypatch.setattr(mapping, "map_vat_and_accounts", breaks_once)
    people.will(lambda question: question.answer(APPROVE))
    run = company.run()

    assert run.state == "failed"
    assert states(run)["approve"] == "success"
    assert states(run)["post_entries"] == "success"
    everything = company.documents()
    assert len(company.documents(State.VERIFIED)) == len(company.entries())
    assert len(company.entries()) >= 1
    assert [one for one in everything if one.state is State.SEEN]
