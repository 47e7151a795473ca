"""Error answers of the OData interface → our error classes.

Three shapes exist: ``{"error": {"code", "message"}}``, ``{"Message": …}`` and a web page. The refusal of an entry holds
several reasons in one message, one per line. Reasons are told apart by their French words, which Sage documents by
example only: what no rule knows is refused with Sage's own words.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

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

__all__ = ["ACTION_PATH", "error_rule", "is_page", "messages", "refusal", "token_error_rule"]

TOOL = "sage100"
ACTION_PATH = "/creerPieceComptable"
DETAIL_MAX = 400


class _Meaning(NamedTuple):
    pattern: re.Pattern[str]
    reason: Reason


def _meaning(pattern: str, reason: Reason) -> _Meaning:
    return _Meaning(re.compile(pattern, re.IGNORECASE), reason)


# In this order: a sentence about a balance names the journal too, one about a third party its account.
_MEANINGS = (
    _meaning(r"[ée]quilibr", Reason.AMOUNTS_DO_NOT_CLOSE),
    _meaning(r"exercice|cl[oôÔ]tur|p[ée]riode", Reason.PERIOD_CLOSED),
    _meaning(r"\btiers\b", Reason.THIRD_PARTY_REFUSED),
    _meaning(r"\bcomptes?\b", Reason.ACCOUNT_UNKNOWN),
    _meaning(r"\bjourna(l|ux)\b", Reason.JOURNAL_MISSING),
    _meaning(r"\bdevises?\b", Reason.CURRENCY_NOT_SUPPORTED),
    _meaning(r"existe d[ée]j[àa]|doublon", Reason.POSSIBLE_DUPLICATE),
)


def error_rule(answer: Answer, wrote: bool) -> LedgerError | None:
    """What an answer means; None accepts it (a success, or a 404 to a read: nothing there)."""
    status = answer.status
    facts: dict[str, Any] = {"tool": TOOL, "tool_code": str(status), "request_id": answer.request_id}
    if status < 400:
        if wrote and is_page(answer):
            return OutcomeUnknown("Sage answered a write with a web page.", **facts)
        return None
    if status >= 500:
        return None
    said = " ; ".join(messages(answer))
    if status == 401:
        return AccessError("Sage refused the access token: it is wrong, revoked or expired.", **facts)
    if status == 403:
        return AccessError(f"Sage refuses this right to the user of the token{_colon(said)}.", **facts)
    if is_page(answer) or status in (405, 415):
        return ConfigurationError(
            f"There is no OData interface of Sage 100 at this address ({status} to {answer.url}).",
            field="host",
            action="Correct the host in the Connection.",
            **facts,
        )
    if status == 408:
        return OutcomeUnknown("Sage gave up waiting.", **facts) if wrote else TryLater("Sage gave up waiting.", **facts)
    # A check of an entry is a request without effect, and is refused like the entry itself.
    if wrote or answer.url.endswith(ACTION_PATH):
        return refusal(messages(answer), facts)
    return None if status == 404 else ConfigurationError(f"Sage refused a read{_colon(said)}.", **facts)


def refusal(texts: list[str], facts: dict[str, Any]) -> PostingRefused:
    """The refusal of an entry or a third party, with every reason that was given."""
    reason = Reason.REFUSED_BY_TOOL
    for meaning in _MEANINGS:
        if any(meaning.pattern.search(text) for text in texts):
            reason = meaning.reason
            break
    said = short_text(" ; ".join(texts), DETAIL_MAX) or f"erreur {facts['tool_code']}"
    return PostingRefused(f"Sage refused: {said}", reason=reason, facts={"detail": f"« {said} »"}, **facts)


def messages(answer: Answer) -> list[str]:
    """The reasons in an error answer, each one clean line; empty where there is none."""
    try:
        body: Any = answer.json()
    except ValueError:
        return []
    if not isinstance(body, dict):
        return []
    lower = {str(name).lower(): value for name, value in body.items()}
    error = lower.get("error")
    inner = {str(name).lower(): value for name, value in error.items()} if isinstance(error, dict) else {}
    text = inner.get("message") or lower.get("message") or lower.get("error_description") or error or ""
    if isinstance(text, dict):
        # OData 3 wraps the text once more: {"lang", "value"}.
        text = text.get("value") or ""
    lines = re.split(r"[\r\n]+", text) if isinstance(text, str) else []
    # The same reason comes once per line of the entry.
    return list(dict.fromkeys(short for line in lines if (short := short_text(line).strip(" ;"))))


def is_page(answer: Answer) -> bool:
    """True for a web page: a proxy's error, a login form."""
    kind = answer.headers.get("content-type", "").lower()
    return "html" in kind or answer.body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def token_error_rule(answer: Answer, wrote: bool) -> LedgerError | None:
    """The same for the login server (RFC 6749: ``{"error": "invalid_grant"}``)."""
    if answer.status < 400 or answer.status >= 500:
        return None
    try:
        body: Any = answer.json()
    except ValueError:
        body = {}
    code = body.get("error") if isinstance(body, dict) else ""
    code = short_text(code, 40) if isinstance(code, str) else ""
    facts: dict[str, Any] = {"tool": TOOL, "tool_code": code or str(answer.status), "request_id": answer.request_id}
    if answer.status == 404:
        return ConfigurationError(
            "The login server gives no token at this address: correct token_url in the Connection.",
            field="token_url",
            **facts,
        )
    if code == "invalid_grant":
        return AccessError("The refresh token of Sage is expired, revoked or already used: sign in again.", **facts)
    return AccessError("The login server of Sage refused the client or the token: check the three secrets.", **facts)


def _colon(text: str) -> str:
    return f": {text}" if text else ""
