"""The local document store: whole files or none, and nothing outside its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.pipeline.files import LocalDocumentStore


def test_what_was_put_is_given_back_and_may_be_put_again(tmp_path):
    store = LocalDocumentStore(tmp_path)
    store.put("atelier/pdf/1/aa.pdf", b"%PDF-1")
    store.put("atelier/pdf/1/aa.pdf", b"%PDF-1")
    assert store.get("atelier/pdf/1/aa.pdf") == b"%PDF-1"
    assert [path.name for path in (tmp_path / "atelier/pdf/1").iterdir()] == ["aa.pdf"]


def test_what_was_never_put_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        LocalDocumentStore(tmp_path).get("atelier/none.pdf")


@pytest.mark.parametrize("path", ["../outside.pdf", "/etc/passwd", "a/../../b", "", "a\\b", "a\0b"])
def test_no_path_leads_outside(tmp_path, path):
    store = LocalDocumentStore(tmp_path / "store")
    with pytest.raises(InvariantBroken):
        store.put(path, b"x")
    with pytest.raises(InvariantBroken):
        store.get(path)


def test_a_write_that_breaks_leaves_nothing(tmp_path, monkeypatch):
    def broken(self, target):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        LocalDocumentStore(tmp_path).put("a/b.pdf", b"x")
    assert list((tmp_path / "a").iterdir()) == []
