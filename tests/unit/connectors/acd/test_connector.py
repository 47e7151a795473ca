"""What only ACD does: three hostings, refusals that are cured, uploads that are repeated, a FEC that cannot be read."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import msgspec
import pytest
import requests

from sellsy_ledger.connectors.acd import mapper
from sellsy_ledger.connectors.acd.connector import AcdConnector
from sellsy_ledger.connectors.base import Deposit, PostingRequest
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import LedgerIndex
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
from sellsy_ledger_sandbox.base import Entry
from sellsy_ledger_sandbox.server import Sandbox
from tests.unit.connectors.acd.builders import PDF, credit_note, line, request, with_pdf
from tests.unit.connectors.acd.conftest import Connect
from tests.unit.connectors.acd.test_session import BOOKED, LOGIN, SELECTED, control, heads
from tests.unit.http.wire import CLOSE, Wire, answer

HOSTINGS = ("cnx/api", "iSuiteExpert/api", "nosession/api")
UPLOADED = answer(body=b'{"Id": 77}')
HEADER = b"JournalCode\tEcritureNum\tEcritureDate\tCompteNum\tCompAuxNum\tPieceRef\tEcritureLib\tDebit\tCredit\r\n"


@pytest.fixture(params=HOSTINGS)
def hosting(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def connector(sandbox: Sandbox, connect: Connect) -> AcdConnector:
    return connect(f"{sandbox.url}/acd/cnx/api")


def third_party(name: str, direction: Direction = Direction.SALES) -> ThirdParty:
    return ThirdParty(direction=direction, type="company", id=1, name=name)


def bookable(connector: AcdConnector, made: PostingRequest | None = None) -> PostingRequest:
    """The request with the server's own ledger and third party."""
    made = made or with_pdf(request())
    party = connector.create_third_party(
        third_party(made.third_party.name, made.third_party.direction), made.third_party.auxiliary_account
    )
    return msgspec.structs.replace(made, third_party=party, ledger=connector.read_ledger())


def witness(sandbox: Sandbox) -> list[Entry]:
    return sandbox.entries("acd")


# -- three hostings ----------------------------------------------------------------------------------------------
def test_each_hosting_takes_entries_and_gives_them_back(sandbox: Sandbox, connect: Connect, hosting: str) -> None:
    connector = connect(f"{sandbox.url}/acd/{hosting}")
    assert [check.step for check in connector.check_access() if not check.ok] == []
    for made in (bookable(connector), bookable(connector, credit_note())):
        receipt = connector.post_entry(made)
        assert receipt.pdf_attached
        held = connector.read_back(made, receipt.entry_id)
        assert held is not None
        assert held.pdf_present
        assert differences(made, held, connector.capabilities, pdf_sha256=hashlib.sha256(PDF).hexdigest()) == []
        assert connector.find_entry(made) == held
    assert {each["pdf_sha256"] for each in witness(sandbox)} == {hashlib.sha256(PDF).hexdigest()}


def test_each_hosting_tells_the_same_ledger(sandbox: Sandbox, connect: Connect) -> None:
    ledgers = [connect(f"{sandbox.url}/acd/{each}").read_ledger() for each in HOSTINGS]
    assert ledgers[0] == ledgers[1] == ledgers[2]
    ledger = ledgers[0]
    index = LedgerIndex(ledger)
    assert ledger.account_length == 6
    assert [(each.code, each.kind, each.tool_id) for each in ledger.journals][:2] == [
        ("VE", "sales", "NumeroFacture"),
        ("AC", "purchases", ""),
    ]
    codes = {each.code: each for each in ledger.vat_codes}
    assert (codes["C20"].direction, codes["C20"].account) == ("sales", "445710")
    assert (codes["D20"].direction, codes["D20"].account) == ("purchases", "445660")
    assert (codes["DAE"].direction, codes["DAE"].account) == ("any", None)
    assert index.active_account("471900") is None
    assert not index.is_open(dt.date(2024, 6, 3))


