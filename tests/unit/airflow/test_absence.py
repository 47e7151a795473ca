"""A Connection or Variable that Airflow could not read just now is not taken for one that does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import tests.airflow_home  # noqa: F401
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, TICount

from sellsy_ledger.errors import ConfigurationError, TryLater
from sellsy_ledger_airflow.hooks.sellsy import SellsyHook
from sellsy_ledger_airflow.settings import read_companies, read_settings
from sellsy_ledger_airflow.stores import open_documents, register_url


class Line:
    """The line of a task to Airflow: ``counts`` are the answers of its database, the last one for ever."""

    def __init__(self, error: ErrorType | None, *, raises: bool = False, counts: Sequence[bool] = (True,)) -> None:
        self.error, self.raises, self.counts = error, raises, list(counts)

    def send(self, message: Any) -> Any:
        kind = type(message).__name__.removeprefix("Get").upper()
        if kind == "TICOUNT":
            well = self.counts.pop(0) if len(self.counts) > 1 else self.counts[0]
            response: Any = TICount(count=0) if well else ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={})
        else:
            response = ErrorResponse(error=self.error or ErrorType[f"{kind}_NOT_FOUND"], detail={})
        if self.raises and isinstance(response, ErrorResponse):
            raise AirflowRuntimeError(response)
        return response


READS = [
    register_url,
    open_documents,
    read_companies,
    lambda: read_settings("nobody"),
    lambda: SellsyHook("sellsy__nobody").reader(),
]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda line: monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", line, raising=False)


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("raises", [False, True])
def test_while_airflows_database_is_down_nothing_is_missing_and_the_register_does_not_move(
    connect: Any, read: Any, raises: bool
) -> None:
    connect(Line(ErrorType.API_SERVER_ERROR, raises=raises))

    with pytest.raises(TryLater, match="could not say whether"):
        read()


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("raises", [False, True])
@pytest.mark.parametrize("counts", [[False], [True, False], [False, True]])
def test_a_not_found_of_the_api_server_is_not_believed_while_its_database_is_down(
    connect: Any, read: Any, raises: bool, counts: list[bool]
) -> None:
    connect(Line(None, raises=raises, counts=counts))

    with pytest.raises(TryLater, match="could not say whether"):
        read()


@pytest.mark.parametrize("raises", [False, True])
def test_what_airflow_surely_does_not_have_is_missing(connect: Any, raises: bool) -> None:
    connect(Line(None, raises=raises))

    assert register_url().startswith("sqlite:///")
    assert read_companies().entries == []
    with pytest.raises(ConfigurationError, match="does not exist"):
        read_settings("nobody")
    with pytest.raises(ConfigurationError, match="create it in Admin"):
        SellsyHook("sellsy__nobody").reader()
