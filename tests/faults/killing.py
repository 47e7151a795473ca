"""Kill a run at its nth HTTP call or its nth commit, right before or right after, as a machine that dies would.

The death is a ``BaseException`` that nothing in the product catches: what the register has not committed is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sellsy_ledger.http import downloads
from sellsy_ledger.http.transport import Transport
from sellsy_ledger.register.database import Database

__all__ = ["Killed", "Killer", "killing_commits", "killing_http"]


class Killed(BaseException):
    """The process died here."""


class Killer:
    """Counts what happens and dies at the ``nth``; 0 = never, so that a whole run can be counted."""

    def __init__(self, nth: int, *, after: bool) -> None:
        self.nth = nth
        self.after = after
        self.seen: list[str] = []

    @property
    def fired(self) -> bool:
        """True when the run got as far as the place of death."""
        return 0 < self.nth <= len(self.seen)

    def arrives(self, name: str) -> None:
        """Something begins."""
        self.seen.append(name)
        if len(self.seen) == self.nth and not self.after:
            raise Killed(f"before {name}")

    def leaves(self, position: int) -> None:
        """What began as the ``position``-th is done."""
        if position == self.nth and self.after:
            raise Killed(f"after {self.seen[position - 1]}")


@contextmanager
def killing_http(nth: int = 0, *, after: bool = False) -> Iterator[Killer]:
    """Every request of every client, downloads included."""
    killer = Killer(nth, after=after)
    send, fetch = Transport._send, downloads.fetch

    def sending(self: Transport, request: Any) -> Any:
        killer.arrives(f"{self.tool} {request.name}")
        position = len(killer.seen)
        answer = send(self, request)
        killer.leaves(position)
        return answer

    def fetching(url: str, *arguments: Any, **named: Any) -> Any:
        killer.arrives("download")
        position = len(killer.seen)
        body = fetch(url, *arguments, **named)
        killer.leaves(position)
        return body

    with patch.object(Transport, "_send", sending), patch.object(downloads, "fetch", fetching):
        yield killer


@contextmanager
def killing_commits(nth: int = 0, *, after: bool = False) -> Iterator[Killer]:
    """Every transaction that writes into the register."""
    killer = Killer(nth, after=after)
    original = Database.writing

    @contextmanager
    def writing(self: Database, company: str) -> Iterator[Any]:
        with original(self, company) as connection:
            yield connection
            # Inside the transaction: dying here rolls it back.
            killer.arrives("commit")
            position = len(killer.seen)
        killer.leaves(position)

    with patch.object(Database, "writing", writing):
        yield killer
