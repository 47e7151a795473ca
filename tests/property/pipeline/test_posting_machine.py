"""The posting path as a machine: whatever happens in whatever order, no document is booked twice or lost.

Hypothesis chooses what happens next: a night with a fault anywhere, a death, a run that is frozen and overtaken, a
register restored from a copy, an accountant, a change at the source, the clock. After every step the tool's books hold
no key twice and the register's story holds; in the end every document is booked once, or stands with a right reason.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from tests.unit.pipeline.fakes import FakeConnector, QueueConnector, World, invoice

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import AccessError, InvariantBroken, LedgerError, OutcomeUnknown, PostingRefused, TryLater
from sellsy_ledger.http.last_check import last_check
from sellsy_ledger.pipeline.writing import Writer

LOST = OutcomeUnknown("read timed out")
BEFORE = (TryLater("503"), AccessError("401"))
FAULTS: dict[str, tuple[Any, ...]] = {
    "post_entry": (*BEFORE, LOST, ("after", LOST), PostingRefused("closed", reason=Reason.PERIOD_CLOSED)),
    "find_entry": (*BEFORE, LOST),
    "read_back": BEFORE,
    "read_ledger": BEFORE,
    "create_third_party": (*BEFORE, LOST, ("after", LOST)),
}
MOST = 6
# In memory where there is such a place: hundreds of nights need not wait for a disk.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Killed(BaseException):
    """The process died here."""


class Checking:
    """Looks once more right before it writes, as every transport does; dies or freezes where it is told to."""

    on_write: list[Any]

    def post_entry(self, request: Any) -> Any:
        act = self.on_write.pop() if self.on_write else None
        if act is not None and act[0] == "before":
            act[1]()
        last_check()
        done = super().post_entry(request)  # type: ignore[misc]
        if act is not None and act[0] == "after":
            act[1]()
        return done


class CheckingConnector(Checking, FakeConnector):
    """A tool that books at once."""

    def __init__(self) -> None:
        super().__init__()
        self.on_write = []


class CheckingQueue(Checking, QueueConnector):
    """A tool with a queue that takes five minutes."""

    def __init__(self) -> None:
        super().__init__(seconds=300)
        self.on_write = []


def die() -> None:
    raise Killed


class Posting(RuleBasedStateMachine):
    """Six documents at most; the clock goes on by itself with every night."""

    connector: type[FakeConnector] = CheckingConnector

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY))
        self.here = World(self.folder, invoice(1), connector=self.connector())
        self.known = 1
        self.changed: set[str] = set()
        self.deleted: set[str] = set()
        self.copy: Path | None = None

    def teardown(self) -> None:
        try:
            self._end()
        finally:
            self.here.register.close()
            shutil.rmtree(self.folder)

    # -- what may happen -----------------------------------------------------------------------------------------
    @precondition(lambda self: self.known < MOST)
    @rule()
    def a_new_document_is_accounted(self) -> None:
        self.known += 1
        self.here.sellsy.documents.append(invoice(self.known))

    @rule(method=st.sampled_from(sorted(FAULTS)), which=st.integers(0, 4), nth=st.integers(0, 3))
    def a_night_with_a_fault(self, method: str, which: int, nth: int) -> None:
        kinds = FAULTS[method]
        self.here.tool.script = {method: [None] * nth + [kinds[which % len(kinds)]]}
        self._night()

    @rule(when=st.sampled_from(["before", "after"]))
    def a_night_that_dies_at_a_write(self, when: str) -> None:
        self.here.tool.on_write = [(when, die)]
        self._night()

    @rule(nth=st.integers(1, 25))
    def a_night_that_dies_at_a_commit(self, nth: int) -> None:
        seen = 0
        apply = type(self.here.register).apply

        def counting(register: Any, *arguments: Any, **named: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == nth:
                raise Killed
            return apply(register, *arguments, **named)

        with patch.object(type(self.here.register), "apply", counting):
            self._night()

    @rule(overtaken=st.booleans())
    def a_run_freezes_before_its_write_for_two_hours(self, overtaken: bool) -> None:
        def freeze() -> None:
            self.here.clock += dt.timedelta(hours=2)
            if overtaken:
                with contextlib.suppress(LedgerError):
                    self.here.night()

        self.here.tool.on_write = [("before", freeze)]
        self._night()

    @rule(hours=st.integers(-4, 12))
    def the_clock_steps(self, hours: int) -> None:
        self.here.clock += dt.timedelta(hours=hours)

    @rule()
    def a_copy_of_the_register_is_taken(self) -> None:
        self.copy = self.folder / "copy.db"
        shutil.copyfile(self.folder / "register.db", self.copy)

    @precondition(lambda self: self.copy is not None)
    @rule()
    def the_copy_is_put_back(self) -> None:
        assert self.copy is not None
        self.here.register.close()
        shutil.copyfile(self.copy, self.folder / "register.db")
        register = type(self.here.register)
        self.here.register = register.open(f"sqlite:///{self.folder}/register.db", now=lambda: self.here.clock)
        self.here.register.note_restored(who="ann", note="copied back")

    @precondition(lambda self: self.here.tool.held)
    @rule(data=st.data())
    def the_accountant_deletes_an_entry(self, data: st.DataObject) -> None:
        held = data.draw(st.sampled_from(self.here.tool.held))
        self.here.tool.held.remove(held)
        self.deleted.add(held.request.posting_key)

    @rule(data=st.data())
    def a_document_changes_at_the_source(self, data: st.DataObject) -> None:
        position = data.draw(st.integers(0, len(self.here.sellsy.documents) - 1))
        identifier = self.here.sellsy.documents[position].id
        self.here.sellsy.documents[position] = invoice(identifier, net_cents=20000)
        self.changed.add(self._key(identifier))

    # -- what must hold ------------------------------------------------------------------------------------------
    @invariant()
    def nothing_is_booked_twice(self) -> None:
        held = Counter(self.here.keys_held())
        assert [key for key, times in held.items() if times > 1] == []

    @invariant()
    def the_story_of_every_document_holds(self) -> None:
        assert list(self.here.register.audit("atelier")) == []

    def _end(self) -> None:
        """Quiet nights; then every document is booked once or has a reason that this machine gave it."""
        for _ in range(4):
            self.here.tool.script = {}
            self._night(quiet=True)
        held = Counter(self.here.keys_held())
        for number in range(1, self.known + 1):
            key = self._key(number)
            (record,) = self.here.register.load("atelier", [f"sales_invoice:{number}"])
            if record.state is State.VERIFIED:
                # Deleted after it was verified: nobody looks at it again before the proof.
                assert held[key] == 1 or key in self.deleted, (key, record.state)
            elif key in self.changed | self.deleted:
                assert record.state in (State.CHANGED_AFTER_POSTING, State.CONFLICT), (key, record.state, record.detail)
            else:
                assert self._is_forgotten_import(record), (key, record.state, record.reason, record.detail)
            assert held[key] <= 1

    def _is_forgotten_import(self, record: Any) -> bool:
        """A queue told nothing more of an import: only a person may say what became of it."""
        return self.here.tool.capabilities.asynchronous and record.state is State.OUTCOME_UNKNOWN

    def _night(self, *, quiet: bool = False) -> None:
        run = f"run-{self.here._runs + 1}"
        try:
            self.here.night()
        except InvariantBroken:
            raise
        except LedgerError:
            assert not quiet, "a quiet night stops at nothing"
        except Killed:
            pass
        self.here.tool.script = {}
        self.here.tool.on_write = []
        self.here.clock += dt.timedelta(days=1)
        self.here.register.free_lease("atelier", holder=run)

    @staticmethod
    def _key(number: int) -> str:
        return f"sellsy:4242:sales_invoice:{number}"


class QueuePosting(Posting):
    connector = CheckingQueue


MACHINES = {"at once": Posting, "by a queue": QueuePosting}
BOUNDS = settings(max_examples=15, stateful_step_count=10, deadline=None)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_nothing_is_booked_twice_or_lost_whatever_happens_next(machine):
    run_state_machine_as_test(machine, settings=BOUNDS)


def test_the_machine_notices_when_nobody_looks_before_a_second_write():
    machine = Posting()
    lost_after_the_write = FAULTS["post_entry"].index(("after", LOST))
    try:
        with patch.object(Writer, "_is_surely_absent", lambda self, record, item: True):
            machine.a_night_with_a_fault("post_entry", lost_after_the_write, 0)
            machine._night()
        with pytest.raises(AssertionError):
            machine.nothing_is_booked_twice()
    finally:
        machine.here.register.close()
        shutil.rmtree(machine.folder)
