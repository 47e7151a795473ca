"""Who may call the emulated Sellsy: client credentials, bearer tokens that expire, scopes that can be taken away."""

from __future__ import annotations

from typing import Any, Final

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.sellsy.paging import Refused

__all__ = ["Access", "scope_of"]

SECRET: Final = "demo-secret-sellsy"  # noqa: S105 - the published secret of the sandbox, it opens nothing else
LIFETIME_SECONDS: Final = 3600
_SCOPES: Final = {
    "invoices": "invoices.read",
    "deposit-invoices": "invoices.read",
    "credit-notes": "credit-notes.read",
    "companies": "companies.read",
    "individuals": "individuals.read",
    "taxes": "taxes.read",
    "accounting-codes": "accounting-codes.read",
    "settings": "accounting-settings.read",
    "accounting-journal": "accounting-entry.read",
    "fiscal-years": "accounts.read",
    "currencies": "accounts.read",
    "quotas": "accounts.read",
    "accounts": "accounts.read",
    "files": "files.read",
    "ocr": "ocr.read",
}


def scope_of(path: str) -> str:
    """The scope a path below ``/sellsy`` needs."""
    version, _, rest = path.lstrip("/").partition("/")
    return "api-v1" if version == "v1" else _SCOPES.get(rest.partition("/")[0], "")


class Access:
    """Tokens and scopes of the API clients."""

    def __init__(self, world: World, clients: tuple[str, ...]) -> None:
        self._world, self._clients = world, clients
        self._tokens: dict[str, tuple[str, float]] = {}
        self._missing_scopes: dict[str, set[str]] = {}
        self._minted = 0

    def mint(self) -> ResponseReturnValue:
        """``POST /oauth2/access-tokens``: JSON or form body, or HTTP Basic; errors have OAuth's own shape."""
        sent: dict[str, Any] = request.get_json(silent=True) or request.form.to_dict()
        basic = request.authorization if request.authorization and request.authorization.type == "basic" else None
        client = sent.get("client_id") or (basic.username if basic else None)
        secret = sent.get("client_secret") or (basic.password if basic else None)
        if sent.get("grant_type") != "client_credentials":
            return _oauth_error("unsupported_grant_type", "The authorization grant type is not supported.", 400)
        if client not in self._clients or secret != SECRET:
            return _oauth_error("invalid_client", "Client authentication failed", 401)
        self._minted += 1
        token = f"sandbox.{client}.{self._minted:06d}"
        self._tokens[token] = (str(client), self._world.time() + LIFETIME_SECONDS)
        return jsonify({"token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "access_token": token})

    def client(self) -> str:
        """The API client of the request's token.

        Raises:
            Refused: 401 without a living token, 403 when the client lacks the scope.
        """
        client, expires = self._tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "), ("", 0.0))
        if self._world.time() >= expires:
            raise Refused(401)
        if scope_of(request.path.removeprefix("/sellsy")) in self._missing_scopes.get(client, ()):
            raise Refused(403)
        return client

    def revoke(self) -> int:
        """Make every token invalid before its time; returns how many there were."""
        count = len(self._tokens)
        self._tokens.clear()
        return count

    def take_scopes(self, client: str, scopes: list[str]) -> None:
        """Take scopes away from a client (an empty list gives them all back)."""
        self._missing_scopes[client] = set(scopes)

    def reset(self) -> None:
        """Give every scope back; tokens live on, as a restart of Sellsy would not end them."""
        self._missing_scopes.clear()


def _oauth_error(error: str, description: str, status: int) -> ResponseReturnValue:
    return jsonify(error=error, error_description=description), status
