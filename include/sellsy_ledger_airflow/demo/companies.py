"""The demo companies, as data in ``data/<company>.toml``: settings, Connections, and how they get into Airflow.

One company per accounting tool, and one whose VAT mapping is incomplete on purpose. Each file holds the settings as a
user would write them, the Connection to its tool, and which account of the sandbox it is.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sellsy_ledger.connectors import registry
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.settings import CompanyEntry
from sellsy_ledger_airflow.demo.filesystem import SCHEME
from sellsy_ledger_airflow.demo.rest import AirflowApi
from sellsy_ledger_airflow.pools import required_pools
from sellsy_ledger_airflow.settings import COMPANIES_VARIABLE, company_variable
from sellsy_ledger_airflow.stores import DOCUMENTS_VARIABLE, REGISTER_CONN_ID

__all__ = [
    "COMPANIES",
    "STORAGE_CONNECTION",
    "DemoCompany",
    "configure",
    "connections_of",
    "dag_id_of",
    "filled",
    "plain_connections",
    "write_files",
]

STORAGE_CONNECTION = "sandbox_storage"
DOCUMENTS = "documents"


@dataclass(frozen=True, eq=False)
class DemoCompany:
    """One company.

    Attributes:
        settings: the whole settings, as they stand in the company's Variable.
        sellsy_client: the API client of its Sellsy account in the sandbox.
        connection: the Connection to its tool: ``host``, ``login``, ``password``, ``extra``; ``{sandbox}`` stands for
            the sandbox's address, ``{home}`` for the demo's folder.
        ledger: the witness's name of its ledger; empty where the tool keeps one ledger only.
        variant: which way of its tool it takes (``registry.variants``); empty for the usual one.
        accountant: what a person does at the tool's side after the night, see :mod:`.accountant`.
    """

    settings: Mapping[str, Any]
    sellsy_client: str
    connection: Mapping[str, Any]
    ledger: str = ""
    variant: str = ""
    accountant: Mapping[str, Any] = field(default_factory=dict)

    @property
    def company(self) -> str:
        """Its short name."""
        return str(self.settings["company"])

    @property
    def name(self) -> str:
        """Its name for people."""
        return str(self.settings["name"])

    @property
    def tool(self) -> str:
        """Its accounting tool."""
        return str(self.settings["tool"])

    @property
    def capabilities(self) -> Capabilities:
        """What its way to the tool can do."""
        return registry.variants(self.tool)[self.variant] if self.variant else registry.capabilities(self.tool)

    @property
    def entry(self) -> dict[str, Any]:
        """Its place in the list of companies."""
        return {name: self.settings[name] for name in CompanyEntry.model_fields if name in self.settings}


@cache
def _load() -> tuple[DemoCompany, ...]:
    folder = files(__package__) / "data"
    texts = sorted((file.name, file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".toml"))
    return tuple(DemoCompany(**tomllib.loads(text)) for _, text in texts)


COMPANIES = _load()


def dag_id_of(company: DemoCompany) -> str:
    """The DAG that the company becomes."""
    return f"sync__{company.company}"


def configure(
    api: AirflowApi,
    sandbox: str,
    home: Path = Path(".airflow"),
    *,
    chosen: Sequence[DemoCompany] = COMPANIES,
    register_url: str = "",
) -> None:
    """Write Connections, pools and Variables; the list that makes the DAGs comes last.

    Args:
        api: Airflow, logged in.
        sandbox: the sandbox's address.
        home: the demo's folder, whose documents the sandbox serves.
        chosen: the companies to have.
        register_url: the register's database on a server; empty for the package's own default.
    """
    api.write("connections", connections_of(chosen, sandbox, home, register_url=register_url))
    entries = [company.entry for company in chosen]
    pools = required_pools(CompanyEntry.model_validate(entry) for entry in entries)
    api.write("pools", [{"name": name, **pool} for name, pool in pools.items()])
    variables = {company_variable(company.company): json.dumps(company.settings, indent=1) for company in chosen}
    variables[DOCUMENTS_VARIABLE] = f"{SCHEME}://{STORAGE_CONNECTION}@{(home / DOCUMENTS).absolute()}"
    variables[COMPANIES_VARIABLE] = json.dumps(entries, indent=1)
    api.write("variables", [{"key": key, "value": value} for key, value in variables.items()])


def connections_of(
    chosen: Iterable[DemoCompany], sandbox: str, home: Path, *, register_url: str = ""
) -> list[dict[str, Any]]:
    """Every Connection that :func:`configure` writes, credentials included, as Airflow's REST API takes them."""
    connections = [one for company in chosen for one in _connections(company, sandbox, home)]
    return [*connections, _storage(sandbox, home), *([_register(register_url)] if register_url else [])]


