"""Row 13: are doubles found, and is anything adopted that is another document? On generated company files.

Each file goes into a register, and its books are taken over by the product's own way (``register adopt``). A document
is asked about when it waits as a possible duplicate, and found when it is asked about or adopted.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field

from bench import dossiers
from bench.measure import Measure, Options
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.pipeline.takeover import take_over
from sellsy_ledger.register.store import Register

__all__ = ["Tally", "measure", "tally"]

DOCUMENTS = 200


@dataclass
class Tally:
    """Counts over all files; ``missed`` and ``asked_in_vain`` by case, ``wrong`` one sentence each."""

    documents: int = 0
    present: int = 0
    found: int = 0
    adopted: int = 0
    asked: int = 0
    cases: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    asked_in_vain: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of the documents in the books that were adopted or asked about, in per cent."""
        return 100 * self.found / max(self.present, 1)

    @property
    def precision(self) -> float:
        """Share of those adopted or asked about that are in the books, in per cent."""
        return 100 * self.found / max(self.adopted + self.asked, 1)


def measure(options: Options) -> list[Measure]:
    """Four lines: what is found, what is asked in vain, what is adopted, and what is adopted wrongly."""
    files = 2 if options.quick else 10
    told = tally(range(1, files + 1))
    what = f"{told.documents:,} generated purchases, {told.present:,} of them in the books"
    missed = ", ".join(f"{case} {count} of {told.cases[case]}" for case, count in told.missed.most_common())
    in_vain = ", ".join(f"{case} {count} of {told.cases[case]}" for case, count in told.asked_in_vain.most_common())
    return [
        Measure(13, f"doubles found: {what}", "%", told.recall, 95, at_least=True, note=f"missed: {missed or 'none'}"),
        Measure(
            13, "found that are doubles", "%", told.precision, 95, at_least=True, note=f"else: {in_vain or 'none'}"
        ),
        Measure(13, "adopted without asking", "documents", told.adopted),
        Measure(13, "wrong adoptions", "documents", len(told.wrong), 0),
    ]


def tally(seeds: range, documents: int = DOCUMENTS) -> Tally:
    """Take the file of each seed over, and compare what came of it with the truth."""
    told = Tally()
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder, Register.open(f"sqlite:///{folder}/register.db") as register:
            _one(told, seed, dossiers.make(seed, documents), register)
    return told


def _one(told: Tally, seed: int, dossier: dossiers.Dossier, register: Register) -> None:
    seen = [(document, party, fingerprint(document)) for document, party in dossier.documents]
    register.record_seen("bench", seen, who="bench")
    entries = [(Direction.PURCHASES, entry) for entry in dossier.entries]
    taken = take_over(register, "bench", "books", entries, who="bench")
    adopted = {match.record.key: match.sure.entry.entry_id for match in taken.adopted if match.sure is not None}
    asked = {match.record.key for match in taken.unsure}
    told.documents += len(seen)
    told.adopted += len(adopted)
    told.asked += len(asked)
    for key, truth in dossier.truth.items():
        case = dossier.cases[key]
        told.cases[case] += 1
        if key in adopted and adopted[key] not in truth:
            told.wrong.append(f"seed {seed}: {key} ({case}) was taken for {adopted[key]}")
        is_found = key in adopted or key in asked
        told.present += bool(truth)
        told.found += bool(truth) and is_found
        if truth and not is_found:
            told.missed[case] += 1
        if not truth and is_found:
            told.asked_in_vain[case] += 1
