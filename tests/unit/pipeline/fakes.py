"""In-memory stand-ins for both APIs, with faults on demand; the register and the core are the real ones."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import msgspec
from tests.empty_register import empty_register

from sellsy_ledger.connectors.base import (
    BatchResult,
    BatchState,
    Deposit,
    LedgerConnector,
    PostedEntry,
    PostedLine,
    PostingRequest,
    Receipt,
)
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.capabilities import Capabilities, KeySupport, PdfSupport, ThirdPartySupport, VatSupport
from sellsy_ledger.core.corrections import base_of
from sellsy_ledger.core.documents import Direction, Document, Kind, Row, ThirdPartyRef, VatAmount
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, Ledger, VatCode
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.settings import CompanySettings, load_settings
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import DocumentError, OutcomeUnknown, PostingConflict
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
from sellsy_ledger.register.store import Posting, Register
from sellsy_ledger.sources.sellsy.listing import Problem

START = dt.date(2026, 1, 1)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"invoice " * 20 + b"\n%%EOF\n"

SETTINGS: dict[str, Any] = {
    "company": "atelier",
    "name": "Atelier Exemple SARL",
    "tool": "fake",
    "sellsy_conn_id": "sellsy__atelier",
    "tool_conn_id": "fake__atelier",
    "start_date": "2026-01-01",
    "scope": "sales_and_purchases",
    "label_style": "third_party",
    "mappings": {
        "vat": [
            {"direction": "sales", "rate": "20", "vat_code": "C20", "account": "445710"},
            {"direction": "sales", "rate": "10", "vat_code": "C10", "account": "445711"},
            {"direction": "purchases", "rate": "20", "vat_code": "D20", "account": "445660"},
        ],
        "rounding_vat_codes": {"sales": "C0", "purchases": "D0"},
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

CAPABILITIES = Capabilities(
    tool="fake",
    title="Outil d'essai",
    draft=True,
    pdf=PdfSupport.WITH_ENTRY,
    key=KeySupport.NATIVE,
    read_back=True,
    pdf_read_back=True,
    third_parties=ThirdPartySupport.API,
    vat=VatSupport.CODE_PER_LINE,
    auxiliary_in_account=True,
    auxiliary_max=17,
    auxiliary_pattern="[A-Z0-9]",
    auxiliary_prefix={"sales": "411", "purchases": "401"},
    pdf_max_bytes=1024 * 1024,
)

LEDGER = Ledger(
    accounts=tuple(
        Account(number=number)
        for number in ("706000", "607000", "411000", "401000", "445710", "445711", "445660", "758000", "658000")
    ),
    journals=(Journal(code="VE", kind="sales"), Journal(code="AC", kind="purchases")),
    vat_codes=tuple(VatCode(code=code) for code in ("C20", "C10", "C0", "D20", "D0")),
    fiscal_years=(
        FiscalYear(start=dt.date(2025, 1, 1), end=dt.date(2025, 12, 31), closed=True),
        FiscalYear(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31)),
    ),
    account_length=6,
    tool="fake",
)


def settings(**changes: Any) -> CompanySettings:
    """The example settings with top-level changes."""
    return load_settings({**SETTINGS, **changes}, where="test")


def invoice(identifier: int, net_cents: int = 10000, kind: Kind = Kind.SALES_INVOICE, **changes: Any) -> Document:
    """A one-row document at 20 %, accounted, with its rows already known."""
    net = Decimal(net_cents) / 100
    vat_cents = int((Decimal(net_cents) * 20 / 100).to_integral_value())
    fields: dict[str, Any] = {
        "kind": kind,
        "id": identifier,
        "number": f"F-2026-{identifier:04d}",
        "date": dt.date(2026, 2, 1) + dt.timedelta(days=identifier % 28),
        "currency": "EUR",
        "gross_cents": net_cents + vat_cents,
        "net_cents": net_cents,
        "vat": (VatAmount(tax_id=911, rate=Decimal(20), vat_cents=vat_cents, category="S"),),
        "rows": (Row(net=net, tax_id=911, rate=Decimal(20), description="Conseil"),),
        "accounted": True,
        "third_party": ThirdPartyRef(type="company", id=7000 + identifier % 3),
        "third_party_name": f"Client {identifier % 3}",
    }
    return Document(**{**fields, **changes})


def third_party_of(document: Document) -> ThirdParty:
    """The Sellsy company behind a document of :func:`invoice`."""
    reference = document.third_party
    assert reference is not None
    return ThirdParty(
        direction=document.kind.direction, type=reference.type, id=reference.id, name=document.third_party_name
    )


@dataclass
class FakeReader:
    """Sellsy with a list of documents; each method may be given a fault for one document key."""

    documents: list[Document] = field(default_factory=list)
    pdfs: dict[str, bytes | Exception] = field(default_factory=dict)
    faults: dict[tuple[str, str], Exception] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    account: str = "4242"
    page_size: int = 100
    lists_rows: bool = True
    tells_marks: bool = False
    problems: list[Problem] = field(default_factory=list)

    def check_access(self, *, directions: Sequence[Direction] = ()) -> list[AccessCheck]:
        self.calls.append("check_access")
        return [AccessCheck(step="Sellsy", ok=True)]

    def reference(self) -> Any:
        return SimpleNamespace(
            taxes={}, accounting_codes={}, default_accounts=frozenset({"706000"}), deposit_account=None
        )

    def accounting_mark(
        self, directions: Sequence[Direction], dated_from: dt.date, dated_to: dt.date | None
    ) -> str | None:
        self.calls.append("mark")
        return ",".join(sorted(document.key for document in self.documents)) if self.tells_marks else None

    def accounted(
        self, directions: Sequence[Direction], dated_from: dt.date, dated_to: dt.date | None
    ) -> Iterator[list[tuple[Document, ThirdParty | None]]]:
        found = [
            document
            for document in self.documents
            if document.kind.direction in directions
            and document.date >= dated_from
            and (dated_to is None or document.date <= dated_to)
        ]
        for start in range(0, len(found), self.page_size) or [0]:
            self.calls.append("accounted")
            yield [
                (
                    document if self.lists_rows else msgspec.structs.replace(document, rows=None),
                    third_party_of(document),
                )
                for document in found[start : start + self.page_size]
            ]

    def detail(self, document: Document) -> Document:
        self.calls.append(f"detail {document.key}")
        self._fail("detail", document.key)
        found = next((known for known in self.documents if known.key == base_of(document.key)), None)
        if found is None:
            raise DocumentError("no such document", reason=Reason.NOT_ACCOUNTED)
        return found

    def third_parties(self, documents: Sequence[Document]) -> Mapping[str, ThirdParty]:
        return {document.key: third_party_of(document) for document in documents}

    def supporting_document(self, document: Document) -> Any:
        self.calls.append(f"pdf {document.key}")
        body = self.pdfs.get(document.key, PDF + document.key.encode())
        if isinstance(body, Exception):
            raise body
        return SimpleNamespace(body=body, file_name=f"{document.number}.pdf", origin="original")

    def _fail(self, method: str, key: str) -> None:
        error = self.faults.get((method, key))
        if error is not None:
            raise error


def missing_pdf() -> DocumentError:
    """What the reader raises when Sellsy holds no PDF."""
    return DocumentError("no PDF", reason=Reason.SUPPORTING_DOCUMENT_MISSING)


@dataclass
class _Held:
    request: PostingRequest
    entry_id: str


class FakeConnector(LedgerConnector):
    """A tool in memory. ``script[method]`` is a list of things to happen at the next calls: an exception to raise
    (``after`` the effect when it is a tuple ``("after", error)``), or None for a normal call.
    """

    capabilities = CAPABILITIES

    @classmethod
    def from_credentials(cls, **connection: Any) -> Self:
        raise NotImplementedError

    def __init__(self, ledger: Ledger = LEDGER, capabilities: Capabilities = CAPABILITIES) -> None:
        self.capabilities = capabilities
        self.ledger = ledger
        self.held: list[_Held] = []
        self.created: list[LedgerThirdParty] = []
        self.script: dict[str, list[Any]] = {}
        self.calls: list[str] = []
        self.attached: dict[str, bytes] = {}

    def _play(self, method: str, effect: Callable[[], Any]) -> Any:
        self.calls.append(method)
        act = self.script[method].pop(0) if self.script.get(method) else None
        if isinstance(act, Exception):
            raise act
        result = effect()
        if isinstance(act, tuple):
            raise act[1]
        return result

    def check_access(self) -> Sequence[AccessCheck]:
        return self._play("check_access", lambda: [AccessCheck(step="Outil", ok=True)])

    def read_ledger(self) -> Ledger:
        return self._play(
            "read_ledger",
            lambda: msgspec.structs.replace(self.ledger, third_parties=(*self.ledger.third_parties, *self.created)),
        )

    def create_third_party(self, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
        def effect() -> LedgerThirdParty:
            for known in (*self.ledger.third_parties, *self.created):
                if known.auxiliary_account == auxiliary_account:
                    return known
            created = LedgerThirdParty(
                auxiliary_account=auxiliary_account,
                name=third_party.name,
                direction=third_party.direction,
                tool_id=f"T{len(self.created) + 1}",
            )
            self.created.append(created)
            return created

        return self._play("create_third_party", effect)

    def payload(self, request: PostingRequest) -> Mapping[str, Any]:
        pdf = hashlib.sha256(request.pdf).hexdigest() if request.pdf else None
        return {"key": request.posting_key, "entry": msgspec.to_builtins(request.entry), "pdf": pdf}

    def find_entry(self, request: PostingRequest) -> PostedEntry | None:
        def effect() -> PostedEntry | None:
            found = [held for held in self.held if held.request.posting_key == request.posting_key]
            if len(found) > 1:
                raise PostingConflict("two entries under one key")
            return self._shown(found[0]) if found else None

        return self._play("find_entry", effect)

    def post_entry(self, request: PostingRequest) -> Receipt:
        def effect() -> Receipt:
            self.held.append(_Held(request, f"E{len(self.held) + 1}"))
            return Receipt(entry_id=self.held[-1].entry_id, draft=request.draft, pdf_attached=request.pdf is not None)

        return self._play("post_entry", effect)

    def read_back(self, request: PostingRequest, entry_id: str) -> PostedEntry | None:
        def effect() -> PostedEntry | None:
            return next((self._shown(held) for held in self.held if held.entry_id == entry_id), None)

        return self._play("read_back", effect)

    def attach_document(self, request: PostingRequest, entry_id: str) -> None:
        def effect() -> None:
            assert request.pdf is not None
            self.attached[entry_id] = request.pdf

        self._play("attach_document", effect)

    def _shown(self, held: _Held) -> PostedEntry:
        entry = held.request.entry
        pdf = self.attached.get(held.entry_id, held.request.pdf)
        return PostedEntry(
            entry_id=held.entry_id,
            date=entry.date,
            journal=entry.journal,
            piece=entry.piece,
            lines=tuple(
                PostedLine(
                    account=line.auxiliary_account or line.account,
                    debit_cents=line.debit_cents,
                    credit_cents=line.credit_cents,
                    label=line.label,
                )
                for line in entry.lines
            ),
            draft=held.request.draft,
            pdf_sha256=hashlib.sha256(pdf).hexdigest() if pdf else None,
            pdf_present=pdf is not None,
        )


class QueueConnector(FakeConnector):
    """A tool that takes entries into a queue. What is in it is booked, and visible, ``seconds`` later by the world's
    clock; ``refuses`` says which posting keys the import refuses then.
    """

    def __init__(self, seconds: float = 0.0, **changes: Any) -> None:
        super().__init__(
            capabilities=msgspec.structs.replace(
                CAPABILITIES, **{"asynchronous": True, "settles_within_seconds": 600, **changes}
            )
        )
        self.seconds = seconds
        self.refuses: dict[str, DocumentError] = {}
        self.forgotten: set[str] = set()
        self.now: Callable[[], dt.datetime] = lambda: dt.datetime.max.replace(tzinfo=dt.UTC)
        self.queue: dict[str, tuple[dt.datetime, PostingRequest]] = {}
        self.ended: dict[str, str | DocumentError] = {}
        self._taken = 0

    def _work_off(self) -> None:
        for handle, (since, request) in list(self.queue.items()):
            if self.now() - since >= dt.timedelta(seconds=self.seconds):
                del self.queue[handle]
                refusal = self.refuses.get(request.posting_key)
                if refusal is None:
                    self.held.append(_Held(request, f"E{len(self.held) + 1}"))
                self.ended[handle] = refusal or self.held[-1].entry_id

    def post_entry(self, request: PostingRequest) -> Receipt:
        def effect() -> Receipt:
            self._taken += 1
            handle = f"I{self._taken}"
            self.queue[handle] = (self.now(), request)
            return Receipt(entry_id="", handle=handle)

        return self._play("post_entry", effect)

    def wait_until_done(self, request: PostingRequest, receipt: Receipt) -> Receipt | None:
        def effect() -> Receipt | None:
            self._work_off()
            assert receipt.entry_id == ""
            if receipt.handle in self.forgotten or receipt.handle not in self.queue.keys() | self.ended.keys():
                raise OutcomeUnknown("no such import")
            end = self.ended.get(receipt.handle)
            if isinstance(end, DocumentError):
                raise end
            return None if end is None else Receipt(entry_id=end, draft=request.draft, pdf_attached=True)

        return self._play("wait_until_done", effect)

    def find_entry(self, request: PostingRequest) -> PostedEntry | None:
        self._work_off()
        return super().find_entry(request)


class FileConnector(FakeConnector):
    """A tool that imports files. ``said`` holds what somebody said of a file; ``unfit`` posting keys do not go in."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(
            capabilities=msgspec.structs.replace(
                CAPABILITIES, **{"batches": True, "read_back": False, "pdf_read_back": False, "draft": False, **changes}
            )
        )
        self.files: dict[str, list[_Held]] = {}
        self.said: dict[str, BatchState] = {}
        self.unfit: dict[str, DocumentError] = {}

    def post_entry(self, request: PostingRequest) -> Receipt:
        raise AssertionError("entries go with a file")

    def find_entry(self, request: PostingRequest) -> PostedEntry | None:
        def effect() -> PostedEntry | None:
            found = [
                (name, held)
                for name, file in self.files.items()
                for held in file
                if held.request.posting_key == request.posting_key
            ]
            if len(found) > 1:
                raise PostingConflict("in two files")
            if not found:
                return None
            name, held = found[0]
            return msgspec.structs.replace(self._shown(held), handle=name, entry_id="", draft=None)

        return self._play("find_entry", effect)

    def deliver_batch(self, batch: str, requests: Iterable[PostingRequest]) -> BatchResult:
        def effect() -> BatchResult:
            if batch not in self.files:
                file, refused = [], {}
                for request in requests:
                    if request.posting_key in self.unfit:
                        refused[request.posting_key] = self.unfit[request.posting_key]
                    else:
                        file.append(_Held(request, f"{batch}-{len(file)}"))
                self.files[batch] = file
                self.held += file
            else:
                refused = {}
            return BatchResult(tuple(held.request.posting_key for held in self.files[batch]), refused)

        return self._play("deliver_batch", effect)

    def batch_state(self, batch: str) -> BatchState:
        return self._play("batch_state", lambda: self.said.get(batch, BatchState.DELIVERED))


