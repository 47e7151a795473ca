"""What the connection test says, in French, each fault with what to do."""

from __future__ import annotations

import pytest

from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.errors import TryLater
from tests.unit.connectors.inqom.builders import DOCUMENTS, SECRETS, TOKEN, Puppet, answer

GOOD = {"siren": "840 143 275", "native_connector_off": "yes"}


def faults(checks: list[AccessCheck] | object) -> dict[str, AccessCheck]:
    found = {check.step: check for check in checks if not check.ok}  # type: ignore[attr-defined]
    assert all(check.action and check.detail for check in found.values())
    return found


def test_a_good_connection_has_no_fault(puppet: Puppet) -> None:
    checks = puppet.connect(**GOOD).check_access()
    assert faults(checks) == {}
    assert puppet.sandbox.entries("inqom") == []
    assert [method for method, path, _ in puppet.seen if method != "GET" and path != TOKEN] == []


def test_inqom_s_own_connector_is_reminded_of_without_blocking(puppet: Puppet) -> None:
    for options in ({}, {"native_connector_off": "no"}):
        found = faults(puppet.connect(**options).check_access())
        assert list(found) == ["Connecteur Sellsy d'Inqom"]
        assert not found["Connecteur Sellsy d'Inqom"].blocking


def test_another_folder_s_siren_is_a_warning(puppet: Puppet) -> None:
    found = faults(puppet.connect(**{**GOOD, "siren": "552100554"}).check_access())
    assert list(found) == ["SIREN du dossier"]
    assert not found["SIREN du dossier"].blocking
    assert "840143275" in found["SIREN du dossier"].detail


@pytest.mark.parametrize(
    "path", ["/provisioning/companies/4242/accounting-folders", "/provisioning/users/internal-access"]
)
def test_a_siren_that_cannot_be_read_is_no_fault(puppet: Puppet, path: str) -> None:
    if path.endswith("internal-access"):
        puppet.say(f"GET {path}", answer(200, [{"Id": 90210}]))
    puppet.say(f"GET {path}", answer(403), answer(403))
    assert faults(puppet.connect(**GOOD).check_access()) == {}


@pytest.mark.parametrize(
    ("name", "value"), [("password", "x"), ("username", "x"), ("client_id", "x"), ("client_secret", "x")]
)
def test_a_wrong_credential_is_told_apart(puppet: Puppet, name: str, value: str) -> None:
    found = faults(puppet.connect({**SECRETS, name: value}, **GOOD).check_access())
    word = "client_secret" if name.startswith("client") else "mot de passe"
    assert word in found["Jeton"].detail


def test_a_wrong_scope_is_told(puppet: Puppet) -> None:
    assert "scope" in faults(puppet.connect(**GOOD, scope="openid").check_access())["Jeton"].action


@pytest.mark.parametrize(("folder", "user"), [("90210", "demo-limited-inqom"), ("99999", "demo-user-inqom")])
def test_a_folder_out_of_reach_blocks(puppet: Puppet, folder: str, user: str) -> None:
    secrets = {**SECRETS, "username": user}
    if user == "demo-limited-inqom":
        secrets["password"] = "demo-password-inqom-limited"
    found = faults(puppet.connect(secrets, **GOOD, dossier_id=folder).check_access())
    assert found["Dossier et exercice ouvert"].blocking


def test_documents_that_do_not_answer_are_a_warning_that_names_the_options(puppet: Puppet) -> None:
    puppet.say(f"GET {DOCUMENTS}/0", answer(403), answer(403))
    found = faults(puppet.connect(**GOOD).check_access())
    assert "accountingdocumentsapi" in found["Documents"].action


def test_nobody_s_fault_is_told_as_one_of_the_settings(puppet: Puppet) -> None:
    puppet.say("GET /v1/dossiers/90210/accounting-periods", *[answer(503)] * 4)
    with pytest.raises(TryLater):
        puppet.connect(**GOOD).check_access()
