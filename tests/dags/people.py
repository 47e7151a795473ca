"""The people whom a run asks: they answer over Airflow's own API while ``dag.test()`` waits for them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

__all__ = ["People", "Question"]


class Question:
    """A task that waits for an answer, and the API that takes it."""

    def __init__(self, server: TestClient, task: Any) -> None:
        self._server = server
        self.task_id, self.run_id, self._task_key = task.task_id, task.run_id, task.id
        run = f"/api/v2/dags/{task.dag_id}/dagRuns/{quote(task.run_id)}"
        self._address = f"{run}/taskInstances/{task.task_id}/-1/hitlDetails"

    def shown(self) -> dict[str, Any]:
        """Subject, body and options, as a person sees them."""
        found: dict[str, Any] = self._server.get(self._address, headers=self._signed("viewer")).json()
        return found

    def answer(self, *options: str, by: str = "op", **form: str) -> int:
        """Answer; returns the HTTP status."""
        body = {"chosen_options": list(options), "params_input": form}
        return self._server.patch(self._address, json=body, headers=self._signed(by)).status_code

    def let_time_pass(self) -> None:
        """Nobody answers: the scheduler's sweep finds the time over."""
        from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
        from airflow.models.taskinstance import TaskInstance
        from airflow.sdk.timezone import utcnow
        from airflow.utils.session import create_session

        with create_session() as session:
            task = session.get(TaskInstance, self._task_key)
            assert task is not None
            assert task.trigger_timeout is not None
            assert task.trigger_timeout > utcnow()
            task.trigger_timeout = utcnow().replace(year=2000)
        with create_session() as session:
            SchedulerJobRunner.check_awaiting_input_timeouts(MagicMock(), session=session)

    def clear(self) -> None:
        """Somebody clears the task, as the button of the UI does."""
        from airflow.models.taskinstance import TaskInstance, clear_task_instances
        from airflow.utils.session import create_session

        with create_session() as session:
            task = session.get(TaskInstance, self._task_key)
            assert task is not None
            clear_task_instances([task], session)

    def _signed(self, role: str) -> dict[str, str]:
        from airflow.api_fastapi.app import get_auth_manager
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

        user = SimpleAuthManagerUser(username=role, role=role)
        return {"Authorization": f"Bearer {get_auth_manager().generate_jwt(user)}"}


class People:
    """What is done each time that a run waits for an answer, in order; ``asked`` keeps what was shown."""

    def __init__(self, server: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[dict[str, Any]] = []
        self._server = server
        self._plan: list[Callable[[Question], object]] = []
        self._idle = 0
        sleep = time.sleep

        def pause(seconds: float) -> None:
            if sys._getframe(1).f_code.co_filename.endswith("sdk/definitions/dag.py"):
                self._act()
            else:
                sleep(seconds)

        monkeypatch.setattr(time, "sleep", pause)

    def will(self, *plan: Callable[[Question], object]) -> None:
        """What happens at each wait of the next run."""
        self._plan = list(plan)

    @property
    def done(self) -> bool:
        """True when everything planned has happened."""
        return not self._plan

    def _act(self) -> None:
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            waiting = session.scalars(select(TaskInstance).where(TaskInstance.state == "awaiting_input")).all()
            questions = [Question(self._server, task) for task in waiting]
        if not questions:
            # Between two steps; a run that waits for something else would wait for ever.
            self._idle += 1
            assert self._idle < 500, "the run waits, and for no answer"
            return
        assert len(questions) == 1
        assert self._plan, f"nobody was expected to be asked: {questions[0].shown()}"
        self.asked.append(questions[0].shown())
        self._plan.pop(0)(questions[0])
