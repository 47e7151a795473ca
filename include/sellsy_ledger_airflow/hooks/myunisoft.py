"""The MyUnisoft hook: a Connection of type ``myunisoft`` becomes the MyUnisoft connector."""

from __future__ import annotations

from typing import ClassVar

from sellsy_ledger_airflow.hooks.base import ToolHook

__all__ = ["MyUnisoftHook"]


class MyUnisoftHook(ToolHook):
    """The token of one accounting folder, or of a firm with the folder's id."""

    conn_type = "myunisoft"
    default_conn_name = "myunisoft_default"
    hook_name = "MyUnisoft"
    secrets: ClassVar[dict[str, str]] = {"third_party_secret": "third_party_secret", "api_token": "password"}
    options: ClassVar[tuple[str, ...]] = ("society_id", "etablissement_id")
