"""A Connection becomes a client, or a message that names the field to correct."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.errors import AccessError, ConfigurationError
from sellsy_ledger.http.shared_throttle import SharedThrottle
from sellsy_ledger_airflow.hooks import base
from sellsy_ledger_airflow.hooks.registry import hook_classes, tool_hook, tools

SECRET = "s3cr3t-of-the-test"
GOOD: dict[str, dict[str, Any]] = {
    "cegid_loop": {
        "conn_type": "cegid_loop",
        "host": "https://api.example.com/loop",
        "login": "key",
        "password": SECRET,
        "extra": {"subscription_secret": SECRET, "dossier_code": "DEMO01"},
    },
    "acd": {
        "conn_type": "acd",
        "host": "https://acd.example.com/CNX/api",
        "login": "sync",
        "password": SECRET,
        "extra": {"code_dossier": "DEMO01", "routes": {"years": "/v1/exercices"}, "extra_line_fields": "{}"},
    },
    "chift": {
        "conn_type": "chift",
        "host": "https://api.example.com",
        "login": "client",
        "password": SECRET,
        "extra": {"account_id": "account", "consumer_id": "atelier", "behind": "sage100"},
    },
    "sage100": {
        "conn_type": "sage100",
        "host": "https://api.example.com",
        "login": "client",
        "password": SECRET,
        "extra": {
            "refresh_token": SECRET,
            "authority": "https://id.example.com",
            "audience": "example",
            "dataset": "ds-atelier",
        },
    },
    "sellsy": {
        "conn_type": "sellsy",
        "host": "https://api.example.com/v2",
        "login": "client",
        "password": SECRET,
        "extra": {
            "login_url": "https://login.example.com",
            "v1_url": "https://feed.example.com/0/",
            "file_hosts": "file.example.com, www.example.com",
        },
    },
    "myunisoft": {
        "conn_type": "myunisoft",
        "host": "https://api.example.com/api/v1",
        "password": SECRET,
        "extra": {"third_party_secret": SECRET, "society_id": "127"},
    },
    "pennylane": {"conn_type": "pennylane", "host": "https://app.example.com/api/external/v2", "password": SECRET},
    "inqom": {
        "conn_type": "inqom",
        "host": "https://api.example.com",
        "login": "user",
        "password": SECRET,
        "extra": {"client_id": "client", "client_secret": SECRET, "dossier_id": "90210"},
    },
}
HOOKS = {hook.conn_type: hook for hook in hook_classes()}


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes one Connection, from a good one with some fields changed (None = left out)."""

    def make(api: str, /, **changes: Any) -> base.ApiHook:
        fields = json.loads(json.dumps(GOOD[api]))
        for name, value in changes.items():
            place = fields if name in ("conn_type", "host", "port", "login", "password", "extra") else fields["extra"]
            if value is None:
                place.pop(name)
            else:
                place[name] = value
        monkeypatch.setenv("AIRFLOW_CONN_TESTED", json.dumps(fields))
        return HOOKS[api]("tested")

    return make


class FakeConnector:
    made: Mapping[str, Any] = {}
    checks: Sequence[AccessCheck] | Exception = ()

    @classmethod
    def from_credentials(cls, **given: Any) -> FakeConnector:
        cls.made = given
        return cls()

    def check_access(self) -> Sequence[AccessCheck]:
        if isinstance(self.checks, Exception):
            raise self.checks
        return self.checks


@pytest.fixture
def fake_connector(monkeypatch: pytest.MonkeyPatch) -> type[FakeConnector]:
    class Fresh(FakeConnector):
        pass

    monkeypatch.setattr("sellsy_ledger.connectors.registry.connector_class", lambda tool: Fresh)
    return Fresh


def test_there_is_a_hook_for_every_connector() -> None:
    from sellsy_ledger.connectors import registry

    assert tools() == registry.tools()


def test_a_tool_without_a_hook_is_a_configuration_error_that_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=tools()[0]):
        tool_hook("sellsy")


def test_the_connector_gets_address_secrets_and_only_the_options_that_are_filled_in(
    connection: Any, fake_connector: type[FakeConnector]
) -> None:
    connection("myunisoft", host=" https://api.example.com/api/v1/ ").client()

    assert isinstance(fake_connector.made.pop("throttle"), SharedThrottle)
    assert fake_connector.made == {
        "base_url": "https://api.example.com/api/v1",
        "secrets": {"third_party_secret": SECRET, "api_token": SECRET},
        "options": {"society_id": "127"},
    }


def test_an_object_written_into_the_extra_reaches_acd_as_json(
    connection: Any, fake_connector: type[FakeConnector]
) -> None:
    connection("acd").client()
    assert fake_connector.made["options"] == {
        "code_dossier": "DEMO01",
        "routes": '{"years": "/v1/exercices"}',
        "extra_line_fields": "{}",
    }


def test_tasks_on_one_connection_share_one_window_and_a_mere_test_leaves_none(
    connection: Any, fake_connector: type[FakeConnector]
) -> None:
    hook = connection("pennylane", host="https://api.example.com")
    hook.access_checks()
    assert fake_connector.made["throttle"] is None
    hook.client()
    first = fake_connector.made["throttle"]
    hook.client()
    with first.slot():
        pass
    assert fake_connector.made["throttle"]._path == first._path
    assert first._path.is_file()


def test_the_port_of_the_connection_goes_into_the_address(connection: Any, fake_connector: type[FakeConnector]) -> None:
    connection("pennylane", host="http://localhost/pennylane", port=8700).client()

    assert fake_connector.made["base_url"] == "http://localhost:8700/pennylane"


