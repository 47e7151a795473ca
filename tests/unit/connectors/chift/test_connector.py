"""The connector against the sandbox with its controls, and against answers that the sandbox does not give by itself."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.cegid_loop import capabilities as cegid_loop
from sellsy_ledger.connectors.chift import connector as connector_module
from sellsy_ledger.connectors.chift import held
from sellsy_ledger.connectors.chift.answers import Transaction
from sellsy_ledger.connectors.chift.capabilities import VARIANTS
from sellsy_ledger.connectors.chift.connector import ChiftConnector
from sellsy_ledger.connectors.chift.mapper import request_id
from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.fingerprint import payload_hash
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import (
    AccessError,
    ConfigurationError,
    DocumentError,
    OutcomeUnknown,
    PostingConflict,
    PostingRefused,
    TryLater,
)
from tests.unit.connectors.chift.builders import SECRETS, Stage, answer, make_entry, request_for

INVOICES = "/invoices/multi-analytic-plans"
BOOK = "POST /consumers/<consumer_id>/accounting/invoices/multi-analytic-plans"
TRANSACTIONS = "GET /consumers/<consumer_id>/connections/<connection_id>/transactions"
CLIENT = ThirdParty(direction=Direction.SALES, type="company", id=1, name="Exemple")
SAGE = "/consumers/00000000-0000-4000-8000-000000000004"


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    with stage.sandbox:
        yield stage


def sale(connector: ChiftConnector, net: int = 10_000, rounding: int = 0, **more: Any) -> PostingRequest:
    party = connector.create_third_party(CLIENT, "411EXEMPLE")
    entry = make_entry(Kind.SALES_INVOICE, [("706000", "C20", net)], {}, rounding)
    return request_for(Kind.SALES_INVOICE, entry, ledger=connector.read_ledger(), third_party=party, **more)


def error(status: int, code: str | None = None, message: str = "no") -> Any:
    return answer(status, message=message, status="error", detail="", error_code=code)


# -- the Connection ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"behind": ""}, "behind"),
        ({"behind": "quadra"}, "behind"),
        ({"consumer_id": ""}, "consumer_id"),
        ({"vat_check": "never"}, "vat_check"),
        ({"folder_id": "../x"}, "folder_id"),
    ],
)
def test_an_option_that_cannot_be_is_named(stage: Stage, options: dict[str, str], field: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        stage.connect(**{"behind": "sage100"} | options)
    assert refused.value.field == field


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_a_missing_secret_is_named(stage: Stage, missing: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        stage.connect(secrets=SECRETS | {missing: " "})
    assert refused.value.field == missing


def test_no_secret_is_shown(stage: Stage) -> None:
    connector = stage.connect()
    connector.read_ledger()
    shown = repr(vars(connector.client)) + repr(connector.client.session)
    assert "demo-secret-chift" not in shown
    assert "demo-access" not in shown


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"consumer_id": "nobody"}, "consumer_id"),
        ({"consumer_id": "00000000-0000-4000-8000-000000000099"}, "consumer_id"),
        ({"consumer_id": "demo-consumer-myunisoft"}, "behind"),
        ({"connection_id": "00000000-0000-4000-8000-000000000999"}, "connection_id"),
    ],
)
def test_the_wrong_place_stops_the_company(stage: Stage, options: dict[str, str], field: str) -> None:
    connector = stage.connect(**options)
    with pytest.raises(ConfigurationError) as refused:
        connector.read_ledger()
    assert refused.value.field == field
    assert [check.ok for check in connector.check_access()][-1] is False


def test_a_consumer_is_named_by_its_id_or_its_name(stage: Stage) -> None:
    by_name = stage.connect()
    by_id = stage.connect(consumer_id="00000000-0000-4000-8000-000000000004")
    assert by_name.client.consumer_id == by_id.client.consumer_id
    assert stage.calls("GET /consumers") == 1


def test_a_folder_must_be_chosen_where_there_are_several(stage: Stage) -> None:
    with pytest.raises(ConfigurationError, match=r"EXEMPLE \(Atelier Exemple SARL\)") as refused:
        stage.connect("acd", folder_id="").read_ledger()
    assert refused.value.field == "folder_id"
    last = stage.connect("acd", folder_id="NOWHERE").check_access()[-1]
    assert not last.ok
    assert "NOWHERE" in last.detail
    assert last.action


def test_an_integration_with_another_name_is_believed(stage: Stage) -> None:
    stage.control("consumers/demo-consumer-sage100", integration="Sage (agent)")
    connector = stage.connect()
    assert connector.read_ledger().journals
    told = {check.step: check for check in connector.check_access()}
    assert told["Liaison avec l'outil comptable"].ok
    assert "n'a pas pu être vérifié" in told["Liaison avec l'outil comptable"].detail


def test_the_access_check_speaks_of_what_is_away(stage: Stage) -> None:
    checks = stage.connect("myunisoft", consumer_id="demo-consumer-paused").check_access()
    assert [check.step for check in checks if not check.ok] == ["Liaison avec l'outil comptable"]
    stage.control("consumers/demo-consumer-sage100", agent="down")
    connector = stage.connect()
    with pytest.raises(TryLater):
        connector.check_access()
    with pytest.raises(TryLater):
        connector.read_ledger()


@pytest.mark.parametrize("behind", ["acd", "cegid_loop", "myunisoft", "sage100"])
def test_every_failed_check_says_what_to_do(stage: Stage, behind: str) -> None:
    checks = stage.connect(behind, secrets=SECRETS | {"client_secret": "wrong"}).check_access()
    assert [(check.step, check.ok) for check in checks] == [("Compte Chift", False)]
    assert all(check.detail and check.action for check in checks)


# -- the token ---------------------------------------------------------------------------------------------------
def test_one_token_serves_until_it_ends(stage: Stage) -> None:
    connector = stage.connect()
    connector.read_ledger()
    connector.read_ledger()
    assert stage.calls("POST /token") == 1
    connector.client.session._clock = lambda: connector.client.session._ends
    connector.read_ledger()
    assert stage.calls("POST /token") > 1


def test_a_token_that_is_not_taken_any_more_is_renewed_once_even_for_a_write(stage: Stage) -> None:
    connector = stage.connect()
    request = sale(connector)
    stage.control("revoke-tokens")
    assert connector.post_entry(request).entry_id
    assert len(stage.sandbox.entries("chift")) == 1
    assert stage.calls("POST /token") == 2


def test_a_token_that_is_never_taken_is_an_access_error(stage: Stage) -> None:
    connector = stage.connect()
    stage.say(f"GET {SAGE}/connections", error(401), error(401))
    connector.client.consumer = SAGE.rpartition("/")[2]
    with pytest.raises(AccessError, match="just given"):
        _ = connector.client.connection


def test_a_sign_in_without_token_is_a_passing_fault(stage: Stage) -> None:
    stage.say("POST /token", answer(200, nothing=1))
    with pytest.raises(TryLater, match="no token"):
        stage.connect().read_ledger()


# -- request ids and what became of them -------------------------------------------------------------------------
def id_of(connector: ChiftConnector, request: PostingRequest, attempt: int = 1) -> str:
    return request_id(request.posting_key, payload_hash(connector.payload(request)), attempt)


def test_the_next_try_after_a_refusal_has_another_id(stage: Stage) -> None:
    """Chift remembers refused ids too: the same content is tried every night until the cause is gone."""
    connector = stage.connect("myunisoft")
    request = sale(connector)
    for _ in range(5):
        stage.control("consumers/demo-consumer-myunisoft", open_journals=["VE"])
        with pytest.raises(TryLater, match="journal is open"):
            connector.post_entry(request)
    stage.control("consumers/demo-consumer-myunisoft", open_journals=[])
    assert connector.find_entry(request) is None
    receipt = connector.post_entry(request)
    assert stage.request_ids[-1] == id_of(connector, request, 6)
    assert len(stage.sandbox.entries("chift")) == 1
    found = connector.find_entry(request)
    assert found is not None
    assert found.entry_id == receipt.entry_id


@pytest.mark.parametrize("used", [0, 1, 2, 3, 7, 8, 9, 100, 200])
def test_the_last_of_many_tries_is_found_with_few_look_ups(used: int) -> None:
    asked: list[int] = []

    def look_up(attempt: int) -> Transaction | None:
        asked.append(attempt)
        return Transaction(status_code=400) if attempt <= used else None

    found = held.last_attempt(look_up)
    assert (found[0] if found else 0) == used
    assert len(asked) <= 2 * max(used, 1).bit_length() + 1
    assert len(asked) == len(set(asked))


def test_an_open_journal_is_not_asked_again_in_the_same_breath(stage: Stage) -> None:
    connector = stage.connect()
    request = sale(connector)
    stage.control("consumers/demo-consumer-sage100", open_journals=["VE"])
    with pytest.raises(TryLater) as later:
        connector.post_entry(request)
    assert later.value.retry_after_seconds == 600
    assert stage.calls(BOOK) == 1
    assert stage.waits == []


def test_a_remembered_id_with_no_memory_of_the_request_stays_unknown(stage: Stage) -> None:
    connector = stage.connect()
    request = sale(connector)
    stage.say(f"POST {INVOICES}", error(409))
    with pytest.raises(OutcomeUnknown, match="does not tell"):
        connector.post_entry(request)
    assert stage.sandbox.entries("chift") == []


def test_an_agent_that_went_away_leaves_the_outcome_unknown_until_it_is_back(stage: Stage) -> None:
    connector = stage.connect()
    request = sale(connector)
    stage.control("consumers/demo-consumer-sage100", agent="down")
    with pytest.raises(OutcomeUnknown):
        connector.post_entry(request)
    with pytest.raises(TryLater):
        connector.find_entry(request)
    stage.control("consumers/demo-consumer-sage100", agent="up")
    assert connector.find_entry(request) is None
    assert connector.post_entry(request).entry_id
    assert stage.request_ids[-1] == id_of(connector, request, 2)
    assert len(stage.sandbox.entries("chift")) == 1


@pytest.mark.parametrize("behind", ["sage100", "cegid_loop"])
def test_what_chift_says_it_did_and_the_books_do_not_show_is_unknown(stage: Stage, behind: str) -> None:
    connector = stage.connect(behind)
    request = sale(connector)
    told = {"created_on": "2026-02-03T00:00:00Z", "method": "POST", "route": "/x", "status_code": 200}
    path = f"/consumers/{connector.client.consumer_id}/connections/{connector.client.connection.connectionid}"
    stage.say(f"POST {INVOICES}", error(409))
    stage.say(f"GET {path}/transactions", answer(200, body=told), error(404), answer(200, body=told), error(404))
    with pytest.raises(OutcomeUnknown, match="the books show nothing"):
        connector.post_entry(request)


@pytest.mark.parametrize(("status", "is_refusal"), [(400, True), (409, True), (408, False), (504, False), (201, False)])
def test_what_chift_remembers_of_a_request_that_it_gave_up_is_no_refusal(status: int, *, is_refusal: bool) -> None:
    assert Transaction(status_code=status).refused is is_refusal


def test_no_tool_behind_chift_is_believed_to_have_settled_at_once() -> None:
    assert all(variant.settles_within_seconds >= 900 for variant in VARIANTS.values())
    assert VARIANTS["cegid_loop"].settles_within_seconds == cegid_loop.CAPABILITIES.settles_within_seconds


def test_an_entry_that_somebody_removed_is_a_conflict(stage: Stage) -> None:
    connector = stage.connect()
    request = sale(connector)
    connector.post_entry(request)
    for company in _books(stage):
        company.booked.clear()
    with pytest.raises(PostingConflict, match="removed"):
        connector.find_entry(request)
    with pytest.raises(PostingConflict, match="removed"):
        connector.post_entry(request)


def _books(stage: Stage) -> list[Any]:
    """The sandbox's own books, to do what a person does in the tool."""
    closure = stage.sandbox.tools["chift"].entries.__closure__ or ()
    account = next(cell.cell_contents for cell in closure if hasattr(cell.cell_contents, "companies"))
    return [books for company in account.companies.values() for books in company.folders.values()]