def test_a_dossier_that_is_not_shared_or_unknown_is_told(sandbox: Sandbox, connect: Connect, hosting: str) -> None:
    for code in ("DEMO03", "NOWHERE"):
        connector = connect(f"{sandbox.url}/acd/{hosting}", code_dossier=code)
        failed = [check for check in connector.check_access() if not check.ok]
        assert len(failed) == 1
        assert failed[0].blocking
        assert "dossier" in f"{failed[0].detail} {failed[0].action}".lower()
        with pytest.raises(AccessError):
            connector.read_ledger()


def test_two_dossiers_of_one_account_never_mix(sandbox: Sandbox, connect: Connect, hosting: str) -> None:
    first, second = (connect(f"{sandbox.url}/acd/{hosting}", code_dossier=code) for code in ("DEMO01", "DEMO02"))
    bookable(second)
    made = bookable(first)
    first.post_entry(made)
    assert second.find_entry(made) is None
    assert [each["company"] for each in witness(sandbox)] == ["Atelier Exemple SARL"]


def test_a_wrong_address_is_told_with_the_forms_it_may_have(sandbox: Sandbox, connect: Connect) -> None:
    (check,) = connect(f"{sandbox.url}/acd/nowhere").check_access()
    assert not check.ok
    assert "iSuiteExpert/api" in check.action


def test_lists_that_a_server_does_not_have_stay_empty(wire: Wire, connect: Connect) -> None:
    missing, empty = answer(404, b""), answer(body=b"[]")
    wire.play(LOGIN, SELECTED, empty, empty, missing, missing, missing, empty, empty)
    ledger = connect(wire.url).read_ledger()
    assert (ledger.vat_codes, ledger.fiscal_years) == ((), ())
    assert heads(wire)[4:7] == ["compta/param%C3%A8tres/codesTVA", "compta/exercices", "exercices"]


@pytest.mark.parametrize("body", [b'{"a": 1}', b'"text"', b"12", b"true"])
def test_a_list_of_another_shape_is_a_passing_fault(wire: Wire, connect: Connect, body: bytes) -> None:
    wire.play(LOGIN, SELECTED, answer(body=body))
    with pytest.raises(TryLater):
        connect(wire.url).read_ledger()


@pytest.mark.parametrize("body", [b"[]", b"null", b"", b'{"Journaux": []}', b"[1, null]", b"[{}]"])
def test_an_empty_list_of_any_shape_is_empty(wire: Wire, connect: Connect, body: bytes) -> None:
    wire.play(LOGIN, SELECTED, answer(body=body))
    assert [each for each in connect(wire.url).client.journals() if each] == []


# -- refusals that are cured -------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["cnx/api", "iSuiteExpert/api"])
def test_an_entry_goes_again_without_invoice_number_where_the_journal_takes_none(
    sandbox: Sandbox, connect: Connect, kind: str
) -> None:
    connector = connect(f"{sandbox.url}/acd/{kind}")
    made = bookable(connector)
    control(sandbox, "journal", code="VE", takes_number=False)
    connector.post_entry(made)
    assert len(witness(sandbox)) == 1
    calls = sandbox.calls()["acd"]
    assert calls[f"POST /{kind}/v1/compta/ecriture"] == 2
    assert calls[f"POST /{kind}/v1/ged/documents"] == 1


def test_an_invoice_number_is_left_out_once_only(wire: Wire, connect: Connect) -> None:
    refused = answer(400, b"invoice number is not enabled on journal VE")
    wire.play(LOGIN, SELECTED, refused, refused)
    with pytest.raises(PostingRefused) as stopped:
        connect(wire.url).post_entry(request())
    assert stopped.value.reason is Reason.REFUSED_BY_TOOL
    assert len(wire.requests) == 4
    assert b"NumeroFacture" in wire.requests[2]
    assert b"NumeroFacture" not in wire.requests[3]


def test_a_lost_answer_to_the_entry_without_invoice_number_stays_unknown(wire: Wire, connect: Connect) -> None:
    wire.play(LOGIN, SELECTED, answer(400, b"invoice number is not enabled on journal VE"), CLOSE)
    with pytest.raises(OutcomeUnknown):
        connect(wire.url).post_entry(request())
    assert len(wire.requests) == 4


