"""A PDF that goes into a tool a second time, where the tool takes the same bytes only once.

The reversal of an invoice, and a new version whose PDF did not change, have the PDF of the original; a tool that knows
a file by its content refuses it, or ties the entry to the first one's. So the copy has one line behind its end that
names the posting key. Readers of PDF ignore what stands behind the end of a file, and taking the line off again gives
back the bytes that were sent, so that the proof by SHA-256 stays whole. Pure.
"""

from __future__ import annotations

import hashlib

__all__ = ["copy_of", "sha256_without_mark"]


def copy_of(pdf: bytes, posting_key: str) -> bytes:
    """``pdf`` with the line of ``posting_key`` behind it; the same each time."""
    return pdf + _mark(posting_key)


def sha256_without_mark(pdf: bytes, posting_key: str) -> str:
    """The hash of what :func:`copy_of` was made from; of ``pdf`` itself when it is no copy of that key."""
    return hashlib.sha256(pdf.removesuffix(_mark(posting_key))).hexdigest()


def _mark(posting_key: str) -> bytes:
    return f"\n% {posting_key}\n".encode("ascii", "replace")
