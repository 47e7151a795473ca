"""A folder on this machine as the document store; object storages are Airflow's business."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path, PurePosixPath

from sellsy_ledger.errors import InvariantBroken

__all__ = ["LocalDocumentStore"]


class LocalDocumentStore:
    """Files below ``root``. A file appears whole or not at all: it is written aside, then renamed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, path: str, body: bytes) -> None:
        """Store ``body`` under ``path``; storing the same bytes again is no error."""
        target = self._place(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
            Path(aside).replace(target)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise

    def get(self, path: str) -> bytes:
        """The bytes of ``path``. Raises FileNotFoundError."""
        return self._place(path).read_bytes()

    def _place(self, path: str) -> Path:
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\\" in path or "\0" in path:
            raise InvariantBroken(f"{path!r} is no relative path inside the document store")
        return self.root.joinpath(*pure.parts)