def test_a_third_party_that_somebody_deleted_is_created_again(connector: AcdConnector, sandbox: Sandbox) -> None:
    made = bookable(connector)
    control(sandbox, "account", code="CEXEMPLE")
    connector.post_entry(made)
    assert len(witness(sandbox)) == 1


def test_a_third_party_is_created_again_once_only(wire: Wire, connect: Connect) -> None:
    missing = answer(body=b'{"codeRetour": 0, "listeErreurs": [{"erreur": "compteInexistant"}]}')
    wire.play(LOGIN, SELECTED, missing, BOOKED, missing)
    with pytest.raises(PostingRefused):
        connect(wire.url).post_entry(request())
    assert heads(wire)[2:] == ["compta/ecriture", "compta/comptes/client", "compta/ecriture"]


def test_a_missing_general_account_is_never_created(connector: AcdConnector, sandbox: Sandbox) -> None:
    made = bookable(connector)
    control(sandbox, "account", code="706000")
    with pytest.raises(PostingRefused) as refused:
        connector.post_entry(made)
    assert refused.value.reason is Reason.ACCOUNT_UNKNOWN
    assert "706000" in refused.value.facts["detail"]
    assert witness(sandbox) == []


@pytest.mark.parametrize("choice", ["no", "yes"])
def test_a_missing_classification_keeps_the_entry_back_unless_the_connection_says_otherwise(
    sandbox: Sandbox, connect: Connect, choice: str
) -> None:
    connector = connect(f"{sandbox.url}/acd/cnx/api", post_without_ged=choice)
    made = bookable(connector)
    control(sandbox, "ged", plan=False)
    if choice == "no":
        with pytest.raises(PostingRefused) as refused:
            connector.post_entry(made)
        assert refused.value.reason is Reason.SUPPORTING_DOCUMENT_MISSING
        assert witness(sandbox) == []
        return
    receipt = connector.post_entry(made)
    assert not receipt.pdf_attached
    assert receipt.warnings
    assert [each["pdf_sha256"] for each in witness(sandbox)] == [None]


def test_a_classification_that_is_missed_only_by_the_entry_is_treated_alike(wire: Wire, connect: Connect) -> None:
    refused = answer(404, b"Plan de classement introuvable")
    wire.play(LOGIN, SELECTED, UPLOADED, refused, BOOKED)
    receipt = connect(wire.url, post_without_ged="yes").post_entry(with_pdf(request()))
    assert not receipt.pdf_attached
    assert b'"ReferenceGed":"77"' in wire.requests[3]
    assert b'"ReferenceGed":null' in wire.requests[4]


def test_a_document_store_that_is_not_linked_stops_the_company(connector: AcdConnector, sandbox: Sandbox) -> None:
    made = bookable(connector)
    control(sandbox, "ged", linked=False)
    with pytest.raises(AccessError):
        connector.post_entry(made)
    assert [check.step for check in connector.check_access() if not check.ok] == ["GED"]


def test_a_refusal_in_a_closed_year_says_so_whatever_its_words(wire: Wire, connect: Connect) -> None:
    wire.play(LOGIN, SELECTED, answer(400, b"Saisie impossible"))
    with pytest.raises(PostingRefused) as refused:
        connect(wire.url).post_entry(request(date=dt.date(2024, 6, 3)))
    assert refused.value.reason is Reason.PERIOD_CLOSED
    assert refused.value.facts["detail"].startswith("03/06/2024 (")


def test_a_draft_is_refused_with_what_to_choose_instead(connector: AcdConnector, sandbox: Sandbox) -> None:
    with pytest.raises(ConfigurationError) as refused:
        connector.post_entry(request(draft=True))
    assert refused.value.field == "posting"
    assert "panier" in str(refused.value)
    assert sandbox.calls().get("acd", {}) == {}


