"""What every hook of ours shares: a Connection is checked field by field, then becomes the plain API client.

A hook never talks HTTP itself. The clients own retries, quotas and error reading, because a write to the books must
not follow a generic retry policy. ``airflow.sdk.BaseHook`` is the base rather than ``HttpHook``: that one copies
every unknown extra of the Connection into request headers (a secret extra would be sent to the API in clear), logs
the body of refused answers, and loses status and headers of errors, which decide here whether a write may be repeated.

Clients are imported inside functions: Airflow lists hooks in processes that never call an API.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from airflow.sdk import BaseHook

from sellsy_ledger.errors import ConfigurationError, LedgerError
from sellsy_ledger_airflow.absence import no_connection
from sellsy_ledger_airflow.hooks.forms import label_of

if TYPE_CHECKING:
    from sellsy_ledger.connectors.base import LedgerConnector
    from sellsy_ledger.core.access import AccessCheck
    from sellsy_ledger.http.throttle import Throttle

__all__ = ["ApiHook", "ToolHook", "api_url"]


def _may_be_plain_http(host: str) -> bool:
    """True for this machine, a container's name or a private address: there is no certificate to ask for."""
    if host == "localhost" or "." not in host.replace(":", "."):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def api_url(value: str, *, field: str) -> str:
    """The address of an API, checked: ``https``, or plain ``http`` inside a private network only.

    Raises:
        ConfigurationError: naming ``field``; the value itself is not repeated (it may hold a misplaced secret).
    """
    text = value.strip()
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        credentials = parts.username or parts.password
        _ = parts.port
    except ValueError:
        parts, host, credentials = urlsplit(""), "", None
    if parts.scheme not in ("http", "https") or not host or credentials or parts.query or parts.fragment:
        raise ConfigurationError(
            "this is not an API address: write scheme, host and path only, for instance https://api.example.com/v2.",
            field=field,
        )
    if parts.scheme == "http" and not _may_be_plain_http(host):
        raise ConfigurationError("plain http would send the secrets in clear: write https.", field=field)
    return text.rstrip("/")


class ApiHook(BaseHook):
    """One Connection → one client. Subclasses say which fields make the client; nothing else.

    Class attributes:
        conn_type: the connection type, the API's name; its form is ``data/<conn_type>.toml``.
        hook_name: what the list of connection types shows.
    """

    conn_name_attr = "conn_id"
    conn_type: ClassVar[str]
    hook_name: ClassVar[str]

    def __init__(self, conn_id: str) -> None:
        super().__init__()
        self.conn_id = conn_id

    @cached_property
    def connection(self) -> Any:
        """The Connection, read once.

        Raises:
            ConfigurationError: there is none, it has another type, or its extra is not a JSON object.
            TryLater: Airflow could not say whether there is one.
        """
        from airflow.sdk.exceptions import AirflowNotFoundException

        try:
            connection = self.get_connection(self.conn_id)
        except AirflowNotFoundException:
            no_connection(self.conn_id)
            raise self._fault("", f"create it in Admin > Connections, type {self.hook_name}.") from None
        if connection.conn_type != self.conn_type:
            raise self._fault("conn_type", f"it must be {self.conn_type}.")
        return connection

    @cached_property
    def _extra(self) -> Mapping[str, Any]:
        import json

        try:
            extra = json.loads(self.connection.extra or "{}")
        except ValueError:
            raise self._fault("extra", "it is not valid JSON.") from None
        if not isinstance(extra, dict):
            raise self._fault("extra", "it must be a JSON object.")
        # Asking Airflow too registers the secret extras with its log masker.
        _ = self.connection.extra_dejson
        return extra

    def _fault(self, field: str, what: str) -> ConfigurationError:
        message = f"Connection {self.conn_id!r} ({self.hook_name}): {what}"
        return ConfigurationError(message, field=field or None, tool=self.conn_type)

    def optional(self, field: str) -> str:
        """The text of ``host``, ``login``, ``password`` or an extra; empty when it is not filled in."""
        standard = field in ("host", "login", "password")
        value = getattr(self.connection, field) if standard else self._extra.get(field)
        if value is None or isinstance(value, bool):
            return ""
        text = str(value).strip()
        if any(ord(character) < 32 for character in text):
            raise self._fault(field, "it holds a line break or another control character: paste it again.")
        return text

    def required(self, field: str) -> str:
        """Like :meth:`optional`, but refuses an empty field.

        Raises:
            ConfigurationError: naming the field.
        """
        value = self.optional(field)
        if not value:
            raise self._fault(field, f"field {field} ({label_of(self.conn_type, field)}) is empty: fill it in.")
        return value

    def url(self, field: str) -> str:
        """A required field that holds an API address (a port of the Connection is added to ``host``)."""
        value = self.required(field)
        port = self.connection.port if field == "host" else None
        if port and "://" in value:
            scheme, rest = value.split("://", 1)
            host, slash, path = rest.partition("/")
            value = f"{scheme}://{host}:{port}{slash}{path}"
        try:
            return api_url(value, field=field)
        except ConfigurationError as error:
            raise self._fault(field, error.message) from None

    def client(self) -> Any:
        """The plain API client of this Connection.

        Raises:
            ConfigurationError: a field is missing or unusable.
        """
        raise NotImplementedError

    def get_conn(self) -> Any:
        """The same as :meth:`client`, under Airflow's usual name."""
        return self.client()

    def access_checks(self) -> Sequence[AccessCheck]:
        """Probe credentials and rights, without writing anything."""
        raise NotImplementedError

    def test_connection(self) -> tuple[bool, str]:
        """What the form's *Test* button shows: good or not, and in French what is missing."""
        try:
            checks = self.access_checks()
        except LedgerError as error:
            return False, f"Connexion refusée : {error}"
        faults = [f"{check.step} : {check.detail} {check.action}".strip() for check in checks if not check.ok]
        if any(not check.ok and check.blocking for check in checks):
            return False, "À corriger : " + " · ".join(faults)
        good = "Connexion vérifiée : " + ", ".join(check.step for check in checks if check.ok) + "."
        return True, good if not faults else f"{good} À noter : " + " · ".join(faults)


