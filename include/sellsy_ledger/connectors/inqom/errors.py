"""Inqom's error answers → our error classes.

The shape of an error body is not documented (JSON of several shapes, or text), so its words are looked for wherever
they may stand, and matched loosely. A status decides the class, the words only the reason of a refusal. What no rule
knows is refused with Inqom's own words, shortened and cleaned.
"""

from __future__ import annotations

import re
from typing import Any

from sellsy_ledger.connectors.inqom import answers
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, ConfigurationError, LedgerError, OutcomeUnknown, PostingRefused, TryLater
from sellsy_ledger.http.redaction import short_text
from sellsy_ledger.http.transport import Answer

__all__ = ["TOOL", "TokenRefused", "auth_rule", "detail_of", "reason_of", "rule"]

TOOL = "inqom"

# The first that matches wins: « accounting period » and « AccountingDocumentId » both contain « account ».
_REASONS = (
    (r"p[ée]riode?|exerci[cs]e|cl[oô]tur|lock|verrou", Reason.PERIOD_CLOSED),
    (r"balance|[ée]quilibr", Reason.AMOUNTS_DO_NOT_CLOSE),
    (r"document|fichier|\bfile\b|pi[èe]ce jointe|extension", Reason.SUPPORTING_DOCUMENT_MISSING),
    (r"journal", Reason.JOURNAL_MISSING),
    (r"account|compte", Reason.ACCOUNT_UNKNOWN),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), reason) for pattern, reason in _REASONS)

# How Inqom's words go into the middle of the reason's French sentence.
_DETAILS = {
    Reason.PERIOD_CLOSED: "refusée par Inqom ({said})",
    Reason.SUPPORTING_DOCUMENT_MISSING: " : refusé par Inqom ({said})",
}

_GRANT = {
    "invalid_grant": ("login", "the user name or the password is wrong, or the user is blocked"),
    "invalid_client": ("client_id", "client_id or client_secret is wrong"),
    "unauthorized_client": ("client_id", "this client_id may not use the password grant; ask Inqom"),
    "unsupported_grant_type": ("client_id", "this client_id may not use the password grant; ask Inqom"),
    "invalid_scope": ("scope", "the scope is not open to this client_id: correct the option scope"),
}


class TokenRefused(AccessError):
    """The API did not take the token (401), or says that it has no right (403): worth one fresh token."""


def auth_rule(answer: Answer, wrote: bool) -> LedgerError | None:
    """What the token route's answer means. A refused grant is never asked again."""
    if answer.status < 400 or answer.status >= 500:
        return None
    try:
        body = answers.lowered(answer.json())
    except ValueError:
        body = None
    code = str(body.get("error") or "") if isinstance(body, dict) else ""
    facts: dict[str, Any] = {"tool": TOOL, "tool_code": short_text(code, 60) or str(answer.status)}
    if code in _GRANT:
        field, what = _GRANT[code]
        return AccessError(f"Inqom gave no token: {what}.", field=field, **facts)
    if answer.status == 404:
        return ConfigurationError(
            "There is no token route at this address: correct auth_url.", field="auth_url", **facts
        )
    return AccessError("Inqom gave no token: check user, password, client_id and client_secret.", **facts)


def rule(answer: Answer, wrote: bool) -> LedgerError | None:
    """The transport's error rule for the API and the documents."""
    status = answer.status
    if status < 400 or status >= 500:
        return None
    text = _words(answer)
    facts: dict[str, Any] = {"tool": TOOL, "tool_code": str(status), "request_id": answer.request_id}
    if status == 401:
        return TokenRefused("Inqom does not take the token: it is expired or not meant for this API.", **facts)
    if status == 403:
        return TokenRefused(f"The Inqom user has no right to {answer.url}: give it the folder and the scope.", **facts)
    if status in (408, 425):
        what = f"Inqom answered {status} to {answer.url}."
        return OutcomeUnknown(what, **facts) if wrote else TryLater(what, **facts)
    if status in (404, 405):
        # Which of host and folder is wrong cannot be told apart; a read of one object takes 404 as its absence.
        return None if not wrote and status == 404 else _no_route(answer, facts)
    if not wrote:
        return ConfigurationError(f"Inqom refused the read {answer.url}: {text or status}.", **facts)
    return _refused(text, status, facts)


def reason_of(text: str) -> Reason:
    """The reason that the words of a refusal name."""
    return next((reason for pattern, reason in _PATTERNS if pattern.search(text)), Reason.REFUSED_BY_TOOL)


def detail_of(reason: Reason, said: str) -> str:
    """Inqom's words as the variable part of the French sentence of ``reason``."""
    return _DETAILS.get(reason, "{said}").format(said=said)


def _no_route(answer: Answer, facts: dict[str, Any]) -> ConfigurationError:
    return ConfigurationError(
        f"Inqom does not know {answer.url}: check the host, documents_url and dossier_id of the Connection.",
        field="dossier_id",
        **facts,
    )


def _refused(text: str, status: int, facts: dict[str, Any]) -> PostingRefused:
    too_large = status in (413, 415)
    reason = Reason.SUPPORTING_DOCUMENT_MISSING if too_large else reason_of(text)
    said = f"« {text} »" if text else f"erreur {status}"
    detail = detail_of(reason, said)
    return PostingRefused(
        f"Inqom refused the request: {text or status}.", reason=reason, facts={"detail": detail}, **facts
    )


def _words(answer: Answer) -> str:
    """Inqom's own words on one short line; nothing of a web page."""
    try:
        return short_text(answers.text_of(answer.json())).rstrip(".")
    except ValueError:
        plain = answer.body.lstrip()
        return "" if plain.startswith(b"<") else short_text(plain.decode("utf-8", "replace")).rstrip(".")
