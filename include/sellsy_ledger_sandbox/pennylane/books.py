"""The books of one emulated Pennylane company: what it holds, and the entry that an imported invoice makes.

The accounts and years come from the sandbox's common ledger. Where Pennylane's documentation is silent (the answer for
a closed year, the accounts of its VAT codes), the choice made here is named in a comment.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET

from sellsy_ledger_sandbox.base import Entry, EntryLine, HandEntry, World
from sellsy_ledger_sandbox.pennylane import bodies
from sellsy_ledger_sandbox.pennylane.bodies import cents

__all__ = ["Account", "Books", "File", "Invoice", "LedgerEntry", "Line", "Party", "Refusal"]

FIRST_ID = 20_260_000_000_001
"""Real ids have 14 digits: they do not fit 32 bits."""

_SALES_VAT = {"FR_200": "445710", "FR_100": "445711", "FR_55": "445712", "FR_21": "445713"}
_SELF_ASSESSED = re.compile("intracom|crossborder|extracom|construction")
_RATE = re.compile(r"_(\d+)(?:_construction)?$")


class Refusal(Exception):
    """An answer that is no success: status and Pennylane's words."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status, self.error = status, error


@dataclass
class Account:
    """A ledger account; ``vat_rate`` is ``any`` or a VAT code."""

    id: int
    number: str
    label: str
    vat_rate: str = "any"


@dataclass
class Party:
    """A customer (company or individual) or a supplier, with the body it was created from."""

    id: int
    kind: str
    name: str
    account: Account
    body: Any
    created_at: str
    external_reference: str


@dataclass
class File:
    """An uploaded file."""

    id: int
    name: str
    content: bytes
    sha256: str


@dataclass
class Line:
    """One entry line, cents on one side."""

    id: int
    account: Account
    debit: int
    credit: int
    label: str
    vat_rate: str | None = None


@dataclass
class LedgerEntry:
    """An entry, made by an invoice or raw."""

    id: int
    journal: dict[str, Any]
    date: dt.date
    due_date: dt.date | None
    label: str
    piece_number: str
    lines: list[Line]
    created_at: str
    file: File | None = None
    invoice: Invoice | None = None


@dataclass
class Invoice:
    """An imported customer or supplier invoice."""

    id: int
    sales: bool
    body: bodies.CustomerInvoice | bodies.SupplierInvoice
    party: Party
    file: File
    entry: LedgerEntry | None
    created_at: str
    external_reference: str
    archived: bool = False


