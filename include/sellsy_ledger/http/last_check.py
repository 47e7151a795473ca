"""The last check before something leaves that cannot be taken back: a request that writes, a file that gets its name.

Minutes may pass between the decision to write and the write itself: a look-up, a PDF sent first, a limiter's queue, a
process that was frozen. Whoever decides hands in a check; it runs right before each such act, at each of its tries.
What is left then is the act itself: no more than the time-outs of one request, unless the process is stopped exactly
between the check and the first byte, which no program can rule out for a tool that takes the same entry twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["checked_last", "last_check"]

_check: ContextVar[Callable[[], None] | None] = ContextVar("last_check", default=None)


@contextmanager
def checked_last(check: Callable[[], None]) -> Iterator[None]:
    """Within this block, ``check`` runs right before everything that cannot be taken back; what it raises stops it."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def last_check() -> None:
    """Run the check that was handed in, if one was."""
    check = _check.get()
    if check is not None:
        check()