def write_files(folder: Path, sandbox: str) -> None:
    """The same settings and (worthless) credentials as files, so that `doctor` works from the repository folder."""
    (folder / "companies").mkdir(exist_ok=True)
    connections: dict[str, Any] = {}
    for company in COMPANIES:
        file = folder / "companies" / f"{company.company}.json"
        file.write_text(json.dumps(company.settings, indent=1), encoding="utf-8")
        connections |= plain_connections(company, sandbox, folder)
    secrets = folder / "connections.json"
    secrets.touch(mode=0o600)
    secrets.write_text(json.dumps(connections, indent=1), encoding="utf-8")


def _connections(company: DemoCompany, sandbox: str, home: Path) -> list[dict[str, Any]]:
    sellsy = {
        "connection_id": company.settings["sellsy_conn_id"],
        "conn_type": "sellsy",
        "host": f"{sandbox}/sellsy/v2",
        "login": company.sellsy_client,
        "password": "demo-secret-sellsy",
        "extra": json.dumps(
            {
                "login_url": f"{sandbox}/sellsy",
                "v1_url": f"{sandbox}/sellsy/v1/0/",
                "file_hosts": f"{urlsplit(sandbox).scheme}://{urlsplit(sandbox).netloc}",
            }
        ),
    }
    fields = filled(company.connection, sandbox, home)
    extra = json.dumps(fields.pop("extra", {}))
    conn_id = company.settings["tool_conn_id"]
    return [sellsy, {"connection_id": conn_id, "conn_type": company.tool, **fields, "extra": extra}]


def filled(value: Any, sandbox: str, home: Path) -> Any:
    """``value`` with the places of this demo filled in, however deep."""
    if isinstance(value, Mapping):
        return {name: filled(item, sandbox, home) for name, item in value.items()}
    if isinstance(value, str):
        return value.replace("{sandbox}", sandbox).replace("{home}", str(home.absolute()))
    return value


def _storage(sandbox: str, home: Path) -> dict[str, Any]:
    from sellsy_ledger_sandbox.storage import SECRET

    return {
        "connection_id": STORAGE_CONNECTION,
        "conn_type": "generic",
        "host": sandbox,
        "password": SECRET,
        "extra": json.dumps({"folder": str((home / DOCUMENTS).absolute())}),
    }


def _register(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "connection_id": REGISTER_CONN_ID,
        "conn_type": "postgres",
        "host": parts.hostname,
        "port": parts.port,
        "login": parts.username,
        "password": parts.password,
        "schema": parts.path.lstrip("/"),
    }


def plain_connections(company: DemoCompany, sandbox: str, home: Path) -> dict[str, Any]:
    """The company's two connections in the command line's own form."""
    sellsy, tool = _connections(company, sandbox, home)
    extra = json.loads(sellsy["extra"])
    return {
        sellsy["connection_id"]: {
            "client_id": sellsy["login"],
            "client_secret": sellsy["password"],
            "base_url_api": sellsy["host"],
            "base_url_login": extra["login_url"],
            "base_url_v1": extra["v1_url"],
            "file_hosts": [extra["file_hosts"]],
        },
        tool["connection_id"]: {
            "base_url": tool.get("host", ""),
            "secrets": dict(_named(company.tool, tool, secret=True)),
            "options": dict(_named(company.tool, tool, secret=False)),
        },
    }


def _named(tool: str, connection: Mapping[str, Any], *, secret: bool) -> Iterator[tuple[str, str]]:
    """The connector's own names of what the Connection holds, as its hook hands them over."""
    from sellsy_ledger_airflow.hooks.registry import tool_hook

    hook = tool_hook(tool)
    fields = {**hook.secrets, **hook.optional_secrets} if secret else {name: name for name in hook.options}
    standard = {name: connection[name] for name in ("host", "login", "password") if name in connection}
    values = {**json.loads(connection["extra"]), **standard}
    for name, place in fields.items():
        if values.get(place):
            yield name, str(values[place])


if __name__ == "__main__":
    write_files(Path(sys.argv[1]), sys.argv[2])
