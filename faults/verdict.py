"""What must be true after a story, document by document, by the word of the sandbox's own ledger.

What the books must hold is not computed: the same dossier is synchronised once more, into a fresh sandbox and a fresh
register, in one night without any fault. The ledger after the story must be the same, entry for entry, line for line,
PDF for PDF.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from faults.dossier import Dossier, Piece
from faults.kinds import WRITTEN_UNSEEN, Kind
from faults.place import Place
from sellsy_ledger.core.capabilities import PdfSupport
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["Books", "Verdict", "books_of", "judge", "resolve"]

Books = dict[str, list[Mapping[str, Any]]]
DEATHS = frozenset(kind for kind in Kind if kind.name.startswith("KILLED"))


@dataclass
class Verdict:
    """What a story left behind.

    Attributes:
        failures: everything that must not be.
        documents: how many ended as ``booked``, ``waiting`` (a right reason that only a person can mend) or
            ``person`` (in doubt, with the right reason).
        to_resolve: documents in doubt, and whether the books hold them.
        facts: one line per document.
    """

    failures: list[str] = field(default_factory=list)
    documents: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    losses: int = 0
    to_resolve: dict[str, bool] = field(default_factory=dict)
    facts: list[str] = field(default_factory=list)


def judge(place: Place, dossier: Dossier, expected: Books, fired: Counter[Kind]) -> Verdict:
    """Compare the register, the tool's ledger and what a calm world holds."""
    verdict = Verdict()
    books = books_of(place)
    records = {record.key: record for record in place.records()}
    for piece in dossier.pieces:
        _judge_one(verdict, place, piece, records.pop(piece.key, None), books, expected, fired)
    verdict.failures += [f"{key} is in the register and in no dossier" for key in records]
    for key, entries in books.items():
        verdict.duplicates += len(entries)
        verdict.failures.append(f"the books hold {len(entries)} of {key}, which nobody asked for")
    verdict.failures += list(place.register.audit("atelier"))
    return verdict


def _judge_one(
    verdict: Verdict,
    place: Place,
    piece: Piece,
    record: DocumentRecord | None,
    books: Books,
    expected: Books,
    fired: Counter[Kind],
) -> None:
    if record is None:
        if piece.night is not None:
            verdict.losses += 1
            verdict.failures.append(f"{piece.number} is accounted in Sellsy and unknown to the register")
        return
    key = place.kit.witness_key(f"sellsy:1643:{record.key}")
    held = books.pop(key, [])
    if len(held) > 1:
        verdict.duplicates += len(held) - 1
        verdict.failures.append(f"{piece.number} is booked {len(held)} times")
    story = f"{record.state}({record.reason})" if record.reason else str(record.state)
    verdict.facts.append(f"{piece.number}: {story} {record.detail} booked {len(held)}x")
    if piece.waits is not None or piece.night is None:
        _must_wait(verdict, piece, record, story, held)
    elif record.state is place.proved_state:
        _must_be_booked(verdict, place, piece, held, expected.get(key, []))
    elif _is_for_a_person(place, record, fired):
        verdict.documents["person"] += 1
        verdict.to_resolve[record.key] = bool(held)
    else:
        verdict.losses += not held
        verdict.failures.append(f"{piece.number} stands as {story} {record.detail!r}, booked {len(held)} times")


def _must_wait(
    verdict: Verdict, piece: Piece, record: DocumentRecord, story: str, held: list[Mapping[str, Any]]
) -> None:
    if held:
        verdict.failures.append(f"{piece.number} must not be in the books and is")
    if piece.night is not None and (record.state is not State.WAITING or record.reason is not piece.waits):
        verdict.losses += 1
        verdict.failures.append(f"{piece.number} stands as {story}, not as waiting({piece.waits})")
    verdict.documents["waiting"] += 1


def _must_be_booked(
    verdict: Verdict, place: Place, piece: Piece, held: list[Mapping[str, Any]], expected: list[Mapping[str, Any]]
) -> None:
    verdict.documents["booked"] += 1
    if not held:
        verdict.losses += 1
        verdict.failures.append(f"{piece.number} is booked for the register and not in the books")
    elif len(expected) != 1:
        verdict.failures.append(f"the calm world booked {piece.number} {len(expected)} times")
    elif (wrong := _content(place, held[0])) != (right := _content(place, expected[0])):
        verdict.failures.append(f"{piece.number} is booked as {wrong}, and in a calm world as {right}")


def _is_for_a_person(place: Place, record: DocumentRecord, fired: Counter[Kind]) -> bool:
    """True when the product could not settle the document by itself, and a fault of the story is why.

    The one case: a tool with a queue told of an import and then nothing more, so that the queue may still book it.
    """
    posting = record.posting
    doubt = record.state is State.OUTCOME_UNKNOWN and place.kit.capabilities.asynchronous
    return doubt and posting is not None and bool(posting.handle) and bool((WRITTEN_UNSEEN | DEATHS) & set(fired))


def resolve(place: Place, doubts: Mapping[str, bool]) -> None:
    """A person looks into the books and says what became of each document in doubt."""
    for key, booked in doubts.items():
        place.register.resolve("atelier", key, entry_id="" if booked else None, who="ann", note="looked it up")


def books_of(place: Place) -> Books:
    """What the tool's own ledger holds, by the key that it shows."""
    held: Books = {}
    for entry in place.entries():
        held.setdefault(str(entry["key"]), []).append(entry)
    return held


def _content(place: Place, entry: Mapping[str, Any]) -> tuple[Any, ...]:
    lines = sorted(
        (str(one["account"]), str(one.get("auxiliary_account") or ""), one["debit_cents"], one["credit_cents"])
        for one in entry["lines"]
    )
    pdf = entry.get("pdf_sha256") if place.kit.capabilities.pdf is not PdfSupport.NEVER else None
    return entry["date"], entry["journal"], entry["piece"], lines, pdf
