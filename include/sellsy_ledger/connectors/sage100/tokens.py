"""The access token of the OData interface: renewed with a refresh token, or given as it is.

A server may answer a renewal with a new refresh token and void the old one. A Connection cannot be changed from here,
so that the new one is kept for this process only, and the access check says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from sellsy_ledger.connectors.sage100.errors import token_error_rule
from sellsy_ledger.connectors.sage100.options import ODataOptions
from sellsy_ledger.errors import ConfigurationError, OutcomeUnknown, TryLater
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Transport

__all__ = ["Tokens"]

TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
EARLY_SECONDS = 60.0
LIFE_SECONDS = 600.0


class Tokens:
    """The token of one Connection.

    Args:
        secrets: ``client_id``, ``client_secret``, ``refresh_token``; or ``access_token`` alone.
        options: where tokens come from.
        throttle: the limiter of the account.
        clock: monotonic seconds.

    Attributes:
        rotated: True once the server gave another refresh token than the Connection's.
    """

    def __init__(
        self,
        secrets: Mapping[str, str],
        options: ODataOptions,
        throttle: Throttle,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rotated = False
        self._clock = clock
        self._access, self._until = secrets.get("access_token", ""), float("inf")
        self._refresh = secrets.get("refresh_token", "")
        self._client = {name: secrets.get(name, "") for name in ("client_id", "client_secret")}
        self._options = options
        self.transport: Transport | None = None
        if self._refresh:
            self._access = ""
            self.transport, self._path = self._login_server(throttle)
        elif not self._access:
            raise ConfigurationError(
                "The Sage 100 Connection holds neither a refresh token nor an access token.",
                field="refresh_token",
                tool="sage100",
            )

    def header(self) -> dict[str, str]:
        """What each request carries.

        Raises:
            AccessError: the login server refuses the secrets.
            TryLater: it does not answer.
        """
        if not self._access or self._clock() >= self._until:
            self.renew()
        return {"Authorization": f"Bearer {self._access}"}

    def renew(self) -> bool:
        """Ask for another access token; False when there is no refresh token to ask with."""
        if self.transport is None:
            return False
        form = {
            "grant_type": "refresh_token",
            **self._client,
            "refresh_token": self._refresh,
            "audience": self._options.audience,
            "scope": self._options.scope,
        }
        try:
            answer = self.transport.write("POST", self._path, data={name: text for name, text in form.items() if text})
            body = answer.json()
        except OutcomeUnknown as error:
            # Nothing is written to the books by this; at worst the old refresh token is void now.
            raise TryLater(f"The login server of Sage did not answer: {error.message}", tool="sage100") from error
        except ValueError:
            raise TryLater(
                "The login server of Sage answered with something that is not JSON.", tool="sage100"
            ) from None
        self._take(body)
        return True

    def _take(self, body: Any) -> None:
        access = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(access, str) or not access.isascii() or not access.isprintable():
            raise TryLater("The login server of Sage gave no access token.", tool="sage100")
        life = body.get("expires_in")
        seconds = float(life) if isinstance(life, int) and not isinstance(life, bool) else LIFE_SECONDS
        self._access, self._until = access, self._clock() + max(seconds - EARLY_SECONDS, 0.5 * seconds)
        fresh = body.get("refresh_token")
        if isinstance(fresh, str) and fresh and fresh != self._refresh:
            self._refresh, self.rotated = fresh, True

    def _login_server(self, throttle: Throttle) -> tuple[Transport, str]:
        if not self._client["client_id"]:
            raise ConfigurationError(
                "The Sage 100 Connection holds a refresh token and no client_id.", field="client_id", tool="sage100"
            )
        options = self._options
        url = options.token_url or (f"{options.authority}{TOKEN_PATH}" if options.authority else "")
        if not url:
            raise ConfigurationError(
                "Option authority of the Sage 100 Connection: say which login server gives the tokens.",
                field="authority",
                tool="sage100",
            )
        parts = urlsplit(url)
        transport = Transport(
            base_url=f"{parts.scheme}://{parts.netloc}",
            tool="sage100",
            throttle=throttle,
            error_rule=token_error_rule,
            headers={"Accept": "application/json"},
        )
        return transport, parts.path or "/"
