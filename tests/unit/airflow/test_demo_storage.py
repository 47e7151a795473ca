"""The demo's object storage: what is stored through Airflow's own path can be fetched under a URL that it signs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from airflow.sdk import ObjectStoragePath

from sellsy_ledger_airflow.demo.filesystem import get_fs
from sellsy_ledger_airflow.stores import ObjectStore
from sellsy_ledger_sandbox.server import Sandbox
from sellsy_ledger_sandbox.storage import SECRET


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "my documents"


@pytest.fixture
def root(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with Sandbox(storage=folder) as sandbox:
        fields = {
            "conn_type": "generic",
            "host": sandbox.url,
            "password": SECRET,
            "extra": {"folder": str(folder)},
        }
        name = f"sandbox_{id(sandbox)}"  # Airflow keeps a filesystem per connection id for the process's life
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))
        yield f"sandbox://{name}@{folder}"


def test_what_the_store_keeps_can_be_fetched_by_its_signed_url(root: str, folder: Path) -> None:
    ObjectStore(root).put("atelier/pdf/été.pdf", b"%PDF-1.7 one")
    assert (folder / "atelier/pdf/été.pdf").read_bytes() == b"%PDF-1.7 one"
    assert ObjectStore(root).get("atelier/pdf/été.pdf") == b"%PDF-1.7 one"

    path = ObjectStoragePath(root) / "atelier/pdf/été.pdf"
    url = path.fs.sign(path.path, expiration=60)

    assert requests.get(url, timeout=5).content == b"%PDF-1.7 one"


def test_an_expired_url_gives_nothing(root: str) -> None:
    ObjectStore(root).put("a.pdf", b"%PDF-1.7 one")
    path = ObjectStoragePath(root) / "a.pdf"

    assert requests.get(path.fs.sign(path.path, expiration=-1), timeout=5).status_code == 403


@pytest.mark.parametrize("path", ["/etc/passwd", "sandbox:///etc/passwd"])
def test_what_the_sandbox_does_not_serve_cannot_be_signed(root: str, path: str) -> None:
    with pytest.raises(ValueError):
        ObjectStoragePath(root).fs.sign(path)


def test_a_way_out_of_the_folder_cannot_be_signed(root: str, folder: Path) -> None:
    with pytest.raises(ValueError):
        ObjectStoragePath(root).fs.sign(f"{folder}/../secret.txt")


def test_without_a_connection_it_cannot_sign() -> None:
    with pytest.raises(NotImplementedError):
        get_fs(None).sign("/tmp/a.pdf")
