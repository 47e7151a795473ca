"""Cegid Loop's error answers → our errors. One table; nothing else decides what its words mean.

An error has no code. It comes with any status, 200 included, as ``{"error": {"instanceId", "message"}}``; the gateway
before the API answers ``{"statusCode", "message"}``. Cegid publishes the situations and not the exact words, so words
are matched loosely, in French and English; what no rule knows is refused with Loop's own words, shortened and cleaned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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

__all__ = ["STATUS_ROUTE", "FolderRefused", "error_rule", "import_refused", "words_of"]

TOOL = "cegid_loop"
STATUS_ROUTE = "/getImportStatus"
MOST_WORDS = 5
_SURELY_REFUSED = frozenset({401, 403, 404})
DEEPEST = 5

_WORD_KEYS = frozenset(
    {
        *("message", "messages", "msg", "errormessage", "error", "errors", "errordetails", "erreur", "erreurs"),
        *("detail", "details", "description", "libelle", "label", "reason", "report", "rapport"),
    }
)


class FolderRefused(AccessError):
    """The key does not reach the folder: its code is wrong, or it was not ticked for our application."""


class _Meaning(NamedTuple):
    pattern: re.Pattern[str]
    reason: Reason
    detail: str = "« {text} »"


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_FOLDER = _words(
    r"(not|n't) have access to the (folder|file)|pas acc[eè]s au dossier|codeibs|(unknown|inconnu)\w* (folder|dossier)|"
    r"(folder|dossier)\b.*\b(unknown|not found|inconnu|introuvable|n'existe pas)"
)
_KEYS = _words(
    r"subscription key|api[ -]?key|cl[eé] (api|d'api)|unauthori[sz]ed|forbidden|access denied|acc[eè]s refus|"
    r"non autoris|collaborat(or|eur)"
)
_SIRET = _words(r"\bsiret\b|\bsiren\b|[eé]tablissement|establishment")
_PASSING = _words(r"time[d]?[ -]?out|unavailable|indisponible|internal|interne|try again|r[eé]essay|maintenance")

_MEANINGS = (
    _Meaning(_words(r"d[eé]s[eé]quilibr|non [eé]quilibr|unbalanced|not balanced"), Reason.AMOUNTS_DO_NOT_CLOSE),
    _Meaning(
        _words(
            r"exercice|cl[oô]tur|\bclose\b|closed|fiscal|\bp[eé]riode|\bperiod|hors (du )?contexte|outside the context"
        ),
        Reason.PERIOD_CLOSED,
        "refusée par Cegid Loop (« {text} »)",
    ),
    _Meaning(
        _words(r"fichier|pi[eè]ce jointe|attachment|\buri\b|t[eé]l[eé]charg|download"),
        Reason.SUPPORTING_DOCUMENT_MISSING,
        " : refusé (« {text} »)",
    ),
    _Meaning(_words(r"\bjournal\b"), Reason.JOURNAL_MISSING),
    _Meaning(_words(r"\btiers\b|third[ -]?part"), Reason.THIRD_PARTY_REFUSED),
    _Meaning(_words(r"\bcompte\b|\baccount\b"), Reason.ACCOUNT_UNKNOWN),
)


def error_rule(answer: Answer, wrote: bool) -> LedgerError | None:
    """The transport's error rule; looks at successes too, because Loop tells most errors by a 200."""
    body = _json(answer)
    said = _error_of(body)
    if answer.url.endswith(STATUS_ROUTE) and _tells_status(body):
        # An import that failed is told with its error: that is an answer, not a failed request.
        return None if answer.status < 400 else _status_error(answer, words_of(body))
    if answer.status < 400 and said is None:
        return None
    if answer.status >= 500:
        return None
    text = words_of(said if said is not None else body)
    if answer.url.endswith(STATUS_ROUTE):
        return _status_error(answer, text)
    return _error(text, answer, wrote)


def import_refused(text: str) -> PostingRefused:
    """The refusal of an import that Loop ended in error, with Loop's own words."""
    return _refusal(text, {"tool": TOOL, "tool_code": "import"})


