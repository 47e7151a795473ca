"""The campaign of `python -m faults`, in short; and it fails when a guard is taken away."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from faults.figures import BEGIN, END, Figures, page, write_into
from faults.kinds import Kind
from faults.story import tell
from tests.scenario.stage import TARGETS

from sellsy_ledger.pipeline.entry_writing import EntryWriter
from sellsy_ledger.pipeline.writing import Writer
from sellsy_ledger.register.restored import Restored
from sellsy_ledger.register.store import Register

SEED = 1


@pytest.mark.parametrize("target", TARGETS)
def test_whatever_goes_wrong_every_document_is_booked_once_or_waits_for_its_own_reason(target):
    fired: Counter[Kind] = Counter()
    for number in range(2):
        told = tell(SEED, target, number)
        assert told.failures == [], f"python -m faults --seed {SEED} --only {target}/{number}"
        assert (told.duplicates, told.losses) == (0, 0)
        fired += told.fired
    assert fired.total() > 5, "a campaign without faults proves nothing"


def test_the_same_seed_tells_the_same_story():
    once, again = tell(3, "myunisoft", 1), tell(3, "myunisoft", 1)
    assert once.fired == again.fired
    assert [line.partition(";")[0] for line in once.diary] == [line.partition(";")[0] for line in again.diary]


@contextmanager
def no_look_up() -> Iterator[None]:
    """What is in doubt is taken for absent."""
    with (
        patch.object(Writer, "_is_surely_absent", lambda self, record, item: True),
        patch.object(EntryWriter, "find", lambda self, item, *, surely_absent: None),
    ):
        yield


def no_intent() -> AbstractContextManager[Any]:
    """The intent is told to the caller, and not stored."""
    begin = Register.begin_posting

    def forgetful(self: Register, company: str, key: str, **named: Any) -> Any:
        posting = begin(self, company, key, **named)
        with self._database.engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE document SET state = 'ready' WHERE company = ? AND key = ?", (company, key)
            )
        return posting

    return patch.object(Register, "begin_posting", forgetful)


@contextmanager
def no_restore_note() -> Iterator[None]:
    """A restored register believes itself to be the latest, and looks nothing up."""
    with (
        patch.object(Restored, "may_hide", lambda self, record: False),
        patch.object(EntryWriter, "find", lambda self, item, *, surely_absent: None),
    ):
        yield


@contextmanager
def no_lease() -> Iterator[None]:
    """Nobody asks whether another run is at work, neither before the intent nor before the write."""
    begin = Register.begin_posting

    def anyway(self: Register, company: str, key: str, **named: Any) -> Any:
        return begin(self, company, key, **{**named, "holder": None})

    with (
        patch.object(Register, "take_lease", lambda self, company, *, holder, seconds=0.0: None),
        patch.object(Register, "begin_posting", anyway),
        patch.object(Writer, "_must_still_be_ours", lambda self, record, posting: None),
        patch.object(Writer, "_has_settled", lambda self, since: True),
    ):
        yield


# A tool that books the same key as often as it is told to: nothing but our own guards stands in the way.
@pytest.mark.parametrize("guard", [no_look_up, no_intent, no_restore_note, no_lease])
def test_a_guard_that_is_taken_away_is_missed(guard: Callable[[], AbstractContextManager[Any]]):
    with guard():
        for number in range(40):
            if tell(SEED, "myunisoft", number).failures:
                return
    pytest.fail("forty stories did not notice it")


def test_figures_stand_between_their_marks(tmp_path):
    file = tmp_path / "page.md"
    file.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    told = tell(SEED, "pennylane", 0)
    figures = Figures(seed=SEED, day=dt.date(2026, 11, 24), processes=1)
    figures.add(told)
    write_into(file, page(figures))
    text = file.read_text()
    assert "old" not in text
    assert f"| pennylane | 1 | {told.fired.total()} |" in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
