"""Where files are delivered: the few acts that a delivery needs, on a local folder here, on anything else elsewhere.

Paths are relative, with ``/`` between their parts. What is put appears whole or not at all. The one difference that
matters is ``atomic``: where :meth:`Depot.commit` is a rename, a file has either the one name or the other; where it is
a copy and a deletion, a crash can leave both names, or a doubt.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from sellsy_ledger.errors import InvariantBroken

__all__ = ["Depot", "LocalDepot", "safe_parts"]

HALF_WRITTEN = ".en-cours-"


class Depot(Protocol):
    """A place for files. Every method raises ``OSError`` when the place cannot be used.

    Attributes:
        atomic: True when :meth:`commit` is one act.
        place: how messages call it (no credentials).
    """

    atomic: bool
    place: str

    def put(self, path: str, body: bytes | IO[bytes]) -> None:
        """Store a file, replacing one of that name. ``body`` = the bytes, or a file read from where it stands."""

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises FileNotFoundError."""

    def exists(self, path: str) -> bool:
        """True when there is such a file."""

    def names(self, folder: str = "") -> list[str]:
        """Names of the files right below ``folder``, sorted; empty when there is no such folder."""

    def commit(self, temporary: str, final: str) -> None:
        """Give a stored file its final name."""

    def delete(self, path: str) -> None:
        """Remove a file; none of that name is no error."""

    def is_usable(self) -> bool:
        """True when files can be listed there, and, where that can be told without writing, stored."""


def safe_parts(path: str) -> tuple[str, ...]:
    """The parts of a relative path that stays inside its folder.

    Raises:
        InvariantBroken: it does not.
    """
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\\" in path or "\0" in path:
        raise InvariantBroken(f"{path!r} is no relative path inside the folder of deliveries")
    return pure.parts


class LocalDepot:
    """Files below ``root``, forced to the disk: what was delivered survives a power cut.

    Args:
        root: the folder, which must exist (a share that is not mounted must not be replaced by a local folder).
    """

    atomic = True

    def __init__(self, root: Path) -> None:
        self._root = root
        self.place = str(root)

    def put(self, path: str, body: bytes | IO[bytes]) -> None:
        """Write aside, force to the disk, rename."""
        target = self._of(path)
        if not self._root.is_dir():
            raise FileNotFoundError(f"{self._root} does not exist")
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f"{HALF_WRITTEN}{target.name}")
        try:
            with aside.open("wb") as file:
                if isinstance(body, bytes):
                    file.write(body)
                else:
                    shutil.copyfileobj(body, file, 1 << 20)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        _sync(target.parent)

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        return self._of(path).read_bytes()

    def exists(self, path: str) -> bool:
        """True when there is such a file."""
        return self._of(path).is_file()

    def names(self, folder: str = "") -> list[str]:
        """Names of the files right below ``folder``; half-written ones are none."""
        place = self._root.joinpath(*safe_parts(folder)) if folder else self._root
        try:
            with os.scandir(place) as found:
                return sorted(each.name for each in found if each.is_file() and not each.name.startswith(HALF_WRITTEN))
        except FileNotFoundError:
            return []

    def commit(self, temporary: str, final: str) -> None:
        """One rename."""
        target = self._of(final)
        self._of(temporary).replace(target)
        _sync(target.parent)

    def delete(self, path: str) -> None:
        """Remove a file."""
        self._of(path).unlink(missing_ok=True)

    def is_usable(self) -> bool:
        """True when the folder is there and may be written."""
        return self._root.is_dir() and os.access(self._root, os.R_OK | os.W_OK | os.X_OK)

    def _of(self, path: str) -> Path:
        return self._root.joinpath(*safe_parts(path))


def _sync(folder: Path) -> None:
    """A rename survives a power cut only once its folder is on the disk; some shares cannot be asked for that."""
    with _opened(folder) as handle:
        if handle is not None:
            try:
                os.fsync(handle)
            except OSError:
                return


@contextmanager
def _opened(folder: Path) -> Iterator[int | None]:
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)
