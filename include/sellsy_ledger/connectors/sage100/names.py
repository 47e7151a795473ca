"""File names of PDFs: by invoice number, safe on Windows too, each once in its folder."""

from __future__ import annotations

import re

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.core.corrections import label_of
from sellsy_ledger.core.labels import clean_text

__all__ = ["PdfNames", "safe_stem"]

STEM_MAX = 80
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
# Names of devices on Windows, with any ending.
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def safe_stem(number: str, otherwise: str) -> str:
    """A file name without its ending: ``"FAC/2026 n°1"`` → ``"FAC-2026-n-1"``; the end of a long number stays."""
    stem = _UNSAFE.sub("-", clean_text(number, "ascii"))[-STEM_MAX:].strip("-. ")
    if not stem:
        stem = _UNSAFE.sub("-", otherwise).strip("-.") or "piece"
    return f"{stem}-" if _DEVICE.fullmatch(stem) else stem


class PdfNames:
    """The names given so far in one folder; Windows does not tell capitals apart."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, request: PostingRequest) -> str:
        """The name of a request's PDF: ``FAC-2026-0001.pdf``, ``FAC-2026-0001-R1.pdf`` for a correction of it,
        ``FAC-2026-0001-2.pdf`` for another document of that number.
        """
        number = request.entry.number or request.entry.piece
        label = label_of(request.posting_key).upper()
        stem = safe_stem(f"{number}{label}" if number else "", request.posting_key)
        name, again = f"{stem}.pdf", 2
        while name.lower() in self._taken:
            name, again = f"{stem}-{again}.pdf", again + 1
        self._taken.add(name.lower())
        return name
