"""The folder of PDFs: whole files, safe paths, nothing overwritten."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.errors import ConfigurationError, InvariantBroken, TryLater
from sellsy_ledger.register.pdf_store import DamagedDocument, LocalDocumentStore

BODY = b"%PDF-1.7\n" + bytes(range(256)) * 400
DIGEST = hashlib.sha256(BODY).hexdigest()
BY_HASH = f"atelier/pdf/sales_invoice/1/{DIGEST}.pdf"


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("path", ["a.pdf", BY_HASH])
def test_what_is_put_comes_back(tmp_path: Path, path: str, durable: bool) -> None:
    store = LocalDocumentStore(tmp_path / "documents", durable=durable)
    store.put(path, BODY)
    assert store.get(path) == BODY
    assert files(tmp_path) == [f"documents/{path}"]


def test_the_same_bytes_again_are_no_error_and_write_nothing(tmp_path: Path) -> None:
    store = LocalDocumentStore(tmp_path)
    store.put("a.pdf", BODY)
    before = (tmp_path / "a.pdf").stat()
    store.put("a.pdf", BODY)
    assert (tmp_path / "a.pdf").stat().st_ino == before.st_ino


def test_other_bytes_under_a_kept_name_are_refused(tmp_path: Path) -> None:
    store = LocalDocumentStore(tmp_path)
    store.put("a.pdf", BODY)
    with pytest.raises(InvariantBroken, match="never overwritten"):
        store.put("a.pdf", BODY + b"x")
    assert store.get("a.pdf") == BODY


def test_a_name_that_promises_its_content_is_held_to_it(tmp_path: Path) -> None:
    with pytest.raises(InvariantBroken, match="name promises"):
        LocalDocumentStore(tmp_path).put(BY_HASH, BODY + b"x")
    assert files(tmp_path) == []


def test_a_damaged_file_is_gone_for_a_reader_and_made_good_by_a_writer(tmp_path: Path) -> None:
    store = LocalDocumentStore(tmp_path)
    store.put(BY_HASH, BODY)
    (tmp_path / BY_HASH).write_bytes(BODY[:5000])
    with pytest.raises(DamagedDocument):
        store.get(BY_HASH)
    store.put(BY_HASH, BODY)
    assert store.get(BY_HASH) == BODY


@pytest.mark.parametrize("path", ["nothing.pdf", "no/folder.pdf"])
def test_what_was_never_stored_is_not_found(tmp_path: Path, path: str) -> None:
    with pytest.raises(FileNotFoundError):
        LocalDocumentStore(tmp_path).get(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../a.pdf",
        "a/../../b.pdf",
        "a//b.pdf",
        "./a.pdf",
        ".hidden",
        "a/",
        "a\\b",
        "C:\\a",
        "a\x00b",
        "é",
    ],
)
def test_an_unsafe_path_touches_nothing(tmp_path: Path, path: str) -> None:
    store = LocalDocumentStore(tmp_path / "documents")
    with pytest.raises(InvariantBroken, match="no safe relative path"):
        store.put(path, BODY)
    with pytest.raises(InvariantBroken, match="no safe relative path"):
        store.get(path)
    assert files(tmp_path) == []


@given(path=st.text(alphabet="ab./\\\x00~ -_é\n", max_size=12))
def test_no_path_leaves_the_folder(path: str) -> None:
    store = LocalDocumentStore(Path("/documents"))
    try:
        place = store._place(path)
    except InvariantBroken:
        return
    assert Path(os.path.normpath(place)).is_relative_to("/documents")
    assert place != Path("/documents")


def test_a_write_that_fails_leaves_the_old_state_and_no_crumbs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalDocumentStore(tmp_path)

    def refuse(_self: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(TryLater, match="No space left"):
        store.put("a.pdf", BODY)
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_made_needs_a_person(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="cannot be stored"):
        LocalDocumentStore(tmp_path / "file").put("a/b.pdf", BODY)
