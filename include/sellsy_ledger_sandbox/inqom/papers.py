"""Deposited documents: what their form must hold, and the check that knows the same bytes again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["BadForm", "Paper", "deposit"]

FIELDS = {"TypeScan", "FileSource", "DocRef", "SourceId", "WithoutWorkflow", "DocumentName"}
EXTENSIONS = (".pdf", ".png", ".jpg", ".jpeg", ".xls", ".xlsx", ".doc", ".docx", ".csv", ".txt")


class BadForm(Exception):
    """The form of a deposit is refused."""


@dataclass
class Paper:
    """One deposited document."""

    id: int
    name: str
    type: str
    source_id: str
    reference: str
    workflow: bool
    body: bytes

    @property
    def checksum(self) -> str:
        """What the API shows as ``Checksum``."""
        return hashlib.sha1(self.body, usedforsecurity=False).hexdigest()

    @property
    def token(self) -> str:
        """The secret part of the link to the file."""
        return hashlib.sha256(f"{self.id}:{self.checksum}".encode()).hexdigest()[:32]


def deposit(
    papers: list[Paper], new_id: int, form: Mapping[str, str], name: str | None, body: bytes
) -> tuple[Paper, bool]:
    """Keep a document, or find the one of the same bytes; True when it was there already."""
    if set(form) - FIELDS or form.get("FileSource") != "Api":
        raise BadForm("Le formulaire est invalide.")
    if form.get("TypeScan") not in ("Client", "Supplier", "Others"):
        raise BadForm("TypeScan est invalide.")
    if form.get("WithoutWorkflow", "false") not in ("true", "false"):
        raise BadForm("WithoutWorkflow est invalide.")
    if not body or not (name or "").lower().endswith(EXTENSIONS):
        raise BadForm("Le fichier est vide ou d'un type refusé.")
    known = next((each for each in papers if each.body == body), None)
    if known is not None:
        return known, True
    paper = Paper(
        new_id,
        form.get("DocumentName") or name or "",
        form["TypeScan"],
        form.get("SourceId", ""),
        form.get("DocRef", ""),
        form.get("WithoutWorkflow", "false") == "false",
        body,
    )
    papers.append(paper)
    return paper, False
