"""Journal entry → the bodies that Pennylane takes. Pure: no HTTP, no clock.

Pennylane takes *invoices* (with their PDF, third party, due date and one VAT code per line) and makes the entry itself.
Amounts here are seen from the invoice: positive on an invoice, negative on a credit note, whatever the side in the
books. A line carries its amount *including* VAT, so the document's VAT of each code is dealt out over the net lines of
that code, cent for cent. A document without PDF cannot be an invoice there: it goes as a raw entry, line by line.

Never decides an account, a VAT amount or a rounding: those are the entry's.
Source: the official "Company V2" OpenAPI; the sign of credit-note lines follows what its users observed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.pennylane.ids import account_id, active_account
from sellsy_ledger.connectors.pennylane.vat_codes import NO_VAT, inferred_rate, is_self_assessed
from sellsy_ledger.core.corrections import label_of
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.entries import EntryLine, Role
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.money import cents_to_text
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError, PostingRefused

__all__ = [
    "LABEL_MAX",
    "check_balanced",
    "check_open",
    "file_name",
    "goes_as_invoice",
    "gross_cents",
    "import_body",
    "invoice_label",
    "key_at_the_end",
    "numbers_of",
    "one_line",
    "pdf_sha256",
    "split_vat",
    "unfit",
]

LABEL_MAX = 255
"""Characters of one entry line's label."""
INVOICE_LABEL_MAX = 2000
FILE_NAME_MAX = 255
UNIT = "piece"
_KEY_AT_THE_END = re.compile(r"\[(sellsy:[^\[\]]+)\]$")


# -- routes ------------------------------------------------------------------------------------------------------------
def goes_as_invoice(request: PostingRequest) -> bool:
    """True when the document has its PDF, so that it can be imported as an invoice."""
    return request.pdf is not None or request.supporting_document is not None


def pdf_sha256(request: PostingRequest) -> str | None:
    """Hash of the PDF that goes with the entry, known even when the bytes are not at hand."""
    if request.pdf is not None:
        return hashlib.sha256(request.pdf).hexdigest()
    return request.supporting_document.sha256 if request.supporting_document is not None else None


def file_name(request: PostingRequest) -> str:
    """A name that Pennylane keeps: printable, at most 255 characters, ending in ``.pdf``."""
    stored = request.supporting_document.file_name if request.supporting_document else ""
    stem = one_line(stored or request.entry.number).replace("/", "-").replace("\\", "-").removesuffix(".pdf")
    return f"{stem[: FILE_NAME_MAX - 4] or 'document'}.pdf"


# -- invoices ----------------------------------------------------------------------------------------------------------
def import_body(request: PostingRequest, index: LedgerIndex, file_attachment_id: int | str) -> dict[str, Any]:
    """The body of ``POST /customer_invoices/import`` or ``POST /supplier_invoices/import``.

    Args:
        request: the entry, its third party and its PDF.
        index: the ledger read in this run.
        file_attachment_id: what the upload answered; a hash stands in for it while only a payload is looked at.

    Raises:
        DocumentError: an account, a VAT code or the third party's id is missing, or the date is in a closed year.
    """
    entry, sales = request.entry, request.kind.direction is Direction.SALES
    check_balanced(request)
    check_open(entry.date, index)
    lines = _invoice_lines(request, index)
    gross = gross_cents(request)
    tax = sum(_signed(line, sales=sales) for line in entry.lines if line.role is Role.VAT)
    return {
        "file_attachment_id": file_attachment_id,
        "import_as_incomplete": request.draft,
        "date": entry.date.isoformat(),
        "deadline": max(entry.due_date or entry.date, entry.date).isoformat(),
        "customer_id" if sales else "supplier_id": _third_party_id(request),
        "invoice_number": one_line(entry.number),
        "external_reference": request.posting_key,
        "label": invoice_label(request),
        "currency": "EUR",
        "currency_amount_before_tax": cents_to_text(gross - tax),
        "currency_tax": cents_to_text(tax),
        "currency_amount": cents_to_text(gross),
        "invoice_lines": lines,
    }


def numbers_of(request: PostingRequest) -> tuple[str, ...]:
    """The numbers under which the document may be held: its own, and for a correction the one that it gets where its
    own is taken by what it corrects (``F-2026-0001-v2``).
    """
    number, label = one_line(request.entry.number), label_of(request.posting_key)
    return (number, number + label) if label else (number,)


