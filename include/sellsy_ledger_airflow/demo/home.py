"""An Airflow home beside the sandbox: the demo's is ``.airflow/`` of the repository folder, others name their own."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Home", "free_port"]


# Below what Linux hands out to outgoing connections: a port that is free now still is when its server starts.
_PORTS = range(20_000, 32_000)


def free_port(preferred: int | None = None) -> int:
    """A port on which nothing listens on loopback: ``preferred`` when it is free, else one drawn at random.

    Raises:
        OSError: no free port was found.
    """
    drawn = (secrets.choice(_PORTS) for _ in range(100))
    for port in drawn if preferred is None else (preferred, *drawn):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free port on 127.0.0.1")


@dataclass(frozen=True)
class Home:
    """Paths and secrets of one home.

    Attributes:
        root: the repository folder, with DAGs and plugins.
        folder: the Airflow home; None for ``.airflow`` below ``root``.
        server: PostgreSQL for Airflow's metadata (database ``airflow``) and the register (database ``register``), as
            ``postgresql://user:password@host:port``; empty for two SQLite files.
        more: further settings of Airflow, as environment variables.
    """

    root: Path
    folder: Path | None = None
    server: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The Airflow home."""
        return self.folder or self.root / ".airflow"

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.path / "process-logs"

    @property
    def processes_file(self) -> Path:
        """What is running now: names and process ids."""
        return self.path / "processes.json"

    @property
    def sandbox_state(self) -> Path:
        """The sandbox's ledgers between two demos: a real tool does not forget either."""
        return self.path / "sandbox-ledgers.jsonl"

    @property
    def documents(self) -> Path:
        """The PDFs, in the package's own default place of this home."""
        return self.path / "documents"

    @property
    def register_url(self) -> str:
        """The register's place; without a server the same as the package's own default in this home."""
        return f"{self.server}/register" if self.server else f"sqlite:///{self.path / 'register' / 'register.db'}"

    @property
    def metadata_url(self) -> str:
        """Where Airflow keeps its own memory."""
        if self.server:
            return f"{self.server.replace('postgresql', 'postgresql+psycopg2', 1)}/airflow"
        return f"sqlite:///{self.path / 'airflow.db'}"

    def prepare(self) -> None:
        """Create the folders and, once, the secrets and the login."""
        for folder in (self.path, self.logs, self.path / "register", self.documents):
            folder.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        self.secrets()
        self.password_file.write_text(json.dumps({"admin": self.secrets()["password"]}), encoding="utf-8")
        self.password_file.chmod(0o600)

    @property
    def password_file(self) -> Path:
        """The simple auth manager's own format."""
        return self.path / "passwords.json"

    def secrets(self) -> dict[str, str]:
        """The home's own random secrets, made on first use and kept readable by this user only."""
        file = self.path / "secrets.json"
        if not file.exists():
            made = {
                "fernet_key": base64.urlsafe_b64encode(os.urandom(32)).decode(),
                "secret_key": secrets.token_hex(32),
                "jwt_secret": secrets.token_hex(64),
                "password": secrets.token_urlsafe(9),
            }
            file.touch(mode=0o600)
            file.write_text(json.dumps(made), encoding="utf-8")
        loaded: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        return loaded

    def environment(self, api_port: int) -> dict[str, str]:
        """The environment of every Airflow process of this home."""
        kept = self.secrets()
        ours = {
            "AIRFLOW_HOME": str(self.path),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.root / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.root / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__FERNET_KEY": kept["fernet_key"],
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.password_file),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{api_port}/execution/",
            "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(api_port),
            "AIRFLOW__API__SECRET_KEY": kept["secret_key"],
            "AIRFLOW__API_AUTH__JWT_SECRET": kept["jwt_secret"],
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self.metadata_url,
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.path / "logs"),
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
            # A task whose process was killed is taken up again after a minute, not after five.
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            **self.more,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
        binaries = str(Path(sys.executable).parent)
        return inherited | ours | {"PATH": f"{binaries}{os.pathsep}{inherited.get('PATH', '')}"}