# -- answers of every shape --------------------------------------------------------------------------------------
@pytest.mark.parametrize("body", [b'{"codeRetour": 1}', b'{"CodeRetour": "1", "ListeErreurs": []}'])
@pytest.mark.parametrize("status", [200, 201])
def test_a_success_of_any_shape_is_one(wire: Wire, connect: Connect, body: bytes, status: int) -> None:
    wire.play(LOGIN, SELECTED, answer(status, body))
    assert connect(wire.url).post_entry(request()).entry_id == mapper.mark_of(request().posting_key)


@pytest.mark.parametrize("body", [b'{"listeErreurs": []}', b"{}", b""])
def test_an_acceptance_without_a_word_is_looked_up_and_unknown_when_nothing_is_there(
    wire: Wire, connect: Connect, body: bytes
) -> None:
    wire.play(LOGIN, SELECTED, answer(body=body), answer(body=b"no FEC"))
    with pytest.raises(OutcomeUnknown):
        connect(wire.url).post_entry(request())
    assert sum(b"/compta/ecriture" in one.partition(b"\r\n")[0] for one in wire.requests) == 1


@pytest.mark.parametrize(
    "body", [b"<html>ok</html>", b"null", b"[]", b"true", b"1", b'"OK"', b'{"codeRetour": 2}', b'{"codeRetour": null}']
)
def test_an_answer_that_says_neither_yes_nor_no_is_unknown(wire: Wire, connect: Connect, body: bytes) -> None:
    wire.play(LOGIN, SELECTED, answer(body=body))
    with pytest.raises(OutcomeUnknown):
        connect(wire.url).post_entry(request())
    assert len(wire.requests) == 3


# -- the PDF -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        b'{"Id": 77}',
        b'{"id": "77"}',
        b'{"ID": 77, "codeRetour": 1}',
        b"77",
        b'"77"',
        b'[{"Id": 77}]',
        b'{"documentId": 77}',
    ],
)
def test_the_documents_id_is_found_wherever_it_stands(wire: Wire, connect: Connect, body: bytes) -> None:
    wire.play(LOGIN, SELECTED, answer(201, body), BOOKED)
    connect(wire.url, id_arbo_ged="12").post_entry(with_pdf(request()))
    upload = wire.requests[2]
    assert b'name="idArboGed"\r\n\r\n12\r\n' in upload
    assert f'name="file"; filename="FAC-1-{mapper.mark_of(request().posting_key)}.pdf"'.encode() in upload
    assert PDF in upload
    assert b'"ReferenceGed":"77"' in wire.requests[3]


@pytest.mark.parametrize("lost", [CLOSE, answer(500), answer(body=b"<html>"), answer(body=b"{}"), answer(body=b"true")])
def test_a_lost_upload_is_repeated_before_the_entry(wire: Wire, connect: Connect, lost: bytes | str) -> None:
    wire.play(LOGIN, SELECTED, lost, UPLOADED, BOOKED)
    assert connect(wire.url).post_entry(with_pdf(request())).pdf_attached
    assert heads(wire)[2:] == ["ged/documents", "ged/documents", "compta/ecriture"]


def test_an_upload_that_never_succeeds_leaves_the_entry_unsent(wire: Wire, connect: Connect) -> None:
    wire.play(LOGIN, SELECTED, CLOSE, CLOSE, CLOSE)
    with pytest.raises(TryLater):
        connect(wire.url).post_entry(with_pdf(request()))
    assert "compta/ecriture" not in heads(wire)


def test_an_upload_is_not_repeated_for_the_second_try_of_one_entry(wire: Wire, connect: Connect) -> None:
    connector = connect(wire.url)
    wire.play(LOGIN, SELECTED, UPLOADED, CLOSE)
    with pytest.raises(OutcomeUnknown):
        connector.post_entry(with_pdf(request()))
    wire.play(BOOKED)
    connector.post_entry(with_pdf(request()))
    assert heads(wire).count("ged/documents") == 1
    wire.play(UPLOADED, BOOKED)
    connector.post_entry(with_pdf(request(), PDF + b" corrected"))
    assert heads(wire).count("ged/documents") == 2