def key_at_the_end(label: str) -> str:
    """Our posting key behind the label of a raw entry; empty when there is none."""
    found = _KEY_AT_THE_END.search(label.rstrip())
    return found[1] if found else ""


def gross_cents(request: PostingRequest) -> int:
    """The document's total including VAT, negative on a credit note."""
    other_side = request.kind.direction is not Direction.SALES
    return sum(_signed(line, sales=other_side) for line in request.entry.lines if line.role is Role.THIRD_PARTY)


def _invoice_lines(request: PostingRequest, index: LedgerIndex) -> list[dict[str, Any]]:
    """Net lines with their share of VAT, then VAT without a net line, then the rounding line."""
    sales = request.kind.direction is Direction.SALES
    entry_lines = request.entry.lines
    nets: defaultdict[str, list[int]] = defaultdict(list)
    vat: defaultdict[str, int] = defaultdict(int)
    vat_lines: dict[str, EntryLine] = {}
    for place, line in enumerate(entry_lines):
        if line.role is Role.VAT:
            code = _vat_code(line, request, index)
            vat[code] += _signed(line, sales=sales)
            vat_lines.setdefault(code, line)
        elif line.role is Role.NET:
            nets[_vat_code(line, request, index)].append(place)
    shares: dict[int, int] = {}
    for code, places in nets.items():
        # A self-assessed code has a rate, and no VAT on the document.
        rate = None if is_self_assessed(code) else inferred_rate(code)
        dealt = split_vat([_signed(entry_lines[place], sales=sales) for place in places], vat[code], rate)
        shares.update(zip(places, dealt, strict=True))
    body = [
        _invoice_line(line, request, index, _signed(line, sales=sales), shares.get(place, 0))
        for place, line in enumerate(entry_lines)
        if line.role in (Role.NET, Role.ROUNDING)
    ]
    # VAT corrected alone (a credit note of VAT only): its account is the code's, so the line names none.
    body += [_amounts(request, vat_lines[code], 0, tax, code) for code, tax in vat.items() if tax and code not in nets]
    if not body:
        raise unfit("the entry has no line besides its third party", "aucune ligne à importer", "entry.lines")
    return body


def split_vat(nets: Sequence[int], vat: int, rate: Decimal | None) -> list[int]:
    """Deal ``vat`` cents out over net lines; the shares add up to it exactly.

    The rate deals where it explains the VAT to the cent per line (so that a deducted deposit takes its own VAT back),
    the proportion of the nets otherwise. Shares are differences of rounded running totals: no line is more than a
    cent off, and what the document itself rounded differently ends on the last line.

    Args:
        nets: signed cents of the lines of one VAT code, at least one.
        vat: signed cents of VAT of that code, as the document prints it.
        rate: the code's percentage, when it is known.
    """
    numerator, denominator = _ratio(sum(nets), len(nets), vat, rate)
    shares, running, dealt = [], 0, 0
    for net in nets:
        running += net
        share = _half_up(running * numerator, denominator) - dealt
        shares.append(share)
        dealt += share
    shares[-1] += vat - dealt
    return shares


def _ratio(total: int, lines: int, vat: int, rate: Decimal | None) -> tuple[int, int]:
    """VAT over net, as whole numbers."""
    if rate is not None:
        numerator, denominator = (rate / 100).as_integer_ratio()
        if abs(vat * denominator - total * numerator) <= (lines + 1) * denominator:
            return numerator, denominator
    return (vat, total) if total and abs(vat) <= abs(total) else (0, 1)


def _half_up(numerator: int, denominator: int) -> int:
    """The nearest whole number to a quotient, halves away from zero."""
    whole = (2 * abs(numerator) + abs(denominator)) // (2 * abs(denominator))
    return whole if (numerator < 0) == (denominator < 0) else -whole


def _invoice_line(line: EntryLine, request: PostingRequest, index: LedgerIndex, net: int, tax: int) -> dict[str, Any]:
    code = _vat_code(line, request, index)
    account = active_account(line.account, index)
    return {**_amounts(request, line, net, tax, code), "ledger_account_id": account_id(account, code)}


