"""The authentication server: users, clients, and tokens that expire by the world's clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sellsy_ledger_sandbox.base import World

__all__ = ["CLIENTS", "LIFETIME_SECONDS", "USERS", "Tokens", "User"]

LIFETIME_SECONDS = 3600
# The demonstration's own, worth nothing.
CLIENTS = {"demo-client-inqom": "demo-secret-inqom"}


@dataclass(frozen=True)
class User:
    """An Inqom user: password, and the folders that he may use."""

    name: str
    password: str
    folders: tuple[int, ...]


USERS = {
    user.name: user
    for user in (
        User("demo-user-inqom", "demo-password-inqom", (90210, 90211)),
        User("demo-limited-inqom", "demo-password-inqom-limited", (90211,)),
    )
}


class Tokens:
    """The tokens that were given out. Their names are counted, so that a replay of the requests gives the same."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._given: dict[str, tuple[User, float]] = {}

    def grant(self, form: Mapping[str, str]) -> tuple[dict[str, object], int]:
        """The answer to a password grant, and its status."""
        if form.get("grant_type") != "password":
            return {"error": "unsupported_grant_type"}, 400
        if CLIENTS.get(form.get("client_id", "")) != form.get("client_secret"):
            return {"error": "invalid_client"}, 400
        if "apidata" not in form.get("scope", "").split():
            return {"error": "invalid_scope"}, 400
        user = USERS.get(form.get("username", ""))
        if user is None or user.password != form.get("password"):
            return {"error": "invalid_grant", "error_description": "invalid_username_or_password"}, 400
        token = f"demo-token-inqom-{len(self._given) + 1:06d}"
        self._given[token] = (user, self._world.time() + LIFETIME_SECONDS)
        return {"access_token": token, "expires_in": LIFETIME_SECONDS, "token_type": "Bearer"}, 200

    def user(self, authorization: str) -> User | None:
        """Whose valid token it is."""
        user, until = self._given.get(authorization.removeprefix("Bearer "), (None, 0.0))
        return user if user and self._world.time() < until else None

    def owner(self, authorization: str) -> str:
        """Who the quota counts: the user of a token, valid or not."""
        user, _ = self._given.get(authorization.removeprefix("Bearer "), (None, 0.0))
        return user.name if user else authorization

    def clear(self) -> None:
        """Forget every token."""
        self._given.clear()
