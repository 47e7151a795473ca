"""A migrated register with nothing in it, made once per test process: migrating takes longer than most tests."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from sellsy_ledger.register.store import Register

__all__ = ["empty_register"]


@cache
def empty_register() -> bytes:
    """The bytes of its SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "register.db"
        Register.open(f"sqlite:///{file}").close()
        return file.read_bytes()
