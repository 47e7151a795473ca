"""What Sellsy's error answers mean, by what happens next. Pure: an answer in, an error of ours (or None) out.

Sellsy's own texts are French, change freely and may quote personal data: only status, V1 code and request id are kept.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, ConfigurationError, DocumentError, LedgerError, TryLater
from sellsy_ledger.http.transport import Answer
from sellsy_ledger.sources.sellsy.fields import UNDECODABLE
from sellsy_ledger.sources.sellsy.halves import mended

__all__ = ["NotFound", "TokenRefused", "V1Refused", "login_rule", "v1_rule", "v2_rule"]

# First part of the path → the scope that opens it (Sellsy's OpenAPI, security of each route).
_SCOPES = {
    "invoices": "invoices.read",
    "credit-notes": "credit-notes.read",
    "companies": "companies.read",
    "individuals": "individuals.read",
    "taxes": "taxes.read",
    "accounting-codes": "accounting-codes.read",
    "accounting-journal": "accounting-entry.read",
    "settings": "accounting-settings.read",
    "accounts": "accounts.read",
    "quotas": "accounts.read",
    "files": "files.read",
}
_V1_ABSENT = re.compile(r"NOT_LOADABLE|NOT_EXIST|NOT_FOUND|UNKNOWN_OBJ")
_V1_FORBIDDEN = re.compile(r"PRIV|ACCESS|AUTH|RIGHT|OAUTH")
_V1_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,60}")


class TokenRefused(AccessError):
    """The access token is no longer accepted; a fresh one may be."""


class NotFound(DocumentError):
    """Sellsy no longer has the object; a document that is gone is no longer accounted."""


class V1Refused(ConfigurationError):
    """The V1 API refused the call for a reason that repeating it will not change."""


class _V1Envelope(msgspec.Struct):
    status: str | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")


class _V1Error(msgspec.Struct):
    code: str | int | None = None


class _LoginError(msgspec.Struct):
    error: str | None = None


def v2_rule(answer: Answer, wrote: bool) -> LedgerError | None:
    """Sellsy V2: statuses say it all; a success that is no JSON (a maintenance page) is a passing fault."""
    status = answer.status
    if status < 400:
        return None if _looks_like_json(answer.body) else _not_json(answer)
    facts: dict[str, Any] = {"tool": "sellsy", "tool_code": str(status), "request_id": answer.request_id}
    what = f"Sellsy answered {status} to {answer.url}."
    if status == 401:
        return TokenRefused(f"{what} The access token is refused.", **facts)
    if status == 402:
        return ConfigurationError(f"{what} The Sellsy plan does not include this.", **facts)
    if status == 403:
        scope = _SCOPES.get(answer.url.strip("/").partition("/")[0], "the route's scope")
        return AccessError(f"{what} The API client lacks the scope {scope}.", field=scope, **facts)
    if status == 404:
        return NotFound(what, reason=Reason.NOT_ACCOUNTED, **facts)
    if status >= 500 or status in (408, 425):
        return TryLater(what, **facts)
    return ConfigurationError(f"{what} Sellsy does not accept the request.", **facts)


def login_rule(answer: Answer, wrote: bool) -> LedgerError | None:
    """The token endpoint: 400 and 401 mean wrong credentials, whatever the words."""
    if answer.status < 400:
        return None if _looks_like_json(answer.body) else _not_json(answer)
    if answer.status >= 500:
        return TryLater(f"Sellsy's login answered {answer.status}.", tool="sellsy", tool_code=str(answer.status))
    try:
        code = msgspec.json.decode(answer.body, type=_LoginError).error
    except msgspec.DecodeError:
        code = None
    return AccessError(
        f"Sellsy refuses the credentials (status {answer.status}): correct client_id and client_secret "
        "in the Connection.",
        field="client_secret",
        tool="sellsy",
        tool_code=code if code and re.fullmatch(r"[a-z_]{1,40}", code) else str(answer.status),
        request_id=answer.request_id,
    )


def v1_rule(answer: Answer, wrote: bool) -> LedgerError | None:
    """Sellsy V1: HTTP 200 even for errors, sometimes plain text (``oauth_problem=…``)."""
    facts: dict[str, Any] = {"tool": "sellsy", "request_id": answer.request_id}
    if answer.status == 401:
        return TokenRefused("Sellsy's V1 API refuses the access token.", tool_code="401", **facts)
    if answer.status == 403 or answer.body.lstrip()[:14] == b"oauth_problem=":
        return AccessError(
            "Sellsy's V1 API is closed to this API client: tick the scope api-v1.", field="api-v1", **facts
        )
    if answer.status >= 500:
        return TryLater(f"Sellsy's V1 API answered {answer.status}.", tool_code=str(answer.status), **facts)
    if answer.status >= 400:
        return V1Refused(f"Sellsy's V1 API answered {answer.status}.", tool_code=str(answer.status), **facts)
    try:
        envelope = msgspec.json.decode(mended(answer.body), type=_V1Envelope)
    except UNDECODABLE:
        return _not_json(answer)
    if envelope.status != "error" and _raw(envelope.error) in _NO_ERROR:
        return None
    return _v1_error(_v1_code(envelope.error), answer)


_NO_ERROR = frozenset({b"null", b'""', b"false", b"[]", b"{}", b"0"})


def _v1_error(code: str, answer: Answer) -> LedgerError:
    what = f"Sellsy's V1 API answered an error ({code or 'no code'})."
    if _V1_ABSENT.search(code):
        return NotFound(what, reason=Reason.NOT_ACCOUNTED, tool="sellsy", tool_code=code, request_id=answer.request_id)
    if _V1_FORBIDDEN.search(code):
        return AccessError(
            f"{what} Give the API client the scope api-v1, and its user the right on purchases.",
            field="api-v1",
            tool="sellsy",
            tool_code=code,
            request_id=answer.request_id,
        )
    return V1Refused(what, tool="sellsy", tool_code=code or None, request_id=answer.request_id)


def _v1_code(error: msgspec.Raw) -> str:
    """The error's code, from an object or a bare text; only what looks like a code is repeated."""
    try:
        found = msgspec.json.decode(error, type=_V1Error | str | None)
    except msgspec.DecodeError:
        return ""
    text = str(found.code or "") if isinstance(found, _V1Error) else found or ""
    code = _V1_CODE.match(text)
    return code[0] if code else ""


def _raw(value: msgspec.Raw) -> bytes:
    return bytes(value).strip()


def _looks_like_json(body: bytes) -> bool:
    text = body.strip()
    return (text[:1] in (b"{", b"[") and text[-1:] in (b"}", b"]")) or text == b"null"


def _not_json(answer: Answer) -> TryLater:
    return TryLater(
        f"Sellsy answered {answer.url or 'a request'} with something that is not JSON.",
        tool="sellsy",
        tool_code=str(answer.status),
        request_id=answer.request_id,
    )
