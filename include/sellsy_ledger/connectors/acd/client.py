"""ACD over HTTP: one method per route, decoded answers out. No accounting here.

The routes are those that public clients of the API use; every one can be replaced by the option ``routes``. Each call
carries the session and, beside it, the dossier: servers differ in which of the two they read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

from sellsy_ledger.connectors.acd import errors
from sellsy_ledger.connectors.acd.capabilities import CAPABILITIES
from sellsy_ledger.connectors.acd.session import Session
from sellsy_ledger.connectors.acd.settings import AcdSettings
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.errors import ConfigurationError, OutcomeUnknown, TryLater
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Answer, Transport

__all__ = ["AcdClient"]

T = TypeVar("T")
PDF = "application/pdf"
UPLOAD_TRIES = 3
# A year's FEC of a large dossier.
MAX_BYTES = 200 * 1024 * 1024
_LISTS = {Direction.SALES: "customers", Direction.PURCHASES: "suppliers"}
_CREATIONS = {Direction.SALES: "new_customer", Direction.PURCHASES: "new_supplier"}
_ID_KEYS = ("id", "iddocument", "documentid", "referenceged")


class AcdClient:
    """One dossier.

    Args:
        transport: built with :meth:`rule_for` and the session's headers.
        session: login and dossier.
        settings: the connection's options.
    """

    def __init__(self, transport: Transport, session: Session, settings: AcdSettings) -> None:
        self.transport = transport
        self.session = session
        self.settings = settings

    @classmethod
    def from_credentials(
        cls, *, base_url: str, secrets: Mapping[str, str], settings: AcdSettings, throttle: Throttle | None = None
    ) -> Self:
        """Build the client from a Connection's parts.

        Raises:
            ConfigurationError: a credential is missing; the field is named.
        """
        login, password = (_required(secrets, name) for name in ("login", "password"))
        headers = {"CNX": _header(settings.cnx, "cnx"), "Accept": "application/json, text/plain, */*"}
        login_path = settings.route("login")
        transport = Transport(
            base_url=base_url,
            tool=CAPABILITIES.tool,
            throttle=throttle or Throttle([CAPABILITIES.rate_limit]),
            error_rule=lambda answer, wrote: (
                errors.login_rule(answer, wrote) if answer.url == login_path else errors.rule(answer, wrote)
            ),
            headers=headers,
            max_bytes=MAX_BYTES,
        )
        session = Session(transport, headers, settings, login=login, password=password)
        return cls(transport, session, settings)

    # -- reference data ------------------------------------------------------------------------------------------
    def dossiers(self) -> list[dict[str, Any]]:
        """Every dossier that the account may see."""
        return self._list("dossiers", with_dossier=False)

    def journals(self) -> list[dict[str, Any]]:
        """Every journal that is shared with the API."""
        return self._list("journals")

    def accounts(self) -> list[dict[str, Any]]:
        """Every general account."""
        return self._list("accounts")

    def third_parties(self, direction: Direction) -> list[dict[str, Any]]:
        """Every customer's, or supplier's, account."""
        return self._list(_LISTS[direction])

    def vat_codes(self) -> list[dict[str, Any]]:
        """Every VAT code; empty where the server has no such route."""
        try:
            return self._list("vat_codes")
        except errors.RouteMissing:
            return []

    def years(self) -> list[dict[str, Any]]:
        """Every fiscal year, by either route; empty where the server has none."""
        for name in dict.fromkeys(("years", "years_older"), None):
            try:
                return self._list(name)
            except errors.RouteMissing:
                continue
        return []

    def ged_tree(self) -> list[dict[str, Any]]:
        """The classification nodes of the document store, outermost first."""
        return self._list("ged_tree")

    def ged_documents(self) -> list[dict[str, Any]]:
        """The documents of the store, as far as the server lists them."""
        body = {"CodeDossier": self.settings.code_dossier}
        return _items(self._read_json("POST", "ged_list", json=body), "ged_list")

    def tray(self) -> list[dict[str, Any]]:
        """The documents that wait in the tray (panière)."""
        return self._list("tray")

    # -- third parties -------------------------------------------------------------------------------------------
    def create_account(self, direction: Direction, body: Mapping[str, Any]) -> None:
        """Create a customer's or a supplier's account.

        Raises:
            PostingRefused: code ``compteExisteDeja`` when there is one already.
        """
        self._accepted(self._write(_CREATIONS[direction], json={**self._dossier, **body}))

    # -- documents -----------------------------------------------------------------------------------------------
    def upload(self, name: str, pdf: bytes) -> str:
        """Put a PDF into the document store; its id there.

        A lost answer is followed by the same upload again: a second copy that no entry names does no harm, an entry
        without its PDF would.

        Raises:
            TryLater: the store gave no id; no entry was sent.
        """
        for _ in range(UPLOAD_TRIES):
            try:
                answer = self._write(
                    "ged_upload",
                    params=self._dossier,
                    data={"idArboGed": str(self.settings.id_arbo_ged)},
                    files={"file": (name, pdf, PDF)},
                )
            except OutcomeUnknown:
                continue
            if found := _id_of(answer):
                return found
        raise TryLater("ACD's document store gave no id for an upload; no entry was sent.", tool=CAPABILITIES.tool)

    def deposit(self, name: str, pdf: bytes, direction: Direction) -> str:
        """Put a PDF into the tray; its id there, empty when the answer names none."""
        kind = self.settings.tray_types.get(direction, "")
        answer = self._write(
            "tray",
            params=self._dossier,
            data={"type": kind} if kind else {},
            files={"file": (name, pdf, PDF)},
        )
        found = _id_of(answer)
        if not found and answer.body.strip():
            self._accepted(answer)
        return found

    # -- entries -------------------------------------------------------------------------------------------------
    def post_entry(self, body: Mapping[str, Any]) -> bool:
        """Book one entry; the answer names no id. False when it was accepted without a word, as older servers do.

        Raises:
            PostingRefused: nothing was written.
            OutcomeUnknown: the answer was lost, or says neither yes nor no.
        """
        answer = self._write("entry", json={**self._dossier, **body})
        self._accepted(answer)
        return b"coderetour" in answer.body.lower()

    def fec(self, year: int) -> bytes:
        """The entries of a calendar year, as the text of a FEC."""
        body = {**self._dossier, "Annee": year}
        path = self.settings.route("fec")
        return self._call(lambda: self.transport.read("POST", path, json=body)).body

    # -- parts ---------------------------------------------------------------------------------------------------
    @property
    def _dossier(self) -> dict[str, str]:
        return {"CodeDossier": self.settings.code_dossier}

    def _call(self, send: Callable[[], T]) -> T:
        """One call in the session; a session or a dossier that the server lost is opened again once. Both refusals
        come before any work, so that a write may be repeated after them.
        """
        self.session.ensure()
        try:
            found = send()
        except errors.SessionLost:
            self.session.renew()
            found = send()
        except errors.DossierLost:
            self.session.select()
            found = send()
        self.session.touch()
        return found

    def _read_json(self, method: str, name: str, **parts: Any) -> Any:
        path = self.settings.route(name)
        return self._call(lambda: self.transport.read_json(method, path, **parts))

    def _write(self, name: str, **parts: Any) -> Answer:
        path = self.settings.route(name)
        return self._call(lambda: self.transport.write("POST", path, **parts))

    def _list(self, name: str, *, with_dossier: bool = True) -> list[dict[str, Any]]:
        found = self._read_json("GET", name, params=self._dossier if with_dossier else None)
        return _items(found, name)

    def _accepted(self, answer: Answer) -> None:
        """Nothing for a success: ``codeRetour`` 1, or none at all (older servers) without errors.

        Raises:
            OutcomeUnknown: the answer is something else, and so tells nothing.
        """
        try:
            body = json.loads(answer.body) if answer.body.strip() else {}
        except ValueError:
            body = None
        told = errors.folded(body)
        if isinstance(body, dict) and str(told.get("coderetour", "1")) in ("1", "True"):
            return
        raise OutcomeUnknown(f"ACD answered {answer.url} with something unreadable.", tool=CAPABILITIES.tool)


def _required(secrets: Mapping[str, str], name: str) -> str:
    value = secrets.get(name, "").strip()
    if not value:
        raise ConfigurationError(
            f"The {name} of the ACD account is missing: fill it in in the Connection.",
            field=name,
            tool=CAPABILITIES.tool,
        )
    return value


def _header(value: str, name: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise ConfigurationError(
            f"Option {name} of the ACD connection holds characters that no request can carry: type it again.",
            field=name,
            tool=CAPABILITIES.tool,
        )
    return value


def _items(found: Any, name: str) -> list[dict[str, Any]]:
    """The objects of a list answer, keys in lower case; one that stands in an envelope is taken out of it.

    Raises:
        TryLater: the answer is no list at all.
    """
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list)]
        found = lists[0] if len(lists) == 1 else found
    if found is None:
        return []
    if not isinstance(found, list):
        raise TryLater(f"ACD answered {name} with something that is not a list.", tool=CAPABILITIES.tool)
    return [errors.folded(each) for each in found if isinstance(each, dict)]


def _id_of(answer: Answer) -> str:
    """The id in the answer to an upload: bare, or in an object under one of its usual names."""
    try:
        found = json.loads(answer.body)
    except ValueError:
        return ""
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if isinstance(found, dict):
        body = errors.folded(found)
        found = next((body[key] for key in _ID_KEYS if body.get(key) not in (None, "")), None)
    if isinstance(found, bool) or not isinstance(found, (int, str)):
        return ""
    return str(found).strip()[:100]
