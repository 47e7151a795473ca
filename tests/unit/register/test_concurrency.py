"""Two processes, or two threads with an engine each, at the same moment."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from sellsy_ledger.core.outcomes import State
from sellsy_ledger.errors import LeaseHeld, PostingConflict
from sellsy_ledger.register.store import Change, Register
from tests.unit.register.builders import ACME, COMPANY, WHO, document

RACERS = 4


def race(url: str, act: Callable[[Register, int], str]) -> list[str]:
    """Run ``act`` in several threads, each with its own connection, all starting at once."""
    barrier = Barrier(RACERS)

    def run(number: int) -> str:
        with Register.open(url) as register:
            barrier.wait()
            return act(register, number)

    with ThreadPoolExecutor(RACERS) as pool:
        return sorted(pool.map(run, range(RACERS)))


def make_ready(register: Register, *numbers: int) -> None:
    register.record_seen(COMPANY, [(document(number), ACME, "f") for number in numbers], who=WHO)
    register.apply(COMPANY, [Change(key=f"sales_invoice:{n}", state=State.READY) for n in numbers], who=WHO)


def test_of_two_that_begin_the_same_posting_only_one_is_the_first(register: Register, url: str) -> None:
    make_ready(register, 1)

    def begin(racer: Register, _number: int) -> str:
        posting = racer.begin_posting(
            COMPANY, "sales_invoice:1", posting_key="k", payload_hash="p", draft=False, who=WHO
        )
        return str(posting.attempts)

    assert race(url, begin) == ["1", "2", "3", "4"]
    assert len(register.events(COMPANY, "sales_invoice:1")) == 2 + RACERS


def test_of_two_documents_with_one_posting_key_only_one_gets_it(register: Register, url: str) -> None:
    make_ready(register, *range(RACERS))

    def begin(racer: Register, number: int) -> str:
        try:
            racer.begin_posting(
                COMPANY, f"sales_invoice:{number}", posting_key="k", payload_hash="p", draft=False, who=WHO
            )
        except PostingConflict:
            return "conflict"
        return "begun"

    assert race(url, begin) == ["begun", "conflict", "conflict", "conflict"]


def test_two_companies_cannot_share_a_posting_key_either(register: Register, url: str) -> None:
    for number in range(RACERS):
        register.record_seen(f"company-{number}", [(document(1), ACME, "f")], who=WHO)
        register.apply(f"company-{number}", [Change(key="sales_invoice:1", state=State.READY)], who=WHO)

    def begin(racer: Register, number: int) -> str:
        try:
            racer.begin_posting(
                f"company-{number}", "sales_invoice:1", posting_key="k", payload_hash="p", draft=False, who=WHO
            )
        except PostingConflict:
            return "conflict"
        return "begun"

    assert race(url, begin) == ["begun", "conflict", "conflict", "conflict"]


def test_of_those_who_race_for_the_lease_one_gets_it(register: Register, url: str) -> None:
    def take(racer: Register, number: int) -> str:
        try:
            racer.take_lease(COMPANY, holder=f"run-{number}")
        except LeaseHeld:
            return "held"
        return "won"

    assert race(url, take) == ["held", "held", "held", "won"]


def test_documents_seen_twice_at_once_are_stored_once(register: Register, url: str) -> None:
    def see(racer: Register, _number: int) -> str:
        return str(len(racer.record_seen(COMPANY, [(document(n), ACME, "f") for n in range(700)], who=WHO)))

    assert sum(map(int, race(url, see))) == 700
    assert register.counts(COMPANY) == {(State.SEEN, None): 700}
    assert len(register.events(COMPANY, "sales_invoice:0")) == 1
    assert list(register.audit(COMPANY)) == []


def _open(url: str) -> list[str]:
    with Register.open(url) as register:
        return register.companies()


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_two_processes_that_open_a_new_register_migrate_it_once(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/r.db" if database == "sqlite" else request.getfixturevalue("empty_postgres_url")
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(_open, [url] * 6)) == [[]] * 6


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_threads_that_open_a_new_register_migrate_it_once(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/r.db" if database == "sqlite" else request.getfixturevalue("empty_postgres_url")
    barrier = Barrier(RACERS)

    def run(_number: int) -> list[str]:
        barrier.wait()
        return _open(url)

    with ThreadPoolExecutor(RACERS) as pool:
        assert list(pool.map(run, range(RACERS))) == [[]] * RACERS
