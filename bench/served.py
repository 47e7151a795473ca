"""The sandbox in a process of its own, so that only the client's CPU time is measured, and its own count of calls."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.sources.sellsy.client import SellsyClient

__all__ = ["Served", "served"]

CLIENT, SECRET = "demo-client", "demo-secret-sellsy"


class Served:
    """A running sandbox."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, throttle: Throttle | None = None) -> SellsyClient:
        """The product's client of the first Sellsy account."""
        return SellsyClient.from_credentials(
            base_url_api=f"{self.url}/sellsy/v2",
            base_url_login=f"{self.url}/sellsy",
            base_url_v1=f"{self.url}/sellsy/v1/0/",
            client_id=CLIENT,
            client_secret=SECRET,
            file_hosts=[self.url],
            throttle=throttle,
            account="1641",
        )

    def token(self) -> str:
        """A token for a peer that speaks HTTP by itself."""
        body = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
        answer = requests.post(f"{self.url}/sellsy/oauth2/access-tokens", json=body, timeout=10)
        return str(answer.json()["access_token"])

    def calls(self) -> dict[str, int]:
        """Requests that the sandbox has counted, by API."""
        found: dict[str, dict[str, int]] = requests.get(f"{self.url}/_sandbox/calls", timeout=10).json()
        return {tool: sum(routes.values()) for tool, routes in found.items()}

    def documents(self) -> list[dict[str, Any]]:
        """What the emulated Sellsy holds, as its own witness tells it."""
        answer = requests.get(f"{self.url}/_sandbox/sellsy/documents", params={"account": CLIENT}, timeout=30)
        found: list[dict[str, Any]] = answer.json()
        return found

    def keep_plain(self) -> int:
        """Delete what is not an accounted invoice at 20 % that closes and has its PDF; returns how many are left.

        The sandbox adds gaps, deposits, oddities and drafts of its own, which have other rows of tests.
        """
        kept = 0
        for document in self.documents():
            closes = 6 * document["net_cents"] == 5 * document["gross_cents"]
            named = document["kind"] == "invoice" and document["number"] and document["pdf"] == "pdf"
            if named and closes and document["accounted"] and document["currency"] == "EUR":
                kept += 1
            else:
                self._delete(document)
        return kept

    def _delete(self, document: dict[str, Any]) -> None:
        address = f"{self.url}/_sandbox/sellsy/documents/{document['kind']}/{document['id']}"
        requests.post(address, params={"account": CLIENT}, json={"deleted": True}, timeout=10).raise_for_status()


@contextmanager
def served(*, quota: bool = False, data: Path | None = None) -> Iterator[Served]:
    """Start a sandbox on a free port; it ends with the block."""
    flags = [*([] if quota else ["--no-quota"]), *(["--data", str(data)] if data else [])]
    command = [sys.executable, "-m", "sellsy_ledger_sandbox", "--port", "0", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        yield Served(said.split()[2].rstrip(":"))
    finally:
        process.terminate()
        process.wait(10)
