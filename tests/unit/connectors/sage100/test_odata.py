"""The OData way on the sandbox: check first, look before a second write, tokens, pages, names with an apostrophe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import requests

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.sage100 import reading
from sellsy_ledger.connectors.sage100.client import quoted
from sellsy_ledger.connectors.sage100.connector import Sage100Connector
from sellsy_ledger.connectors.sage100.odata import ODataConnector
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import (
    AccessError,
    ConfigurationError,
    DocumentError,
    OutcomeUnknown,
    PostingConflict,
    TryLater,
)
from sellsy_ledger.pipeline.comparison import differences
from sellsy_ledger_sandbox.server import Sandbox
from tests.elastic_time import ElasticTime
from tests.unit.connectors.sage100.builders import PDF, request
from tests.unit.http.wire import CLOSE, Wire, answer, scripted

SECRETS = {
    "client_id": "demo-client-sage100",
    "client_secret": "demo-secret-sage100",
    "refresh_token": "demo-refresh-sage100",
}
CREATE = "POST /<dataset>/journaux('<journal>')/creerPieceComptable"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(quota=False) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset()
    return running


def connect(sandbox: Sandbox, secrets: dict[str, str] | None = None, **options: str) -> ODataConnector:
    given = {"dataset": "ds-atelier", "authority": f"{sandbox.url}/sage100", **options}
    made = Sage100Connector.from_credentials(
        base_url=f"{sandbox.url}/sage100/", secrets=SECRETS if secrets is None else secrets, options=given
    )
    assert isinstance(made, ODataConnector)
    for transport in (made.client.transport, made.client.tokens.transport):
        if transport is not None:
            transport.sleep = lambda seconds: None
            transport.timeout_seconds = (2.0, 2.0)
    return made


def third_party(name: str = "Exemple SARL", **changes: Any) -> ThirdParty:
    return ThirdParty(direction=Direction.SALES, type="company", id=1, name=name, **changes)


def posting(connector: ODataConnector, n: int = 1, /, **changes: Any) -> PostingRequest:
    party = connector.create_third_party(third_party(), "CEXEMPLE")
    return request(n, third_party=party, ledger=connector.read_ledger(), **changes)


def calls(sandbox: Sandbox, route: str) -> int:
    return sandbox.calls()["sage100"].get(route, 0)


# -- entries -----------------------------------------------------------------------------------------------------
def test_an_entry_is_checked_before_it_is_created(sandbox: Sandbox) -> None:
    connector = connect(sandbox)
    made = posting(connector)
    connector.post_entry(made)
    assert calls(sandbox, CREATE) == 2
    assert len(sandbox.entries("sage100")) == 1
    careless = connect(sandbox, check_first="no")
    careless.post_entry(posting(careless, 2))
    assert calls(sandbox, CREATE) == 3


def test_a_check_that_got_no_answer_is_repeated_and_a_creation_is_not(sandbox: Sandbox) -> None:
    connector = connect(sandbox)
    connector.post_entry(posting(connector, 3))
    sandbox.faults([{"tool": "sage100", "route": CREATE, "kind": "500"}])
    connector.post_entry(posting(connector))
    assert (calls(sandbox, CREATE), len(sandbox.entries("sage100"))) == (5, 2)
    sandbox.faults([{"tool": "sage100", "route": CREATE, "nth": 2, "kind": "drop_after"}])
    with pytest.raises(OutcomeUnknown):
        connector.post_entry(posting(connector, 2))
    assert len(sandbox.entries("sage100")) == 3
    assert connector.find_entry(posting(connector, 2)) is not None


@pytest.mark.parametrize("kind", ["500", "drop_after", "drop_before"])
def test_a_check_is_not_repeated_before_it_was_seen_to_write_nothing(sandbox: Sandbox, kind: str) -> None:
    connector = connect(sandbox)
    made = posting(connector)
    sandbox.faults([{"tool": "sage100", "route": CREATE, "kind": kind}])
    with pytest.raises(OutcomeUnknown):
        connector.post_entry(made)
    assert calls(sandbox, CREATE) == 1
    assert connector.find_entry(made) is None


def test_an_entry_that_its_check_has_written_is_not_written_again(sandbox: Sandbox) -> None:
    requests.post(f"{sandbox.url}/_sandbox/sage100/checks-write", timeout=9).raise_for_status()
    connector = connect(sandbox)
    for number in (1, 2):
        receipt = connector.post_entry(posting(connector, number))
        assert "check_first" in receipt.warnings[0]
        assert len(sandbox.entries("sage100")) == number


def test_a_look_that_fails_after_an_unproven_check_is_an_unknown_outcome(sandbox: Sandbox) -> None:
    connector = connect(sandbox)
    made = posting(connector)
    rows = "GET /<dataset>/<resource>"
    assert connector.find_entry(made) is None
    sandbox.faults([{"tool": "sage100", "route": rows, "nth": nth, "kind": "500"} for nth in range(2, 12)])
    with pytest.raises(OutcomeUnknown):
        connector.post_entry(made)
    assert sandbox.entries("sage100") == []


# -- corrections, and the books ----------------------------------------------------------------------------------
def test_a_correction_is_never_recognised_by_content(sandbox: Sandbox) -> None:
    """The original has lost its reference: it may be any version, and a person looks."""
    connector = connect(sandbox)
    made = posting(connector)
    connector.post_entry(made)
    version = msgspec.structs.replace(made, posting_key=f"{made.posting_key}-v2")
    assert connector.find_entry(version) is None
    typed = {
        "journal": "VE",
        "date": made.entry.date.isoformat(),
        "piece": made.entry.number,
        "third_party_account": "CEXEMPLE",
        "third_party_name": "Exemple SARL",
        "lines": [
            {"account": "411000", "debit_cents": 12000, "credit_cents": 0, "label": "x"},
            {"account": "706000", "debit_cents": 0, "credit_cents": 12000, "label": "x"},
        ],
    }
    sandbox.type_in("sage100", typed)
    with pytest.raises(PostingConflict, match="reference"):
        connector.find_entry(version)
    assert connector.find_entry(made) is not None


@pytest.mark.parametrize("invoice_number", ["number", "reference"])
def test_each_version_is_read_back_whichever_number_is_sages(sandbox: Sandbox, invoice_number: str) -> None:
    connector = connect(sandbox, invoice_number=invoice_number)
    made = posting(connector)
    version = msgspec.structs.replace(made, posting_key=f"{made.posting_key}-v2")
    for each in (made, version):
        assert connector.find_entry(each) is None
        connector.post_entry(each)
        found = connector.find_entry(each)
        assert found is not None
        assert differences(each, found, connector.capabilities, pdf_sha256=None) == []


def test_a_sage_that_compares_no_dates_is_read_from_its_first_line(sandbox: Sandbox) -> None:
    connector = connect(sandbox)
    made = posting(connector)
    connector.post_entry(made)
    rows, asked = connector.client.rows, []

    def without_dates(resource: str, *, where: str = "", **others: Any) -> Iterator[dict[str, Any]]:
        asked.append(where)
        if " ge " in where:
            raise ConfigurationError("Sage refused a read.", tool="sage100", tool_code="400")
        return rows(resource, where=where, **others)

    connector.client.rows = without_dates  # type: ignore[method-assign]
    day = made.entry.date
    (one,) = connector.booked_entries(Direction.SALES, day, day)
    assert (one.key, one.gross_cents, asked[-1]) == ("FC990001", 12000, "")
    after = day.replace(day=day.day + 1)
    assert list(connector.booked_entries(Direction.SALES, after, after)) == []


def test_books_that_became_shorter_while_they_were_read_are_not_whole() -> None:
    def page(count: int, *ids: int) -> bytes:
        rows = [{"id": str(each), "sens": "Debit", "montant": 1} for each in ids]
        return json.dumps({"@odata.count": count, "value": rows}).encode()

    with scripted() as wire:
        wire.play(answer(404, b"{}"), answer(200, page(4, 1, 2)), answer(200, page(3, 4)))
        with pytest.raises(TryLater, match="shorter"):
            list(against(wire).client.rows("ecritures"))


def test_a_refused_check_tells_every_reason_and_nothing_is_written(sandbox: Sandbox) -> None:
    connector = connect(sandbox)
    made = posting(connector)
    ledger = msgspec.structs.replace(
        made.ledger,
        accounts=tuple(msgspec.structs.replace(each, tool_id=f"{each.tool_id}9") for each in made.ledger.accounts),
        fiscal_years=(),
    )
    stranger = msgspec.structs.replace(made.third_party, tool_id="nobody")
    with pytest.raises(DocumentError) as refused:
        connector.post_entry(msgspec.structs.replace(made, ledger=ledger, third_party=stranger))
    assert "Le compte général n'existe pas. ; Le tiers n'existe pas." in refused.value.facts["detail"]
    assert calls(sandbox, CREATE) == 1
    assert sandbox.entries("sage100") == []


def test_a_company_that_keeps_shorter_labels_gets_them_cut(sandbox: Sandbox) -> None:
    connector = connect(sandbox, dataset="Boutique Exemple SAS")
    made = posting(connector)
    lines = tuple(msgspec.structs.replace(line, label="x" * 69) for line in made.entry.lines)
    made = msgspec.structs.replace(made, entry=msgspec.structs.replace(made.entry, lines=lines))
    connector.post_entry(made)
    (entry,) = sandbox.entries("sage100")
    assert {line["label"] for line in entry["lines"]} == {"x" * 35}
    assert entry["company"] == "boutique"


def test_the_body_holds_what_the_interface_knows(sandbox: Sandbox) -> None:
    connector = connect(sandbox)
    payload = connector.payload(posting(connector, pdf=PDF))
    body, first = payload["body"], payload["body"]["ecritures"][0]
    assert payload["journal"] == "jo-VE"
    assert (body["date"], body["extProvenance"], body["extSequence"]) == ("2026-02-03T00:00:00Z", "SELLSY", 990001)
    assert first["compte@odata.bind"] == f"{sandbox.url}/sage100/ds-atelier/comptes('cpt-411000')"
    assert first["tiers@odata.bind"].endswith("/ds-atelier/tiers('atelier-tiers-1')")
    assert (first["sens"], str(first["montant"]), first["echeance"]) == ("Debit", "120.00", "2026-03-05T00:00:00Z")
    assert (first["numeroFacture"], first["reference"]) == ("FAC-0001", "FC990001")
    assert "tiers@odata.bind" not in body["ecritures"][1]
    assert "extProvenance" not in connect(sandbox, provenance="none").payload(posting(connector))["body"]
    swapped = connect(sandbox, invoice_number="reference").payload(posting(connector))["body"]["ecritures"][0]
    assert (swapped["numeroFacture"], swapped["reference"]) == ("FC990001", "FAC-0001")


def test_an_invoice_typed_by_hand_is_found_by_journal_third_party_and_amount(sandbox: Sandbox) -> None:
    connector = connect(sandbox)
    made = posting(connector)
    journal, body = connector._entry(made)
    for line in body["ecritures"]:
        del line["reference"]
    connector.client.create_entry(journal, body)
    assert connector.find_entry(made) is not None
    assert connector.find_entry(posting(connector, gross=12006)) is None
    # Ours with another amount is found by our reference: the pipeline shows the difference to a person.
    connector.post_entry(posting(connector, 2))
    found = connector.find_entry(posting(connector, 2, gross=12006))
    assert found is not None
    assert found.lines is not None
    assert sum(line.debit_cents for line in found.lines) == 12000


def test_an_invoice_number_with_an_apostrophe_is_asked_for_as_it_is(sandbox: Sandbox) -> None:
    connector = connect(sandbox)
    made = posting(connector, number="L'ÉTÉ-1")
    connector.post_entry(made)
    assert quoted("L'ÉTÉ-1") == "'L''ÉTÉ-1'"
    assert connector.find_entry(made) is not None
    connector.post_entry(made)
    with pytest.raises(PostingConflict):
        connector.find_entry(made)


def test_a_number_that_fits_nowhere_is_refused_with_its_field(sandbox: Sandbox) -> None:
    connector = connect(sandbox)
    with pytest.raises(DocumentError) as refused:
        connector.payload(posting(connector, number="N" * 18, piece="P" * 18))
    assert (refused.value.field, refused.value.reason) == ("numeroFacture", Reason.REFUSED_BY_TOOL)


# -- third parties -----------------------------------------------------------------------------------------------
def test_a_number_that_is_somebody_elses_is_left_for_the_next(sandbox: Sandbox) -> None:
    connector = connect(sandbox)
    first = connector.create_third_party(third_party("Exemple SARL"), "cexemple")
    second = connector.create_third_party(third_party("Autre SARL"), "CEXEMPLE")
    supplier = ThirdParty(direction=Direction.PURCHASES, type="company", id=3, name="Exemple SARL")
    third = connector.create_third_party(supplier, "CEXEMPLE")
    assert [each.auxiliary_account for each in (first, second, third)] == ["CEXEMPLE", "CEXEMPLE2", "CEXEMPLE3"]
    assert third.direction is Direction.PURCHASES


def test_what_sage_says_of_a_third_party_reaches_the_person(sandbox: Sandbox) -> None:
    connector = connect(sandbox, customers_account="401000")
    with pytest.raises(DocumentError) as refused:
        connector.create_third_party(third_party(), "CEXEMPLE")
    assert refused.value.reason is Reason.THIRD_PARTY_REFUSED
    assert "compte principal" in refused.value.facts["detail"]
    with pytest.raises(ConfigurationError) as wrong:
        connect(sandbox, customers_account="411999").create_third_party(third_party(), "CEXEMPLE")
    assert wrong.value.field == "customers_account"


# -- access ------------------------------------------------------------------------------------------------------
def problems(connector: ODataConnector) -> dict[str, str]:
    return {check.step: f"{check.detail} {check.action}" for check in connector.check_access() if not check.ok}


def test_a_token_without_the_right_to_write_is_told_before_the_first_night(sandbox: Sandbox) -> None:
    found = problems(connect(sandbox, {**SECRETS, "refresh_token": "demo-refresh-sage100-readonly"}))
    assert list(found) == ["Écrire les écritures"]
    assert "History.Accounting.Write.All" in found["Écrire les écritures"]
    assert problems(connect(sandbox)) == {}
    assert sandbox.entries("sage100") == []


def test_a_refresh_token_that_changes_is_kept_for_the_process_and_told(sandbox: Sandbox) -> None:
    rotating = {**SECRETS, "refresh_token": "demo-refresh-sage100-rotating"}
    connector = connect(sandbox, rotating)
    assert list(problems(connector)) == ["Jeton de rafraîchissement"] or connector.client.tokens.rotated
    requests.post(f"{sandbox.url}/_sandbox/sage100/revoke", timeout=5)
    connector.read_ledger()
    found = problems(connect(sandbox, rotating))
    assert list(found) == ["Jeton d'accès"]


def test_a_revoked_access_token_is_renewed_once_and_a_fixed_one_is_not(sandbox: Sandbox) -> None:
    connector = connect(sandbox)
    made = posting(connector)
    requests.post(f"{sandbox.url}/_sandbox/sage100/revoke", timeout=5)
    connector.post_entry(made)
    assert len(sandbox.entries("sage100")) == 1
    sandbox.reset()
    fixed = connect(sandbox, {"access_token": "demo-access-sage100"})
    fixed.read_ledger()
    requests.post(f"{sandbox.url}/_sandbox/sage100/revoke", timeout=5)
    with pytest.raises(AccessError):
        fixed.read_ledger()


def test_the_company_is_named_by_id_or_name_and_must_be_one_of_the_accounts(sandbox: Sandbox) -> None:
    assert connect(sandbox, dataset="Atelier Exemple SARL").client.dataset_id == "ds-atelier"
    for wrong in ("", "ds-nobody"):
        connector = connect(sandbox, dataset=wrong)
        with pytest.raises(ConfigurationError, match="Boutique Exemple SAS") as told:
            connector.read_ledger()
        assert told.value.field == "dataset"
        assert list(problems(connector)) == ["Société"]


def test_a_sleeping_service_is_waited_for(sandbox: Sandbox) -> None:
    connector = connect(sandbox)
    connector.client.transport.timeout_seconds = (2.0, 0.3)
    requests.post(f"{sandbox.url}/_sandbox/sage100/sleep", timeout=5)
    assert connector.read_ledger().accounts


def test_lists_are_read_beyond_the_servers_own_page(sandbox: Sandbox) -> None:
    connector = connect(sandbox)
    connector.client.page_size = 1000
    time = ElasticTime()
    connector.client.transport.throttle, connector.client.transport.sleep = time.throttle((10, 1.0)), time.sleep
    for number in range(101):
        connector.create_third_party(third_party(f"Tiers {number:03d}"), f"C{number:03d}")
    assert len(connector.read_ledger().third_parties) == 101


# -- answers that are not to be trusted --------------------------------------------------------------------------
EDMX = (
    b'<Edmx><EntityType Name="L"><Property Name="numeroFacture"/><Property Name="reference"/></EntityType>'
    b'<EntitySet Name="ecritures" EntityType="S.L"/></Edmx>'
)


def against(wire: Wire) -> ODataConnector:
    made = Sage100Connector.from_credentials(base_url=wire.url, secrets={"access_token": "t"}, options={"dataset": "d"})
    assert isinstance(made, ODataConnector)
    made.client.transport.sleep = lambda seconds: None
    made.client.transport.tries = 1
    return made


@pytest.mark.parametrize(
    "body", [b"null", b"[1]", b'{"value": 5}', b'{"value": [1]}', b"<html>", b'{"value": [{"sens": 1}]}', b"{}", b"[]"]
)
def test_an_answer_of_another_shape_is_a_passing_fault_never_a_crash(body: bytes) -> None:
    with scripted() as wire:
        wire.play(answer(404, b"{}"), answer(200, EDMX), answer(200, body))
        with pytest.raises(TryLater):
            against(wire).find_entry(request())


def test_names_in_capitals_bare_relations_and_a_bare_list_are_read_too() -> None:
    row = (
        b'[{"ID": 7, "Date": "2026-02-03T00:00:00Z", "Journal": "VE", "Compte": "411000", "Tiers": "cexemple", '
        b'"NumeroFacture": "FAC-0001", "Reference": "fc990001", "Sens": "debit", "Montant": 120.0, "Intitule": "x"}]'
    )
    with scripted() as wire:
        wire.play(answer(404, b"{}"), answer(200, EDMX), answer(200, row), answer(200, b"[]"))
        found = against(wire).find_entry(request())
    assert found is not None
    assert (found.entry_id, found.journal, found.piece) == ("7", "VE", "FAC-0001")
    assert found.lines is not None
    assert (found.lines[0].account, found.lines[0].debit_cents) == ("cexemple", 12000)


def test_an_interface_that_keeps_no_number_is_a_setting_to_correct() -> None:
    with scripted() as wire:
        wire.play(answer(404, b"{}"), answer(200, b'<Edmx><EntitySet Name="comptes" EntityType="S.C"/></Edmx>'))
        with pytest.raises(ConfigurationError, match="neither an invoice number"):
            against(wire).find_entry(request())


@pytest.mark.parametrize(
    "play",
    [CLOSE, answer(200, b"not json"), answer(200, b"{}"), answer(503, b"")],
    ids=["closed", "text", "empty", "503"],
)
def test_a_login_server_that_does_not_answer_is_a_passing_fault(play: bytes | str) -> None:
    with scripted() as wire:
        wire.play(play)
        made = Sage100Connector.from_credentials(
            base_url="http://127.0.0.1:9", secrets=SECRETS, options={"token_url": f"{wire.url}/t", "audience": "a"}
        )
        with pytest.raises(TryLater):
            made.read_ledger()
        assert wire.heads == ["POST /t HTTP/1.1"]
        assert b"audience=a" in wire.requests[0]


@pytest.mark.parametrize(
    ("row", "is_read"),
    [
        ({"numero": "706000", "type": "Detail", "sommeil": False}, True),
        ({"numero": "70", "type": "Total"}, False),
        ({"numero": "706000", "sommeil": True}, False),
    ],
)
def test_totals_and_sleeping_accounts_take_no_entry(row: dict[str, Any], is_read: bool) -> None:
    account = reading.account_of(row)
    assert account is not None
    assert account.active is is_read
    assert reading.account_of({"numero": None}) is None
    assert reading.third_party_of({"numero": "PAUL", "type": "Salarie"}) is None
    assert reading.fiscal_year_of({"datedebut": "x"}) is None
