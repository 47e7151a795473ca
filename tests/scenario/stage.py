"""A company between the real sandbox (over HTTP) and a real register: what the scenarios and fault tests play on.

Nothing waits: no limiter, no pause between tries, short time-outs. The clock is set by hand.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from tests.elastic_time import ElasticTime
from tests.empty_register import empty_register

from sellsy_ledger.core.outcomes import State
from sellsy_ledger.core.settings import CompanySettings, load_settings
from sellsy_ledger.http.transport import Transport
from sellsy_ledger.pipeline.access import check_access
from sellsy_ledger.pipeline.assemble import build_company, connect_sellsy, connect_tool
from sellsy_ledger.pipeline.company import Company, Selection
from sellsy_ledger.pipeline.fetch import fetch_invoices
from sellsy_ledger.pipeline.mapping import map_vat_and_accounts
from sellsy_ledger.pipeline.pdfs import fetch_pdfs
from sellsy_ledger.pipeline.posting import post_entries
from sellsy_ledger.pipeline.report import RunReport, build_report
from sellsy_ledger.pipeline.rounding import compute_rounding
from sellsy_ledger.pipeline.third_parties import resolve_third_parties
from sellsy_ledger.pipeline.verify import verify_entries
from sellsy_ledger.register.pdf_store import LocalDocumentStore
from sellsy_ledger.register.store import DocumentRecord, Register
from sellsy_ledger_sandbox.server import Sandbox

__all__ = ["TOOLS", "Stage", "line", "paper", "write_papers"]

TOOLS = ("myunisoft", "pennylane")
CLIENT = "demo-client-c"
# Rate and category → the tool's VAT code; MyUnisoft knows a VAT only by its account, its code is for people.
_RATES = {
    "myunisoft": {"20": ("C20", "D20"), "10": ("C10", "D10"), "5.5": ("C55", "D55"), "2.1": ("C21", "D21")},
    "pennylane": {
        "20": ("FR_200", "FR_200"),
        "10": ("FR_100", "FR_100"),
        "5.5": ("FR_55", "FR_55"),
        "2.1": ("FR_21", "FR_21"),
    },
}
_NO_VAT = {"myunisoft": ("C0", "D0"), "pennylane": ("exempt", "exempt")}
_COLLECTED = {"20": "445710", "10": "445711", "5.5": "445712", "2.1": "445713"}


def line(label: str, net: str, rate: str = "20.00", category: str = "S") -> dict[str, Any]:
    """One line of a sample invoice."""
    return {
        "label": label,
        "quantity": "1",
        "unit_price": net,
        "price_base_quantity": None,
        "net_amount": net,
        "vat_rate": rate,
        "vat_category": category,
    }


def paper(number: str, *lines: Mapping[str, Any], type: str = "invoice", **changes: Any) -> dict[str, Any]:  # noqa: A002
    """One sample invoice in the shape of the sandbox's data file; totals are computed by the sandbox."""
    party = {"vat": None, "legal_id": None, "siret": None, "country": "FR"}
    return {
        "source": {"repo": "", "commit": "", "path": "", "number": number},
        "type": type,
        "number": number,
        "issue_date": "2026-02-03",
        "currency": "EUR",
        "seller": {**party, "name": f"Fournisseur {number}"},
        "buyer": {**party, "name": f"Client {number}"},
        "lines": list(lines),
        "allowances_charges": [],
        "vat_breakdown": [],
        "totals": {"net": "0", "vat": "0", "gross": "0", "due": "0"},
        **changes,
    }


