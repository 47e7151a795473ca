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
    # Airflow hides extras whose name speaks of a secret. The API key opens nothing without its secret, as a login does.
    secrets: ClassVar[dict[str, str]] = {
        "subscription_key": "subscription_secret",
        "api_key": "login",
        "client_secret": "password",
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
