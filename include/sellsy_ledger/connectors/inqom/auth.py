"""The access token of an Inqom user: asked for by password, kept until shortly before it expires.

Source: Inqom's documents; the lifetime is whatever ``expires_in`` says (an hour in the documents, a year seen live).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from sellsy_ledger.connectors.inqom import answers
from sellsy_ledger.errors import AccessError, ConfigurationError, TryLater
from sellsy_ledger.http.transport import Transport

__all__ = ["SECRETS", "TokenSource"]

SECRETS = ("client_id", "client_secret", "username", "password")
TOKEN_PATH = "/identity/connect/token"  # noqa: S105 - a path
RENEW_EARLY_SECONDS = 60.0
# Only where the answer has no expires_in: what the documents show.
USUAL_LIFETIME_SECONDS = 3600.0


class TokenSource:
    """One user's tokens. Not thread-safe.

    Args:
        transport: towards the authentication server.
        secrets: the four of :data:`SECRETS`.
        scope: what the token is asked for.
        clock: monotonic seconds.

    Raises:
        ConfigurationError: a secret is missing; its field is named.
    """

    def __init__(
        self,
        transport: Transport,
        secrets: Mapping[str, str],
        scope: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        for name in SECRETS:
            if not (secrets.get(name) or "").strip():
                raise ConfigurationError(f"The Inqom connection has no {name}: fill it in.", field=name, tool="inqom")
        self.transport = transport
        self._form = {"grant_type": "password", **{name: secrets[name] for name in SECRETS}, "scope": scope}
        self._clock = clock
        self._token = ""
        self._renew_at = 0.0
        self._refusal: AccessError | None = None

    def token(self) -> str:
        """A token that is still valid for a while.

        Raises:
            AccessError: Inqom refuses user or client. It is not asked again: a few wrong tries may block the user.
            TryLater: no answer, or one without a token.
        """
        if self._refusal is not None:
            raise self._refusal
        if not self._token or self._clock() >= self._renew_at:
            self._mint()
        return self._token

    def forget(self) -> None:
        """The token was refused: the next call asks for another one."""
        self._token = ""

    def _mint(self) -> None:
        try:
            # Asking twice does no harm, so it is retried like a read.
            found = self.transport.read_json("POST", TOKEN_PATH, data=self._form)
        except AccessError as error:
            self._refusal = error
            raise
        try:
            token = answers.read_as(answers.Token, answers.lowered(found))
            told = token.expires_in
            lifetime = USUAL_LIFETIME_SECONDS if told in (None, "") else float(told)
        except ValueError:
            raise TryLater("Inqom's authentication answered no token.", tool="inqom") from None
        if not token.access_token or not token.access_token.isprintable() or not token.access_token.isascii():
            raise TryLater("Inqom's authentication answered an unusable token.", tool="inqom")
        self._token = token.access_token
        # A lifetime of a few seconds would renew before every call; half of it is always left to use.
        self._renew_at = self._clock() + max(lifetime - RENEW_EARLY_SECONDS, lifetime / 2)