def words_of(body: Any) -> str:
    """What an error answer says, one clean line, whatever its shape; empty when it holds no words."""
    found: list[str] = []
    for text in _texts(body, DEEPEST):
        line = short_text(text).rstrip(". ")
        if line and line not in found:
            found.append(line)
        if len(found) == MOST_WORDS:
            break
    return short_text(" ; ".join(found))


def _texts(body: Any, depth: int) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, list) and depth:
        for each in body:
            yield from _texts(each, depth - 1)
    elif isinstance(body, dict) and depth:
        for name, value in body.items():
            if str(name).casefold() in _WORD_KEYS:
                yield from _texts(value, depth - 1)
        for value in body.values():
            if isinstance(value, (dict, list)):
                yield from _texts(value, depth - 1) if not isinstance(value, list) else _texts_in(value, depth - 1)


def _texts_in(items: list[Any], depth: int) -> Iterator[str]:
    """Objects inside any list; its bare texts may be anything (ids, names)."""
    for each in items:
        if isinstance(each, (dict, list)):
            yield from _texts(each, depth)


def _error(text: str, answer: Answer, wrote: bool) -> LedgerError:
    facts: dict[str, Any] = {"tool": TOOL, "tool_code": str(answer.status), "request_id": answer.request_id}
    what = f"Cegid Loop answered {answer.url}: {text or f'status {answer.status}'}."
    if answer.status not in _SURELY_REFUSED and _PASSING.search(text):
        # Whatever else it names: an import that was queued before the fault is worked off.
        return OutcomeUnknown(what, **facts) if wrote else TryLater(what, **facts)
    if _FOLDER.search(text):
        return FolderRefused(f"{what} Tick the folder for this key in LoopHub.", field="dossier_code", **facts)
    if answer.status in (401, 403) or (answer.status != 404 and _KEYS.search(text)):
        return AccessError(f"{what} Check the subscription key, the API key and its secret.", **facts)
    if _SIRET.search(text):
        return ConfigurationError(f"{what} Check the SIRET in the Connection.", field="siret", **facts)
    if answer.status == 404:
        return ConfigurationError(f"{what} There is no such route: check the host in the Connection.", **facts)
    if not wrote:
        return ConfigurationError(f"{what} The read was refused.", **facts)
    return _refusal(text, facts)


def _refusal(text: str, facts: dict[str, Any]) -> PostingRefused:
    message = f"Cegid Loop refused the import: {text or 'no explanation given'}."
    for meaning in _MEANINGS:
        if text and meaning.pattern.search(text):
            detail = meaning.detail.format(text=text)
            return PostingRefused(message, reason=meaning.reason, facts={"detail": detail}, **facts)
    detail = f"« {text} »" if text else "sans explication"
    return PostingRefused(message, reason=Reason.REFUSED_BY_TOOL, facts={"detail": detail}, **facts)


def _status_error(answer: Answer, text: str) -> LedgerError:
    """A look at an import that was refused: the import itself may well have happened."""
    if answer.status in (401, 403) or _KEYS.search(text):
        return AccessError(f"Cegid Loop refused the look at an import: {text or answer.status}.", tool=TOOL)
    return OutcomeUnknown(
        f"Cegid Loop tells nothing of the import: {text or f'status {answer.status}'}.",
        tool=TOOL,
        tool_code=str(answer.status),
    )


def _json(answer: Answer) -> Any:
    # Lists are by far the largest answers and never an error.
    if answer.body.lstrip()[:1] != b"{":
        return None
    try:
        return answer.json()
    except ValueError:
        return None


def _error_of(body: Any) -> Any:
    """What stands under ``error`` in an answer; None when it tells no error (a null one tells none)."""
    if not isinstance(body, dict):
        return None
    found = next((value for name, value in body.items() if name.casefold() in ("error", "erreur")), None)
    return found or None


def _tells_status(body: Any) -> bool:
    return isinstance(body, dict) and any(name.casefold() == "status" for name in body)
