"""Every company gets its DAG, in a stable shape, whatever is wrong with another one's settings. No database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, ParamValidationError
from airflow.serialization.serialized_objects import DagSerialization
from tests.airflow_home import DAGS
from tests.unit.airflow.examples import entry

from sellsy_ledger_airflow.runs import PARIS

STEPS = [
    "check_access",
    "fetch_invoices",
    "fetch_pdfs",
    "resolve_third_parties",
    "map_vat_and_accounts",
    "compute_rounding",
    "approve",
    "post_entries",
    "verify_entries",
    "report",
]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    def loaded(companies: Any, *, only: str | None = None) -> dict[str, DAG]:
        text = companies if isinstance(companies, str) else json.dumps(companies)
        monkeypatch.setenv("AIRFLOW_VAR_SELLSY_LEDGER_COMPANIES", text)
        if only is not None:
            monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", only)
        bag = DagBag(DAGS, bundle_name="dags-folder")
        assert bag.import_errors == {}
        return dict(bag.dags)

    return loaded


def test_without_companies_there_is_no_dag_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    bag = DagBag(DAGS, bundle_name="dags-folder")

    assert bag.import_errors == {}
    assert bag.dags == {}


def test_each_company_has_one_sync_and_one_proof_dag(load: Any) -> None:
    dags = load([entry("atelier"), entry("mairie", tool="pennylane")])

    assert sorted(dags) == ["proof__atelier", "proof__mairie", "sync__atelier", "sync__mairie"]


def test_a_disabled_company_has_no_dag(load: Any) -> None:
    assert load([entry("atelier") | {"enabled": False}]) == {}


def test_the_steps_have_their_contract_names_and_run_in_order(load: Any) -> None:
    dag = load([entry("atelier")])["sync__atelier"]

    assert [task.task_id for task in dag.topological_sort()] == STEPS
    for before, after in pairwise(STEPS):
        assert before in dag.get_task(after).upstream_task_ids


def test_a_tool_with_a_queue_is_waited_for_between_posting_and_verification(load: Any) -> None:
    dag = load([entry("atelier", tool="cegid_loop")])["sync__atelier"]

    wait = dag.get_task("await_imports")
    assert wait.get_closest_mapped_task_group() is not None
    assert wait.upstream_task_ids >= {"post_entries"}
    assert wait.downstream_task_ids >= {"verify_entries"}
    assert wait.pool == "cegid_loop__atelier"
    assert "deliver_batch" not in dag.task_ids


def test_a_tool_that_imports_files_gets_one_file_after_all_batches(load: Any) -> None:
    dag = load([entry("atelier", tool="sage100")])["sync__atelier"]

    deliver = dag.get_task("deliver_batch")
    assert deliver.get_closest_mapped_task_group() is None
    assert deliver.downstream_task_ids == {"report"}
    assert deliver.upstream_task_ids == {"fetch_invoices", "verify_entries"}
    assert deliver.trigger_rule.value == "all_done_min_one_success"
    assert deliver.pool == "sage100__atelier"
    assert "await_imports" not in dag.task_ids


def test_steps_are_mapped_over_batches_never_over_documents(load: Any) -> None:
    dag = load([entry("atelier")])["sync__atelier"]

    mapped = [task.task_id for task in dag.topological_sort() if task.get_closest_mapped_task_group() is not None]

    assert mapped == [step for step in STEPS[2:-1] if step != "approve"]


def test_one_question_is_asked_per_run_and_a_batch_that_failed_keeps_no_other_from_it(load: Any) -> None:
    dag = load([entry("atelier")])["sync__atelier"]

    approve = dag.get_task("approve")
    assert approve.get_closest_mapped_task_group() is None
    assert approve.upstream_task_ids == {"fetch_invoices", "compute_rounding"}
    assert approve.trigger_rule.value == "all_done_min_one_success"
    assert "post_entries" in approve.downstream_task_ids


def test_the_weekly_proof_looks_at_everything_again_and_waits_for_nobody(load: Any) -> None:
    dag = load([entry("atelier")])["proof__atelier"]

    assert sorted(dag.task_ids) == ["accept_corrections", "full_scan", "prove_months"]
    assert dag.get_task("prove_months").upstream_task_ids == {"full_scan"}
    assert dag.get_task("accept_corrections").upstream_task_ids == {"full_scan"}


def test_every_api_call_waits_for_a_slot_of_its_account(load: Any) -> None:
    dag = load([entry("atelier")])["sync__atelier"]

    assert {task.task_id: task.pool for task in dag.tasks} == {
        "check_access": "sellsy__atelier",
        "fetch_invoices": "sellsy__atelier",
        "fetch_pdfs": "sellsy__atelier",
        "resolve_third_parties": "myunisoft__atelier",
        "map_vat_and_accounts": "myunisoft__atelier",
        "compute_rounding": "myunisoft__atelier",
        "approve": "myunisoft__atelier",
        "post_entries": "myunisoft__atelier",
        "verify_entries": "myunisoft__atelier",
        "report": "default_pool",
    }


def test_third_parties_of_two_batches_are_never_resolved_at_the_same_time(load: Any) -> None:
    dag = load([entry("atelier")])["sync__atelier"]

    assert dag.get_task("resolve_third_parties").max_active_tis_per_dagrun == 1


def test_a_company_runs_at_night_in_paris_one_run_at_a_time_and_nothing_is_caught_up(load: Any) -> None:
    dag = load([entry("atelier") | {"schedule": "30 3 * * 1-5"}])["sync__atelier"]

    assert dag.timetable.expression == "30 3 * * 1-5"
    assert str(dag.timetable.timezone) == "Europe/Paris"
    assert type(dag.timetable).__name__ == "CronDataIntervalTimetable"
    assert (dag.catchup, dag.max_active_runs) == (False, 1)
    assert dag.start_date is not None
    assert dag.start_date == datetime(2026, 1, 1, tzinfo=PARIS)


def test_a_new_company_waits_for_somebody_to_un_pause_it(load: Any) -> None:
    from airflow.configuration import conf

    dag = load([entry("atelier")])["sync__atelier"]

    assert dag.is_paused_upon_creation is None
    assert conf.getboolean("core", "dags_are_paused_at_creation")


def test_a_company_without_schedule_runs_by_hand_only(load: Any) -> None:
    dag = load([entry("atelier") | {"schedule": None}])["sync__atelier"]

    assert type(dag.timetable).__name__ == "NullTimetable"


def test_the_form_offers_dates_numbers_mode_and_retry_in_french(load: Any) -> None:
    dag = load([entry("atelier")])["sync__atelier"]
    form = {name: dag.params.get_param(name) for name in dag.params}

    assert list(form) == ["from", "to", "numbers", "mode", "retry"]
    assert form["from"].schema["format"] == "date"
    assert form["mode"].schema["enum"] == ["post", "preview"]
    assert form["retry"].schema["enum"] == ["waiting", "all"]
    assert all(param.schema["title"] and param.description for param in form.values())


@pytest.mark.parametrize(
    "form", [{"from": "hier"}, {"mode": "destroy"}, {"retry": "never"}, {"numbers": "F-1"}, {"numbers": [1]}]
)
def test_the_form_refuses_what_makes_no_sense(load: Any, form: dict[str, Any]) -> None:
    dag = load([entry("atelier")])["sync__atelier"]

    [(name, value)] = form.items()
    with pytest.raises(ParamValidationError):
        dag.params.get_param(name).resolve(value)


def test_the_page_of_a_dag_explains_it_in_french(load: Any) -> None:
    dags = load([entry("atelier")])

    assert "Atelier Exemple SARL" in (dags["sync__atelier"].doc_md or "")
    assert "jamais oubliée" in (dags["sync__atelier"].doc_md or "")
    assert "non prouvable" in (dags["proof__atelier"].doc_md or "")


def test_every_dag_can_be_stored_by_airflow_and_is_the_same_at_each_parse(load: Any) -> None:
    companies = [entry("atelier"), entry("mairie", tool="pennylane"), {"company": "broken"}]

    first = {name: DagSerialization.to_dict(dag) for name, dag in load(companies).items()}
    second = {name: DagSerialization.to_dict(dag) for name, dag in load(companies).items()}

    assert json.dumps(first, sort_keys=True, default=str) == json.dumps(second, sort_keys=True, default=str)
    assert all(task["__var"]["has_retry_policy"] for task in first["sync__atelier"]["dag"]["tasks"])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"company": "broken"}, "start_date"),
        (entry("broken") | {"tool": "abacus"}, "abacus"),
        (entry("broken") | {"schedule": "every night"}, "schedule"),
        (entry("broken") | {"schedule": "0 0 31 2 *"}, "schedule"),
        (entry("broken") | {"start_date": "2026-13-01"}, "start_date"),
        (entry("broken") | {"{{ 1/0 }}": 1}, "{{ 1/0 }}"),
    ],
)
def test_a_wrong_company_has_a_dag_that_says_what_to_correct_and_hurts_no_other(
    load: Any, wrong: dict[str, Any], told: str
) -> None:
    dags = load([wrong, entry("atelier")])

    assert sorted(dags)[:1] + sorted(dags)[-2:] == ["proof__atelier", "sync__atelier", "sync__broken"]
    dag = dags["sync__broken"]
    assert dag.task_ids == ["configuration_error"]
    assert "configuration_error" in dag.tags
    assert told in (dag.doc_md or "")
    message = _message_of(dag)
    assert told in message
    with pytest.raises(AirflowFailException) as caught:
        dag.get_task("configuration_error").python_callable(message)
    assert told in str(caught.value)


def _message_of(dag: DAG) -> str:
    """The task's argument as the task receives it: rendered, which must leave it alone."""
    task = dag.get_task("configuration_error")
    rendered = task.render_template(task.op_args, {})
    return str(rendered[0])


