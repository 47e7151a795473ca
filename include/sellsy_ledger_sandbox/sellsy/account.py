"""One emulated Sellsy account: its documents, customers, suppliers, files and journal, built the same way every time.

Documents are public sample invoices with French VAT, dated over 2025-10-01 … 2026-11-20 in a fixed order, plus the
hand-made ones of :mod:`sellsy_ledger_sandbox.sellsy.oddities`. Nothing is random: the same account always has the
same ids, numbers, amounts and bytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from sellsy_ledger_sandbox.sellsy.booking import Booking, journal_lines
from sellsy_ledger_sandbox.sellsy.papers import Paper, Party, Row, cents, read_paper
from sellsy_ledger_sandbox.sellsy.render import purchase, sale, third_party

__all__ = ["FIRST_DAY", "LAST_DAY", "Account", "Filed", "samples"]

Json = dict[str, Any]
FIRST_DAY: Final = date(2025, 10, 1)
LAST_DAY: Final = date(2026, 11, 20)
_SALES_CODES: Final = (None, None, "706000", "707000", None, "7061", "707100", None, "704000", None, "708999")
_PURCHASE_CODES: Final = (None, "607000", "606400", None, "604000", "613200", "622000", "606300", None, "611000")
_BOOKED: Final = ("on_receipt", "is_deposit", "deposits", "exported")
# How many decimals Sellsy prints: two as a rule, three, eight and nine were seen too.
_DECIMALS: Final = (2, 2, 2, 3, 2, 9, 2, 8)


@dataclass
class Filed:
    """One document of the account with everything the API tells about it.

    ``pdf`` is ``pdf``, ``html`` (a page instead of a PDF) or ``none``; ``original`` says where the supplier's PDF of a
    purchase lies in the briefcases: ``(linkedtype, "id" | "linkedid")`` or None. ``revision`` moves with each change,
    and the links of its files with it.
    """

    kind: str
    document: Json
    booking: Booking
    embeds: Json = field(default_factory=dict)
    accounted: bool = True
    pdf: str = "pdf"
    original: tuple[str, str] | None = None
    revision: int = 1
    lines: list[Json] = field(default_factory=list)

    @property
    def id(self) -> int:
        """The document's id in V2 (sales) or V1 (purchases)."""
        return int(self.document["id"])


@cache
def samples(path: Path | None = None) -> tuple[Paper, ...]:
    """The sample invoices: the built-in ones, or those of a JSON-lines file of the same shape.

    Raises:
        ValueError: When a line cannot be read; the message names it.
    """
    text = (
        path.read_text("utf-8")
        if path
        else files("sellsy_ledger_sandbox").joinpath("data/invoices.jsonl").read_text("utf-8")
    )
    papers = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            papers.append(read_paper(json.loads(line)))
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            raise ValueError(f"{path or 'data/invoices.jsonl'} line {number}: {error!r}") from error
    return tuple(papers)


