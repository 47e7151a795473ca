"""Tokens: kept while they last, renewed before they expire and once when refused, never asked for twice in vain."""

from __future__ import annotations

import time

import pytest

from sellsy_ledger.connectors.inqom.connector import InqomConnector
from sellsy_ledger.errors import AccessError, ConfigurationError, TryLater
from sellsy_ledger_sandbox.base import World
from tests.unit.connectors.inqom.builders import ENTRIES, SECRETS, TOKEN, Puppet, answer, request

PERIODS = "/v1/dossiers/90210/accounting-periods"
JOURNALS = "/v1/dossiers/90210/journals"


def test_one_token_serves_all_three_hosts(puppet: Puppet) -> None:
    connector = puppet.connect()
    connector.check_access()
    connector.read_ledger()
    assert puppet.count("POST", TOKEN) == 1


@pytest.mark.parametrize(
    ("lifetime", "still_good", "renewed"), [(3600, 3539, 3541), (10, 4.9, 5.1), ("7200", 7139, 7141)]
)
def test_a_token_is_renewed_shortly_before_it_expires(
    puppet: Puppet, lifetime: object, still_good: float, renewed: float
) -> None:
    connector = puppet.connect()
    now = [1000.0]
    connector.client.tokens._clock = lambda: now[0]
    puppet.say(f"POST {TOKEN}", answer(200, {"access_token": "a", "expires_in": lifetime}))
    assert connector.client.tokens.token() == "a"
    now[0] = 1000 + still_good
    assert connector.client.tokens.token() == "a"
    now[0] = 1000 + renewed
    assert connector.client.tokens.token() != "a"


def test_a_token_without_a_lifetime_is_kept_an_hour(puppet: Puppet) -> None:
    connector = puppet.connect()
    now = [0.0]
    connector.client.tokens._clock = lambda: now[0]
    puppet.say(f"POST {TOKEN}", answer(200, {"access_token": "a"}))
    connector.client.tokens.token()
    now[0] = 3500.0
    assert connector.client.tokens.token() == "a"


def test_an_expired_token_is_renewed_once_and_the_write_goes_through() -> None:
    world = World()
    puppet = Puppet(world)
    with puppet.sandbox:
        connector = puppet.connect()
        made = _postable(connector)
        later = time.time() + 3601
        world.time = lambda: later
        assert connector.post_entry(made).entry_id
        assert len(puppet.sandbox.entries("inqom")) == 1
        assert puppet.count("POST", TOKEN) == 2


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_permanent_after_one_fresh_token(puppet: Puppet, status: int) -> None:
    connector = puppet.connect()
    puppet.say(f"GET {PERIODS}", answer(status), answer(status, {"Message": "no"}))
    with pytest.raises(AccessError) as refused:
        connector.client.periods()
    assert refused.value.tool_code == str(status)
    assert puppet.count("GET", PERIODS) == 2
    assert puppet.count("POST", TOKEN) == 2


@pytest.mark.parametrize(
    ("code", "field"),
    [
        ("invalid_grant", "login"),
        ("invalid_client", "client_id"),
        ("unauthorized_client", "client_id"),
        ("unsupported_grant_type", "client_id"),
        ("invalid_scope", "scope"),
    ],
)
def test_a_refused_grant_says_what_to_correct_and_is_never_repeated(puppet: Puppet, code: str, field: str) -> None:
    connector = puppet.connect()
    puppet.say(f"POST {TOKEN}", answer(400, {"error": code}))
    for _ in range(3):
        with pytest.raises(AccessError) as refused:
            connector.read_ledger()
        assert (refused.value.field, refused.value.tool_code) == (field, code)
    assert puppet.count("POST", TOKEN) == 1
    assert puppet.waits == []


@pytest.mark.parametrize("body", [{"error": "x"}, ["odd"], None])
def test_another_refusal_is_an_access_error_too(puppet: Puppet, body: object) -> None:
    puppet.say(f"POST {TOKEN}", answer(400, body))
    with pytest.raises(AccessError):
        puppet.connect().read_ledger()


def test_a_wrong_authentication_address_is_named(puppet: Puppet) -> None:
    connector = puppet.connect(auth_url=f"{puppet.sandbox.url}/inqom/nowhere")
    puppet.say("POST /nowhere/identity/connect/token", answer(404))
    with pytest.raises(ConfigurationError) as wrong:
        connector.read_ledger()
    assert wrong.value.field == "auth_url"


@pytest.mark.parametrize("body", [{"token": "x"}, [], {"access_token": ""}, {"access_token": "é"}, "text"])
def test_an_answer_without_a_token_is_a_passing_fault(puppet: Puppet, body: object) -> None:
    puppet.say(f"POST {TOKEN}", *[answer(200, body)] * 4)
    with pytest.raises(TryLater):
        puppet.connect().read_ledger()


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_missing_secret_is_named(puppet: Puppet, name: str) -> None:
    with pytest.raises(ConfigurationError) as missing:
        puppet.connect({**SECRETS, name: " "})
    assert missing.value.field == name


def test_a_redirect_is_never_followed(puppet: Puppet) -> None:
    connector = puppet.connect()
    puppet.say(f"GET {JOURNALS}", lambda: ("", 302, {"Location": f"{puppet.sandbox.url}/inqom{JOURNALS}"}))
    with pytest.raises(ConfigurationError):
        connector.client.journals()
    assert puppet.count("GET", JOURNALS) == 1


def _postable(connector: InqomConnector):  # type: ignore[no-untyped-def]
    from sellsy_ledger.core.documents import Direction
    from sellsy_ledger.core.third_parties import ThirdParty

    party = ThirdParty(direction=Direction.SALES, type="company", id=1, name="Exemple")
    connector.create_third_party(party, "411EXEMPLE")
    assert ENTRIES
    return request(ledger=connector.read_ledger())