@pytest.mark.parametrize("pdf", [b"", b"<html>", b"%PDF-1.7" + b"0" * 20_971_520])
def test_what_is_no_pdf_or_too_long_never_leaves(wire: Wire, connect: Connect, pdf: bytes) -> None:
    with pytest.raises(DocumentError) as refused:
        connect(wire.url).post_entry(with_pdf(request(), pdf))
    assert refused.value.reason is Reason.SUPPORTING_DOCUMENT_MISSING
    assert wire.requests == []


# -- the look-up -------------------------------------------------------------------------------------------------
SEVERAL_YEARS = answer(body=b'{"codeRetour": 0, "listeErreurs": [{"erreur": "periodeMultiExercice"}]}')


@pytest.mark.parametrize(
    "fec",
    [
        SEVERAL_YEARS,
        answer(404, b""),
        answer(400, b"non"),
        answer(body=b""),
        answer(body=b"<html>"),
        answer(body=b"{}"),
    ],
)
def test_a_fec_that_cannot_be_read_is_left_to_a_person(wire: Wire, connect: Connect, fec: bytes) -> None:
    wire.play(LOGIN, SELECTED, fec)
    with pytest.raises(OutcomeUnknown) as unknown:
        connect(wire.url).find_entry(request())
    assert "read_back" in str(unknown.value)


def test_a_year_over_two_calendar_years_is_told_and_has_its_option(sandbox: Sandbox, connect: Connect) -> None:
    connector = connect(f"{sandbox.url}/acd/cnx/api", code_dossier="DEMO04")
    made = bookable(connector)
    with pytest.raises(OutcomeUnknown):
        connector.find_entry(made)
    with pytest.raises(ConfigurationError):
        connector.read_back(made, "x")
    (failed,) = [check for check in connector.check_access() if not check.ok]
    assert (failed.step, failed.blocking) == ("Relecture (FEC)", False)
    assert "read_back" in failed.action
    blind = connect(f"{sandbox.url}/acd/cnx/api", code_dossier="DEMO04", read_back="none")
    assert [check for check in blind.check_access() if not check.ok] == []
    assert blind.find_entry(made) is None
    blind.post_entry(made)
    assert blind.read_back(made, "x") is None
    assert len(witness(sandbox)) == 1


def test_a_server_that_is_away_during_the_look_up_is_asked_later(connector: AcdConnector, sandbox: Sandbox) -> None:
    made = bookable(connector)
    control(sandbox, "sleep", status=503)
    with pytest.raises(TryLater):
        connector.find_entry(made)


def test_the_look_up_always_reads_the_books_and_the_proof_once_until_something_is_written(
    connector: AcdConnector, sandbox: Sandbox
) -> None:
    route = "POST /cnx/api/v1/compta/fec"
    made = bookable(connector)
    connector.post_entry(made)
    for _ in range(3):
        connector.read_back(made, "x")
    assert sandbox.calls()["acd"][route] == 1
    for count in (2, 3):
        connector.find_entry(made)
        assert sandbox.calls()["acd"][route] == count
    connector.read_back(made, "x")
    assert sandbox.calls()["acd"][route] == 3
    other = msgspec.structs.replace(made, posting_key="sellsy:4242:sales_invoice:8")
    connector.post_entry(other)
    assert connector.read_back(other, "x") is not None
    assert sandbox.calls()["acd"][route] == 4


def test_an_entry_that_somebody_typed_is_no_entry_of_ours_and_stops_a_second_one(
    connector: AcdConnector, sandbox: Sandbox
) -> None:
    made = bookable(connector)
    body = dict(connector.payload(made))
    typed = json.loads(msgspec.json.Encoder(decimal_format="number").encode(body))
    typed["LignesEcriture"][0]["Libelle"] = "Exemple"
    connector.client.post_entry({**typed, "ReferenceGed": None})
    with pytest.raises(PostingConflict) as conflict:
        connector.find_entry(made)
    assert "without our mark" in str(conflict.value)


