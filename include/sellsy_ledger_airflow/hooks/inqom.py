"""The Inqom hook: a Connection of type ``inqom`` becomes the Inqom connector."""

from __future__ import annotations

from typing import ClassVar

from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger_airflow.hooks.base import ToolHook, api_url

__all__ = ["InqomHook"]

ADDRESSES = ("documents_url", "auth_url")


class InqomHook(ToolHook):
    """One Inqom user, through one client id, in one accounting folder."""

    conn_type = "inqom"
    default_conn_name = "inqom_default"
    hook_name = "Inqom"
    secrets: ClassVar[dict[str, str]] = {
        "client_id": "client_id",
        "client_secret": "client_secret",
        "username": "login",
        "password": "password",
    }
    options: ClassVar[tuple[str, ...]] = (
        "dossier_id",
        "documents_url",
        "auth_url",
        "scope",
        "siren",
        "native_connector_off",
        "route",
        "temporary",
        "leave_to_human",
        "attachments",
        "third_party_column",
        "file_hosts",
    )

    def optional(self, field: str) -> str:
        """Like the other hooks'; the two further addresses are checked as the host is: secrets go there too."""
        value = super().optional(field)
        if field not in ADDRESSES or not value:
            return value
        try:
            return api_url(value, field=field)
        except ConfigurationError as error:
            raise self._fault(field, error.message) from None
