"""One story: a random dossier, several nights where everything may go wrong, calm nights, and what must be true."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from faults.dossier import Dossier
from faults.injector import between
from faults.kinds import Kind
from faults.nights import Night, alone, calm, frozen, killed, together
from faults.place import Place
from faults.verdict import Books, Verdict, books_of, judge, resolve
from sellsy_ledger_sandbox.server import Sandbox

__all__ = ["Told", "tell"]

NIGHTS = (4, 7)
FAULTS_A_NIGHT = (2, 10)
CALM_NIGHTS = 3
WAYS = (alone, alone, killed, killed, together, frozen)
RERUN_AFTER_SECONDS = 5 * 60.0
# In memory where there is such a place: a killed process loses nothing there, and no disk is waited for.
_FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@dataclass
class Told:
    """A story that was told to its end.

    Attributes:
        fired: the faults that happened.
        failures: what must not be; nothing in a good story.
        documents: how many there were, by what became of them (``booked``, ``waiting``, ``person``).
        duplicates: entries beyond one for a document.
        losses: documents that are not in the books and stand nowhere with a right reason.
        diary: what happened, night by night, for whoever repeats a failure.
    """

    target: str
    number: int
    fired: Counter[Kind] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    documents: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    losses: int = 0
    diary: list[str] = field(default_factory=list)


def tell(seed: int, target: str, number: int) -> Told:
    """Tell the ``number``-th story of a target; the same arguments always tell the same one."""
    rng = Random(f"{seed}/{target}/{number}")
    told = Told(target, number)
    with tempfile.TemporaryDirectory(dir=_FOLDER) as name, between():
        folder = Path(name)
        dossier = Dossier(rng)
        data = dossier.write(folder)
        with _place(target, data, folder / "story") as place:
            _live(told, place, dossier, rng)
            with _place(target, data, folder / "calm") as world:
                expected = _calm_books(world, dossier)
            verdict = judge(place, dossier, expected, told.fired)
            _note(told, verdict)
            if not told.failures and verdict.to_resolve:
                resolve(place, verdict.to_resolve)
                told.failures += calm(place).wrong
                place.settle()
                after = judge(place, dossier, expected, told.fired)
                told.failures += [f"after a person decided: {text}" for text in after.failures]
                told.failures += [f"decided, and in doubt again: {key}" for key in after.to_resolve]
    return told


@contextmanager
def _place(target: str, data: Path, folder: Path) -> Iterator[Place]:
    """A world of its own: sandbox, register, files."""
    (folder / "links").mkdir(parents=True)
    (folder / "company").mkdir()
    with Sandbox(quota=False, data=data, storage=folder / "links") as sandbox:
        place = Place(sandbox, target, folder / "company")
        try:
            yield place
        finally:
            place.close()


def _calm_books(world: Place, dossier: Dossier) -> Books:
    """The ledger of the same company in a world without faults, where everything is accounted from the start."""
    dossier.lay_out_whole(world)
    world.night()
    world.settle()
    return books_of(world)


def _live(told: Told, place: Place, dossier: Dossier, rng: Random) -> None:
    nights = rng.randint(*NIGHTS)
    dossier.lay_out(place, nights)
    restoring = rng.randrange(1, nights) if rng.random() < 0.35 else 0
    for number in range(nights):
        dossier.send(place, number)
        copies = place.copy() if number + 1 == restoring else None
        run_id = f"night-{number}"
        way = rng.choice(WAYS)
        night = way(place, Random(rng.random()), run_id, rng.randint(*FAULTS_A_NIGHT))
        _end(told, place, night, f"{run_id} {way.__name__}")
        for again in range(rng.choice((0, 1, 2))):
            if night.whole:
                break
            # Airflow repeats what says "try later", and a person clears what says that somebody must act.
            place.pass_time(RERUN_AFTER_SECONDS)
            night = alone(place, Random(rng.random()), run_id, rng.randint(*FAULTS_A_NIGHT) if again == 0 else 0)
            night.fired[Kind.RERUN] += 1
            _end(told, place, night, f"{run_id} again")
        if copies is not None:
            place.pass_time(RERUN_AFTER_SECONDS)
            _restore(told, place, copies, rng)
        place.tomorrow()
    dossier.send(place, nights)
    for number in range(CALM_NIGHTS):
        night = calm(place)
        _end(told, place, night, f"calm night {number}")
        place.settle()
        place.tomorrow()


def _restore(told: Told, place: Place, copies: tuple[Path, Path], rng: Random) -> None:
    backup, file = copies
    if rng.random() < 0.5:
        place.restore(backup)
        told.fired[Kind.RESTORED] += 1
        told.diary.append("restored from the backup")
    else:
        place.copy_back(file)
        told.fired[Kind.COPIED_BACK] += 1
        told.diary.append("yesterday's file copied back")


def _end(told: Told, place: Place, night: Night, name: str) -> None:
    night.judge()
    place.will_arrive(night.late)
    told.fired += night.fired
    told.failures += [f"{name}: {text}" for text in night.wrong]
    states = dict(sorted(place.states().items()))
    faults = ", ".join(f"{kind.name} x{count}" for kind, count in sorted(night.fired.items())) or "no fault"
    end = "; ".join(night.said) or ("whole" if night.whole else "cut short")
    told.diary.append(f"{name}: {faults}; {end}; {states}")


def _note(told: Told, verdict: Verdict) -> None:
    told.failures += verdict.failures
    told.documents += verdict.documents
    told.duplicates += verdict.duplicates
    told.losses += verdict.losses
    told.diary += verdict.facts
