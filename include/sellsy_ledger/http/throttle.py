"""Keep one API account inside its quota. Signatures below are the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

__all__ = ["Throttle"]


class Throttle:
    """Sliding-window limiter of one API account: ``limits`` = [(requests, per seconds), …].

    A slot is free again when the *answer* came, not when the request left. ``learn`` reads quota headers and slows
    down before the quota is used up.
    """

    def __init__(
        self,
        limits: list[tuple[int, float]],
        *,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        raise NotImplementedError

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for a free slot, hold it during the request, release it when the answer came."""
        raise NotImplementedError
        yield

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take note of the quota headers of an answer."""
        raise NotImplementedError

    def pause(self, seconds: float) -> None:
        """No request leaves during the next ``seconds`` (Retry-After, a counter at 0)."""
        raise NotImplementedError
