"""One session, one dossier, one password: opened once, renewed once, never tried again when it is refused."""

from __future__ import annotations

import pytest
import requests

from sellsy_ledger.errors import AccessError, ConfigurationError, OutcomeUnknown, TryLater
from sellsy_ledger_sandbox.server import Sandbox
from tests.unit.connectors.acd.builders import SECRETS, request
from tests.unit.connectors.acd.conftest import Clock, Connect
from tests.unit.http.wire import CLOSE, Wire, answer

LOGIN = answer(body=b'{"UUID": "0A1B2C3D4E5F"}')
SELECTED = answer(body=b"")
LOST = answer(401)
KO_LOST = answer(body=b'{"codeRetour": 0, "listeErreurs": [{"erreur": "jetonNonRecu", "description": ""}]}')
NO_DOSSIER = answer(400, "La connexion à la base du dossier n'est pas initialisée !".encode())
BOOKED = answer(body=b'{"codeRetour": 1, "description": "OK", "listeErreurs": []}')
EMPTY = answer(body=b"[]")


def heads(wire: Wire) -> list[str]:
    return [head.split(" HTTP")[0].split("?")[0].rpartition("/v1/")[2] for head in wire.heads]


def control(sandbox: Sandbox, name: str, **body: object) -> None:
    requests.post(f"{sandbox.url}/_sandbox/acd/{name}", json=body, timeout=5).raise_for_status()


def test_every_call_carries_session_server_and_dossier(wire: Wire, connect: Connect) -> None:
    wire.play(LOGIN, SELECTED, EMPTY, BOOKED)
    connector = connect(wire.url, cnx="cnx1225")
    connector.client.journals()
    connector.post_entry(request())
    login, select, journals, entry = (each.decode() for each in wire.requests)
    assert '"CNX":"cnx1225"' in login
    assert "UUID:" not in login
    assert select.startswith("POST /v1/sessions/dossier/DEMO01 ")
    assert "Content-Type" not in select
    assert "GET /v1/compta/journal?CodeDossier=DEMO01 " in journals
    assert '"CodeDossier":"DEMO01"' in entry
    for sent in (select, journals, entry):
        assert "UUID: 0A1B2C3D4E5F" in sent
        assert "CNX: cnx1225" in sent


def test_the_session_may_come_under_another_name(wire: Wire, connect: Connect) -> None:
    wire.play(answer(body=b'{"Token": "ABC"}'), SELECTED, EMPTY)
    connect(wire.url).client.journals()
    assert b"UUID: ABC" in wire.requests[2]


@pytest.mark.parametrize("status", [404, 405])
def test_a_server_without_the_selection_route_gets_the_dossier_in_each_call(
    wire: Wire, connect: Connect, status: int
) -> None:
    wire.play(LOGIN, answer(status, b""), EMPTY)
    assert connect(wire.url).client.journals() == []


def test_a_dossier_that_does_not_exist_is_no_missing_route(wire: Wire, connect: Connect) -> None:
    wire.play(LOGIN, answer(404, "Dossier introuvable en comptabilité".encode()))
    with pytest.raises(AccessError) as refused:
        connect(wire.url).client.journals()
    assert refused.value.field == "code_dossier"


def test_a_selection_by_text_is_an_option(wire: Wire, connect: Connect) -> None:
    wire.play(LOGIN, SELECTED, EMPTY)
    connect(wire.url, routes='{"select": "/v2/sessions/dossier"}').client.journals()
    assert wire.requests[1].startswith(b"POST /v2/sessions/dossier ")
    assert wire.requests[1].endswith(b'"DEMO01"')


@pytest.mark.parametrize("lost", [LOST, KO_LOST])
def test_a_lost_session_is_renewed_once_and_the_write_repeated(wire: Wire, connect: Connect, lost: bytes) -> None:
    wire.play(LOGIN, SELECTED, lost, LOGIN, SELECTED, BOOKED)
    connect(wire.url).post_entry(request())
    assert heads(wire) == [
        "authentification",
        "sessions/dossier/DEMO01",
        "compta/ecriture",
        "authentification",
        "sessions/dossier/DEMO01",
        "compta/ecriture",
    ]
    assert wire.requests[2].partition(b"\r\n\r\n")[2] == wire.requests[5].partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("lost", [LOST, KO_LOST])
def test_a_session_that_is_lost_again_is_an_access_error(wire: Wire, connect: Connect, lost: bytes) -> None:
    wire.play(LOGIN, SELECTED, lost, LOGIN, SELECTED, lost)
    with pytest.raises(AccessError):
        connect(wire.url).post_entry(request())
    assert len(wire.requests) == 6


