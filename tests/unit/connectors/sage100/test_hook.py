"""A Connection becomes the right way into Sage; an object storage holds what a folder would."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from sellsy_ledger.connectors.sage100.files import FilesConnector
from sellsy_ledger.connectors.sage100.odata import ODataConnector
from sellsy_ledger.connectors.sage100.options import FileOptions, ODataOptions
from sellsy_ledger.errors import ConfigurationError, OutcomeUnknown
from sellsy_ledger_airflow.hooks.forms import connection_type
from sellsy_ledger_airflow.hooks.sage100 import ObjectDepot, Sage100Hook
from tests.unit.connectors.sage100.builders import PDF, request


def hook(monkeypatch: pytest.MonkeyPatch, extra: dict[str, str], **fields: str) -> Sage100Hook:
    monkeypatch.setenv("AIRFLOW_CONN_SAGE", json.dumps({"conn_type": "sage100", "extra": extra, **fields}))
    return Sage100Hook("sage")


@pytest.fixture
def url() -> str:
    """A place in memory, attached as those of the storage providers are."""
    from airflow.sdk.io import attach
    from fsspec.implementations.memory import MemoryFileSystem

    attach("memory", fs=MemoryFileSystem())
    return f"memory://sage-{uuid.uuid4().hex}"


def test_without_an_address_files_go_to_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = hook(monkeypatch, {"folder": str(tmp_path), "format": "mecg"})._connector(None)
    assert isinstance(made, FilesConnector)
    assert made.delivery.depot.atomic
    assert made.capabilities.journal_max == 6


def test_a_url_of_a_storage_gets_its_own_depot(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    made = hook(monkeypatch, {"folder": url})._connector(None)
    assert isinstance(made, FilesConnector)
    assert isinstance(made.delivery.depot, ObjectDepot)


def test_with_an_address_entries_go_over_odata(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"refresh_token": "r", "authority": "https://login.example.com", "dataset": "ds"}
    made = hook(monkeypatch, extra, host="https://sage.example.com", login="c", password="s")._connector(None)
    assert isinstance(made, ODataConnector)


def test_secrets_never_leave_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"refresh_token": "r", "token_url": "http://login.example.com/token"}
    with pytest.raises(ConfigurationError, match="plain http") as wrong:
        hook(monkeypatch, extra, host="https://sage.example.com", login="c")._connector(None)
    assert wrong.value.field == "token_url"


def test_every_option_of_the_connector_is_in_the_form_and_handed_over() -> None:
    fields = set(connection_type("sage100")["conn-fields"])
    assert set(Sage100Hook.options) | {"refresh_token", "access_token"} == fields
    read = {*FileOptions.__struct_fields__, *ODataOptions.__struct_fields__} - {"imported", "refused"}
    assert read <= fields


def stored(url: str, **options: str) -> FilesConnector:
    return FilesConnector(ObjectDepot(url), FileOptions.read({"folder": url, **options}))


def test_a_file_is_delivered_to_a_storage_once_and_found_again(url: str) -> None:
    first = stored(url).deliver_batch("B1", [request(1, pdf=PDF), request(2)])
    assert len(first.delivered) == 2
    depot = ObjectDepot(url)
    assert depot.names() == ["SAGE_SELLSY_B1.pnm", "SAGE_SELLSY_B1_tiers_manquants.csv"]
    assert depot.read("SAGE_SELLSY_B1/FAC-0001.pdf") == PDF
    assert stored(url).deliver_batch("B1", iter(())).delivered == first.delivered
    assert stored(url).find_entry(request(2)) is not None
    depot.put("SAGE_SELLSY_B1.pnm.ok", b"")
    assert stored(url).batch_state("B1").value == "imported"
    depot.delete("SAGE_SELLSY_B1.pnm")
    depot.delete("SAGE_SELLSY_B1.pnm")
    assert not depot.exists("SAGE_SELLSY_B1.pnm")
    assert stored(url).deliver_batch("B1", iter(())).delivered == first.delivered


def test_a_copy_that_fails_is_an_unknown_outcome_until_a_person_has_looked(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = stored(url)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the storage has errors of its own")

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.copy", fail)
    with pytest.raises(OutcomeUnknown):
        connector.deliver_batch("B1", [request(1)])
    monkeypatch.undo()
    with pytest.raises(OutcomeUnknown, match="cannot be told"):
        stored(url).find_entry(request(1))
    # Nobody took it: its manifest goes, and the next try delivers.
    ObjectDepot(url).delete("manifestes/SAGE_SELLSY_B1.csv")
    assert stored(url).find_entry(request(1)) is None
    assert stored(url).deliver_batch("B1", [request(1)]).delivered


def test_messages_do_not_name_the_storages_connection() -> None:
    assert ObjectDepot("memory://secret_conn@bucket/x").place == "memory://bucket/x"
