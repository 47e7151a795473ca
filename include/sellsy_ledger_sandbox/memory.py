"""Ledgers that outlive the process: a real tool does not forget either.

Every write that reached a tool and was accepted is appended to a file; a new sandbox plays the file back before it
serves. So no tool needs a storage format of its own, and what is replayed went through the tool's own rules.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["FORGET", "Memory"]

READS = frozenset({"GET", "HEAD", "OPTIONS"})
FORGET = "sellsy_ledger_sandbox.forget"
"""A tool sets this in ``request.environ`` for a call that is not to be played back whatever its status: a read by POST,
a refusal with status 200."""


class Memory:
    """WSGI middleware around the tools' routes (inside the faults: what never arrived is not remembered).

    Args:
        application: the routes.
        file: where accepted writes are kept, one JSON object a line.
        remembers: path → whether its writes are worth keeping (a source's searches are not).
    """

    def __init__(self, application: WSGIApplication, file: Path, remembers: Callable[[str], bool]) -> None:
        self._application = application
        self._file = file
        self._remembers = remembers
        # One write after the other: played back in the order of the file, each gets the ids it had. Reads too: nobody
        # may see an entry that is not kept yet, and that a sandbox killed now would have forgotten.
        self._one_at_a_time = threading.Lock()
        _drop_unfinished_line(file)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve, and keep the request when the answer accepts it."""
        if not self._remembers(environ["PATH_INFO"]):
            return self._application(environ, start_response)
        if environ["REQUEST_METHOD"] in READS:
            with self._one_at_a_time:
                return self._application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        statuses: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            statuses.append(status)
            return start_response(status, headers, exc_info)

        with self._one_at_a_time:
            answer = self._application(environ, start)
            if statuses and statuses[-1][0] == "2" and not environ.get(FORGET):
                self._keep(environ, body)
        return answer

    def _keep(self, environ: WSGIEnvironment, body: bytes) -> None:
        headers = {
            name[5:].replace("_", "-").title(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") and name not in ("HTTP_HOST", "HTTP_CONNECTION")
        }
        line = {
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"],
            "query": environ.get("QUERY_STRING", ""),
            "content_type": environ.get("CONTENT_TYPE", ""),
            "headers": headers,
            "body": base64.b64encode(body).decode(),
        }
        with self._file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")

    def replay(self, application: Flask) -> int:
        """Play the kept writes back into the tools; returns how many there were."""
        count = 0
        client = application.test_client()
        for line in self._lines():
            client.open(
                line["path"],
                method=line["method"],
                query_string=line["query"],
                headers=line["headers"],
                content_type=line["content_type"] or None,
                data=base64.b64decode(line["body"]),
            )
            count += 1
        return count

    def forget(self) -> None:
        """Forget everything (the sandbox was reset)."""
        self._file.unlink(missing_ok=True)

    def _lines(self) -> Iterator[dict[str, Any]]:
        if self._file.exists():
            with self._file.open(encoding="utf-8") as lines:
                yield from (json.loads(line) for line in lines)


class Fetched:
    """Files that a tool fetched from an address which expires: it keeps them, also when its writes are played back.

    Without a file nothing is kept.
    """

    def __init__(self) -> None:
        self._file: Path | None = None
        self._bodies: dict[str, bytes] = {}

    def open(self, file: Path) -> None:
        """Keep in ``file`` from now on, one JSON object a line, and read what it holds."""
        self._file = file
        _drop_unfinished_line(file)
        if file.exists():
            with file.open(encoding="utf-8") as lines:
                kept = (json.loads(line) for line in lines)
                self._bodies = {one["address"]: base64.b64decode(one["body"]) for one in kept}

    def get(self, url: str) -> bytes | None:
        """What was fetched from ``url`` before; None when nothing was."""
        return self._bodies.get(_digest(url))

    def keep(self, url: str, body: bytes) -> None:
        """Remember it; the address itself is a secret and is not written down."""
        if self._file is None:
            return
        self._bodies[_digest(url)] = body
        with self._file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"address": _digest(url), "body": base64.b64encode(body).decode()}) + "\n")

    def forget(self) -> None:
        """Forget everything (the sandbox was reset)."""
        self._bodies.clear()
        if self._file is not None:
            self._file.unlink(missing_ok=True)


def _drop_unfinished_line(file: Path) -> None:
    """Cut off a last line without its end: the sandbox was killed over it, and nobody had an answer yet."""
    if not file.exists():
        return
    with file.open("r+b") as lines:
        body = lines.read()
        lines.truncate(body.rfind(b"\n") + 1)


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()