class Account:
    """The documents of one Sellsy account.

    Args:
        name: The API client that opens it, ``demo-client``.
        account_id: Sellsy's id of the account (V1 ``corpid``).
        papers: Its sales, then its purchases.
        purchase_join: Which V1 id the V2 journal uses for purchases: ``id`` or ``linkedid``.
        lists_credit_notes: Whether V1 lists supplier credit notes; where not, only the journal knows their ids.
    """

    def __init__(
        self,
        name: str,
        account_id: int,
        sales: Sequence[Paper],
        purchases: Sequence[Paper],
        *,
        purchase_join: str = "id",
        lists_credit_notes: bool = True,
    ) -> None:
        self.name, self.account_id = name, account_id
        self.purchase_join, self.lists_credit_notes = purchase_join, lists_credit_notes
        self.documents: dict[tuple[str, int], Filed] = {}
        self.third_parties: dict[tuple[str, int], Json] = {}
        self._by_identity: dict[tuple[str, str, str], Json] = {}
        self._line_id = 660000
        self._counters: dict[str, int] = {}
        for index, paper in enumerate(_spread(sales)):
            self._file_sale(index, paper)
        for index, paper in enumerate(_spread(purchases)):
            self._file_purchase(index, paper)

    def of_kind(self, *kinds: str) -> list[Filed]:
        """The documents of some kinds, in the order of their ids."""
        return sorted((one for one in list(self.documents.values()) if one.kind in kinds), key=lambda one: one.id)

    def customer(self, party: Party) -> Json:
        """The company or individual of a customer, made when it is new."""
        return self._third(party, is_supplier=False)

    def supplier(self, party: Party) -> Json:
        """The company of a supplier, made when it is new."""
        return self._third(party, is_supplier=True)

    def next_id(self, kind: str) -> int:
        """The next id: invoices and credit notes count apart, so that both have the same ids."""
        start = {"purchase": 1300}.get(kind, 48000)
        self._counters[kind] = self._counters.get(kind, start) + 1
        return self._counters[kind]

    def next_number(self, prefix: str, day: date) -> str:
        """The next number of a sequence: ``F-2026-0117``."""
        sequence = f"{prefix}-{day.year}"
        self._counters[sequence] = self._counters.get(sequence, 0) + 1
        return f"{sequence}-{self._counters[sequence]:04d}"

    def file(self, filed: Filed) -> Filed:
        """Put a document into the account and book it when it is accounted."""
        self.documents[filed.kind, filed.id] = filed
        self.book(filed)
        return filed

    def book(self, filed: Filed) -> None:
        """Make its journal lines again: none while it is not accounted."""
        filed.lines = journal_lines(filed.booking, self._line_id) if filed.accounted else []
        self._line_id += 1000

    def journal(self, kind: str) -> list[Json]:
        """All lines of journal ``sells`` or ``purchases``, by date."""
        wanted = ("invoice", "credit-note") if kind == "sells" else ("purchase-invoice", "purchase-credit-note")
        lines = [line for filed in self.of_kind(*wanted) for line in filed.lines]
        return sorted(lines, key=lambda line: (line["date"], line["id"]))

    def add_sale(self, paper: Paper, **options: Any) -> Filed:
        """File a sales document; options of :class:`Filed`, of :class:`Booking` and fields of the document."""
        third = self.customer(paper.buyer)
        kind = "credit-note" if paper.is_credit_note else "invoice"
        identifier = options.pop("identifier", None) or self.next_id(kind)
        decimals, accounted = options.pop("decimals", 2), options.pop("accounted", True)
        filed = {name: options.pop(name) for name in ("pdf", "embeds") if name in options}
        booked = {
            name: options.pop(name) for name in ("on_receipt", "is_deposit", "deposits", "exported") if name in options
        }
        singular = options.pop("singular_document", False)
        changes = {"is_sent_to_accounting": accounted, **options}
        if booked.get("on_receipt"):
            changes["vat_mode"] = "collection"
        if booked.get("is_deposit"):
            changes["is_deposit"] = True
        document = sale(paper, identifier, third, decimals=decimals, **changes)
        booking = Booking(
            is_purchase=False,
            paper=paper,
            document_id=identifier,
            number=document["number"],
            third=third,
            default_account="706000" if document["sale_type"] == "service" else "707000",
            analytic_code=document["analytic_code"],
            public_link=document["public_link"]["url"],
            subject=document["subject"],
            singular_document=singular,
            **booked,
        )
        return self.file(Filed(kind, document, booking, accounted=accounted, **filed))

    def add_purchase(self, paper: Paper, **options: Any) -> Filed:
        """File a purchase; options of :class:`Filed`, of :class:`Booking` and fields of the document."""
        third = self.supplier(paper.seller)
        identifier = self.next_id("purchase")
        filed = {name: options.pop(name) for name in ("pdf", "original") if name in options}
        accounted, exported = options.pop("accounted", True), options.pop("exported", False)
        changes = {"recordable": "Y" if accounted else "N", "recorded": "Y" if exported else "N", **options}
        document = purchase(paper, identifier, third, **{"corpid": str(self.account_id), **changes})
        booking = Booking(
            is_purchase=True,
            paper=paper,
            document_id=int(document[self.purchase_join]),
            number=document["ident"],
            third=third,
            default_account="607000",
            exported=exported,
            external_reference=document["externalident"] or None,
            subject=document["subject"],
        )
        kind = "purchase-credit-note" if paper.is_credit_note else "purchase-invoice"
        return self.file(Filed(kind, document, booking, accounted=accounted, **filed))

    def _file_sale(self, index: int, paper: Paper) -> None:
        draft, accounted = index % 29 == 28, index % 17 != 16
        paper = replace(paper, is_credit_note=paper.is_credit_note or index % 14 == 6)
        number = "" if draft else self.next_number("A" if paper.is_credit_note else "F", paper.date)
        paper = replace(_with_gaps(index, _coded(paper, _SALES_CODES)), number=number)
        status = (
            {"status": "draft"} if draft else ({} if paper.is_credit_note else {"status": _status(index, paper.date)})
        )
        self.add_sale(
            paper,
            accounted=accounted and not draft,
            decimals=_DECIMALS[index % len(_DECIMALS)],
            pdf="html" if draft or index % 61 == 40 else "none" if index % 43 == 20 else "pdf",
            on_receipt=index % 9 == 4 and not paper.is_credit_note,
            exported=index % 8 == 0,
            analytic_code="CHANTIER-1" if index % 23 == 5 else None,
            singular_document=index % 10 == 9,
            order_reference=paper.source.get("number", ""),
            **status,
        )

    def _file_purchase(self, index: int, paper: Paper) -> None:
        places = (("purInvoice", "id"), ("purchase", "id"), ("purInvoice", "linkedid"), None, ("purInvoice", "id"))
        place = places[index % len(places)]
        if place and paper.is_credit_note and place[0] == "purInvoice":
            place = ("purCreditNote", place[1])
        number = "" if index % 19 == 11 else f"{paper.number.strip() or 'FA'}-{index + 1:03d}"
        paper = replace(_coded(paper, _PURCHASE_CODES), number=number)
        self.add_purchase(paper, accounted=index % 13 != 12, exported=index % 8 == 0, original=place)

    def _third(self, party: Party, *, is_supplier: bool) -> Json:
        key = ("supplier" if is_supplier else "customer", party.name, party.identity or party.vat or "")
        if key not in self._by_identity:
            identifier = 7001 + len(self._by_identity)
            third = third_party(_completed(party, identifier), identifier, is_supplier=is_supplier)
            self._by_identity[key] = third
            self.third_parties["individual" if party.is_person else "company", identifier] = third
        return self._by_identity[key]


