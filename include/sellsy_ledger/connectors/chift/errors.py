"""Chift's error answers → our error classes. One table; nothing else decides what a code means.

The codes are those of Chift's OpenAPI, in the field ``error_code`` beside ``message`` and ``detail``; a body that the
schema refuses is answered by FastAPI's own ``{"detail": [{"loc", "msg"}]}``. Messages are shown, never branched on.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, ConfigurationError, InvariantBroken, LedgerError, PostingRefused
from sellsy_ledger.http.redaction import short_text
from sellsy_ledger.http.transport import Answer

__all__ = [
    "CODES",
    "AttachmentTaken",
    "JournalBusy",
    "Meaning",
    "NumberTaken",
    "PartnerTaken",
    "RequestIdUsed",
    "TokenRefused",
    "rule",
]

TOOL = "chift"
TOKEN_PATH = "/token"  # noqa: S105 - a path


class Meaning(Enum):
    """What a code means for us; the families that refuse a document carry their reason."""

    ACCOUNT = Reason.ACCOUNT_UNKNOWN
    VAT = Reason.VAT_CODE_UNMAPPED
    JOURNAL = Reason.JOURNAL_MISSING
    PARTNER = Reason.THIRD_PARTY_REFUSED
    CURRENCY = Reason.CURRENCY_NOT_SUPPORTED
    PERIOD = Reason.PERIOD_CLOSED
    PDF = Reason.SUPPORTING_DOCUMENT_MISSING
    # Amounts and formats that the mapper should have caught, and refusals with no family of their own.
    REFUSED = Reason.REFUSED_BY_TOOL
    NUMBER_TAKEN = "number_taken"
    PARTNER_TAKEN = "partner_taken"
    ATTACHMENT_TAKEN = "attachment_taken"
    JOURNAL_BUSY = "journal_busy"
    # Something that is not there; a read answers it with nothing.
    ABSENT = "absent"
    # A parameter of ours that no person can correct.
    OUR_MISTAKE = "our_mistake"
    # Routes that the product never calls (matching, bank and analytic accounts).
    NOT_OURS = "not_ours"


_FAMILIES: dict[Meaning, str] = {
    Meaning.ACCOUNT: (
        "ACCOUNT_NUMBER_NOT_FOUND ACCOUNT_NUMBER_NOT_GOOD_SCOPE COLLECTIVE_ACCOUNT_MISSING "
        "CHARGE_PRODUCT_ACCOUNT_MISSING WRONG_ACCOUNT_TYPE"
    ),
    Meaning.VAT: "TAX_CODE_NOT_FOUND INVALID_FIELD_FORMAT_TAX_CODE",
    Meaning.JOURNAL: (
        "JOURNAL_NOT_FOUND JOURNAL_NOT_GOOD_SCOPE MULTIPLE_JOURNALS INVALID_FIELD_FORMAT_JOURNAL_ID WRONG_ENTRY_TYPE"
    ),
    Meaning.PARTNER: (
        "PARTNER_NOT_FOUND PARTNER_ACCOUNT_MISSING MULTIPLE_PARTNER_ACCOUNTS INVALID_FIELD_FORMAT_PARTNER_ID "
        "INVALID_FIELD_FORMAT_COMPANY_ID INVALID_VAT_FORMAT"
    ),
    Meaning.CURRENCY: "CURRENCY_NOT_FOUND INVALID_CURRENCY_FORMAT MULTIPLE_CURRENCIES MULTIPLE_EXCHANGE_RATES",
    Meaning.PERIOD: "BOOKYEAR_NOT_FOUND INVALID_FINANCIAL_PERIOD_FORMAT",
    Meaning.PDF: "INVALID_BASE64_STRING",
    Meaning.REFUSED: (
        "ENTRY_NOT_BALANCED AMOUNTS_NOT_BALANCED OPERATION_NOT_BALANCED DEBIT_CREDIT_VALUE ZERO_INVOICE "
        "NO_INVOICE_LINE NO_OPERATION_LINE INVALID_FIELD_FORMAT_INVOICE_NUMBER INVALID_OPERATION_LINE_TYPE "
        "ANALYTIC_ACCOUNT_NOT_FOUND ANALYTIC_PLAN_NOT_FOUND INVALID_FIELD_FORMAT_ANALYTIC_ACCOUNT EMPLOYEE_NOT_FOUND"
    ),
    Meaning.NUMBER_TAKEN: "INVOICE_NUMBER_ALREADY_USED",
    Meaning.PARTNER_TAKEN: "PARTNER_ALREADY_EXISTS",
    Meaning.ATTACHMENT_TAKEN: "ATTACHMENT_ALREADY_EXISTS",
    Meaning.JOURNAL_BUSY: "JOURNAL_ALREADY_OPEN",
    Meaning.ABSENT: "INVOICE_NOT_FOUND ENTRY_NOT_FOUND",
    Meaning.OUR_MISTAKE: "MAX_DIFFERENCE_MONTHS INVALID_FIELD_FORMAT_ID",
    Meaning.NOT_OURS: (
        "ANALYTIC_ACCOUNT_ALREADY_EXISTS BANK_CODE_ALREADY_USED COUNTERPART_ACCOUNT_NOT_FOUND JOURNAL_ALREADY_EXISTS "
        "LEDGER_ACCOUNT_ALREADY_EXISTS INVALID_FIELD_FORMAT_STATEMENT_NUMBER INVALID_FIELD_FORMAT_ENTRIES "
        "ENTRY_HAS_INVALID_STATUS ENTRY_HAS_NO_ACCOUNT_RECEIVABLE_PAYABLE ENTRY_NOT_LINKED_TO_PARTNER "
        "MULTIPLE_GL_ACCOUNTS MULTIPLE_PARTNERS"
    ),
}
CODES: dict[str, Meaning] = {f"ERROR_{code}": meaning for meaning, codes in _FAMILIES.items() for code in codes.split()}
"""Every code of Chift's accounting API → what it means."""

