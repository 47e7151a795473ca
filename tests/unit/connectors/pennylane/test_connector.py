"""The connector against answers that the sandbox does not give by itself: duplicates, waits, odd lists, odd shapes."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import flask
import msgspec
import pytest
import requests

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.pennylane.capabilities import CAPABILITIES
from sellsy_ledger.connectors.pennylane.connector import PennylaneConnector
from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import (
    ConfigurationError,
    DocumentError,
    InvariantBroken,
    OutcomeUnknown,
    PostingConflict,
    TryLater,
)
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.server import Sandbox
from tests.contract.pennylane_entries import make_entry, request_for

Answer = Callable[[], Any]


class Puppet:
    """The sandbox with answers put in: ``puppet.say("POST /suppliers", answer, …)`` replaces the next ones."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(quota=False)
        self.waits: list[float] = []
        self._lines: dict[str, list[Answer]] = {}
        self.sandbox.app.before_request(self._prompt)

    def say(self, route: str, *lines: Answer) -> None:
        self._lines.setdefault(route, []).extend(lines)

    def _prompt(self) -> Any:
        key = f"{flask.request.method} {flask.request.path.removeprefix('/pennylane')}"
        return self._lines[key].pop(0)() if self._lines.get(key) else None

    def connect(self, token: str = "demo-token-pennylane", **more: Any) -> PennylaneConnector:
        connector = PennylaneConnector.from_credentials(
            base_url=f"{self.sandbox.url}/pennylane",
            secrets={"api_token": token},
            throttle=Throttle([(100_000, 1.0)]),
            **more,
        )
        connector.client.transport.sleep = self.waits.append
        return connector

    def calls(self, route: str) -> int:
        return self.sandbox.calls().get("pennylane", {}).get(route, 0)


def answer(code: int, /, **body: Any) -> Answer:
    return lambda: (flask.jsonify(body), code)


@pytest.fixture
def puppet() -> Iterator[Puppet]:
    puppet = Puppet()
    with puppet.sandbox:
        yield puppet


@pytest.fixture
def connector(puppet: Puppet) -> PennylaneConnector:
    return puppet.connect()


CUSTOMER = ThirdParty(direction=Direction.SALES, type="company", id=1, name="Exemple")


@pytest.fixture
def invoice(connector: PennylaneConnector) -> PostingRequest:
    party = connector.create_third_party(CUSTOMER, "411EXEMPLE")
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 10_000, "x")], {}, 0, None)
    return request_for(Kind.SALES_INVOICE, entry, connector.read_ledger(), party, key="sellsy:1:sales_invoice:1")


def another(request: PostingRequest, key: str, *, number: str | None = None, net: int = 10_000) -> PostingRequest:
    entry = make_entry(
        Kind.SALES_INVOICE, [(0, "FR_200", net, "x")], {}, 0, None, number=number or request.entry.number
    )
    return msgspec.structs.replace(request, posting_key=key, entry=entry)


# -- the same file again -----------------------------------------------------------------------------------------
def test_an_invoice_that_the_accountant_uploaded_is_adopted_and_said(
    connector: PennylaneConnector, invoice: PostingRequest, puppet: Puppet
) -> None:
    first = connector.post_entry(another(invoice, "typed-in-by-hand"))
    receipt = connector.post_entry(invoice)
    assert receipt.entry_id == first.entry_id
    assert receipt.warnings
    assert len(puppet.sandbox.entries("pennylane")) == 1


@pytest.mark.parametrize("other", [{"number": "F-OTHER"}, {"net": 9_999}])
def test_the_same_file_on_another_document_waits_for_a_person(
    connector: PennylaneConnector, invoice: PostingRequest, other: dict[str, Any]
) -> None:
    connector.post_entry(another(invoice, "k", **other))
    with pytest.raises(DocumentError) as refused:
        connector.post_entry(invoice)
    assert refused.value.reason is Reason.POSSIBLE_DUPLICATE


def test_the_same_file_in_a_document_that_is_no_invoice_waits_for_a_person(
    connector: PennylaneConnector, invoice: PostingRequest, puppet: Puppet
) -> None:
    error = answer(409, error="A document with ID 42 already exists with such attachment.", status=409)
    puppet.say("POST /customer_invoices/import", error)
    with pytest.raises(DocumentError) as refused:
        connector.post_entry(invoice)
    assert refused.value.reason is Reason.POSSIBLE_DUPLICATE


