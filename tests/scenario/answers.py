"""Answers that no API should give: the tool's real ones are replaced on their way in, with status 200."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from sellsy_ledger.connectors.base import LedgerConnector
from sellsy_ledger.http.transport import Answer, Transport

__all__ = ["BODIES", "Call", "listening", "replacing", "route_of"]

BODIES: tuple[bytes, ...] = (
    b"",
    b"[]",
    b"{}",
    b'"x"',
    b"null",
    b'{"items": null}',
    b"<html><body>Maintenance</body></html>",
    b"[null]",
    b"[{}]",
    b"7",
)
"""Nothing, a list for an object and the other way round, a web page, lists of nothing."""

# Ids in paths: digits, UUIDs, the sandbox's ids with letters (SA1-6), keys in quotes.
_IDS = re.compile(r"'[^']*'|(?<=/)(?=[^/]*\d)(?!v\d)[A-Za-z0-9-]+(?=/|$)")


def route_of(request: Any) -> str:
    """``GET /invoices/12`` and ``GET /invoices/13`` are one route."""
    return _IDS.sub("…", request.name)


@dataclass
class Call:
    """One request to the tool and what it answered."""

    route: str
    wrote: bool
    status: int
    body: bytes
    looks_up: bool = False


@dataclass
class Listener:
    """What is heard between us and the tool, and how often an answer was replaced."""

    calls: list[Call] = field(default_factory=list)
    replaced: int = 0
    look_ups: int = 0
    _depth: int = 0

    @property
    def looks_up(self) -> bool:
        """True while the connector looks for an entry."""
        return self._depth > 0

    def routes(self, chosen: Callable[[Call], bool]) -> dict[str, Call]:
        """The routes of the chosen calls, each with its first call, in the order of that."""
        found: dict[str, Call] = {}
        for call in self.calls:
            if chosen(call):
                found.setdefault(call.route, call)
        return found


Replace = Callable[[Listener, Call], bytes | None]


@contextmanager
def replacing(connector: type[LedgerConnector], replace: Replace, *, sent: bool = True) -> Iterator[Listener]:
    """Whatever ``replace`` gives for a call goes in place of the tool's answer.

    Args:
        connector: its class; calls within ``find_entry`` are marked as look-ups.
        replace: the other body, or None to leave the answer. Before a call is sent its ``status`` is 0.
        sent: False keeps a replaced request from ever leaving, as if the tool had not carried it out.
    """
    heard = Listener()
    send, find = Transport._send, connector.find_entry

    def sending(self: Transport, request: Any) -> Answer:
        if self.tool == "sellsy":
            return send(self, request)
        call = Call(route_of(request), request.wrote, 0, b"", looks_up=heard.looks_up)
        other = None if sent else replace(heard, call)
        if other is None:
            answer = send(self, request)
            call.status, call.body = answer.status, answer.body
            heard.calls.append(call)
            other = replace(heard, call) if sent else None
            if other is None:
                return answer
        heard.replaced += 1
        return Answer(200, {"content-type": "application/json"}, other, request.path)

    def finding(self: Any, *arguments: Any, **named: Any) -> Any:
        heard._depth += 1
        heard.look_ups += heard._depth == 1
        try:
            return find(self, *arguments, **named)
        finally:
            heard._depth -= 1

    with patch.object(Transport, "_send", sending), patch.object(connector, "find_entry", finding):
        yield heard


def listening(connector: type[LedgerConnector]) -> Any:
    """Hear everything, replace nothing."""
    return replacing(connector, lambda heard, call: None)