def test_a_cancelled_invoice_is_gone(stage: Stage) -> None:
    connector = stage.connect()
    request = sale(connector)
    receipt = connector.post_entry(request)
    shown = connector.client.session.read(
        "GET", f"{SAGE}/accounting{INVOICES}/{receipt.entry_id}", {"include_invoice_lines": "true"}
    ).json()
    stage.say(f"GET {INVOICES}/{receipt.entry_id}", answer(200, body=_floats(shown) | {"status": "cancelled"}))
    assert connector.read_back(request, receipt.entry_id) is None


def _floats(body: Any) -> Any:
    return msgspec.json.decode(msgspec.json.Encoder(decimal_format="number").encode(body))


# -- numbers -----------------------------------------------------------------------------------------------------
def test_a_number_used_before_with_the_same_content_is_the_same_receipt(stage: Stage) -> None:
    """Our memory of the first posting was lost, and its id is older than six months."""
    connector = stage.connect("myunisoft")
    request = sale(connector)
    first = connector.post_entry(request)
    stage.now += 200 * 86_400
    assert connector.post_entry(request) == first
    assert len(stage.sandbox.entries("chift")) == 1


def test_a_number_used_before_with_another_content_is_a_conflict(stage: Stage) -> None:
    connector = stage.connect()
    connector.post_entry(sale(connector))
    with pytest.raises(PostingConflict, match="another content"):
        connector.post_entry(sale(connector, net=20_000))
    assert len(stage.sandbox.entries("chift")) == 1


