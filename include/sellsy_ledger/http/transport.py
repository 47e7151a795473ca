"""One HTTP transport for every client: reads retry, writes never do unless they surely did not leave.

It knows no API: what an error answer means is told by the client's ``error_rule``. It never follows a redirect of an
API call, never logs a header or a query value, and never guesses that a write failed: only a refused connection, a
name that does not resolve and a connect time-out prove that nothing left.

urllib3 (the engine below requests) is driven directly: a third of the CPU time of a requests session per call, and
its exceptions tell apart what requests merges into one ``ConnectionError``. requests still decides proxies and
certificates, so that both behave as everywhere else.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec
import tenacity
import urllib3
from urllib3.exceptions import HTTPError

from sellsy_ledger.errors import ConfigurationError, LedgerError, OutcomeUnknown, TryLater
from sellsy_ledger.http import downloads
from sellsy_ledger.http.engine import open_manager
from sellsy_ledger.http.faults import is_bad_certificate, never_left, retry_after_seconds, wait_seconds
from sellsy_ledger.http.last_check import last_check
from sellsy_ledger.http.redaction import quiet_urllib3, redact_target, remember_credentials
from sellsy_ledger.http.throttle import Throttle

__all__ = ["Answer", "Download", "ErrorRule", "Transport"]

log = logging.getLogger(__name__)

Params = Iterable[tuple[str, str]] | Mapping[str, str]

CHUNK_BYTES = 1 << 18
# What urllib3 makes of retries=False, made once: every fault comes out as it is.
NO_RETRIES = urllib3.Retry(total=False, redirect=False)
REQUEST_ID_HEADERS = ("request-id", "x-request-id", "x-correlation-id")

_decoder = msgspec.json.Decoder(float_hook=Decimal)
# Decimals are written as JSON numbers, digit for digit: 120.10 stays 120.10.
_encoder = msgspec.json.Encoder(decimal_format="number")


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
        try:
            return _decoder.decode(self.body)
        except msgspec.MsgspecError as error:
            raise ValueError(f"the answer is not JSON: {error}") from None

    @property
    def request_id(self) -> str | None:
        """The API's own id of this request, for its support desk."""
        return next((self.headers[name] for name in REQUEST_ID_HEADERS if name in self.headers), None)


Download = downloads.Download

# Turns an error answer (status >= 400, or a 200 that the API means as an error) into an exception, or returns None
# to accept the answer. `wrote` tells that the request was a write; TryLater for a write means that surely nothing
# was written (after a 5xx it is not believed). 429 is the transport's own affair and never gets here.
ErrorRule = Callable[[Answer, bool], LedgerError | None]


class _Request(NamedTuple):
    """One request, ready to be sent as often as allowed."""

    method: str
    path: str
    target: str
    headers: dict[str, str]
    body: bytes | None
    wrote: bool
    must_be_json: bool = False

    @property
    def name(self) -> str:
        """How messages call it; never holds the query."""
        return f"{self.method} {self.path}"


