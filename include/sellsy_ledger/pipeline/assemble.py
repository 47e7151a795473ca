"""Put a company together from its parts, without Airflow: credentials in a mapping become clients.

The only place of the pipeline that turns a tool's name into a connector. Hosts come from the caller, so that any other
server can be put in their place; Sellsy's own are the defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sellsy_ledger.connectors.base import LedgerConnector
from sellsy_ledger.connectors.registry import connector_class
from sellsy_ledger.core.settings import CompanySettings
from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger.pipeline.company import Company, DocumentStore
from sellsy_ledger.register.store import Register
from sellsy_ledger.sources.sellsy.client import FILE_HOSTS, SellsyClient
from sellsy_ledger.sources.sellsy.reader import SellsyReader

__all__ = ["SellsyAccess", "ToolAccess", "build_company", "connect_sellsy", "connect_tool"]


class SellsyAccess(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Client credentials of one Sellsy account."""

    client_id: str
    client_secret: str
    base_url_api: str = "https://api.sellsy.com/v2"
    base_url_login: str = "https://login.sellsy.com"
    base_url_v1: str = "https://apifeed.sellsy.com/0/"
    base_url_files: str = ""
    file_hosts: tuple[str, ...] = FILE_HOSTS
    account: str = ""


class ToolAccess(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credentials of one company in its tool; which secrets and options there are is the connector's business."""

    base_url: str = ""
    secrets: dict[str, str] = {}
    options: dict[str, str] = {}


def connect_sellsy(connections: Mapping[str, Any], conn_id: str) -> SellsyReader:
    """The reader of the connection ``conn_id``.

    Raises:
        ConfigurationError: it is missing or incomplete; no value is repeated.
    """
    access = _access(connections, conn_id, SellsyAccess)
    client = SellsyClient.from_credentials(
        base_url_api=access.base_url_api,
        base_url_login=access.base_url_login,
        base_url_v1=access.base_url_v1,
        client_id=access.client_id,
        client_secret=access.client_secret,
        base_url_files=access.base_url_files,
        account=access.account,
        file_hosts=list(access.file_hosts),
    )
    return SellsyReader(client)


def connect_tool(connections: Mapping[str, Any], conn_id: str, tool: str) -> LedgerConnector:
    """The connector of ``tool`` on the connection ``conn_id``.

    Raises:
        ConfigurationError: it is missing or incomplete, or there is no such tool.
    """
    access = _access(connections, conn_id, ToolAccess)
    return connector_class(tool).from_credentials(
        base_url=access.base_url, secrets=access.secrets, options=access.options
    )


def build_company(
    settings: CompanySettings,
    sellsy: SellsyReader,
    connector: LedgerConnector,
    register: Register,
    documents: DocumentStore,
    *,
    who: str,
    run_id: str,
) -> Company:
    """One company at work in one run.

    Raises:
        ConfigurationError: the connector is not that of the settings' tool.
    """
    if connector.capabilities.tool != settings.tool:
        raise ConfigurationError(
            f"The settings of {settings.company} say {settings.tool}, the connection is one of "
            f"{connector.capabilities.tool}.",
            field="tool",
        )
    return Company(
        settings=settings,
        sellsy=sellsy,
        connector=connector,
        register=register,
        documents=documents,
        who=who,
        run_id=run_id,
    )


def _access(connections: Mapping[str, Any], conn_id: str, kind: type[Any]) -> Any:
    if conn_id not in connections:
        raise ConfigurationError(f"There is no connection {conn_id!r}; add it to the connections.", field=conn_id)
    try:
        return msgspec.convert(connections[conn_id], kind)
    except msgspec.ValidationError as error:
        # msgspec names the field and the expected type, never the value.
        raise ConfigurationError(f"Connection {conn_id!r}: {error}.", field=conn_id) from None