# -- the same reference again ------------------------------------------------------------------------------------
def test_our_reference_with_another_amount_is_a_conflict(
    connector: PennylaneConnector, invoice: PostingRequest
) -> None:
    connector.post_entry(invoice)
    changed = msgspec.structs.replace(another(invoice, invoice.posting_key, net=777), pdf=b"%PDF other")
    with pytest.raises(PostingConflict):
        connector.post_entry(changed)


def test_a_reference_that_is_taken_and_not_found_waits_for_a_person(
    connector: PennylaneConnector, invoice: PostingRequest, puppet: Puppet
) -> None:
    taken = answer(422, error="External reference has already been taken", status=422)
    puppet.say("POST /customer_invoices/import", taken)
    with pytest.raises(DocumentError) as refused:
        connector.post_entry(invoice)
    assert refused.value.reason is Reason.POSSIBLE_DUPLICATE


def test_two_invoices_under_one_key_are_a_conflict(
    connector: PennylaneConnector, invoice: PostingRequest, puppet: Puppet
) -> None:
    item = {"id": 1, "currency_amount": "1.0", "external_reference": invoice.posting_key}
    puppet.say("GET /customer_invoices", answer(200, items=[item, {**item, "id": 2}], has_more=False, next_cursor=None))
    with pytest.raises(PostingConflict, match="2 documents"):
        connector.find_entry(invoice)


def test_a_list_whose_filter_was_ignored_finds_nothing_of_ours(
    connector: PennylaneConnector, invoice: PostingRequest, puppet: Puppet
) -> None:
    item = {"id": 1, "currency_amount": "1.0", "external_reference": "somebody-else"}
    puppet.say("GET /customer_invoices", answer(200, items=[item], has_more=False, next_cursor=None))
    assert connector.find_entry(invoice) is None


def test_a_document_sent_without_pdf_is_found_when_its_pdf_has_come(
    connector: PennylaneConnector, invoice: PostingRequest
) -> None:
    connector.post_entry(msgspec.structs.replace(invoice, pdf=None, supporting_document=None))
    found = connector.find_entry(invoice)
    assert found is not None
    assert found.entry_id.startswith("ledger_entries/")


# -- the file ----------------------------------------------------------------------------------------------------
def test_a_file_that_is_not_ready_is_waited_for_a_few_times(
    connector: PennylaneConnector, invoice: PostingRequest, puppet: Puppet
) -> None:
    wait = answer(409, error="File is not available yet, retry in a few seconds", status=409)
    puppet.say("POST /customer_invoices/import", wait, wait)
    connector.post_entry(invoice)
    assert len(puppet.waits) == 2
    assert all(2 <= seconds < 3 for seconds in puppet.waits)
    assert len(puppet.sandbox.entries("pennylane")) == 1


def test_a_file_that_never_gets_ready_is_for_later(
    connector: PennylaneConnector, invoice: PostingRequest, puppet: Puppet
) -> None:
    wait = answer(409, error="File is not available yet, retry in a few seconds", status=409)
    puppet.say("POST /customer_invoices/import", *[wait] * 20)
    with pytest.raises(TryLater):
        connector.post_entry(invoice)
    assert puppet.calls("POST /customer_invoices/import") == 4


def test_a_lost_upload_is_no_lost_booking(
    connector: PennylaneConnector, invoice: PostingRequest, puppet: Puppet
) -> None:
    puppet.sandbox.faults([{"tool": "pennylane", "route": "POST /file_attachments", "kind": "drop_after"}])
    with pytest.raises(TryLater):
        connector.post_entry(invoice)
    assert connector.post_entry(invoice).entry_id


def test_posting_without_the_bytes_is_our_own_mistake(connector: PennylaneConnector, invoice: PostingRequest) -> None:
    with pytest.raises(InvariantBroken):
        connector.post_entry(msgspec.structs.replace(invoice, pdf=None))


def test_a_file_on_a_host_that_is_not_ours_is_not_fetched(
    connector: PennylaneConnector, invoice: PostingRequest, puppet: Puppet
) -> None:
    connector.client.file_hosts = ("*.pennylane.com",)
    held = connector.read_back(invoice, connector.post_entry(invoice).entry_id)
    assert held is not None
    assert (held.pdf_sha256, held.pdf_present) == (None, True)