def _amounts(request: PostingRequest, line: EntryLine, net: int, tax: int, code: str) -> dict[str, Any]:
    label = one_line(line.label)[:LABEL_MAX].strip() or one_line(request.entry.number)[:LABEL_MAX] or "-"
    body: dict[str, Any] = {
        "currency_amount": cents_to_text(net + tax),
        "currency_tax": cents_to_text(tax),
        "vat_rate": code,
        "ledger_entry_line": {"label": label},
    }
    if request.kind.direction is Direction.SALES:
        # Only customer invoices have quantities; a negative line is minus one piece at a positive price.
        body |= {
            "label": label,
            "quantity": -1 if net < 0 else 1,
            "unit": UNIT,
            "raw_currency_unit_price": cents_to_text(abs(net)),
        }
    return body


def invoice_label(request: PostingRequest) -> str:
    """The entry's own label: what the label style gave the third-party line."""
    third_party = next((line.label for line in request.entry.lines if line.role is Role.THIRD_PARTY), "")
    return one_line(third_party or request.description)[:INVOICE_LABEL_MAX].strip() or one_line(request.entry.number)


def _signed(line: EntryLine, *, sales: bool) -> int:
    """Cents seen from the invoice: a credit counts up in sales, a debit in purchases."""
    amount = line.credit_cents - line.debit_cents
    return amount if sales else -amount


def _vat_code(line: EntryLine, request: PostingRequest, index: LedgerIndex) -> str:
    if line.vat_code and index.vat_code(line.vat_code):
        return line.vat_code
    if line.role is Role.ROUNDING and not line.vat_code:
        return NO_VAT
    which = f"VAT code {line.vat_code!r}, which Pennylane does not have" if line.vat_code else "no VAT code"
    unknown = f" ({line.vat_code} n'existe pas dans Pennylane)" if line.vat_code else ""
    raise DocumentError(
        f"A {line.role.value} line on account {line.account} of {request.entry.number} has {which}.",
        reason=Reason.VAT_CODE_UNMAPPED,
        facts={"detail": f"la ligne du compte {line.account}{unknown}"},
        field="entry.lines.vat_code",
        tool="pennylane",
    )


def _third_party_id(request: PostingRequest) -> int:
    if request.third_party.tool_id.isdecimal():
        return int(request.third_party.tool_id)
    name = request.third_party.name or request.third_party.auxiliary_account
    raise DocumentError(
        f"The third party {request.third_party.auxiliary_account} has no Pennylane id.",
        reason=Reason.THIRD_PARTY_REFUSED,
        facts={"detail": f"{name} n'a pas de fiche client ou fournisseur dans Pennylane"},
        field="third_party.tool_id",
        tool="pennylane",
    )


# -- shared ------------------------------------------------------------------------------------------------------------
def check_balanced(request: PostingRequest) -> None:
    """Refuse an entry that does not balance: a cent of difference per line would pass at Pennylane.

    Raises:
        DocumentError: with reason ``amounts_do_not_close``.
    """
    entry = request.entry
    if entry.debit_cents != entry.credit_cents:
        debit, credit = cents_to_text(entry.debit_cents), cents_to_text(entry.credit_cents)
        raise DocumentError(
            f"The entry of {request.posting_key} has debit {debit} and credit {credit}.",
            reason=Reason.AMOUNTS_DO_NOT_CLOSE,
            facts={"detail": f"débit {debit}, crédit {credit}"},
            field="entry.lines",
            tool="pennylane",
        )


def check_open(day: dt.date, index: LedgerIndex) -> None:
    """Refuse a day in a closed year.

    What the API answers for a closed year is documented nowhere, so the year is checked before anything is sent.

    Raises:
        PostingRefused: with reason ``period_closed``.
    """
    if not index.is_open(day):
        raise PostingRefused(
            f"{day.isoformat()} is in no open fiscal year of the ledger read today.",
            reason=Reason.PERIOD_CLOSED,
            facts={"detail": day.strftime("%d/%m/%Y")},
            field="entry.date",
            tool="pennylane",
        )


def one_line(text: str) -> str:
    """One printable line: control characters (NUL is refused by the API) and line breaks become spaces."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text)
    return " ".join(text.split())


def unfit(message: str, why: str, field: str) -> DocumentError:
    """The error of an entry that Pennylane cannot hold; ``why`` is its French half."""
    return DocumentError(
        f"The entry does not fit Pennylane: {message}.",
        reason=Reason.REFUSED_BY_TOOL,
        facts={"detail": why},
        field=field,
        tool="pennylane",
    )