def test_another_amount_or_third_party_of_the_same_piece_is_not_ours(connector: AcdConnector) -> None:
    made = bookable(connector)
    connector.post_entry(made)
    lines = (line("411000", 500, 0, made.entry.lines[0].role, auxiliary_account="CEXEMPLE"), line("706000", 0, 500))
    entry = msgspec.structs.replace(made.entry, lines=lines)
    other = msgspec.structs.replace(made, entry=entry, posting_key="sellsy:4242:sales_invoice:8")
    assert connector.find_entry(other) is None


def test_a_piece_that_was_renumbered_is_found_and_differs(wire: Wire, connect: Connect) -> None:
    mark = mapper.mark_of(request().posting_key)
    rows = [
        f"VE\t12\t20260203\t411000\tCEXEMPLE\tOTHER\tExemple #{mark}\t120,05\t0,00",
        "VE\t12\t20260203\t706000\t\tOTHER\tExemple\t0,00\t100,04",
        "VE\t12\t20260203\t445710\t\tOTHER\tExemple\t0,00\t20,01",
    ]
    wire.play(LOGIN, SELECTED, answer(body=HEADER + "\r\n".join(rows).encode()))
    connector = connect(wire.url)
    found = connector.find_entry(request())
    assert found is not None
    assert found.ledger_entry_id == "12"
    assert differences(request(), found, connector.capabilities, pdf_sha256=None) == ["pièce OTHER au lieu de FAC-1"]


def test_a_document_store_without_a_list_says_nothing_about_the_pdf(wire: Wire, connect: Connect) -> None:
    made = with_pdf(request())
    mark = mapper.mark_of(made.posting_key)
    row = f"VE\t\t20260203\t411000\tCEXEMPLE\tFAC-1\tExemple #{mark}\t120,05\t0,00".encode()
    wire.play(LOGIN, SELECTED, answer(body=HEADER + row), answer(404, b""))
    found = connect(wire.url).find_entry(made)
    assert found is not None
    assert found.pdf_present is None


# -- third parties -----------------------------------------------------------------------------------------------
def test_two_companies_of_one_name_like_code_get_two_accounts(connector: AcdConnector) -> None:
    first = connector.create_third_party(third_party("Menuiserie Alpha"), "CMENUISERIEALPHA")
    second = connector.create_third_party(third_party("Menuiserie Beta"), "CMENUISERIEAL")
    again = connector.create_third_party(third_party("Menuiserie Alpha"), "CMENUISERIEALPHA")
    assert (first.auxiliary_account, second.auxiliary_account) == ("CMENUISERIEAL", "CMENUISERIEA2")
    assert again == first


def test_an_account_that_the_server_knows_and_does_not_list_is_taken_at_its_word(wire: Wire, connect: Connect) -> None:
    exists = answer(body=b'{"codeRetour": 0, "listeErreurs": [{"erreur": "compteExisteDeja", "description": "x"}]}')
    empty = answer(body=b"[]")
    wire.play(LOGIN, SELECTED, empty, exists, empty, empty)
    created = connect(wire.url).create_third_party(third_party("Dupont"), "CDUPONT")
    assert created.auxiliary_account == "CDUPONT"


def test_an_account_that_somebody_else_just_got_is_left_to_him(wire: Wire, connect: Connect) -> None:
    exists = answer(body=b'{"codeRetour": 0, "listeErreurs": [{"erreur": "compteExisteDeja"}]}')
    listed = answer(body=b'[{"Code": "CDUPONT", "Lib": "Autre"}]')
    empty = answer(body=b"[]")
    wire.play(LOGIN, SELECTED, empty, exists, empty, listed, BOOKED)
    created = connect(wire.url).create_third_party(third_party("Dupont"), "CDUPONT")
    assert created.auxiliary_account == "CDUPONT2"


def test_an_account_of_the_other_direction_or_inactive_is_refused(wire: Wire, connect: Connect) -> None:
    exists = answer(body=b'{"codeRetour": 0, "listeErreurs": [{"erreur": "compteExisteDeja"}]}')
    listed = answer(body=b'[{"Code": "CDUPONT", "Lib": "Dupont", "CptInactif": true}]')
    wire.play(LOGIN, SELECTED, answer(body=b"[]"), exists, listed)
    with pytest.raises(DocumentError) as refused:
        connect(wire.url).create_third_party(third_party("Dupont"), "CDUPONT")
    assert refused.value.reason is Reason.THIRD_PARTY_REFUSED
    wire.play(LOGIN, SELECTED, listed)
    with pytest.raises(DocumentError, match="inactif"):
        connect(wire.url).create_third_party(third_party("Dupont"), "CDUPONT")


