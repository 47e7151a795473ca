"""The queue of imports: accepted at once, carried out in Loop's own time, seen only then."""

from __future__ import annotations

import hashlib
import http.client
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.cegid_loop.books import Folder, ImportFailed, ImportOptions, RawLine
from sellsy_ledger_sandbox.memory import Fetched

__all__ = ["Job", "Queue", "fetch"]

RUNS_AFTER, DONE_AFTER = 1.0, 3.0
FETCH_SECONDS = 5.0
MAX_FILE = 50 * 1024 * 1024


@dataclass
class Job:
    """One accepted import."""

    id: str
    folder: Folder
    lines: Callable[[], list[RawLine]]
    options: ImportOptions
    accepted_at: float
    done: bool = False
    failure: ImportFailed | None = None


class Queue:
    """Imports in the order of their acceptance; call it with the world's lock held."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._jobs: dict[str, Job] = {}

    def accept(self, folder: Folder, lines: Callable[[], list[RawLine]], options: ImportOptions) -> str:
        """Take an import in; its id, the same after a restart."""
        job_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"import:{len(self._jobs) + 1}"))
        self._jobs[job_id] = Job(job_id, folder, lines, options, self._world.time())
        return job_id

    def settle(self, *, everything: bool = False) -> int:
        """Carry out what is due; returns how many imports ended now."""
        now = self._world.time()
        due = [
            job for job in self._jobs.values() if not job.done and (everything or now - job.accepted_at >= DONE_AFTER)
        ]
        for job in due:
            _carry_out(job, self._world.fetched)
        return len(due)

    def find(self, job_id: str) -> tuple[Job, int] | None:
        """The import and its status: 1 pending, 2 running, 3 done, 4 failed."""
        job = self._jobs.get(job_id)
        if job is None:
            return None
        if job.done:
            return job, 4 if job.failure else 3
        return job, 1 if self._world.time() - job.accepted_at < RUNS_AFTER else 2

    def clear(self) -> None:
        """Forget every import."""
        self._jobs.clear()


def _carry_out(job: Job, fetched: Fetched) -> None:
    job.done = True
    try:
        lines = job.lines()
        booked = job.folder.book(lines, job.options)
    except ImportFailed as failure:
        job.failure = failure
        return
    uri = next((line.file_uri for line in lines if line.file_uri), "")
    body = _once(uri, fetched) if uri else None
    for entry in booked:
        # What Loop does with a file that it cannot fetch is not documented; the worse case: the entry stays without.
        entry.pdf_sha256 = hashlib.sha256(body).hexdigest() if body else None


def _once(url: str, fetched: Fetched) -> bytes | None:
    """Fetch, or take what was fetched before the last restart: the address may have expired since."""
    body = fetched.get(url)
    if body is None:
        body = fetch(url)
        if body is not None:
            fetched.keep(url, body)
    return body


def fetch(url: str) -> bytes | None:
    """The file at an address of this machine; None when it is not there. No other host is ever asked."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname != "127.0.0.1":
        return None
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=FETCH_SECONDS)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        answer = connection.getresponse()
        body = answer.read(MAX_FILE + 1)
        return body if answer.status == 200 and len(body) <= MAX_FILE else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
