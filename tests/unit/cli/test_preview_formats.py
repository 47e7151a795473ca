"""``preview --format``: the ready entries as import files on stdout, what a file cannot hold on stderr."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sellsy_ledger.cli import main
from sellsy_ledger.formats import catalogue
from tests.unit.cli.test_preview import LEDGER, Preview, line, purchase_line
from tests.unit.formats.readers import READERS, Movement, lines_of
from tests.unit.sources import samples

# Accounts of eight characters at the most, so that every format takes them.
SUPPLIER = {"auxiliary_account": "401PAPIE", "name": "Papeterie SA", "kind": "supplier"}
SALE_NUMBER, PURCHASE_NUMBER = "F-2026-0117", "FA-889"


@pytest.fixture
def preview(tmp_path: Path, capsysbinary: Any) -> Preview:
    """What it says is bytes."""
    made = Preview(tmp_path, capsysbinary)
    made.ledger = {**LEDGER, "third_parties": [*LEDGER["third_parties"], SUPPLIER]}
    return made


def read(name: str, data: Any) -> list[Movement]:
    return READERS[name](data)


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_the_ready_entries_are_a_whole_file(preview: Preview, name: str):
    other = line(document=samples.invoice(id=2, number="F-2", currency="CHF"))
    preview.run([line(), other, purchase_line()], "--format", name)

    movements = read(name, preview.out)
    assert {movement.number for movement in movements} == {SALE_NUMBER, PURCHASE_NUMBER}
    assert sum(movement.debit_cents for movement in movements) == sum(movement.credit_cents for movement in movements)
    assert {movement.auxiliary for movement in movements if movement.account == "411000"} == {"411ACME"}
    assert preview.code == 0
    assert b"line 2" in preview.err
    assert b"CHF" in preview.err


def test_an_entry_that_the_file_cannot_hold_is_named_with_its_field_and_the_others_are_written(preview: Preview):
    long_account = {**LEDGER["third_parties"][0], "auxiliary_account": "411ACME-PARIS"}
    preview.ledger = {**LEDGER, "third_parties": [long_account, SUPPLIER]}
    preview.run([line(), purchase_line()], "--format", "quadra")

    assert {movement.number for movement in read("quadra", preview.out)} == {PURCHASE_NUMBER}
    assert b"D.jsonl, line 1, field compte auxiliaire: " in preview.err
    assert b"Quadra ASCII" in preview.err
    assert b"line 2" not in preview.err
    assert preview.code == 0


def test_a_line_that_cannot_be_read_still_ends_the_command_with_two(preview: Preview):
    preview.run(["broken", line()], "--format", "pnm")
    assert preview.code == 2
    assert {movement.number for movement in read("pnm", preview.out)} == {SALE_NUMBER}
    assert b"line 1" in preview.err


def test_the_company_and_the_kinds_of_document_are_in_the_file(preview: Preview):
    preview.run([line(), purchase_line()], "--format", "pnm")
    company, *lines = lines_of(preview.out, "ascii")  # type: ignore[arg-type]
    assert company == "Atelier Exemple SARL"
    assert {text[9:11] for text in lines} == {"FC", "FF"}


def test_nothing_to_write_is_a_file_without_entries(preview: Preview):
    for name in catalogue.NAMES:
        preview.run([], "--format", name)
        file_format = catalogue.load(name)
        options = catalogue.options(file_format, "Atelier Exemple SARL")
        text = file_format.head(options) + file_format.tail(options)
        assert preview.out == text.encode(file_format.encoding(options))


def test_the_help_names_every_format(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["preview", "--help"])
    told = capsys.readouterr().out
    assert all(f"{name}" in told for name in (*catalogue.NAMES, "jsonl", "table"))