@pytest.mark.parametrize(
    ("conn_type", "field"),
    [
        ("acd", "host"),
        ("acd", "login"),
        ("acd", "password"),
        ("cegid_loop", "host"),
        ("cegid_loop", "login"),
        ("cegid_loop", "password"),
        ("cegid_loop", "subscription_secret"),
        ("sellsy", "host"),
        ("sellsy", "login"),
        ("sellsy", "password"),
        ("sellsy", "login_url"),
        ("sellsy", "v1_url"),
        ("sellsy", "file_hosts"),
        ("myunisoft", "host"),
        ("myunisoft", "password"),
        ("myunisoft", "third_party_secret"),
        ("pennylane", "host"),
        ("pennylane", "password"),
    ],
)
@pytest.mark.parametrize("value", [None, "", "   "])
def test_a_missing_field_is_named_and_no_secret_is_repeated(
    connection: Any, fake_connector: type[FakeConnector], conn_type: str, field: str, value: str | None
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connection(conn_type, **{field: value}).client()

    assert caught.value.field == field
    assert "'tested'" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "api.example.com/v2",
        "ftp://api.example.com",
        "https://",
        "https://user:pass@api.example.com",
        "https://api.example.com?token=x",
        "https://api.example.com:port",
        "https://[api",
        "http://api.example.com",
        "http://8.8.8.8/v2",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_safe_api_address_is_refused(
    connection: Any, fake_connector: type[FakeConnector], address: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connection("pennylane", host=address).client()

    assert caught.value.field == "host"
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["http://localhost:8700/x", "http://127.0.0.1/x", "http://sandbox:8700/x", "http://10.0.0.3"]
)
def test_plain_http_is_accepted_inside_a_private_network(
    connection: Any, fake_connector: type[FakeConnector], address: str
) -> None:
    connection("pennylane", host=address).client()

    assert fake_connector.made["base_url"] == address


def test_a_secret_with_a_line_break_is_refused_by_name(connection: Any, fake_connector: type[FakeConnector]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connection("pennylane", password=f"{SECRET}\nX-Evil: 1").client()

    assert caught.value.field == "password"
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("field", "value"), [("conn_type", "http"), ("extra", "[1, 2]"), ("extra", "{not json")])
def test_an_unusable_connection_is_refused_by_field(
    connection: Any, fake_connector: type[FakeConnector], field: str, value: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connection("myunisoft", **{field: value}).client()

    assert caught.value.field == field


def test_a_connection_that_does_not_exist_says_where_to_create_it() -> None:
    with pytest.raises(ConfigurationError, match="Admin > Connections"):
        HOOKS["pennylane"]("nowhere").client()


def test_a_good_connection_test_names_what_was_checked(connection: Any, fake_connector: type[FakeConnector]) -> None:
    fake_connector.checks = [AccessCheck(step="Jeton", ok=True), AccessCheck(step="Journaux", ok=True)]

    assert connection("pennylane").test_connection() == (True, "Connexion vérifiée : Jeton, Journaux.")


def test_a_failed_connection_test_says_what_is_missing_and_what_to_do(
    connection: Any, fake_connector: type[FakeConnector]
) -> None:
    fake_connector.checks = [
        AccessCheck(step="Jeton", ok=True),
        AccessCheck(step="Écritures", ok=False, detail="droit refusé.", action="Cochez « ledger »."),
    ]

    good, message = connection("pennylane").test_connection()

    assert not good
    assert message == "À corriger : Écritures : droit refusé. Cochez « ledger »."


def test_a_warning_does_not_fail_the_connection_test(connection: Any, fake_connector: type[FakeConnector]) -> None:
    fake_connector.checks = [
        AccessCheck(step="Jeton", ok=True),
        AccessCheck(step="Pièces jointes", ok=False, detail="non vérifiables.", blocking=False),
    ]

    good, message = connection("pennylane").test_connection()

    assert good
    assert "À noter : Pièces jointes : non vérifiables." in message


@pytest.mark.parametrize("error", [AccessError("token expired", tool="pennylane"), ConfigurationError("no host")])
def test_a_refused_access_is_a_failed_test_not_a_crash(
    connection: Any, fake_connector: type[FakeConnector], error: Exception
) -> None:
    fake_connector.checks = error

    good, message = connection("pennylane").test_connection()

    assert not good
    assert str(error) in message


def test_airflow_finds_the_hook_of_each_connection_type_and_hands_it_the_connection(connection: Any) -> None:
    from airflow.sdk import BaseHook

    for conn_type, hook_class in HOOKS.items():
        connection(conn_type)
        assert isinstance(BaseHook.get_hook("tested"), hook_class)


def test_the_connection_form_shows_labels_help_and_hides_secrets() -> None:
    from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService

    forms = {form.connection_type: form for form in HookMetaService.hook_meta_data() if form.connection_type in HOOKS}

    assert set(forms) == set(HOOKS)
    for conn_type, form in forms.items():
        standard = form.standard_fields
        assert standard is not None
        assert standard.host.title
        assert standard.host.placeholder.startswith("https://")
        assert standard.password.title
        for name, field in (form.extra_fields or {}).items():
            assert field["schema"]["title"], (conn_type, name)
            assert field["description"], (conn_type, name)
            if field["schema"].get("format") == "password":
                assert any(word in name for word in ("secret", "token", "password")), name


@pytest.mark.parametrize(
    "first", ["airflow.sdk", "airflow.configuration", "airflow.utils.db", "airflow.providers_manager"]
)
def test_the_provider_loads_whatever_part_of_airflow_is_imported_first(first: str) -> None:
    script = (
        f"import sys, {first}\n"
        "from airflow.providers_manager import ProvidersManager\n"
        "manager = ProvidersManager()\n"
        "assert 'sellsy' in manager.hooks\n"
        "assert not any(name.startswith('sellsy_ledger.connectors') for name in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
