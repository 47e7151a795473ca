"""How a night goes wrong: alone, killed in a process of its own, together with others, frozen and overtaken."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any
from unittest.mock import patch

from faults.injector import Act, Injector, Late, watching
from faults.kinds import Kind
from faults.place import Place
from sellsy_ledger.errors import ConfigurationError, LeaseHeld, OutcomeUnknown, TryLater

__all__ = ["Night", "alone", "calm", "frozen", "killed", "together"]

FORESEEN = (TryLater, OutcomeUnknown, LeaseHeld)
# A person must act on these, and only these faults may say so: a refused token, a register that cannot be written,
# a run that finds out that another one has begun since.
FOR_A_PERSON = frozenset(
    {Kind.TOKEN_EXPIRED, Kind.REGISTER_READ_ONLY, Kind.TOGETHER, Kind.TWINS, Kind.LEASE_TAKEN, Kind.HTML, Kind.OUTAGE}
)
KILLED = 9
FROZEN_SECONDS = 2 * 3600.0


@dataclass
class Night:
    """What one night was like.

    Attributes:
        fired: the faults that happened.
        wrong: errors that nobody may see, whatever happened.
        whole: False when the run stopped early and a person, or Airflow, may let it run again.
    """

    fired: Counter[Kind] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    whole: bool = True
    late: list[Late] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def take(self, injector: Injector) -> None:
        """Count an injector's faults."""
        self.fired += injector.fired
        self.late += injector.late

    def run(self, act: Callable[[], object]) -> None:
        """Do something that may stop with an error that the product foresees."""
        try:
            act()
        except FORESEEN as error:
            self.whole = False
            self.said.append(f"{type(error).__name__}: {error}")
        except ConfigurationError as error:
            self.whole = False
            self.said.append(f"{type(error).__name__}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            self.whole = False
            self.wrong.append(f"{type(error).__name__} came out: {error}"[:500])

    def judge(self) -> None:
        """An error that stops the company for a person needs a reason that a person can mend."""
        for text in self.said:
            if text.startswith(("ConfigurationError", "AccessError")) and not FOR_A_PERSON & set(self.fired):
                self.wrong.append(f"stops for a person without cause: {text}"[:500])


def calm(place: Place) -> Night:
    """A night in which nothing goes wrong."""
    night = Night()
    night.run(place.night)
    night.wrong += [f"a calm night stopped: {text}" for text in night.said]
    return night


def alone(place: Place, rng: Random, run_id: str, most: int) -> Night:
    """One run, in this process."""
    night = Night()
    injector = Injector(rng, place.sandbox.url, place.tool, most=most, step_clock=place.step_clock)
    with watching(injector):
        night.run(lambda: place.night(run_id))
    night.take(injector)
    return night


def killed(place: Place, rng: Random, run_id: str, most: int) -> Night:
    """One run, in a process of its own that may be killed for good at every act."""
    place.register.close()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _be_killed(place, rng, run_id, most, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    night = Night()
    if os.waitstatus_to_exitcode(status) not in (0, KILLED) or not told:
        night.wrong.append(f"the process of the run ended with {os.waitstatus_to_exitcode(status)}")
        return night
    plain = json.loads(told)
    night.fired = Counter({Kind(name): count for name, count in plain["fired"].items()})
    night.wrong, night.whole, night.said = plain["wrong"], plain["whole"], plain["said"]
    night.late = [Late(one[0], one[1], base64.b64decode(one[2]), one[3]) for one in plain["late"]]
    place.skew = plain["skew"]
    return night


def _be_killed(place: Place, rng: Random, run_id: str, most: int, writing: int) -> None:
    """The child's life; never returns."""
    night = Night()

    def tell() -> None:
        night.take(injector)
        plain = {
            "fired": night.fired,
            "wrong": night.wrong,
            "whole": night.whole,
            "said": night.said,
            "late": [
                [one.method, one.url, base64.b64encode(one.body or b"").decode(), one.headers] for one in night.late
            ],
            "skew": place.skew,
        }
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(json.dumps(plain).encode())

    def die() -> None:
        night.whole = False
        tell()
        os._exit(KILLED)

    try:
        injector = Injector(rng, place.sandbox.url, place.tool, most=most, die=die, step_clock=place.step_clock)
        place.register = place.open_register()
        with watching(injector):
            night.run(lambda: place.night(run_id))
        tell()
        os._exit(0)
    finally:
        # Whatever happens, the child must not go on with the parent's work.
        os._exit(1)


class Turns:
    """Workers take turns at their acts: one at a time is awake, and the seed says whose turn is next."""

    def __init__(self, rng: Random, names: list[str]) -> None:
        self._rng, self._alive = rng, list(names)
        self._turn = rng.choice(names)
        self._changed = threading.Condition()
        self.changes = 0

    def wait(self, name: str) -> None:
        """Until it is this worker's turn."""
        with self._changed:
            self._changed.wait_for(lambda: self._turn == name)

    def give(self, name: str, act: Act) -> None:
        """Perhaps let another one go on, and wait for the own turn."""
        with self._changed:
            if self._rng.random() < 0.3:
                self._turn = self._rng.choice(self._alive)
                self.changes += self._turn != name
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._turn == name)

    def end(self, name: str) -> None:
        """This worker is done."""
        with self._changed:
            self._alive.remove(name)
            if self._alive:
                self._turn = self._rng.choice(self._alive)
            self._changed.notify_all()


def together(place: Place, rng: Random, run_id: str, most: int) -> Night:
    """The nightly run, a backfill and a manual run of one company at once, or one run twice."""
    night = Night()
    kind = rng.choice((Kind.TOGETHER, Kind.TWINS))
    first = {"dated_from": place.settings.start_date, "dated_to": place.clock.date()}
    runs: dict[str, tuple[str, dict[str, Any]]] = {"nightly": (run_id, {})}
    if kind is Kind.TWINS:
        runs["its twin"] = (run_id, {})
    else:
        runs["backfill"] = (f"{run_id}-backfill", {"kind": "backfill", **first})
        runs["manual"] = (f"{run_id}-manual", {"kind": "manual", **first})
    turns = Turns(rng, list(runs))
    injectors: dict[str, Injector] = {}
    nights = {name: Night() for name in runs}

    def work(name: str) -> None:
        run, selection = runs[name]
        turns.wait(name)
        try:
            with watching(injectors[name]):
                nights[name].run(lambda: place.night_of(run, **selection))
        finally:
            turns.end(name)

    for name in runs:
        injectors[name] = Injector(
            rng,
            place.sandbox.url,
            place.tool,
            most=most // 2,
            before=lambda act, name=name: turns.give(name, act),  # type: ignore[misc]
            after=lambda act, name=name: turns.give(name, act),  # type: ignore[misc]
        )
    threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in runs]
    with patch.object(cached_property, "__get__", _computed):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for name in runs:
        night.take(injectors[name])
        night.wrong += nights[name].wrong
        night.said += nights[name].said
    night.whole = nights["nightly"].whole
    if turns.changes:
        night.fired[kind] += 1
    return night


