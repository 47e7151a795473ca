"""The Cegid Loop hook: a Connection of type ``cegid_loop`` becomes the Cegid Loop connector."""

from __future__ import annotations

from typing import ClassVar

from sellsy_ledger_airflow.hooks.base import ToolHook

__all__ = ["CegidLoopHook"]


class CegidLoopHook(ToolHook):
    """The keys of a firm, and one of its accounting folders."""

    conn_type = "cegid_loop"
    default_conn_name = "cegid_loop_default"
    hook_name = "Cegid Loop"
    # Airflow hides the password, and extras whose name speaks of an API key or a secret: each of the three is hidden.
    secrets: ClassVar[dict[str, str]] = {
        "subscription_key": "password",
        "api_key": "api_key",
        "client_secret": "client_secret",
    }
    options: ClassVar[tuple[str, ...]] = (
        "dossier_code",
        "siret",
        "route",
        "create_third_parties",
        "piece_max",
        "import_tra_route",
        "modele",
        "deposit_hosts",
    )