def _spread(papers: Sequence[Paper]) -> Iterable[Paper]:
    """Give the papers dates over the whole period, in their order."""
    days = (LAST_DAY - FIRST_DAY).days
    for index, paper in enumerate(papers):
        day = FIRST_DAY + timedelta(days=index * days // max(1, len(papers) - 1))
        yield replace(paper, date=day, due_date=day + timedelta(days=30))


def _status(index: int, day: date) -> str:
    if day < date(2026, 9, 1):
        return ("paid", "paid", "late", "payinprogress", "cancelled" if index % 31 == 9 else "paid")[index % 5]
    return "due"


def _left_to_pay(paper: Paper, status: str) -> Decimal:
    left = {"paid": Decimal(0), "cancelled": Decimal(0), "payinprogress": cents(paper.due / 2)}
    return left.get(status, paper.due)


def _coded(paper: Paper, codes: Sequence[str | None]) -> Paper:
    """Give each row the accounting code that its text decides; most have none."""
    rows = []
    for row in paper.rows:
        pick = codes[zlib.crc32(row.label.encode()) % len(codes)]
        rows.append(replace(row, code="708500" if row.type == "shipping" and codes is _SALES_CODES else pick))
    return replace(paper, rows=tuple(rows))


def _with_gaps(index: int, paper: Paper) -> Paper:
    """Rounding gaps of one or two cents on some documents, as invoicing software makes them."""
    room = len(paper.rows) + len(paper.vat)
    if index % 11 == 3 and room >= 4:
        return replace(paper, gross=paper.gross + Decimal("0.02"), due=paper.due + Decimal("0.02"))
    if index % 11 == 7:
        return replace(paper, gross=paper.gross - Decimal("0.01"), due=paper.due - Decimal("0.01"))
    if index % 13 == 5 and len(paper.rows) > 1:
        return _half_cents(paper)
    return paper


def _half_cents(paper: Paper) -> Paper:
    """Two rows on two accounts that end on half a cent: each rounds up, the printed total has them right."""
    first, second, *others = paper.rows
    rows: list[Row] = [
        replace(first, net=cents(first.net) + Decimal("0.005"), code="706000"),
        replace(second, net=cents(second.net) - Decimal("0.005"), code="707000"),
        *others,
    ]
    return replace(paper, rows=tuple(rows))


def _completed(party: Party, identifier: int) -> Party:
    """A customer with the identifiers that a French account would hold: most good, some bad, some none."""
    if party.country != "FR" and party.vat:
        return replace(party, siret=None)
    if party.siret or identifier % 4 == 0:
        return party
    siren = _luhn(f"99{identifier * 7919 % 1_000_000:06d}")
    siret = _luhn(f"{siren}0001")
    key = (12 + 3 * (int(siren) % 97)) % 97
    spaced = f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}" if identifier % 5 == 0 else siret
    return replace(
        party, siret=spaced, vat=party.vat or f"FR{key:02d}{siren}", auxiliary_code=_auxiliary(party, identifier)
    )


def _auxiliary(party: Party, identifier: int) -> str | None:
    letters = "".join(letter for letter in party.name.upper() if letter.isascii() and letter.isalnum())
    return f"0{letters[:7]}" if identifier % 3 == 0 and letters else None


def _luhn(digits: str) -> str:
    """``digits`` with the check digit that makes the number valid."""
    total = sum(sum(divmod(int(digit) * (2 - position % 2), 10)) for position, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"