def test_a_number_of_another_third_party_is_a_possible_duplicate(stage: Stage) -> None:
    connector = stage.connect()
    connector.post_entry(sale(connector))
    other = connector.create_third_party(msgspec.structs.replace(CLIENT, id=2, name="Autre"), "411AUTRE")
    request = msgspec.structs.replace(sale(connector), third_party=other, posting_key="sellsy:1:sales_invoice:2")
    with pytest.raises(PostingRefused) as refused:
        connector.post_entry(request)
    assert refused.value.reason is Reason.POSSIBLE_DUPLICATE


def test_a_changed_document_finds_what_its_first_content_left(stage: Stage) -> None:
    """The mapping changed after a lost answer: another content, another id, the same number."""
    connector = stage.connect("cegid_loop")
    request = sale(connector)
    receipt = connector.post_entry(request)
    found = connector.find_entry(sale(connector, net=20_000))
    assert found is not None
    assert found.entry_id == receipt.entry_id


def test_a_raw_entry_is_found_by_its_number_too(stage: Stage) -> None:
    for behind in ("sage100", "cegid_loop"):
        connector = stage.connect(behind)
        request = sale(connector, rounding=3)
        receipt = connector.post_entry(request)
        assert receipt.entry_id.startswith("entry/")
        stage.now += 200 * 86_400
        found = connector.find_entry(request)
        assert found is not None
        assert found.entry_id == receipt.entry_id


