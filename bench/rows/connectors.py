"""Row 11: how much of each tool's own quota a night of posting uses when each answer takes 300 ms.

The pipeline's own posting step runs against the sandbox, which applies the tool's quota as a server does: as many
batches at once as the tool's pool has slots, on one limiter. The latency is put around each request, half on the way
there and half on the way back, inside the limiter's slot, where it would be spent. Used = the time that so many
requests take at the least, divided by the time they took.

Beside it stands what one request after the other can reach at the most: whichever is slower, the wire or the quota. A
tool that publishes no quota has a pace of our own choice: told for information.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.contract.suite import Kit, kits, transports
from tests.scenario.stage import Stage, line, paper, write_papers

from bench.measure import Measure, Options
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.pipeline.posting import post_entries
from sellsy_ledger_sandbox.server import Sandbox

__all__ = ["measure"]

LATENCY_SECONDS = 0.3
SECONDS = 12.0
DOCUMENTS = 160
# Tools whose own documentation names a quota; for the others, capabilities and sandbox have one of our own choice.
PUBLISHED = frozenset({"inqom", "myunisoft", "pennylane"})
Limit = tuple[int, float]


def measure(options: Options) -> list[Measure]:
    """One line per way to a tool that is asked over HTTP."""
    wanted = [kit for kit in kits() if kit.target and not kit.capabilities.batches]
    return [_measure(kit, options) for kit in wanted]


def _measure(kit: Kit, options: Options) -> Measure:
    limit, seconds = kit.capabilities.rate_limit
    with TemporaryDirectory() as folder:
        pace = _post(kit, Path(folder), options.times(DOCUMENTS, least=10))
    published = kit.tool in PUBLISHED
    own = f"{limit} requests per {seconds:g} s"
    refused = f"{pace.refused} × 429"
    note = f"{own}, {refused}" if published else f"no published quota, own pace of {own}, {refused}"
    # A refusal is a miss whatever the use: it counts as none used.
    used = 0.0 if pace.refused else pace.used
    return Measure(
        11,
        f"{kit.name}: {'quota' if published else 'pace'} used by posting, {LATENCY_SECONDS * 1000:.0f} ms per answer",
        "%",
        used,
        95 if published else None,
        at_least=True,
        peer="one request after the other, at the most",
        peer_measured=100 * min(1.0, seconds / limit / LATENCY_SECONDS),
        note=note,
    )


def _post(kit: Kit, folder: Path, count: int) -> _Paced:
    """Prepare a night without any waiting, then post it at the tool's pace."""
    papers = [paper(f"S{number}", line("Conseil", f"{100 + number}.00")) for number in range(count)]
    data = write_papers(folder / "papers.jsonl", papers, [])
    with Sandbox(quota=False, data=data, storage=folder / "storage") as sandbox:
        stage = Stage(sandbox, kit.name, folder)
        try:
            workers = kit.capabilities.max_concurrent
            run = stage.company("the night")
            batches = stage.prepare(run, batch_size=-(-count // workers))
            quota = sandbox.tools[kit.tool].quota
            if quota is not None:
                quota.reset()
            sandbox.set_quota(enabled=True)
            pace = _Paced(kit.capabilities.rate_limit)
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(lambda batch: _work(stage, batch, pace), batches))
        finally:
            stage.close()
        return pace


def _work(stage: Stage, batch: str, pace: _Paced) -> None:
    """One task of the run, with a connector and a register of its own."""
    register = stage.open_register()
    try:
        company = stage.company("the night", register)
        for transport in transports(company.connector):
            transport.throttle, transport.sleep = pace, time.sleep
        post_entries(company, batch)
    except _EnoughError:
        pass
    finally:
        register.close()


class _EnoughError(BaseException):
    """Enough was seen; not an error that anybody may catch and go on."""


class _Paced(Throttle):
    """The product's limiter, with a slow wire behind it; it notes when answers came, and refusals."""

    def __init__(self, limit: Limit) -> None:
        super().__init__([limit])
        self._limit = limit
        self._enough = max(2, round(SECONDS / limit[1])) * limit[0]
        self._answered: list[float] = []
        self.refused = 0

    @contextmanager
    def slot(self) -> Iterator[None]:
        if len(self._answered) > self._enough:
            raise _EnoughError
        with super().slot():
            time.sleep(LATENCY_SECONDS / 2)
            yield
            time.sleep(LATENCY_SECONDS / 2)
            self._answered.append(time.monotonic())

    def pause(self, seconds: float) -> None:
        self.refused += 1
        super().pause(seconds)

    @property
    def used(self) -> float:
        """Per cent of the quota; request number n × limit + 1 cannot be allowed before n windows have passed."""
        limit, seconds = self._limit
        moments = sorted(self._answered)
        whole = (len(moments) - 1) // limit
        if whole:
            return 100 * whole * seconds / (moments[whole * limit] - moments[0])
        return 100 * (len(moments) - 1) * seconds / limit / (moments[-1] - moments[0]) if len(moments) > 1 else 0.0
