"""One suite for every connector: what the contract promises, shown on the sandbox, whose ledger is the witness."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import logging
from pathlib import Path

import msgspec
import pytest

from sellsy_ledger.connectors import registry
from sellsy_ledger.connectors.base import BatchState, PostingRequest
from sellsy_ledger.core.capabilities import PdfSupport
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.fingerprint import payload_hash
from sellsy_ledger.core.labels import clean_text
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import (
    AccessError,
    DocumentError,
    LedgerError,
    OutcomeUnknown,
    PostingConflict,
    TryLater,
)
from sellsy_ledger.pipeline.comparison import differences
from sellsy_ledger_sandbox.server import Sandbox
from tests.contract.suite import (
    CARRIED_OUT,
    DAY,
    NOT_CARRIED_OUT,
    Bench,
    Kit,
    Refusal,
    kits,
    needs_http,
    only_where,
    replace_entry,
    replace_line,
    transports,
)

KITS = kits()
REFUSALS = [pytest.param(kit, refusal, id=f"{kit.name}: {refusal.name}") for kit in KITS for refusal in kit.refusals]


def test_every_variant_of_every_tool_takes_part() -> None:
    wanted = [(tool, variant) for tool in registry.tools() for variant in registry.variants(tool)]
    assert sorted((kit.tool, kit.variant) for kit in KITS) == sorted(wanted)


def test_a_connector_says_what_its_own_connection_can_do(bench: Bench) -> None:
    assert bench.capabilities == bench.kit.capabilities
    assert bench.capabilities.tool == bench.kit.tool


# -- access ------------------------------------------------------------------------------------------------------
def test_good_credentials_pass_every_blocking_check(bench: Bench) -> None:
    checks = bench.connector.check_access()
    assert checks
    assert [check.step for check in checks if check.blocking and not check.ok] == []
    assert bench.witness() == []


def test_wrong_credentials_are_told_with_what_to_do(bench: Bench) -> None:
    only_where(bench.kit.wrong_secrets, "there are no credentials")
    connector = bench.connect(bench.kit.wrong_secrets)
    problems = bench.access_problems(connector)
    assert problems
    assert all(len(problem) > 20 for problem in problems)
    with pytest.raises(AccessError):
        connector.read_ledger()


def test_a_server_that_is_away_is_a_passing_fault(bench: Bench) -> None:
    needs_http(bench)
    connector = bench.connect(url="http://127.0.0.1:9")
    with pytest.raises(TryLater):
        connector.read_ledger()


# -- reference data ----------------------------------------------------------------------------------------------
def test_the_ledger_holds_what_an_entry_needs(bench: Bench) -> None:
    ledger = bench.ledger
    index = LedgerIndex(ledger)
    numbers = [account.number for account in ledger.accounts]
    wanted = ("411000", "706000", "707000", "445710", "758000", "658000")
    assert [number for number in wanted if index.active_account(number) is None] == []
    assert len(numbers) == len(set(numbers))
    assert [code for code in ("VE", "AC") if not (found := index.journal(code)) or not found.open] == []
    if ledger.fiscal_years:
        assert not index.is_open(dt.date(2024, 6, 3))
        assert index.is_open(DAY)


def test_lists_are_read_to_their_last_page(bench: Bench) -> None:
    bench.kit.small_pages(bench.connector)
    names = {f"Tiers {chr(65 + number // 26)}{chr(65 + number % 26)}" for number in range(bench.kit.crowd)}
    created = {bench.created(name).auxiliary_account for name in sorted(names)}
    assert len(created) == len(names)
    only_where(bench.kit.create_route, "third parties are not created over HTTP")
    read = bench.connector.read_ledger().third_parties
    assert created <= {third_party.auxiliary_account for third_party in read}


# -- third parties -----------------------------------------------------------------------------------------------
def test_a_third_party_created_twice_is_one(bench: Bench) -> None:
    third_party = bench.third_party()
    first, second = (bench.connector.create_third_party(third_party, bench.auxiliary(third_party)) for _ in range(2))
    assert first.auxiliary_account == second.auxiliary_account
    only_where(bench.kit.create_route, "third parties are not created over HTTP")
    mine = [each for each in bench.connector.read_ledger().third_parties if each.name == third_party.name]
    assert [each.auxiliary_account for each in mine] == [first.auxiliary_account]


@pytest.mark.parametrize("direction", list(Direction))
def test_a_created_third_party_is_read_with_its_direction(bench: Bench, direction: Direction) -> None:
    third_party = bench.third_party("Deux Sens SAS", direction)
    created = bench.connector.create_third_party(third_party, bench.auxiliary(third_party))
    only_where(bench.kit.create_route, "third parties are not created over HTTP")
    found = [
        each
        for each in bench.connector.read_ledger().third_parties
        if each.auxiliary_account == created.auxiliary_account
    ]
    assert [each.direction for each in found] == [direction]


def test_a_third_party_whose_creation_was_not_answered_is_found_again(bench: Bench) -> None:
    only_where(bench.kit.create_route, "third parties are not created over HTTP")
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
    receipt = bench.post(request)
    if bench.capabilities.read_back:
        found = bench.connector.find_entry(request)
        assert found is not None
        assert receipt.entry_id in ("", found.entry_id)
    if bench.capabilities.pdf not in (PdfSupport.NEVER, PdfSupport.AFTER):
        assert receipt.pdf_attached
    assert not receipt.draft
    bench.assert_booked_once(request)
    entry = bench.held(request)[0]
    assert (entry["date"], entry["draft"]) == (request.entry.date.isoformat(), False)
    assert entry["piece"] in (request.entry.piece, request.entry.number)


def test_a_draft_is_posted_as_a_draft(bench: Bench) -> None:
    only_where(bench.capabilities.draft, "there are no drafts")
    request = bench.request(draft=True)
    assert bench.post(request).draft
    assert bench.held(request)[0]["draft"]
    held = bench.connector.read_back(request, bench.connector.find_entry(request).entry_id)  # type: ignore[union-attr]
    assert held is not None
    assert held.draft is not False
    assert differences(request, held, bench.capabilities, pdf_sha256=None) == []


def test_an_entry_without_pdf_is_posted_without_one(bench: Bench) -> None:
    request = bench.request(pdf=None, supporting_document=None)
    assert not bench.post(request).pdf_attached
    bench.assert_booked_once(request)
    assert bench.held(request)[0]["pdf_sha256"] is None


def test_several_entries_never_mix(bench: Bench) -> None:
    requests = [bench.request(number) for number in (1, 2, 3)]
    for request in requests:
        bench.post(request)
    for request in requests:
        bench.assert_booked_once(request)


def test_an_entry_posted_twice_is_refused_or_the_same_or_found_twice(bench: Bench) -> None:
    """A tool that takes the second one leaves a conflict that the look-up shows; none hides it."""
    request = bench.request()
    first = bench.post(request)
    if bench.kit.answers_first:
        assert bench.post(request) == first
        bench.assert_booked_once(request)
        return
    if bench.kit.refuses_second:
        with pytest.raises(LedgerError) as refused:
            bench.post(request)
        assert not isinstance(refused.value, TryLater)
        bench.assert_booked_once(request)
        return
    with contextlib.suppress(PostingConflict):
        # An import that is waited for looks its entry up, and may meet the conflict already.
        bench.post(request)
    assert len(bench.held(request)) == 2
    with pytest.raises(PostingConflict):
        bench.connector.find_entry(request)


@pytest.mark.parametrize("draft", [False, True])
@pytest.mark.parametrize("kind", CARRIED_OUT)
def test_a_lost_answer_is_unknown_and_the_look_up_finds_the_entry(bench: Bench, kind: str, draft: bool) -> None:
    needs_http(bench)
    only_where(bench.capabilities.draft or not draft, "there are no drafts")
    request = bench.request(draft=draft)
    bench.fault(bench.kit.draft_write_route if draft else bench.kit.write_route, kind)
    with pytest.raises(OutcomeUnknown):
        bench.connector.post_entry(request)
    bench.meanwhile()
    found = bench.connector.find_entry(request)
    assert found is not None
    assert found.entry_id
    assert len(bench.held(request)) == 1


@pytest.mark.parametrize("kind", NOT_CARRIED_OUT)
def test_a_request_that_was_not_carried_out_is_unknown_and_not_found(bench: Bench, kind: str) -> None:
    needs_http(bench)
    request = bench.request()
    bench.fault(bench.kit.write_route, kind)
    with pytest.raises(OutcomeUnknown):
        bench.connector.post_entry(request)
    bench.meanwhile()
    assert bench.connector.find_entry(request) is None
    bench.post(request)
    bench.assert_booked_once(request)


def test_a_used_up_quota_is_waited_for_and_the_entry_is_posted_once(bench: Bench) -> None:
    needs_http(bench)
    request = bench.request()
    bench.fault(bench.kit.write_route, "429")
    bench.post(request)
    bench.assert_booked_once(request)


# -- files of a run ------------------------------------------------------------------------------------------------
def test_a_batch_is_delivered_whole_and_once(bench: Bench) -> None:
    only_where(bench.capabilities.batches, "entries are not collected into files")
    wanted = [bench.request(number) for number in (1, 2, 3)]
    first = bench.connector.deliver_batch("20260203020000", wanted)
    assert sorted(first.delivered) == sorted(one.posting_key for one in wanted)
    assert not first.refused
    assert bench.connector.batch_state("20260203020000") is BatchState.DELIVERED
    again = bench.connect().deliver_batch("20260203020000", iter(()))
    assert sorted(again.delivered) == sorted(first.delivered)
    bench.meanwhile()
    assert bench.connect().batch_state("20260203020000") is BatchState.IMPORTED
    assert sorted(bench.connect().deliver_batch("20260203020000", wanted).delivered) == sorted(first.delivered)
    bench.meanwhile()
    for request in wanted:
        bench.assert_booked_once(request)


def test_a_document_that_does_not_fit_stays_out_of_the_batch_and_the_others_go(bench: Bench) -> None:
    only_where(bench.capabilities.batches, "entries are not collected into files")
    good, bad = bench.request(1), bench.request(2)
    bad = replace_line(bad, 1, account="7" * 40)
    result = bench.connector.deliver_batch("20260203020000", [bad, good])
    assert result.delivered == (good.posting_key,)
    assert list(result.refused) == [bad.posting_key]
    assert result.refused[bad.posting_key].facts["detail"]


# -- PDFs without entry --------------------------------------------------------------------------------------------
def test_a_pdf_is_handed_over_alone_and_found_again(bench: Bench) -> None:
    only_where(bench.capabilities.document_only, "there is no such mode")
    deposit = bench.deposit()
    bench.connector.deposit_document(deposit)
    assert bench.witness() == []
    try:
        found = bench.connector.find_deposit(deposit)
    except OutcomeUnknown:
        return  # it cannot be asked: a person looks
    assert found is not None


def test_a_lost_answer_to_a_deposit_never_leads_to_a_second_one_unseen(bench: Bench) -> None:
    only_where(bench.capabilities.document_only, "there is no such mode")
    deposit = bench.deposit()
    bench.fault(bench.kit.deposit_route, "drop_after")
    with pytest.raises(OutcomeUnknown):
        bench.connector.deposit_document(deposit)
    try:
        found = bench.connector.find_deposit(deposit)
    except OutcomeUnknown:
        return
    assert found is not None


# -- refusals ----------------------------------------------------------------------------------------------------
def refused_entry(bench: Bench, request: PostingRequest) -> DocumentError:
    """The refusal of an entry, given at once, by the import later, or before it goes into the run's file."""
    if bench.capabilities.batches:
        result = bench.connector.deliver_batch("20260203020000", [request])
        assert result.delivered == ()
        return result.refused[request.posting_key]
    with pytest.raises(DocumentError) as refused:
        bench.post(request)
    return refused.value