def test_two_of_one_number_are_a_conflict(stage: Stage) -> None:
    connector = stage.connect("acd")
    connector.post_entry(sale(connector))
    connector.post_entry(sale(connector, net=20_000))
    with pytest.raises(PostingConflict, match="2 documents"):
        connector.find_entry(sale(connector, net=30_000))


# -- reading back ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("behind", ["acd", "cegid_loop", "myunisoft", "sage100"])
def test_the_lines_are_those_of_the_entry_under_our_third_party(stage: Stage, behind: str) -> None:
    connector = stage.connect(behind)
    request = sale(connector)
    back = connector.read_back(request, connector.post_entry(request).entry_id)
    assert back is not None
    assert back.ledger_entry_id
    lines = [(line.account, line.debit_cents, line.credit_cents) for line in back.lines or ()]
    assert sorted(lines) == sorted(
        [(request.third_party.auxiliary_account, 12_000, 0), ("706000", 0, 10_000), ("445710", 0, 2_000)]
    )
    assert (back.journal, back.piece, back.draft) == ("VE", "F20260001", False)


def test_an_invoice_whose_entry_cannot_be_found_is_read_by_its_own_lines(stage: Stage) -> None:
    connector = stage.connect()
    request = sale(connector)
    receipt = connector.post_entry(request)
    empty = {"items": [], "total": 0, "page": 1, "size": 100}
    stage.say("GET /journal/entries", answer(200, body=empty))
    back = connector.read_back(request, receipt.entry_id)
    assert back is not None
    assert back.ledger_entry_id == ""
    lines = [(line.account, line.debit_cents, line.credit_cents) for line in back.lines or ()]
    auxiliary = request.third_party.auxiliary_account
    assert sorted(lines) == sorted([(auxiliary, 12_000, 0), ("706000", 0, 10_000), ("445710", 0, 2_000)])