@pytest.mark.parametrize("text", ["{", '{"company": "atelier"}', "nonsense"])
def test_a_malformed_list_is_one_dag_that_says_so(load: Any, text: str) -> None:
    dags = load(text)

    assert list(dags) == ["sellsy_ledger_configuration_error"]
    assert "sellsy_ledger_companies" in _message_of(dags["sellsy_ledger_configuration_error"])


@pytest.mark.parametrize(
    ("only", "built"),
    [
        ("sync__mairie", ["sync__mairie"]),
        ("proof__mairie", ["proof__mairie"]),
        ("sync__broken", ["sync__broken"]),
        ("sync__nobody", []),
        ("somebody_elses_dag", []),
    ],
)
def test_when_a_task_starts_only_its_dag_is_built(load: Any, only: str, built: list[str]) -> None:
    companies = [entry("atelier"), entry("mairie"), {"company": "broken"}]

    assert list(load(companies, only=only)) == built


def test_the_error_dag_can_run_its_task(load: Any) -> None:
    assert list(load("{", only="sellsy_ledger_configuration_error")) == ["sellsy_ledger_configuration_error"]


def test_companies_from_files_get_the_same_dags(load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.airflow.examples import settings

    (tmp_path / "atelier.json").write_text(json.dumps(settings("atelier")), encoding="utf-8")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv("SELLSY_LEDGER_COMPANIES_DIR", str(tmp_path))

    dags = load([entry("from_variable")])

    assert sorted(dags) == ["proof__atelier", "sync__atelier", "sync__broken"]
    assert dags["sync__broken"].task_ids == ["configuration_error"]


def test_parsing_needs_no_database_and_imports_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from airflow.dag_processing.dagbag import DagBag\n"
        "before = set(sys.modules)\n"
        f"bag = DagBag({str(DAGS)!r}, bundle_name='dags-folder')\n"
        "assert len(bag.dags) == 2, bag.import_errors\n"
        "new = set(sys.modules) - before\n"
        "packages = ('requests', 'sqlalchemy', 'fastapi', 'alembic')\n"
        "ours = tuple(f'sellsy_ledger.{room}' for room in ('pipeline', 'register', 'http', 'sources'))\n"
        "heavy = [name for name in new if name.split('.')[0] in packages or name.startswith(ours)]\n"
        "assert not heavy, heavy\n"
    )
    environment = os.environ | {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
        "AIRFLOW_VAR_SELLSY_LEDGER_COMPANIES": json.dumps([entry("atelier")]),
    }

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment)

    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "airflow.db").exists()
