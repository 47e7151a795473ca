"""The ACD hook: a Connection of type ``acd`` becomes the ACD connector."""

from __future__ import annotations

import json
from typing import ClassVar

from sellsy_ledger_airflow.hooks.base import ToolHook

__all__ = ["AcdHook"]


class AcdHook(ToolHook):
    """An account of the firm's i-Suite Expert server, and one client dossier."""

    conn_type = "acd"
    default_conn_name = "acd_default"
    hook_name = "ACD i-Suite Expert"
    secrets: ClassVar[dict[str, str]] = {"login": "login", "password": "password"}
    options: ClassVar[tuple[str, ...]] = (
        "code_dossier",
        "cnx",
        "id_arbo_ged",
        "customer_root",
        "supplier_root",
        "account_length",
        "send_invoice_number",
        "read_back",
        "post_without_ged",
        "paniere_type_sales",
        "paniere_type_purchases",
        "routes",
        "extra_line_fields",
    )

    def optional(self, field: str) -> str:
        """Like every hook's; an object written straight into the extra becomes JSON text."""
        value = self._extra.get(field) if field in ("routes", "extra_line_fields") else None
        return json.dumps(value) if isinstance(value, dict) else super().optional(field)