# -- lists -------------------------------------------------------------------------------------------------------
def test_a_cursor_that_comes_again_is_never_taken_for_the_end(connector: PennylaneConnector, puppet: Puppet) -> None:
    page = answer(200, items=[], has_more=True, next_cursor="same")
    puppet.say("GET /journals", page, page, page)
    with pytest.raises(TryLater):
        list(connector.client.journals())


def test_more_without_a_cursor_is_never_taken_for_the_end(connector: PennylaneConnector, puppet: Puppet) -> None:
    puppet.say("GET /journals", answer(200, items=[], has_more=True, next_cursor=None))
    with pytest.raises(TryLater):
        list(connector.client.journals())


def test_filter_and_sort_go_with_every_page(connector: PennylaneConnector, puppet: Puppet) -> None:
    queries: list[dict[str, str]] = []
    puppet.sandbox.app.before_request_funcs.setdefault(None, []).append(
        lambda: queries.append(flask.request.args.to_dict()) or None  # type: ignore[func-returns-value]
    )
    for number in range(5):
        who = msgspec.structs.replace(CUSTOMER, id=number + 1, name=f"X{number}")
        connector.create_third_party(who, f"411X{number}")
    connector.client.page_size = 2
    queries.clear()
    found = list(connector.client.customers(("external_reference", "start_with", "sellsy:company:")))
    assert len(found) == 5
    assert [sorted(query) for query in queries] == [
        ["filter", "limit", "sort"],
        *[["cursor", "filter", "limit", "sort"]] * 2,
    ]
    assert len({query["filter"] for query in queries}) == 1


@pytest.mark.parametrize(
    "body", [{"items": "x"}, {"nothing": 1}, {"items": [{"id": "seven", "code": "VE", "label": "x"}]}]
)
def test_a_list_of_another_shape_is_never_taken_for_an_empty_one(
    connector: PennylaneConnector, puppet: Puppet, body: dict[str, Any]
) -> None:
    puppet.say("GET /journals", answer(200, **body))
    with pytest.raises(TryLater):
        list(connector.client.journals())


def test_no_api_at_the_address_is_a_setting_to_correct(puppet: Puppet) -> None:
    connector = PennylaneConnector.from_credentials(
        base_url=f"{puppet.sandbox.url}/nowhere", secrets={"api_token": "demo-token-pennylane"}
    )
    with pytest.raises(ConfigurationError) as refused:
        connector.check_access()
    assert refused.value.field == "host"


def test_a_host_without_path_gets_the_official_one() -> None:
    connector = PennylaneConnector.from_credentials(base_url="https://app.example.test", secrets={"api_token": "t"})
    assert connector.client.transport.base_url == "https://app.example.test/api/external/v2"
    whole = PennylaneConnector.from_credentials(
        base_url="https://app.example.test/api/external/v2", secrets={"api_token": "t"}
    )
    assert whole.client.transport.base_url == "https://app.example.test/api/external/v2"


# -- reference data and access -----------------------------------------------------------------------------------
def test_the_ledger_has_one_account_per_number_and_the_state_of_each_year(connector: PennylaneConnector) -> None:
    ledger = connector.read_ledger()
    goods = next(account for account in ledger.accounts if account.number == "707000")
    assert len(goods.tool_id.split()) == 2
    assert " FR_55=" in goods.tool_id
    kinds = {journal.code: journal.kind for journal in ledger.journals}
    assert (kinds["VE"], kinds["AC"], kinds["OD"]) == ("sales", "purchases", "other")


@pytest.mark.parametrize(
    ("status", "closed"), [("open", False), ("reopen", False), ("closed", True), ("frozen", True), ("new word", True)]
)
def test_only_open_and_reopened_years_take_entries(
    connector: PennylaneConnector, puppet: Puppet, status: str, closed: bool
) -> None:
    year = {"id": 1, "start": "2026-01-01", "finish": "2026-12-31", "status": status}
    puppet.say("GET /fiscal_years", answer(200, items=[year], has_more=False, next_cursor=None))
    assert [each.closed for each in connector.read_ledger().fiscal_years] == [closed]


def test_missing_rights_are_named_one_by_one(puppet: Puppet) -> None:
    checks = puppet.connect("demo-token-pennylane-readonly").check_access()
    missing = {check.step for check in checks if not check.ok and check.blocking}
    assert missing == {
        "Droit customers:all", "Droit suppliers:all", "Droit customer_invoices:all", "Droit supplier_invoices:all",
        "Droit file_attachments:all",
    }  # fmt: skip
    assert {check.step for check in checks if not check.ok and not check.blocking} == {"Droit ledger_entries:all"}
    assert "société de test" in checks[0].detail


