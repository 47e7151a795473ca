"""The Pennylane hook: a Connection of type ``pennylane`` becomes the Pennylane connector."""

from __future__ import annotations

from typing import ClassVar

from sellsy_ledger_airflow.hooks.base import ToolHook

__all__ = ["PennylaneHook"]


class PennylaneHook(ToolHook):
    """The company token of one Pennylane company."""

    conn_type = "pennylane"
    default_conn_name = "pennylane_default"
    hook_name = "Pennylane"
    secrets: ClassVar[dict[str, str]] = {"api_token": "password"}
