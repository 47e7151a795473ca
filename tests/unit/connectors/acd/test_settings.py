"""Every option of the connection is read, checked and named when it is wrong."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.connectors.acd.connector import AcdConnector
from sellsy_ledger.connectors.acd.settings import ROUTES, AcdSettings
from sellsy_ledger.core.capabilities import KeySupport
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.errors import ConfigurationError
from tests.unit.connectors.acd.conftest import Connect


def settings(**options: str) -> AcdSettings:
    return AcdSettings.from_options({"code_dossier": "DEMO01", **options})


def test_an_empty_form_has_the_usual_values() -> None:
    found = settings(cnx="", id_arbo_ged="", routes="", read_back="", post_without_ged="")
    assert found == AcdSettings(
        code_dossier="DEMO01", tray_types={Direction.SALES: "", Direction.PURCHASES: "1"}, routes=dict(ROUTES)
    )


def test_a_route_is_replaced_alone_and_the_dossier_is_encoded() -> None:
    found = AcdSettings.from_options({"code_dossier": "A/B é", "routes": '{"entry": "/v2/ecritures"}'})
    assert found.route("entry") == "/v2/ecritures"
    assert found.route("fec") == ROUTES["fec"]
    assert found.route("select") == "/v1/sessions/dossier/A%2FB%20%C3%A9"


def test_a_route_of_the_years_is_the_only_one_that_is_asked() -> None:
    found = settings(routes='{"years": "/v3/exercices"}')
    assert found.route("years") == found.route("years_older") == "/v3/exercices"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("code_dossier", " "),
        ("id_arbo_ged", "abc"),
        ("id_arbo_ged", "-1"),
        ("id_arbo_ged", "²"),
        ("account_length", "99"),
        ("customer_root", "C-"),
        ("supplier_root", "TOOLONGROOT"),
        ("send_invoice_number", "sometimes"),
        ("read_back", "yes"),
        ("post_without_ged", "perhaps"),
        ("paniere_type_sales", "x"),
        ("routes", "{"),
        ("routes", "[]"),
        ("routes", '{"nowhere": "/v1/x"}'),
        ("routes", '{"fec": "https://elsewhere.example/fec"}'),
        ("routes", '{"fec": "//elsewhere.example/fec"}'),
        ("routes", '{"fec": "/v1/fec?x=1"}'),
        ("routes", '{"fec": "/v1/{code}/fec"}'),
        ("routes", '{"fec": "/v1/param\u00e8tres"}'),
        ("routes", '{"fec": 3}'),
        ("extra_line_fields", "due_date"),
        ("extra_line_fields", '{"Echeance": "amount"}'),
        ("extra_line_fields", '{"debit": "due_date"}'),
        ("extra_line_fields", '{"a b": "due_date"}'),
        ("cnx", "CNX\u00e9"),
    ],
)
def test_a_wrong_option_names_its_field(connect: Connect, option: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        connect("https://acd.example.com/CNX/api", **{option: value})
    assert refused.value.field == option


@given(st.dictionaries(st.sampled_from([*ROUTES, "x"]), st.text(max_size=30) | st.integers() | st.none()))
def test_no_object_of_routes_crashes(routes: dict[str, object]) -> None:
    with contextlib.suppress(ConfigurationError):
        found = settings(routes=json.dumps(routes))
        assert all(path.startswith("/") and not path.startswith("//") for path in found.routes.values())


def test_the_roots_are_what_new_accounts_begin_with(connect: Connect) -> None:
    found = connect("https://acd.example.com/CNX/api", customer_root="411", supplier_root="401")
    assert found.capabilities.auxiliary_prefix == {"sales": "411", "purchases": "401"}
    assert AcdConnector.capabilities.auxiliary_prefix == {"sales": "C", "purchases": "F"}


def test_a_dossier_without_a_readable_fec_claims_no_look_up(connect: Connect) -> None:
    found = connect("https://acd.example.com/CNX/api", read_back="none").capabilities
    assert (found.key, found.read_back) == (KeySupport.NONE, False)
