"""Forms that only our own pages can send, and only by the person to whom they were shown.

Airflow's session cookie travels with every request to its address, whoever made the browser send it. So each form
carries a token that no other site can know: signed with Airflow's secret key, bound to the person, the company and the
one thing to be done, and good for one working day. Besides, the browser must say that the form came from this address.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["VALID_SECONDS", "Signer", "is_own_request"]

VALID_SECONDS = 12 * 3600
_PURPOSE = b"sellsy_ledger pages: forms"
_TOKEN = re.compile(r"(\d{1,12})\.([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True)
class Signer:
    """Makes and checks the tokens of one person. ``now`` is in seconds of the Unix epoch."""

    key: bytes
    person: str
    now: Callable[[], float] = time.time

    def sign(self, *subject: str, seconds: int = VALID_SECONDS) -> str:
        """A token for ``subject`` (company, action, key…) that is good for ``seconds``."""
        expires = int(self.now()) + seconds
        return f"{expires}.{self._mac(expires, subject)}"

    def is_valid(self, token: str, *subject: str) -> bool:
        """True for a token that this person was given for ``subject`` and that has not expired."""
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            return False
        expires = int(parts[1])
        return hmac.compare_digest(parts[2], self._mac(expires, subject)) and self.now() <= expires

    def _mac(self, expires: int, subject: tuple[str, ...]) -> str:
        # A key of our own: what is signed here is worth nothing wherever else Airflow uses its key.
        key = hmac.digest(self.key, _PURPOSE, "sha256")
        # As JSON no two lists of texts are written alike.
        return hmac.new(key, json.dumps([self.person, expires, *subject]).encode(), hashlib.sha256).hexdigest()


def is_own_request(headers: Mapping[str, str], public_url: str) -> bool:
    """True when the browser says that one of this address's own pages sent the request.

    Browsers send ``Sec-Fetch-Site`` over HTTPS and ``Origin`` with every POST; no script of a page can set either. A
    request with neither does not come from a page of ours.

    Args:
        headers: the request's, by lower-case name.
        public_url: Airflow's address as people see it, where it is configured.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    try:
        origin = urlsplit(headers.get("origin", "")).netloc
    except ValueError:
        return False
    return bool(origin) and origin in (headers.get("host"), urlsplit(public_url).netloc)
