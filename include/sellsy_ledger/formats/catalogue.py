"""The formats by name, loaded only when one is asked for: most runs write no file."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

from sellsy_ledger.formats.base import FileFormat

__all__ = ["NAMES", "load", "options"]

NAMES = ("fec", "tra", "pnm", "mecg", "quadra")


def load(name: str) -> FileFormat:
    """The format of that name, one of :data:`NAMES`."""
    if name not in NAMES:
        raise ValueError(f"no file format is called {name!r}")
    return cast(FileFormat, import_module(f"sellsy_ledger.formats.{name}"))


def options(file_format: FileFormat, company_name: str) -> Any:
    """The format's defaults, with the company's name where the file has a place for it."""
    takes_name = "company_name" in file_format.Options.__struct_fields__
    return file_format.Options(company_name=company_name) if takes_name else file_format.Options()
