"""urllib3 pool managers that honour the machine's proxies and certificates exactly as requests does, and that end an
answer which never ends: urllib3's own limit is for each read, so that a byte a minute would hold a task for ever.
"""

from __future__ import annotations

import http.client
import io
import time
from functools import partial
from typing import Any

import certifi
import requests
import urllib3
from requests.utils import select_proxy
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

__all__ = ["ANSWER_SECONDS", "TimedConnection", "TimedTLSConnection", "open_manager"]

POOL_SIZE = 4
ANSWER_SECONDS = 600.0
"""From the end of the request to the last byte of its answer, at most."""


class _Timed(io.RawIOBase):
    """What arrives on a socket, until the time is over."""

    def __init__(self, raw: io.RawIOBase, sock: Any, seconds: float) -> None:
        self._raw, self._sock = raw, sock
        self._pause: float | None = sock.gettimeout()
        self._end = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer did not end in time")
        if self._pause is None or left < self._pause:
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp = io.BufferedReader(_Timed(self.fp.detach(), sock, ANSWER_SECONDS))


class TimedConnection(HTTPConnection):
    """A connection whose answers end in time."""

    response_class = _TimedResponse


class TimedTLSConnection(HTTPSConnection):
    """The same over TLS."""

    response_class = _TimedResponse


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = TimedConnection


class _TimedTLSPool(HTTPSConnectionPool):
    ConnectionCls = TimedTLSConnection


def open_manager(url: str) -> tuple[urllib3.PoolManager, bool]:
    """A pool manager for ``url`` and whether it goes through a proxy.

    Proxies come from the environment (``HTTPS_PROXY``, ``NO_PROXY``), certificates from ``REQUESTS_CA_BUNDLE`` or
    certifi. Verification is never switched off.
    """
    with requests.Session() as session:
        settings = session.merge_environment_settings(url, {}, None, True, None)
    bundle = settings["verify"] if isinstance(settings["verify"], str) else certifi.where()
    proxy = select_proxy(url, settings["proxies"])
    make = partial(urllib3.ProxyManager, proxy) if proxy else urllib3.PoolManager
    manager: urllib3.PoolManager = make(maxsize=POOL_SIZE, cert_reqs="CERT_REQUIRED", ca_certs=bundle)
    manager.pool_classes_by_scheme = {"http": _TimedPool, "https": _TimedTLSPool}
    return manager, bool(proxy)
