"""Journal entry → the bodies that Chift takes: an invoice, or a journal entry. Pure: no HTTP, no clock.

Never decides an account, a VAT amount or a rounding: those are the entry's.
Source: Chift's OpenAPI and its guide on invoices.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from typing import Any

from unidecode import unidecode

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.chift.routes import Share, Told, VatCheck, as_invoice, half_up
from sellsy_ledger.connectors.chift.vat_codes import Known, known
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.entries import EntryLine, Role
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.money import cents_to_text
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError, PostingRefused

__all__ = ["Mapper", "is_invoice", "one_line", "pdf_content", "pdf_name", "pdf_seal", "pdf_sha256", "request_id"]

REQUEST_ID_MAX = 255
HASH_LENGTH = 16
PDF_STEM_MAX = 196


class Mapper:
    """Makes the bodies of one ledger.

    Args:
        index: the ledger read in this run.
        capabilities: limits of the tool behind.
        check: how closely VAT must follow its rate on an invoice.
    """

    def __init__(self, index: LedgerIndex, capabilities: Capabilities, check: VatCheck) -> None:
        self.index = index
        self.capabilities = capabilities
        self.check = check

    def body(self, request: PostingRequest) -> dict[str, Any]:
        """The body of the invoice, or of the journal entry where an invoice cannot say it (:func:`is_invoice`); the
        PDF by its hash.

        Raises:
            DocumentError: the entry does not balance or fit, names something that the ledger does not have, or is
                dated in a closed year.
        """
        _check_balanced(request)
        self._check_open(request)
        if request.draft and not self.capabilities.draft:
            raise _unfit("the tool behind has no drafts", "l'outil comptable n'a pas de brouillon", "draft")
        told = as_invoice(request.entry, request.kind.direction, self._code, self.check)
        body = self._entry(request) if isinstance(told, str) else self._invoice(request, told)
        seal = pdf_seal(request)
        return body | ({"pdf": seal, "pdf_name": pdf_name(request)} if seal else {})

    # -- invoices ------------------------------------------------------------------------------------------------
    def _invoice(self, request: PostingRequest, told: Told) -> dict[str, Any]:
        entry = request.entry
        body: dict[str, Any] = {
            "invoice_type": told.invoice_type,
            "invoice_number": entry.piece,
            "reference": one_line(entry.number),
            "currency": "EUR",
            "untaxed_amount": _euros(told.total - told.tax),
            "tax_amount": _euros(told.tax),
            "total": _euros(told.total),
            "invoice_date": entry.date.isoformat(),
            "due_date": _due_date(request),
            "partner_id": _partner_id(request),
            "journal_id": self._journal_id(entry.journal),
            "status": "draft" if request.draft else "posted",
            "lines": [self._line(place, share, request) for place, share in enumerate(told.shares, 1)],
        }
        return body | ({"invoice_correction": self._correction(told.correction)} if told.correction else {})

    def _line(self, number: int, share: Share, request: PostingRequest) -> dict[str, Any]:
        code = self._code(share.line.vat_code or "")
        return {
            "line_number": number,
            "description": self._label(share.line, request),
            "quantity": -1 if share.net < 0 else 1,
            "unit_price": _euros(abs(share.net)),
            "untaxed_amount": _euros(share.net),
            "tax_rate": _number(code.rate or Decimal(0)),
            "tax_amount": _euros(share.tax),
            "total": _euros(share.net + share.tax),
            "account_number": self._account(share.line),
            "tax_code": code.id,
        }

    def _correction(self, line: EntryLine) -> dict[str, str]:
        """The cent that Chift adds, on our own rounding account.

        Chift's texts disagree on which of the two accounts serves purchases and credit notes; our entry has decided
        the account already, so that both are this one.
        """
        account, code = self._account(line), self._code(line.vat_code or "").id
        return {
            "sale_invoice_correction_tax_code": code,
            "purchase_invoice_correction_tax_code": code,
            "invoice_correction_credit_account_number": account,
            "invoice_correction_debit_account_number": account,
        }

    # -- journal entries -----------------------------------------------------------------------------------------
    def _entry(self, request: PostingRequest) -> dict[str, Any]:
        entry = request.entry
        return {
            "number": entry.piece,
            "reference": one_line(entry.number),
            "journal_id": self._journal_id(entry.journal),
            "currency": "EUR",
            "date": entry.date.isoformat(),
            "due_date": _due_date(request),
            "posted": not request.draft,
            "items": [self._item(line, request) for line in entry.lines if line.debit_cents or line.credit_cents],
        }

    def _item(self, line: EntryLine, request: PostingRequest) -> dict[str, Any]:
        amounts = {
            "debit": _euros(line.debit_cents),
            "credit": _euros(line.credit_cents),
            "description": self._label(line, request),
        }
        if line.role is Role.THIRD_PARTY:
            sales = request.kind.direction is Direction.SALES
            return {
                "account_type": "customer_account" if sales else "supplier_account",
                "account": _partner_id(request),
                "force_general_account": self._account(line),
                "prioritise_thirdparty_account": True,
                **amounts,
            }
        item = {"account_type": "general_account", "account": self._account(line), **amounts}
        if line.vat_code is not None:
            code = self._code(line.vat_code)
            item["tax_code"] = code.id
            if code.reversed and line.role is Role.NET and not _prints_vat(request, line.vat_code):
                item["tax_info"] = self._self_assessed(line, code)
        return item

    def _self_assessed(self, line: EntryLine, code: Known) -> dict[str, Any]:
        """The pair that Chift makes of a net line whose VAT the buyer owes himself; a raw entry must name both
        accounts and the amount.
        """
        if not (code.rate and code.deductible_account and code.payable_account):
            raise DocumentError(
                f"VAT code {code.id} is reversed and Chift names no rate or not both accounts.",
                reason=Reason.VAT_CODE_UNMAPPED,
                facts={"detail": f"l'autoliquidation (le code {code.id} n'a pas ses deux comptes dans l'outil)"},
                field="entry.lines.vat_code",
                tool="chift",
            )
        base = line.debit_cents + line.credit_cents
        return {
            "tax_code": code.id,
            "tax_amount": _euros(half_up(Fraction(code.rate) / 100 * base)),
            "vat_account": code.deductible_account,
            "reversed_vat_account": code.payable_account,
        }

    # -- look-ups ------------------------------------------------------------------------------------------------
    def _code(self, code: str) -> Known:
        found = self.index.vat_code(code)
        if found is None:
            raise DocumentError(
                f"The tool behind Chift has no VAT code {code!r}.",
                reason=Reason.VAT_CODE_UNMAPPED,
                facts={"detail": f"une ligne de la pièce ({code or 'sans code'} n'existe pas dans l'outil)"},
                field="entry.lines.vat_code",
                tool="chift",
            )
        return known(found)

    def _account(self, line: EntryLine) -> str:
        found = self.index.active_account(line.account)
        if found is None:
            raise DocumentError(
                f"Account {line.account} is unknown or inactive in the tool behind Chift.",
                reason=Reason.ACCOUNT_UNKNOWN,
                facts={"detail": line.account},
                field="entry.lines.account",
                tool="chift",
            )
        return found.number

    def _journal_id(self, code: str) -> str:
        journal = self.index.journal(code)
        if journal is None or not journal.open:
            raise DocumentError(
                f"Journal {code} is unknown or blocked in the tool behind Chift.",
                reason=Reason.JOURNAL_MISSING,
                facts={"detail": code},
                field="entry.journal",
                tool="chift",
            )
        return journal.tool_id or journal.code

    def _label(self, line: EntryLine, request: PostingRequest) -> str:
        label = one_line(line.label)[: self.capabilities.label_max].strip()
        return label or one_line(request.entry.number)[: self.capabilities.label_max]

    def _check_open(self, request: PostingRequest) -> None:
        day = request.entry.date
        if not self.index.is_open(day):
            raise PostingRefused(
                f"{day.isoformat()} is in no open fiscal year of the ledger read today.",
                reason=Reason.PERIOD_CLOSED,
                facts={"detail": day.strftime("%d/%m/%Y")},
                field="entry.date",
                tool="chift",
            )


# -- what a body says of itself ------------------------------------------------------------------------------------
def is_invoice(body: dict[str, Any]) -> bool:
    """True for the invoice route, False for the journal-entry route."""
    return "invoice_type" in body


def request_id(posting_key: str, payload_hash: str, attempt: int = 1) -> str:
    """The id under which Chift remembers a request: our key, what is sent, and which try of it.

    Chift takes an id once and remembers it for six months, refused requests included. So another content has another
    id, and a try that was refused is followed by one with the next number.

    >>> request_id("sellsy:1:sales_invoice:7", "0123456789abcdef0123"), request_id("k", "0123456789abcdef0", 2)
    ('sellsy:1:sales_invoice:7~0123456789abcdef', 'k~0123456789abcdef.2')
    """
    end = f"~{payload_hash[:HASH_LENGTH]}" + (f".{attempt}" if attempt > 1 else "")
    if len(posting_key) + len(end) > REQUEST_ID_MAX or not posting_key.isascii() or not posting_key.isprintable():
        posting_key = hashlib.sha256(posting_key.encode()).hexdigest()
    return posting_key + end


# -- the PDF -------------------------------------------------------------------------------------------------------
def pdf_sha256(request: PostingRequest) -> str | None:
    """Hash of the PDF that goes with the entry, known even when the bytes are not at hand."""
    if request.pdf is not None:
        return hashlib.sha256(request.pdf).hexdigest()
    return request.supporting_document.sha256 if request.supporting_document is not None else None


def pdf_seal(request: PostingRequest) -> str:
    """What stands for the bytes in a payload; empty without a PDF."""
    sha256 = pdf_sha256(request)
    return f"sha256:{sha256}" if sha256 else ""


def pdf_content(pdf: bytes) -> str:
    """The bytes as Chift wants them inside JSON."""
    return base64.b64encode(pdf).decode("ascii")


def pdf_name(request: PostingRequest) -> str:
    """A name of letters, digits, spaces, ``-`` and ``_`` only, ending in ``.pdf``; the end of a long one is kept.

    Example: ``"Facture n° FAC-2026/0012 (été).pdf"`` → ``"Facture n FAC-2026-0012 ete.pdf"``.
    """
    given = request.supporting_document.file_name if request.supporting_document else ""
    plain = re.sub(r"(?i)\.pdf$", "", given.strip()) or request.entry.number
    plain = unidecode(plain.replace("°", " "))
    plain = re.sub(r"[^a-zA-Z0-9\-_ ]+", " ", re.sub(r"[/\\.]", "-", plain))
    return f"{' '.join(plain.split())[-PDF_STEM_MAX:].strip() or 'document'}.pdf"


# -- small parts ---------------------------------------------------------------------------------------------------
def one_line(text: str) -> str:
    """One printable line: control characters and line breaks become spaces."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text)
    return " ".join(text.split())


