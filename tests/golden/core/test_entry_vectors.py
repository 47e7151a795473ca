"""The 26 right entries of ``tests/data/entries``: a document and settings that must produce each of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sellsy_ledger.core.documents import DepositDeduction, Document, DueOn, Kind
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.ledger import unpadded
from sellsy_ledger.core.outcomes import Reason, State
from tests.unit.core import builders
from tests.unit.core.builders import document, row, vat

DATA = Path(__file__).parents[2] / "data" / "entries" / "entry_vectors.json"
VECTORS: dict[str, dict[str, Any]] = {case["id"]: case for case in json.loads(DATA.read_text())["cases"]}

SALE, SALE_CREDIT = Kind.SALES_INVOICE, Kind.SALES_CREDIT_NOTE
PURCHASE, PURCHASE_CREDIT = Kind.PURCHASE_INVOICE, Kind.PURCHASE_CREDIT_NOTE
ROLES = {"third": "third_party", "net": "net", "rounding": "rounding"}


class Case(NamedTuple):
    document: Document
    settings: dict[str, Any] = {}


def mapped(direction: str, account: str, **changes: Any) -> dict[str, Any]:
    """Settings whose 20 % (or other) tax goes to ``account``."""
    line = {"direction": direction, "rate": "20", "vat_code": "C20" if direction == "sales" else "D20"}
    return {"vat": [line | {"account": account} | changes]}


def rounded(kind: Kind, gross: int, net: str, vat_cents: int) -> Case:
    account = "707" if kind.direction.value == "sales" else "607"
    return Case(document([row(net, account=account)], [vat(vat_cents)], kind=kind, gross_cents=gross))


def self_assessed(account: str, category: str, deductible: str, due: str) -> Case:
    """A reverse-charge purchase: the tax is printed at 0 %, the mapping knows its rate."""
    return Case(
        document([row("1000", 9, account)], [vat(0, 9, "0", category)], kind=PURCHASE),
        mapped("purchases", deductible, category=category, reverse_charge_account=due),
    )


CASES: dict[str, Case] = {
    "S01": Case(document([row("100", account="707")], [vat(2000)])),
    "S02": Case(document([row("100", account="707"), row("50", 2, "706")], [vat(2000), vat(275, 2)])),
    "R1": rounded(SALE, 3604, "30.03", 600),
    "R2": rounded(SALE, 3611, "30.09", 603),
    "R3": rounded(SALE_CREDIT, 3604, "30.03", 600),
    "R4": rounded(SALE_CREDIT, 3611, "30.09", 603),
    "R5": rounded(PURCHASE, 3604, "30.03", 600),
    "R6": rounded(PURCHASE, 3611, "30.09", 603),
    "R7": rounded(PURCHASE_CREDIT, 3604, "30.03", 600),
    "R8": rounded(PURCHASE_CREDIT, 3611, "30.09", 603),
    "A1": Case(document([row("100", account="707")], [vat(2000)], kind=SALE_CREDIT)),
    "P01": Case(document([row("100", account="607")], [vat(2000)], kind=PURCHASE)),
    "P02": Case(
        document([row("1000", account="2183")], [vat(20000)], kind=PURCHASE),
        # Sellsy has a tax of its own for fixed assets; its id is more specific than the rate.
        {
            "vat": [
                *builders.VAT_LINES,
                {"direction": "purchases", "sellsy_tax_id": 1, "vat_code": "D20", "account": "44562"},
            ]
        },
    ),
    "P03": Case(document([row("100", account="607")], [vat(2000)], kind=PURCHASE_CREDIT)),
    "V1": self_assessed("607", "K", "445662", "4452"),
    "V2": self_assessed("604", "AE", "44566", "44571"),
    "V3": Case(
        document([row("1000", 9, "704")], [vat(0, 9, "0", "AE")]),
        {"vat": [{"direction": "sales", "category": "AE", "vat_code": "C0"}]},
    ),
    "V4": Case(
        document([row("100", account="706")], [vat(2000)], vat_due_on=DueOn.RECEIPT),
        {
            "vat": [
                *builders.VAT_LINES,
                {"direction": "sales", "rate": "20", "due_on": "receipt", "vat_code": "C20", "account": "44574"},
            ]
        },
    ),
    "V5": Case(
        document([row("100", account="622")], [vat(2000)], kind=PURCHASE, vat_due_on=DueOn.RECEIPT),
        {
            "vat": [
                *builders.VAT_LINES,
                {"direction": "purchases", "rate": "20", "due_on": "receipt", "vat_code": "D20", "account": "44564"},
            ]
        },
    ),
    "D1": Case(
        document([row("300", type="deposit")], [vat(6000)], is_deposit=True), {"accounts": {"deposits_vat": "445800"}}
    ),
    "D2": Case(
        document(
            [row("1000", account="707")],
            [vat(20000)],
            deposits=(DepositDeduction(id=1, number="F-1", gross_cents=36000),),
            remaining_due_cents=84000,
        ),
        {"accounts": {"deposits_vat": "445800"}},
    ),
    "E1": Case(document([row("1000", account="707"), row("-20", account="665")], [vat(19600)])),
    "E2": Case(document([row("1000", account="607"), row("-20", account="765")], [vat(19600)], kind=PURCHASE)),
    "E3": Case(document([row("100", account="707"), row("-20", account="707")], [vat(1600)])),
    "E4": Case(document([row("75", account="709")], [vat(1500)], kind=SALE_CREDIT)),
    # The euro amounts of the dollar sale: a document in dollars waits (see below).
    "X1": Case(document([row("100", 3, "707")], [vat(0, 3)])),
}


def expected(case: dict[str, Any]) -> list[tuple[Any, ...]]:
    lines = []
    for line in case["lines"]:
        role = ROLES.get(line["role"]) or ("vat" if line["role"].startswith("vat") else "net")
        lines.append((unpadded(line["account"]), line["aux"], line["debit"], line["credit"], role))
    return sorted(lines, key=str)


def test_every_vector_has_its_document() -> None:
    assert set(CASES) == set(VECTORS)
    assert len(VECTORS) == 26


@pytest.mark.parametrize("name", list(VECTORS))
def test_the_document_gives_exactly_the_vector(name: str) -> None:
    case = CASES[name]
    make = Journaliser(builders.settings(**case.settings), builders.ledger(), builders.capabilities())
    outcome = make(case.document, builders.party(case.document.kind))
    assert outcome.state is State.READY, outcome.message
    assert outcome.entry is not None
    lines = [(unpadded(line[0]), *line[1:]) for line in map(builders.written, outcome.entry.lines)]
    assert sorted(lines, key=str) == expected(VECTORS[name])
    assert outcome.entry.debit_cents == VECTORS[name]["total_debit"]


def test_a_sale_in_dollars_waits() -> None:
    make = Journaliser(builders.settings(), builders.ledger(), builders.capabilities())
    outcome = make(builders.changed(CASES["X1"].document, currency="USD"), builders.CUSTOMER)
    assert (outcome.state, outcome.reason) == (State.WAITING, Reason.CURRENCY_NOT_SUPPORTED)
    assert "USD" in outcome.message
