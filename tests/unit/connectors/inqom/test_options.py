"""The Connection's options, one by one."""

from __future__ import annotations

import pytest

from sellsy_ledger.connectors.inqom.options import Options
from sellsy_ledger.errors import ConfigurationError

API = "https://api.inqom.com"


def test_only_the_folder_is_needed() -> None:
    read = Options.read({"dossier_id": " 90210 "}, API)
    assert read.dossier_id == 90210
    assert (read.documents_url, read.auth_url) == (API, "https://auth.inqom.com")
    assert read.scope == "openid apidata"
    assert (read.route, read.attachments, read.third_party_column) == ("api", "PieceRef", "account")
    assert not any((read.native_connector_off, read.temporary, read.leave_to_human))


def test_files_may_come_from_inqom_the_documents_host_and_the_named_hosts() -> None:
    read = Options.read(
        {"dossier_id": "1", "documents_url": "https://docs.example.com/x", "file_hosts": "a.example, "}, API
    )
    assert read.file_hosts == ("https://docs.example.com", "*.inqom.com", "a.example")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dossier_id", ""),
        ("dossier_id", "12a"),
        ("dossier_id", "٣"),
        ("route", "tra"),
        ("native_connector_off", "peut-être"),
        ("temporary", "x"),
        ("leave_to_human", "x"),
        ("attachments", "File"),
        ("third_party_column", "both"),
    ],
)
def test_an_unusable_option_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        Options.read({"dossier_id": "1", name: value}, API)
    assert wrong.value.field == name


@pytest.mark.parametrize("word", ["yes", "YES", "oui", "true", "1"])
def test_yes_has_several_spellings(word: str) -> None:
    assert Options.read({"dossier_id": "1", "native_connector_off": word}, API).native_connector_off