class DepositConnector(FakeConnector):
    """A tool that takes PDFs without entry, and is asked for them only when it ``can_tell``."""

    def __init__(self, *, can_tell: bool = True, **changes: Any) -> None:
        super().__init__(capabilities=msgspec.structs.replace(CAPABILITIES, **{"document_only": "panier", **changes}))
        self.can_tell = can_tell
        self.deposits: list[Deposit] = []

    def deposit_document(self, deposit: Deposit) -> Receipt:
        def effect() -> Receipt:
            self.deposits.append(deposit)
            return Receipt(entry_id=f"D{len(self.deposits)}", pdf_attached=True)

        return self._play("deposit_document", effect)

    def find_deposit(self, deposit: Deposit) -> Receipt | None:
        def effect() -> Receipt | None:
            if not self.can_tell:
                raise OutcomeUnknown("the tool does not list what was deposited")
            keys = [held.posting_key for held in self.deposits]
            if deposit.posting_key not in keys:
                return None
            return Receipt(entry_id=f"D{keys.index(deposit.posting_key) + 1}")

        return self._play("find_deposit", effect)


class World:
    """One company between a fake Sellsy and a fake tool, over a real register; the clock is set by hand."""

    def __init__(
        self, folder: Path, *documents: Document, connector: FakeConnector | None = None, **changes: Any
    ) -> None:
        self.clock = dt.datetime(2026, 3, 1, 2, 0, tzinfo=dt.UTC)
        self.sellsy = FakeReader(list(documents))
        self.tool = connector or FakeConnector()
        self.folder = folder
        if not (folder / "register.db").exists():
            (folder / "register.db").write_bytes(empty_register())
        self.register = Register.open(f"sqlite:///{folder}/register.db", now=lambda: self.clock)
        self.settings = settings(**changes)
        self._runs = 0
        if isinstance(self.tool, QueueConnector):
            self.tool.now = lambda: self.clock

    def company(self, run_id: str | None = None) -> Company:
        """The company in a run of its own."""
        if run_id is None:
            self._runs += 1
            run_id = f"run-{self._runs}"
        return Company(
            settings=self.settings,
            sellsy=self.sellsy,  # type: ignore[arg-type]
            connector=self.tool,
            register=self.register,
            documents=LocalDocumentStore(self.folder / "store"),
            who=f"test/{run_id}",
            run_id=run_id,
            now=lambda: self.clock,
        )

    def night(self, run_id: str | None = None, *, batch_size: int = 200, **selection: Any) -> RunReport | None:
        """One whole run; None when there was nothing to do."""
        company = self.company(run_id)
        self.last = company
        batches = self.prepare(company, batch_size=batch_size, **selection)
        if not batches:
            return None
        self.finish(company, batches)
        return build_report(company)

    def finish(self, company: Company, batches: list[str], *, looks: int = 1) -> None:
        """All steps from posting on, the report apart."""
        for batch in batches:
            post_entries(company, batch)
        for batch in batches:
            for _ in range(looks):
                await_imports(company, batch)
            verify_entries(company, batch)
        deliver_batch(company)

    def prepare(self, company: Company, *, batch_size: int = 200, **selection: Any) -> list[str]:
        """All steps before posting."""
        chosen = Selection(**{"kind": "scheduled", "dated_from": START, **selection})
        batches = fetch_invoices(company, chosen, batch_size=batch_size)
        for batch in batches:
            fetch_pdfs(company, batch)
            resolve_third_parties(company, batch)
            map_vat_and_accounts(company, batch)
            compute_rounding(company, batch)
        return batches

    def state(self, document: Document) -> str:
        """``state`` or ``state(reason)`` of one document."""
        (record,) = self.register.load("atelier", [document.key])
        return f"{record.state}({record.reason})" if record.reason else str(record.state)

    def detail(self, document: Document) -> str:
        """What people read about one document."""
        (record,) = self.register.load("atelier", [document.key])
        return record.detail

    def posting(self, document: Document) -> Posting:
        """What is remembered of its hand-over."""
        (record,) = self.register.load("atelier", [document.key])
        assert record.posting is not None
        return record.posting

    def keys_held(self) -> list[str]:
        """Posting keys in the tool, sorted, duplicates shown."""
        return sorted(held.request.posting_key for held in self.tool.held)
