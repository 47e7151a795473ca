"""``python -m sellsy_ledger_sandbox --port 8700``: serve until interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from sellsy_ledger_sandbox.server import Sandbox


def main(arguments: list[str] | None = None) -> int:
    """Serve the sandbox; returns 0 when interrupted, 2 when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m sellsy_ledger_sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8700, help="port to listen on (0 = any free one)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--data", type=Path, help="JSON file of Sellsy documents that replaces the built-in ones")
    parser.add_argument("--state", type=Path, help="file that keeps the ledgers between two starts")
    parser.add_argument("--storage", type=Path, help="folder of documents to serve under signed URLs, below /storage")
    parser.add_argument("--no-quota", action="store_true", help="never answer 429, for tests")
    options = parser.parse_args(arguments)
    try:
        sandbox = Sandbox(quota=not options.no_quota, data=options.data, state=options.state, storage=options.storage)
        url = sandbox.start(options.port, options.host)
    except (OSError, ValueError) as error:
        print(f"The sandbox cannot start: {error}", file=sys.stderr)
        return 2
    except SystemExit:
        return 2  # Werkzeug has said that the port is taken.
    print(f"Sandbox on {url}: {', '.join(sorted(sandbox.tools))}; control at {url}/_sandbox/", flush=True)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
    sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
