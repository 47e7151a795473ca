"""ACD's error answers → our errors. One table; nothing else decides what an answer means.

An error comes as ``{"codeRetour": 0, "description": "KO", "listeErreurs": [{"erreur", "description"}]}`` under any
status, 200 included, or as a sentence of the server in plain text, French or English. The codes and sentences are
those that public clients and integrators report; no complete list is published.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from enum import Enum
from typing import Any, NamedTuple

from unidecode import unidecode

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

__all__ = [
    "ACCOUNT_EXISTS",
    "ACCOUNT_MISSING",
    "INVOICE_NUMBER",
    "NO_DOSSIER",
    "NO_GED_PLAN",
    "SEVERAL_YEARS",
    "DossierLost",
    "Meaning",
    "RouteMissing",
    "SessionLost",
    "folded",
    "login_rule",
    "read_error",
    "rule",
]

TOOL = "acd"
ACCOUNT_EXISTS = "compteExisteDeja"
ACCOUNT_MISSING = "compteInexistant"
SEVERAL_YEARS = "periodeMultiExercice"
# Our own names for sentences that come without a code.
INVOICE_NUMBER = "numeroFacture"
NO_GED_PLAN = "planDeClassement"
NO_DOSSIER = "dossierIntrouvable"


class SessionLost(AccessError):
    """The session is over, or was never known: nothing was done, a new one may be opened once."""


class DossierLost(ConfigurationError):
    """The session has no dossier any more: nothing was done, it may be selected again once."""


class RouteMissing(ConfigurationError):
    """This server has no such route (404), or not with this verb (405)."""


class Meaning(Enum):
    """What an error means for us."""

    SESSION = "session"
    DOSSIER_LOST = "dossier_lost"
    DOSSIER = "dossier"
    RIGHT = "right"
    ROUTE = "route"
    FAULT = "fault"
    EXISTS = "exists"
    ACCOUNT = "account"
    JOURNAL = "journal"
    VAT = "vat"
    PERIOD = "period"
    SEVERAL_YEARS = "several_years"
    INVOICE_NUMBER = "invoice_number"
    GED_PLAN = "ged_plan"
    ANALYTIC = "analytic"
    REFUSED = "refused"


class ErrorText(NamedTuple):
    """The server's code and words; ``told`` is True in ACD's own error body, False in plain text or nothing."""

    code: str
    text: str
    told: bool


_CODES = {
    "jetonnonrecu": Meaning.SESSION,
    "compteexistedeja": Meaning.EXISTS,
    "compteinexistant": Meaning.ACCOUNT,
    "ecriturenonequilibre": Meaning.REFUSED,
    "ecriturenonequilibree": Meaning.REFUSED,
    "analytiqueclerepartitioninexistante": Meaning.ANALYTIC,
    "periodemultiexercice": Meaning.SEVERAL_YEARS,
}
# Reported word for word: believed under any status.
_SENTENCES = (
    (r"connexion a la base du dossier n'est pas initialisee", Meaning.DOSSIER_LOST),
    (r"dossier introuvable", Meaning.DOSSIER),
    (r"plan de classement introuvable", Meaning.GED_PLAN),
    (r"communs de la comptabilite|reference d'objet non definie|nom du serveur sql invalide", Meaning.FAULT),
    (r"object reference not set", Meaning.FAULT),
    (r"format de la chaine d'entree", Meaning.REFUSED),
    (r"invoice number\b.*\bnot (?:enabled|allowed|managed)", Meaning.INVOICE_NUMBER),
    (r"numero de facture\b.*(?:\bpas\b|\bnon\b|desactive|interdit)", Meaning.INVOICE_NUMBER),
)
# Their wording is not known: likely words, believed only where the server plainly refuses (no 5xx of a broken call).
_LIKELY = (
    (r"(?:exercice|periode|mois)\W?.{0,40}(?:clos\b|clotur|verrouill|ferme)", Meaning.PERIOD),
    (
        r"(?:hors (?:de l'|d')?|aucun |pas d'|in)exercice|exercice.{0,30}(?:inexistant|introuvable|inconnu)",
        Meaning.PERIOD,
    ),
    (r"(?:code ?tva|tva).{0,40}(?:inexistant|introuvable|inconnu|invalide)", Meaning.VAT),
    (r"journal.{0,40}(?:inexistant|introuvable|inconnu|non partage|pas partage|ferme|clos\b)", Meaning.JOURNAL),
    (r"compte.{0,40}(?:inexistant|introuvable|inconnu|inactif)", Meaning.ACCOUNT),
)
_REASONS = {
    Meaning.EXISTS: Reason.THIRD_PARTY_REFUSED,
    Meaning.ACCOUNT: Reason.ACCOUNT_UNKNOWN,
    Meaning.JOURNAL: Reason.JOURNAL_MISSING,
    Meaning.VAT: Reason.VAT_CODE_UNMAPPED,
    Meaning.PERIOD: Reason.PERIOD_CLOSED,
    Meaning.GED_PLAN: Reason.SUPPORTING_DOCUMENT_MISSING,
}
_NAMES = {Meaning.DOSSIER: NO_DOSSIER, Meaning.INVOICE_NUMBER: INVOICE_NUMBER, Meaning.GED_PLAN: NO_GED_PLAN}
_MESSAGE_KEYS = ("description", "exceptionmessage", "message", "detail", "title", "error", "erreur")


def folded(raw: Any) -> dict[str, Any]:
    """A JSON object with its keys in lower case (this API answers in several spellings); {} for anything else."""
    return {str(name).lower(): value for name, value in raw.items()} if isinstance(raw, dict) else {}


def read_error(answer: Answer) -> ErrorText | None:
    """What the answer says went wrong; None when it says nothing of the kind.

    A good answer may be any text (a FEC holds people's labels): below 400 only ACD's own error body, or one short line
    that we know, counts as an error.
    """
    try:
        body = json.loads(answer.body)
    except ValueError:
        head = answer.body[:1000]
        return _plain(answer, "" if head.lstrip()[:1] == b"<" else head.decode("utf-8", "replace"))
    if isinstance(body, str):
        return _plain(answer, body[:1000])
    if isinstance(body, list) and not all("erreur" in folded(each) for each in body):
        body = None
    return _told(answer, folded({"listeErreurs": body} if isinstance(body, list) else body))


def rule(answer: Answer, wrote: bool) -> LedgerError | None:
    """The transport's error rule for every call but the login."""
    said = read_error(answer)
    if said is None and answer.status < 400:
        return None
    said = said or ErrorText("", "", told=False)
    found = _meaning(said, answer.status)
    return None if found is None else _error(found, said, answer, wrote)


def login_rule(answer: Answer, wrote: bool) -> LedgerError | None:
    """The error rule of the login: whatever the server refuses there is refused for good, never tried again."""
    said = read_error(answer)
    text = said.text or said.code if said else ""
    if answer.status in (404, 405):
        return RouteMissing(
            f"There is no login at this address (status {answer.status}). Check the host in the Connection: "
            "https://<server>/<cnx>/api or https://<server>/iSuiteExpert/api.",
            field="host",
            tool=TOOL,
            tool_code=str(answer.status),
        )
    if said is not None and _meaning(said, answer.status) is Meaning.FAULT:
        return TryLater(f"ACD could not open a session: {text}", tool=TOOL, tool_code=str(answer.status))
    if answer.status >= 500 or (answer.status < 400 and said is None):
        return None
    return AccessError(
        f"ACD refused the login{f': {text}' if text else ''}. Check identifier, password and CNX; an account is locked "
        "for about ten minutes after several failures, and one with two-factor login never works.",
        tool=TOOL,
        tool_code=str(answer.status),
    )


# -- reading -----------------------------------------------------------------------------------------------------
def _told(answer: Answer, body: dict[str, Any]) -> ErrorText | None:
    errors = [folded(each) for each in body.get("listeerreurs") or () if isinstance(each, dict)]
    refused = "coderetour" in body and str(body["coderetour"]) in ("0", "False")
    if errors:
        text = " ; ".join(filter(None, (short_text(each.get("description") or "") for each in errors)))
        return ErrorText(_first_code(errors), text, told=True)
    if not refused and answer.status < 400:
        return None
    text = next((short_text(body[key]) for key in _MESSAGE_KEYS if isinstance(body.get(key), str) and body[key]), "")
    return ErrorText("", "" if text.upper() == "KO" else text, told=refused)


def _first_code(errors: Iterable[dict[str, Any]]) -> str:
    """The first code that we know, else the first one."""
    codes = [short_text(each.get("erreur") or "", 80) for each in errors]
    return next((code for code in codes if code.lower() in _CODES), codes[0] if codes else "")


def _plain(answer: Answer, text: str) -> ErrorText | None:
    if answer.status < 400:
        is_line = len(text) < 300 and not any(mark in text for mark in "\t|\n")
        code = text.strip().lower() in _CODES
        if not is_line or not (code or _by_words(text, _SENTENCES)):
            return None
    words = short_text(text)
    if words.lower() in _CODES:
        return ErrorText(words, "", told=True)
    return ErrorText("", words, told=False) if words or answer.status >= 400 else None


# -- meaning -----------------------------------------------------------------------------------------------------
def _meaning(said: ErrorText, status: int) -> Meaning | None:
    """None for a 5xx that nothing explains: what became of the call is not known."""
    if said.code.lower() in _CODES:
        return _CODES[said.code.lower()]
    words = f"{said.code} {said.text}"
    if found := _by_words(words, _SENTENCES):
        return found
    by_status = {401: Meaning.SESSION, 403: Meaning.RIGHT, 404: Meaning.ROUTE, 405: Meaning.ROUTE}
    if status in by_status:
        return by_status[status]
    if status < 500 and (found := _by_words(words, _LIKELY)):
        return found
    return Meaning.REFUSED if status < 500 else None


def _by_words(text: str, table: tuple[tuple[str, Meaning], ...]) -> Meaning | None:
    plain = unidecode(text).lower()
    return next((found for pattern, found in table if re.search(pattern, plain)), None)


def _error(found: Meaning, said: ErrorText, answer: Answer, wrote: bool) -> LedgerError:
    code = said.code or _NAMES.get(found) or str(answer.status)
    words = said.text or said.code
    text = f"ACD answered {answer.url}: {words or f'status {answer.status}'}"
    facts: dict[str, Any] = {"tool": TOOL, "tool_code": code, "request_id": answer.request_id}
    if found is Meaning.SESSION:
        return SessionLost(f"{text}. The session was refused.", **facts)
    if found is Meaning.DOSSIER_LOST:
        return DossierLost(f"{text}. The dossier could not be opened.", field="code_dossier", **facts)
    if found is Meaning.DOSSIER:
        return AccessError(f"{text}. Check the code of the dossier.", field="code_dossier", **facts)
    if found is Meaning.RIGHT:
        return AccessError(
            f"{text}. The dossier is not shared with the API, or its document store (GED) is not linked: "
            "see Comptabilité Expert > i-Suite Expert > Gestion du partage.",
            **facts,
        )
    if found is Meaning.ROUTE:
        return RouteMissing(f"{text}. Check the host, or give this server's route in option routes.", **facts)
    if found is Meaning.FAULT:
        return OutcomeUnknown(text, **facts) if wrote else TryLater(text, **facts)
    if not wrote:
        return ConfigurationError(f"{text}. The read was refused; nothing is known about what it asked.", **facts)
    detail = _detail(found, words, said.code)
    return PostingRefused(text, reason=_REASONS.get(found, Reason.REFUSED_BY_TOOL), facts={"detail": detail}, **facts)


def _detail(found: Meaning, words: str, code: str) -> str:
    shown = f"{words or 'sans explication'}{f' ({code})' if code and code != words else ''}"
    if found is Meaning.ANALYTIC:
        return f"le compte exige une ventilation analytique, qui n'est pas transmise : {shown}"
    if found is Meaning.GED_PLAN:
        return f", ou n'a pas pu être classé dans la GED d'ACD : {shown}"
    return shown
