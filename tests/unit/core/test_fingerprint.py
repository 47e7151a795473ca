"""The fingerprint moves with the accounting content and with nothing else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from sellsy_ledger.core.documents import DueOn, Kind, ThirdPartyRef
from sellsy_ledger.core.fingerprint import fingerprint, payload_hash
from tests.unit.core.builders import changed, document, row, vat

DOCUMENT = document([row("100")], [vat(2000), vat(550, 2)], third_party=ThirdPartyRef(type="company", id=7))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "paid"},
        {"remaining_due_cents": 0},
        {"file_id": 5},
        {"rows": None},
        {"rows_source": "journal"},
        {"vat": (vat(550, 2, "5.500000"), vat(2000, 1, "20.000000000", "S"))},
        {"third_party_name": "Renommée"},
    ],
)
def test_it_is_deaf_to_payments_and_to_the_way_of_reading(changes: dict[str, Any]) -> None:
    assert fingerprint(changed(DOCUMENT, **changes)) == fingerprint(DOCUMENT)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 1},
        {"kind": Kind.SALES_CREDIT_NOTE},
        {"number": "F-2"},
        {"date": dt.date(2026, 2, 4)},
        {"due_date": None},
        {"currency": "USD"},
        {"gross_cents": 1},
        {"net_cents": 1},
        {"vat": (vat(2000), vat(551, 2))},
        {"vat": (vat(2000), vat(550, 3, "5.5"))},
        {"vat_due_on": DueOn.RECEIPT},
        {"is_deposit": True},
        {"third_party": ThirdPartyRef(type="company", id=8)},
    ],
)
def test_it_moves_with_the_accounting_content(changes: dict[str, Any]) -> None:
    assert fingerprint(changed(DOCUMENT, **changes)) != fingerprint(DOCUMENT)


def test_it_never_changes_between_versions_since_registers_keep_it() -> None:
    plain = document([row("100")], [vat(2000)])
    assert fingerprint(plain) == "f0d86d60f0ecd36ae768d78a49771c6924d5f859590641f2ba1b99ab229d3466"


def test_a_payload_is_sealed_whatever_the_order_of_its_keys() -> None:
    payload = {"b": [{"y": 1, "x": Decimal("1.50")}], "a": "é"}
    assert payload_hash(payload) == payload_hash({"a": "é", "b": [{"x": Decimal("1.50"), "y": 1}]})
    assert payload_hash(payload) != payload_hash({"a": "e", "b": [{"y": 1, "x": Decimal("1.50")}]})
