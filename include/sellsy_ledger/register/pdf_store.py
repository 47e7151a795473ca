"""PDFs in a folder of this machine. Files appear whole or not at all; nothing outside the folder is ever touched.

A path whose file name is the SHA-256 of its content is checked against it both ways. Files are not forced to the disk
one by one: that would cost milliseconds each, and a file that a power cut took is found out by its hash and fetched
again from the source. ``durable=True`` forces them all the same, for a store that is the only copy.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from sellsy_ledger.errors import ConfigurationError, InvariantBroken, TryLater

__all__ = ["DamagedDocument", "LocalDocumentStore"]

# Starts with a letter or digit: no hidden file, no "..", none of our own half-written ".part-" files.
_SAFE_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DISK_FULL = {28, 122}  # ENOSPC, EDQUOT


class DamagedDocument(FileNotFoundError):
    """The file is there and does not hold what its name promises; for a caller it is gone."""


class LocalDocumentStore:
    """Files below ``root``, which is made when the first one is stored."""

    def __init__(self, root: Path, *, durable: bool = False) -> None:
        self._root = root
        self._durable = durable

    def put(self, path: str, body: bytes) -> None:
        """Store ``body`` under ``path``; the same bytes again are no error.

        Raises:
            InvariantBroken: an unsafe path, bytes that are not those of the name, or other bytes under a kept name.
            TryLater: the disk is full.
            ConfigurationError: the folder cannot be written.
        """
        target = self._place(path)
        digest = _promised_digest(target)
        if digest is not None and hashlib.sha256(body).hexdigest() != digest:
            raise InvariantBroken(f"The content for {path} is not the one its name promises.")
        try:
            held = _held(target)
            if held == body:
                return
            # A name that promises its content and holds something else is a damaged file: it is made good.
            if held is not None and digest is None:
                raise InvariantBroken(f"{path} already holds other content; evidence is never overwritten.")
            self._write(target, body)
        except OSError as error:
            kind = TryLater if error.errno in _DISK_FULL else ConfigurationError
            raise kind(f"The PDF {path} cannot be stored below {self._root} ({error.strerror}).") from error

    def get(self, path: str) -> bytes:
        """The bytes of ``path``.

        Raises:
            FileNotFoundError: there is none, or (:class:`DamagedDocument`) it is not what its name promises.
            InvariantBroken: an unsafe path.
        """
        target = self._place(path)
        body = target.read_bytes()
        digest = _promised_digest(target)
        if digest is not None and hashlib.sha256(body).hexdigest() != digest:
            raise DamagedDocument(f"{path} is damaged")
        return body

    def signed_url(self, path: str, seconds: int) -> str:
        """There are no links into a folder.

        Raises:
            ConfigurationError: always.
        """
        raise ConfigurationError(
            "The PDFs lie in a folder of this machine, and the accounting tool fetches PDFs by signed links.",
            field="sellsy_ledger_documents_url",
            action="Choisissez un stockage S3, GCS ou Azure dans la Variable sellsy_ledger_documents_url.",
        )

    def _place(self, path: str) -> Path:
        parts = path.split("/")
        if not all(_SAFE_PART.fullmatch(part) for part in parts):
            raise InvariantBroken(f"{path!r} is no safe relative path of a document store.")
        return self._root.joinpath(*parts)

    def _write(self, target: Path, body: bytes) -> None:
        """Write aside, then rename: a reader or a crash meets the old state or the new one, never half a file."""
        try:
            handle, aside = tempfile.mkstemp(prefix=".part-", dir=target.parent)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, aside = tempfile.mkstemp(prefix=".part-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                if self._durable:
                    file.flush()
                    os.fsync(file.fileno())
            Path(aside).replace(target)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
        if self._durable:
            _sync_folder(target.parent)


def _promised_digest(target: Path) -> str | None:
    return target.stem if _SHA256.fullmatch(target.stem) else None


def _held(target: Path) -> bytes | None:
    try:
        return target.read_bytes()
    except FileNotFoundError:
        return None


def _sync_folder(folder: Path) -> None:
    """A rename survives a power cut only once its folder is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
