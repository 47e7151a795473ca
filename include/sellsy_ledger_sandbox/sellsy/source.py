"""The emulated Sellsy's accounts and who may open them: what every route stands on."""

from __future__ import annotations

from werkzeug.datastructures import Headers

from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.sellsy.access import Access
from sellsy_ledger_sandbox.sellsy.account import Account
from sellsy_ledger_sandbox.sellsy.accounts import CLIENTS, build_accounts

__all__ = ["Source"]


class Source:
    """The accounts and who may open them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.access = Access(world, CLIENTS)
        self.accounts: dict[str, Account] = build_accounts(world.data)

    def reset(self) -> None:
        """Build the accounts anew; tokens live on."""
        self.accounts = build_accounts(self.world.data)
        self.access.reset()

    @property
    def account(self) -> Account:
        """The account of the request's token."""
        return self.accounts[self.access.client()]

    def caller(self, headers: Headers) -> str:
        """Quotas count per user account: the second part of the token names it."""
        parts = headers.get("Authorization", "").split(".")
        return parts[1] if len(parts) == 3 else ""
