"""Where the register is when nobody says so."""

from __future__ import annotations

from pathlib import Path

__all__ = ["default_register_url"]


def default_register_url(folder: Path) -> str:
    """The SQLite register of a project folder: the one that its local Airflow home holds."""
    return f"sqlite:///{folder.absolute() / '.airflow' / 'register' / 'register.db'}"