def test_a_correction_that_chift_does_not_list_is_not_guessed(stage: Stage) -> None:
    connector = stage.connect()
    request = sale(connector, rounding=1)
    receipt = connector.post_entry(request)
    stage.say("GET /journal/entries", answer(200, body={"items": [], "total": 0, "page": 1, "size": 100}))
    back = connector.read_back(request, receipt.entry_id)
    assert back is not None
    assert back.lines is None


@pytest.mark.parametrize(
    ("behind", "present", "hashed"),
    [("acd", True, True), ("myunisoft", True, False), ("cegid_loop", None, False), ("sage100", None, False)],
)
def test_what_each_tool_tells_of_the_pdf(stage: Stage, behind: str, present: bool | None, hashed: bool) -> None:
    connector = stage.connect(behind)
    request = sale(connector)
    receipt = connector.post_entry(request)
    assert receipt.pdf_attached
    back = connector.read_back(request, receipt.entry_id)
    assert back is not None
    assert back.pdf_present is present
    assert back.pdf_sha256 == (hashlib.sha256(request.pdf or b"").hexdigest() if hashed else None)


def test_a_linked_pdf_is_read_back_where_its_host_is_named(stage: Stage) -> None:
    request = sale(stage.connect("myunisoft"))
    connector = stage.connect("myunisoft", file_hosts=stage.sandbox.url)
    back = connector.read_back(request, connector.post_entry(request).entry_id)
    assert back is not None
    assert back.pdf_sha256 == hashlib.sha256(request.pdf or b"").hexdigest()


def test_an_attachment_that_is_no_pdf_has_no_hash(stage: Stage) -> None:
    connector = stage.connect("acd")
    request = sale(connector)
    receipt = connector.post_entry(request)
    for text in ("%%%", base64.b64encode(b"<html>").decode()):
        items = [{"id": "1", "base64_string": text}]
        stage.say("GET /attachments", answer(200, body={"items": items, "total": 1, "page": 1, "size": 100}))
        back = connector.read_back(request, receipt.entry_id)
        assert back is not None
        assert back.pdf_sha256 is None


# -- the PDF afterwards ------------------------------------------------------------------------------------------
def test_a_large_pdf_follows_its_invoice(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector_module, "INLINE_PDF_MAX_BYTES", 5)
    connector = stage.connect()
    request = sale(connector)
    assert connector.post_entry(request).pdf_attached
    assert stage.sandbox.entries("chift")[0]["pdf_sha256"] == hashlib.sha256(request.pdf or b"").hexdigest()
    # Attached already: nothing is written a second time, and nothing is wrong.
    connector.attach_document(request, connector.post_entry(request).entry_id)


def test_a_pdf_that_did_not_follow_is_attached_later(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector_module, "INLINE_PDF_MAX_BYTES", 5)
    connector = stage.connect("acd")
    request = sale(connector)
    stage.sandbox.faults([{"tool": "chift", "route": "POST /consumers/{}/accounting/invoices/pdf/{}", "kind": "500"}])
    receipt = connector.post_entry(request)
    assert not receipt.pdf_attached
    assert receipt.warnings
    back = connector.read_back(request, receipt.entry_id)
    assert back is not None
    assert back.pdf_present is False
    connector.attach_document(request, receipt.entry_id)
    back = connector.read_back(request, receipt.entry_id)
    assert back is not None
    assert back.pdf_present is True


def test_a_tool_that_dropped_the_pdf_says_so_in_the_receipt(stage: Stage) -> None:
    stage.control("consumers/demo-consumer-acd", drops_pdf=True)
    connector = stage.connect("acd")
    receipt = connector.post_entry(sale(connector))
    assert not receipt.pdf_attached


def test_a_pdf_cannot_follow_a_raw_entry(stage: Stage) -> None:
    connector = stage.connect()
    with pytest.raises(DocumentError) as refused:
        connector.attach_document(sale(connector), "entry/9")
    assert refused.value.reason is Reason.SUPPORTING_DOCUMENT_MISSING


