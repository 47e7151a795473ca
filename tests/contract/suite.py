"""What the one contract suite needs: a kit per tool, a bench that joins a connector to the sandbox, documents to book.

A tool joins the suite with one module ``tests/contract/tools/<tool>.py`` that defines ``KIT``. Nothing else here or in
``test_connectors.py`` names a tool.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import msgspec

from sellsy_ledger.connectors import registry
from sellsy_ledger.connectors.base import LedgerConnector, PostingRequest
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.documents import Direction, Kind, SupportingDocument
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import Ledger
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import Address, LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import AccessError
from sellsy_ledger.http.transport import Transport
from sellsy_ledger.pipeline.comparison import differences
from sellsy_ledger_sandbox.base import Entry
from sellsy_ledger_sandbox.server import Sandbox
from tests.contract import tools
from tests.elastic_time import ElasticTime

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
DAY = dt.date(2026, 2, 3)


@dataclass(frozen=True)
class Refusal:
    """One thing the tool refuses: how to spoil a good request, and the reason that must come out."""

    name: str
    spoil: Callable[[PostingRequest], PostingRequest]
    reason: Reason


@dataclass(frozen=True)
class Kit:
    """What the suite must know of one tool.

    Attributes:
        tool: its name in the registry and in the sandbox.
        secrets: credentials that the sandbox accepts.
        wrong_secrets: credentials that it refuses.
        write_route: the sandbox's route of the one request that books.
        draft_write_route: the same for a draft.
        create_route: the route that creates a customer.
        vat_codes: rate → the tool's sales VAT code.
        witness_key: posting key → the key that the sandbox shows for the entry.
        refusals: what the tool refuses.
        path: what follows the sandbox's address in the base URL.
        options: the Connection's options.
        refuses_second: True when the tool itself refuses a second entry of one key.
        answers_first: True when the connector answers a second post of one key with the entry of the first.
        crowd: so many third parties fill more than one page, where the tool has pages.
        transport: connector → its transport.
        small_pages: makes the connector ask for small pages, where the tool has pages.
    """

    tool: str
    secrets: Mapping[str, str]
    wrong_secrets: Mapping[str, str]
    write_route: str
    draft_write_route: str
    create_route: str
    vat_codes: Mapping[str, str]
    witness_key: Callable[[str], str]
    refusals: tuple[Refusal, ...]
    path: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    refuses_second: bool = False
    answers_first: bool = False
    crowd: int = 12
    transport: Callable[[Any], Transport] = lambda connector: connector.client.transport
    small_pages: Callable[[Any], None] = lambda connector: None


def kits() -> list[Kit]:
    """The kits that exist, by the tool's name; a test sees to it that no tool of the registry lacks one."""
    names = sorted(module.name for module in pkgutil.iter_modules(tools.__path__))
    return [import_module(f"{tools.__name__}.{name}").KIT for name in names]


