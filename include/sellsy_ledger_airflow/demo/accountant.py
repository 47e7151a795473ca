"""What people do at the tools' side, played for the demo: looking into the ledgers, and importing delivered files."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import requests

from sellsy_ledger_airflow.demo.companies import DemoCompany, filled

__all__ = ["imports_files", "prepare", "witness", "work"]


def witness(company: DemoCompany, sandbox: str) -> list[dict[str, Any]]:
    """What the tool's own ledger of this company holds, as the sandbox tells it."""
    entries = requests.get(f"{sandbox}/_sandbox/{company.tool}/entries", timeout=60).json()
    return [entry for entry in entries if not company.ledger or entry["company"] == company.ledger]


def imports_files(company: DemoCompany) -> bool:
    """True where the accountant has something to do after a night."""
    return bool(company.accountant)


def prepare(company: DemoCompany, home: Path) -> None:
    """Share the folder in which files are delivered, and the tool's own lists (``files``: path → text) in it, once."""
    if not imports_files(company):
        return
    plan = filled(company.accountant, "", home)
    for name, text in plan["files"].items():
        file = Path(plan["folder"], name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def work(company: DemoCompany, sandbox: str, home: Path) -> list[str]:
    """Import every delivered file that nobody has imported yet, and acknowledge it; the names of those files.

    The company's data says how: ``imports`` names a function of the sandbox (it gets the sandbox's address and the
    folder), ``folder`` is where the files lie.
    """
    if not imports_files(company):
        return []
    plan = filled(company.accountant, sandbox, home)
    module, _, function = plan["imports"].partition(":")
    imported: list[str] = getattr(import_module(module), function)(sandbox, Path(plan["folder"]))
    return imported
