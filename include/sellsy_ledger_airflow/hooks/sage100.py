"""The Sage 100 hook: a Connection of type ``sage100`` becomes the Sage 100 connector, by files or by OData.

Without an address, files are delivered to the folder of the option ``folder``: one of this machine, or anything that
Airflow's ``ObjectStoragePath`` understands (``s3://aws_default@bucket/sage``).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import wraps
from typing import IO, TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar

from sellsy_ledger_airflow.hooks.base import ToolHook, api_url

if TYPE_CHECKING:
    from sellsy_ledger.connectors.base import LedgerConnector
    from sellsy_ledger.http.throttle import Throttle

__all__ = ["ObjectDepot", "Sage100Hook"]

P = ParamSpec("P")
T = TypeVar("T")


class Sage100Hook(ToolHook):
    """One company of Sage 100: a folder for the menu Fichier > Importer, or an OData interface."""

    conn_type = "sage100"
    default_conn_name = "sage100_default"
    hook_name = "Sage 100"
    needs_host: ClassVar[bool] = False
    optional_secrets: ClassVar[dict[str, str]] = {
        "client_id": "login",
        "client_secret": "password",
        "refresh_token": "refresh_token",
        "access_token": "access_token",
    }
    options: ClassVar[tuple[str, ...]] = (
        "folder",
        "dossier",
        "format",
        "company_name",
        "label_max",
        "invoice_number",
        "pnm_width",
        "amount_pad",
        "charset",
        "mecg_version",
        "mecg_fields",
        "imported_suffixes",
        "refused_suffixes",
        "dataset",
        "authority",
        "token_url",
        "audience",
        "scope",
        "provenance",
        "check_first",
        "customers_account",
        "suppliers_account",
    )

    def _connector(self, throttle: Throttle | None) -> LedgerConnector:
        for name in ("authority", "token_url"):
            if value := self.optional(name):
                api_url(value, field=name)
        if self.optional("host"):
            return super()._connector(throttle)
        from sellsy_ledger.connectors.sage100.files import FilesConnector
        from sellsy_ledger.connectors.sage100.options import FileOptions

        options = FileOptions.read({name: value for name in self.options if (value := self.optional(name))})
        if options.is_local:
            return super()._connector(throttle)
        return FilesConnector(ObjectDepot(options.folder), options)


def _as_os_error(method: Callable[P, T]) -> Callable[P, T]:
    """Each storage has errors of its own; for whoever delivers, the place cannot be used."""

    @wraps(method)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except OSError:
            raise
        except Exception as error:
            raise OSError(f"the storage failed ({type(error).__name__})") from error

    return guarded


class ObjectDepot:
    """Files in an object storage, through the filesystem that Airflow attaches to the URL's scheme.

    An object appears whole or not at all, but another name is a copy and a deletion: see
    :class:`sellsy_ledger.connectors.sage100.depot.Depot`.
    """

    atomic = False

    def __init__(self, url: str) -> None:
        from airflow.sdk import ObjectStoragePath

        self._root = ObjectStoragePath(url)
        # Without the Connection's name, which the URL holds before its @.
        scheme, _, rest = url.partition("://")
        self.place = f"{scheme}://{rest.rpartition('@')[2]}"

    @_as_os_error
    def put(self, path: str, body: bytes | IO[bytes]) -> None:
        """Store an object."""
        target = self._of(path)
        try:
            self._write(target, body)
        except FileNotFoundError:
            # Only file-like storages have folders; asking an object storage for one could try to make a bucket.
            target.parent.mkdir(parents=True, exist_ok=True)
            self._write(target, body)

    @_as_os_error
    def read(self, path: str) -> bytes:
        """The bytes of an object."""
        body: bytes = self._of(path).read_bytes()
        return body

    @_as_os_error
    def exists(self, path: str) -> bool:
        """True when there is such an object now: listings that were kept are not trusted."""
        self._root.fs.invalidate_cache()
        return bool(self._of(path).is_file())

    @_as_os_error
    def names(self, folder: str = "") -> list[str]:
        """Names right below ``folder``, asked anew."""
        place = self._of(folder) if folder else self._root
        fs = self._root.fs
        fs.invalidate_cache()
        try:
            found = fs.ls(place.path, detail=True)
        except FileNotFoundError:
            return []
        names = (str(each["name"]).rstrip("/").rpartition("/")[2] for each in found if each.get("type") == "file")
        return sorted(name for name in names if name)

    @_as_os_error
    def commit(self, temporary: str, final: str) -> None:
        """A copy, then a deletion."""
        fs = self._root.fs
        fs.copy(self._of(temporary).path, self._of(final).path)
        fs.rm_file(self._of(temporary).path)

    @_as_os_error
    def delete(self, path: str) -> None:
        """Remove an object."""
        try:
            self._root.fs.rm_file(self._of(path).path)
        except FileNotFoundError:
            return

    @_as_os_error
    def is_usable(self) -> bool:
        """True when the place can be listed; whether it may be written is known at the first delivery."""
        self.names()
        return True

    def _of(self, path: str) -> Any:
        from sellsy_ledger.connectors.sage100.depot import safe_parts

        return self._root.joinpath(*safe_parts(path))

    def _write(self, target: Any, body: bytes | IO[bytes]) -> None:
        if isinstance(body, bytes):
            target.write_bytes(body)
            return
        body.seek(0)
        with target.open("wb") as file:
            shutil.copyfileobj(body, file, 1 << 20)
