"""What Airflow learns about this package: the connection types, with their form fields, and the demo's storage.

Airflow calls :func:`get_provider_info` through the entry point ``apache_airflow_provider`` while it reads its own
configuration, in every process: nothing heavy and nothing of Airflow may be imported from here.
"""

from __future__ import annotations

from typing import Any

from sellsy_ledger_airflow.hooks.forms import apis, connection_type

__all__ = ["get_provider_info"]


def get_provider_info() -> dict[str, Any]:
    """The provider's declaration (``package-name`` is the name of the distribution)."""
    return {
        "package-name": "sellsy-ledger",
        "name": "Sellsy Ledger",
        "description": "Accounted Sellsy documents into the accounting tool.",
        "connection-types": [connection_type(api) for api in apis()],
        # The demo's object storage, which can sign URLs as a real one does.
        "filesystems": ["sellsy_ledger_airflow.demo.filesystem"],
    }
