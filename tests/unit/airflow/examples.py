"""A company as the list of companies and its own settings describe it."""

from __future__ import annotations

from typing import Any

__all__ = ["entry", "settings"]


def entry(company: str, tool: str = "myunisoft") -> dict[str, Any]:
    """One line of Variable ``sellsy_ledger_companies``."""
    return {
        "company": company,
        "name": "Atelier Exemple SARL",
        "tool": tool,
        "start_date": "2026-01-01",
        "schedule": "0 2 * * *",
        "enabled": True,
    }


def settings(company: str, tool: str = "myunisoft") -> dict[str, Any]:
    """The whole settings of a company, with a small mapping."""
    return {
        "company": company,
        "name": "Atelier Exemple SARL",
        "tool": tool,
        "sellsy_conn_id": f"sellsy__{company}",
        "tool_conn_id": f"{tool}__{company}",
        "start_date": "2026-01-01",
        "mappings": {
            "vat": [{"direction": "sales", "rate": "20", "category": "S", "vat_code": "C20", "account": "445710"}],
            "journals": {"sales": "VE", "purchases": "AC"},
            "accounts": {
                "sales_default": "706000",
                "purchases_default": "607000",
                "customers_control": "411000",
                "suppliers_control": "401000",
                "rounding_credit": "758000",
                "rounding_debit": "658000",
            },
        },
    }
