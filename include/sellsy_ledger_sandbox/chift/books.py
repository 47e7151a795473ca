"""The books of one folder in the tool behind emulated Chift, and every check of what is written into them.

Codes and words of refusals are those of Chift's OpenAPI; the amount rules those of its guide on invoices. The closed
years, accounts and VAT codes come from the sandbox's common ledger.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sellsy_ledger_sandbox.base import HandEntry, World
from sellsy_ledger_sandbox.chift import bodies
from sellsy_ledger_sandbox.chift.behind import Behind
from sellsy_ledger_sandbox.chift.bodies import cents
from sellsy_ledger_sandbox.ledger import VatCode

__all__ = ["Booked", "Books", "Line", "Party", "Refusal"]

CONTROLS = {"client": "411000", "supplier": "401000"}
CORRECTION_MAX = 1
_VAT_NUMBER = re.compile(r"[A-Z]{2}[A-Z0-9]{2,13}")
JOURNAL_TYPES = {
    "sales": "customer_invoice",
    "purchases": "supplier_invoice",
    "bank": "financial_operation",
    "other": "miscellaneous_operation",
}


class Refusal(Exception):
    """An error answer of the API: status, code and words."""

    def __init__(self, status: int, code: str | None, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code and f"ERROR_{code}", message


@dataclass
class Party:
    """A client or supplier."""

    id: str
    kind: str
    number: str
    body: bodies.Partner
    reference: str | None


@dataclass
class Line:
    """A line of a booked entry, in cents."""

    id: str
    account: str
    debit: int
    credit: int
    label: str
    party: Party | None = None
    tax_code: str | None = None


@dataclass
class Booked:
    """An entry, and the invoice that made it, where one did."""

    id: str
    entry_id: str
    journal: str
    date: dt.date
    number: str
    draft: bool
    lines: list[Line]
    due_date: dt.date | None
    reference: str | None
    invoice: bodies.Invoice | None
    party: Party | None
    key: str | None
    pdf: bytes | None = None
    pdf_name: str = "document.pdf"
    matched: bool = False


@dataclass
class Books:
    """One folder of one consumer.

    Attributes:
        world: the common ledger and the clock.
        behind: the tool.
        prefix: what its ids begin with.
        busy_journals: journals that somebody has open.
        drops_pdf: the tool takes no PDF for the moment.
    """

    world: World
    behind: Behind
    prefix: str
    parties: dict[str, Party] = field(default_factory=dict)
    booked: list[Booked] = field(default_factory=list)
    busy_journals: set[str] = field(default_factory=set)
    drops_pdf: bool = False
    _ids: int = 0

    def new_id(self) -> str:
        """An id that nothing else in this folder has."""
        self._ids += 1
        return f"{self.prefix}{self._ids}"

    def vat_code(self, code: str) -> VatCode | None:
        """The VAT code of that id."""
        return next((each for each in self.world.vat_codes if each["code"] == code), None)

    def find(self, wanted: str, *, entry: bool = False) -> Booked | None:
        """By the id of the invoice, or of the entry."""
        return next((each for each in self.booked if wanted == (each.entry_id if entry else each.id)), None)

    # -- third parties -------------------------------------------------------------------------------------------
    def add_party(self, kind: str, body: bodies.Partner) -> Party:
        """Create a client or supplier.

        Raises:
            Refusal: its number is taken or too long, or its VAT number is none.
        """
        if body.vat and not _VAT_NUMBER.fullmatch(body.vat):
            raise Refusal(422, "INVALID_VAT_FORMAT", "The VAT number doesn't seem to be correct. Please remove dots.")
        number = (
            body.account_number or re.sub("[^A-Z0-9]", "", body.name.upper())[: self.behind.auxiliary_max]
        ).upper()
        if len(number) > self.behind.auxiliary_max:
            raise Refusal(422, None, f"account_number is longer than {self.behind.auxiliary_max} characters.")
        taken = next((each for each in self.parties.values() if each.number == number), None)
        if taken is not None:
            message = f"A client/supplier already exists with the same code/id ({taken.id}) in the accounting system."
            raise Refusal(400, "PARTNER_ALREADY_EXISTS", message)
        reference = body.external_reference if self.behind.keeps_reference else None
        party = Party(self.new_id(), kind, number, body, reference)
        self.parties[party.id] = party
        return party

    # -- what both routes check ----------------------------------------------------------------------------------
    def journal_of(self, journal_id: str, kinds: Iterable[str], code: str) -> str:
        """The journal, of one of the kinds; refused while somebody has it open."""
        journal = next((each for each in self.world.journals if each["code"] == journal_id), None)
        if journal is None:
            raise Refusal(404, "JOURNAL_NOT_FOUND", f"The journal '{journal_id}' doesn't exist.")
        if journal["kind"] not in kinds:
            raise Refusal(400, code, "The journal cannot be used for this scope.")
        if journal_id in self.busy_journals:
            message = "The entry couldn't be created in the accounting system. The journal is already open."
            raise Refusal(400, "JOURNAL_ALREADY_OPEN", message)
        return journal_id

    def check_day(self, day: dt.date) -> None:
        """Refuse a day outside the years, or in a closed one."""
        years = [year for year in self.world.fiscal_years if year["start"] <= day.isoformat() <= year["end"]]
        if not years or years[0]["closed"]:
            raise Refusal(400, "BOOKYEAR_NOT_FOUND", "The accounting system is not set up for this date.")

    def check_account(self, number: str | None) -> str:
        """The account, which must exist."""
        if number is None or all(each["number"] != number for each in self.world.chart):
            raise Refusal(404, "ACCOUNT_NUMBER_NOT_FOUND", f"The account number '{number}' doesn't exist.")
        return number

    def check_code(self, code: str) -> VatCode:
        """The VAT code, which must exist."""
        found = self.vat_code(code)
        if found is None:
            raise Refusal(404, "TAX_CODE_NOT_FOUND", f"The tax code '{code}' doesn't exist in the accounting system.")
        return found

    def check_party(self, party_id: str | None, kind: str) -> Party:
        """The client or supplier, which must exist and be of that kind."""
        party = self.parties.get(party_id or "")
        if party is None or party.kind != kind:
            raise Refusal(404, "PARTNER_NOT_FOUND", f"The {kind} '{party_id}' doesn't exist in the accounting system.")
        return party

    def check_currency(self, currency: str) -> None:
        """Only the folder's own currency is kept here."""
        if currency != "EUR":
            raise Refusal(404, "CURRENCY_NOT_FOUND", f"No currency with code '{currency}' was found.")

    def check_draft(self, *, draft: bool) -> None:
        """Refuse a draft where the tool has none."""
        if draft and not self.behind.draft:
            raise Refusal(400, None, f"{self.behind.integration} does not support draft entries.")

    def pdf_of(self, text: str | None) -> bytes | None:
        """The decoded PDF; None without one, or while the tool takes none."""
        if text is None:
            return None
        try:
            body = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            body = b""
        if not body.startswith(b"%PDF"):
            message = "The document is not a valid base64 string representing a PDF."
            raise Refusal(400, "INVALID_BASE64_STRING", message)
        return None if self.drops_pdf else body

    def attach(self, booked: Booked, body: bodies.Attachment, *, overwrite: bool) -> None:
        """Attach a PDF to an invoice."""
        if booked.pdf is not None and not overwrite:
            raise Refusal(400, "ATTACHMENT_ALREADY_EXISTS", "An attachment already exists for this invoice.")
        booked.pdf = self.pdf_of(body.base64_string)
        booked.pdf_name = body.name or booked.pdf_name

    def keep(self, booked: Booked) -> Booked:
        """Book it; labels are cut to the tool's length."""
        for line in booked.lines:
            line.label = line.label[: self.behind.label_max]
        self.booked.append(booked)
        return booked

    def type_in(self, entry: HandEntry) -> None:
        """Keep an entry that somebody typed in the tool; a third party is opened when there is none.

        Raises:
            ValueError: it cannot be.
        """
        lines: list[Line] = []
        for each in entry["lines"]:
            balance, own = each["debit_cents"] - each["credit_cents"], each.get("auxiliary_account")
            if not own:
                lines.append(self.line(each["account"], balance, each["label"]))
                continue
            party = next((one for one in self.parties.values() if one.number == own), None)
            kind = "client" if each["account"].startswith("41") else "supplier"
            body = bodies.Partner(name=entry["third_party_name"], account_number=own, addresses=[])
            party = party or self.add_party(kind, body)
            lines.append(self.line(self.party_account(party), balance, each["label"], party=party))
        self.keep(
            Booked(
                id="",
                entry_id=self.new_id(),
                journal=entry["journal"],
                date=dt.date.fromisoformat(entry["date"]),
                number=entry["piece"],
                draft=False,
                lines=lines,
                due_date=None,
                reference=None,
                invoice=None,
                party=None,
                key=None,
            )
        )

    def line(self, account: str, balance: int, label: str, **more: Any) -> Line:
        """A line from debit minus credit."""
        return Line(self.new_id(), account, max(balance, 0), max(-balance, 0), label, **more)

    def party_account(self, party: Party) -> str:
        """The account that a third party's line shows."""
        return CONTROLS[party.kind] if self.behind.collective else party.number


def rounded(amount: Decimal) -> int:
    """Cents of an amount in cents, half up."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def sha256(body: bytes | None) -> str | None:
    """The hash of a PDF."""
    return hashlib.sha256(body).hexdigest() if body is not None else None


def exact_cents(amount: Decimal) -> int:
    """Cents of an amount of a body.

    Raises:
        Refusal: it has more than two decimals.
    """
    try:
        return cents(amount)
    except bodies.BadBody as error:
        raise Refusal(400, None, f"{error}.") from None
