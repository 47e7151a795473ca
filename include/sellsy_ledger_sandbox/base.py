"""What every emulated tool stands on: the world it lives in and the shape it must have.

A tool is one module ``sellsy_ledger_sandbox/<tool>.py`` with one function, found by its presence::

    from flask import Blueprint, jsonify, request
    from sellsy_ledger_sandbox.base import Entry, Tool, World
    from sellsy_ledger_sandbox.quota import Limit, Quota

    def build(world: World) -> Tool:
        books: list[Entry] = []
        routes = Blueprint("mytool", __name__)            # mounted at /mytool; answers only, no faults, no quota

        @routes.post("/entry")
        def post_entry():
            if request.headers.get("Authorization") != "Bearer demo-token-mytool":
                return jsonify(error="unauthorized"), 401
            books.append({"key": "...", "journal": "VE", "date": "2026-02-03", "piece": "F-1", "lines": [...],
                          "pdf_sha256": None, "draft": False, "company": "demo"})
            return jsonify(id=len(books))

        return Tool(
            name="mytool",
            routes=routes,
            entries=lambda: list(books),                  # GET /_sandbox/mytool/entries
            reset=books.clear,                            # POST /_sandbox/reset
            quota=Quota(
                limits=(Limit(25, 5.0),),
                headers=lambda standings: {"ratelimit-remaining": str(standings[0].remaining)},
                refuse=lambda standings: ({"retry-after": "2"}, "text/plain", b"Rate limit exceeded."),
            ),
        )

The server counts calls, plays faults and applies the quota around the routes. Requests come from several threads:
guard a ledger with ``world.lock`` (re-entrant) wherever it is read and then written.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NotRequired, TypedDict
from zoneinfo import ZoneInfo

from flask import Blueprint
from werkzeug.datastructures import Headers

from sellsy_ledger_sandbox import ledger
from sellsy_ledger_sandbox.memory import Fetched
from sellsy_ledger_sandbox.quota import Quota

__all__ = ["PARIS", "Entry", "EntryLine", "HandEntry", "Tool", "World", "json_error"]

PARIS = ZoneInfo("Europe/Paris")


class EntryLine(TypedDict):
    """One line of a posted entry, in cents; a tool may add fields (``vat_code``, ``auxiliary_account``)."""

    account: str
    debit_cents: int
    credit_cents: int
    label: str
    vat_code: NotRequired[str | None]
    auxiliary_account: NotRequired[str | None]


class Entry(TypedDict):
    """One posted entry as the control surface shows it; ``date`` is ISO, ``company`` names the ledger."""

    key: str | None
    journal: str
    date: str
    piece: str
    lines: list[EntryLine]
    pdf_sha256: str | None
    draft: bool
    company: NotRequired[str]
    id: NotRequired[str]


class HandEntry(TypedDict):
    """An entry that somebody types into a tool's ledger, past everything that the API would keep of it.

    A line on a collective account (411, 401) without ``auxiliary_account`` is of ``third_party_account``, which the
    tool opens under ``third_party_name`` when it has none. ``company`` names the ledger as :class:`Entry` does; the
    tool's first one without it.
    """

    journal: str
    date: str
    piece: str
    third_party_account: str
    third_party_name: str
    lines: list[EntryLine]
    company: NotRequired[str]


@dataclass
class World:
    """What all tools share: the clock, the books to start from, the data file, one lock.

    Attributes:
        data: A file of Sellsy documents that replaces the built-in ones, or None.
        time: Unix seconds; replace it in tests to move the clock.
        fetched: What tools fetched from addresses that expire, kept as long as their ledgers.
    """

    data: Path | None = None
    time: Callable[[], float] = time.time
    chart: list[ledger.Account] = field(default_factory=lambda: deepcopy(list(ledger.CHART)))
    journals: list[ledger.Journal] = field(default_factory=lambda: deepcopy(list(ledger.JOURNALS)))
    vat_codes: list[ledger.VatCode] = field(default_factory=lambda: deepcopy(list(ledger.VAT_CODES)))
    fiscal_years: list[ledger.FiscalYear] = field(default_factory=lambda: deepcopy(list(ledger.FISCAL_YEARS)))
    lock: threading.RLock = field(default_factory=threading.RLock)
    fetched: Fetched = field(default_factory=Fetched)

    def now(self) -> datetime:
        """The current moment, in Paris."""
        return datetime.fromtimestamp(self.time(), UTC).astimezone(PARIS)

    def today(self) -> date:
        """The current calendar day in Paris."""
        return self.now().date()


def json_error(status: int) -> tuple[str, bytes]:
    """The plain JSON body of an error that the API itself would not explain: ``(content type, body)``."""
    return "application/json", json.dumps({"error": {500: "Internal Server Error"}.get(status, "Error")}).encode()


def _caller(headers: Headers) -> str:
    return headers.get("Authorization", "")


@dataclass
class Tool:
    """One emulated API.

    Attributes:
        name: The first part of its paths, and its name in faults, calls and entries.
        routes: Its routes, without the tool's name; ``url_prefix`` must be unset.
        entries: The posted entries of all its ledgers (an accounting tool), or an empty list (a source).
        reset: Puts its data back to the start.
        quota: Its quota; None when the API has none.
        caller: Request headers → who the quota counts; the ``Authorization`` header by default.
        counted: ``METHOD /rule`` → whether the quota counts it (a file host has no quota, say).
        error: Status → ``(content type, body)`` of the error that fault ``500`` answers.
        controls: Extra routes below ``/_sandbox/<name>``, or None.
        type_in: Keeps an entry that somebody typed (checked by :mod:`.by_hand`; ``ValueError`` when this ledger cannot
            take it); None where nobody types.
        remembered: Whether its accepted writes outlive the process when the sandbox keeps its state.
    """

    name: str
    routes: Blueprint
    entries: Callable[[], list[Entry]]
    reset: Callable[[], None]
    quota: Quota | None = None
    caller: Callable[[Headers], str] = _caller
    counted: Callable[[str], bool] = lambda route: True
    error: Callable[[int], tuple[str, bytes]] = json_error
    controls: Blueprint | None = None
    type_in: Callable[[HandEntry], None] | None = None
    remembered: bool = True