# {text}: the value at fault, or Chift's own words.
_DETAILS = {
    Meaning.PERIOD: "refusée par l'outil ({text})",
    Meaning.PDF: " : refusé par l'outil ({text})",
    Meaning.VAT: "une ligne de la pièce, d'après l'outil ({text})",
}
_QUOTED = re.compile(r"'([^']{1,60})'")


class TokenRefused(AccessError):
    """The access token is not taken (any more); a new one may be."""


class RequestIdUsed(PostingRefused):
    """A request under this id was received before; nothing was written by this one."""


class NumberTaken(PostingRefused):
    """The tool has an entry with this number already."""


class PartnerTaken(PostingRefused):
    """The tool has a third party with this code or identifier already."""


class AttachmentTaken(PostingRefused):
    """The invoice has its attachment already."""


class JournalBusy(LedgerError):
    """Somebody has the journal open in the tool behind; nothing was written. The client makes it ``TryLater``.

    No ``TryLater`` of the transport's: the same request id would not be taken a second time.
    """


_TAKEN: dict[Meaning, type[PostingRefused]] = {
    Meaning.NUMBER_TAKEN: NumberTaken,
    Meaning.PARTNER_TAKEN: PartnerTaken,
    Meaning.ATTACHMENT_TAKEN: AttachmentTaken,
}


def rule(answer: Answer, wrote: bool) -> LedgerError | None:
    """What an error answer means; None accepts the answer (a success, or a 404 to a read: nothing there)."""
    status = answer.status
    if status < 400 or status >= 500:
        return None
    code, text = _read(answer)
    facts: dict[str, Any] = {"tool": TOOL, "tool_code": code or str(status), "request_id": answer.request_id}
    if answer.url.endswith(TOKEN_PATH):
        return AccessError(
            "Chift refused the client id, its secret or the account id: correct them in the Connection.", **facts
        )
    if status == 401:
        return TokenRefused("Chift refused the access token.", **facts)
    if status == 403:
        return AccessError(f"Chift allows this account no access: {text or status}.", **facts)
    meaning = CODES.get(code)
    if not wrote:
        return _read_refused(meaning, status, text, facts)
    if meaning is None and status == 409:
        return RequestIdUsed(
            "Chift received a request under this id before.",
            reason=Reason.POSSIBLE_DUPLICATE,
            facts={"detail": "une demande a déjà été envoyée sous le même identifiant"},
            **facts,
        )
    if meaning is Meaning.JOURNAL_BUSY:
        return JournalBusy("The journal is open at somebody's desk in the tool behind Chift.", **facts)
    return _refusal(meaning or Meaning.REFUSED, code or str(status), text, facts)


def _read_refused(meaning: Meaning | None, status: int, text: str, facts: dict[str, Any]) -> LedgerError | None:
    if status == 404 or meaning is Meaning.ABSENT:
        return None
    if meaning is Meaning.OUR_MISTAKE:
        return InvariantBroken(f"Chift refused a read: {text}.", **facts)
    return ConfigurationError(f"Chift refused a read: {text or status}. Check consumer and folder.", **facts)


def _refusal(meaning: Meaning, code: str, text: str, facts: dict[str, Any]) -> PostingRefused:
    message = f"Chift refused the request: {text or 'no explanation given'}."
    if meaning in _TAKEN:
        detail = f"« {text} »" if text else code
        return _TAKEN[meaning](message, reason=Reason.POSSIBLE_DUPLICATE, facts={"detail": detail}, **facts)
    reason = meaning.value if isinstance(meaning.value, Reason) else Reason.REFUSED_BY_TOOL
    value = _QUOTED.search(text) if reason is not Reason.REFUSED_BY_TOOL else None
    said = f"{value.group(1)} — {code}" if value else f"{text or 'sans explication'} — {code}"
    detail = _DETAILS.get(meaning, "{text}").format(text=said)
    return PostingRefused(message, reason=reason, facts={"detail": detail}, **facts)


def _read(answer: Answer) -> tuple[str, str]:
    """``(error code, words)`` of an error answer, one short clean line; empty texts where there are none."""
    try:
        body: Any = answer.json()
    except ValueError:
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    code = str(body.get("error_code") or "")
    detail = body.get("detail")
    if isinstance(detail, list):
        # FastAPI's validation errors: place and message; the value itself is not repeated.
        words = "; ".join(
            f"{'.'.join(map(str, each.get('loc') or ()))}: {each.get('msg', '')}"
            for each in detail[:3]
            if isinstance(each, dict)
        )
    else:
        words = str(body.get("message") or detail or "")
    return short_text(code, 80).strip(), short_text(words).rstrip(".")