def test_a_lost_dossier_is_selected_again_once_without_a_login(wire: Wire, connect: Connect) -> None:
    wire.play(LOGIN, SELECTED, NO_DOSSIER, SELECTED, BOOKED)
    connect(wire.url).post_entry(request())
    assert heads(wire).count("authentification") == 1


def test_a_dossier_that_stays_lost_is_a_configuration_error(wire: Wire, connect: Connect) -> None:
    wire.play(LOGIN, SELECTED, NO_DOSSIER, SELECTED, NO_DOSSIER)
    with pytest.raises(ConfigurationError) as refused:
        connect(wire.url).post_entry(request())
    assert refused.value.field == "code_dossier"


def test_a_wrong_password_is_sent_once_whatever_is_asked_next(sandbox: Sandbox, connect: Connect) -> None:
    connector = connect(f"{sandbox.url}/acd/cnx/api", {**SECRETS, "password": "wrong"})
    for ask in (connector.read_ledger, connector.client.journals, lambda: connector.find_entry(request())):
        with pytest.raises(AccessError):
            ask()
    assert [check.ok for check in connector.check_access()] == [False]
    assert sandbox.calls()["acd"] == {"POST /cnx/api/v1/authentification": 1}


def test_the_account_locks_after_five_failures_so_that_one_is_all_we_make(
    sandbox: Sandbox, connect: Connect, clock: Clock
) -> None:
    url = f"{sandbox.url}/acd/cnx/api"
    for _ in range(5):
        with pytest.raises(AccessError):
            connect(url, {**SECRETS, "password": "wrong"}).client.journals()
    with pytest.raises(AccessError) as locked:
        connect(url).client.journals()
    assert "verrouillé" in str(locked.value)
    clock.now += 601
    assert connect(url).client.journals()


def test_an_idle_session_is_renewed_before_the_server_forgets_it(
    sandbox: Sandbox, connect: Connect, clock: Clock
) -> None:
    connector = connect(f"{sandbox.url}/acd/cnx/api")
    logins = "POST /cnx/api/v1/authentification"
    for wait, count in ((0, 1), (44 * 60, 1), (44 * 60, 1), (46 * 60, 2)):
        clock.now += wait
        assert connector.client.journals()
        assert sandbox.calls()["acd"][logins] == count


@pytest.mark.parametrize("hosting", ["cnx/api", "iSuiteExpert/api", "nosession/api"])
def test_an_expired_session_is_noticed_by_the_answer(sandbox: Sandbox, connect: Connect, hosting: str) -> None:
    connector = connect(f"{sandbox.url}/acd/{hosting}")
    assert connector.client.journals()
    control(sandbox, "expire")
    assert connector.client.journals()


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'{"UUID": ""}', b'{"UUID": "a\\nb"}', b"<html>portal</html>"])
def test_a_login_without_a_session_is_a_passing_fault(wire: Wire, connect: Connect, body: bytes) -> None:
    wire.play(*[answer(body=body)] * 4)
    with pytest.raises(TryLater):
        connect(wire.url).client.journals()


@pytest.mark.parametrize("status", [502, 503])
def test_a_server_that_sleeps_at_night_is_tried_later(sandbox: Sandbox, connect: Connect, status: int) -> None:
    connector = connect(f"{sandbox.url}/acd/cnx/api")
    control(sandbox, "sleep", status=status)
    for ask in (connector.read_ledger, connector.check_access, lambda: connector.post_entry(request())):
        with pytest.raises(TryLater):
            ask()
    control(sandbox, "sleep", status=0)
    assert connector.read_ledger().accounts


def test_a_server_that_falls_asleep_during_a_write_leaves_it_unknown(sandbox: Sandbox, connect: Connect) -> None:
    connector = connect(f"{sandbox.url}/acd/cnx/api")
    connector.client.journals()
    control(sandbox, "sleep", status=502)
    with pytest.raises(OutcomeUnknown):
        connector.post_entry(request())


def test_a_refused_connection_is_tried_later(connect: Connect) -> None:
    with pytest.raises(TryLater):
        connect("http://127.0.0.1:9").post_entry(request())


def test_a_lost_login_answer_is_asked_for_again(wire: Wire, connect: Connect) -> None:
    wire.play(CLOSE, LOGIN, SELECTED, EMPTY)
    assert connect(wire.url).client.journals() == []


@pytest.mark.parametrize(
    ("secrets", "field"),
    [({"login": "x"}, "password"), ({"password": "x"}, "login"), ({"login": " ", "password": "x"}, "login")],
)
def test_a_missing_credential_names_its_field(connect: Connect, secrets: dict[str, str], field: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        connect("https://acd.example.com/CNX/api", secrets)
    assert refused.value.field == field
