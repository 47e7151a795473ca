"""Where settings come from: Airflow Variables, or a folder of JSON files for teams that keep them in git.

Two moments, two needs. A DAG file needs only *which companies exist and when they run*: one Variable, read once per
parse, whatever the number of companies. A task needs *everything about its company*: that company's own Variable, read
at run time, so that an edit counts from the next run on.

With ``SELLSY_LEDGER_COMPANIES_DIR`` set, ``<folder>/<company>.json`` holds a company's whole settings and replaces both
Variables.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from sellsy_ledger.core.settings import CompanyEntry, CompanySettings, load_companies, load_settings
from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger_airflow.absence import no_variable

__all__ = [
    "COMPANIES_VARIABLE",
    "DIRECTORY_VARIABLE",
    "Companies",
    "company_variable",
    "read_companies",
    "read_settings",
    "read_variable",
]

COMPANIES_VARIABLE = "sellsy_ledger_companies"
DIRECTORY_VARIABLE = "SELLSY_LEDGER_COMPANIES_DIR"


def read_variable(name: str) -> str | None:
    """The text of a Variable; None when there surely is none.

    Raises:
        TryLater: Airflow could not say.
    """
    from airflow.sdk import Variable

    text: str | None = Variable.get(name, default=None)
    if text is None:
        no_variable(name)
    return text


def company_variable(company: str) -> str:
    """The name of the Variable that holds one company's whole settings."""
    return f"sellsy_ledger_company__{company}"


class Companies(NamedTuple):
    """What a DAG file draws: the good entries in a stable order, and company → what is wrong with it."""

    entries: list[CompanyEntry]
    wrong: dict[str, str]


def read_companies(wanted: str | None = None) -> Companies:
    """The companies to draw a DAG for.

    Args:
        wanted: when a task starts, the only company whose DAG is needed; the others are not even validated.

    Raises:
        ConfigurationError: the list as a whole cannot be read, or the folder does not exist.
    """
    folder = os.environ.get(DIRECTORY_VARIABLE)
    return _from_folder(Path(folder), wanted) if folder else _from_variable(wanted)


def _from_variable(wanted: str | None) -> Companies:
    # Read as text: Airflow would otherwise pass every value of the JSON through its secrets masker.
    text = read_variable(COMPANIES_VARIABLE)
    if text is None:
        return Companies([], {})
    where = f"Variable {COMPANIES_VARIABLE}"
    if wanted is not None:
        items = _parse_list(text, where)
        alone = [item for item in items if isinstance(item, dict) and item.get("company") == wanted]
        if len(alone) == 1:
            return _known_tools_only(*load_companies(alone, where=f"{where}, {wanted}"))
    return _known_tools_only(*load_companies(text, where=where))


def _parse_list(text: str, where: str) -> list[Any]:
    try:
        items = json.loads(text)
    except ValueError:
        items = None
    if not isinstance(items, list):
        # The message of the malformed whole is made in one place.
        load_companies(text, where=where)
        return []
    return items


def _from_folder(folder: Path, wanted: str | None) -> Companies:
    if not folder.is_dir():
        raise ConfigurationError(
            f"{DIRECTORY_VARIABLE} names {folder}, which is not a folder.", field=DIRECTORY_VARIABLE
        )
    names = sorted(file.stem for file in folder.glob("*.json")) if wanted is None else [wanted]
    entries: list[CompanyEntry] = []
    wrong: dict[str, str] = {}
    for name in names:
        try:
            entries.append(_entry_of(_settings_file(folder, name)))
        except ConfigurationError as error:
            wrong[name] = str(error)
    return _known_tools_only(entries, wrong)


def _entry_of(settings: CompanySettings) -> CompanyEntry:
    """The scheduler's part of whole settings."""
    return CompanyEntry(**{name: getattr(settings, name) for name in CompanyEntry.model_fields if name != "enabled"})


def _known_tools_only(entries: list[CompanyEntry], wrong: dict[str, str]) -> Companies:
    from sellsy_ledger.connectors.registry import tools

    known = tools()
    good = []
    for entry in entries:
        if entry.tool in known:
            good.append(entry)
        else:
            wrong[entry.company] = f"tool: {entry.tool!r} is not an accounting tool; known: {', '.join(known)}."
    return Companies(good, wrong)


def read_settings(company: str) -> CompanySettings:
    """One company's whole settings, as they are now.

    Raises:
        ConfigurationError: they are missing, or wrong field by field.
    """
    folder = os.environ.get(DIRECTORY_VARIABLE)
    if folder:
        return _settings_file(Path(folder), company)
    name = company_variable(company)
    text = read_variable(name)
    if text is None:
        raise ConfigurationError(f"Variable {name} does not exist: create it with the settings of the company.")
    return _same_company(load_settings(text, where=f"Variable {name}"), company, f"Variable {name}")


def _settings_file(folder: Path, company: str) -> CompanySettings:
    file = folder / f"{company}.json"
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"{file} does not exist: create it with the settings of the company.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read as text ({type(error).__name__}).") from None
    return _same_company(load_settings(text, where=str(file)), company, str(file))


def _same_company(settings: CompanySettings, company: str, where: str) -> CompanySettings:
    if settings.company != company:
        raise ConfigurationError(f"{where} holds the settings of {settings.company!r}: correct it.", field="company")
    return settings
