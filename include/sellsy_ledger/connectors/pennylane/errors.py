"""Pennylane's error answers → our error classes.

The two official sources disagree on the shape of an error (``error`` + ``status``, or ``message`` with a code), so the
text is looked for in both; a 429 is plain text and never gets here. Texts are matched loosely: they are documented by
example only. What no rule knows is refused with Pennylane's own words, shortened and cleaned.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, InvariantBroken, LedgerError, PostingRefused, TryLater
from sellsy_ledger.http.redaction import short_text
from sellsy_ledger.http.transport import Answer

__all__ = ["AttachmentExists", "ReferenceTaken", "error_rule"]

FILE_WAIT_SECONDS = 2.0

_SAME_FILE = re.compile(r"\bID\s+(\d+)\s+already exists\b", re.IGNORECASE)
_FILE_NOT_READY = re.compile(r"(not|n't)( yet)? (been )?(available|ready|processed)|few seconds", re.IGNORECASE)
_TAKEN = re.compile(r"already (been taken|exists|taken)", re.IGNORECASE)
_SCOPE = re.compile(r"\bscopes?\W+([a-z_]+(?::[a-z]+)?)")


class _Meaning(NamedTuple):
    pattern: re.Pattern[str]
    reason: Reason
    detail: str  # French; {text} is Pennylane's own words


def _meaning(pattern: str, reason: Reason, detail: str = "« {text} »") -> _Meaning:
    return _Meaning(re.compile(pattern, re.IGNORECASE), reason, detail)


_MEANINGS = (
    _meaning(r"fiscal year|exercice|closed|frozen|locked", Reason.PERIOD_CLOSED, "refusée par Pennylane (« {text} »)"),
    _meaning(r"does not match|not balanced|sum of", Reason.AMOUNTS_DO_NOT_CLOSE),
    _meaning(r"content type|file format|attachment", Reason.SUPPORTING_DOCUMENT_MISSING, " : refusé (« {text} »)"),
    _meaning(r"vat[ _]rate", Reason.VAT_CODE_UNMAPPED, "cette ligne par Pennylane (« {text} »)"),
    _meaning(r"ledger[ _]?account", Reason.ACCOUNT_UNKNOWN),
    _meaning(r"journal", Reason.JOURNAL_MISSING),
    _meaning(r"customer|supplier|address|reg_no|establishment_no", Reason.THIRD_PARTY_REFUSED),
)


class AttachmentExists(PostingRefused):
    """The same file content was imported before, as invoice ``existing_id``."""

    existing_id: int = 0


class ReferenceTaken(PostingRefused):
    """An object with our external reference (or another unique value) exists already."""


def error_rule(answer: Answer, wrote: bool) -> LedgerError | None:
    """What an error answer means; None accepts the answer (a success, or a 404 to a read: nothing there)."""
    status = answer.status
    if status < 400 or status >= 500:
        return None
    text = _text(answer)
    facts: dict[str, Any] = {"tool": "pennylane", "tool_code": str(status), "request_id": answer.request_id}
    if status == 401:
        return AccessError("Pennylane refused the API token: it is wrong, revoked or expired.", **facts)
    if status == 403:
        scope = _SCOPE.search(text)
        which = f" {scope.group(1)}" if scope else ""
        return AccessError(f"The Pennylane API token lacks the right{which}.", field=which.strip() or None, **facts)
    if not wrote:
        # A wrong filter, limit or cursor is our own mistake: no person can correct it.
        return None if status == 404 else InvariantBroken(f"Pennylane refused a read: {text or status}.", **facts)
    if status == 409:
        return _conflict(text, facts)
    return _refusal(text, facts)


def _conflict(text: str, facts: dict[str, Any]) -> LedgerError:
    """Three different things are a 409; only the text tells them apart."""
    if same_file := _SAME_FILE.search(text):
        error = AttachmentExists(
            f"Pennylane already holds this file, as document {same_file.group(1)}.",
            reason=Reason.POSSIBLE_DUPLICATE,
            facts={"detail": f"le même PDF est déjà dans Pennylane (document {same_file.group(1)})"},
            **facts,
        )
        error.existing_id = int(same_file.group(1))
        return error
    if _FILE_NOT_READY.search(text):
        message = "Pennylane has not finished storing the uploaded file."
        return TryLater(message, retry_after_seconds=FILE_WAIT_SECONDS, **facts)
    return _taken(text, facts)


def _refusal(text: str, facts: dict[str, Any]) -> LedgerError:
    if _TAKEN.search(text):
        return _taken(text, facts)
    for meaning in _MEANINGS:
        if meaning.pattern.search(text):
            return _refused(text, meaning.reason, meaning.detail.format(text=text), facts)
    return _refused(text, Reason.REFUSED_BY_TOOL, f"« {text} »" if text else f"erreur {facts['tool_code']}", facts)


def _taken(text: str, facts: dict[str, Any]) -> ReferenceTaken:
    return ReferenceTaken(
        f"Pennylane holds this already: {text or 'resource already exists'}.",
        reason=Reason.POSSIBLE_DUPLICATE,
        facts={"detail": f"« {text} »" if text else "la référence est déjà prise"},
        **facts,
    )


def _refused(text: str, reason: Reason, detail: str, facts: dict[str, Any]) -> PostingRefused:
    message = f"Pennylane refused the request: {text or 'no explanation given'}."
    return PostingRefused(message, reason=reason, facts={"detail": detail}, **facts)


def _text(answer: Answer) -> str:
    """Pennylane's own words, one short clean line; empty when the body holds none."""
    try:
        body = answer.json()
    except ValueError:
        plain = answer.headers.get("content-type", "").startswith("text/plain")
        return short_text(answer.body.decode("utf-8", "replace")) if plain else ""
    if not isinstance(body, dict):
        return ""
    words = next((body[name] for name in ("message", "error") if isinstance(body.get(name), str)), "")
    field = body.get("field")
    text = f"{words} ({field})" if isinstance(field, str) and field and field not in words else words
    return short_text(text).rstrip(".")
