"""HTTP/1.1 with connections kept open, on werkzeug's threaded server.

Werkzeug's own request handler closes every connection and waits ten milliseconds after each answer; real APIs do
neither, and a client is measured against this server. The handler below reads the whole body first (so that the next
request starts where it should), writes each answer in one go and lets a handler cut the connection.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from werkzeug.serving import BaseWSGIServer

__all__ = ["ConnectionCut", "listen"]

MAX_BODY = 150 * 1024 * 1024


class ConnectionCut(ConnectionError):
    """Raised by the application to cut the connection without another byte."""


class Handler(WSGIRequestHandler):
    """Answers any number of requests on one connection, quietly."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def run_wsgi(self) -> None:
        """Answer one request."""
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
        environ = self.make_environ()
        length = int(announced) if (announced := environ.get("CONTENT_LENGTH") or "0").isdigit() else -1
        if not 0 <= length <= MAX_BODY:
            self.close_connection = True
            self.send_error(413 if length > 0 else 400)
            return
        chunked = environ.get("wsgi.input_terminated", False)
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read() if chunked else self.rfile.read(length))
        try:
            self._answer(self.server.app, environ)
        except (ConnectionError, TimeoutError):
            self._cut()

    def _answer(self, app: WSGIApplication, environ: WSGIEnvironment) -> None:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [status, headers]
            return lambda data: None

        body: Iterable[bytes] = app(environ, start_response)
        try:
            status, headers = started
            code, _, reason = status.partition(" ")
            self.send_response(int(code), reason)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            for block in body:
                self.wfile.write(block)
            self.wfile.flush()
        finally:
            if hasattr(body, "close"):
                body.close()

    def _cut(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # The client was faster.

    def finish(self) -> None:
        """Close quietly, also when the other side is gone."""
        try:
            super().finish()
        except OSError:
            self.rfile.close()

    def log(self, *args: Any) -> None:
        """Say nothing: the calls are counted instead."""


def listen(app: WSGIApplication, host: str, port: int) -> BaseWSGIServer:
    """Bind ``host:port`` (0 = any free port) and return the server; call ``serve_forever`` on it."""
    return make_server(host, port, app, threaded=True, request_handler=Handler)
