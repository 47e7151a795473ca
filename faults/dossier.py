"""A random dossier: what Sellsy holds, when each document is sent to accounting, and what must become of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.scenario.stage import Stage, line, paper, write_papers

from sellsy_ledger.core.outcomes import Reason

__all__ = ["Dossier", "Piece"]

RATES = ("20.00", "10.00", "5.50", "2.10")
NAMES = ("Durand SARL", "Martin & Fils", "Société Léger", "Atelier Ébène", "Dupont", "Transports Noël")
FIRST = dt.date(2025, 10, 1)
LAST = dt.date(2026, 11, 20)
DAYS = (LAST - FIRST).days
# The sandbox files every purchase paper as a sale too, and adds deposits of its own.
SALES, PURCHASES = (2, 5), (0, 2)
PIECES = (3, 8)
# What a person must mend first, by the change at the source that makes it so.
WAITING = {
    Reason.SUPPORTING_DOCUMENT_MISSING: {"pdf": "html"},
    Reason.CURRENCY_NOT_SUPPORTED: {"fields": {"currency": "USD"}},
}


class Piece(NamedTuple):
    """One document of the dossier.

    Attributes:
        document: the sandbox's own figures.
        night: before which night it is sent to accounting (0 = from the start); None = never.
        waits: why it must wait in the end, if it must.
    """

    document: Mapping[str, Any]
    night: int | None
    waits: Reason | None

    @property
    def number(self) -> str:
        """As printed."""
        return str(self.document["number"])

    @property
    def key(self) -> str:
        """Its key in the register."""
        kind = str(self.document["kind"]).replace("-", "_")
        return f"{kind if kind.startswith('purchase') else f'sales_{kind}'}:{self.document['id']}"


class Dossier:
    """The papers of one story."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.sales = [self._paper(f"S{n}") for n in range(rng.randint(*SALES))]
        self.purchases = [self._paper(f"P{n}") for n in range(rng.randint(*PURCHASES))]
        self.pieces: list[Piece] = []

    def write(self, folder: Path) -> Path:
        """The sandbox's data file."""
        return write_papers(folder / "papers.jsonl", self.sales, self.purchases)

    def lay_out(self, stage: Stage, nights: int) -> None:
        """Choose the documents of the story among those that the sandbox made of the papers."""
        rng = self._rng
        held = stage.documents()
        usable = [one for one in held if "deposit" not in str(one.get("kind"))]
        chosen = rng.sample(usable, min(len(usable), rng.randint(*PIECES)))
        for document in sorted(chosen, key=lambda one: str(one["number"])):
            night = rng.choice((0, 0, 0, *range(1, nights), None))
            waits = rng.choice((*WAITING, *[None] * 10))
            if "purchase" in str(document["kind"]):
                waits = None
            self.pieces.append(Piece(document, night, waits))
        self._file(stage, lambda piece: piece.night == 0)

    def lay_out_whole(self, stage: Stage) -> None:
        """The same documents in another world, all that are ever sent to accounting at once."""
        self._file(stage, lambda piece: piece.night is not None)

    def _file(self, stage: Stage, is_accounted: Any) -> None:
        stage.keep_only(*(piece.number for piece in self.pieces))
        for piece in self.pieces:
            wanted = dict(WAITING[piece.waits]) if piece.waits else {}
            if not is_accounted(piece):
                wanted["accounted"] = False
            if wanted:
                stage.change(piece.document, **wanted)

    def send(self, stage: Stage, night: int) -> None:
        """The accountant sends what is due before this night."""
        for piece in self.pieces:
            if night and piece.night == night:
                stage.change(piece.document, accounted=True)

    def _paper(self, number: str) -> dict[str, Any]:
        rng = self._rng
        lines = []
        for _ in range(rng.randint(1, 3)):
            cents = rng.choice((rng.randint(1, 99), rng.randint(100, 99_999), rng.randint(100_000, 9_999_999)))
            lines.append(line(rng.choice(("Conseil", "Livre", "Papier")), f"{cents / 100:.2f}", rng.choice(RATES)))
        party = {"vat": None, "legal_id": None, "siret": None, "country": "FR"}
        name = rng.choice(NAMES)
        day = FIRST + dt.timedelta(days=rng.randrange(DAYS))
        return paper(
            number,
            *lines,
            type=rng.choice(("invoice", "invoice", "credit_note")),
            issue_date=day.isoformat(),
            seller={**party, "name": f"{name} (fournisseur)"},
            buyer={**party, "name": name},
        )
