"""Stands between the product and the world, and lets a seeded few of its acts go wrong.

Three acts are watched, at the lowest place that the product does not own: every HTTP request (urllib3), every
transaction of the register, every file that is written or renamed. Which of them fails, and how, is drawn from the
night's own random numbers in the order of the acts, so that the same seed always draws the same faults. What an API
does wrong is done by the sandbox over real HTTP; a refused connection is a real one; a locked, read-only or full
register is SQLite's own; a death is :func:`os._exit`. Time-outs alone are raised here, as urllib3 raises them, because
waiting for them would make the outcome depend on how fast this machine is.
"""

from __future__ import annotations

import errno
import http.client
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import urlsplit

import urllib3
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ReadTimeoutError

from faults.kinds import ANSWERS, OUTAGES, Kind
from sellsy_ledger.connectors.sage100.depot import LocalDepot
from sellsy_ledger.errors import LedgerError
from sellsy_ledger.register.database import Database
from sellsy_ledger.register.pdf_store import LocalDocumentStore

__all__ = ["Act", "Injector", "Late", "ask", "between", "watching"]

READ_FAULTS = (
    *(Kind.NEVER_LEFT, Kind.CUT_BEFORE, Kind.ANSWER_LOST, Kind.TIME_OUT_BEFORE, Kind.ERROR_500),
    *(Kind.TOO_MANY, Kind.HTML, Kind.TRUNCATED, Kind.TOKEN_EXPIRED, Kind.OUTAGE),
)
WRITE_FAULTS = (
    *(Kind.NEVER_LEFT, Kind.CUT_BEFORE, Kind.ANSWER_LOST, Kind.TIME_OUT_BEFORE, Kind.TIME_OUT_AFTER, Kind.LATE),
    *(Kind.ERROR_500, Kind.ERROR_500_AFTER, Kind.TOO_MANY, Kind.HTML, Kind.TRUNCATED, Kind.TOKEN_EXPIRED),
)
COMMIT_FAULTS = (Kind.REGISTER_BUSY, Kind.REGISTER_BUSY_AT_COMMIT, Kind.REGISTER_READ_ONLY, Kind.REGISTER_FULL)
CLOCK_FAULTS = (Kind.CLOCK_BACK, Kind.CLOCK_FORWARD)
# How often an act goes wrong; the tool's own writes are what everything is about.
RATES = {"write": 0.35, "read": 0.09, "commit": 0.08, "file": 0.2}
CLOCK_RATE = 0.01
OUTAGE_REQUESTS = (3, 14)
LONGEST_STEP_HOURS = 6


class Late(NamedTuple):
    """A request that the tool carries out long after its sender gave up."""

    method: str
    url: str
    body: bytes | None
    headers: dict[str, str]


class Act(NamedTuple):
    """Something the product is about to do: ``kind`` is ``write``, ``read``, ``commit`` or ``file``."""

    kind: str
    name: str


