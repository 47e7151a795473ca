"""The connection forms: ``data/<api>.toml``, in the terms of Airflow's provider declaration.

They stand apart from the hooks because Airflow asks for them while it reads its own configuration: importing a hook
(which imports Airflow) at that moment would run in a circle. This module imports nothing of Airflow.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["apis", "connection_type", "label_of"]

_FOLDER = Path(__file__).parent / "data"


def apis() -> list[str]:
    """Every API that has a form, sorted: the connection types."""
    return sorted(file.stem for file in _FOLDER.glob("*.toml"))


@cache
def _form(api: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{api}.toml").read_text(encoding="utf-8"))


def connection_type(api: str) -> dict[str, Any]:
    """The declaration of one connection type, for ``get_provider_info``."""
    form = dict(_form(api))
    hook_class = f"{__package__}.{api}.{form.pop('class')}"
    return {"connection-type": api, "hook-class-name": hook_class, **form}


def label_of(api: str, field: str) -> str:
    """What the form calls a field."""
    form = _form(api)
    relabelled: str | None = form["ui-field-behaviour"]["relabeling"].get(field)
    return relabelled or str(form.get("conn-fields", {}).get(field, {}).get("label", field))
