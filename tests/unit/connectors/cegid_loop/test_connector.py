"""The connector against the sandbox, and against answers that the sandbox does not give by itself."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import flask
import msgspec
import pytest

from sellsy_ledger.connectors.base import Receipt
from sellsy_ledger.connectors.cegid_loop.connector import CegidLoopConnector
from sellsy_ledger.connectors.cegid_loop.keys import reference_of
from sellsy_ledger.core.documents import Direction
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
from sellsy_ledger.pipeline.comparison import differences
from tests.unit.connectors.cegid_loop.builders import PDF, Puppet, answer, deposit, document, request

JSON, STATUS, LINES = "POST /importJson", "GET /getImportStatus", "GET /EcritureComptable"
CUSTOMER = ThirdParty(direction=Direction.SALES, type="company", id=1, name="Exemple SARL")


@pytest.fixture
def puppet() -> Iterator[Puppet]:
    puppet = Puppet()
    with puppet.sandbox:
        yield puppet


@pytest.fixture
def connector(puppet: Puppet) -> CegidLoopConnector:
    return puppet.connect()


@pytest.fixture
def files() -> Iterator[Callable[[bytes], str]]:
    """A document store: bytes → a signed link to them."""
    held: dict[str, bytes] = {}

    class Store(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = held.get(self.path, b"")
            self.send_response(200 if body else 403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def sign(body: bytes) -> str:
        path = f"/{hashlib.sha256(body).hexdigest()}.pdf?signature=s3cr3t-signature"
        held[path] = body
        return f"http://127.0.0.1:{server.server_port}{path}"

    yield sign
    server.shutdown()
    server.server_close()


# -- the life of an import ---------------------------------------------------------------------------------------
def test_an_import_runs_by_itself_and_is_looked_at_without_waiting(puppet: Puppet) -> None:
    now = [1_800_000_000.0]
    puppet.sandbox.world.time = lambda: now[0]
    connector = puppet.connect()
    wanted = puppet.of_sandbox(connector)
    receipt = connector.post_entry(wanted)
    assert (receipt.entry_id, receipt.pdf_attached) == ("", False)
    assert receipt.handle
    for seconds in (0.0, 0.5, 1.5, 2.9):
        now[0] = 1_800_000_000.0 + seconds
        assert connector.wait_until_done(wanted, receipt) is None
        assert connector.find_entry(wanted) is None
        assert puppet.sandbox.entries("cegid_loop") == []
    now[0] += 0.2
    done = connector.wait_until_done(wanted, receipt)
    assert done is not None
    found = connector.find_entry(wanted)
    assert found is not None
    assert done.entry_id == found.entry_id != ""
    assert puppet.waits == []


@pytest.mark.parametrize("dossier", ["DEMO01", "DEMO02"])
def test_both_ways_to_answer_give_the_same_entry_and_the_same_ledger(puppet: Puppet, dossier: str) -> None:
    connector = puppet.connect(dossier_code=dossier)
    wanted = puppet.of_sandbox(connector)
    assert puppet.post(connector, wanted) is not None
    held = connector.read_back(wanted, "")
    assert held is not None
    assert differences(wanted, held, connector.capabilities, pdf_sha256=None) == []
    assert len(connector.read_ledger().accounts) == len(puppet.sandbox.world.chart)
    assert [(one.auxiliary_account, one.name) for one in connector.read_ledger().third_parties] == [("CEXEMPLE", "")]


@pytest.mark.parametrize("dossier", ["DEMO01", "DEMO02"])
def test_the_words_of_a_failed_import_come_out_whatever_their_shape(puppet: Puppet, dossier: str) -> None:
    connector = puppet.connect(dossier_code=dossier)
    day = dt.date(2024, 6, 3)
    wanted = puppet.of_sandbox(connector, date=day, piece_date=day, due_date=None)
    with pytest.raises(PostingRefused) as refused:
        puppet.post(connector, wanted)
    assert refused.value.reason is Reason.PERIOD_CLOSED
    assert "clôturé" in refused.value.facts["detail"]


@pytest.mark.parametrize("said", [{"status": 4}, {"status": "4", "error": None}, {"status": 4, "x": [1, [2]]}])
def test_a_failure_without_words_is_a_refusal_all_the_same(
    puppet: Puppet, connector: CegidLoopConnector, said: Any
) -> None:
    puppet.say(STATUS, answer(said))
    with pytest.raises(PostingRefused) as refused:
        connector.wait_until_done(request(), Receipt(entry_id="", handle="h"))
    assert refused.value.reason is Reason.REFUSED_BY_TOOL
    assert refused.value.facts["detail"]


def test_an_import_that_nobody_knows_is_an_unknown_outcome(connector: CegidLoopConnector) -> None:
    with pytest.raises(OutcomeUnknown):
        connector.wait_until_done(request(), Receipt(entry_id="", handle="nothing-of-the-kind"))


@pytest.mark.parametrize("said", [{}, {"status": None}, {"status": 99}, {"status": "?"}, []])
def test_an_import_of_which_nothing_usable_is_told_is_an_unknown_outcome(
    puppet: Puppet, connector: CegidLoopConnector, said: Any
) -> None:
    puppet.say(STATUS, answer(said))
    with pytest.raises(OutcomeUnknown):
        connector.wait_until_done(request(), Receipt(entry_id="", handle="h"))


def test_an_unusual_status_is_no_trouble_when_the_entry_is_there(puppet: Puppet, connector: CegidLoopConnector) -> None:
    wanted = puppet.of_sandbox(connector)
    receipt = connector.post_entry(wanted)
    puppet.control("advance")
    puppet.say(STATUS, answer({"status": 25}))
    done = connector.wait_until_done(wanted, receipt)
    assert done is not None
    assert done.entry_id


def test_a_failed_import_whose_entry_is_there_is_told_as_booked(puppet: Puppet, connector: CegidLoopConnector) -> None:
    wanted = puppet.of_sandbox(connector)
    receipt = connector.post_entry(wanted)
    puppet.control("advance")
    puppet.say(STATUS, answer({"status": 4, "message": "doublon"}))
    done = connector.wait_until_done(wanted, receipt)
    assert done is not None
    assert done.warnings


def test_a_finished_import_whose_entry_is_not_to_be_seen_yet_goes_on(
    puppet: Puppet, connector: CegidLoopConnector
) -> None:
    puppet.say(STATUS, answer({"status": 3}))
    assert connector.wait_until_done(request(), Receipt(entry_id="", handle="h")) is None


@pytest.mark.parametrize("said", [{}, {"accountingImportRequestId": ""}, [], "accepted", None])
def test_an_accepted_import_without_a_name_is_an_unknown_outcome(
    puppet: Puppet, connector: CegidLoopConnector, said: Any
) -> None:
    wanted = puppet.of_sandbox(connector)
    puppet.say(JSON, answer(said))
    with pytest.raises(OutcomeUnknown):
        connector.post_entry(wanted)


def test_an_error_told_by_a_200_is_a_refusal_and_nothing_is_sent_again(
    puppet: Puppet, connector: CegidLoopConnector
) -> None:
    wanted = puppet.of_sandbox(connector)
    puppet.say(JSON, answer({"error": {"instanceId": "i", "message": "Les écritures doivent être un tableau"}}))
    with pytest.raises(PostingRefused):
        connector.post_entry(wanted)
    assert [route for route, *_ in puppet.seen].count(JSON) == 1


def test_a_folder_that_was_not_ticked_stops_everything(puppet: Puppet) -> None:
    connector = puppet.connect(dossier_code="DEMO03")
    with pytest.raises(AccessError):
        connector.read_ledger()
    with pytest.raises(AccessError):
        connector.post_entry(request())
    (check,) = connector.check_access()
    assert not check.ok
    assert "LoopHub" in check.action


def test_a_wrong_siret_is_told_by_its_field(puppet: Puppet) -> None:
    connector = puppet.connect(siret="73282932000074")
    with pytest.raises(ConfigurationError) as refused:
        connector.post_entry(puppet.of_sandbox(connector))
    assert refused.value.field == "siret"
    mine = puppet.connect(siret="84014327500039")
    assert puppet.post(mine, puppet.of_sandbox(mine)) is not None


def test_a_draft_is_refused_by_the_setting(connector: CegidLoopConnector) -> None:
    with pytest.raises(ConfigurationError) as refused:
        connector.post_entry(request(draft=True))
    assert refused.value.field == "posting"


# -- the look-up -------------------------------------------------------------------------------------------------
def test_an_entry_that_was_paid_is_read_back_whole(puppet: Puppet, connector: CegidLoopConnector) -> None:
    wanted = puppet.of_sandbox(connector)
    puppet.post(connector, wanted)
    assert puppet.control("letter", {"refPiece": wanted.entry.piece}) == {"lettered": 1}
    held = connector.find_entry(wanted)
    assert held is not None
    assert differences(wanted, held, connector.capabilities, pdf_sha256=None) == []
    filters = [args["filter"] for route, args, _ in puppet.seen if route == LINES]
    assert filters[-2:] == [
        'codeLettrage==null && refPiece=="F-2026-0042"',
        'codeLettrage!=null && refPiece=="F-2026-0042"',
    ]


def test_a_paid_entry_is_told_not_to_be_editable(puppet: Puppet, connector: CegidLoopConnector) -> None:
    wanted = puppet.of_sandbox(connector)
    puppet.post(connector, wanted)
    before = connector.find_entry(wanted)
    puppet.control("letter", {"refPiece": wanted.entry.piece})
    after = connector.find_entry(wanted)
    assert before is not None
    assert after is not None
    assert (before.editable, after.editable) == (None, False)


def test_an_entry_whose_piece_number_was_changed_is_no_absent_one(
    puppet: Puppet, connector: CegidLoopConnector
) -> None:
    wanted = puppet.of_sandbox(connector)
    puppet.post(connector, wanted)
    puppet.control("renumber", {"key": reference_of(wanted.posting_key), "refPiece": "DIVERS 12"})
    with pytest.raises(PostingConflict, match="DIVERS 12"):
        connector.find_entry(wanted)


def test_a_correction_whose_label_does_not_fit_takes_the_documents_id(puppet: Puppet) -> None:
    connector = puppet.connect(piece_max="11")
    key = "sellsy:4242:sales_invoice:990001-v2"
    for piece, sent in (("FAC202600", "FAC202600V2"), ("FAC20260001", "SI990001V2")):
        wanted = puppet.of_sandbox(connector, posting_key=key, piece=piece)
        lines = connector.payload(wanted)["data"]["ecritures"]
        assert {line["refPiece"] for line in lines} == {sent}
        puppet.post(connector, wanted)
        found = connector.find_entry(wanted)
        assert found is not None
        assert found.piece == piece
        puppet.sandbox.reset()


def test_an_unpaid_entry_costs_one_look(puppet: Puppet, connector: CegidLoopConnector) -> None:
    wanted = puppet.of_sandbox(connector)
    puppet.post(connector, wanted)
    before = puppet.calls(LINES)
    connector.find_entry(wanted)
    assert puppet.calls(LINES) == before + 1


def test_the_same_entry_twice_is_a_conflict_even_when_one_is_paid(
    puppet: Puppet, connector: CegidLoopConnector
) -> None:
    wanted = puppet.of_sandbox(connector)
    puppet.post(connector, wanted)
    puppet.control("letter", {"refPiece": wanted.entry.piece})
    receipt = connector.post_entry(wanted)
    puppet.control("advance")
    with pytest.raises(PostingConflict):
        connector.find_entry(wanted)
    with pytest.raises(PostingConflict):
        connector.wait_until_done(wanted, receipt)


def test_a_piece_number_that_others_use_too_hides_nothing(puppet: Puppet, connector: CegidLoopConnector) -> None:
    """More than a hundred lines bear the same number; ours come after them, on accounts of their own."""
    ledger = connector.read_ledger()
    for number in range(35):
        other = request(ledger=ledger, posting_key=f"sellsy:4242:sales_invoice:{number}")
        lines = tuple(
            msgspec.structs.replace(line, account="707000") if line.account == "706000" else line
            for line in other.entry.lines
        )
        connector.post_entry(msgspec.structs.replace(other, entry=msgspec.structs.replace(other.entry, lines=lines)))
    wanted = request(ledger=ledger)
    puppet.post(connector, wanted)
    held = connector.find_entry(wanted)
    assert held is not None
    assert differences(wanted, held, connector.capabilities, pdf_sha256=None) == []


def test_an_entry_hidden_among_too_many_lines_is_left_to_a_person(
    puppet: Puppet, connector: CegidLoopConnector
) -> None:
    row = {"objectId": "1", "refPiece": "F-2026-0042", "compteNumero": "706000", "debit": 1, "reference": "x"}
    puppet.say(LINES, *[answer([row] * 100)] * 3)
    with pytest.raises(PostingConflict, match="told"):
        connector.find_entry(request())


def test_a_server_that_ignores_the_filter_is_not_believed(puppet: Puppet, connector: CegidLoopConnector) -> None:
    row = {
        "objectId": "1",
        "refPiece": "F-1",
        "compteNumero": "706000",
        "credit": 1,
        "reference": "sellsy:990042:si:4242",
    }
    puppet.say(LINES, answer([row]), answer([]))
    assert connector.find_entry(request()) is None


@pytest.mark.parametrize("said", [{"count": 3}, {"a": [], "b": []}, "text"])
def test_an_odd_list_is_a_clear_error(puppet: Puppet, connector: CegidLoopConnector, said: Any) -> None:
    puppet.say(LINES, answer(said))
    with pytest.raises(ConfigurationError, match="EcritureComptable"):
        connector.find_entry(request())


def test_lines_that_cannot_be_read_prove_nothing(puppet: Puppet, connector: CegidLoopConnector) -> None:
    puppet.say(LINES, answer([{"refPiece": "F-2026-0042", "debit": "douze"}]))
    with pytest.raises(TryLater):
        connector.find_entry(request())


# -- lists -------------------------------------------------------------------------------------------------------
def test_a_server_that_gives_shorter_pages_than_asked_is_read_to_the_end(
    puppet: Puppet, connector: CegidLoopConnector
) -> None:
    rows = [{"code": f"C{number:03d}"} for number in range(250)]
    page = lambda: (flask.jsonify(rows[(skip := int(flask.request.args["skip"])) : skip + 100]), 200)  # noqa: E731
    puppet.say("GET /tiersClient", *[page] * 4)
    assert len(connector.client.customers()) == 250


def test_a_list_that_knows_no_pages_is_read_once(puppet: Puppet, connector: CegidLoopConnector) -> None:
    puppet.say("GET /tva", *[answer([{"code": "C20"}, {"code": "C10"}])] * 2)
    assert [row["code"] for row in connector.client.vat_codes()] == ["C20", "C10"]


def test_pages_that_never_end_are_no_list(puppet: Puppet, connector: CegidLoopConnector, monkeypatch: Any) -> None:
    monkeypatch.setattr("sellsy_ledger.connectors.cegid_loop.client.MOST_PAGES", 3)
    puppet.say("GET /tva", *[lambda: (flask.jsonify([{"code": flask.request.args["skip"]}]), 200)] * 3)
    with pytest.raises(TryLater):
        connector.client.vat_codes()


# -- third parties -----------------------------------------------------------------------------------------------
def test_a_new_third_party_comes_with_its_entry_and_is_found_by_its_code_then(
    puppet: Puppet, connector: CegidLoopConnector
) -> None:
    made = connector.create_third_party(CUSTOMER, "CEXEMPLE")
    assert (made.auxiliary_account, made.name, made.tool_id) == ("CEXEMPLE", "Exemple SARL", "")
    assert connector.read_ledger().third_parties == ()
    puppet.post(connector, puppet.of_sandbox(connector))
    again = connector.create_third_party(CUSTOMER, "CEXEMPLE")
    assert (again.auxiliary_account, again.direction) == ("CEXEMPLE", Direction.SALES)
    supplier = connector.create_third_party(
        msgspec.structs.replace(CUSTOMER, direction=Direction.PURCHASES), "CEXEMPLE"
    )
    assert supplier.direction is Direction.PURCHASES


def test_where_creating_is_forbidden_only_known_third_parties_pass(puppet: Puppet) -> None:
    free, strict = puppet.connect(), puppet.connect(create_third_parties="false")
    with pytest.raises(DocumentError) as refused:
        strict.create_third_party(CUSTOMER, "CEXEMPLE")
    assert refused.value.reason is Reason.THIRD_PARTY_REFUSED
    puppet.post(free, puppet.of_sandbox(free))
    assert strict.create_third_party(CUSTOMER, "CEXEMPLE").auxiliary_account == "CEXEMPLE"


def test_a_code_that_could_change_the_filter_is_never_asked_for(puppet: Puppet, connector: CegidLoopConnector) -> None:
    with pytest.raises(DocumentError):
        connector.create_third_party(CUSTOMER, 'C" || code!="')
    assert puppet.seen == []


# -- the PDF -----------------------------------------------------------------------------------------------------
def with_pdf(made: Any, link: Any) -> Any:
    return msgspec.structs.replace(made, pdf=PDF, supporting_document=document(), pdf_url=link)


def test_loop_fetches_the_pdf_by_the_signed_link(
    puppet: Puppet, connector: CegidLoopConnector, files: Callable[[bytes], str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        wanted = with_pdf(puppet.of_sandbox(connector), lambda: files(PDF))
        sealed = json.dumps(connector.payload(wanted), default=str)
        receipt = connector.post_entry(wanted)
        puppet.control("advance")
        # Whoever waits for the import does not carry the bytes again.
        done = connector.wait_until_done(msgspec.structs.replace(wanted, pdf=None, pdf_url=None), receipt)
    assert receipt.pdf_attached
    assert done is not None
    assert done.pdf_attached
    (entry,) = puppet.sandbox.entries("cegid_loop")
    assert entry["pdf_sha256"] == hashlib.sha256(PDF).hexdigest()
    assert "s3cr3t-signature" not in caplog.text + sealed + repr(receipt)
    assert f"sha256:{hashlib.sha256(PDF).hexdigest()}" in sealed


def test_the_link_is_made_at_the_moment_of_posting_and_once(puppet: Puppet, connector: CegidLoopConnector) -> None:
    made: list[str] = []
    wanted = with_pdf(puppet.of_sandbox(connector), lambda: made.append("x") or "https://files.example/f.pdf?sig=1")
    connector.payload(wanted)
    with pytest.raises(DocumentError):
        connector.post_entry(msgspec.structs.replace(wanted, entry=msgspec.structs.replace(wanted.entry, journal="ZZ")))
    assert made == []
    connector.post_entry(wanted)
    assert made == ["x"]


def cannot_sign() -> str:
    raise ConfigurationError("The document store cannot sign.", field="documents")


@pytest.mark.parametrize("link", [None, cannot_sign, lambda: "file:///srv/pdf/1.pdf", lambda: ""])
def test_a_store_that_cannot_sign_stops_before_anything_is_sent(
    puppet: Puppet, connector: CegidLoopConnector, link: Any
) -> None:
    wanted = with_pdf(puppet.of_sandbox(connector), link)
    with pytest.raises(ConfigurationError) as refused:
        connector.post_entry(wanted)
    assert refused.value.field == "documents"
    assert "file://" not in str(refused.value)
    assert puppet.calls(JSON) == 0


# -- the files ---------------------------------------------------------------------------------------------------
FILE_ROUTES = {"fec": "importFEC", "tra": "importTRA", "quadra": "importPerso"}


def by_file(puppet: Puppet, route: str, **options: str) -> CegidLoopConnector:
    return puppet.connect(route=route, modele="QUADRA", **options)


@pytest.mark.parametrize("route", FILE_ROUTES)
def test_a_file_is_put_down_without_our_keys_then_imported(puppet: Puppet, route: str) -> None:
    connector = by_file(puppet, route)
    wanted = puppet.of_sandbox(connector)
    done = puppet.post(connector, wanted)
    assert done is not None
    assert not done.pdf_attached
    routes = [seen for seen, *_ in puppet.seen if seen.startswith(("PUT", "POST")) and "_sandbox" not in seen]
    assert routes[0].startswith("PUT /_blob/")
    assert routes[1] == f"POST /{FILE_ROUTES[route]}"
    held = connector.find_entry(wanted)
    assert held is not None
    assert differences(wanted, held, connector.capabilities, pdf_sha256=None) == []
    (party,) = connector.read_ledger().third_parties
    assert (party.auxiliary_account, party.name.casefold()) == ("CEXEMPLE", "exemple sarl")


@pytest.mark.parametrize("route", FILE_ROUTES)
def test_the_payload_of_a_file_is_the_file_itself(puppet: Puppet, route: str) -> None:
    connector = by_file(puppet, route)
    wanted = msgspec.structs.replace(puppet.of_sandbox(connector), pdf=PDF, supporting_document=document())
    sealed = connector.payload(wanted)
    connector.post_entry(wanted)
    body = next(body for seen, _, body in puppet.seen if seen.startswith("PUT /_blob/"))
    assert body.decode("cp1252").splitlines() == sealed["lines"]
    assert sealed["supporting_document"].startswith("sha256:")


def test_a_host_that_the_connection_does_not_allow_gets_nothing(puppet: Puppet) -> None:
    connector = puppet.connect(route="fec", deposit_hosts="*.blob.core.windows.net")
    with pytest.raises(ConfigurationError) as refused:
        connector.post_entry(puppet.of_sandbox(connector))
    assert refused.value.field == "deposit_hosts"
    assert "sig=" not in str(refused.value)
    assert not [seen for seen, *_ in puppet.seen if seen.startswith(("PUT", "POST"))]


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "500", "500_after", "truncated"])
def test_a_file_that_did_not_get_there_is_surely_nothing_written(puppet: Puppet, kind: str) -> None:
    connector = by_file(puppet, "fec")
    wanted = puppet.of_sandbox(connector)
    puppet.sandbox.faults([{"tool": "cegid_loop", "route": "PUT /_blob/<path:path>", "nth": 1, "kind": kind}])
    with pytest.raises(TryLater):
        connector.post_entry(wanted)
    assert puppet.calls("POST /importFEC") == 0
    assert puppet.post(connector, wanted) is not None


@pytest.mark.parametrize("said", [{}, [], {"depositUrl": ""}])
def test_no_address_is_surely_nothing_written(puppet: Puppet, said: Any) -> None:
    connector = by_file(puppet, "tra")
    wanted = puppet.of_sandbox(connector)
    puppet.say("GET /getFileUrlDeposit", answer(said))
    with pytest.raises(TryLater):
        connector.post_entry(wanted)


def test_the_name_of_the_tra_import_is_a_setting(puppet: Puppet) -> None:
    connector = by_file(puppet, "tra", import_tra_route="importTra")
    with pytest.raises(ConfigurationError):
        connector.post_entry(puppet.of_sandbox(connector))
    assert puppet.seen[-1][0] == "POST /importTra"


def test_an_unknown_model_is_told(puppet: Puppet) -> None:
    connector = puppet.connect(route="quadra", modele="INCONNU")
    with pytest.raises(PostingRefused) as refused:
        connector.post_entry(puppet.of_sandbox(connector))
    assert "modèle" in refused.value.facts["detail"]


# -- the robot ---------------------------------------------------------------------------------------------------
def test_a_document_goes_to_the_robot_under_a_name_that_tells_which_it_is(
    puppet: Puppet, connector: CegidLoopConnector
) -> None:
    receipt = connector.deposit_document(deposit())
    assert receipt.entry_id
    (held,) = puppet.sandbox.app.test_client().get("/_sandbox/cegid_loop/documents").get_json()
    assert held["filename"] == "F-2026-n-42_sellsy-77-pi-4242.pdf"
    assert (held["context"], held["transaction"], held["sha256"]) == (
        "DEMO01",
        "PURCHASE",
        hashlib.sha256(PDF).hexdigest(),
    )


def test_a_folder_is_proven_before_a_document_is_given_away(puppet: Puppet) -> None:
    with pytest.raises(AccessError):
        puppet.connect(dossier_code="DEMO03").deposit_document(deposit())
    assert puppet.calls("POST /storeDocument") == 0


@pytest.mark.parametrize("pdf", [b"", b"GIF89a", b"%PDF-" + bytes(50 * 1024 * 1024)])
def test_what_is_no_usable_pdf_is_refused_before_it_is_sent(
    puppet: Puppet, connector: CegidLoopConnector, pdf: bytes
) -> None:
    with pytest.raises(PostingRefused) as refused:
        connector.deposit_document(deposit(pdf=pdf))
    assert refused.value.reason is Reason.SUPPORTING_DOCUMENT_MISSING
    assert puppet.seen == []


@pytest.mark.parametrize(("said", "document_id"), [({"objectId": "d-1"}, "d-1"), ([], ""), ("d-2", "d-2"), ({}, "")])
def test_the_robots_answer_may_have_any_shape(
    puppet: Puppet, connector: CegidLoopConnector, said: Any, document_id: str
) -> None:
    puppet.say("POST /storeDocument", answer(said))
    assert connector.deposit_document(deposit()).entry_id == document_id


def test_a_page_instead_of_the_robots_answer_is_an_unknown_outcome(
    puppet: Puppet, connector: CegidLoopConnector
) -> None:
    puppet.say("POST /storeDocument", lambda: ("<html>Maintenance</html>", 200))
    with pytest.raises(OutcomeUnknown):
        connector.deposit_document(deposit())


def test_nobody_can_tell_whether_a_document_was_deposited(connector: CegidLoopConnector) -> None:
    with pytest.raises(OutcomeUnknown, match="sellsy:77:pi:4242"):
        connector.find_deposit(deposit())


# -- access ------------------------------------------------------------------------------------------------------
def test_the_check_reads_every_list_and_writes_nothing(puppet: Puppet, connector: CegidLoopConnector) -> None:
    checks = {check.step: check for check in connector.check_access()}
    assert [step for step, check in checks.items() if not check.ok] == ["Justificatifs"]
    assert not checks["Justificatifs"].blocking
    assert "signe" in checks["Justificatifs"].action
    assert {seen.split()[0] for seen, *_ in puppet.seen} == {"GET"}


def test_the_check_of_a_file_route_says_that_no_pdf_goes(puppet: Puppet) -> None:
    (last,) = [check for check in by_file(puppet, "fec").check_access() if not check.ok]
    assert "aucun PDF" in last.detail
    assert not last.blocking


def test_the_check_says_which_list_is_empty_and_which_journal_is_missing(
    puppet: Puppet, connector: CegidLoopConnector
) -> None:
    puppet.say("GET /tva", answer([]))
    puppet.say("GET /journal", answer([]), answer([{"code": "VE", "type": 8}]), answer([]))
    checks = {check.step: check for check in connector.check_access()}
    assert "la TVA" in checks["Listes du dossier"].detail
    assert checks["Journaux"].detail == "VE"
    assert not checks["Journaux"].ok
    assert not checks["Journaux"].blocking


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (answer({"statusCode": 401, "message": "x"}, 401), "clés"),
        (answer({"error": {"message": "Invalid API key"}}), "clés"),
        (answer({"statusCode": 404, "message": "Resource not found"}, 404), "inattendue"),
        (answer({"error": {"message": "Dossier inconnu"}}), "dossier"),
    ],
)
def test_the_check_stops_at_what_blocks_and_says_what_to_do(
    puppet: Puppet, connector: CegidLoopConnector, said: Any, words: str
) -> None:
    puppet.say("GET /journal", said)
    (check,) = connector.check_access()
    assert words in check.detail
    assert check.action
    assert check.blocking
