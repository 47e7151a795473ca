"""Row 6: how much of an API account's quota is used, and that none of it is overdrawn.

The sandbox applies Sellsy's windows (20 a second) as a server does. Used = the time that so many requests take at the
least, divided by the time they took: request number n × limit + 1 cannot be allowed before n windows have passed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.measure import Measure, Options
from bench.served import Served, served

__all__ = ["measure", "work"]

LIMITS = [(20, 1.0), (600, 60.0)]
WINDOWS = 10
# Room for starting processes before the first request and for an aligned window that another measure has used.
PAUSE_SECONDS = 1.1


def measure(options: Options) -> list[Measure]:
    """One process, four processes, and pyrate-limiter in one process."""
    windows = 4 if options.quick else WINDOWS
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        found = {
            name: _run(kind, count, windows, Path(folder))
            for name, kind, count in (("one", "product", 1), ("four", "shared", 4), ("peer", "pyrate", 1))
        }
    peer_used, peer_refused = found.pop("peer")
    for name, (used, refused) in found.items():
        what = f"allowed quota used, {name} process{'es sharing it' if name == 'four' else ''}"
        peer = f"pyrate-limiter, one process, {peer_refused} × 429"
        # A refusal is a miss whatever the use: it counts as none used.
        told = used if refused == 0 else 0.0
        note = f"{refused} × 429"
        lines.append(
            Measure(6, what, "%", told, 98, at_least=True, peer=peer, peer_measured=peer_used, note=note),
        )
    return lines


def _run(kind: str, count: int, windows: int, folder: Path) -> tuple[float, int]:
    """Share of the quota used in per cent, and refusals; a sandbox of its own, because long windows remember."""
    limit, seconds = LIMITS[0]
    with served(quota=True) as sandbox:
        start = time.time() + 1.5 + PAUSE_SECONDS
        arguments = [kind, sandbox.url, str(folder / kind), str(start), str(start + (windows + 1) * seconds)]
        code = "import sys; from bench.rows.quota import work; work(*sys.argv[1:])"
        workers = [
            subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)
            for _ in range(count)
        ]
        told = [json.loads(worker.communicate()[0]) for worker in workers]
    moments = sorted(moment for each in told for moment in each["answered"])
    whole = (len(moments) - 1) // limit
    used = 100 * whole * seconds / (moments[whole * limit] - moments[0])
    return used, sum(each["refused"] for each in told)


def work(kind: str, url: str, path: str, start: str, end: str) -> None:
    """One process: ask as fast as the limiter allows; prints when answers came and how many were refusals."""
    send = {"product": _with_product, "shared": _with_product, "pyrate": _with_pyrate}[kind](kind, Served(url), path)
    answered: list[float] = []
    refused = 0
    time.sleep(max(0.0, float(start) - time.time()))
    while time.time() < float(end):
        moments, refusals = send()
        answered += moments
        refused += refusals
    print(json.dumps({"answered": answered, "refused": refused}))


Send = Callable[[], tuple[Sequence[float], int]]


def _with_product(kind: str, sandbox: Served, path: str) -> Send:
    """The product's transport; a refusal shows in its throttle, which it tells to pause."""
    from sellsy_ledger.http.shared_throttle import SharedThrottle
    from sellsy_ledger.http.throttle import Throttle
    from sellsy_ledger.http.transport import Transport

    throttle = SharedThrottle(Path(path), LIMITS) if kind == "shared" else Throttle(LIMITS)
    headers = {"Authorization": f"Bearer {sandbox.token()}"}
    transport = Transport(f"{sandbox.url}/sellsy/v2", "sellsy", throttle, lambda _answer, _wrote: None, headers)
    refusals: list[float] = []
    pause = throttle.pause

    def noted_pause(seconds: float) -> None:
        refusals.append(seconds)
        pause(seconds)

    throttle.pause = noted_pause  # type: ignore[method-assign]

    def send() -> tuple[Sequence[float], int]:
        before = len(refusals)
        transport.read("GET", "/quotas")
        return [time.time()], len(refusals) - before

    return send


def _with_pyrate(_kind: str, sandbox: Served, _path: str) -> Send:
    """The usual limiter before a ``requests`` session: the slot counts from the moment the request leaves."""
    import requests
    from pyrate_limiter import Limiter, Rate

    limiter = Limiter([Rate(limit, int(1000 * seconds)) for limit, seconds in LIMITS])
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.token()}"

    def send() -> tuple[Sequence[float], int]:
        limiter.try_acquire("sellsy")
        status = session.get(f"{sandbox.url}/sellsy/v2/quotas", timeout=30).status_code
        return ([time.time()], 0) if status == 200 else ([], 1)

    return send