def test_the_root_that_the_server_wants_is_the_connections_business(connector: AcdConnector) -> None:
    with pytest.raises(DocumentError) as refused:
        connector.create_third_party(third_party("Dupont"), "411DUPONT")
    assert refused.value.reason is Reason.THIRD_PARTY_REFUSED
    assert "411DUPONT" in refused.value.facts["detail"]


# -- the tray ----------------------------------------------------------------------------------------------------
def deposit(made: PostingRequest) -> Deposit:
    assert made.pdf is not None
    assert made.supporting_document is not None
    return Deposit(
        posting_key=made.posting_key,
        kind=made.kind,
        number=made.entry.number,
        date=made.entry.date,
        third_party_name="Exemple",
        pdf=made.pdf,
        supporting_document=made.supporting_document,
    )


def test_a_document_is_found_in_the_tray_and_after_the_firm_has_filed_it(
    connector: AcdConnector, sandbox: Sandbox
) -> None:
    one = deposit(with_pdf(request()))
    assert connector.find_deposit(one) is None
    assert connector.deposit_document(one).entry_id
    assert connector.find_deposit(one) is not None
    control(sandbox, "file-tray")
    assert connector.find_deposit(one) is not None
    assert witness(sandbox) == []


def test_a_document_in_neither_place_is_not_told_where_the_store_gives_no_list(wire: Wire, connect: Connect) -> None:
    wire.play(LOGIN, SELECTED, answer(body=b"[]"), answer(404, b""))
    with pytest.raises(OutcomeUnknown):
        connect(wire.url).find_deposit(deposit(with_pdf(request())))


@pytest.mark.parametrize(("made", "kind"), [(with_pdf(request()), b""), (credit_note(), b'name="type"\r\n\r\n1\r\n')])
def test_the_trays_type_is_sent_where_it_is_known(
    wire: Wire, connect: Connect, made: PostingRequest, kind: bytes
) -> None:
    wire.play(LOGIN, SELECTED, answer(201, b'{"Id": 9, "Nom": "x.pdf"}'))
    assert connect(wire.url).deposit_document(deposit(made)).entry_id == "9"
    assert kind in wire.requests[2]
    assert (b'name="type"' in wire.requests[2]) is bool(kind)
    assert b"POST /v1/panieres/documents?CodeDossier=DEMO01 " in wire.requests[2]


@pytest.mark.parametrize(
    ("given", "error"),
    [(answer(400, b"non"), PostingRefused), (CLOSE, OutcomeUnknown), (answer(body=b"<html>"), OutcomeUnknown)],
)
def test_a_deposit_is_refused_or_unknown_and_never_repeated(
    wire: Wire, connect: Connect, given: bytes | str, error: type[Exception]
) -> None:
    wire.play(LOGIN, SELECTED, given)
    with pytest.raises(error):
        connect(wire.url).deposit_document(deposit(with_pdf(request())))
    assert len(wire.requests) == 3


def test_the_access_check_explains_each_step_it_reaches(connector: AcdConnector) -> None:
    steps = [check.step for check in connector.check_access()]
    assert steps == ["Connexion", "Dossier", "Comptes", "Journaux", "Exercice ouvert", "GED", "Relecture (FEC)"]


def test_no_write_is_made_by_the_access_check(connector: AcdConnector, sandbox: Sandbox) -> None:
    connector.check_access()
    calls = sandbox.calls()["acd"]
    writes = {name for name in calls if name.startswith("POST")}
    assert {name.rpartition("/v1/")[2] for name in writes} == {
        "authentification",
        "sessions/dossier/<code>",
        "compta/fec",
    }
    assert requests.get(f"{sandbox.url}/_sandbox/acd/entries", timeout=5).json() == []
