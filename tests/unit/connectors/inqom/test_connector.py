"""The connector against answers that the sandbox does not give by itself: duplicates, odd shapes, lost deposits."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import msgspec
import pytest

from sellsy_ledger.connectors.base import Deposit, PostingRequest
from sellsy_ledger.connectors.inqom import client as client_module
from sellsy_ledger.connectors.inqom.connector import InqomConnector
from sellsy_ledger.core.documents import Direction, Kind, SupportingDocument
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import (
    ConfigurationError,
    DocumentError,
    OutcomeUnknown,
    PostingConflict,
    PostingRefused,
    TryLater,
)
from tests.unit.connectors.inqom.builders import (
    DAY,
    DOCUMENTS,
    ENTRIES,
    PDF,
    Puppet,
    answer,
    purchase,
    request,
    with_pdf,
)

ACCOUNTS = "/v1/dossiers/90210/accounts"
LINES = "/v1/dossiers/90210/entry-lines"
DEPOSIT = f"POST {DOCUMENTS}/"
CUSTOMER = ThirdParty(direction=Direction.SALES, type="company", id=1, name="Exemple")


@pytest.fixture
def connector(puppet: Puppet) -> InqomConnector:
    return puppet.connect()


@pytest.fixture
def sale(connector: InqomConnector) -> PostingRequest:
    connector.create_third_party(CUSTOMER, "411EXEMPLE")
    return with_pdf(request(ledger=connector.read_ledger()))


def deposit(**changes: Any) -> Deposit:
    document = SupportingDocument(path="x", file_name="F-9.pdf", sha256="", size_bytes=len(PDF))
    made = Deposit(
        posting_key="sellsy:4242:purchase_invoice:9",
        kind=Kind.PURCHASE_INVOICE,
        number="F-9",
        date=DAY,
        third_party_name="Papier SA",
        pdf=PDF,
        supporting_document=document,
    )
    return msgspec.structs.replace(made, **changes)


# -- the order: document, then entry -----------------------------------------------------------------------------
def test_the_pdf_is_there_before_the_entry_and_without_workflow(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    connector.post_entry(sale)
    writes = [(method, path) for method, path, _ in puppet.seen if method == "POST"][-2:]
    assert writes == [("POST", f"{DOCUMENTS}/"), ("POST", ENTRIES)]
    form = next(body for _, path, body in puppet.seen if path == f"{DOCUMENTS}/")
    assert b'name="WithoutWorkflow"\r\n\r\ntrue' in form
    assert b'name="TypeScan"\r\n\r\nClient' in form
    assert b'name="SourceId"\r\n\r\nsellsy:4242:sales_invoice:7' in form


def test_exactly_one_entry_is_sent_at_a_time(puppet: Puppet, connector: InqomConnector, sale: PostingRequest) -> None:
    connector.post_entry(sale)
    sent = json.loads(next(body for _, path, body in puppet.seen if path == ENTRIES))
    assert len(sent) == 1
    assert sent[0]["ExternalId"] == sale.posting_key
    assert isinstance(sent[0]["AccountingDocumentId"], int)


def test_a_lost_deposit_books_nothing_and_the_next_try_finds_its_document(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    route = "POST /documents/api/accounting-documents/accounting-folders/<int:folder_id>/Documents/"
    puppet.sandbox.faults([{"tool": "inqom", "route": route, "nth": 1, "kind": "drop_after"}])
    with pytest.raises(TryLater):
        connector.post_entry(sale)
    assert puppet.sandbox.entries("inqom") == []
    assert connector.post_entry(sale).pdf_attached
    assert len(puppet.sandbox.app.test_client().get("/_sandbox/inqom/documents").json or []) == 1


def test_a_closed_period_is_refused_before_anything_is_deposited(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    years = tuple(msgspec.structs.replace(year, closed=True) for year in sale.ledger.fiscal_years)
    closed = msgspec.structs.replace(sale, ledger=msgspec.structs.replace(sale.ledger, fiscal_years=years))
    with pytest.raises(PostingRefused) as refused:
        connector.post_entry(closed)
    assert refused.value.reason is Reason.PERIOD_CLOSED
    assert puppet.count("POST", f"{DOCUMENTS}/") == 0


def test_a_period_locked_since_the_ledger_was_read_is_refused_by_inqom(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    puppet.say(f"POST {ENTRIES}", answer(400, text="La période comptable est verrouillée."))
    with pytest.raises(PostingRefused) as refused:
        connector.post_entry(sale)
    assert refused.value.reason is Reason.PERIOD_CLOSED


# -- duplicates --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("source", ["sellsy:4242:sales_invoice:7", "", None])
def test_a_duplicate_of_our_own_keeps_its_id(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest, source: str | None
) -> None:
    puppet.say(DEPOSIT, answer(200, {"Id": 555, "Status": "Duplicate", "SourceId": source}))
    puppet.say(f"POST {ENTRIES}", answer(201, [{"Id": 1}]))
    assert connector.post_entry(sale).pdf_attached
    sent = json.loads(next(body for _, path, body in puppet.seen if path == ENTRIES))
    assert sent[0]["AccountingDocumentId"] == 555


def test_the_same_file_from_elsewhere_waits_for_a_person(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    """Somebody sent it to Inqom, whose workflow makes an entry of its own: ours would be the second."""
    puppet.say(DEPOSIT, answer(200, {"id": "555", "status": "duplicate", "sourceId": "mail-77"}))
    with pytest.raises(PostingRefused) as refused:
        connector.post_entry(sale)
    assert refused.value.reason is Reason.POSSIBLE_DUPLICATE
    assert "555" in refused.value.facts["detail"]
    assert puppet.sandbox.entries("inqom") == []


@pytest.mark.parametrize("body", [555, "555", [{"Id": 555}], {"id": "555"}])
def test_the_id_of_a_document_is_found_in_several_shapes(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest, body: Any
) -> None:
    puppet.say(DEPOSIT, answer(201, body))
    puppet.say(f"POST {ENTRIES}", answer(200, [{"Id": 1}]))
    assert connector.post_entry(sale).pdf_attached


@pytest.mark.parametrize("body", [{}, [], None, {"Status": "Received"}])
def test_a_deposit_that_names_no_id_is_tried_again_later(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest, body: Any
) -> None:
    puppet.say(DEPOSIT, answer(200, body))
    with pytest.raises(TryLater):
        connector.post_entry(sale)
    assert puppet.count("POST", ENTRIES) == 0


def test_a_documents_host_without_the_route_is_a_setting_to_correct(puppet: Puppet, sale: PostingRequest) -> None:
    connector = puppet.connect(documents_url=f"{puppet.sandbox.url}/inqom")
    with pytest.raises(ConfigurationError, match="documents_url"):
        connector.post_entry(sale)


# -- the answer to an entry --------------------------------------------------------------------------------------
@pytest.mark.parametrize("code", [200, 201, 202])
@pytest.mark.parametrize(
    "body",
    [
        [{"Id": 660001}],
        [{"EntryId": "660001"}],
        {"Id": 660001},
        {"entryId": 660001},
        {"Entries": [{"Id": 660001}]},
        [660001],
    ],
)
def test_any_success_with_an_id_is_a_booked_entry(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest, code: int, body: Any
) -> None:
    puppet.say(f"POST {ENTRIES}", answer(code, body))
    assert connector.post_entry(sale).entry_id == "660001"


@pytest.mark.parametrize("body", [[], {}, None, [{"Id": None}], "ok", [{"Id": 1}, {"Id": 2}], True])
def test_a_success_without_an_id_is_of_unknown_outcome(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest, body: Any
) -> None:
    puppet.say(f"POST {ENTRIES}", answer(200, body))
    with pytest.raises(OutcomeUnknown):
        connector.post_entry(sale)


# -- third parties -----------------------------------------------------------------------------------------------
def test_what_inqom_made_of_the_number_is_what_is_stored(connector: InqomConnector) -> None:
    made = connector.create_third_party(CUSTOMER, "411EXEMPLE")
    assert (made.auxiliary_account, made.code) == ("4111EXEMPLE", "EXEMPLE")
    assert made in connector.read_ledger().third_parties


def test_an_account_that_exists_in_either_form_is_found_and_not_made_again(
    puppet: Puppet, connector: InqomConnector
) -> None:
    connector.create_third_party(CUSTOMER, "411EXEMPLE")
    for asked in ("411EXEMPLE", "4111EXEMPLE"):
        assert connector.create_third_party(CUSTOMER, asked).auxiliary_account == "4111EXEMPLE"
    assert puppet.count("POST", ACCOUNTS) == 1


def test_a_refused_creation_of_an_account_that_is_there_finds_it(puppet: Puppet, connector: InqomConnector) -> None:
    connector.create_third_party(CUSTOMER, "411EXEMPLE")
    puppet.say(f"GET {ACCOUNTS}", answer(200, []), answer(200, []))
    assert connector.create_third_party(CUSTOMER, "411EXEMPLE").auxiliary_account == "4111EXEMPLE"


def test_a_refused_creation_says_why(puppet: Puppet, connector: InqomConnector) -> None:
    puppet.say(f"POST {ACCOUNTS}", answer(400, {"Message": "Nom interdit"}))
    with pytest.raises(DocumentError) as refused:
        connector.create_third_party(CUSTOMER, "411EXEMPLE")
    assert refused.value.reason is Reason.THIRD_PARTY_REFUSED
    assert "Nom interdit" in refused.value.facts["detail"]


@pytest.mark.parametrize("body", [{"AccountNumber": "4111EXEMPLE"}, {"number": "4111EXEMPLE"}, "4111EXEMPLE "])
def test_the_number_is_read_in_several_shapes(puppet: Puppet, connector: InqomConnector, body: Any) -> None:
    puppet.say(f"POST {ACCOUNTS}", answer(201, body))
    assert connector.create_third_party(CUSTOMER, "411EXEMPLE").auxiliary_account == "4111EXEMPLE"


@pytest.mark.parametrize("body", [None, {}, 5, ""])
def test_a_creation_without_a_number_is_of_unknown_outcome(
    puppet: Puppet, connector: InqomConnector, body: Any
) -> None:
    puppet.say(f"POST {ACCOUNTS}", answer(201, body))
    with pytest.raises(OutcomeUnknown):
        connector.create_third_party(CUSTOMER, "411EXEMPLE")


# -- looking up and reading back ---------------------------------------------------------------------------------
def test_every_page_of_lines_is_read(puppet: Puppet, connector: InqomConnector, sale: PostingRequest) -> None:
    for number in range(40):
        entry = msgspec.structs.replace(sale.entry, number=f"N-{number}", piece=f"N-{number}")
        key = f"sellsy:4242:sales_invoice:{100 + number}"
        connector.post_entry(msgspec.structs.replace(sale, entry=entry, posting_key=key, pdf=None))
    last = msgspec.structs.replace(sale, posting_key=key, entry=entry, pdf=None)
    found = connector.find_entry(last)
    assert found is not None
    assert found.lines is not None
    assert len(found.lines) == 3
    assert puppet.count("GET", LINES) == 3


def test_a_server_that_gives_the_same_page_again_is_not_believed(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    connector.post_entry(sale)
    page = connector.client.api.read_json(
        "GET",
        LINES,
        params={"startDate": "2026-02-03", "endDate": "2026-02-03", "pageNumber": "1"},
        headers={"Authorization": f"Bearer {connector.client.tokens.token()}"},
    )
    puppet.say(f"GET {LINES}", *[answer(200, msgspec.to_builtins(page, builtin_types=()))] * 2)
    with pytest.raises(TryLater):
        connector.find_entry(sale)


def test_a_page_behind_the_last_may_be_a_404(puppet: Puppet, connector: InqomConnector, sale: PostingRequest) -> None:
    line = {"Id": 1, "AccountNumber": "706000", "Entry": {"Id": 5}, "CreditAmount": 1}
    puppet.say(f"GET {LINES}", answer(200, {"EntryLines": [line]}), answer(404))
    assert connector.find_entry(sale) is None


def test_the_document_tells_our_key_where_the_entry_shows_no_reference(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    receipt = connector.post_entry(sale)
    day = sale.entry.date
    lines = connector.client.entry_lines(day, day, journal_id="902110")
    assert lines == []
    journal = next(one.tool_id for one in sale.ledger.journals if one.code == "VE")
    shown = [
        {
            "Id": number,
            "AccountNumber": line.accountnumber,
            "Label": line.label,
            "DebitAmount": float(line.debitamount or 0),
            "CreditAmount": float(line.creditamount or 0),
            "Entry": {"Id": receipt.entry_id, "Date": "2026-02-03"},
            "Journal": {"Code": "VE"},
            "AccountingDocument": {"Id": line.accountingdocument.id if line.accountingdocument else None},
        }
        for number, line in enumerate(connector.client.entry_lines(day, day, journal_id=journal))
    ]
    puppet.say(f"GET {LINES}", answer(200, shown), answer(200, []))
    found = connector.find_entry(sale)
    assert found is not None
    assert found.entry_id == receipt.entry_id


def test_a_twin_that_shows_nothing_of_its_own_is_left_to_a_person(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    twin = msgspec.structs.replace(sale, pdf=None, posting_key="typed-in-by-hand")
    body = dict(connector.payload(twin))
    body["Lines"][0]["Label"] = "EXEMPLE"
    connector.client.create_entry({name: body[name] for name in ("JournalId", "Date", "Lines")})
    with pytest.raises(PostingConflict):
        connector.find_entry(sale)


# -- nothing is absent on one bare answer ------------------------------------------------------------------------
def test_a_bare_empty_list_is_believed_when_nothing_is_counted(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    puppet.say(f"GET {LINES}", answer(200, []))
    assert connector.find_entry(sale) is None
    assert puppet.count("GET", f"{LINES}/count") == 1


def test_a_bare_empty_list_beside_a_count_is_asked_for_again(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    receipt = connector.post_entry(sale)
    puppet.say(f"GET {LINES}", answer(200, []))
    found = connector.find_entry(sale)
    assert found is not None
    assert found.entry_id == receipt.entry_id
    puppet.say(f"GET {LINES}", answer(200, []), answer(200, []))
    with pytest.raises(TryLater):
        connector.find_entry(sale)


@pytest.mark.parametrize("with_its_pdf", [True, False])
def test_an_entry_that_was_moved_to_another_journal_and_day_is_found(
    connector: InqomConnector, sale: PostingRequest, with_its_pdf: bool
) -> None:
    made = sale if with_its_pdf else msgspec.structs.replace(sale, pdf=None, supporting_document=None)
    receipt = connector.post_entry(made)
    elsewhere = msgspec.structs.replace(made.entry, date=dt.date(2026, 5, 4), journal="OD")
    asked = msgspec.structs.replace(made, entry=elsewhere)
    found = connector.find_entry(asked)
    assert found is not None
    assert found.entry_id == receipt.entry_id
    version = msgspec.structs.replace(asked, posting_key=f"{made.posting_key}-v2")
    assert connector.find_entry(version) is None


def test_books_of_which_lines_are_missing_are_not_read(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    connector.post_entry(sale)
    puppet.say(f"GET {LINES}/count", answer(200, {"TotalLinesCount": 4, "TotalPagesCount": 1}))
    with pytest.raises(TryLater):
        list(connector.booked_entries(Direction.SALES, sale.entry.date, sale.entry.date))


# -- corrections -------------------------------------------------------------------------------------------------
def test_a_new_version_with_the_same_pdf_has_a_document_of_its_own(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    version = msgspec.structs.replace(sale, posting_key=f"{sale.posting_key}-v2")
    receipts = [connector.post_entry(each) for each in (sale, version)]
    assert len({one["pdf_sha256"] for one in puppet.sandbox.entries("inqom")}) == 2
    for each, receipt in zip((sale, version), receipts, strict=True):
        held = connector.find_entry(each)
        assert held is not None
        assert (held.entry_id, held.pdf_sha256) == (receipt.entry_id, hashlib.sha256(sale.pdf or b"").hexdigest())


def test_a_replacement_carries_the_new_key_its_document_and_the_lines_ids(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    receipt = connector.post_entry(sale)
    version = msgspec.structs.replace(sale, posting_key=f"{sale.posting_key}-v2", pdf=b"%PDF-1.7 second")
    connector.replace_entry(version, receipt.entry_id)
    (one,) = puppet.sandbox.entries("inqom")
    assert (one["key"], one["id"]) == (version.posting_key, receipt.entry_id)
    assert one["pdf_sha256"] == hashlib.sha256(b"%PDF-1.7 second").hexdigest()
    found = connector.find_entry(version)
    assert found is not None
    assert found.entry_id == receipt.entry_id
    assert connector.find_entry(sale) is None


def test_an_entry_that_is_gone_reads_back_as_none(connector: InqomConnector, sale: PostingRequest) -> None:
    assert connector.read_back(sale, "123456") is None


# -- the PDF read back -------------------------------------------------------------------------------------------
def _document(puppet: Puppet, connector: InqomConnector, sale: PostingRequest, **changes: Any) -> None:
    receipt = connector.post_entry(sale)
    assert receipt.pdf_attached
    stored = (puppet.sandbox.app.test_client().get("/_sandbox/inqom/documents").json or [])[0]
    client = connector.client
    told = client.document(str(stored["id"]))
    assert told
    shown = {"Id": stored["id"], "Checksum": told.checksum, "FileUrl": told.fileurl, **changes}
    puppet.say(f"GET {DOCUMENTS}/{stored['id']}", *[answer(200, shown)] * 3)


def _hash_read(connector: InqomConnector, sale: PostingRequest) -> tuple[str | None, bool | None]:
    found = connector.find_entry(sale)
    assert found is not None
    return found.pdf_sha256, found.pdf_present


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256", "sha512"])
def test_a_known_checksum_proves_the_bytes_without_a_download(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest, digest: str
) -> None:
    checksum = hashlib.new(digest, PDF, usedforsecurity=False).hexdigest().upper()
    _document(puppet, connector, sale, Checksum=checksum, FileUrl=None)
    assert _hash_read(connector, sale) == (hashlib.sha256(PDF).hexdigest(), True)


def test_bytes_are_fetched_where_the_checksum_says_nothing(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    _document(puppet, connector, sale, Checksum="?")
    assert _hash_read(connector, sale) == (hashlib.sha256(PDF).hexdigest(), True)
    assert any(path.startswith("/documents/files/") for _, path, _ in puppet.seen)


def test_the_public_link_stands_in_for_a_missing_file_url(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    _document(puppet, connector, sale, Checksum=None, FileUrl=None)
    assert _hash_read(connector, sale) == (hashlib.sha256(PDF).hexdigest(), True)
    assert any(path.endswith("/public-url") for _, path, _ in puppet.seen)


def test_another_host_is_not_followed_unless_it_is_named(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    _document(puppet, connector, sale, Checksum=None, FileUrl="http://127.0.0.2:1/x?sig=secret")
    assert _hash_read(connector, sale) == (None, True)


def test_documents_that_may_not_be_read_leave_the_presence(
    puppet: Puppet, connector: InqomConnector, sale: PostingRequest
) -> None:
    connector.post_entry(sale)
    stored = (puppet.sandbox.app.test_client().get("/_sandbox/inqom/documents").json or [])[0]
    puppet.say(f"GET {DOCUMENTS}/{stored['id']}", answer(403), answer(403))
    assert _hash_read(connector, sale) == (None, True)


# -- documents alone ---------------------------------------------------------------------------------------------
def test_a_document_alone_goes_through_inqom_s_own_workflow(puppet: Puppet, connector: InqomConnector) -> None:
    receipt = connector.deposit_document(deposit())
    (stored,) = puppet.sandbox.app.test_client().get("/_sandbox/inqom/documents").json or []
    assert stored["workflow"]
    assert (stored["type"], stored["key"]) == ("Supplier", "sellsy:4242:purchase_invoice:9")
    assert receipt.entry_id == str(stored["id"])


def test_a_document_deposited_twice_is_one(puppet: Puppet, connector: InqomConnector) -> None:
    assert connector.deposit_document(deposit()).entry_id == connector.deposit_document(deposit()).entry_id
    with pytest.raises(PostingRefused) as refused:
        connector.deposit_document(deposit(posting_key="sellsy:4242:purchase_invoice:10"))
    assert refused.value.reason is Reason.POSSIBLE_DUPLICATE


def test_whether_a_document_is_there_cannot_be_asked(connector: InqomConnector) -> None:
    with pytest.raises(OutcomeUnknown):
        connector.find_deposit(deposit())


# -- amounts, secrets --------------------------------------------------------------------------------------------
def test_a_reverse_charge_pair_is_booked_as_two_lines(connector: InqomConnector, puppet: Puppet) -> None:
    connector.create_third_party(
        ThirdParty(direction=Direction.PURCHASES, type="company", id=2, name="Papier SA"), "401PAPIER"
    )
    made = purchase(ledger=connector.read_ledger())
    connector.post_entry(made)
    (entry,) = puppet.sandbox.entries("inqom")
    sides = {line["account"]: (line["debit_cents"], line["credit_cents"]) for line in entry["lines"]}
    assert sides["445662"] == (10000, 0)
    assert sides["445200"] == (0, 10000)


def test_nothing_that_shows_an_object_shows_a_secret(connector: InqomConnector) -> None:
    connector.client.tokens.token()
    shown = repr([connector, connector.client, connector.client.tokens, connector.client.api, connector.options])
    assert "demo-" not in shown


def test_the_client_writes_entries_and_imports_on_two_routes_only() -> None:
    assert client_module.OPERATION_TYPE == "KeepExisting"
