"""What must never be read anywhere outside Connections, and where it is read all the same."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

__all__ = ["IBAN", "Secrets"]

# The sample IBAN of France's own documentation, with a right check digit.
IBAN = "FR7630006000011234567890189"
_SHORTEST = 8
# Words that name a secret in a Connection's extra; everything else there is an option.
_SECRET_NAMES = re.compile(r"(?i)secret|token|password|key|jeton|certificate")
# A signed address, whatever the storage calls its signature.
_SIGNED = re.compile(
    r"(?i)[?&](?:x-amz-(?:signature|credential|security-token)|signature|sig|key|token|access_token)=(?!\*\*\*|%2A)[^&\s\"'<>]{6,}"
)


class Secrets:
    """A growing set of secret values, and the search for them."""

    def __init__(self) -> None:
        self.values: set[str] = set()
        self.add_iban(IBAN)

    def add(self, value: str) -> None:
        """One secret, and the forms in which it travels."""
        if len(value) >= _SHORTEST:
            encoded = base64.b64encode(value.encode()).decode()
            self.values |= {value, quote(value, safe=""), encoded.rstrip("=")}

    def add_iban(self, iban: str) -> None:
        """As a machine writes it, and as people do."""
        self.values |= {iban, " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))}

    def add_connection(self, connection: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
        """Password, secret extras, and what basic authorization makes of login and password."""
        password = str(connection.get("password") or "")
        self.add(password)
        self.add(f"{connection.get('login', '')}:{password}" if password else "")
        for name, value in extra.items():
            if isinstance(value, str) and _SECRET_NAMES.search(name):
                self.add(value)

    def found_in(self, texts: Iterable[tuple[str, str]]) -> list[str]:
        """``<place>: <what>`` of every hit in (place, text) pairs."""
        hits = []
        for place, text in texts:
            for value in self.values:
                if value in text:
                    at = text.index(value)
                    hits.append(f"{place}: …{text[max(0, at - 60) : at + 12]}…")
            if signed := _SIGNED.search(text):
                hits.append(f"{place}: signed address {text[max(0, signed.start() - 80) : signed.start() + 20]}…")
        return hits
