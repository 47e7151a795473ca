"""The gate before every emulated route: counts the call, plays the fault that is due, applies the quota."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import EnvironHeaders, Headers
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from sellsy_ledger_sandbox.base import Tool, World
from sellsy_ledger_sandbox.faults import FaultPlan
from sellsy_ledger_sandbox.quota import Standing
from sellsy_ledger_sandbox.serving import ConnectionCut

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Calls", "Gate"]

HANG_SECONDS = 120.0
SLOW_SECONDS = 2.0
HUGE_BYTES = 200 * 1024 * 1024
HTML = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Service indisponible</h1></body></html>"


class Calls:
    """Requests counted per tool and route."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}
        self._lock = threading.Lock()

    def count(self, tool: str, route: str) -> None:
        """Count one request."""
        with self._lock:
            self._counts.setdefault(tool, Counter())[route] += 1

    def as_dict(self) -> dict[str, dict[str, int]]:
        """``{tool: {"METHOD /rule": n}}``."""
        with self._lock:
            return {tool: dict(sorted(routes.items())) for tool, routes in sorted(self._counts.items())}

    def clear(self) -> None:
        """Start again from zero."""
        with self._lock:
            self._counts.clear()


class Gate:
    """WSGI middleware around the Flask application; what is not below a tool's path passes untouched."""

    def __init__(self, app: WSGIApplication, rules: Map, tools: Mapping[str, Tool], world: World) -> None:
        self.app, self.rules, self.tools, self.world = app, rules, tools, world
        self.calls, self.faults = Calls(), FaultPlan()
        self._released = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        tool = self.tools.get(environ["PATH_INFO"].split("/", 2)[1])
        if tool is None:
            return self.app(environ, start_response)
        rule, path = self._route(tool, environ)
        self.calls.count(tool.name, rule)
        fault = self.faults.take(tool.name, rule, path)
        if fault == "429":
            return self._refusal(tool, self._used_up(tool))(environ, start_response)
        if fault in _BEFORE:
            return _BEFORE[fault](self, tool, environ)(environ, start_response)
        response = self._counted(tool, rule, environ)
        if fault is None:
            return response(environ, start_response)
        return _AFTER[fault](self, tool, environ, response)(environ, start_response)

    def release(self) -> None:
        """Wake every request that hangs on purpose."""
        self._released.set()
        self._released = threading.Event()

    def _route(self, tool: Tool, environ: WSGIEnvironment) -> tuple[str, str]:
        method, prefix = environ["REQUEST_METHOD"], len(tool.name) + 1
        path = f"{method} {environ['PATH_INFO'][prefix:]}"
        try:
            rule, _ = self.rules.bind_to_environ(environ).match(return_rule=True)
        except HTTPException:
            return f"{method} (unknown)", path
        return f"{method} {rule.rule[prefix:]}", path

    def _counted(self, tool: Tool, rule: str, environ: WSGIEnvironment) -> Response:
        quota = tool.quota
        if quota is None or not quota.enabled or not tool.counted(rule):
            return self._run(environ)
        allowed, standings = quota.enter(tool.caller(Headers(EnvironHeaders(environ))), self.world.time())
        if not allowed:
            return self._refusal(tool, standings)
        response = self._run(environ)
        response.headers.update(quota.headers(standings))
        return response

    def _used_up(self, tool: Tool) -> list[Standing]:
        now = self.world.time()
        return [Standing(limit, 0, now + limit.seconds) for limit in tool.quota.limits] if tool.quota else []

    def _refusal(self, tool: Tool, standings: list[Standing]) -> Response:
        if tool.quota is None:
            return Response(b"Too Many Requests", 429, content_type="text/plain")
        headers, content_type, body = tool.quota.refuse(standings)
        return Response(body, 429, headers={**tool.quota.headers(standings), **headers}, content_type=content_type)

    def _run(self, environ: WSGIEnvironment) -> Response:
        body, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        return Response(b"".join(body), status, headers)

    def _hang(self, environ: WSGIEnvironment) -> Response:
        """Wait until the client leaves, the sandbox is reset or stopped, or two minutes have passed."""
        client: socket.socket = environ["werkzeug.socket"]
        released, end = self._released, time.monotonic() + HANG_SECONDS
        while time.monotonic() < end and not released.wait(0.05):
            try:
                if client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"":
                    break
            except BlockingIOError:
                continue
            except OSError:
                break
        raise ConnectionCut

    def _cut(self) -> Response:
        raise ConnectionCut

    def _late(self, answer: Response) -> Response:
        self._released.wait(SLOW_SECONDS)
        return answer


def _error(tool: Tool, status: int) -> Response:
    content_type, body = tool.error(status)
    return Response(body, status, content_type=content_type)


def _huge() -> Response:
    def blocks() -> Iterator[bytes]:
        yield b"%PDF-1.7\n"
        for _ in range(HUGE_BYTES // (1 << 20)):
            yield b"\0" * (1 << 20)

    length = 9 + HUGE_BYTES // (1 << 20) * (1 << 20)
    return Response(blocks(), 200, headers={"Content-Length": str(length)}, content_type="application/pdf")


def _truncated(answer: Response) -> WSGIApplication:
    """The first half of the body below the headers of the whole: the connection ends before the body does."""

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        body = answer.get_data()
        headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
        start_response(answer.status, [*headers, ("Content-Length", str(len(body) + 1)), ("Connection", "close")])
        yield body[: len(body) // 2]

    # A generator would call start_response only when it is read, after the server wants the status.
    return lambda environ, start_response: _primed(app(environ, start_response))


def _primed(body: Iterator[bytes]) -> Iterable[bytes]:
    return [next(body), *body]


_BEFORE: dict[str, Callable[[Gate, Tool, Any], WSGIApplication]] = {
    "drop_before": lambda gate, tool, environ: gate._cut(),
    "timeout": lambda gate, tool, environ: gate._hang(environ),
    "401": lambda gate, tool, environ: _error(tool, 401),
    "500": lambda gate, tool, environ: _error(tool, 500),
    "html": lambda gate, tool, environ: Response(HTML, 200, content_type="text/html; charset=utf-8"),
    "huge": lambda gate, tool, environ: _huge(),
}
_AFTER: dict[str, Callable[[Gate, Tool, Any, Response], WSGIApplication]] = {
    "drop_after": lambda gate, tool, environ, answer: gate._cut(),
    "timeout_after": lambda gate, tool, environ, answer: gate._hang(environ),
    "500_after": lambda gate, tool, environ, answer: _error(tool, 500),
    "truncated": lambda gate, tool, environ, answer: _truncated(answer),
    "slow": lambda gate, tool, environ, answer: gate._late(answer),
}