def write_papers(path: Path, sales: list[dict[str, Any]], purchases: list[dict[str, Any]]) -> Path:
    """A data file that gives account ``demo-client-c`` these sales and purchases (it takes every fourth and every
    eighth line; what it takes for a purchase it takes for a sale too).
    """
    filler = paper("0", line("—", "1.00"))
    taken = [
        purchases[index // 2] if index % 2 == 0 and index // 2 < len(purchases) else None
        for index in range(max(2 * len(purchases), 1))
    ]
    rest = iter(sales)
    lines: list[dict[str, Any]] = []
    for index in range(len(taken) + len(sales)):
        chosen = taken[index] if index < len(taken) and taken[index] is not None else next(rest, None)
        if chosen is None:
            continue
        lines += [filler, filler, chosen, filler]
    path.write_text("\n".join(json.dumps(one) for one in lines), "utf-8")
    return path


def settings_for(tool: str, **changes: Any) -> CompanySettings:
    """Settings that fit the sandbox's books."""
    vat: list[dict[str, Any]] = []
    for rate, (sales, purchases) in _RATES[tool].items():
        shared = {"rate": rate, "category": "S"}
        vat.append({"direction": "sales", "vat_code": sales, "account": _COLLECTED[rate], **shared})
        vat.append({"direction": "purchases", "vat_code": purchases, "account": "445660", **shared})
    no_sales, no_purchases = _NO_VAT[tool]
    vat.append({"direction": "sales", "rate": "0", "vat_code": no_sales, "account": None})
    vat.append({"direction": "purchases", "rate": "0", "category": "E", "vat_code": no_purchases, "account": None})
    plain: dict[str, Any] = {
        "company": "atelier",
        "name": "Atelier Exemple SARL",
        "tool": tool,
        "sellsy_conn_id": "sellsy__atelier",
        "tool_conn_id": f"{tool}__atelier",
        "start_date": "2025-10-01",
        "label_style": "third_party",
        "mappings": {
            "vat": vat,
            "rounding_vat_codes": {"sales": no_sales, "purchases": no_purchases},
            "journals": {"sales": "VE", "purchases": "AC"},
            "accounts": {
                "sales_default": "706000",
                "purchases_default": "607000",
                "customers_control": "411000",
                "suppliers_control": "401000",
                "rounding_credit": "758000",
                "rounding_debit": "658000",
                "deposits": "419100",
            },
        },
    }
    return load_settings({**plain, **changes}, where="stage")


def transports(holder: object, depth: int = 4) -> Iterator[Transport]:
    """Every transport that a client holds, however deep."""
    for value in vars(holder).values() if hasattr(holder, "__dict__") else ():
        if isinstance(value, Transport):
            yield value
        elif depth and type(value).__module__.startswith("sellsy_ledger."):
            yield from transports(value, depth - 1)


class Stage:
    """One company, one tool, one sandbox."""

    def __init__(self, sandbox: Sandbox, tool: str, folder: Path, **settings: Any) -> None:
        self.sandbox = sandbox
        self.tool = tool
        self.folder = folder
        self.settings = settings_for(tool, **settings)
        self.clock = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)
        self.secret = "demo-secret-sellsy"
        self.token = f"demo-token-{tool}"
        self.time = ElasticTime()
        self.read_timeout_seconds = 5.0
        if not (folder / "register.db").exists():
            (folder / "register.db").write_bytes(empty_register())
        self.register = self.open_register()
        self.runs = 0

    def open_register(self) -> Register:
        """The company's register, on the stage's clock."""
        return Register.open(f"sqlite:///{self.folder}/register.db", now=lambda: self.clock)

    def connections(self) -> dict[str, Any]:
        """Credentials as the command line reads them."""
        url = self.sandbox.url
        return {
            self.settings.sellsy_conn_id: {
                "client_id": CLIENT,
                "client_secret": self.secret,
                "base_url_api": f"{url}/sellsy/v2",
                "base_url_login": f"{url}/sellsy",
                "base_url_v1": f"{url}/sellsy/v1/0/",
                "base_url_files": f"{url}/sellsy/",
                "file_hosts": [url],
                "account": "1643",
            },
            self.settings.tool_conn_id: {
                "base_url": f"{url}/{self.tool}",
                "secrets": {"third_party_secret": "demo-secret-myunisoft", "api_token": self.token},
            },
        }

    def company(self, run_id: str | None = None, register: Register | None = None) -> Company:
        """The company in a run of its own, with fresh clients."""
        if run_id is None:
            self.runs += 1
            run_id = f"night-{self.runs}"
        connections = self.connections()
        sellsy = connect_sellsy(connections, self.settings.sellsy_conn_id)
        connector = connect_tool(connections, self.settings.tool_conn_id, self.tool)
        for transport in (*transports(sellsy), *transports(connector)):
            transport.throttle = self.time.throttle((1_000_000, 1.0))
            transport.sleep = self.time.sleep
            transport.timeout_seconds = (5.0, self.read_timeout_seconds)
        company = build_company(
            self.settings,
            sellsy,
            connector,
            register or self.register,
            LocalDocumentStore(self.folder / "store"),
            who=f"sync__atelier/{run_id}",
            run_id=run_id,
        )
        company.now = lambda: self.clock
        return company

    def night(self, run_id: str | None = None, *, check: bool = False, **selection: Any) -> RunReport | None:
        """One whole run; None when there was nothing to do."""
        company = self.company(run_id)
        if check:
            check_access(company)
        batches = self.prepare(company, **selection)
        for batch in batches:
            post_entries(company, batch)
            verify_entries(company, batch)
        return build_report(company) if batches else None

    def prepare(self, company: Company, *, batch_size: int = 200, **selection: Any) -> list[str]:
        """All steps before posting."""
        chosen = Selection(**{"kind": "scheduled", "dated_from": self.settings.start_date, **selection})
        batches = fetch_invoices(company, chosen, batch_size=batch_size)
        for batch in batches:
            fetch_pdfs(company, batch)
            resolve_third_parties(company, batch)
            map_vat_and_accounts(company, batch)
            compute_rounding(company, batch)
        return batches

    # -- looking -------------------------------------------------------------------------------------------------
    def entries(self) -> list[dict[str, Any]]:
        """What the tool's own witness ledger holds."""
        return [dict(entry) for entry in self.sandbox.entries(self.tool)]

    def records(self) -> list[DocumentRecord]:
        """Every document of the register, by date."""
        return list(self.register.records("atelier", self.register.select("atelier")))

    def record(self, number: str) -> DocumentRecord:
        """The document of that number."""
        (found,) = [record for record in self.records() if record.document.number == number]
        return found

    def story(self, number: str) -> str:
        """``state`` or ``state(reason)`` of one document."""
        record = self.record(number)
        return f"{record.state}({record.reason})" if record.reason else str(record.state)

    def states(self) -> dict[str, int]:
        """How many documents stand where."""
        found: dict[str, int] = {}
        for record in self.records():
            found[str(record.state)] = found.get(str(record.state), 0) + 1
        return found

    def problems_with_the_books(self) -> list[str]:
        """What register and witness ledger do not agree on; nothing when every document is there exactly once."""
        held: dict[str, list[dict[str, Any]]] = {}
        for entry in self.entries():
            held.setdefault(_plain_key(str(entry["key"])), []).append(entry)
        found = [f"{key} is booked {len(entries)} times" for key, entries in held.items() if len(entries) != 1]
        for record in self.records():
            if record.state is not State.VERIFIED:
                found.append(f"{record.key} is {record.state} {record.reason or ''} {record.detail}")
                continue
            assert record.posting is not None
            assert record.entry is not None
            entry = (held.pop(_plain_key(record.posting.posting_key), None) or [{}])[0]
            ours = _balances(
                (one.auxiliary_account or one.account, one.debit_cents, one.credit_cents) for one in record.entry.lines
            )
            theirs = _balances(
                (one["account"], one["debit_cents"], one["credit_cents"]) for one in entry.get("lines", ())
            )
            if ours != theirs:
                found.append(f"{record.key}: {theirs} in the books, {ours} in the register")
            pdf = record.supporting_document
            if pdf is not None and entry.get("pdf_sha256") != pdf.sha256:
                found.append(f"{record.key}: another PDF in the books")
        return found + [f"{key} is in the books and not in the register" for key in held]

    # -- Sellsy's side -------------------------------------------------------------------------------------------
    def documents(self) -> list[dict[str, Any]]:
        """What the emulated Sellsy holds, with its own figures."""
        answer = requests.get(f"{self._controls()}/documents", params={"account": CLIENT}, timeout=5)
        found: list[dict[str, Any]] = answer.json()
        return found

    def change(self, document: Mapping[str, Any], **wanted: Any) -> None:
        """Change a document at the source, as a user of Sellsy would."""
        url = f"{self._controls()}/documents/{document['kind']}/{document['id']}"
        requests.post(url, params={"account": CLIENT}, json=wanted, timeout=5).raise_for_status()

    def keep_only(self, *numbers: str) -> None:
        """Delete every document that is not one of ``numbers`` (the sandbox adds deposits of its own)."""
        for document in self.documents():
            if document["number"] not in numbers:
                self.change(document, deleted=True)

    def _controls(self) -> str:
        return f"{self.sandbox.url}/_sandbox/sellsy"

    # -- the clock -----------------------------------------------------------------------------------------------
    def tomorrow(self) -> None:
        """The next night: whoever died last night has lost the lease."""
        self.clock += dt.timedelta(days=1)

    def close(self) -> None:
        """Give the database back."""
        self.register.close()


def _plain_key(key: str) -> str:
    """Tools keep our key in the characters they take."""
    return key.lower().replace("-", ":")


def _balances(lines: Iterable[tuple[str, int, int]]) -> dict[str, int]:
    """Debit minus credit per account; VAT of all rates together, because some tools choose its accounts."""
    found: Counter[str] = Counter()
    for account, debit_cents, credit_cents in lines:
        found["445" if account.startswith("445") else account.rstrip("0")] += debit_cents - credit_cents
    return {account: cents for account, cents in sorted(found.items()) if cents}


@contextmanager
def serving(data: Path) -> Iterator[Sandbox]:
    """A sandbox over a data file, without quotas."""
    with Sandbox(quota=False, data=data) as sandbox:
        yield sandbox