@dataclass
class Transport:
    """HTTP towards one API account. Not thread-safe beyond what its throttle and urllib3 are (both are).

    Args:
        base_url: scheme, host and base path, from the Connection.
        tool: the API's name, for messages.
        throttle: the shared limiter of this API account.
        error_rule: the API's own reading of error answers.
        headers: sent with every request (authorization included; never logged).
        timeout_seconds: (connect, read).
        max_bytes: an answer beyond this is refused.
        tries: how often a request leaves at most.
        longestwait_seconds: a longer Retry-After is not slept through; ``TryLater`` carries it.
        sleep: waits between tries; tests hand in a fake.
    """

    base_url: str
    tool: str
    throttle: Throttle
    error_rule: ErrorRule
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_seconds: tuple[float, float] = (10.0, 60.0)
    max_bytes: int = 50 * 1024 * 1024
    tries: int = 4
    longestwait_seconds: float = 120.0
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise ConfigurationError(
                f"The address of {self.tool} must look like https://host/path: correct the host in the Connection.",
                field="host",
                tool=self.tool,
            )
        quiet_urllib3()
        manager, proxied = open_manager(self.base_url)
        self._pool = manager.connection_from_url(self.base_url)
        # A plain http request through a proxy names the whole URL; everything else only the path.
        origin = f"{parts.scheme}://{parts.netloc}" if proxied and parts.scheme == "http" else ""
        self._prefix = origin + parts.path.rstrip("/")
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TryLater),
            stop=lambda state: state.attempt_number >= self.tries or wait_seconds(state) > self.longestwait_seconds,
            wait=wait_seconds,
            sleep=lambda seconds: self.sleep(seconds),
            reraise=True,
        )

    def read(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request without effect (GET, or a search by POST): retried on 429, 5xx, network faults, cut bodies.

        Raises:
            LedgerError: whatever ``error_rule`` makes of the answer; ``TryLater`` when the tries are used up.
        """
        return self._run(self._request(method, path, params, json, data, None, headers, wrote=False))

    def read_json(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Like :meth:`read`, for the decoded body; a body that is not JSON counts as a passing fault.

        An answer without a body gives None, and so does an error answer that ``error_rule`` accepts (a 404 that
        means "absent").
        """
        request = self._request(method, path, params, json, data, None, headers, wrote=False)
        answer = self._run(request._replace(must_be_json=True))
        return answer.json() if answer.status < 400 and answer.body.strip() else None

    def write(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request with an effect: sent once; sent again only when the connection was refused before anything left
        or the API answered 429.

        Args:
            method: POST, PUT, PATCH or DELETE.
            path: below the base URL, with its leading slash.
            params: the query.
            json: sent as JSON; ``Decimal`` as exact numbers.
            data: bytes as they are, a mapping as a form.
            files: name → (file name, bytes, content type); makes a multipart form together with ``data``.
            headers: added to those of the transport.

        Raises:
            OutcomeUnknown: time-out, cut connection or answer, 5xx, redirect.
            TryLater: surely nothing was written.
            LedgerError: whatever ``error_rule`` makes of the answer.
        """
        return self._run(self._request(method, path, params, json, data, files, headers, wrote=True))

    def download(self, url: str, *, allowed_hosts: Iterable[str], max_bytes: int) -> Download:
        """Fetch a file by absolute URL, without our authorization: host allow-list at each redirect (≤ 5), size cap
        while reading, private addresses only when the allow-list names them.

        Args:
            url: absolute; never logged.
            allowed_hosts: ``files.example.com`` or ``*.example.com`` = https on its usual port, public addresses
                only; ``http://127.0.0.1:8700`` = exactly this origin, whatever its scheme and address.
            max_bytes: a longer file is refused.

        Raises:
            DocumentError: the file is not there, too large, or may not be fetched.
            TryLater: a passing fault; it was tried ``tries`` times.
        """
        rules = downloads.AllowList(allowed_hosts)
        return self._retrying(downloads.fetch, url, rules, max_bytes, timeout=self._timeout(), tool=self.tool)

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close()

    # -- one request ---------------------------------------------------------------------------------------------
    def _request(
        self,
        method: str,
        path: str,
        params: Params | None,
        json: Any,
        data: Any,
        files: Any,
        headers: Mapping[str, str] | None,
        *,
        wrote: bool,
    ) -> _Request:
        sent = {"Accept-Encoding": "gzip, deflate", **self.headers, **(headers or {})}
        remember_credentials(sent.items())
        for given in (json, data):
            if isinstance(given, Mapping):
                remember_credentials(given.items())
        body, content_type = _encode_body(json, data, files)
        if content_type and not any(name.lower() == "content-type" for name in headers or ()):
            sent["Content-Type"] = content_type
        query = _query(tuple(params.items() if isinstance(params, Mapping) else params)) if params else ""
        target = f"{self._prefix}{path}{'&' if '?' in path else '?'}{query}" if query else f"{self._prefix}{path}"
        return _Request(method, path.partition("?")[0], target, sent, body, wrote)

    def _run(self, request: _Request) -> Answer:
        # Nearly every first try succeeds, and tenacity's bookkeeping costs more than decoding a document.
        try:
            return self._try(request)
        except TryLater as error:
            failed = [error]

        def next_try() -> Answer:
            if failed:
                raise failed.pop()
            return self._try(request)

        return self._retrying(next_try)

    def _try(self, request: _Request) -> Answer:
        with self.throttle.slot():
            if request.wrote:
                last_check()
            answer = self._send(request)
        self.throttle.learn(answer.headers)
        if error := self._error_in(request, answer):
            raise error
        return answer

    def _send(self, request: _Request) -> Answer:
        started = time.perf_counter()
        try:
            response = self._pool.urlopen(
                request.method,
                request.target,
                body=request.body,
                headers=request.headers,
                retries=NO_RETRIES,
                redirect=False,
                timeout=self._timeout(),
                preload_content=False,
            )
            try:
                body = self._read_body(request, response)
            finally:
                response.release_conn()
        except (HTTPError, OSError) as error:
            raise self._network_error(request, error) from error
        if log.isEnabledFor(logging.DEBUG):
            elapsed_ms = 1000 * (time.perf_counter() - started)
            log.debug(
                "%s %s → %d, %d bytes, %.0f ms",
                request.method,
                redact_target(request.target),
                response.status,
                len(body),
                elapsed_ms,
            )
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, headers, body, request.path)

    def _read_body(self, request: _Request, response: urllib3.BaseHTTPResponse) -> bytes:
        chunks: list[bytes] = []
        size = 0
        plain = "content-encoding" not in response.headers
        while chunk := response.read(CHUNK_BYTES, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > self.max_bytes:
                # The rest stays unread, so this connection cannot serve again.
                response.close()
                text = f"{self.tool} answered more than {self.max_bytes} bytes to {request.name}."
                raise (
                    OutcomeUnknown(text, tool=self.tool)
                    if request.wrote
                    else ConfigurationError(f"{text} Check the host in the Connection.", tool=self.tool)
                )
            if plain and response.length_remaining == 0:
                break
        return b"".join(chunks)

    def _timeout(self) -> urllib3.Timeout:
        connect, read = self.timeout_seconds
        return urllib3.Timeout(connect=connect, read=read)

    # -- what an answer or a fault means -------------------------------------------------------------------------
    def _network_error(self, request: _Request, error: Exception) -> LedgerError:
        """A fault without a complete answer: passing for a read, of unknown outcome for a write that may have left."""
        what = f"{request.name} at {self.tool} failed: {type(error).__name__}."
        if is_bad_certificate(error):
            return ConfigurationError(
                f"The certificate of {self.tool} is not trusted: check the host in the Connection.",
                field="host",
                tool=self.tool,
            )
        if not request.wrote or never_left(error):
            return TryLater(what, tool=self.tool)
        return OutcomeUnknown(f"{what} The request may have been carried out.", tool=self.tool)

    def _error_in(self, request: _Request, answer: Answer) -> LedgerError | None:
        status = answer.status
        what = f"{self.tool} answered {status} to {request.name}."
        facts: dict[str, Any] = {"tool": self.tool, "tool_code": str(status), "request_id": answer.request_id}
        if status == 429:
            seconds = retry_after_seconds(answer.headers)
            self.throttle.pause(min(seconds if seconds is not None else 1.0, self.longestwait_seconds))
            return TryLater(what, retry_after_seconds=seconds, **facts)
        if status in downloads.PASSING:
            # A gateway that gave up waiting says nothing of what the server behind it still does.
            if request.wrote:
                return OutcomeUnknown(f"{what} The request may have been carried out.", **facts)
            return TryLater(what, **facts)
        if 300 <= status < 400:
            if request.wrote:
                return OutcomeUnknown(f"{what} A redirect is never followed.", **facts)
            return ConfigurationError(f"{what} A redirect is never followed: correct the host.", field="host", **facts)
        error = self.error_rule(answer, request.wrote)
        if status >= 500 and (error is None or isinstance(error, TryLater)):
            if request.wrote:
                return OutcomeUnknown(f"{what} The request may have been carried out.", **facts)
            return error or TryLater(what, retry_after_seconds=retry_after_seconds(answer.headers), **facts)
        if error is None and request.must_be_json and status < 400 and answer.body.strip():
            with contextlib.suppress(ValueError):
                answer.json()
                return None
            return TryLater(f"{self.tool} answered {request.name} with something that is not JSON.", **facts)
        return error


@lru_cache(maxsize=256)
def _query(params: tuple[tuple[str, str], ...]) -> str:
    """The query, encoded; a loop over documents asks with the same parameters each time."""
    return urlencode(params)


def _encode_body(json: Any, data: Any, files: Any) -> tuple[bytes | None, str | None]:
    if files is not None:
        fields = {**(data or {}), **files}
        return urllib3.encode_multipart_formdata(fields)
    if json is not None:
        return _encoder.encode(json), "application/json"
    if isinstance(data, Mapping):
        return urlencode(data).encode(), "application/x-www-form-urlencoded"
    if data is not None:
        return bytes(data, "utf-8") if isinstance(data, str) else bytes(data), None
    return None, None
