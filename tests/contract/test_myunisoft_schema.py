"""Every entry we would send to MyUnisoft is valid under the JSON schema that MyUnisoft publishes."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.myunisoft import mapper
from sellsy_ledger.core.ledger import LedgerIndex
from tests.unit.connectors.myunisoft.builders import as_sent, requests

SCHEMA = json.loads((Path(__file__).parents[1] / "data" / "myunisoft" / "entry-import.schema.json").read_text("utf-8"))


def _checker() -> jsonschema.FormatChecker:
    """The schema writes its patterns as formats: they are enforced here as patterns."""
    checker = jsonschema.FormatChecker(formats=("date",))
    for line in ("piece2", "lettrage"):
        pattern = SCHEMA["definitions"]["NewEntryLine"]["properties"][line]["format"]
        checker.checks(pattern)(lambda text, pattern=pattern: re.fullmatch(pattern, text) is not None)
    return checker


VALIDATOR = jsonschema.Draft7Validator(SCHEMA, format_checker=_checker())


@given(request=requests())
def test_every_entry_is_valid(request: PostingRequest) -> None:
    content = mapper.pdf_content(request.pdf) if request.pdf else None
    body = as_sent(mapper.entry_body(request, LedgerIndex(request.ledger), 127, pdf=content))
    VALIDATOR.validate(body)


@given(request=requests())
def test_no_field_is_sent_that_the_schema_does_not_know(request: PostingRequest) -> None:
    body = mapper.entry_body(request, LedgerIndex(request.ledger), 127, pdf="JVBERi0=")
    assert set(body) <= set(SCHEMA["properties"])
    for line in body["entry_list"]:
        assert set(line) <= set(SCHEMA["definitions"]["NewEntryLine"]["properties"])


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("no diary", lambda body: body.pop("diary_id")),
        ("a label of 51 characters", lambda body: body["entry_list"][0].update(label="x" * 51)),
        ("an amount as text", lambda body: body["entry_list"][0].update(debit="12.00")),
        ("a number with a dash", lambda body: body["entry_list"][0].update(piece2="FAC-1")),
        ("a date in French", lambda body: body.update(date_piece="03/02/2026")),
        ("no line", lambda body: body.update(entry_list=[])),
        ("a file of another kind", lambda body: body["pj_list"][0].update(type="application/zip")),
    ],
)
def test_the_schema_sees_what_is_wrong(name: str, spoil: Any) -> None:
    """Guards the guard: a validator that accepts everything would prove nothing."""
    line = {"account_id": 1, "label": "x", "debit": Decimal("1.00"), "credit": 0, "deadline": "2026-02-03"}
    body: dict[str, Any] = {
        "date_piece": "2026-02-03",
        "etablissement_id": 127,
        "diary_id": 1,
        "entry_list": [line],
        "pj_list": [{"name": "a.pdf", "type": "application/pdf", "content": "JVBERi0="}],
    }
    VALIDATOR.validate(body)
    spoil(body)
    assert not VALIDATOR.is_valid(body), name
