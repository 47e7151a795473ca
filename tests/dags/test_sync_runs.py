"""Real Airflow runs of ``sync__<company>`` against the sandbox, judged by the ledgers' own witness."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from airflow.sdk.definitions import dag as airflow_dag
from tests.airflow_database import store_dags
from tests.contract.suite import publish
from tests.dags.night import Night, events, results, states
from tests.unit.airflow.examples import entry

from sellsy_ledger.core.outcomes import State
from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.pipeline import fetch, imports
from sellsy_ledger.register.pdf_store import LocalDocumentStore
from sellsy_ledger_airflow import triggers
from sellsy_ledger_sandbox.sage100.accountant import import_folder
from sellsy_ledger_sandbox.server import Sandbox

pytestmark = pytest.mark.airflow

FIRST_STEPS = {"check_access", "fetch_invoices"}
TOOLS = ["myunisoft", "pennylane"]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_night_books_each_document_once_and_the_next_night_is_idle(night: Callable[..., Night], tool: str) -> None:
    company = night(tool)

    first = company.run()

    assert first.state == "success"
    assert set(states(first).values()) == {"success"}
    booked = company.documents(State.VERIFIED)
    assert len(booked) == len(company.entries()) > 0
    register_side = sorted((one.entry.debit_cents, one.entry.credit_cents) for one in booked)
    ledger_side = sorted(
        tuple(sum(line[f"{side}_cents"] for line in held["lines"]) for side in ("debit", "credit"))
        for held in company.entries()
    )
    assert register_side == ledger_side
    assert events(first) == [f"x-sellsy-ledger://{tool}/{company.company}"]

    again = company.run(numbers=[booked[0].document.number])

    assert again.state == "success"
    executed = {task for task, state in states(again).items() if state != "skipped"}
    assert executed == FIRST_STEPS
    assert len(company.entries()) == len(booked)
    assert events(again) == []
    # The idle run gave the company back: another run may begin at once.
    assert company.run(numbers=[booked[0].document.number]).state == "success"


def test_no_document_name_or_amount_travels_between_tasks(night: Callable[..., Night]) -> None:
    company = night()

    run = company.run()

    carried = json.dumps(results(run), default=str)
    assert "fetch_invoices" in carried
    assert {name.rsplit(".", 1)[1] for name in results(run)} <= {"return_value", "skipmixin_key"}
    for record in company.documents():
        assert record.document.number not in carried
        assert record.document.third_party_name not in carried
        assert str(record.document.gross_cents) not in carried
    assert "_cents" not in carried


def test_a_form_with_dates_takes_the_documents_of_those_dates_only(night: Callable[..., Night]) -> None:
    company = night()
    company.configure(start_date="2026-10-20")
    company.run(mode="preview")
    dates = sorted({record.document.date for record in company.documents(State.READY)})
    assert len(dates) > 1

    company.run(**{"from": dates[0].isoformat(), "to": dates[0].isoformat()})

    assert {held["date"] for held in company.entries()} == {dates[0].isoformat()}


def test_a_refused_secret_stops_the_company_at_once_and_is_repeated_nowhere(
    night: Callable[..., Night], capfd: pytest.CaptureFixture[str]
) -> None:
    company = night()
    company.configure(secret="wrong-secret-of-the-test")

    run = company.run()

    assert run.state == "failed"
    assert states(run)["check_access"] == "failed"
    assert set(states(run).values()) == {"failed", "upstream_failed"}
    assert all(instance.try_number <= 1 for instance in run.get_task_instances())
    printed = "".join(capfd.readouterr())
    assert "AccessError" in printed
    assert "wrong-secret-of-the-test" not in printed


def test_settings_that_became_wrong_are_told_field_by_field(
    night: Callable[..., Night], capfd: pytest.CaptureFixture[str]
) -> None:
    company = night()
    company.configure(label_style="in_verse", rounding_cap_cents=-1)

    run = company.run()

    assert run.state == "failed"
    printed = "".join(capfd.readouterr())
    assert "label_style" in printed
    assert "rounding_cap_cents" in printed


def test_a_step_that_breaks_makes_the_run_fail_after_its_report(
    night: Callable[..., Night], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    company = night()

    def broken(*_: Any) -> None:
        raise InvariantBroken("made by the test")

    with monkeypatch.context() as patched:
        patched.setattr("sellsy_ledger.pipeline.mapping.map_vat_and_accounts", broken)
        run = company.run()

    assert run.state == "failed"
    assert states(run)["map_vat_and_accounts"] == "failed"
    assert states(run)["post_entries"] == "upstream_failed"
    assert states(run)["report"] == "failed"
    assert "map_vat_and_accounts_0" in "".join(capfd.readouterr())
    assert company.entries() == []

    assert company.run().state == "success"
    assert company.entries()


def test_the_proof_tells_a_month_whose_documents_wait_from_a_proved_one(night: Callable[..., Night]) -> None:
    company = night()
    company.run()

    run = company.run("proof")

    assert run.state == "success"
    levels = results(run)["prove_months.-1.return_value"]
    levels = json.loads(levels) if isinstance(levels, str) else levels
    waiting = bool(company.documents(State.WAITING))
    assert levels == {"2026-11": "gaps" if waiting else "proved"}


def test_a_company_with_a_wrong_entry_has_a_run_that_says_so(
    night: Callable[..., Night], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    company = night()
    wrong = entry(company.company) | {"schedule": "every night"}
    monkeypatch.setenv("AIRFLOW_VAR_SELLSY_LEDGER_COMPANIES", json.dumps([wrong]))
    store_dags()

    run = company.run()

    assert run.state == "failed"
    assert states(run) == {"configuration_error": "failed"}
    assert "five fields" in "".join(capfd.readouterr())


class Queue:
    """The tool's queue, worked off after each look of the program; ``looks`` counts them."""

    def __init__(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looks = 0
        self.steps: list[str] = []
        self._sandbox, self._look = sandbox, imports.await_imports
        monkeypatch.setattr(imports, "await_imports", self)
        # The moment is there at once. dag.test() resumes with the event instead of what the task left for itself, where
        # the triggerer adds the one to the other; without an event it keeps the latter.
        monkeypatch.setattr(airflow_dag, "_run_inline_trigger", lambda trigger, task: None)
        # The tool fetches PDFs by links, which a folder cannot sign.
        monkeypatch.setattr(
            LocalDocumentStore, "signed_url", lambda store, path, seconds: publish(sandbox.url, store.get(path))
        )

    def __call__(self, company: Any, batch: str) -> Any:
        report = self._look(company, batch)
        self.looks += 1
        self.steps.append("/".join(sorted(report.states)))
        requests.post(f"{self._sandbox.url}/_sandbox/cegid_loop/advance", timeout=10).raise_for_status()
        return report


@pytest.fixture
def queue(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Queue:
    return Queue(sandbox, monkeypatch)


def test_imports_are_waited_for_deferred_and_then_verified(
    night: Callable[..., Night], queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    deferred: list[dict[str, Any]] = []
    original = triggers.AwaitImports.defer

    def defer(task: Any, *, trigger: Any, **more: Any) -> None:
        deferred.append({"trigger": trigger.serialize(), **more})
        original(task, trigger=trigger, **more)

    monkeypatch.setattr(triggers.AwaitImports, "defer", defer)
    company = night("cegid_loop")

    run = company.run()

    assert run.state == "success", states(run)
    assert states(run)["await_imports"] == "success"
    # Resumed, not begun again by a retry.
    assert [one.try_number for one in run.get_task_instances() if one.task_id == "await_imports"] == [1]
    assert queue.looks == len(deferred) + 1 >= 2
    assert "posting" in queue.steps[0]
    assert company.documents(State.POSTING, State.OUTCOME_UNKNOWN) == []
    assert company.documents(State.VERIFIED)
    assert len(company.documents(State.VERIFIED)) == len(company.entries())
    assert events(run) == [f"x-sellsy-ledger://cegid_loop/{company.company}"]
    # Nothing but a moment in time leaves the task.
    for one in deferred:
        path, fields = one["trigger"]
        assert path == "airflow.providers.standard.triggers.temporal.DateTimeTrigger"
        assert set(fields) == {"moment", "end_from_trigger"}
        assert set(one["kwargs"]) == {"delay", "waited", "booked"}
    assert all(secret not in json.dumps(deferred, default=str) for secret in ("demo-secret", "demo-key"))


def test_each_batch_waits_by_itself(night: Callable[..., Night], queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    company = night("cegid_loop")
    original = fetch.fetch_invoices
    monkeypatch.setattr(fetch, "fetch_invoices", lambda opened, selection: original(opened, selection, batch_size=2))

    run = company.run()

    assert run.state == "success", states(run)
    waits = [one for one in run.get_task_instances() if one.task_id == "await_imports"]
    assert len(waits) == len({one.map_index for one in waits}) > 1
    assert {str(one.state) for one in waits} == {"success"}
    assert company.documents(State.POSTING, State.OUTCOME_UNKNOWN) == []
    assert company.documents(State.VERIFIED)


def test_a_preview_waits_for_no_import(night: Callable[..., Night], queue: Queue) -> None:
    company = night("cegid_loop")

    run = company.run(mode="preview")

    assert run.state == "success"
    assert queue.looks == 0
    assert company.entries() == []


def test_a_run_delivers_one_file_and_a_later_one_notes_its_import(
    night: Callable[..., Night], sandbox: Sandbox
) -> None:
    company = night("sage100")

    first = company.run()

    assert first.state == "success", states(first)
    assert states(first)["deliver_batch"] == "success"
    delivered = company.documents(State.DELIVERED)
    assert delivered
    assert len({record.posting.handle for record in delivered}) == 1
    assert events(first) == []

    import_folder(sandbox.url, company.inbox, open_accounts=True)
    later = company.run()

    assert later.state == "success", states(later)
    assert len(company.documents(State.POSTED)) == len(delivered) == len(company.entries())
    assert company.documents(State.DELIVERED) == []
    assert events(later) == [f"x-sellsy-ledger://sage100/{company.company}"]
