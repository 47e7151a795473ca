"""Where the product's memory lives: the register's database and the document store, as this Airflow names them.

- Register: Connection ``sellsy_ledger_register`` (PostgreSQL, or SQLite by path); without it, a SQLite file below
  ``$AIRFLOW_HOME/register``.
- Documents: Variable ``sellsy_ledger_documents_url``, anything that Airflow's ``ObjectStoragePath`` understands
  (``s3://aws_default@bucket/ledger``); without it, the folder ``$AIRFLOW_HOME/documents``.
"""

from __future__ import annotations

import logging
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from sellsy_ledger.errors import ConfigurationError, InvariantBroken
from sellsy_ledger_airflow.absence import no_connection
from sellsy_ledger_airflow.settings import read_variable

if TYPE_CHECKING:
    from sellsy_ledger.pipeline.company import DocumentStore
    from sellsy_ledger.register.store import Register

__all__ = ["DOCUMENTS_VARIABLE", "REGISTER_CONN_ID", "ObjectStore", "open_documents", "open_register", "register_url"]

log = logging.getLogger(__name__)

REGISTER_CONN_ID = "sellsy_ledger_register"
DOCUMENTS_VARIABLE = "sellsy_ledger_documents_url"

# Airflow's connection type → SQLAlchemy's driver name.
_DRIVERS = {"postgres": "postgresql+psycopg2", "postgresql": "postgresql+psycopg2", "sqlite": "sqlite"}


def _airflow_home() -> Path:
    from airflow.configuration import get_airflow_home

    return Path(get_airflow_home()).absolute()


def register_url() -> str:
    """The register's SQLAlchemy URL.

    Raises:
        ConfigurationError: the Connection has a type that the register cannot live in.
        TryLater: Airflow could not say whether there is a Connection; the default place would be another register.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = Connection.get(REGISTER_CONN_ID)
    except AirflowNotFoundException:
        no_connection(REGISTER_CONN_ID)
        file = _airflow_home() / "register" / "register.db"
        file.parent.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{file}"
    return _sqlalchemy_url(connection)


def _sqlalchemy_url(connection: Any) -> str:
    from sqlalchemy.engine import URL

    driver = _DRIVERS.get(connection.conn_type)
    if driver is None:
        raise ConfigurationError(
            f"Connection {REGISTER_CONN_ID!r}: the register lives in postgres or sqlite, not in "
            f"{connection.conn_type!r}.",
            field="conn_type",
        )
    if driver == "sqlite":
        return f"sqlite:///{connection.host or connection.schema or ''}"
    url = URL.create(
        driver,
        username=connection.login,
        password=connection.password,
        host=connection.host,
        port=connection.port,
        database=connection.schema,
        query={name: str(value) for name, value in connection.extra_dejson.items() if isinstance(value, str | int)},
    )
    return url.render_as_string(hide_password=False)


def open_register() -> Register:
    """The register, its schema up to date. The caller closes it.

    Raises:
        ConfigurationError: the Connection is not usable.
        TryLater: the database does not answer.
    """
    from sellsy_ledger.register.store import Register

    return Register.open(register_url())


def open_documents() -> DocumentStore:
    """The document store: a local folder where the URL is one, any object storage otherwise."""
    url = read_variable(DOCUMENTS_VARIABLE) or f"file://{_airflow_home() / 'documents'}"
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        from sellsy_ledger.register.pdf_store import LocalDocumentStore

        return LocalDocumentStore(Path(unquote(parts.path)))
    return ObjectStore(url)


def _unsigned(url: str) -> ConfigurationError:
    return ConfigurationError(
        f"The document store {url} cannot sign links, and the accounting tool fetches PDFs by links.",
        field=DOCUMENTS_VARIABLE,
        action=f"Choisissez un stockage S3, GCS ou Azure dans la Variable {DOCUMENTS_VARIABLE}.",
    )


class ObjectStore:
    """PDFs in an object storage, through the filesystem that Airflow attaches to the URL's scheme.

    An object appears whole or not at all, so that writing needs no detour.
    """

    def __init__(self, url: str) -> None:
        from airflow.sdk import ObjectStoragePath

        self._root = ObjectStoragePath(url)

    def put(self, path: str, body: bytes) -> None:
        """Store ``body`` under ``path``; storing the same bytes again is no error."""
        target = self._place(path)
        try:
            target.write_bytes(body)
        except FileNotFoundError:
            # Only file-like storages have folders; asking an object storage for one could try to make a bucket.
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)

    def get(self, path: str) -> bytes:
        """The bytes of ``path``. Raises FileNotFoundError."""
        body: bytes = self._place(path).read_bytes()
        return body

    def signed_url(self, path: str, seconds: int) -> str:
        """A link to ``path`` for ``seconds``, signed by the storage; Airflow's logs never show it.

        Raises:
            ConfigurationError: this storage, or its credentials, cannot sign.
        """
        from airflow.sdk.log import mask_secret

        place = self._place(path)
        try:
            url: str = place.fs.sign(place.path, expiration=seconds)
        except Exception as error:  # noqa: BLE001 - the libraries behind it share no class
            # Each storage fails in its own way (no method, no key to sign with); what it says may hold the link.
            log.warning("The document store cannot sign a link (%s).", type(error).__name__)
            raise _unsigned(f"{place.protocol}://…") from None
        mask_secret(url)
        return url

    def _place(self, path: str) -> Any:
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\\" in path or "\0" in path:
            raise InvariantBroken(f"{path!r} is no relative path inside the document store")
        return self._root.joinpath(*pure.parts)
