"""Faults on demand: each fires once, at the nth matching request counted from the moment it was asked for."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["KINDS", "Fault", "FaultPlan", "same_route"]

KINDS: Final = {
    "drop_before": "the connection is cut, the request is not carried out",
    "drop_after": "the request is carried out, the connection is cut without an answer",
    "timeout": "nothing is carried out and nothing is answered until the client gives up",
    "timeout_after": "the request is carried out, then nothing is answered until the client gives up",
    "500": "an error answer, the request is not carried out",
    "500_after": "the request is carried out, then an error is answered",
    "401": "refused as if the credentials had expired, the request is not carried out",
    "429": "refused as if the quota were used up, the request is not carried out",
    "html": "an HTML page with status 200, the request is not carried out",
    "truncated": "the request is carried out, the answer stops in the middle of its body",
    "slow": "the request is carried out and answered late",
    "huge": "200 MB announced and sent as a PDF, the request is not carried out",
}

_PARAMETER = re.compile(r"<[^>]*>|\{[^}]*\}")


def same_route(wanted: str, rule: str, path: str) -> bool:
    """True when ``wanted`` names ``rule`` (``METHOD /template``), the concrete ``path`` (``METHOD /path``) or ``*``.

    The names and converters of parameters do not matter: ``{id}`` and ``<int:id>`` are the same.
    """
    return wanted in ("*", path) or _PARAMETER.sub("{}", wanted) == _PARAMETER.sub("{}", rule)


@dataclass
class Fault:
    """One planned fault; ``countdown`` matching requests are left until it fires."""

    tool: str
    route: str
    kind: str
    countdown: int

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Fault:
        """Read ``{"tool", "route", "nth", "kind"}``.

        Raises:
            ValueError: When a field is missing or the kind does not exist.
        """
        kind, nth = str(raw.get("kind")), raw.get("nth", 1)
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind}")
        if not isinstance(nth, int) or isinstance(nth, bool) or nth < 1:
            raise ValueError(f"nth must be a whole number from 1, not {nth!r}")
        if not raw.get("tool") or not raw.get("route"):
            raise ValueError("a fault needs a tool and a route, for instance sellsy and 'GET /v2/invoices'")
        return cls(str(raw["tool"]), str(raw["route"]), kind, nth)


class FaultPlan:
    """The faults still to come."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, raw: Iterable[Mapping[str, Any]]) -> int:
        """Plan faults, all or none; returns how many are waiting.

        Raises:
            ValueError: When one of them is malformed.
        """
        faults = [Fault.parse(one) for one in raw]
        with self._lock:
            self._faults.extend(faults)
            return len(self._faults)

    def take(self, tool: str, rule: str, path: str) -> str | None:
        """Count one request against every matching fault and return the kind of the first that is due."""
        with self._lock:
            matching = [one for one in self._faults if one.tool == tool and same_route(one.route, rule, path)]
            for fault in matching:
                fault.countdown -= 1
            due = next((fault for fault in matching if fault.countdown <= 0), None)
            if due is None:
                return None
            self._faults.remove(due)
            return due.kind

    def waiting(self) -> list[dict[str, Any]]:
        """The faults that have not fired, as they could be posted again."""
        with self._lock:
            return [{"tool": f.tool, "route": f.route, "nth": f.countdown, "kind": f.kind} for f in self._faults]

    def clear(self) -> None:
        """Forget every planned fault."""
        with self._lock:
            self._faults.clear()
