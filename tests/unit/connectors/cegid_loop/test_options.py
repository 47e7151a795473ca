"""The settings of a Connection: checked once, each fault by its field."""

from __future__ import annotations

import pytest

from sellsy_ledger.connectors.cegid_loop.capabilities import VARIANTS
from sellsy_ledger.connectors.cegid_loop.connector import CegidLoopConnector
from sellsy_ledger.connectors.cegid_loop.options import Options
from sellsy_ledger.core.capabilities import PdfSupport, ThirdPartySupport
from sellsy_ledger.errors import ConfigurationError
from tests.unit.connectors.cegid_loop.builders import SECRETS

CODE = {"dossier_code": "DEMO01"}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({}, "dossier_code"),
        ({"dossier_code": ' " '}, "dossier_code"),
        ({"dossier_code": "A&B"}, "dossier_code"),
        ({**CODE, "route": "csv"}, "route"),
        ({**CODE, "route": "quadra"}, "modele"),
        ({**CODE, "siret": "84014327500038"}, "siret"),
        ({**CODE, "create_third_parties": "peut-être"}, "create_third_parties"),
        ({**CODE, "import_tra_route": "../importJson"}, "import_tra_route"),
        ({**CODE, "piece_max": "2"}, "piece_max"),
        ({**CODE, "piece_max": "-7"}, "piece_max"),
    ],
)
def test_an_unusable_option_is_named(options: dict[str, str], field: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Options.read(options)
    assert refused.value.field == field


@pytest.mark.parametrize("name", sorted(SECRETS))
@pytest.mark.parametrize("value", ["", "  ", "clé\nX-Evil: 1", "é"])
def test_a_missing_secret_is_named_and_none_is_repeated(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        CegidLoopConnector.from_credentials(
            base_url="https://api.example.com/loop", secrets={**SECRETS, name: value}, options=CODE
        )
    assert refused.value.field == name
    assert "demo-" not in str(refused.value)


@pytest.mark.parametrize("route", VARIANTS)
def test_each_route_has_its_own_capabilities(route: str) -> None:
    capabilities = Options.read({**CODE, "route": route, "modele": "QUADRA"}).capabilities
    assert capabilities == VARIANTS[route]
    assert capabilities.pdf is (PdfSupport.URL if route == "json" else PdfSupport.NEVER)
    assert capabilities.asynchronous
    assert capabilities.document_only == "pia"


def test_third_parties_that_may_not_be_created_are_a_matter_of_the_json_import() -> None:
    forbidden = {**CODE, "create_third_parties": "false"}
    assert Options.read(forbidden).capabilities.third_parties is ThirdPartySupport.NONE
    assert Options.read({**forbidden, "route": "fec"}).capabilities.third_parties is ThirdPartySupport.FILE


def test_a_folder_that_keeps_fewer_characters_of_a_piece_number_says_so() -> None:
    assert Options.read({**CODE, "piece_max": "15"}).capabilities.piece_max == 15
    assert Options.read({**CODE, "piece_max": "99"}).capabilities.piece_max == 35
    assert Options.read(CODE).capabilities.piece_max == 35