# -- odd answers -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("body", [{}, [], "text", {"invoice_type": 1}, {"id": None}])
def test_an_unusable_success_is_an_unknown_outcome(stage: Stage, body: Any) -> None:
    connector = stage.connect()
    stage.say(f"POST {INVOICES}", answer(200, body=body))
    with pytest.raises(OutcomeUnknown):
        connector.post_entry(sale(connector))


@pytest.mark.parametrize("body", [{}, [], "text", {"items": 5}, {"items": [{"nothing": 1}], "total": 1}])
def test_a_list_of_another_shape_is_a_passing_fault(stage: Stage, body: Any) -> None:
    connector = stage.connect()
    stage.say("GET /journals", answer(200, body=body))
    with pytest.raises(TryLater):
        connector.read_ledger()


def test_a_list_that_breaks_off_is_not_taken_as_whole(stage: Stage) -> None:
    connector = stage.connect()
    stage.say("GET /journals", answer(200, body={"items": [], "total": 3, "page": 1, "size": 2}))
    with pytest.raises(TryLater, match="announced 3"):
        connector.read_ledger()


def test_numbers_for_ids_are_taken_as_text(stage: Stage) -> None:
    connector = stage.connect()
    items = [{"id": 7, "name": "Ventes", "code": 70, "journal_type": "customer_invoice"}]
    stage.say("GET /journals", answer(200, body={"items": items, "total": 1, "page": 1, "size": 100}))
    (journal,) = connector.read_ledger().journals
    assert (journal.code, journal.tool_id, journal.kind) == ("70", "7", "sales")


# -- third parties -----------------------------------------------------------------------------------------------
def test_a_code_that_somebody_else_has_is_refused_with_words(stage: Stage) -> None:
    connector = stage.connect()
    connector.create_third_party(CLIENT, "411EXEMPLE")
    with pytest.raises(DocumentError) as refused:
        connector.create_third_party(msgspec.structs.replace(CLIENT, id=2, name="Autre"), "411EXEMPLE")
    assert refused.value.reason is Reason.THIRD_PARTY_REFUSED
    assert "Autre" in refused.value.facts["detail"]


def test_one_that_exists_already_is_found_after_the_refusal(stage: Stage) -> None:
    """It was created between our look-up and our creation."""
    connector = stage.connect("myunisoft")
    created = connector.create_third_party(CLIENT, "411EXEMPLE")
    empty = {"items": [], "total": 0, "page": 1, "size": 100}
    stage.say("GET /clients", answer(200, body=empty), answer(200, body=empty))
    assert connector.create_third_party(CLIENT, "411EXEMPLE") == created


def test_namesakes_under_other_references_are_others(stage: Stage) -> None:
    connector = stage.connect()
    first = connector.create_third_party(CLIENT, "411EXEMPLE")
    second = connector.create_third_party(msgspec.structs.replace(CLIENT, id=2), "411EXEMPL2")
    assert first.tool_id != second.tool_id


def test_several_under_our_reference_are_ambiguous(stage: Stage) -> None:
    connector = stage.connect()
    items = [{"id": str(n), "name": "Exemple", "external_reference": "sellsy:company:1"} for n in (1, 2)]
    stage.say("GET /clients", answer(200, body={"items": items, "total": 2, "page": 1, "size": 100}))
    with pytest.raises(DocumentError) as refused:
        connector.create_third_party(CLIENT, "411EXEMPLE")
    assert refused.value.reason is Reason.THIRD_PARTY_AMBIGUOUS


def test_a_creation_answered_without_id_is_looked_up(stage: Stage) -> None:
    connector = stage.connect()
    items = [{"id": "77", "name": "Exemple", "external_reference": "sellsy:company:1", "third_party_account": "X"}]
    page = {"items": items, "total": 1, "page": 1, "size": 100}
    empty = {"items": [], "total": 0, "page": 1, "size": 100}
    stage.say("GET /clients", answer(200, body=empty), answer(200, body=empty), answer(200, body=page))
    stage.say("POST /clients", answer(200, name="Exemple"))
    assert connector.create_third_party(CLIENT, "411EXEMPLE").tool_id == "77"