def _computed(self: cached_property[Any], instance: Any, owner: type | None = None) -> Any:
    """A cached property without the lock that Python 3.11 shares among all instances: workers that are processes of
    their own would not wait there for each other.
    """
    if instance is None:
        return self
    name = str(self.attrname)
    if name not in instance.__dict__:
        instance.__dict__[name] = self.func(instance)
    return instance.__dict__[name]


def frozen(place: Place, rng: Random, run_id: str, most: int) -> Night:
    """A run that stops breathing for two hours at one of its acts; its lease is over then, and perhaps another run has
    come and gone. Never between the last check and the request itself: nothing can be done there any more.
    """
    night = Night()
    kind = rng.choice((Kind.LEASE_TAKEN, Kind.LEASE_TAKEN, Kind.LEASE_EXPIRED))
    nth = rng.randint(1, 60)
    others: list[Night] = []

    def freeze(act: Act) -> None:
        if injector.acts < nth or others:
            return
        others.append(other := Night())
        place.will_arrive(injector.late)
        injector.late = []
        place.pass_time(FROZEN_SECONDS)
        if kind is Kind.LEASE_TAKEN:
            with watching(None):
                other.run(lambda: place.night_of(f"{run_id}-overtaker"))
        # Where the clock was put back, the lease has not run out for anybody.
        kept = any(text.startswith("LeaseHeld") for text in other.said)
        other.wrong += [f"the overtaking run stopped: {text}" for text in other.said if not kept]
        injector.fired[Kind.LEASE_EXPIRED if kept else kind] += 1

    def before(act: Act) -> None:
        if act.kind != "write":
            freeze(act)

    injector = Injector(
        rng, place.sandbox.url, place.tool, most=most, step_clock=place.step_clock, before=before, after=freeze
    )
    with watching(injector):
        night.run(lambda: place.night_of(run_id))
    night.take(injector)
    for other in others:
        night.wrong += other.wrong
    return night
