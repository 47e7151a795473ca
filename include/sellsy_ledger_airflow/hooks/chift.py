"""The Chift hook: a Connection of type ``chift`` becomes the Chift connector."""

from __future__ import annotations

from typing import ClassVar

from sellsy_ledger_airflow.hooks.base import ToolHook

__all__ = ["ChiftHook"]


class ChiftHook(ToolHook):
    """One consumer of a Chift account, and the accounting tool behind it."""

    conn_type = "chift"
    default_conn_name = "chift_default"
    hook_name = "Chift"
    secrets: ClassVar[dict[str, str]] = {
        "client_id": "login",
        "client_secret": "password",
        "account_id": "account_id",
    }
    options: ClassVar[tuple[str, ...]] = (
        "consumer_id",
        "behind",
        "folder_id",
        "connection_id",
        "vat_check",
        "file_hosts",
    )
