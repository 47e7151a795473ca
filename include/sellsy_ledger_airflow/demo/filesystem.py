"""The demo's object storage: a folder of this machine that the sandbox serves under signed URLs.

Scheme ``sandbox``, as ``sandbox://<connection>@/absolute/folder``. The Connection has the sandbox's address as host and
the storage's key as password. Files are read and written in place; :meth:`SandboxFileSystem.sign` is what an S3 or GCS
filesystem does with a presigned URL. Airflow finds :func:`get_fs` through the provider's ``filesystems``, fsspec the
class through its own entry point.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from fsspec.implementations.local import LocalFileSystem

__all__ = ["SCHEME", "SandboxFileSystem", "get_fs", "schemes"]

SCHEME = "sandbox"
schemes = [SCHEME]


class SandboxFileSystem(LocalFileSystem):  # type: ignore[misc]  # fsspec has no types
    """Local files that can be signed.

    Args:
        folder: what the sandbox serves; only files below it can be signed.
        base_url: the sandbox's address.
        secret: the storage's key.
    """

    protocol = (SCHEME,)

    def __init__(self, folder: str = "", base_url: str = "", secret: str = "", **options: Any) -> None:
        super().__init__(**{"auto_mkdir": True, **options})
        self._folder, self._base_url, self._secret = folder, base_url, secret

    @property
    def fsid(self) -> str:
        """Which storage this is."""
        return f"{SCHEME}-{self._folder}"

    def sign(self, path: str, expiration: int = 100, **_: Any) -> str:
        """A URL that gives the file to whoever has it, for ``expiration`` seconds.

        Raises:
            ValueError: the file is not below the folder that the sandbox serves.
            NotImplementedError: there is no Connection to sign with.
        """
        if not (self._base_url and self._secret):
            raise NotImplementedError("name the Connection of the storage: sandbox://<connection>@/folder")
        from sellsy_ledger_sandbox.storage import sign

        name = Path(self._strip_protocol(path)).relative_to(self._folder)
        if ".." in name.parts:
            raise ValueError("the path leads out of the served folder")
        return sign(self._base_url, name.as_posix(), int(time.time()) + expiration, self._secret)


def get_fs(conn_id: str | None, storage_options: Any = None) -> SandboxFileSystem:
    """The filesystem of a Connection of any type: host, password, and the extra ``folder``."""
    from airflow.sdk import BaseHook

    if conn_id is None:
        return SandboxFileSystem()
    connection = BaseHook.get_connection(conn_id)
    folder = str(connection.extra_dejson.get("folder", ""))
    return SandboxFileSystem(folder=folder, base_url=connection.host or "", secret=connection.password or "")
