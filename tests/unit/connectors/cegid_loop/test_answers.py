"""Answers whose frame is not documented: every reading of them, and none that breaks."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.connectors.cegid_loop import answers
from sellsy_ledger.core.documents import Direction

ROW = {"Code": "VE"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "found",
    [
        [ROW],
        {"data": [ROW]},
        {"Data": [ROW], "errors": []},
        {"value": [ROW], "@odata.count": 1},
        {"journal": [ROW]},
        {"journals": [ROW]},
        {"Result": {"Items": [ROW]}},
        {"whatever": [ROW], "count": 1},
    ],
)
def test_a_list_is_found_bare_or_inside_an_object(found: Any) -> None:
    assert answers.rows_of(found, "/journal") == [{"code": "VE"}]


@pytest.mark.parametrize("found", [{}, {"count": 3}, "text", 4, {"a": [1], "b": [2]}])
def test_what_holds_no_list_is_no_list(found: Any) -> None:
    with pytest.raises(ValueError, match="list"):
        answers.rows_of(found, "/journal")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-02-03", dt.date(2026, 2, 3)),
        ("20260203", dt.date(2026, 2, 3)),
        ("2026-02-03T00:00:00", dt.date(2026, 2, 3)),
        ("2026-02-03T00:00:00.000Z", dt.date(2026, 2, 3)),
        # midnight in Paris, told in UTC
        ("2026-02-02T23:00:00.000Z", dt.date(2026, 2, 3)),
        ("2026-07-13T22:00:00Z", dt.date(2026, 7, 14)),
        ("2026-02-03T00:00:00+01:00", dt.date(2026, 2, 3)),
        ("03/02/2026", None),
        ("", None),
        (None, None),
        ({"x": 1}, None),
    ],
)
def test_days_are_read_in_every_form(text: Any, day: dt.date | None) -> None:
    assert answers.date_of(text) == day


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ({"status": 1}, 1),
        ({"Status": "3"}, 3),
        ({"data": {"status": 2}}, 2),
        ([{"status": 4}], 4),
        ({"status": {"code": 3, "label": "x"}}, 3),
        ({"status": "In progress"}, 2),
        ({"status": "SUCCESS"}, 3),
        ({"status": 25}, 25),
        ({"status": "somewhere"}, None),
        ({"status": None}, None),
        ({"status": True}, None),
        ({}, None),
        (None, None),
        ("3", None),
    ],
)
def test_the_status_of_an_import(found: Any, status: int | None) -> None:
    assert answers.status_of(found) == status


def test_the_id_of_an_import_stands_anywhere() -> None:
    assert answers.request_id({"accountingImportRequestId": "a-1"}) == "a-1"
    assert answers.request_id({"data": {"AccountingImportRequestID": "a-1"}}) == "a-1"
    assert answers.request_id({"id": "a-1"}) == ""
    assert answers.request_id(None) == ""


def test_the_addresses_of_a_deposit() -> None:
    signed = "https://x.blob.core.windows.net/in/f.tra?sig=1"
    assert answers.upload_addresses({"depositUrl": signed, "uri": "blob:f"}) == (signed, "blob:f")
    assert answers.upload_addresses({"DepositUrl": signed}) == (signed, signed.partition("?")[0])
    assert answers.upload_addresses({"data": {"uri": signed}}) == (signed, signed)
    assert answers.upload_addresses({}) == ("", "")
    assert answers.upload_addresses([]) == ("", "")


def test_the_robots_id_of_a_document() -> None:
    assert answers.document_id({"id": 7}) == "7"
    assert answers.document_id({"document": {"objectId": "d"}}) == "d"
    assert answers.document_id("d") == "d"
    assert answers.document_id({"name": "f.pdf"}) == ""


def test_accounts_and_journals() -> None:
    closed = answers.account_of({"numero": 411000, "libelle": "Clients", "ferme": True})
    assert closed is not None
    assert (closed.number, closed.active) == ("411000", False)
    assert answers.account_of({"libelle": "x"}) is None
    kinds = {1: "purchases", 8: "sales", "8": "sales", 2: "other", "Vente": "sales"}
    for raw, kind in kinds.items():
        journal = answers.journal_of({"code": "VE", "type": raw})
        assert journal is not None
        assert (journal.kind, journal.open) == (kind, True)
    reserved = answers.journal_of({"code": "AN", "type": 3})
    assert reserved is not None
    assert not reserved.open


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"raisonsociale": "Exemple SARL", "nom": "X"}, "Exemple SARL"),
        ({"prenom": "Ada", "nom": "Lovelace"}, "Ada Lovelace"),
        ({"nomusuel": "Chez Ada"}, "Chez Ada"),
        ({"raisonsociale": "cexemple"}, ""),
        ({}, ""),
    ],
)
def test_the_name_of_a_third_party(row: dict[str, Any], name: str) -> None:
    party = answers.third_party_of({"code": "CEXEMPLE", **row}, Direction.SALES)
    assert party is not None
    assert (party.auxiliary_account, party.name, party.active) == ("CEXEMPLE", name, True)


def test_identifiers_of_a_third_party_are_kept_when_they_are_whole() -> None:
    party = answers.third_party_of({"code": "C1", "siret": "840 143 275 00039", "actif": False}, Direction.SALES)
    assert party is not None
    assert (party.siret, party.siren, party.active) == ("84014327500039", "840143275", False)
    assert answers.third_party_of({"code": ""}, Direction.SALES) is None


@given(found=json_values)
def test_no_answer_breaks_the_reading(found: Any) -> None:
    answers.status_of(found)
    answers.request_id(found)
    answers.upload_addresses(found)
    answers.document_id(found)
    try:
        rows = answers.rows_of(found, "/compte")
    except ValueError:
        return
    for row in rows:
        answers.account_of(row)
        answers.journal_of(row)
        answers.vat_code_of(row)
        answers.third_party_of(row, Direction.SALES)
