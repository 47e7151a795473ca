"""The login server: refresh tokens of a user who consented, in the manner of Sage ID."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["Login", "LoginRefused"]

CLIENT = ("demo-client-sage100", "demo-secret-sage100")
REFRESH = "demo-refresh-sage100"
READ_ONLY = f"{REFRESH}-readonly"
ROTATING = f"{REFRESH}-rotating"
ACCESS = "demo-access-sage100"
LIFE_SECONDS = 86_400


class LoginRefused(Exception):
    """No token; ``code`` and ``status`` are those of RFC 6749."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.status = code, status


class Login:
    """Which tokens are good now."""

    def __init__(self) -> None:
        self._generation = 0
        self._rotation = 0

    def grant(self, form: Mapping[str, str]) -> dict[str, Any]:
        """An access token for a refresh token.

        Raises:
            LoginRefused: wrong client, token or grant.
        """
        if form.get("grant_type") != "refresh_token":
            raise LoginRefused("unsupported_grant_type")
        if (form.get("client_id"), form.get("client_secret")) != CLIENT:
            raise LoginRefused("invalid_client", 401)
        given = form.get("refresh_token", "")
        answer = {"access_token": self._access(given), "token_type": "Bearer", "expires_in": LIFE_SECONDS}
        if given.startswith(ROTATING):
            if given != self._rotating():
                raise LoginRefused("invalid_grant", 403)
            self._rotation += 1
            return {**answer, "refresh_token": self._rotating()}
        if given not in (REFRESH, READ_ONLY):
            raise LoginRefused("invalid_grant", 403)
        return answer

    def rights(self, access_token: str) -> frozenset[str] | None:
        """What a token allows; None for one that is not good."""
        for refresh, rights in ((REFRESH, {"read", "write"}), (READ_ONLY, {"read"})):
            if access_token == self._access(refresh):
                return frozenset(rights)
        return None

    def revoke(self) -> None:
        """Every access token so far is void."""
        self._generation += 1

    def _access(self, refresh: str) -> str:
        ending = "-readonly" if refresh == READ_ONLY else ""
        return f"{ACCESS}{ending}{f'-{self._generation}' if self._generation else ''}"

    def _rotating(self) -> str:
        return f"{ROTATING}{f'-{self._rotation}' if self._rotation else ''}"
