"""The five entries as golden files; ``python -m tests.unit.formats.test_golden`` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellsy_ledger.formats import catalogue
from sellsy_ledger.formats.base import file_bytes
from tests.unit.formats.entries import FIVE, GOLDEN, LEDGER

FOLDER = Path(__file__).parents[2] / "golden" / "formats"


def made(name: str) -> bytes:
    file_format, options = GOLDEN[name]
    return b"".join(file_bytes(file_format, FIVE, LEDGER, options))


@pytest.mark.parametrize("name", GOLDEN)
def test_the_file_is_the_golden_one_byte_for_byte(name: str):
    assert made(name) == (FOLDER / name).read_bytes()


def test_every_format_has_a_golden_file():
    assert {file_format.__name__.rpartition(".")[2] for file_format, _ in GOLDEN.values()} == set(catalogue.NAMES)


if __name__ == "__main__":
    for each in GOLDEN:
        (FOLDER / each).write_bytes(made(each))
