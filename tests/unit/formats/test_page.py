"""The page for accountants speaks of every format, option, column and example that there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellsy_ledger.formats import catalogue, fec
from tests.unit.formats.entries import GOLDEN

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_every_option_of_a_format_is_told_in_its_chapter(name: str):
    chapter = PAGE.partition(f"(`{name}`)\n")[2].partition("\n## ")[0]
    assert chapter
    assert [option for option in catalogue.load(name).Options.__struct_fields__ if f"`{option}`" not in chapter] == []


def test_every_column_of_the_fec_is_told():
    assert [column for column in fec.COLUMNS if column not in PAGE] == []


def test_the_examples_exist():
    for file_format in catalogue.NAMES:
        examples = [name for name, (module, _) in GOLDEN.items() if module is catalogue.load(file_format)]
        assert any(f"](../tests/golden/formats/{name})" in PAGE for name in examples)
    assert "docs/formats.md" in (ROOT / "README.md").read_text(encoding="utf-8")
