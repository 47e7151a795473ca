"""One Chift account's access token: asked for when it is needed, kept until shortly before it ends, renewed once when
Chift does not take it any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sellsy_ledger.connectors.chift import answers
from sellsy_ledger.connectors.chift.errors import TOKEN_PATH, TokenRefused
from sellsy_ledger.errors import AccessError, TryLater
from sellsy_ledger.http.transport import Answer, Transport

__all__ = ["Session"]

T = TypeVar("T")
MARGIN_SECONDS = 60.0


class Session:
    """Requests with a valid token.

    Args:
        transport: towards ``https://api.chift.eu``.
        credentials: ``clientId``, ``clientSecret``, ``accountId``.
        clock: monotonic seconds.
    """

    def __init__(
        self, transport: Transport, credentials: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.transport = transport
        self._credentials = dict(credentials)
        self._clock = clock
        self._token = ""
        self._ends = 0.0

    def __repr__(self) -> str:
        return "Session(***)"

    def read(self, method: str, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """A request without effect."""
        return self._authorized(lambda headers: self.transport.read(method, path, params=params, headers=headers))

    def write(
        self, path: str, body: Mapping[str, Any], params: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A POST with an effect; a refused token proves that nothing was written, so that one renewal is safe."""
        return self._authorized(
            lambda bearer: self.transport.write(
                "POST", path, json=body, params=params, headers={**bearer, **(headers or {})}
            )
        )

    def sign_in(self) -> None:
        """Ask for a token.

        Raises:
            AccessError: Chift refuses the credentials.
        """
        # Asking for a token has no effect: a lost answer is asked for again.
        answer = self.transport.read("POST", TOKEN_PATH, json=self._credentials)
        try:
            token = answers.read_as(answers.Token, answer.json())
        except ValueError:
            raise TryLater("Chift answered the sign-in with no token.", tool="chift") from None
        self._token = token.access_token
        self._ends = self._clock() + token.expires_in - MARGIN_SECONDS

    def _authorized(self, send: Callable[[dict[str, str]], T]) -> T:
        if not self._token or self._clock() >= self._ends:
            self.sign_in()
        try:
            return send(self._bearer())
        except TokenRefused:
            self.sign_in()
        try:
            return send(self._bearer())
        except TokenRefused as error:
            raise AccessError(
                "Chift refuses a token that it has just given: check the account id in the Connection.",
                tool="chift",
                tool_code=error.tool_code,
            ) from error

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}
