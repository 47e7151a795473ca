"""What the one contract suite needs: a kit per tool, a bench that joins a connector to the sandbox, documents to book.

A tool joins the suite with one module ``tests/contract/tools/<tool>.py`` that defines ``KIT``. Nothing else here or
in the suites over all of them (``test_connectors.py``, ``test_corrections.py``, ``test_books.py``) names a tool.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests

from sellsy_ledger.connectors import registry
from sellsy_ledger.connectors.base import Deposit, LedgerConnector, PostingRequest, Receipt
from sellsy_ledger.core.capabilities import Capabilities, PdfSupport
from sellsy_ledger.core.corrections import opposite, reversed_entry
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
CARRIED_OUT = ("drop_after", "timeout_after", "500_after", "truncated")
NOT_CARRIED_OUT = ("drop_before", "timeout", "500", "html")
# What may have changed in a document; see :meth:`Bench.second_version`.
CHANGES = ("amounts", "account", "labels")


@dataclass(frozen=True)
class Refusal:
    """One thing the tool refuses: how to spoil a good request, and the reason that must come out."""

    name: str
    spoil: Callable[[PostingRequest], PostingRequest]
    reason: Reason


@dataclass(frozen=True)
class Kit:
    """What the suites must know of one tool, or of one variant of it (a channel, the tool behind a service).

    Attributes:
        tool: its name in the registry and in the sandbox.
        secrets: credentials that the sandbox accepts; empty where the tool asks for none.
        wrong_secrets: credentials that it refuses; empty likewise.
        write_route: the sandbox's route of the one request that books; empty where nothing is sent over HTTP.
        create_route: the route that creates a customer; empty where third parties are not created over HTTP.
        vat_codes: rate → the tool's sales VAT code, for "20", "10", "5.5" and "2.1".
        purchase_vat_codes: the same for purchases.
        no_vat_codes: the codes of 0 %, for sales and for purchases; None where none is needed.
        witness_key: posting key → the key that the sandbox shows for the entry.
        refusals: what the tool refuses.
        draft_write_route: the route that books a draft, where there are drafts.
        deposit_route: the route that takes a PDF without entry, where there is that mode.
        variant: the name of the variant in ``registry.variants``; empty where there is one way only.
        path: what follows ``<sandbox>/<tool>`` in the base URL.
        has_url: False where the Connection has no address (a folder of files).
        options: the Connection's options; ``{url}`` is the sandbox's address, ``{folder}`` an empty folder.
        refuses_second: True when the tool itself refuses a second entry of one key.
        answers_first: True when the connector answers a second post of one key with the entry of the first.
        crowd: so many third parties fill more than one page, where the tool has pages.
        small_pages: makes the connector ask for small pages, where the tool has pages.
        meanwhile: what happens at the tool's side while nobody looks: its queue is worked off, a person imports the
            file that was delivered. Gets the sandbox's address and the folder.
        settings: changes to the company's settings on the stage of the scenarios.
        ledger_name: ``company`` of the witness's entries, where the sandbox keeps several ledgers of the tool.
        books_route: the route that :meth:`booked_entries` reads, where books are read.
        close: makes the booked entry of a witness key unchangeable (validated, lettered), where the tool shows that.
        replace_route: the route that puts an entry in the place of another, where entries are replaced.
        replaces_drafts: True where only a draft may be replaced.
        account_of: what the tool calls the third party ``CDURAND`` or ``FPAPIER`` of an entry that somebody typed in.
        pdf_held: the bytes that the tool holds for a request, where they are not the request's own.
        reverse_charge_code: VAT code of a purchase whose VAT the buyer owes himself (20 %).
        target: True for the variants that the scenarios and fault tests play with; every variant has the contract.
    """

    tool: str
    secrets: Mapping[str, str]
    wrong_secrets: Mapping[str, str]
    write_route: str
    create_route: str
    vat_codes: Mapping[str, str]
    witness_key: Callable[[str], str]
    refusals: tuple[Refusal, ...]
    purchase_vat_codes: Mapping[str, str] = field(default_factory=dict)
    no_vat_codes: tuple[str | None, str | None] = (None, None)
    draft_write_route: str = ""
    deposit_route: str = ""
    variant: str = ""
    path: str = ""
    has_url: bool = True
    options: Mapping[str, str] = field(default_factory=dict)
    refuses_second: bool = False
    answers_first: bool = False
    crowd: int = 12
    small_pages: Callable[[Any], None] = lambda connector: None
    meanwhile: Callable[[str, Path], None] = lambda url, folder: None
    settings: Mapping[str, Any] = field(default_factory=dict)
    ledger_name: str = ""
    books_route: str = ""
    close: Callable[[str, str], None] | None = None
    replace_route: str = ""
    replaces_drafts: bool = False
    account_of: Callable[[str], str] = lambda code: code
    pdf_held: Callable[[PostingRequest], bytes] = lambda request: request.pdf or b""
    reverse_charge_code: str | None = None
    target: bool = True

    def connection(self, url: str, folder: Path, secrets: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What the Connection to the sandbox at ``url`` holds, in the connector's own terms."""
        return {
            "base_url": f"{url}/{self.tool}{self.path}" if self.has_url else "",
            "secrets": dict(self.secrets if secrets is None else secrets),
            "options": {name: value.format(url=url, folder=folder) for name, value in self.options.items()},
        }

    @property
    def name(self) -> str:
        """How tests call it: ``sage100-odata``."""
        return f"{self.tool}-{self.variant}" if self.variant else self.tool

    @property
    def capabilities(self) -> Capabilities:
        """What the registry says that it can do."""
        return registry.variants(self.tool)[self.variant]


