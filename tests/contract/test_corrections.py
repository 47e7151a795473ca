"""What corrects a posted entry, for every connector: its reversal and its new version are entries beside it.

The three share piece number, third party, journal and day, and are never taken for one another.
"""

from __future__ import annotations

import contextlib
from collections import Counter

import pytest

from sellsy_ledger.connectors.base import BatchState, PostingRequest
from sellsy_ledger.core.fingerprint import payload_hash
from sellsy_ledger.errors import DocumentError, OutcomeUnknown, PostingConflict
from tests.contract.suite import CHANGES, Bench, needs_http, only_where


def three(bench: Bench, change: str) -> list[PostingRequest]:
    """An original, its reversal and its second version: one piece number, one third party, one journal, one day."""
    original = bench.request()
    return [original, bench.reversal(original), bench.second_version(original, change)]


def balances(bench: Bench, *requests: PostingRequest) -> Counter[str]:
    """Cents per account that the witness holds of these entries, debit minus credit; nothing where they cancel out."""
    found: Counter[str] = Counter()
    for line in (line for request in requests for entry in bench.held(request) for line in entry["lines"]):
        found[line["account"]] += line["debit_cents"] - line["credit_cents"]
    return Counter({account: cents for account, cents in found.items() if cents})


@pytest.mark.parametrize("change", CHANGES)
def test_a_reversal_and_a_new_version_stand_beside_the_original_and_each_is_found_by_its_key(
    bench: Bench, change: str
) -> None:
    original, reversal, version = requests = three(bench, change)
    for number, request in enumerate(requests):
        assert bench.connector.find_entry(request) is None
        bench.post(request)
        for other in requests[: number + 1]:
            bench.assert_booked_once(other)
    assert len(bench.witness()) == 3
    assert balances(bench, original, reversal) == Counter()
    assert balances(bench, *requests) == balances(bench, version) != Counter()
    ids = {bench.connector.find_entry(request).entry_id for request in requests}  # type: ignore[union-attr]
    assert len(ids) == 3


@pytest.mark.parametrize("lost", range(3), ids=["original", "reversal", "version"])
@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_lost_answer_to_any_of_the_three_is_looked_up_under_its_own_key(bench: Bench, kind: str, lost: int) -> None:
    """The hardest case: the new version's amounts and accounts are those of the original."""
    needs_http(bench)
    requests = three(bench, "labels")
    for number, request in enumerate(requests):
        if number != lost:
            bench.post(request)
            continue
        bench.fault(bench.kit.write_route, kind)
        with pytest.raises(OutcomeUnknown):
            bench.connector.post_entry(request)
        bench.meanwhile()
        found = bench.connector.find_entry(request)
        assert (found is None) == (kind == "drop_before")
        if found is None:
            bench.post(request)
    for request in requests:
        bench.assert_booked_once(request)


@pytest.mark.parametrize("twice", [1, 2], ids=["reversal", "version"])
def test_a_correction_posted_twice_is_told_apart_from_what_it_corrects(bench: Bench, twice: int) -> None:
    requests = three(bench, "labels")
    for request in requests:
        bench.post(request)
    doubled = requests[twice]
    with contextlib.suppress(DocumentError, PostingConflict):
        bench.post(doubled)
    times = len(bench.held(doubled))
    if times == 1:
        bench.assert_booked_once(doubled)
    else:
        with pytest.raises(PostingConflict):
            bench.connector.find_entry(doubled)
    for request in requests:
        if request is not doubled:
            bench.assert_booked_once(request)


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_delivers_a_reversal_and_the_new_version_in_one_file(bench: Bench, change: str) -> None:
    only_where(bench.capabilities.batches, "entries are not collected into files")
    original, *corrections = requests = three(bench, change)
    bench.connector.deliver_batch("20260203020000", [original])
    result = bench.connector.deliver_batch("20260204020000", corrections)
    assert sorted(result.delivered) == sorted(one.posting_key for one in corrections)
    bench.meanwhile()
    assert bench.connect().batch_state("20260204020000") is BatchState.IMPORTED
    for request in requests:
        bench.assert_booked_once(request)
    assert balances(bench, *requests) == balances(bench, requests[2])


def test_the_payload_of_a_correction_is_its_own(bench: Bench) -> None:
    hashes = {payload_hash(bench.connector.payload(request)) for request in three(bench, "labels")}
    assert len(hashes) == 3