def test_a_wrong_token_is_a_failed_check_with_what_to_do(puppet: Puppet) -> None:
    (check,) = puppet.connect("wrong").check_access()
    assert not check.ok
    assert check.blocking
    assert "Développeurs" in check.action


# -- third parties -----------------------------------------------------------------------------------------------
def test_a_reference_taken_meanwhile_is_looked_up_again(connector: PennylaneConnector, puppet: Puppet) -> None:
    created = connector.create_third_party(CUSTOMER, "411EXEMPLE")
    puppet.say("GET /customers", answer(200, items=[], has_more=False, next_cursor=None))
    assert connector.create_third_party(CUSTOMER, "411OTHER") == created


def test_a_refused_third_party_says_who_and_why(connector: PennylaneConnector) -> None:
    connector.create_third_party(CUSTOMER, "411EXEMPLE")
    with pytest.raises(DocumentError) as refused:
        connector.create_third_party(msgspec.structs.replace(CUSTOMER, id=2, name="Autre"), "411EXEMPLE")
    assert refused.value.reason is Reason.THIRD_PARTY_REFUSED
    assert "Autre" in refused.value.facts["detail"]


def test_two_third_parties_under_our_reference_are_ambiguous(connector: PennylaneConnector, puppet: Puppet) -> None:
    item = {"id": 1, "name": "X", "external_reference": "sellsy:company:1"}
    puppet.say("GET /customers", answer(200, items=[item, {**item, "id": 2}], has_more=False, next_cursor=None))
    with pytest.raises(DocumentError) as refused:
        connector.create_third_party(CUSTOMER, "411EXEMPLE")
    assert refused.value.reason is Reason.THIRD_PARTY_AMBIGUOUS


def test_an_unreadable_answer_to_a_creation_is_an_unknown_outcome(
    connector: PennylaneConnector, puppet: Puppet
) -> None:
    puppet.say("POST /company_customers", answer(201, id="no number"))
    with pytest.raises(OutcomeUnknown):
        connector.create_third_party(CUSTOMER, "411EXEMPLE")


def test_two_companies_never_share_books(
    puppet: Puppet, connector: PennylaneConnector, invoice: PostingRequest
) -> None:
    connector.post_entry(invoice)
    other = puppet.connect("demo-token-pennylane-b")
    assert other.find_entry(msgspec.structs.replace(invoice, ledger=other.read_ledger())) is None
    assert {entry["company"] for entry in puppet.sandbox.entries("pennylane")} == {"demo"}


