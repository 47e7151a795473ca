"""The three demo companies: their settings, Connections and pools, and how they are written into Airflow.

- *Atelier Exemple*: sales only, into MyUnisoft.
- *Boutique Exemple*: sales and purchases, into Pennylane.
- *Commerce Exemple*: its VAT mapping knows 20 % and nothing else, on purpose: the rest waits and says why.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sellsy_ledger.core.settings import CompanyEntry
from sellsy_ledger_airflow.demo.rest import AirflowApi
from sellsy_ledger_airflow.pools import required_pools
from sellsy_ledger_airflow.settings import COMPANIES_VARIABLE, company_variable

__all__ = ["COMPANIES", "configure", "dag_id_of", "ledger_of", "write_files"]

START_DATE = "2026-01-01"
ACCOUNTS = {
    "sales_default": "706000",
    "purchases_default": "607000",
    "customers_control": "411000",
    "suppliers_control": "401000",
    "rounding_credit": "758000",
    "rounding_debit": "658000",
    "deposits": "419100",
    "deposits_vat": "445800",
}


def _vat(direction: str, rate: str, code: str | None, account: str | None, **more: str) -> dict[str, Any]:
    return {"direction": direction, "rate": rate, "vat_code": code, "account": account, **more}


def _no_vat(direction: str, code: str | None) -> list[dict[str, Any]]:
    """The five natures of 0 %, told apart by their category."""
    return [_vat(direction, "0", code, None, category=category) for category in ("E", "O", "Z")]


ATELIER: dict[str, Any] = {
    "company": "atelier",
    "name": "Atelier Exemple SARL",
    "tool": "myunisoft",
    "sellsy_conn_id": "sellsy__atelier",
    "tool_conn_id": "myunisoft__atelier",
    "start_date": START_DATE,
    "schedule": "0 2 * * *",
    "scope": "sales",
    "posting": "posted",
    "without_supporting_document": "wait",
    "label_style": "third_party_then_description",
    "mappings": {
        "vat": [
            _vat("sales", "20", "C20", "445710", due_on="invoice"),
            _vat("sales", "20", "CE20", "445740", due_on="receipt"),
            _vat("sales", "10", "C10", "445711", due_on="invoice"),
            _vat("sales", "10", "CE10", "445740", due_on="receipt"),
            _vat("sales", "5.5", "C55", "445712"),
            _vat("sales", "2.1", "C21", "445713"),
            *_no_vat("sales", "C0"),
            _vat("sales", "0", "CK", None, category="K"),
            _vat("sales", "0", "CG", None, category="G"),
            _vat("sales", "0", "CAE", None, category="AE"),
        ],
        "rounding_vat_codes": {"sales": "C0", "purchases": "D0"},
        "journals": {"sales": "VE", "purchases": "AC"},
        "accounts": ACCOUNTS,
    },
}

BOUTIQUE: dict[str, Any] = {
    "company": "boutique",
    "name": "Boutique Exemple SAS",
    "tool": "pennylane",
    "sellsy_conn_id": "sellsy__boutique",
    "tool_conn_id": "pennylane__boutique",
    "start_date": START_DATE,
    "schedule": "30 2 * * *",
    "scope": "sales_and_purchases",
    "posting": "draft",
    "without_supporting_document": "wait",
    "label_style": "third_party_and_number",
    "mappings": {
        "vat": [
            _vat("sales", "20", "FR_200", "445710"),
            _vat("sales", "10", "FR_100", "445711"),
            _vat("sales", "5.5", "FR_55", "445712"),
            _vat("sales", "2.1", "FR_21", "445713"),
            *_no_vat("sales", "exempt"),
            _vat("sales", "0", "crossborder", None, category="AE"),
            _vat("sales", "0", "crossborder", None, category="K"),
            _vat("sales", "0", "extracom", None, category="G"),
            _vat("purchases", "20", "FR_200", "445660"),
            _vat("purchases", "10", "FR_100", "445660"),
            _vat("purchases", "5.5", "FR_55", "445660"),
            _vat("purchases", "2.1", "FR_21", "445660"),
            *_no_vat("purchases", "exempt"),
            _vat("purchases", "0", "FR_200_construction", "445660", category="AE"),
            _vat("purchases", "0", "crossborder", "445662", category="K"),
        ],
        "rounding_vat_codes": {"sales": "exempt", "purchases": "exempt"},
        "journals": {"sales": "VE", "purchases": "AC"},
        "accounts": ACCOUNTS,
    },
}

COMMERCE: dict[str, Any] = copy.deepcopy(ATELIER) | {
    "company": "commerce",
    "name": "Commerce Exemple SARL",
    "sellsy_conn_id": "sellsy__commerce",
    "tool_conn_id": "myunisoft__commerce",
    "schedule": "0 3 * * *",
    "mappings": {
        "vat": [_vat("sales", "20", "C20", "445710")],
        "journals": {"sales": "VE"},
        "accounts": ACCOUNTS,
    },
}

COMPANIES: tuple[dict[str, Any], ...] = (ATELIER, BOUTIQUE, COMMERCE)

# Which account of the sandbox each company is: Sellsy client, the tool's token, and the witness ledger's own name.
_SELLSY_CLIENTS = {"atelier": "demo-client-b", "boutique": "demo-client", "commerce": "demo-client-c"}
_TOKENS = {"atelier": "demo-token-myunisoft", "boutique": "demo-token-pennylane", "commerce": "demo-token-myunisoft-b"}
_LEDGERS = {"atelier": "Atelier Exemple SARL", "boutique": "demo", "commerce": "Boutique Exemple SAS"}
_TOOL_PATHS = {"myunisoft": "/myunisoft", "pennylane": "/pennylane"}
_TOOL_EXTRAS = {"myunisoft": {"third_party_secret": "demo-secret-myunisoft"}, "pennylane": {}}


def dag_id_of(company: dict[str, Any]) -> str:
    """The DAG that the company becomes."""
    return f"sync__{company['company']}"


def ledger_of(company: dict[str, Any]) -> str:
    """The witness's name of the company's ledger."""
    return _LEDGERS[company["company"]]


def configure(api: AirflowApi, sandbox: str) -> None:
    """Write Connections, pools and Variables; the list that makes the DAGs comes last."""
    entries = [_entry(company) for company in COMPANIES]
    connections = [connection for company in COMPANIES for connection in _connections(company, sandbox)]
    api.write("connections", connections)
    pools = required_pools(CompanyEntry.model_validate(entry) for entry in entries)
    api.write("pools", [{"name": name, **pool} for name, pool in pools.items()])
    settings = [
        {"key": company_variable(company["company"]), "value": json.dumps(company, indent=1)} for company in COMPANIES
    ]
    api.write("variables", [*settings, {"key": COMPANIES_VARIABLE, "value": json.dumps(entries, indent=1)}])


def write_files(folder: Path, sandbox: str) -> None:
    """The same settings and (worthless) credentials as files, so that `doctor` works from the repository folder."""
    (folder / "companies").mkdir(exist_ok=True)
    connections: dict[str, Any] = {}
    for company in COMPANIES:
        file = folder / "companies" / f"{company['company']}.json"
        file.write_text(json.dumps(company, indent=1), encoding="utf-8")
        connections |= _plain_connections(company, sandbox)
    secrets = folder / "connections.json"
    secrets.touch(mode=0o600)
    secrets.write_text(json.dumps(connections, indent=1), encoding="utf-8")


def _plain_connections(company: dict[str, Any], sandbox: str) -> dict[str, Any]:
    """The company's two connections in the command line's own form."""
    sellsy, tool = _connections(company, sandbox)
    extra = json.loads(sellsy["extra"])
    return {
        company["sellsy_conn_id"]: {
            "client_id": sellsy["login"],
            "client_secret": sellsy["password"],
            "base_url_api": sellsy["host"],
            "base_url_login": extra["login_url"],
            "base_url_v1": extra["v1_url"],
            "file_hosts": [extra["file_hosts"]],
        },
        company["tool_conn_id"]: {
            "base_url": tool["host"],
            "secrets": {"api_token": tool["password"], **json.loads(tool["extra"])},
        },
    }


def _entry(company: dict[str, Any]) -> dict[str, Any]:
    return {name: company[name] for name in CompanyEntry.model_fields if name in company}


def _connections(company: dict[str, Any], sandbox: str) -> list[dict[str, Any]]:
    name = company["company"]
    sellsy = {
        "connection_id": company["sellsy_conn_id"],
        "conn_type": "sellsy",
        "host": f"{sandbox}/sellsy/v2",
        "login": _SELLSY_CLIENTS[name],
        "password": "demo-secret-sellsy",
        "extra": json.dumps(
            {
                "login_url": f"{sandbox}/sellsy",
                "v1_url": f"{sandbox}/sellsy/v1/0/",
                "file_hosts": f"{urlsplit(sandbox).scheme}://{urlsplit(sandbox).netloc}",
            }
        ),
    }
    tool = {
        "connection_id": company["tool_conn_id"],
        "conn_type": company["tool"],
        "host": f"{sandbox}{_TOOL_PATHS[company['tool']]}",
        "password": _TOKENS[name],
        "extra": json.dumps(_TOOL_EXTRAS[company["tool"]]),
    }
    return [sellsy, tool]
