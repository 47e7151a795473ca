"""MyUnisoft's error answers → our errors. One table; nothing else decides what a code means.

Codes come from MyUnisoft's published list; it advises never to branch on the message, which is kept only to be shown.
Two shapes exist: ``{"error": {"code", "message", …}}`` and the same without the outer ``error``.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import (
    AccessError,
    ConfigurationError,
    LedgerError,
    OutcomeUnknown,
    PostingRefused,
    TryLater,
)
from sellsy_ledger.http.redaction import short_text
from sellsy_ledger.http.transport import Answer

__all__ = ["Meaning", "meaning", "read_error", "rule"]

TOOL = "myunisoft"

# These two routes answer 404 when there is no such entry.
ABSENT_ON_404 = ("/entry/id", "/mad/entry")


class Meaning(Enum):
    """What a code means for us."""

    ACCESS = "access"
    SETTINGS = "settings"
    LATER = "later"
    FAULT = "fault"
    PERIOD = "period"
    ACCOUNT = "account"
    JOURNAL = "journal"
    ATTACHMENT = "attachment"
    REFUSED = "refused"


_CODES: dict[Meaning, str] = {
    Meaning.ACCESS: (
        "ERR-API-TOKEN-NOT-FOUND ERR-FIRM-TOKEN-NOT-FOUND ERR-SECRET-HEADER-NOT-SET ERR-FORBIDDEN-ROUTE "
        "ERR-FORBIDDEN-ACCESS ERR-FOLDER-NOT-FOUND ERR-SCHEMA-NOT-FOUND ERR-THIRD-PARTY-DISCONNECTED "
        "SOCIETE10 SOCIETE12 SOCIETE13 SOCIETE16"
    ),
    Meaning.SETTINGS: "ECR48 SOCIETE17 TYPEPAY1",
    Meaning.LATER: "ERR-API-UNDER-MAINTENANCE",
    # Something broke on their side in the middle of the work: a write may have been carried out.
    Meaning.FAULT: "GBL1 GBL4 GBL15 GBL30 GBL32 GBL33 ECR11 ECR12 DOCUMENT1 DOCUMENT3 DOCUMENT5 JOURNAL23",
    Meaning.PERIOD: (
        "ECR9 ECR10 ECR15 CLOTURE1 EXERCICE1 EXERCICE6 EXERCICE10 EXERCICE13 EXERCICE14 GBL19 GBL26 "
        "BLOCAGE_PERIODIQUE23 BLOCAGE_PERIODIQUE25 BLOCAGE_PERIODIQUE26"
    ),
    Meaning.ACCOUNT: "COMPTE1 COMPTE2 COMPTE5 COMPTE25 COMPTE26 COMPTE30 COMPTE32 COMPTE33",
    Meaning.JOURNAL: "JOURNAL1 JOURNAL2 JOURNAL3 JOURNAL9 JOURNAL13 JOURNAL21",
    Meaning.ATTACHMENT: "DOCUMENT2 DOCUMENT6 DOCUMENT9 DOCUMENT11 OCR1",
}
_BY_CODE = {code: meaning for meaning, codes in _CODES.items() for code in codes.split()}

# For codes of these families that the table does not name; the first matching prefix wins.
_BY_PREFIX = (
    ("ERR-TOO-MANY-", Meaning.LATER),
    ("ERR-INVALID-", Meaning.ACCESS),
    ("ERR-", Meaning.SETTINGS),
    ("BLOCAGE_PERIODIQUE", Meaning.PERIOD),
    ("CLOTURE", Meaning.PERIOD),
    ("COMPTE", Meaning.ACCOUNT),
    ("JOURNAL", Meaning.JOURNAL),
    ("DOCUMENT", Meaning.ATTACHMENT),
)
_REASONS = {
    Meaning.PERIOD: Reason.PERIOD_CLOSED,
    Meaning.ACCOUNT: Reason.ACCOUNT_UNKNOWN,
    Meaning.JOURNAL: Reason.JOURNAL_MISSING,
    Meaning.ATTACHMENT: Reason.SUPPORTING_DOCUMENT_MISSING,
    Meaning.REFUSED: Reason.REFUSED_BY_TOOL,
}


def meaning(code: str, status: int) -> Meaning:
    """What ``code`` means; the status decides only for codes nobody knows.

    >>> meaning("ECR14", 400).name, meaning("ERR-TOO-MANY-CONCURRENT-REQUESTS", 400).name
    ('REFUSED', 'LATER')
    """
    compact = code.replace(" ", "")
    if compact in _BY_CODE:
        return _BY_CODE[compact]
    for prefix, found in _BY_PREFIX:
        if compact.startswith(prefix):
            return found
    if status in (401, 403):
        return Meaning.ACCESS
    return Meaning.FAULT if status >= 500 else Meaning.REFUSED


def read_error(answer: Answer) -> tuple[str, str]:
    """``(code, message)`` of an error answer, in either shape; empty texts where there are none."""
    try:
        body: Any = answer.json()
    except ValueError:
        return "", ""
    inner = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(inner, dict):
        return "", ""
    return short_text(inner.get("code") or "", 60), short_text(inner.get("message") or "")


def rule(answer: Answer, wrote: bool) -> LedgerError | None:
    """The transport's error rule for MyUnisoft."""
    if answer.status < 400 and not answer.body[:20].lstrip().startswith(b'{"error"'):
        return None
    code, message = read_error(answer)
    if answer.status == 404 and answer.url in ABSENT_ON_404 and _may_mean_absent(answer, code):
        return None
    if answer.status >= 500 and not code:
        return None
    return _error(meaning(code, answer.status), code or str(answer.status), message, answer, wrote)


def _may_mean_absent(answer: Answer, code: str) -> bool:
    """A 404 with one of the access codes, or with a web page of some proxy, says nothing about the entry."""
    known = _BY_CODE.get(code)
    return known is not Meaning.ACCESS and not answer.body.lstrip().startswith(b"<")


def _error(found: Meaning, code: str, message: str, answer: Answer, wrote: bool) -> LedgerError:
    text = f"MyUnisoft answered {answer.url}: {message or f'status {answer.status}'}"
    facts: dict[str, Any] = {"tool": TOOL, "tool_code": code, "request_id": answer.request_id}
    if found is Meaning.ACCESS:
        return AccessError(f"{text}. Check the token, the partner secret, the folder and the granted routes.", **facts)
    if found is Meaning.SETTINGS:
        return ConfigurationError(text, **facts)
    if found is Meaning.LATER:
        return TryLater(text, **facts)
    if found is Meaning.FAULT:
        return OutcomeUnknown(text, **facts) if wrote else TryLater(text, **facts)
    if not wrote:
        return ConfigurationError(f"{text}. The read was refused; nothing is known about what it asked.", **facts)
    detail = f"{message or 'sans explication'} ({code})"
    return PostingRefused(text, reason=_REASONS[found], facts={"detail": detail}, **facts)