def _euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _number(rate: Decimal) -> Decimal:
    """A rate without idle zeros and without an exponent: 20.000 → 20, 2.10 → 2.1."""
    return Decimal(f"{rate.normalize():f}")


def _due_date(request: PostingRequest) -> str:
    """Chift wants a due date; the document's own date stands for a missing one, or for one before it."""
    entry = request.entry
    return max(entry.due_date or entry.date, entry.date).isoformat()


def _partner_id(request: PostingRequest) -> str:
    party = request.third_party
    if party.tool_id:
        return party.tool_id
    raise DocumentError(
        f"The third party {party.auxiliary_account} has no id in Chift.",
        reason=Reason.THIRD_PARTY_REFUSED,
        facts={"detail": f"{party.name or party.auxiliary_account} n'a pas de fiche dans l'outil comptable"},
        field="third_party.tool_id",
        tool="chift",
    )


def _prints_vat(request: PostingRequest, code: str) -> bool:
    return any(line.role is Role.VAT and line.vat_code == code for line in request.entry.lines)


def _check_balanced(request: PostingRequest) -> None:
    entry = request.entry
    if entry.debit_cents != entry.credit_cents:
        debit, credit = cents_to_text(entry.debit_cents), cents_to_text(entry.credit_cents)
        raise DocumentError(
            f"The entry of {request.posting_key} has debit {debit} and credit {credit}.",
            reason=Reason.AMOUNTS_DO_NOT_CLOSE,
            facts={"detail": f"débit {debit}, crédit {credit}"},
            field="entry.lines",
            tool="chift",
        )


def _unfit(message: str, why: str, field: str) -> DocumentError:
    return DocumentError(
        f"The entry does not fit Chift: {message}.",
        reason=Reason.REFUSED_BY_TOOL,
        facts={"detail": why},
        field=field,
        tool="chift",
    )
