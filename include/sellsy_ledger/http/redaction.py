"""Keep secrets and personal data out of logs and messages.

Three uses: request targets before they are logged, texts an API sent before they enter one of our messages, and a
filter for urllib3's own debug log, which would otherwise print signed query strings.

An API may repeat in a refusal what it was sent: the transport tells here every credential that it sends.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit

__all__ = ["RedactingFilter", "quiet_urllib3", "redact_target", "remember_credentials", "short_text"]

HIDDEN = "***"

# Query parameters that page, filter or sort say nothing secret; every other value is hidden, so that a signature
# under a name nobody thought of (key=, sig=, token=, X-Amz-Credential=) stays hidden too.
_HARMLESS = frozenset(
    {
        "begin_by",
        "classaccount",
        "direction",
        "embed[]",
        "field[]",
        "id_origin",
        "limit",
        "location",
        "mode",
        "offset",
        "order",
        "page",
        "per_page",
        "sort",
        "type",
        "type_result",
        "version",
    }
)
_TAG = re.compile(r"<[^>]{0,80}>")
_JWT = re.compile(r"\b[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}\b")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+\S+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){3,7}(?:[ ]?[A-Z0-9]{1,4})?\b")
_URL = re.compile(r"\bhttps?://[^\s\"'<>]+")
_SPACES = re.compile(r"\s+")

_CREDENTIAL = re.compile(r"(?i)auth|secret|token|password|cookie|(?<!idempotency-)key")
# Below this, hiding every place where a value stands would make texts unreadable; tokens are renewed, so not all stay.
_SHORTEST_CREDENTIAL = 6
_MOST_CREDENTIALS = 500
_credentials: dict[str, None] = {}


def remember_credentials(pairs: Iterable[tuple[str, object]]) -> None:
    """Hide from now on the values, among names and values that are sent, whose name says that they are credentials."""
    for name, value in pairs:
        if not isinstance(value, str) or not _CREDENTIAL.search(name):
            continue
        # Behind a scheme (Bearer, Basic) the credential itself.
        credential = value.rpartition(" ")[2]
        if len(credential) >= _SHORTEST_CREDENTIAL and credential not in _credentials:
            while len(_credentials) >= _MOST_CREDENTIALS:
                _credentials.pop(next(iter(_credentials)), None)
            _credentials[credential] = None


def redact_target(target: str) -> str:
    """A URL or request path with its query values hidden, except those that only page, filter or sort."""
    parts = urlsplit(target)
    host = parts.hostname or ""
    shown = f"{parts.scheme}://{host}{parts.path}" if host else parts.path
    if not parts.query:
        return shown
    pairs = [
        (name, value if name.lower() in _HARMLESS else HIDDEN)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    return f"{shown}?{urlencode(pairs, safe='*')}"


def short_text(text: object, limit: int = 200) -> str:
    """One printable line of at most ``limit`` characters from a text that an API sent.

    Control characters, line breaks and HTML tags go; tokens, IBANs and the queries of URLs are hidden.
    """
    line = _TAG.sub(" ", str(text)[: 20 * limit])
    line = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in line)
    for credential in sorted(_credentials, key=len, reverse=True):
        line = line.replace(credential, HIDDEN)
    line = _URL.sub(lambda match: redact_target(match.group()), line)
    for pattern in (_BEARER, _JWT, _IBAN):
        line = pattern.sub(HIDDEN, line)
    line = _SPACES.sub(" ", line).strip()
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


class RedactingFilter(logging.Filter):
    """Rewrites the text arguments of a log record that look like request targets."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through, redacted."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                redact_target(arg) if isinstance(arg, str) and "?" in arg else arg for arg in record.args
            )
        return True


_FILTER = RedactingFilter()


def quiet_urllib3() -> None:
    """Make urllib3's own debug log safe; repeating it changes nothing."""
    logging.getLogger("urllib3.connectionpool").addFilter(_FILTER)