class Bench:
    """One connector on the sandbox, with no waiting: its time is elastic, a hanging answer is given up at once."""

    def __init__(self, kit: Kit, sandbox: Sandbox) -> None:
        self.kit, self.sandbox, self.time = kit, sandbox, ElasticTime()
        self.connector = self.connect()
        self._ledger: Ledger | None = None
        self._parties: dict[str, LedgerThirdParty] = {}

    @property
    def capabilities(self) -> Capabilities:
        return self.connector.capabilities

    @property
    def ledger(self) -> Ledger:
        if self._ledger is None:
            self._ledger = self.connector.read_ledger()
        return self._ledger

    def connect(self, secrets: Mapping[str, str] | None = None, url: str | None = None) -> LedgerConnector:
        cls: Any = registry.connector_class(self.kit.tool)
        connector: LedgerConnector = cls.from_credentials(
            base_url=f"{url or self.sandbox.url}/{self.kit.tool}{self.kit.path}",
            secrets=secrets or self.kit.secrets,
            options=self.kit.options,
            throttle=self.time.throttle(registry.capabilities(self.kit.tool).rate_limit),
        )
        transport = self.kit.transport(connector)
        transport.sleep = self.time.sleep
        transport.timeout_seconds = (2.0, 0.3)
        return connector

    def access_problems(self, connector: LedgerConnector) -> list[str]:
        """What the access check says is wrong, each with what to do about it."""
        try:
            return [f"{check.detail} {check.action}" for check in connector.check_access() if not check.ok]
        except AccessError as error:
            return [str(error)]

    def fault(self, route: str, kind: str, nth: int = 1) -> None:
        self.sandbox.faults([{"tool": self.kit.tool, "route": route, "nth": nth, "kind": kind}])

    def witness(self) -> list[Entry]:
        """What the sandbox's own ledger holds."""
        return self.sandbox.entries(self.kit.tool)

    def third_party(self, name: str = "Exemple Conseil SARL", direction: Direction = Direction.SALES) -> ThirdParty:
        return ThirdParty(
            direction=direction,
            type="company",
            id=sum(name.encode()),
            name=name,
            email="compta@exemple.example",
            address=Address(line="1 rue de l'Exemple", postal_code="69001", city="Lyon", country_code="FR"),
        )

    def auxiliary(self, third_party: ThirdParty) -> str:
        prefix = self.capabilities.auxiliary_prefix.get(third_party.direction.value, "")
        letters = "".join(character for character in third_party.name.upper() if character.isascii())
        letters = "".join(character for character in letters if character.isalnum())
        return (prefix + letters)[: self.capabilities.auxiliary_max or 20]

    def created(self, name: str = "Exemple Conseil SARL") -> LedgerThirdParty:
        if name not in self._parties:
            third_party = self.third_party(name)
            self._parties[name] = self.connector.create_third_party(third_party, self.auxiliary(third_party))
        return self._parties[name]

    def request(self, number: int = 1, **changes: Any) -> PostingRequest:
        """A sales invoice of 123.45 € with two VAT rates and its own PDF."""
        party = self.created()
        label = "Exemple Conseil SARL"
        lines = (
            EntryLine(
                account="411000",
                auxiliary_account=party.auxiliary_account,
                label=label,
                debit_cents=12345,
                role=Role.THIRD_PARTY,
            ),
            self.line("706000", 5000, Role.NET, "20", label),
            self.line("707000", 5768, Role.NET, "10", label),
            self.line("445710", 1000, Role.VAT, "20", label),
            self.line("445711", 577, Role.VAT, "10", label),
        )
        entry = JournalEntry(
            journal="VE",
            date=DAY,
            piece=f"FAC2026{number:04d}",
            number=f"FAC-2026-{number:04d}",
            piece_date=DAY,
            due_date=DAY + dt.timedelta(days=30),
            lines=lines,
        )
        pdf = PDF + f"% {number}\n".encode()
        request = PostingRequest(
            posting_key=f"sellsy:4242:sales_invoice:{990_000 + number}",
            kind=Kind.SALES_INVOICE,
            entry=entry,
            third_party=party,
            ledger=self.ledger,
            draft=False,
            pdf=pdf,
            supporting_document=SupportingDocument(
                path=f"demo/{number}.pdf",
                file_name=f"FAC-2026-{number:04d}.pdf",
                sha256=hashlib.sha256(pdf).hexdigest(),
                size_bytes=len(pdf),
            ),
            description="Conseil",
        )
        return msgspec.structs.replace(request, **changes)

    def line(self, account: str, credit_cents: int, role: Role, rate: str, label: str) -> EntryLine:
        return EntryLine(
            account=account, label=label, credit_cents=credit_cents, vat_code=self.kit.vat_codes[rate], role=role
        )

    def held(self, request: PostingRequest) -> list[Entry]:
        """The sandbox's entries that carry the request's key."""
        key = self.kit.witness_key(request.posting_key)
        return [entry for entry in self.witness() if entry["key"] == key]

    def assert_booked_once(self, request: PostingRequest) -> None:
        """One entry in the witness ledger, to the cent, with the PDF's own bytes; and the tool reads it back alike."""
        entry = self.held(request)
        assert len(entry) == 1, f"{len(entry)} entries of {request.posting_key}"
        debit, credit = (sum(line[side] for line in entry[0]["lines"]) for side in ("debit_cents", "credit_cents"))
        assert debit == credit == request.entry.debit_cents
        if request.pdf is not None:
            assert entry[0]["pdf_sha256"] == hashlib.sha256(request.pdf).hexdigest()
        found = self.connector.find_entry(request)
        assert found is not None
        held = self.connector.read_back(request, found.entry_id)
        assert held is not None
        assert differences(request, held, self.capabilities, pdf_sha256=_sha256(request)) == []


def _sha256(request: PostingRequest) -> str | None:
    return hashlib.sha256(request.pdf).hexdigest() if request.pdf is not None else None


def replace_entry(request: PostingRequest, **changes: Any) -> PostingRequest:
    """The request with another entry."""
    return msgspec.structs.replace(request, entry=msgspec.structs.replace(request.entry, **changes))


def replace_line(request: PostingRequest, position: int, **changes: Any) -> PostingRequest:
    """The request with one line of its entry changed."""
    lines = list(request.entry.lines)
    lines[position] = msgspec.structs.replace(lines[position], **changes)
    return replace_entry(request, lines=tuple(lines))
