r"""Half characters in JSON: a lone ``\ud83d`` is an escape that no decoder takes.

One text cut in the middle of an emoji would otherwise make the whole page unreadable, and with it every document that
shares it. Only what cannot be read is touched.
"""

from __future__ import annotations

import re

__all__ = ["mended"]

# Escapes one by one, so that an escaped backslash before "ud83d" is none; pairs first, which are whole characters.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def mended(body: bytes) -> bytes:
    """``body`` with U+FFFD for each half of a character that stands alone; the same object when there is none."""
    if b"\\ud" not in body and b"\\uD" not in body:
        return body
    found = _ESCAPE.sub(lambda escape: b"\\ufffd" if escape[1] else escape[0], body)
    return body if found == body else found