class ToolHook(ApiHook):
    """The hook of an accounting tool: ``conn_type`` is the tool's name, the connector is found by it.

    Class attributes:
        secrets: the connector's secret → the Connection's field that holds it; each must be filled in.
        optional_secrets: the same, for what only some ways to reach the tool need (the connector says what it misses).
        options: names of the extras handed over when they are filled in.
        needs_host: False where the tool can be reached without any API (a folder of files).
    """

    secrets: ClassVar[Mapping[str, str]] = {}
    optional_secrets: ClassVar[Mapping[str, str]] = {}
    options: ClassVar[Sequence[str]] = ()
    needs_host: ClassVar[bool] = True

    def client(self) -> LedgerConnector:
        """The connector of this Connection; it shares its quota with every other task of this machine."""
        return self._connector(self._shared_throttle())

    def _connector(self, throttle: Throttle | None) -> LedgerConnector:
        from sellsy_ledger.connectors.registry import connector_class

        base_url = self.url("host") if self.needs_host or self.optional("host") else ""
        secrets = {name: self.required(field) for name, field in self.secrets.items()}
        secrets |= {name: value for name, field in self.optional_secrets.items() if (value := self.optional(field))}
        options = {name: value for name in self.options if (value := self.optional(name))}
        return connector_class(self.conn_type).from_credentials(
            base_url=base_url, secrets=secrets, options=options, throttle=throttle
        )

    def _shared_throttle(self) -> Throttle:
        """One window of requests for all tasks of this machine: the next task knows what the one before has used."""
        from pathlib import Path

        from airflow.configuration import get_airflow_home

        from sellsy_ledger.connectors.registry import capabilities
        from sellsy_ledger.http.shared_throttle import SharedThrottle

        folder = Path(get_airflow_home()) / "throttles"
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^A-Za-z0-9_-]", "-", self.conn_id)
        return SharedThrottle(folder / f"{name}.json", [capabilities(self.conn_type).rate_limit])

    def access_checks(self) -> Sequence[AccessCheck]:
        """Probe credentials and every right the connector needs."""
        # A Connection that is only tried out has a passing id: it leaves no window behind.
        return self._connector(None).check_access()
