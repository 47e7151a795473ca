"""One company opened for one task: settings, both hooks, register and document store, closed again at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from sellsy_ledger.pipeline.assemble import build_company
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger_airflow.hooks.registry import tool_hook
from sellsy_ledger_airflow.hooks.sellsy import SellsyHook
from sellsy_ledger_airflow.settings import read_settings
from sellsy_ledger_airflow.stores import open_documents, open_register

__all__ = ["open_company"]


@contextmanager
def open_company(name: str, *, dag_id: str, run_id: str) -> Iterator[Company]:
    """Everything a pipeline step needs, for the task of DAG run ``run_id`` of ``dag_id``.

    Raises:
        ConfigurationError: settings or a Connection are missing or wrong, with the field named.
        TryLater: the register's database does not answer.
    """
    settings = read_settings(name)
    reader = SellsyHook(settings.sellsy_conn_id).reader()
    connector = tool_hook(settings.tool)(settings.tool_conn_id).client()
    with closing(open_register()) as register:
        yield build_company(
            settings, reader, connector, register, open_documents(), who=f"{dag_id}/{run_id}", run_id=run_id
        )
