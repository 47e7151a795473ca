"""Whether a Connection or Variable surely does not exist.

To a task, Airflow tells "there is none" in the same way as "my database does not answer just now": its secrets backends
turn every error into None, and the next one is asked. A register that moved to its default place for a moment would be
an empty one, and everything would look new. So whatever was not found is asked for once more, on the line to Airflow
where the two answers differ. The only module that knows that line; it is Airflow's own.
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
    from airflow.sdk.exceptions import AirflowRuntimeError
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import ErrorResponse

    # Only a process that Airflow watches has the line; in all others its database is asked directly, and raises.
    line = getattr(task_runner, "SUPERVISOR_COMMS", None)
    if line is None:
        return
    try:
        answer = line.send(message)
    except AirflowRuntimeError as error:
        answer = error.error
    if not (isinstance(answer, ErrorResponse) and answer.error is absent):
        raise TryLater(f"Airflow could not say whether {what} exists: its API server or database does not answer.")
