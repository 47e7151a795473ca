"""Whether a Connection or Variable surely does not exist.

To a task, Airflow tells "there is none" in the same way as "my database does not answer just now": its secrets backends
turn every error into None, in the task and in the API server, and the next one is asked. A register that moved to its
default place for a moment would be an empty one, and everything would look new. So whatever was not found is asked for
twice more, each time after the database has answered something else. The only module that knows a task's line to
Airflow; it is Airflow's own.
"""

from __future__ import annotations

from typing import Any

from sellsy_ledger.errors import TryLater

__all__ = ["no_connection", "no_variable"]


def no_connection(conn_id: str) -> None:
    """Return when Airflow surely has no such Connection.

    Raises:
        TryLater: it could not say.
    """
    from airflow.sdk.exceptions import ErrorType
    from airflow.sdk.execution_time.comms import GetConnection

    _ask(GetConnection(conn_id=conn_id), ErrorType.CONNECTION_NOT_FOUND, f"Connection {conn_id}")


def no_variable(key: str) -> None:
    """Return when Airflow surely has no such Variable.

    Raises:
        TryLater: it could not say.
    """
    from airflow.sdk.exceptions import ErrorType
    from airflow.sdk.execution_time.comms import GetVariable

    _ask(GetVariable(key=key), ErrorType.VARIABLE_NOT_FOUND, f"Variable {key}")


def _ask(message: Any, absent: Any, what: str) -> None:
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import ErrorResponse, GetTICount

    # Only a process that Airflow watches has the line; in all others its database is asked directly.
    line = getattr(task_runner, "SUPERVISOR_COMMS", None)
    if line is None:
        return
    # Counting nothing goes straight to the database, and is an error while that is down.
    count = GetTICount(dag_id="sellsy_ledger")
    for _ in range(2):
        database, answer = _answer(line, count), _answer(line, message)
        if isinstance(database, ErrorResponse) or not isinstance(answer, ErrorResponse) or answer.error is not absent:
            raise TryLater(f"Airflow could not say whether {what} exists: its API server or database does not answer.")


def _answer(line: Any, message: Any) -> Any:
    from airflow.sdk.exceptions import AirflowRuntimeError

    try:
        return line.send(message)
    except AirflowRuntimeError as error:
        return error.error
