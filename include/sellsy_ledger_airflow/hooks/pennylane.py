"""The Pennylane hook: a Connection of type ``pennylane`` becomes the Pennylane connector."""

from __future__ import annotations

from typing import Any, ClassVar

from sellsy_ledger_airflow.hooks.base import ToolHook

__all__ = ["HOOK", "PennylaneHook"]


class PennylaneHook(ToolHook):
    """The company token of one Pennylane company."""

    conn_type = "pennylane"
    default_conn_name = "pennylane_default"
    hook_name = "Pennylane"
    ui_fields: ClassVar[dict[str, Any]] = {
        "hidden-fields": ["port", "schema", "login"],
        "relabeling": {
            "host": "Adresse de l'API",
            "password": "Jeton API de l'entreprise",
            "extra": "Options avancées (JSON)",
        },
        "placeholders": {
            "host": "https://app.pennylane.com/api/external/v2",
            "password": "Paramètres > Connectivité > Développeurs",
        },
    }
    secrets: ClassVar[dict[str, str]] = {"api_token": "password"}


HOOK = PennylaneHook