def test_a_closed_year_is_refused_with_its_reason(bench: Bench) -> None:
    only_where(not bench.capabilities.batches or bench.ledger.fiscal_years, "nobody tells the fiscal years")
    day = dt.date(2024, 6, 3)
    request = replace_entry(bench.request(), date=day, piece_date=day, due_date=None)
    refused = refused_entry(bench, request)
    assert refused.reason is Reason.PERIOD_CLOSED
    assert refused.facts["detail"]
    assert bench.held(request) == []


@pytest.mark.parametrize(("kit", "refusal"), REFUSALS)
def test_a_refusal_says_why_and_leaves_nothing(kit: Kit, refusal: Refusal, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.reset()
    bench = Bench(kit, sandbox, tmp_path)
    request = refusal.spoil(bench.request())
    refused = refused_entry(bench, request)
    assert refused.reason is refusal.reason
    assert refused.facts.get("detail")
    assert "\n" not in str(refused)
    assert bench.held(request) == []


# -- texts, payload, secrets -------------------------------------------------------------------------------------
def test_the_longest_label_comes_back_whole(bench: Bench) -> None:
    limit = min(bench.capabilities.label_max or 100, 255)
    label = ("Été à l'île d'Oléron – prestation n° 42 « spéciale » " * 8)[:limit].strip().ljust(limit, "x")
    request = bench.request()
    for position in range(len(request.entry.lines)):
        request = replace_line(request, position, label=label)
    bench.post(request)
    bench.assert_booked_once(request)
    kept = {line["label"].casefold() for line in bench.held(request)[0]["lines"]}
    assert clean_text(label, bench.capabilities.label_charset)[:limit].casefold() in kept


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
    needs_http(bench)
    secrets = [*bench.kit.secrets.values(), *bench.kit.wrong_secrets.values()]
    said: list[str] = []
    with caplog.at_level(logging.DEBUG):
        request = bench.request()
        bench.connector.check_access()
        bench.post(request)
        for number, kind in enumerate(("drop_after", "500", "html"), 7):
            bench.fault(bench.kit.write_route, kind)
            with pytest.raises(LedgerError) as lost:
                bench.connector.post_entry(bench.request(number))
            said.append(f"{lost.value} {lost.value!r}")
        with pytest.raises(AccessError) as refused:
            bench.connect(bench.kit.wrong_secrets).read_ledger()
        said.append(str(refused.value))
    assert caplog.records
    everything = json.dumps([caplog.text, *said, repr(bench.connector), *map(repr, transports(bench.connector))])
    assert [secret for secret in secrets if secret in everything] == []
