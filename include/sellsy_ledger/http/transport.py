"""One HTTP transport for every client: reads retry, writes never do unless they surely did not leave.

Signatures below are the contract; the body is written by the transport's owner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from sellsy_ledger.errors import LedgerError
from sellsy_ledger.http.throttle import Throttle

__all__ = ["Answer", "Download", "Transport"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete HTTP answer: status, lower-cased headers, body bytes (already size-capped)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""

    def json(self) -> Any:
        """The body as JSON (amounts stay exact: numbers with a decimal point become ``Decimal``).

        Raises:
            ValueError: when the body is not JSON (HTML page, truncated text).
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Download:
    """A downloaded file: its bytes, content type and final URL without query."""

    body: bytes
    content_type: str


# Turns an error answer (status >= 400, or a 200 that the API means as an error) into an exception, or returns None
# to accept the answer. `wrote` tells that the request was a write.
ErrorRule = Callable[[Answer, bool], LedgerError | None]


@dataclass
class Transport:
    """HTTP towards one API account.

    Args:
        base_url: scheme, host and base path, from the Connection.
        headers: sent with every request (authorization included; never logged).
        throttle: the shared limiter of this API account.
        error_rule: the API's own reading of error answers.
        tool: the API's name, for messages.
        timeout_seconds: (connect, read).
        max_bytes: an answer beyond this is refused.
        session: requests' session (tests hand in their own).
        sleep: waits between tries; tests hand in a fake.
    """

    base_url: str
    tool: str
    throttle: Throttle
    error_rule: ErrorRule
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: tuple[float, float] = (10.0, 60.0)
    max_bytes: int = 50 * 1024 * 1024
    session: requests.Session = field(default_factory=requests.Session)
    tries: int = 4

    def read(
        self,
        method: str,
        path: str,
        *,
        params: Iterable[tuple[str, str]] | Mapping[str, str] | None = None,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request without effect (GET, or a search by POST): retried on 429, 5xx, network faults, cut bodies.

        Raises:
            LedgerError: whatever ``error_rule`` makes of the answer; ``TryLater`` when the tries are used up.
        """
        raise NotImplementedError

    def write(
        self,
        method: str,
        path: str,
        *,
        params: Iterable[tuple[str, str]] | Mapping[str, str] | None = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request with an effect: sent once; sent again only when the connection was refused before anything left
        or the API answered 429.

        Raises:
            OutcomeUnknown: time-out, cut connection or answer, 5xx without a word that nothing was done.
            TryLater: surely nothing was written.
            LedgerError: whatever ``error_rule`` makes of the answer.
        """
        raise NotImplementedError

    def download(self, url: str, *, allowed_hosts: Iterable[str], max_bytes: int) -> Download:
        """Fetch a file by absolute URL, without our authorization: host allow-list at each redirect (≤ 5), size cap
        while reading, private addresses only when the allow-list names them.

        Raises:
            DocumentError, TryLater
        """
        raise NotImplementedError
