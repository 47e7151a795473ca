"""Options of the Connection: documented defaults, and a message that names what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellsy_ledger.connectors import registry
from sellsy_ledger.connectors.sage100.connector import Sage100Connector
from sellsy_ledger.connectors.sage100.files import FilesConnector
from sellsy_ledger.connectors.sage100.odata import ODataConnector
from sellsy_ledger.connectors.sage100.options import FileOptions, ODataOptions
from sellsy_ledger.errors import ConfigurationError


def test_the_address_decides_the_way(tmp_path: Path) -> None:
    by_files = Sage100Connector.from_credentials(base_url=" ", secrets={}, options={"folder": f"file://{tmp_path}"})
    assert isinstance(by_files, FilesConnector)
    assert by_files.capabilities == registry.variants("sage100")["files"] == registry.capabilities("sage100")
    by_odata = Sage100Connector.from_credentials(base_url="https://sage.example/", secrets={"access_token": "t"})
    assert isinstance(by_odata, ODataConnector)
    assert by_odata.capabilities == registry.variants("sage100")["odata"]


def test_the_defaults_are_those_of_the_documentation() -> None:
    read = FileOptions.read({"folder": "/x"})
    assert (read.format, read.pnm_width, read.amount_pad, read.charset, read.label_max) == (
        "pnm",
        105,
        "space",
        "ascii",
        25,
    )
    assert (read.invoice_number, read.imported, read.refused) == ("number", (".ok", ".importe"), (".refuse",))
    flat = FileOptions.read({"folder": "/x", "format": "MECG"})
    assert (flat.charset, flat.label_max, flat.mecg_version, flat.mecg_fields) == ("cp850", 35, 31, 39)
    assert ODataOptions.read({}).check_first


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("folder", ""),
        ("folder", "s3://bucket/sage"),
        ("format", "csv"),
        ("charset", "utf-8"),
        ("pnm_width", "138"),
        ("amount_pad", "*"),
        ("label_max", "69"),
        ("mecg_version", "x"),
        ("mecg_fields", "40"),
        ("mecg_fields", "17"),
        ("dossier", "a/b"),
        ("dossier", "a_b"),
        ("invoice_number", "piece"),
        ("imported_suffixes", "ok"),
        ("refused_suffixes", "../x"),
    ],
)
def test_a_wrong_option_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        Sage100Connector.from_credentials(base_url="", secrets={}, options={"folder": str(tmp_path), name: value})
    assert wrong.value.field == name


@pytest.mark.parametrize(
    ("secrets", "options", "field"),
    [
        ({}, {}, "refresh_token"),
        ({"refresh_token": "r"}, {"authority": "https://id.example"}, "client_id"),
        ({"refresh_token": "r", "client_id": "c"}, {}, "authority"),
        ({"access_token": "t"}, {"label_max": "70"}, "label_max"),
        ({"access_token": "t"}, {"check_first": "maybe"}, "check_first"),
    ],
)
def test_what_odata_needs_is_named(secrets: dict[str, str], options: dict[str, str], field: str) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        Sage100Connector.from_credentials(base_url="https://sage.example", secrets=secrets, options=options)
    assert wrong.value.field == field
