"""MyUnisoft over HTTP: one method per route, plain decoded JSON in and out. No accounting here.

Routes and headers are those of MyUnisoft's partner documentation (API Partenaires v1). Every request carries two
secrets: the partner's own and the folder's (or the firm's) token; a firm's token also names the folder.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from sellsy_ledger.connectors.myunisoft import errors
from sellsy_ledger.connectors.myunisoft.capabilities import CAPABILITIES
from sellsy_ledger.errors import AccessError, ConfigurationError, TryLater
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Answer, Transport

__all__ = ["Listed", "MyUnisoftClient"]

MAD_VERSION = "1.0.0"
FILE_HOSTS = ("*.myunisoft.fr",)
# A direct entry and an entry that waits for the accountant: route, then its mandatory `type`.
ROUTES = {False: ("/entry", "e"), True: ("/entry/temp", "o")}


class Listed(NamedTuple):
    """The entries that ``/entries`` answered, and the sum of debits that it states beside them, if it states one."""

    entries: list[dict[str, Any]]
    debit_total: Any


class MyUnisoftClient:
    """One accounting folder.

    Args:
        transport: built with :func:`errors.rule` and the credentials' headers.
        society_id: the folder, for a firm's token; empty for a folder's own token.
        etablissement_id: the establishment that entries belong to; empty = the folder itself.
    """

    def __init__(self, transport: Transport, *, society_id: str = "", etablissement_id: str = "") -> None:
        self.transport = transport
        self.society_id = society_id
        self._etablissement_id = etablissement_id

    @classmethod
    def from_credentials(
        cls,
        *,
        base_url: str,
        secrets: Mapping[str, str],
        options: Mapping[str, str],
        throttle: Throttle | None = None,
    ) -> Self:
        """Build the client from a Connection's parts.

        Raises:
            ConfigurationError: a credential is missing or an id is not a number; the field is named.
        """
        headers = {
            "X-Third-Party-Secret": _required(secrets, "third_party_secret"),
            "Authorization": f"Bearer {_required(secrets, 'api_token')}",
            "Accept": "application/json",
        }
        society_id = _number_option(options, "society_id")
        if society_id:
            headers["society-id"] = society_id
        transport = Transport(
            base_url=base_url,
            tool=CAPABILITIES.tool,
            throttle=throttle or Throttle([CAPABILITIES.rate_limit]),
            error_rule=errors.rule,
            headers=headers,
        )
        return cls(transport, society_id=society_id, etablissement_id=_number_option(options, "etablissement_id"))

    # -- access --------------------------------------------------------------------------------------------------
    def key_info(self) -> dict[str, Any]:
        """Rights of the key; reading them activates it."""
        found = self.transport.read_json("GET", "/key/info", params={"mode": "extended"})
        return found if isinstance(found, dict) else {"routes": found if isinstance(found, list) else []}

    def society(self) -> dict[str, Any]:
        """The folder. A folder's token answers one object; a firm's may answer a list of all."""
        found = self.transport.read_json("GET", "/society")
        if isinstance(found, dict) and isinstance(found.get("society_array"), list):
            found = found["society_array"]
        if isinstance(found, dict):
            return found
        folders = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
        mine = [each for each in folders if str(each.get("society_id")) == self.society_id]
        if len(mine or folders) != 1:
            raise AccessError(
                f"The token reaches {len(folders)} folders and none is chosen: fill in the folder id (society-id).",
                field="society_id",
                tool=CAPABILITIES.tool,
            )
        return (mine or folders)[0]

    @cached_property
    def etablissement_id(self) -> int:
        """The establishment that entries belong to: the option, or the folder itself."""
        known = self._etablissement_id or self.society_id
        return int(known or _integer(self.society().get("society_id"), "society_id"))

    # -- reference data ------------------------------------------------------------------------------------------
    def accounting_parameters(self) -> dict[str, Any]:
        """The folder's rules for account numbers, and its default journals."""
        found = self.transport.read_json("GET", "/society/accountingParameters")
        return found if isinstance(found, dict) else {}

    def accounts(self, *, begin_by: str = "", details: bool = False) -> list[dict[str, Any]]:
        """Every account whose number starts with ``begin_by``, in one flat list.

        ``/account/v2`` has no pages; ``/account?mode=1`` would stop at five.
        """
        params = {name: value for name, value in (("begin_by", begin_by), ("details", "true" * details)) if value}
        return self._list("/account/v2", params)

    def diaries(self) -> list[dict[str, Any]]:
        """Every journal."""
        return self._list("/diary")

    def vat_params(self) -> list[dict[str, Any]]:
        """Every VAT code with its two accounts."""
        return self._list("/vat_param")

    def fiscal_years(self) -> list[dict[str, Any]]:
        """Every fiscal year."""
        return self._list("/society/exercice")

    def find_or_create_account(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The account of that number, created when there was none; an existing one is left as it is."""
        answer = self.transport.write("POST", "/account", json=body)
        return _object_or_empty(answer)

    # -- entries -------------------------------------------------------------------------------------------------
    def entry_ids(self, origin: str) -> list[dict[str, Any]]:
        """``[{"id_entry", "type"}]`` of the entry that carries our key; empty when there is none.

        Absent is told by 404, ``null``, ``{}``, an empty list or an id that is null.

        Raises:
            TryLater: the answer is something else, which proves nothing.
        """
        found = self.transport.read_json("GET", "/entry/id", params={"id_origin": origin})
        if not found and (found is None or isinstance(found, (dict, list))):
            return []
        items = found if isinstance(found, list) else [found]
        if not all(isinstance(item, dict) and "id_entry" in item for item in items):
            raise TryLater("MyUnisoft answered /entry/id in another form.", tool=CAPABILITIES.tool)
        return [item for item in items if item["id_entry"] is not None]

    def mad_entry(self, wanted: str, *, draft: bool) -> dict[str, Any] | None:
        """One entry with its lines and attachments, among the posted or among the pending ones; None when absent.

        ``wanted`` is our key, or MyUnisoft's own id; an invoice number would do too, so that the caller checks what it
        got.
        """
        params = {"id": wanted, "version": MAD_VERSION, **({"draft": "true"} if draft else {})}
        found = self.transport.read_json("GET", "/mad/entry", params=params)
        if isinstance(found, list):
            found = found[0] if found else None
        return found if isinstance(found, dict) and found.get("movements") else None

    def mad_entries(self, first: dt.date, last: dt.date) -> list[dict[str, Any]]:
        """Every posted entry from day to day (twelve months at most); the list has no pages.

        Raises:
            TryLater: the answer is no list of entries.
        """
        params = {"version": MAD_VERSION, "startDate": first.isoformat(), "endDate": last.isoformat()}
        found = self.transport.read_json("GET", "/mad/entries", params=params)
        return _entries("/mad/entries", found)

    def entries(self, first: dt.date, last: dt.date, *, draft: bool, diary_code: str = "") -> Listed:
        """The posted, or the pending, entries from day to day, of one journal or of all; the list has no pages.

        Raises:
            TryLater: the answer is no list of entries.
        """
        kind = ROUTES[draft][1]
        filters = {"type": kind, "diary": diary_code, "start_date": first.isoformat(), "end_date": last.isoformat()}
        body = {"filters": [{"name": name, "value": value} for name, value in filters.items() if value]}
        found = self.transport.read_json("POST", "/entries", params={"type": kind}, json=body)
        told = found if isinstance(found, dict) else {}
        return Listed(_entries("/entries", told.get("entry_array")), told.get("debit_total"))

    def post_entry(self, body: Mapping[str, Any], *, draft: bool) -> dict[str, Any]:
        """Book one entry. The answer's shape is not documented for direct entries: {} when it is not an object."""
        path, kind = ROUTES[draft]
        return _object_or_empty(self.transport.write("POST", path, params={"type": kind}, json=body))

    def attach(self, *, entry_id: str, draft: bool, name: str, body: bytes) -> None:
        """Add a file to an entry that exists. Repeating it adds the file again."""
        params = {
            "location": "ENTRIES_TEMP" if draft else "ENTRIES",
            "object_id": entry_id,
            "filename_extension": name,
            "type_result": "1",
        }
        headers = {"Content-Type": "application/octet-stream"}
        self.transport.write("POST", "/document/add_all_types", params=params, data=body, headers=headers)

    def file(self, url: str, max_bytes: int) -> bytes:
        """The bytes of an attachment, without our credentials."""
        parts = urlsplit(self.transport.base_url)
        hosts = (*FILE_HOSTS, f"{parts.scheme}://{parts.netloc}")
        return self.transport.download(url, allowed_hosts=hosts, max_bytes=max_bytes).body

    def _list(self, path: str, params: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        found = self.transport.read_json("GET", path, params=params)
        if not isinstance(found, list):
            raise ConfigurationError(
                f"MyUnisoft answered {path} with something that is not a list.",
                tool=CAPABILITIES.tool,
                action="Check the host in the Connection.",
            )
        return [each for each in found if isinstance(each, dict)]


def _entries(path: str, found: object) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise TryLater(f"MyUnisoft answered {path} with no list of entries.", tool=CAPABILITIES.tool)
    return found


def _required(secrets: Mapping[str, str], name: str) -> str:
    value = (secrets.get(name) or "").strip()
    if not value or not value.isprintable() or not value.isascii():
        raise ConfigurationError(
            f"The MyUnisoft connection has no usable {name}: paste it again.", field=name, tool=CAPABILITIES.tool
        )
    return value.removeprefix("Bearer ")


def _number_option(options: Mapping[str, str], name: str) -> str:
    value = str(options.get(name) or "").strip()
    if value and not (value.isascii() and value.isdecimal()):
        raise ConfigurationError(
            f"{name} of the MyUnisoft connection must be a number.", field=name, tool=CAPABILITIES.tool
        )
    return value


def _integer(value: object, name: str) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise ConfigurationError(
            f"MyUnisoft gave no usable {name}: fill it in in the connection.", field=name, tool=CAPABILITIES.tool
        ) from None


def _object_or_empty(answer: Answer) -> dict[str, Any]:
    """The object that a write answered; {} for an empty, unreadable or other body: the write was accepted anyway."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
