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
from tempfile import TemporaryDirectory
from typing import Any

import requests
from tests.contract.suite import Kit, kits, publish, transports
from tests.elastic_time import ElasticTime
from tests.empty_register import empty_register

from sellsy_ledger.core.capabilities import PdfSupport
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.core.settings import CompanySettings, load_settings
from sellsy_ledger.pipeline.access import check_access
from sellsy_ledger.pipeline.assemble import build_company, connect_sellsy, connect_tool
from sellsy_ledger.pipeline.company import Company, Selection
from sellsy_ledger.pipeline.delivery import deliver_batch
from sellsy_ledger.pipeline.fetch import fetch_invoices
from sellsy_ledger.pipeline.imports import await_imports
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

__all__ = ["TARGETS", "Stage", "line", "paper", "write_papers"]

TARGETS: dict[str, Kit] = {kit.name: kit for kit in kits() if kit.target}
"""Every way into the books that the stories are told for: one per tool and channel."""
CLIENT = "demo-client-c"
_RATES = ("20", "10", "5.5", "2.1")
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


def settings_for(kit: Kit, **changes: Any) -> CompanySettings:
    """Settings that fit the sandbox's books."""
    vat: list[dict[str, Any]] = []
    for rate in _RATES:
        shared = {"rate": rate, "category": "S"}
        sales, purchases = kit.vat_codes.get(rate), kit.purchase_vat_codes.get(rate)
        vat.append({"direction": "sales", "vat_code": sales, "account": _COLLECTED[rate], **shared})
        vat.append({"direction": "purchases", "vat_code": purchases, "account": "445660", **shared})
    no_sales, no_purchases = kit.no_vat_codes
    vat.append({"direction": "sales", "rate": "0", "vat_code": no_sales, "account": None})
    vat.append({"direction": "purchases", "rate": "0", "category": "E", "vat_code": no_purchases, "account": None})
    plain: dict[str, Any] = {
        "company": "atelier",
        "name": "Atelier Exemple SARL",
        "tool": kit.tool,
        "sellsy_conn_id": "sellsy__atelier",
        "tool_conn_id": f"{kit.tool}__atelier",
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
    return load_settings({**plain, **kit.settings, **changes}, where="stage")


class LinkingStore(LocalDocumentStore):
    """A document store that can sign, as an object storage does: its links lead to the sandbox."""

    def __init__(self, root: Path, url: str) -> None:
        super().__init__(root)
        self._url = url

    def signed_url(self, path: str, seconds: int) -> str:
        """A link to the document, for whoever has it."""
        return publish(self._url, self.get(path))


class Stage:
    """One company, one tool, one sandbox."""

    def __init__(self, sandbox: Sandbox, target: str, folder: Path, **settings: Any) -> None:
        self.sandbox = sandbox
        self.kit = TARGETS[target]
        self.tool = self.kit.tool
        self.folder = folder
        self.settings = settings_for(self.kit, **settings)
        self.clock = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)
        self.secret = "demo-secret-sellsy"
        self.tool_secrets = dict(self.kit.secrets)
        self.time = ElasticTime()
        self.read_timeout_seconds = 5.0
        self.inbox.mkdir(exist_ok=True)
        if not (folder / "register.db").exists():
            (folder / "register.db").write_bytes(empty_register())
        self.register = self.open_register()
        self.runs = 0

    @property
    def inbox(self) -> Path:
        """The folder of tools that import files."""
        return self.folder / "inbox"

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
            self.settings.tool_conn_id: self.kit.connection(url, self.inbox, self.tool_secrets),
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
            LinkingStore(self.folder / "store", self.sandbox.url),
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
        capabilities = company.connector.capabilities
        for batch in batches:
            post_entries(company, batch)
            if capabilities.asynchronous:
                self._await_imports(company, batch)
            verify_entries(company, batch)
        if capabilities.batches and batches:
            deliver_batch(company)
        return build_report(company) if batches else None

    def _await_imports(self, company: Company, batch: str) -> None:
        """As the deferred task does: look, let the tool work, look again."""
        for _ in range(5):
            if not await_imports(company, batch).states.get("posting"):
                return
            self.meanwhile()

    def meanwhile(self) -> None:
        """Time passes at the tool's side: its queue is worked off, a person imports what was delivered."""
        self.kit.meanwhile(self.sandbox.url, self.inbox)

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
        """What the tool's own witness ledger holds, once somebody has imported what was delivered."""
        if self.kit.capabilities.batches:
            self.meanwhile()
        name = self.kit.ledger_name
        return [dict(one) for one in self.sandbox.entries(self.tool) if not name or one.get("company") == name]

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

    @property
    def proved_state(self) -> State:
        """Where a document ends that is in the books as well as the tool can show."""
        return State.VERIFIED if self.kit.capabilities.read_back else State.POSTED

    @property
    def state_after_a_night(self) -> State:
        """Where a document stands the morning after, before anybody has imported a file."""
        return State.DELIVERED if self.kit.capabilities.batches else self.proved_state

    def settle(self) -> None:
        """Let whoever imports files do so, and the next night take note."""
        if self.kit.capabilities.batches:
            self.meanwhile()
            self.tomorrow()
            self.night()

    def problems_with_the_books(self) -> list[str]:
        """What register and witness ledger do not agree on; nothing when every document is there exactly once."""
        self.settle()
        held: dict[str, list[dict[str, Any]]] = {}
        for entry in self.entries():
            held.setdefault(str(entry["key"]), []).append(entry)
        found = [f"{key} is booked {len(entries)} times" for key, entries in held.items() if len(entries) != 1]
        for record in self.records():
            if record.state is not self.proved_state:
                found.append(f"{record.key} is {record.state} {record.reason or ''} {record.detail}")
                continue
            assert record.posting is not None
            assert record.entry is not None
            entry = (held.pop(self.kit.witness_key(record.posting.posting_key), None) or [{}])[0]
            ours = _balances(
                (one.auxiliary_account or one.account, one.debit_cents, one.credit_cents) for one in record.entry.lines
            )
            theirs = _balances(
                (one.get("auxiliary_account") or one["account"], one["debit_cents"], one["credit_cents"])
                for one in entry.get("lines", ())
            )
            if ours != theirs:
                found.append(f"{record.key}: {theirs} in the books, {ours} in the register")
            pdf = record.supporting_document
            sent = self.kit.capabilities.pdf is not PdfSupport.NEVER
            if sent and pdf is not None and entry.get("pdf_sha256") != pdf.sha256:
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
        if self.kit.capabilities.asynchronous:
            self.meanwhile()
        self.clock += dt.timedelta(days=1)

    def close(self) -> None:
        """Give the database back."""
        self.register.close()


def _balances(lines: Iterable[tuple[str, int, int]]) -> dict[str, int]:
    """Debit minus credit per account; VAT of all rates together, because some tools choose its accounts."""
    found: Counter[str] = Counter()
    for account, debit_cents, credit_cents in lines:
        found["445" if account.startswith("445") else account.rstrip("0")] += debit_cents - credit_cents
    return {account: cents for account, cents in sorted(found.items()) if cents}


@contextmanager
def serving(data: Path) -> Iterator[Sandbox]:
    """A sandbox over a data file, without quotas."""
    with TemporaryDirectory() as storage, Sandbox(quota=False, data=data, storage=Path(storage)) as sandbox:
        yield sandbox