def kits() -> list[Kit]:
    """Every kit, by the tool's name; a test sees to it that no variant of the registry lacks one."""
    names = sorted(module.name for module in pkgutil.iter_modules(tools.__path__))
    return [kit for name in names for kit in import_module(f"{tools.__name__}.{name}").KITS]


class Bench:
    """One connector on the sandbox, with no waiting: its time is elastic, a hanging answer is given up at once."""

    def __init__(self, kit: Kit, sandbox: Sandbox, folder: Path) -> None:
        self.kit, self.sandbox, self.folder, self.time = kit, sandbox, folder, ElasticTime()
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
        connection = self.kit.connection(url or self.sandbox.url, self.folder, secrets)
        connector = registry.connector_class(self.kit.tool).from_credentials(
            **connection, throttle=self.time.throttle(self.kit.capabilities.rate_limit)
        )
        for transport in transports(connector):
            transport.sleep = self.time.sleep
            transport.timeout_seconds = (2.0, 0.3)
        return connector

    # -- posting, whatever the way into the books -----------------------------------------------------------------
    def post(self, request: PostingRequest) -> Receipt:
        """Book the entry to the end: an import is waited for, a delivered file is imported by somebody."""
        return self.finish(request, self.connector.post_entry(request))

    def finish(self, request: PostingRequest, receipt: Receipt) -> Receipt:
        """What happens after the tool took the entry in."""
        self.meanwhile()
        for _ in range(10):
            if not self.capabilities.asynchronous or not receipt.handle:
                return receipt
            done = self.connector.wait_until_done(request, receipt)
            if done is not None:
                return done
            self.meanwhile()
        raise AssertionError(f"{receipt.handle} never ends")

    def meanwhile(self) -> None:
        """Time passes at the tool's side."""
        self.kit.meanwhile(self.sandbox.url, self.folder)

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
        name = self.kit.ledger_name
        return [one for one in self.sandbox.entries(self.kit.tool) if not name or one.get("company") == name]

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
        request = msgspec.structs.replace(request, **changes)
        if self.capabilities.pdf is PdfSupport.URL and request.pdf is not None:
            link = partial(publish, self.sandbox.url, request.pdf)
            request = msgspec.structs.replace(request, pdf_url=link)
        return request

    # -- corrections, and what else is in the books ----------------------------------------------------------------
    def reversal(self, request: PostingRequest) -> PostingRequest:
        """What takes the posted entry back, on its own day: every fact of it but its sides, its kind and its key."""
        number, _, version = request.posting_key.split(":")[3].partition("-v")
        kind = opposite(request.kind)
        return msgspec.structs.replace(
            request,
            posting_key=f"sellsy:4242:{kind.value}:{number}-r{version or 1}",
            kind=kind,
            entry=reversed_entry(request.entry, request.entry.date),
        )

    def second_version(self, request: PostingRequest, change: str) -> PostingRequest:
        """A posted sales invoice as it reads after a change at the source, with a PDF of its own.

        Args:
            request: the first version.
            change: ``amounts``; ``account``: the third party's line is what it was; ``labels``: every amount is.
        """
        pdf = PDF + b"% second version\n"
        lines = list(request.entry.lines)
        if change == "amounts":
            lines[0] = msgspec.structs.replace(lines[0], debit_cents=lines[0].debit_cents + 1200)
            lines[1] = msgspec.structs.replace(lines[1], credit_cents=lines[1].credit_cents + 1000)
            lines[3] = msgspec.structs.replace(lines[3], credit_cents=lines[3].credit_cents + 200)
        elif change == "account":
            lines[2] = msgspec.structs.replace(lines[2], account="701000")
        else:
            lines = [msgspec.structs.replace(line, label="Exemple Conseil Paris") for line in lines]
        assert request.supporting_document is not None
        changed = msgspec.structs.replace(
            request,
            posting_key=f"{request.posting_key}-v2",
            entry=msgspec.structs.replace(request.entry, lines=tuple(lines)),
            pdf=pdf,
            supporting_document=msgspec.structs.replace(
                request.supporting_document, sha256=hashlib.sha256(pdf).hexdigest(), size_bytes=len(pdf)
            ),
        )
        if self.capabilities.pdf is PdfSupport.URL:
            changed = msgspec.structs.replace(changed, pdf_url=partial(publish, self.sandbox.url, pdf))
        return changed

    def type_in(self, piece: str, gross_cents: int, day: dt.date = DAY, **changes: Any) -> None:
        """Somebody types an invoice into the tool: a sale where ``gross_cents`` is positive, else a purchase."""
        sale, cents = gross_cents > 0, abs(gross_cents)
        debit, credit = {"debit_cents": cents, "credit_cents": 0}, {"debit_cents": 0, "credit_cents": cents}
        entry = {
            "journal": "VE" if sale else "AC",
            "date": day.isoformat(),
            "piece": piece,
            "third_party_account": self.kit.account_of("CDURAND" if sale else "FPAPIER"),
            "third_party_name": "Durand SARL" if sale else "Papier SA",
            "lines": [
                {"account": "411000" if sale else "401000", **(debit if sale else credit), "label": f"Saisie {piece}"},
                {"account": "706000" if sale else "606400", **(credit if sale else debit), "label": f"Saisie {piece}"},
            ],
            **({"company": self.kit.ledger_name} if self.kit.ledger_name else {}),
            **changes,
        }
        self.sandbox.type_in(self.kit.tool, entry)

    def booked(self, direction: Direction = Direction.SALES, first: dt.date = DAY, last: dt.date = DAY) -> list[Any]:
        """What the books show of the period, as a connector of its own reads it."""
        return list(self.connect().booked_entries(direction, first, last))

    def deposit(self, number: int = 1) -> Deposit:
        """The PDF of :meth:`request`, to be handed over without an entry."""
        request = self.request(number)
        assert request.pdf is not None
        assert request.supporting_document is not None
        return Deposit(
            posting_key=request.posting_key,
            kind=request.kind,
            number=request.entry.number,
            date=request.entry.date,
            third_party_name="Exemple Conseil SARL",
            pdf=request.pdf,
            supporting_document=request.supporting_document,
        )

    def line(self, account: str, credit_cents: int, role: Role, rate: str, label: str) -> EntryLine:
        code = self.kit.vat_codes.get(rate)
        return EntryLine(account=account, label=label, credit_cents=credit_cents, vat_code=code, role=role)

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
        if request.pdf is not None and self.capabilities.pdf is not PdfSupport.NEVER:
            assert entry[0]["pdf_sha256"] == hashlib.sha256(self.kit.pdf_held(request)).hexdigest()
        found = self.connector.find_entry(request)
        assert found is not None
        if not self.capabilities.read_back:
            return
        held = self.connector.read_back(request, found.entry_id)
        assert held is not None
        assert differences(request, held, self.capabilities, pdf_sha256=_sha256(request)) == []


def only_where(possible: object, why: str) -> None:
    """Leave out what a tool cannot do by its own capabilities or channel."""
    if not possible:
        pytest.skip(why)


def needs_http(bench: Bench) -> None:
    only_where(bench.kit.write_route, "nothing is sent over HTTP")


def transports(holder: object, depth: int = 4) -> Iterator[Transport]:
    """Every transport that a client holds, however deep."""
    for value in vars(holder).values() if hasattr(holder, "__dict__") else ():
        if isinstance(value, Transport):
            yield value
        elif depth and type(value).__module__.startswith("sellsy_ledger."):
            yield from transports(value, depth - 1)


def publish(url: str, body: bytes) -> str:
    """Put a PDF where the sandbox's tools can fetch it; the link to it."""
    name = f"{hashlib.sha256(body).hexdigest()}.pdf"
    answer = requests.put(f"{url}/_sandbox/files/{name}", data=body, timeout=10)
    answer.raise_for_status()
    link: str = answer.json()["url"]
    return link


def with_label(text: str, posting_key: str) -> str:
    """``text``, and behind it the label of the correction that the key is of, in capitals: ``FAC20260001R1``."""
    _, _, label = posting_key.split(":")[3].partition("-")
    return f"{text}{label.upper()}"


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
