"""The session on a firm's server: opened with the password once, renewed when it is over, bound to one dossier.

The server keeps the chosen dossier with the session, so that one session must never serve two dossiers: each connector
has its own. A password that was refused is never sent again by the same connector: failures lock the account.
"""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping

from sellsy_ledger.connectors.acd import errors
from sellsy_ledger.connectors.acd.settings import AcdSettings
from sellsy_ledger.errors import AccessError, TryLater
from sellsy_ledger.http.transport import Transport

__all__ = ["Session"]

# A session lives for about 60 minutes without a request.
KEPT_SECONDS = 45 * 60.0


class Session:
    """Login and chosen dossier.

    Args:
        transport: the server.
        headers: the transport's own headers; the session's id is put there.
        settings: dossier, server reference, routes.
        login: identifier of the account.
        password: its password.
    """

    def __init__(
        self,
        transport: Transport,
        headers: MutableMapping[str, str],
        settings: AcdSettings,
        *,
        login: str,
        password: str,
    ) -> None:
        self.transport = transport
        self.settings = settings
        self.clock: Callable[[], float] = time.monotonic
        self._headers = headers
        self._login, self._password = login, password
        self._refused: AccessError | None = None
        self._used_at: float | None = None

    def ensure(self) -> None:
        """Open a session unless one is in use."""
        if self._used_at is None or self.clock() - self._used_at > KEPT_SECONDS:
            self.renew()

    def touch(self) -> None:
        """The session was just used."""
        self._used_at = self.clock()

    def renew(self) -> None:
        """Open a new session on the dossier.

        Raises:
            AccessError: the login or the dossier is refused.
            TryLater: the server does not answer.
        """
        self.log_in()
        self.select()
        self.touch()

    def log_in(self) -> None:
        """Open a new session, without a dossier yet.

        Raises:
            AccessError: the login is refused; the password is not sent again after that.
            TryLater: the server does not answer.
        """
        if self._refused is not None:
            raise self._refused
        self._headers.pop("UUID", None)
        self._used_at = None
        body = {"Identifiant": self._login, "MotDePasse": self._password, "CNX": self.settings.cnx}
        try:
            # No effect on the books, so that a lost answer may be asked for again.
            found = self.transport.read_json("POST", self.settings.route("login"), json=body)
        except AccessError as error:
            self._refused = error
            raise
        answer = errors.folded(found)
        uuid = str(answer.get("uuid") or answer.get("token") or "").strip()
        if not uuid or not uuid.isascii() or not uuid.isprintable():
            raise TryLater(
                "ACD answered the login without a session: if this lasts, check the host in the Connection.",
                tool=errors.TOOL,
            )
        self._headers["UUID"] = uuid

    def select(self) -> None:
        """Tie the session to the dossier. A server without that route wants the dossier in each call instead, where
        it is sent anyway.
        """
        path = self.settings.route("select")
        has_code = "{code}" in self.settings.routes["select"]
        try:
            self.transport.read("POST", path, json=None if has_code else self.settings.code_dossier)
        except errors.RouteMissing:
            return