# -- drafts and restarts -----------------------------------------------------------------------------------------
def test_a_draft_reads_back_as_one_only_with_myunisoft(stage: Stage) -> None:
    connector = stage.connect("myunisoft")
    for rounding in (0, 3):
        request = sale(connector, net=10_000 + rounding, rounding=rounding, draft=True, key=f"sellsy:1:x:{rounding}")
        number = f"D{rounding}"
        entry = msgspec.structs.replace(request.entry, piece=number, number=number)
        request = msgspec.structs.replace(request, entry=entry)
        receipt = connector.post_entry(request)
        assert receipt.draft
        back = connector.read_back(request, receipt.entry_id)
        assert back is not None
        assert back.draft is True


def test_a_restarted_sandbox_knows_ids_and_entries(tmp_path: Any) -> None:
    from sellsy_ledger_sandbox.server import Sandbox

    stage = Stage()
    stage.sandbox = Sandbox(quota=False, state=tmp_path / "state.jsonl")
    with stage.sandbox:
        connector = stage.connect()
        request = sale(connector)
        receipt = connector.post_entry(request)
    stage.sandbox = Sandbox(quota=False, state=tmp_path / "state.jsonl")
    with stage.sandbox:
        connector = stage.connect()
        assert connector.post_entry(request) == receipt
        assert len(stage.sandbox.entries("chift")) == 1


# -- corrections -------------------------------------------------------------------------------------------------
def test_a_correction_is_sent_under_a_number_of_its_own_and_told_under_the_documents(stage: Stage) -> None:
    connector = stage.connect(behind="sage100")
    original = sale(connector)
    version = msgspec.structs.replace(original, posting_key=f"{original.posting_key}-v2")
    receipts = [connector.post_entry(each) for each in (original, version)]
    piece, number = original.entry.piece, original.entry.number
    body = connector.payload(version)
    assert (body["invoice_number"], body["reference"]) == (f"{piece}V2", f"{number}-v2")
    for each, receipt in zip((original, version), receipts, strict=True):
        held_entry = connector.find_entry(each)
        assert held_entry is not None
        assert (held_entry.entry_id, held_entry.piece) == (receipt.entry_id, piece)


def test_a_correction_whose_number_cannot_be_shortened_is_refused_before_it_is_sent(stage: Stage) -> None:
    connector = stage.connect(behind="sage100")
    key = "sellsy:1:sales_credit_note:123456789012-r1"
    long = msgspec.structs.replace(sale(connector), posting_key=key)
    long = msgspec.structs.replace(long, entry=msgspec.structs.replace(long.entry, piece="FAC2026000012"))
    with pytest.raises(DocumentError) as refused:
        connector.post_entry(long)
    assert refused.value.field == "entry.piece"
    assert stage.calls(BOOK) == 0


# -- the books ---------------------------------------------------------------------------------------------------
def test_the_books_are_asked_for_three_months_at_a_time(stage: Stage) -> None:
    connector = stage.connect(behind="sage100")
    made = sale(connector)
    receipt = connector.post_entry(made)
    first, last = dt.date(2025, 1, 1), dt.date(2026, 12, 31)
    (found,) = connector.booked_entries(Direction.SALES, first, last)
    assert (found.entry_id, found.date, found.gross_cents) == (receipt.entry_id, made.entry.date, 12_000)
    assert stage.calls("GET /consumers/<consumer_id>/accounting/journal/entries") == 9
    assert list(connector.booked_entries(Direction.PURCHASES, first, last)) == []


def test_an_entry_that_the_tool_dates_nowhere_is_dated_in_the_period_it_came_with(stage: Stage) -> None:
    connector = stage.connect(behind="sage100")
    item = {"account_number": "411000", "debit": 12.5, "credit": 0, "partner_name": "Exemple", "description": "Vente"}
    entry = {"id": "7", "journal_id": "VE", "name": "F-7", "date": "1970-01-01", "items": [item]}
    stage.say("GET /journal/entries", answer(200, items=[entry], total=1, page=1, size=100))
    day = dt.date(2026, 2, 1)
    (found,) = connector.booked_entries(Direction.SALES, day, dt.date(2026, 2, 28))
    assert (found.date, found.third_party_account, found.third_party_name) == (day, "411000", "Exemple")
    assert (found.entry_id, found.numbers, found.gross_cents) == ("entry/7", ("F-7", "Vente"), 1250)