@dataclass
class Books:
    """One company."""

    world: World
    name: str
    reg_no: str
    accounts: dict[int, Account] = field(default_factory=dict)
    journals: dict[int, dict[str, Any]] = field(default_factory=dict)
    years: list[dict[str, Any]] = field(default_factory=list)
    customers: dict[int, Party] = field(default_factory=dict)
    suppliers: dict[int, Party] = field(default_factory=dict)
    files: dict[int, File] = field(default_factory=dict)
    invoices: dict[int, Invoice] = field(default_factory=dict)
    entries: dict[int, LedgerEntry] = field(default_factory=dict)
    _last_id: int = FIRST_ID

    def __post_init__(self) -> None:
        self.id = self.next_id()
        for account in self.world.chart:
            self.add_account(account["number"], account["label"])
        # One number held twice, once per VAT rate: Pennylane does that.
        self.add_account("707000", "Ventes de marchandises 5,5 %", "FR_55")
        for journal in self.world.journals:
            kind = {"sales": "sales", "purchases": "purchases", "bank": "bank"}.get(journal["kind"], "miscellaneous")
            identifier = self.next_id()
            self.journals[identifier] = {
                "id": identifier, "code": journal["code"], "label": journal["label"], "type": kind,
            }  # fmt: skip
        for year in self.world.fiscal_years:
            status = "closed" if year["closed"] else "open"
            self.years.append({"id": self.next_id(), "start": year["start"], "finish": year["end"], "status": status})

    # -- small things --------------------------------------------------------------------------------------------
    def next_id(self) -> int:
        """A new id, unique in the company."""
        self._last_id += 7
        return self._last_id

    def now(self) -> str:
        """RFC 3339 with microseconds, in UTC."""
        return self.world.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def add_account(self, number: str, label: str, vat_rate: str = "any") -> Account:
        """Open an account."""
        account = Account(self.next_id(), number, label, vat_rate)
        self.accounts[account.id] = account
        return account

    def account(self, number: str) -> Account:
        """The account of that number for any VAT rate; opened when it is missing."""
        found = next((a for a in self.accounts.values() if a.number == number and a.vat_rate == "any"), None)
        return found or self.add_account(number, number)

    # -- third parties -------------------------------------------------------------------------------------------
    def add_party(self, kind: str, body: Any) -> Party:
        """Create a customer or supplier with its account."""
        held = self.suppliers if kind == "supplier" else self.customers
        reference = body.external_reference or hashlib.sha256(str(self._last_id).encode()).hexdigest()[:32]
        if any(party.external_reference == reference for party in held.values()):
            raise Refusal(422, "External reference has already been taken")
        name = body.name if kind != "individual" else f"{body.first_name} {body.last_name}"
        number = body.ledger_account.number if body.ledger_account else self._free_number(kind, name)
        if any(party.account.number == number for party in held.values()):
            raise Refusal(422, "Ledger account number has already been taken")
        taken = next((account for account in self.accounts.values() if account.number == number), None)
        party = Party(self.next_id(), kind, name, taken or self.add_account(number, name), body, self.now(), reference)
        held[party.id] = party
        return party

    def _free_number(self, kind: str, name: str) -> str:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
        stem = ("401" if kind == "supplier" else "411") + re.sub("[^A-Z0-9]", "", plain)[:12]
        numbers = {account.number for account in self.accounts.values()}
        return next(number for number in (stem, *(f"{stem}{n}" for n in range(2, 10_000))) if number not in numbers)

    # -- files ---------------------------------------------------------------------------------------------------
    def add_file(self, name: str, content: bytes) -> File:
        """Keep an uploaded file."""
        file = File(self.next_id(), name, content, hashlib.sha256(content).hexdigest())
        self.files[file.id] = file
        return file

    def _unused_file(self, file_id: int) -> File:
        file = self.files.get(file_id)
        if file is None:
            raise Refusal(404, f"Couldn't find FileAttachment with 'id'={file_id}")
        # Whose bytes decide, not the upload: the same content under another upload id is refused all the same.
        same = next((invoice for invoice in self.invoices.values() if invoice.file.sha256 == file.sha256), None)
        if same is not None:
            raise Refusal(409, f"A document with ID {same.id} already exists with such attachment.")
        return file

    # -- invoices ------------------------------------------------------------------------------------------------
    def import_invoice(self, body: bodies.CustomerInvoice | bodies.SupplierInvoice) -> Invoice:
        """Check an import as Pennylane does, keep it and make its entry."""
        sales = isinstance(body, bodies.CustomerInvoice)
        parties, model = (self.customers, "Customer") if sales else (self.suppliers, "Supplier")
        party_id = body.customer_id if isinstance(body, bodies.CustomerInvoice) else body.supplier_id
        if party_id not in parties:
            raise Refusal(404, f"Couldn't find {model} with 'id'={party_id}")
        reference = body.external_reference or f"generated-{self._last_id}"
        if any(held.sales == sales and held.external_reference == reference for held in self.invoices.values()):
            raise Refusal(422, "External reference has already been taken")
        self._check_year(body.date)
        _check_sums(body)
        file = self._unused_file(body.file_attachment_id)
        entry = self._entry_of(body, parties[party_id], sales=sales)
        invoice = Invoice(self.next_id(), sales, body, parties[party_id], file, entry, self.now(), reference)
        entry.invoice, entry.file = invoice, file
        self.invoices[invoice.id] = invoice
        self.entries[entry.id] = entry
        return invoice

    def _check_year(self, day: dt.date) -> None:
        # What the real API answers is not documented; a refusal by a business rule is 422 everywhere else.
        for year in self.years:
            if year["start"] <= day.isoformat() <= year["finish"]:
                if year["status"] in ("closed", "frozen"):
                    raise Refusal(422, "Date is in a closed fiscal year")
                return
        raise Refusal(422, "Date is not in any fiscal year")

    def _entry_of(
        self, body: bodies.CustomerInvoice | bodies.SupplierInvoice, party: Party, *, sales: bool
    ) -> LedgerEntry:
        gross, label = cents(body.currency_amount), body.label or f"{body.invoice_number} {party.name}"
        lines = [self._line(party.account, gross if sales else -gross, label, None)]
        lines += self._net_lines(body, sales=sales)
        lines += self._vat_lines(body, sales=sales)
        gap = sum(line.credit - line.debit for line in lines)
        if gap:
            # At most a cent per line, checked before: Pennylane balances it by itself.
            lines.append(self._line(self.account("658000" if gap > 0 else "758000"), gap, "Arrondi", None))
        kind = "sales" if sales else "purchases"
        journal = next(journal for journal in self.journals.values() if journal["type"] == kind)
        return LedgerEntry(
            self.next_id(), journal, body.date, body.deadline, label, f"{kind[:1].upper()}{self._last_id}",
            [line for line in lines if line.debit or line.credit], self.now(),
        )  # fmt: skip

    def _net_lines(self, body: bodies.CustomerInvoice | bodies.SupplierInvoice, *, sales: bool) -> Iterator[Line]:
        """Lines with the same label, tax and account are one."""
        merged: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        for line in body.invoice_lines:
            account = self._line_account(line, sales=sales)
            label = line.ledger_entry_line.label if line.ledger_entry_line is not UNSET else line.label or body.label
            merged[label or "", line.vat_rate, account.id] += cents(line.currency_amount) - cents(line.currency_tax)
        for (label, rate, account_id), net in merged.items():
            yield self._line(self.accounts[account_id], -net if sales else net, label, rate)

    def _line_account(self, line: bodies.CustomerLine | bodies.SupplierLine, *, sales: bool) -> Account:
        if line.ledger_account_id is UNSET:
            return self.account("706000" if sales else "607000")
        if line.ledger_account_id not in self.accounts:
            raise Refusal(404, f"Couldn't find LedgerAccount with 'id'={line.ledger_account_id}")
        return self.accounts[line.ledger_account_id]

    def _vat_lines(self, body: bodies.CustomerInvoice | bodies.SupplierInvoice, *, sales: bool) -> Iterator[Line]:
        """One line per VAT code, and the pair of the codes under which the buyer assesses the VAT himself."""
        taxes: defaultdict[str, int] = defaultdict(int)
        bases: defaultdict[str, int] = defaultdict(int)
        for line in body.invoice_lines:
            taxes[line.vat_rate] += cents(line.currency_tax)
            bases[line.vat_rate] += cents(line.currency_amount) - cents(line.currency_tax)
        for rate, tax in taxes.items():
            number = _SALES_VAT.get(rate, "445710") if sales else "445660"
            yield self._line(self.account(number), -tax if sales else tax, f"TVA {rate}", rate)
            if not sales and _SELF_ASSESSED.search(rate):
                # Which rate crossborder and extracom mean is not documented: the normal one.
                digits = _RATE.search(rate)
                vat = round(bases[rate] * (int(digits[1]) if digits else 200) / 1000)
                deductible, due = ("445660", "445720") if "construction" in rate else ("445662", "445200")
                yield self._line(self.account(deductible), vat, f"TVA {rate}", rate)
                yield self._line(self.account(due), -vat, f"TVA {rate}", rate)

    def _line(self, account: Account, debit: int, label: str, rate: str | None) -> Line:
        """A line from signed cents: positive debits, negative credits."""
        return Line(self.next_id(), account, max(debit, 0), max(-debit, 0), label, rate)

    # -- raw entries ---------------------------------------------------------------------------------------------
    def add_entry(self, body: bodies.LedgerEntry) -> LedgerEntry:
        """Keep a raw entry; the same one twice is two entries."""
        journal = self.journals.get(body.journal_id)
        if journal is None:
            raise Refusal(404, f"Couldn't find Journal with 'id'={body.journal_id}")
        missing = next((x for x in body.ledger_entry_lines if x.ledger_account_id not in self.accounts), None)
        if missing is not None:
            raise Refusal(404, f"Couldn't find LedgerAccount with 'id'={missing.ledger_account_id}")
        if sum(cents(line.debit) - cents(line.credit) for line in body.ledger_entry_lines):
            raise Refusal(422, "Entry lines are not balanced")
        self._check_year(body.date)
        lines = [
            Line(
                self.next_id(),
                self.accounts[x.ledger_account_id],
                cents(x.debit),
                cents(x.credit),
                x.label or body.label,
            )
            for x in body.ledger_entry_lines
        ]
        number = body.piece_number or f"OD{self._last_id}"
        entry = LedgerEntry(self.next_id(), journal, body.date, body.due_date, body.label, number, lines, self.now())
        if body.file_attachment_id is not UNSET:
            entry.file = self.files.get(body.file_attachment_id)
        self.entries[entry.id] = entry
        return entry

    # -- what people and the e-invoicing platform do ---------------------------------------------------------------
    def type_in(self, entry: HandEntry) -> None:
        """Keep an entry that somebody typed; a third party is opened with its account.

        Raises:
            ValueError: it cannot be.
        """
        journal = next((each for each in self.journals.values() if each["code"] == entry["journal"]), None)
        if journal is None:
            raise ValueError(f"journal {entry['journal']} does not exist")
        lines = []
        for each in entry["lines"]:
            own = each.get("auxiliary_account")
            account = self._party_of(own, entry["third_party_name"]).account if own else self.account(each["account"])
            lines.append(Line(self.next_id(), account, each["debit_cents"], each["credit_cents"], each["label"]))
        day = dt.date.fromisoformat(entry["date"])
        label = f"{entry['third_party_name']} {entry['piece']}"
        made = LedgerEntry(self.next_id(), journal, day, None, label, entry["piece"], lines, self.now())
        self.entries[made.id] = made

    def receive(self, wanted: Mapping[str, str]) -> Invoice:
        """A supplier's invoice comes in over the e-invoicing platform: it has no entry yet."""
        party = self._party_of(wanted["account"], wanted["name"])
        name, net = f"{wanted['number']}.pdf", wanted["amount"]
        line = bodies.SupplierLine(vat_rate="exempt", currency_amount=net, currency_tax="0")
        day = dt.date.fromisoformat(wanted["date"])
        file = self.add_file(name, f"%PDF-1.7 {wanted['number']}".encode())
        body = bodies.SupplierInvoice(
            file_attachment_id=file.id, date=day, deadline=day, import_as_incomplete=True, supplier_id=party.id,
            currency_amount_before_tax=net, currency_amount=net, currency_tax="0", invoice_lines=[line],
            invoice_number=wanted["number"],
        )  # fmt: skip
        invoice = Invoice(self.next_id(), False, body, party, file, None, self.now(), f"generated-{self._last_id}")
        self.invoices[invoice.id] = invoice
        return invoice

    def _party_of(self, number: str, name: str) -> Party:
        held = {**self.customers, **self.suppliers}.values()
        found = next((party for party in held if party.account.number == number), None)
        if found is not None:
            return found
        account = bodies.AccountNumber(number=number)
        if number.startswith("401"):
            return self.add_party("supplier", bodies.Supplier(name=name, ledger_account=account))
        address = bodies.Address(address="1 rue", postal_code="69001", city="Lyon", country_alpha2="FR")
        body = bodies.CompanyCustomer(name=name, ledger_account=account, billing_address=address)
        return self.add_party("company", body)

    # -- the witness ---------------------------------------------------------------------------------------------
    def witnessed(self) -> Iterator[Entry]:
        """Every entry as the control surface shows it."""
        for entry in self.entries.values():
            marker = re.search(r"\[([^\[\]]+)\]$", entry.label)
            key = entry.invoice.external_reference if entry.invoice else marker.group(1) if marker else None
            lines: list[EntryLine] = [
                {
                    "account": line.account.number,
                    "debit_cents": line.debit,
                    "credit_cents": line.credit,
                    "label": line.label,
                    "vat_code": line.vat_rate,
                }
                for line in entry.lines
            ]
            yield {
                "id": str(entry.invoice.id if entry.invoice else entry.id),
                "key": key,
                "journal": entry.journal["code"],
                "date": entry.date.isoformat(),
                "piece": entry.invoice.body.invoice_number if entry.invoice else entry.piece_number,
                "lines": lines,
                "pdf_sha256": entry.file.sha256 if entry.file else None,
                "draft": bool(entry.invoice and entry.invoice.body.import_as_incomplete),
                "company": self.name,
            }


def _check_sums(body: bodies.CustomerInvoice | bodies.SupplierInvoice) -> None:
    """Totals and lines may differ by a cent per line; VAT is not compared with its rate."""
    allowed = len(body.invoice_lines)
    for name in ("currency_amount", "currency_tax"):
        total, lines = getattr(body, name), sum(cents(getattr(line, name)) for line in body.invoice_lines)
        if abs(cents(total) - lines) > allowed:
            raise Refusal(
                422,
                f'The sum of invoice lines "{name}" ({lines / 100}) does not match with the total "{name}" ({total})',
            )
    if abs(cents(body.currency_amount_before_tax) + cents(body.currency_tax) - cents(body.currency_amount)) > allowed:
        raise Refusal(422, 'The "currency_amount" does not match with "currency_amount_before_tax" and "currency_tax"')
