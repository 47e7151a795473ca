"""``doctor``: is a company ready to be synchronised? Every step with its state and what to do.

Reads everything, writes nothing in either API. Works without Airflow: settings from a file or from the folder named by
``SELLSY_LEDGER_COMPANIES_DIR``, credentials from a JSON file (never printed); without either, those that a local
Airflow home (``.airflow``) keeps for the demo companies. Airflow users have the same check behind the *Test* button of
each Connection and in the task ``check_access``.

After the steps it tells what this very connection will be able to prove, and what it will not.
"""

from __future__ import annotations

import json
import os
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.settings import CompanySettings, load_settings
from sellsy_ledger.errors import ConfigurationError, LedgerError, TryLater

if TYPE_CHECKING:
    from sellsy_ledger.core.capabilities import Capabilities

__all__ = ["LOCAL_CONNECTIONS", "configure", "read_connections", "read_settings", "run"]

FOLDER_VARIABLE = "SELLSY_LEDGER_COMPANIES_DIR"
LOCAL_COMPANIES = Path(".airflow/companies")
LOCAL_CONNECTIONS = Path(".airflow/connections.json")
EXIT_READY, EXIT_NOT_READY = 0, 1


def configure(parser: ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--company",
        help=f"its short name; its settings are <name>.json in {FOLDER_VARIABLE} (default: {LOCAL_COMPANIES})",
    )
    parser.add_argument("--settings", type=Path, help="the settings file itself, instead of --company")
    parser.add_argument(
        "--connections",
        type=Path,
        default=LOCAL_CONNECTIONS,
        help="JSON file: connection id → credentials (client_id, client_secret; or base_url, secrets, options); "
        "default: %(default)s",
    )


def run(arguments: Namespace) -> int:
    """Check the company and print the table.

    Returns:
        0 ready (warnings allowed), 1 a blocking step failed.

    Raises:
        ConfigurationError: bad input; the command line turns it into exit code 2.
    """
    settings = read_settings(arguments)
    connections = read_connections(arguments.connections)
    checks, capabilities = _checks(settings, connections)
    _print(settings, checks, capabilities)
    return EXIT_NOT_READY if any(check.blocking and not check.ok for check in checks) else EXIT_READY


def read_settings(arguments: Namespace) -> CompanySettings:
    """The settings that ``--settings``, or ``--company`` and the folder of settings, name; or ConfigurationError."""
    path = arguments.settings
    if path is None:
        if not arguments.company:
            raise ConfigurationError("Name the company with --company, or its settings file with --settings.")
        folder = os.environ.get(FOLDER_VARIABLE)
        if not folder and not LOCAL_COMPANIES.is_dir():
            raise ConfigurationError(f"{FOLDER_VARIABLE} is not set: name the folder of settings, or use --settings.")
        path = Path(folder or LOCAL_COMPANIES) / f"{arguments.company}.json"
    settings = load_settings(_read(path), where=str(path))
    if arguments.company and settings.company != arguments.company:
        raise ConfigurationError(
            f"{path} holds company {settings.company!r}, not {arguments.company!r}.", field="company"
        )
    return settings


def read_connections(path: Path) -> dict[str, Any]:
    """Connection id → credentials. Raises ConfigurationError."""
    try:
        found = json.loads(_read(path))
    except ValueError as error:
        raise ConfigurationError(f"{path} is not valid JSON (line {getattr(error, 'lineno', '?')}).") from None
    if not isinstance(found, dict):
        raise ConfigurationError(f"{path} must be a JSON object: connection id → credentials.")
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or 'cannot be read'}.") from None


def _checks(settings: CompanySettings, connections: dict[str, Any]) -> tuple[list[AccessCheck], Capabilities | None]:
    """Every step that could be made; a step that cannot be made becomes a failed one, and the others go on.

    The second value is what the company's own connection can do, None where there is no usable connection.
    """
    # Imported here: the command line must start fast, and these bring HTTP and SQL.
    from sellsy_ledger.pipeline.access import doubles_check, probe, settings_checks
    from sellsy_ledger.pipeline.assemble import build_company, connect_sellsy, connect_tool
    from sellsy_ledger.register.pdf_store import LocalDocumentStore
    from sellsy_ledger.register.store import Register

    try:
        sellsy = connect_sellsy(connections, settings.sellsy_conn_id)
        connector = connect_tool(connections, settings.tool_conn_id, settings.tool)
    except LedgerError as error:
        return [_failed("Connexions", error)], None
    checks = [*settings_checks(settings, connector.capabilities), doubles_check(settings, connector.capabilities)]
    with tempfile.TemporaryDirectory(prefix="sellsy-ledger-doctor-") as folder:
        # A register of its own: nothing that the doctor learns reaches the company's memory.
        register = Register.open(f"sqlite:///{folder}/register.db")
        try:
            company = build_company(
                settings, sellsy, connector, register, LocalDocumentStore(Path(folder)), who="doctor", run_id="doctor"
            )
            checks += probe(company)
        except TryLater as error:
            checks.append(_silent(error))
        finally:
            register.close()
    return checks, connector.capabilities


def _failed(step: str, error: LedgerError) -> AccessCheck:
    return AccessCheck(step=step, ok=False, detail=error.message, action=error.action or "")


def _silent(error: TryLater) -> AccessCheck:
    return AccessCheck(
        step="Réponse de l'API",
        ok=False,
        detail=f"{error.tool or 'une API'} ne répond pas",
        action="Vérifiez l'adresse de la connexion, ou réessayez plus tard.",
    )


def _print(settings: CompanySettings, checks: Sequence[AccessCheck], capabilities: Capabilities | None) -> None:
    table = Table(title=f"{settings.name} : Sellsy → {settings.tool}", title_justify="left")
    for column in ("Étape", "État", "Détail", "À faire"):
        table.add_column(column, overflow="fold")
    for check in checks:
        state = "[green]bon[/]" if check.ok else "[red]bloquant[/]" if check.blocking else "[yellow]à voir[/]"
        table.add_row(_plain(check.step), state, _plain(check.detail), "" if check.ok else _plain(check.action))
    console = Console()
    console.print(table)
    if capabilities is not None:
        from sellsy_ledger.cli.capabilities import levels_table

        console.print(levels_table(capabilities))


def _plain(text: str) -> str:
    """What an API wrote, without anything that a terminal or rich would obey."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable.replace("[", "\\[")
