"""Our posting key in the shape that fits Cegid Loop's free reference, and who holds it. Pure.

The length of ``reference`` is not documented. The key is therefore short, and the document's id comes first: a
reference that Loop cut behind the id is still ours.
"""

from __future__ import annotations

import hashlib
import re

__all__ = ["PREFIX", "is_ours", "is_somebodys", "reference_of"]

PREFIX = "sellsy:"
LONGEST = 35
# The id of a correction has its label behind it: 48213-r1, 48213-v2.
_KEY = re.compile(r"sellsy:([^:]+):([a-z_]+):(\d+(?:-[rv]\d+)?)")
_SHORT_KINDS = {
    "sales_invoice": "si",
    "sales_credit_note": "sc",
    "purchase_invoice": "pi",
    "purchase_credit_note": "pc",
}


def reference_of(posting_key: str) -> str:
    """The key as ``reference``: id, kind, account; a hash of it where that would be longer than 35 characters.

    >>> reference_of("sellsy:4242:sales_invoice:990017")
    'sellsy:990017:si:4242'
    """
    found = _KEY.fullmatch(posting_key)
    if found:
        account, kind, number = found.groups()
        shaped = f"{PREFIX}{number}:{_SHORT_KINDS.get(kind, kind)}:{account}"
        if len(shaped) <= LONGEST:
            return shaped
    return f"{PREFIX}{hashlib.sha256(posting_key.encode()).hexdigest()[:24]}"


def is_ours(reference: str, wanted: str) -> bool:
    """True when a held reference is ``wanted``, whole or cut somewhere behind the document's id."""
    held, wanted = reference.strip().casefold(), wanted.casefold()
    if held == wanted:
        return True
    number, _, _ = wanted.removeprefix(PREFIX).partition(":")
    return wanted.startswith(held) and held.startswith(f"{PREFIX}{number}:")


def is_somebodys(reference: str) -> bool:
    """True when the reference was made by us, for this document or another."""
    return reference.strip().casefold().startswith(PREFIX)