class Injector:
    """One night's bad luck. Not for several threads at once: whoever works in parallel takes turns.

    Args:
        rng: draws everything.
        url: the sandbox.
        tool: the accounting tool's name there.
        most: so many faults at most.
        die: kills the process; None where nothing may die.
        step_clock: moves the machine's clock by so many seconds; None where it stays.
        before: called before every act, with the act (turns are taken here).
        after: called after every act.
    """

    def __init__(
        self,
        rng: Random,
        url: str,
        tool: str,
        *,
        most: int,
        die: Callable[[], None] | None = None,
        step_clock: Callable[[float], None] | None = None,
        before: Callable[[Act], None] = lambda act: None,
        after: Callable[[Act], None] = lambda act: None,
    ) -> None:
        self.rng, self.url, self.tool, self.left = rng, url, tool, most
        self._die, self._step_clock = die, step_clock
        self.before, self.after = before, after
        self.fired: Counter[Kind] = Counter()
        self.late: list[Late] = []
        self.acts = 0
        self._outage: tuple[Kind, str, int] | None = None

    # -- drawing -------------------------------------------------------------------------------------------------
    def _draw(self, act: Act, kinds: tuple[Kind, ...]) -> Kind | None:
        """What goes wrong with this act, if anything does."""
        self.acts += 1
        if self._step_clock and self.left and self.rng.random() < CLOCK_RATE:
            self._step(self.rng.choice(CLOCK_FAULTS))
        if not self.left or self.rng.random() >= RATES[act.kind]:
            return None
        return self.rng.choice(kinds)

    def _step(self, kind: Kind) -> None:
        assert self._step_clock is not None
        seconds = self.rng.uniform(60, LONGEST_STEP_HOURS * 3600)
        self._step_clock(seconds if kind is Kind.CLOCK_FORWARD else -seconds)
        self.hit(kind)

    def hit(self, kind: Kind) -> None:
        """A fault happened."""
        self.fired[kind] += 1
        self.left -= 1

    def _kill(self, kind: Kind) -> None:
        assert self._die is not None
        self.hit(kind)
        self._die()

    def _with_deaths(self, kinds: tuple[Kind, ...], *deaths: Kind) -> tuple[Kind, ...]:
        # Death weighs as much as all the rest: a night that may be killed mostly is.
        return kinds + deaths * max(1, len(kinds) // 2) if self._die else kinds

    # -- requests ------------------------------------------------------------------------------------------------
    def call(self, pool: HTTPConnectionPool, method: str, url: str, perform: Callable[[], Any], named: Any) -> Any:
        """One request of the product."""
        path = urlsplit(url).path
        api = path.split("/")[1]
        act = Act("write" if method != "GET" and api == self.tool else "read", f"{method} {path}")
        self.before(act)
        answer = self._call(act, api, pool, url, perform, named)
        self.after(act)
        return answer

    def _call(
        self, act: Act, api: str, pool: HTTPConnectionPool, url: str, perform: Callable[[], Any], named: Any
    ) -> Any:
        if self._outage is not None and self._outage[1] == api:
            kind, _, left = self._outage
            self._outage = (kind, api, left - 1) if left > 1 else None
            return self._answer(kind, api, pool, url, perform)
        kinds = WRITE_FAULTS if act.kind == "write" else READ_FAULTS
        kind_drawn = self._draw(act, self._with_deaths(kinds, Kind.KILLED_BEFORE_CALL, Kind.KILLED_AFTER_CALL))
        if kind_drawn is None:
            return perform()
        if kind_drawn is Kind.KILLED_BEFORE_CALL:
            self._kill(kind_drawn)
        if kind_drawn is Kind.KILLED_AFTER_CALL:
            perform()
            self._kill(kind_drawn)
        self.hit(kind_drawn)
        if kind_drawn is Kind.OUTAGE:
            kind = self.rng.choice(OUTAGES)
            self._outage = (kind, api, self.rng.randint(*OUTAGE_REQUESTS))
            return self._answer(kind, api, pool, url, perform)
        if kind_drawn in (Kind.TIME_OUT_BEFORE, Kind.TIME_OUT_AFTER, Kind.LATE):
            if kind_drawn is Kind.TIME_OUT_AFTER:
                perform().read()
            elif kind_drawn is Kind.LATE:
                body = named.get("body")
                self.late.append(Late(act.name.split(" ", 1)[0], url, body, dict(named.get("headers") or {})))
            raise ReadTimeoutError(pool, url, "Read timed out. (read timeout=60)")
        return self._answer(kind_drawn, api, pool, url, perform)

    def _answer(self, kind: Kind, api: str, pool: HTTPConnectionPool, url: str, perform: Callable[[], Any]) -> Any:
        """Let the request go wrong for real."""
        if kind is Kind.NEVER_LEFT:
            # Port 1 of this machine: nobody listens there.
            return _open(urllib3.HTTPConnectionPool("127.0.0.1", 1), "GET", url, retries=False)
        ask(self.url, "POST", "/_sandbox/faults", {"tool": api, "route": "*", "nth": 1, "kind": ANSWERS[kind]})
        return perform()

    # -- the register --------------------------------------------------------------------------------------------
    @contextmanager
    def commit(self, database: Database, perform: Callable[[], Any]) -> Iterator[Any]:
        """One transaction of the product that writes."""
        act = Act("commit", "commit")
        self.before(act)
        kind = self._draw(act, self._with_deaths(COMMIT_FAULTS, Kind.KILLED_BEFORE_COMMIT, Kind.KILLED_AFTER_COMMIT))
        with ExitStack() as undo:
            if kind is Kind.REGISTER_BUSY:
                undo.enter_context(_locked(database, "BEGIN IMMEDIATE"))
            elif kind is Kind.REGISTER_BUSY_AT_COMMIT:
                undo.enter_context(_locked(database, "BEGIN", "SELECT count(*) FROM document"))
            elif kind in (Kind.REGISTER_READ_ONLY, Kind.REGISTER_FULL):
                # Both pragmas belong to the connection: nobody may find it in the pool again.
                undo.callback(database.engine.dispose)
            try:
                with perform() as connection:
                    if kind is Kind.REGISTER_READ_ONLY:
                        connection.exec_driver_sql("PRAGMA query_only = ON")
                    elif kind is Kind.REGISTER_FULL:
                        connection.exec_driver_sql("PRAGMA max_page_count = 1")
                    yield connection
                    if kind is Kind.KILLED_BEFORE_COMMIT:
                        self._kill(kind)
            except LedgerError as error:
                if kind in COMMIT_FAULTS and error.tool == "register":
                    self.hit(kind)
                raise
        if kind is Kind.KILLED_AFTER_COMMIT:
            self._kill(kind)
        self.after(act)

    # -- files ---------------------------------------------------------------------------------------------------
    def file(self, name: str, perform: Callable[[], Any], *, grows: bool) -> Any:
        """One file of the product that is written (``grows``) or renamed."""
        act = Act("file", name)
        self.before(act)
        kinds = (Kind.STORE_FULL,) if grows else ()
        kinds = self._with_deaths(kinds, Kind.KILLED_AT_FILE)
        kind = self._draw(act, kinds) if kinds else None
        if kind is Kind.STORE_FULL:
            self.hit(kind)
            raise OSError(errno.ENOSPC, "No space left on device")
        if kind is Kind.KILLED_AT_FILE:
            if self.rng.random() < 0.5:
                perform()
            self._kill(kind)
        done = perform()
        self.after(act)
        return done


_open = HTTPConnectionPool.urlopen
_injectors: dict[int, Injector] = {}


@contextmanager
def watching(injector: Injector | None) -> Iterator[None]:
    """What this thread does from here on goes through ``injector`` (None: nothing is watched)."""
    me = threading.get_ident()
    before = _injectors.get(me)
    with ExitStack() as undo:
        if before is None:
            undo.callback(_injectors.pop, me, None)
        else:
            undo.callback(_injectors.__setitem__, me, before)
        if injector is None:
            _injectors.pop(me, None)
        else:
            _injectors[me] = injector
        yield


@contextmanager
def between() -> Iterator[None]:
    """Put the watch in place, for as long as stories are told in this process."""
    writing, store, put, rename = Database.writing, LocalDocumentStore._write, LocalDepot.put, LocalDepot.commit

    def urlopen(self: HTTPConnectionPool, method: str, url: str, *rest: Any, **named: Any) -> Any:
        injector = _injectors.get(threading.get_ident())
        if injector is None or "/_sandbox/" in url:
            return _open(self, method, url, *rest, **named)
        return injector.call(self, method, url, lambda: _open(self, method, url, *rest, **named), named)

    @contextmanager
    def transaction(self: Database, company: str) -> Iterator[Any]:
        injector = _injectors.get(threading.get_ident())
        with (
            injector.commit(self, lambda: writing(self, company)) if injector else writing(self, company)
        ) as connection:
            yield connection

    def watched(act: Callable[..., Any], name: str, *, grows: bool) -> Callable[..., Any]:
        def acting(*arguments: Any) -> Any:
            injector = _injectors.get(threading.get_ident())
            if injector is None:
                return act(*arguments)
            return injector.file(name, lambda: act(*arguments), grows=grows)

        return acting

    with (
        patch.object(HTTPConnectionPool, "urlopen", urlopen),
        patch.object(Database, "writing", transaction),
        patch.object(LocalDocumentStore, "_write", watched(store, "PDF stored", grows=True)),
        patch.object(LocalDepot, "put", watched(put, "file written", grows=True)),
        patch.object(LocalDepot, "commit", watched(rename, "file renamed", grows=False)),
    ):
        yield


@contextmanager
def _locked(database: Database, *statements: str) -> Iterator[None]:
    """Another connection holds the register."""
    other = sqlite3.connect(str(database.file), isolation_level=None)
    try:
        for statement in statements:
            other.execute(statement).fetchall()
        yield
    finally:
        other.close()


def ask(url: str, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None) -> int:
    """A request of the campaign's own, past every watch; the answer's status."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
    try:
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, target, sent, headers or {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()
