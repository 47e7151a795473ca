"""What a network fault proves and how long to wait after it. Pure; knows no API."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import tenacity
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError, SSLError

__all__ = ["is_bad_certificate", "never_left", "retry_after_seconds", "wait_seconds"]


def retry_after_seconds(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that ``Retry-After`` asks for: a number, or a date compared with the answer's own ``Date``.

    Returns:
        None when there is no usable header; never less than 0.
    """
    text = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(text)) if float(text) < 1e9 else None
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(text)
        start = now or (parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC))
        return max(0.0, (until - start).total_seconds())
    except (TypeError, ValueError):
        return None


def wait_seconds(state: tenacity.RetryCallState) -> float:
    """What the server asked for, plus a little; else 0.5 s, 1 s, 2 s … each up to doubled by chance."""
    error = state.outcome.exception() if state.outcome else None
    asked = getattr(error, "retry_after_seconds", None)
    jitter = random.random()  # noqa: S311 - spreads retries, protects nothing
    if asked is not None:
        return float(asked) + 0.1 * jitter
    return float(min(30.0, 0.5 * 2 ** (state.attempt_number - 1)) * (1 + jitter))


def _cause(error: BaseException) -> BaseException:
    """The fault itself, out of urllib3's wrappings."""
    while True:
        inner = getattr(error, "original_error", None) if isinstance(error, ProxyError) else None
        inner = inner or (error.reason if isinstance(error, MaxRetryError) else None)
        if inner is None:
            return error
        error = inner


def never_left(error: BaseException) -> bool:
    """True only where no connection came about: refused, name not resolved, connect time-out.

    A reset on a kept connection proves nothing: the server may have read the request before it closed.
    """
    return isinstance(_cause(error), (NewConnectionError, ConnectTimeoutError))


def is_bad_certificate(error: BaseException) -> bool:
    """True when the server's certificate was refused, before anything was sent."""
    found = _cause(error)
    return isinstance(found, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(found)
