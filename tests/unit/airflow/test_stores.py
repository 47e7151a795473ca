"""Where the register and the documents live, by Connection and Variable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.airflow_home import HOME

from sellsy_ledger.errors import ConfigurationError, InvariantBroken
from sellsy_ledger_airflow.stores import ObjectStore, open_documents, register_url


def test_without_a_connection_the_register_is_a_file_of_the_airflow_home() -> None:
    assert register_url() == f"sqlite:///{HOME}/register/register.db"
    assert (HOME / "register").is_dir()


@pytest.mark.parametrize("conn_type", ["postgres", "postgresql"])
def test_a_postgres_connection_becomes_an_sqlalchemy_url(monkeypatch: pytest.MonkeyPatch, conn_type: str) -> None:
    fields = {
        "conn_type": conn_type,
        "host": "db",
        "port": 5432,
        "login": "ledger",
        "password": "p@ss/word",
        "schema": "register",
        "extra": {"sslmode": "require", "nested": {"ignored": 1}},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SELLSY_LEDGER_REGISTER", json.dumps(fields))

    assert register_url() == "postgresql+psycopg2://ledger:p%40ss%2Fword@db:5432/register?sslmode=require"


def test_a_sqlite_connection_names_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SELLSY_LEDGER_REGISTER", json.dumps({"conn_type": "sqlite", "host": "/data/r.db"}))

    assert register_url() == "sqlite:////data/r.db"


def test_another_connection_type_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"conn_type": "mongo", "host": "db", "password": "s3cr3t-of-the-test"}
    monkeypatch.setenv("AIRFLOW_CONN_SELLSY_LEDGER_REGISTER", json.dumps(fields))

    with pytest.raises(ConfigurationError) as caught:
        register_url()

    assert caught.value.field == "conn_type"
    assert "s3cr3t" not in str(caught.value)


def test_documents_are_kept_below_the_airflow_home_by_default() -> None:
    open_documents().put("atelier/pdf/a.pdf", b"%PDF-1")

    assert (HOME / "documents/atelier/pdf/a.pdf").read_bytes() == b"%PDF-1"


def test_a_file_url_may_hold_spaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_SELLSY_LEDGER_DOCUMENTS_URL", f"file://{tmp_path}/my%20documents")

    open_documents().put("a.pdf", b"%PDF-1")

    assert (tmp_path / "my documents" / "a.pdf").read_bytes() == b"%PDF-1"


def test_an_object_storage_gives_back_the_bytes_it_took() -> None:
    store = ObjectStore("memory://ledger/pdfs")
    store.put("atelier/x.pdf", b"%PDF-1")
    store.put("atelier/x.pdf", b"%PDF-1")

    assert store.get("atelier/x.pdf") == b"%PDF-1"


def test_an_object_that_is_not_there_is_a_file_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        ObjectStore("memory://ledger/pdfs").get("nothing.pdf")


@pytest.mark.parametrize("path", ["/etc/passwd", "../up", "a/../../b", "", "a\\b", "a\0b"])
def test_no_path_leads_out_of_the_object_store(path: str) -> None:
    with pytest.raises(InvariantBroken):
        ObjectStore("memory://ledger/pdfs").put(path, b"x")


@pytest.fixture
def attached() -> None:
    """The filesystem in memory, attached as those of the storage providers are."""
    from airflow.sdk.io import attach
    from fsspec.implementations.memory import MemoryFileSystem

    attach("memory", fs=MemoryFileSystem())


LINK = "https://bucket.example/x.pdf?X-Amz-Signature=0123456789abcdef"


@pytest.mark.usefixtures("attached")
def test_an_object_storage_signs_a_link_for_so_many_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def sign(_: object, path: str, expiration: int = 100, **__: object) -> str:
        asked.append((path, expiration))
        return LINK

    masked: list[object] = []
    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.sign", sign)
    monkeypatch.setattr("airflow.sdk.log.mask_secret", masked.append)

    assert ObjectStore("memory://ledger/pdfs").signed_url("atelier/x.pdf", 60) == LINK

    [(path, seconds)] = asked
    assert path.strip("/") == "ledger/pdfs/atelier/x.pdf"
    assert seconds == 60
    # No log of Airflow ever shows it.
    assert masked == [LINK]


@pytest.mark.usefixtures("attached")
@pytest.mark.parametrize("fault", [None, ValueError(LINK), AttributeError("no private key")])
def test_a_storage_that_cannot_sign_says_what_to_choose_and_repeats_no_link(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception | None
) -> None:
    if fault is not None:

        def sign(*_: object, **__: object) -> str:
            raise fault

        monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.sign", sign)

    with pytest.raises(ConfigurationError) as caught:
        ObjectStore("memory://ledger/pdfs").signed_url("atelier/x.pdf", 60)

    assert caught.value.field == "sellsy_ledger_documents_url"
    assert "S3, GCS ou Azure" in (caught.value.action or "")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert LINK not in str(caught.value) + caplog.text


def test_no_link_leads_out_of_the_object_store() -> None:
    with pytest.raises(InvariantBroken):
        ObjectStore("memory://ledger/pdfs").signed_url("../up.pdf", 60)


def test_a_folder_signs_nothing_and_says_what_to_choose() -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_documents().signed_url("atelier/pdf/a.pdf", 60)

    assert caught.value.field == "sellsy_ledger_documents_url"
    assert "S3, GCS ou Azure" in (caught.value.action or "")
