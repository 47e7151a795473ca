"""What a connector shows of the books, and what may still change there; for every connector that does either."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.errors import ConfigurationError, OutcomeUnknown, PostingRefused, TryLater
from sellsy_ledger.pipeline.comparison import differences
from tests.contract.suite import CARRIED_OUT, CHANGES, DAY, NOT_CARRIED_OUT, Bench, only_where


def test_books_are_read_where_the_capabilities_say_so(bench: Bench) -> None:
    if bench.capabilities.reads_books:
        assert bench.booked() == []
        assert bench.kit.books_route
        return
    with pytest.raises(ConfigurationError):
        bench.booked()


@pytest.mark.parametrize("direction", list(Direction))
def test_the_books_show_the_entries_of_every_hand_and_of_one_direction(bench: Bench, direction: Direction) -> None:
    only_where(bench.capabilities.reads_books, "the tool does not show its books")
    request = bench.request()
    bench.post(request)
    bench.type_in("VF-77", 24000)
    bench.type_in("FA-2026-9", -6000)
    booked = {one.third_party_account: one for one in bench.booked(direction)}
    customer, supplier = bench.kit.account_of("CDURAND"), bench.kit.account_of("FPAPIER")
    typed = {customer: ("VE", "VF-77", "Durand SARL", 24000)}
    if direction is Direction.PURCHASES:
        typed = {supplier: ("AC", "FA-2026-9", "Papier SA", -6000)}
    ours = {request.third_party.auxiliary_account} if direction is Direction.SALES else set()
    assert set(booked) == set(typed) | ours
    for account, (journal, piece, name, gross) in typed.items():
        one = booked[account]
        assert (one.journal, one.date, one.gross_cents, one.third_party_name) == (journal, DAY, gross, name)
        assert any(piece in text for text in one.numbers)
        assert not one.key
    for account in ours:
        one = booked[account]
        found = bench.connector.find_entry(request)
        assert found is not None
        assert (one.entry_id, one.gross_cents, one.date) == (found.entry_id, 12345, DAY)
        assert {request.entry.piece, request.entry.number} & set(one.numbers)


def test_the_books_show_the_period_and_nothing_around_it(bench: Bench) -> None:
    only_where(bench.capabilities.reads_books, "the tool does not show its books")
    first, last = dt.date(2025, 12, 30), dt.date(2026, 1, 2)
    days = [first + dt.timedelta(days=shift) for shift in range(-1, 5)]
    for number, day in enumerate(days):
        bench.type_in(f"VF-{number}", 1000 + number, day)
    assert sorted(one.date for one in bench.booked(first=first, last=last)) == days[1:-1]


def test_the_books_are_read_to_their_last_page(bench: Bench) -> None:
    only_where(bench.capabilities.reads_books, "the tool does not show its books")
    for number in range(bench.kit.crowd):
        bench.type_in(f"VF-{number}", 1000 + number)
        bench.type_in(f"FA-{number}", -1000 - number)
    connector = bench.connect()
    bench.kit.small_pages(connector)
    booked = list(connector.booked_entries(Direction.SALES, DAY, DAY))
    assert sorted(one.gross_cents for one in booked) == [1000 + number for number in range(bench.kit.crowd)]
    assert len({one.entry_id for one in booked}) == bench.kit.crowd


def test_an_entry_of_two_third_parties_comes_once_for_each(bench: Bench) -> None:
    only_where(bench.capabilities.reads_books, "the tool does not show its books")
    small = bench.kit.account_of("CPETIT")
    lines = [
        {"account": "411000", "debit_cents": 3000, "credit_cents": 0, "label": "VF-1"},
        {"account": "411000", "debit_cents": 2000, "credit_cents": 0, "label": "VF-2", "auxiliary_account": small},
        {"account": "706000", "debit_cents": 0, "credit_cents": 5000, "label": "VF-1"},
    ]
    bench.type_in("VF-1", 5000, lines=lines)
    assert sorted((one.third_party_account, one.gross_cents) for one in bench.booked()) == [
        (bench.kit.account_of("CDURAND"), 3000),
        (small, 2000),
    ]


@pytest.mark.parametrize("broken_from", [1, 2], ids=["the first answer", "the second answer"])
@pytest.mark.parametrize("kind", ["500", "html", "truncated", "drop_after"])
def test_books_that_cannot_be_read_whole_are_not_read_at_all(bench: Bench, kind: str, broken_from: int) -> None:
    only_where(bench.capabilities.reads_books, "the tool does not show its books")
    for number in range(bench.kit.crowd):
        bench.type_in(f"VF-{number}", 1000 + number)
    connector = bench.connect()
    bench.kit.small_pages(connector)
    for nth in range(broken_from, broken_from + 20):
        bench.fault(bench.kit.books_route, kind, nth)
    try:
        booked = list(connector.booked_entries(Direction.SALES, DAY, DAY))
    except TryLater:
        return
    # One answer held them all, before anything broke.
    assert broken_from == 2
    assert len(booked) == bench.kit.crowd


def test_an_entry_that_the_tool_closed_is_told_not_to_be_editable(bench: Bench) -> None:
    if bench.kit.close is None:
        only_where(None, "the tool does not show what closes an entry")
        return
    request = bench.request()
    bench.post(request)
    found = bench.connector.find_entry(request)
    assert found is not None
    assert found.editable is not False
    bench.kit.close(bench.sandbox.url, bench.kit.witness_key(request.posting_key))
    held = bench.connect().read_back(request, found.entry_id)
    assert held is not None
    assert held.editable is False


@pytest.mark.parametrize("change", CHANGES)
def test_an_editable_entry_is_replaced_in_its_place(bench: Bench, change: str) -> None:
    only_where(bench.capabilities.replaces, "the tool changes no booked entry")
    request, after = replaceable(bench, change)
    found = bench.connector.find_entry(request)
    assert found is not None
    assert found.editable
    for _ in range(2):
        bench.connector.replace_entry(after, found.entry_id)
        bench.assert_booked_once(after)
        assert len(bench.witness()) == 1


@pytest.mark.parametrize("kind", [*CARRIED_OUT, *NOT_CARRIED_OUT])
def test_a_lost_answer_to_a_replacement_is_unknown_and_the_entry_tells_which_content_it_has(
    bench: Bench, kind: str
) -> None:
    only_where(bench.capabilities.replaces, "the tool changes no booked entry")
    request, after = replaceable(bench, "amounts")
    found = bench.connector.find_entry(request)
    assert found is not None
    bench.fault(bench.kit.replace_route, kind)
    with pytest.raises(OutcomeUnknown):
        bench.connector.replace_entry(after, found.entry_id)
    held = bench.connector.read_back(after, found.entry_id)
    assert held is not None
    theirs, other = (after, request) if kind in CARRIED_OUT else (request, after)
    assert differences(theirs, held, bench.capabilities, pdf_sha256=None) == []
    assert differences(other, held, bench.capabilities, pdf_sha256=None) != []
    bench.connector.replace_entry(after, found.entry_id)
    bench.assert_booked_once(after)


def test_an_entry_that_was_closed_meanwhile_is_not_replaced(bench: Bench) -> None:
    only_where(bench.capabilities.replaces and bench.kit.close, "the tool changes no booked entry")
    assert bench.kit.close is not None
    request, after = replaceable(bench, "amounts")
    found = bench.connector.find_entry(request)
    assert found is not None
    bench.kit.close(bench.sandbox.url, bench.kit.witness_key(request.posting_key))
    with pytest.raises(PostingRefused):
        bench.connector.replace_entry(after, found.entry_id)
    bench.assert_booked_once(request)


def replaceable(bench: Bench, change: str) -> tuple[PostingRequest, PostingRequest]:
    """A posted entry, and what shall stand in its place: under the same key, with the same PDF."""
    request = bench.request(draft=bench.kit.replaces_drafts)
    bench.post(request)
    changed = bench.second_version(request, change)
    return request, msgspec.structs.replace(request, entry=changed.entry)
