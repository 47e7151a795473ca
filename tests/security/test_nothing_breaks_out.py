"""Text from Sellsy stays text: no cell of an export becomes a formula, a line or a column of its own."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.cli.register_export import CSV_COLUMNS, write_csv
from sellsy_ledger.register.store import Register
from tests.unit.register.builders import document

HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("=+-@＝＋－＠\t\r\n;|\"'\0\x0b\x0c\x1b\x85\u2028\u202e "), st.characters(codec="utf-8")
    ),
    max_size=30,
)
NAME, NUMBER = CSV_COLUMNS.index("Tiers"), CSV_COLUMNS.index("Numéro")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Register.open(f"sqlite:///{tmp_path_factory.mktemp('register')}/register.db") as register:
        one = document(1)
        register.record_seen("atelier", [(one, None, "f1")], who="test")
        (record,) = register.load("atelier", [one.key])

    def export(number: str, name: str) -> bytes:
        changed = _changed(record.document, number=number, third_party_name=name)
        out = io.BytesIO()
        write_csv([_changed(record, document=changed)], out)
        return out.getvalue()

    return export


def _changed(thing: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(thing, **fields) if isinstance(thing, msgspec.Struct) else replace(thing, **fields)


@given(number=HOSTILE, name=HOSTILE)
def test_no_text_adds_a_line_a_column_or_a_formula_to_the_export(exported: Any, number: str, name: str) -> None:
    body = exported(number, name).decode("utf-8-sig")

    lines = list(csv.reader(io.StringIO(body, newline=""), delimiter=";"))

    assert [len(line) for line in lines] == [len(CSV_COLUMNS)] * 2
    assert body.count("\r\n") == 2
    for cell in (lines[1][NUMBER], lines[1][NAME]):
        assert cell.isprintable()
        assert not cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", " "))
