"""One suite for every connector: what the contract promises, shown on the sandbox, whose ledger is the witness."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from collections.abc import Iterator

import msgspec
import pytest

from sellsy_ledger.connectors import registry
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.fingerprint import payload_hash
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import (
    AccessError,
    DocumentError,
    LedgerError,
    OutcomeUnknown,
    PostingConflict,
    PostingRefused,
    TryLater,
)
from sellsy_ledger.pipeline.comparison import differences
from sellsy_ledger_sandbox.server import Sandbox
from tests.contract.suite import Bench, Kit, Refusal, kits, replace_entry, replace_line

KITS = kits()
REFUSALS = [pytest.param(kit, refusal, id=f"{kit.tool}: {refusal.name}") for kit in KITS for refusal in kit.refusals]

CARRIED_OUT = ("drop_after", "timeout_after", "500_after", "truncated")
NOT_CARRIED_OUT = ("drop_before", "timeout", "500", "html")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(quota=False) as running:
        yield running


@pytest.fixture(params=KITS, ids=lambda kit: kit.tool)
def bench(request: pytest.FixtureRequest, sandbox: Sandbox) -> Bench:
    sandbox.reset()
    return Bench(request.param, sandbox)


def test_every_tool_takes_part() -> None:
    assert [kit.tool for kit in KITS] == registry.tools()


# -- access ------------------------------------------------------------------------------------------------------
def test_good_credentials_pass_every_blocking_check(bench: Bench) -> None:
    checks = bench.connector.check_access()
    assert checks
    assert [check.step for check in checks if check.blocking and not check.ok] == []
    assert bench.witness() == []


def test_wrong_credentials_are_told_with_what_to_do(bench: Bench) -> None:
    connector = bench.connect(bench.kit.wrong_secrets)
    problems = bench.access_problems(connector)
    assert problems
    assert all(len(problem) > 20 for problem in problems)
    with pytest.raises(AccessError):
        connector.read_ledger()


def test_a_server_that_is_away_is_a_passing_fault(bench: Bench) -> None:
    connector = bench.connect(url="http://127.0.0.1:9")
    with pytest.raises(TryLater):
        connector.read_ledger()


# -- reference data ----------------------------------------------------------------------------------------------
def test_the_ledger_holds_what_an_entry_needs(bench: Bench) -> None:
    ledger = bench.ledger
    numbers = [account.number for account in ledger.accounts]
    assert {"411000", "706000", "707000", "445710", "758000", "658000"} <= set(numbers)
    assert len(numbers) == len(set(numbers))
    assert {"VE", "AC"} <= {journal.code for journal in ledger.journals if journal.open}
    assert {True, False} == {year.closed for year in ledger.fiscal_years}


def test_lists_are_read_to_their_last_page(bench: Bench) -> None:
    bench.kit.small_pages(bench.connector)
    names = {f"Tiers {chr(65 + number // 26)}{chr(65 + number % 26)}" for number in range(bench.kit.crowd)}
    created = {bench.created(name).auxiliary_account for name in sorted(names)}
    assert len(created) == len(names)
    read = bench.connector.read_ledger().third_parties
    assert created <= {third_party.auxiliary_account for third_party in read}


# -- third parties -----------------------------------------------------------------------------------------------
def test_a_third_party_created_twice_is_one(bench: Bench) -> None:
    third_party = bench.third_party()
    first, second = (bench.connector.create_third_party(third_party, bench.auxiliary(third_party)) for _ in range(2))
    assert first.auxiliary_account == second.auxiliary_account
    mine = [each for each in bench.connector.read_ledger().third_parties if each.name == third_party.name]
    assert [each.auxiliary_account for each in mine] == [first.auxiliary_account]


@pytest.mark.parametrize("direction", list(Direction))
def test_a_created_third_party_is_read_with_its_direction(bench: Bench, direction: Direction) -> None:
    third_party = bench.third_party("Deux Sens SAS", direction)
    created = bench.connector.create_third_party(third_party, bench.auxiliary(third_party))
    found = [
        each
        for each in bench.connector.read_ledger().third_parties
        if each.auxiliary_account == created.auxiliary_account
    ]
    assert [each.direction for each in found] == [direction]


def test_a_third_party_whose_creation_was_not_answered_is_found_again(bench: Bench) -> None:
    third_party = bench.third_party()
    bench.fault(bench.kit.create_route, "drop_after")
    with pytest.raises(OutcomeUnknown):
        bench.connector.create_third_party(third_party, bench.auxiliary(third_party))
    created = bench.connector.create_third_party(third_party, bench.auxiliary(third_party))
    mine = [each for each in bench.connector.read_ledger().third_parties if each.name == third_party.name]
    assert [each.auxiliary_account for each in mine] == [created.auxiliary_account]


# -- posting -----------------------------------------------------------------------------------------------------
def test_an_entry_that_nobody_posted_is_not_found(bench: Bench) -> None:
    assert bench.connector.find_entry(bench.request()) is None


def test_a_posted_entry_reads_back_line_by_line_with_its_own_pdf(bench: Bench) -> None:
    request = bench.request()
    receipt = bench.connector.post_entry(request)
    assert receipt.entry_id
    assert receipt.pdf_attached
    assert not receipt.draft
    bench.assert_booked_once(request)
    entry = bench.held(request)[0]
    assert (entry["date"], entry["draft"]) == (request.entry.date.isoformat(), False)
    assert entry["piece"] in (request.entry.piece, request.entry.number)


def test_a_draft_is_posted_as_a_draft(bench: Bench) -> None:
    request = bench.request(draft=True)
    assert bench.connector.post_entry(request).draft
    assert bench.held(request)[0]["draft"]
    held = bench.connector.read_back(request, bench.connector.find_entry(request).entry_id)  # type: ignore[union-attr]
    assert held is not None
    assert held.draft is not False
    assert differences(request, held, bench.capabilities, pdf_sha256=None) == []


def test_an_entry_without_pdf_is_posted_without_one(bench: Bench) -> None:
    request = bench.request(pdf=None, supporting_document=None)
    assert not bench.connector.post_entry(request).pdf_attached
    bench.assert_booked_once(request)
    assert bench.held(request)[0]["pdf_sha256"] is None


def test_several_entries_never_mix(bench: Bench) -> None:
    requests = [bench.request(number) for number in (1, 2, 3)]
    for request in requests:
        bench.connector.post_entry(request)
    for request in requests:
        bench.assert_booked_once(request)


def test_an_entry_posted_twice_is_refused_or_the_same_or_found_twice(bench: Bench) -> None:
    """A tool that takes the second one leaves a conflict that the look-up shows; none hides it."""
    request = bench.request()
    first = bench.connector.post_entry(request)
    if bench.kit.answers_first:
        assert bench.connector.post_entry(request) == first
        bench.assert_booked_once(request)
        return
    if bench.kit.refuses_second:
        with pytest.raises(LedgerError) as refused:
            bench.connector.post_entry(request)
        assert not isinstance(refused.value, TryLater)
        bench.assert_booked_once(request)
        return
    bench.connector.post_entry(request)
    assert len(bench.held(request)) == 2
    with pytest.raises(PostingConflict):
        bench.connector.find_entry(request)


@pytest.mark.parametrize("draft", [False, True])
@pytest.mark.parametrize("kind", CARRIED_OUT)
def test_a_lost_answer_is_unknown_and_the_look_up_finds_the_entry(bench: Bench, kind: str, draft: bool) -> None:
    request = bench.request(draft=draft)
    bench.fault(bench.kit.draft_write_route if draft else bench.kit.write_route, kind)
    with pytest.raises(OutcomeUnknown):
        bench.connector.post_entry(request)
    found = bench.connector.find_entry(request)
    assert found is not None
    assert found.entry_id
    assert len(bench.held(request)) == 1


@pytest.mark.parametrize("kind", NOT_CARRIED_OUT)
def test_a_request_that_was_not_carried_out_is_unknown_and_not_found(bench: Bench, kind: str) -> None:
    request = bench.request()
    bench.fault(bench.kit.write_route, kind)
    with pytest.raises(OutcomeUnknown):
        bench.connector.post_entry(request)
    assert bench.connector.find_entry(request) is None
    bench.connector.post_entry(request)
    bench.assert_booked_once(request)


def test_a_used_up_quota_is_waited_for_and_the_entry_is_posted_once(bench: Bench) -> None:
    request = bench.request()
    bench.fault(bench.kit.write_route, "429")
    bench.connector.post_entry(request)
    bench.assert_booked_once(request)


# -- refusals ----------------------------------------------------------------------------------------------------
def test_a_closed_year_is_refused_with_its_reason(bench: Bench) -> None:
    day = dt.date(2024, 6, 3)
    request = replace_entry(bench.request(), date=day, piece_date=day, due_date=None)
    with pytest.raises(PostingRefused) as refused:
        bench.connector.post_entry(request)
    assert refused.value.reason is Reason.PERIOD_CLOSED
    assert refused.value.facts["detail"]
    assert bench.held(request) == []


@pytest.mark.parametrize(("kit", "refusal"), REFUSALS)
def test_a_refusal_says_why_and_leaves_nothing(kit: Kit, refusal: Refusal, sandbox: Sandbox) -> None:
    sandbox.reset()
    bench = Bench(kit, sandbox)
    request = refusal.spoil(bench.request())
    with pytest.raises(DocumentError) as refused:
        bench.connector.post_entry(request)
    assert refused.value.reason is refusal.reason
    assert refused.value.facts.get("detail")
    assert "\n" not in str(refused.value)
    assert bench.held(request) == []


# -- texts, payload, secrets -------------------------------------------------------------------------------------
def test_the_longest_label_comes_back_whole(bench: Bench) -> None:
    limit = bench.capabilities.label_max or 100
    label = ("Été à l'île d'Oléron – prestation n° 42 « spéciale » " * 8)[:limit].strip().ljust(limit, "x")
    request = bench.request()
    for position in range(len(request.entry.lines)):
        request = replace_line(request, position, label=label)
    bench.connector.post_entry(request)
    bench.assert_booked_once(request)
    assert label in {line["label"] for line in bench.held(request)[0]["lines"]}


def test_the_payload_is_the_same_each_time_and_holds_the_pdf_by_its_hash(bench: Bench) -> None:
    request = bench.request()
    first, second = bench.connector.payload(request), bench.connector.payload(request)
    assert payload_hash(first) == payload_hash(second)
    text = msgspec.json.encode(first).decode()
    assert hashlib.sha256(request.pdf or b"").hexdigest() in text
    assert "JVBERi0" not in text
    assert payload_hash(first) != payload_hash(bench.connector.payload(bench.request(pdf=b"%PDF-1.7 other")))
    changed = replace_line(replace_line(request, 1, credit_cents=5001), 2, credit_cents=5767)
    assert payload_hash(first) != payload_hash(bench.connector.payload(changed))


def test_no_secret_reaches_a_log_or_a_message(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    secrets = [*bench.kit.secrets.values(), *bench.kit.wrong_secrets.values()]
    said: list[str] = []
    with caplog.at_level(logging.DEBUG):
        request = bench.request()
        bench.connector.check_access()
        bench.connector.post_entry(request)
        for number, kind in enumerate(("drop_after", "500", "html"), 7):
            bench.fault(bench.kit.write_route, kind)
            with pytest.raises(LedgerError) as lost:
                bench.connector.post_entry(bench.request(number))
            said.append(f"{lost.value} {lost.value!r}")
        with pytest.raises(AccessError) as refused:
            bench.connect(bench.kit.wrong_secrets).read_ledger()
        said.append(str(refused.value))
    assert caplog.records
    everything = json.dumps([caplog.text, *said, repr(bench.kit.transport(bench.connector))])
    assert [secret for secret in secrets if secret in everything] == []
