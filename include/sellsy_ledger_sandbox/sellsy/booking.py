"""The accounting journal that Sellsy itself keeps for documents sent to accounting ("comptabilisés").

One balanced set of lines per document: third party, net per account, VAT per tax, deposits taken back, Sellsy's own
rounding line when the printed amounts do not add up to the cent. Sides follow the document type; a negative amount
goes to the other side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sellsy_ledger_sandbox import ledger
from sellsy_ledger_sandbox.sellsy.papers import ZERO, Paper, cents
from sellsy_ledger_sandbox.sellsy.reference import Tax
from sellsy_ledger_sandbox.sellsy.render import name_of, text

__all__ = ["Booking", "journal_lines"]

Json = dict[str, Any]
_LABELS: Final = {account["number"]: account["label"] for account in ledger.CHART}
_MAX_ROUNDING: Final = Decimal("0.10")


@dataclass(frozen=True)
class Booking:
    """What Sellsy knows when it books a document.

    ``deposits`` are (net, VAT) of the deposit invoices taken back; ``default_account`` is booked for rows without an
    accounting code.
    """

    is_purchase: bool
    paper: Paper
    document_id: int
    number: str
    third: Mapping[str, Any]
    default_account: str
    on_receipt: bool = False
    is_deposit: bool = False
    deposits: tuple[tuple[Decimal, Decimal], ...] = ()
    exported: bool = False
    analytic_code: str | None = None
    external_reference: str | None = None
    public_link: str | None = None
    subject: str = ""
    singular_document: bool = False


def journal_lines(booking: Booking, first_id: int) -> list[Json]:
    """The V2 journal lines of one document."""
    paper = booking.paper
    # Positive = the normal side of that line for an invoice: debit 411, credit 7 and VAT (a sale).
    amounts = list(_amounts(booking))
    third_is_debit = booking.is_purchase == paper.is_credit_note
    lines: list[Json] = []
    for account, amount, is_third in amounts:
        debit = third_is_debit == is_third
        side = ("debit" if debit else "credit") if amount > 0 else ("credit" if debit else "debit")
        lines.append(_line(booking, first_id + len(lines), account, side, abs(amount), is_third=is_third))
    if booking.analytic_code:
        twins = [line for line in lines if line["code"]["value"][0] in "67"]
        lines += [{**twin, "id": first_id + 500 + twin["id"] % 500, "accounting_type": 2} for twin in twins]
    return lines


def _amounts(booking: Booking) -> Iterator[tuple[str, Decimal, bool]]:
    """``(account, amount, is third party)`` without zero amounts."""
    paper = booking.paper
    taken_back = sum((net + vat for net, vat in booking.deposits), ZERO)
    nets: dict[str, Decimal] = {}
    for row in paper.rows:
        if not row.is_optional:
            account = "419100" if booking.is_deposit else row.code or booking.default_account
            nets[account] = nets.get(account, ZERO) + row.net
    found = [("401000" if booking.is_purchase else "411000", paper.gross - taken_back, True)]
    found += [("419100", -net, False) for net, _ in booking.deposits]
    found += [("445800", -vat, False) for _, vat in booking.deposits]
    found += [(account, cents(amount), False) for account, amount in nets.items()]
    found += [(_vat_account(booking, tax), amount, False) for tax, amount in paper.vat]
    gap = sum((amount if is_third else -amount for _, amount, is_third in found), ZERO)
    if abs(gap) <= _MAX_ROUNDING:
        found.append((_rounding_account(booking, gap), gap, False))
    return ((account, amount, is_third) for account, amount, is_third in found if amount)


def _vat_account(booking: Booking, tax: Tax) -> str:
    if booking.is_deposit:
        return "445800"
    if booking.is_purchase:
        return "445640" if booking.on_receipt else tax.deductible or "445660"
    return "445740" if booking.on_receipt else tax.collected or "445710"


def _rounding_account(booking: Booking, gap: Decimal) -> str:
    lines_are_credit = booking.is_purchase == booking.paper.is_credit_note
    return "758000" if lines_are_credit == (gap > 0) else "658000"


def _line(booking: Booking, line_id: int, account: str, side: str, amount: Decimal, *, is_third: bool) -> Json:
    paper, third = booking.paper, booking.third
    name, person = name_of(third), "last_name" in third
    kinds = ("purInvoice", "purCreditNote") if booking.is_purchase else ("invoice", "creditnote")
    kind = kinds[paper.is_credit_note]
    reference = {"id": third["id"], "name": name, "reference": third["reference"]}
    document = {
        "type": kind,
        "id": booking.document_id,
        "number": booking.number,
        "due_date": (paper.due_date or paper.date).isoformat(),
        "subject": booking.subject,
        "public_link": booking.public_link,
        "service_start_date": None,
        "service_end_date": None,
        "currency": {"EUR": "€", "USD": "$", "GBP": "£"}.get(paper.currency, paper.currency),
        "external_reference": booking.external_reference,
    }
    return {
        "id": line_id,
        "type": "PURCHASES" if booking.is_purchase else "SALES",
        "date": paper.date.isoformat(),
        "label": f"{'Avoir' if paper.is_credit_note else 'Facture'} n°{booking.number} - {name}",
        "code": {"label": _LABELS.get(account, "Compte"), "value": account},
        "amount": {"direction": side, "value": text(amount)},
        "auxiliary_code": third.get("auxiliary_code") if is_third else None,
        "analytic_code": booking.analytic_code,
        "accounting_type": 1,
        "analytic_plan": 1,
        "recorded": booking.exported,
        "related": [
            {"type": "individual" if person else "company", "id": third["id"]},
            {"type": kind, "id": booking.document_id},
        ],
        **({"document": document} if booking.singular_document else {"documents": [document]}),
        "companies": [] if person else [reference],
        "individuals": [reference] if person else [],
    }
