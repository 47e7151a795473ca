"""Registers the pages in the Airflow UI. Nothing else: every file below ``plugins/`` runs at the start of every
Airflow component, task processes included, under its bare name.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin


class SellsyLedgerPlugin(AirflowPlugin):
    """The cockpit, in Airflow's navigation and behind its login."""

    name = "sellsy_ledger"
    external_views: ClassVar[list[Any]] = [
        {
            "name": "Sellsy → Compta",
            "href": "/sellsy_ledger/",
            "destination": "nav",
            "url_route": "sellsy-ledger",
            "nav_top_level": True,
        }
    ]

    @cached_property
    def fastapi_apps(self) -> list[Any]:
        """Built when the API server asks: only it needs FastAPI and Airflow's security code."""
        from sellsy_ledger_airflow.pages.app import create_app

        return [{"app": create_app(), "url_prefix": "/sellsy_ledger", "name": "Sellsy Ledger"}]