def test_a_hundred_calls_in_a_row_keep_the_real_quota() -> None:
    clock = [1_790_000_000.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    sandbox = Sandbox(world=World(time=lambda: clock[0]))
    with sandbox:
        connector = PennylaneConnector.from_credentials(
            base_url=f"{sandbox.url}/pennylane",
            secrets={"api_token": "demo-token-pennylane"},
            throttle=Throttle([CAPABILITIES.rate_limit], clock=lambda: clock[0], sleep=sleep),
        )
        for _ in range(100):
            connector.client.me()
        quota = sandbox.tools["pennylane"].quota
    assert quota is not None
    assert dict(quota.refused) == {}
    assert 15 <= clock[0] - 1_790_000_000 <= 20


# -- corrections ---------------------------------------------------------------------------------------------------
def test_a_new_version_with_the_same_pdf_brings_a_copy_of_it(
    connector: PennylaneConnector, invoice: PostingRequest, puppet: Puppet
) -> None:
    """Only an account changed: number, amount and PDF are those of the first version, and it is not that one."""
    first = connector.post_entry(invoice)
    version = msgspec.structs.replace(invoice, posting_key=f"{invoice.posting_key}-v2")
    receipt = connector.post_entry(version)
    assert connector.post_entry(version) == receipt
    assert receipt.entry_id != first.entry_id
    held = connector.find_entry(version)
    assert held is not None
    assert (held.entry_id, held.pdf_sha256) == (receipt.entry_id, hashlib.sha256(invoice.pdf or b"").hexdigest())
    assert len(puppet.sandbox.entries("pennylane")) == 2


def test_a_number_that_is_taken_gets_the_label_of_the_correction_behind_it(
    connector: PennylaneConnector, invoice: PostingRequest, puppet: Puppet
) -> None:
    """Whether Pennylane takes a number twice is documented nowhere."""
    connector.post_entry(invoice)
    version = msgspec.structs.replace(invoice, posting_key=f"{invoice.posting_key}-v2", pdf=b"%PDF another")
    taken = answer(422, error="Invoice number has already been taken", status=422)
    puppet.say("POST /customer_invoices/import", taken)
    receipt = connector.post_entry(version)
    assert [one["piece"] for one in puppet.sandbox.entries("pennylane")] == ["F-2026-0001", "F-2026-0001-v2"]
    held = connector.read_back(version, receipt.entry_id)
    assert held is not None
    assert held.piece == "F-2026-0001"


def test_a_number_that_is_taken_beside_an_original_waits_for_a_person(
    connector: PennylaneConnector, invoice: PostingRequest, puppet: Puppet
) -> None:
    puppet.say("POST /customer_invoices/import", answer(422, error="Number has already been taken", status=422))
    with pytest.raises(DocumentError) as refused:
        connector.post_entry(invoice)
    assert refused.value.reason is Reason.POSSIBLE_DUPLICATE
    assert puppet.sandbox.entries("pennylane") == []


# -- the books -----------------------------------------------------------------------------------------------------
FEBRUARY = (dt.date(2026, 2, 1), dt.date(2026, 2, 28))


def test_a_suppliers_invoice_that_the_platform_received_is_in_the_books_before_it_has_an_entry(
    connector: PennylaneConnector, puppet: Puppet
) -> None:
    received = {"name": "Papier SA", "account": "401PAPIER", "number": "FA-9", "date": "2026-02-10", "amount": "60.00"}
    requests.post(f"{puppet.sandbox.url}/_sandbox/pennylane/receive", json=received, timeout=5).raise_for_status()
    (found,) = connector.booked_entries(Direction.PURCHASES, *FEBRUARY)
    assert (found.third_party_account, found.third_party_name, found.gross_cents) == ("401PAPIER", "Papier SA", -6000)
    assert (found.numbers, found.key, found.date) == (("FA-9",), "", dt.date(2026, 2, 10))
    assert list(connector.booked_entries(Direction.SALES, *FEBRUARY)) == []
    assert puppet.sandbox.entries("pennylane") == []


def test_our_own_invoices_and_raw_entries_show_their_keys(
    connector: PennylaneConnector, invoice: PostingRequest
) -> None:
    raw = msgspec.structs.replace(
        invoice, posting_key="sellsy:1:sales_invoice:1-v2", pdf=None, supporting_document=None
    )
    receipts = [connector.post_entry(each) for each in (invoice, raw)]
    found = {each.key: each for each in connector.booked_entries(Direction.SALES, *FEBRUARY)}
    assert [found[each.posting_key].entry_id for each in (invoice, raw)] == [each.entry_id for each in receipts]


def test_a_list_of_lines_whose_filter_was_ignored_shows_nothing_of_another_month(
    connector: PennylaneConnector, invoice: PostingRequest
) -> None:
    connector.post_entry(invoice)
    listed = connector.client.ledger_entry_lines()
    connector.client.ledger_entry_lines = lambda *filters: listed  # type: ignore[method-assign]
    assert list(connector.booked_entries(Direction.SALES, dt.date(2026, 3, 1), dt.date(2026, 3, 31))) == []


def test_a_raw_entry_that_was_moved_to_another_day_is_found_by_its_key(
    connector: PennylaneConnector, invoice: PostingRequest
) -> None:
    raw = msgspec.structs.replace(invoice, pdf=None, supporting_document=None)
    receipt = connector.post_entry(raw)
    moved = msgspec.structs.replace(
        raw, entry=msgspec.structs.replace(raw.entry, date=dt.date(2026, 4, 1), journal="OD")
    )
    found = connector.find_entry(moved)
    assert found is not None
    assert found.entry_id == receipt.entry_id
    assert connector.find_entry(msgspec.structs.replace(moved, posting_key=f"{raw.posting_key}-v2")) is None


@pytest.mark.parametrize(("draft", "editable"), [(True, True), (False, None)])
def test_an_incomplete_invoice_may_change_and_of_a_complete_one_nothing_is_told(
    connector: PennylaneConnector, invoice: PostingRequest, draft: bool, editable: bool | None
) -> None:
    made = msgspec.structs.replace(invoice, draft=draft)
    held = connector.read_back(made, connector.post_entry(made).entry_id)
    assert held is not None
    assert held.editable is editable
