"""Every public EUR sample becomes a Sellsy object whose totals are those of the paper."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sellsy_ledger_sandbox.render import to_sellsy

SAMPLES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data/corpus/einvoices_eur.jsonl").read_text("utf-8").splitlines()
]


def ids(sample: dict[str, Any]) -> str:
    return f"{sample['source']['path'].rsplit('/', 1)[-1]}"


@pytest.mark.parametrize("sample", SAMPLES, ids=ids)
def test_a_sample_becomes_a_sale_with_the_printed_totals(sample: dict[str, Any]) -> None:
    made = to_sellsy(sample)
    document, totals = made["document"], sample["totals"]
    assert made["kind"] == ("sales_credit_note" if sample["type"] == "credit_note" else "sales_invoice")
    assert Decimal(document["amounts"]["total_incl_tax"]) == Decimal(totals["gross"])
    assert Decimal(document["amounts"]["total_excl_tax"]) == Decimal(totals["net"])
    printed = [one["amount"] for one in sample["vat_breakdown"]] or [totals["vat"]]
    assert sum(Decimal(tax["amount"]) for tax in document["taxes"]) == sum(map(Decimal, printed))
    assert document["rows"]
    assert json.loads(json.dumps(made)) == made == to_sellsy(sample)


@pytest.mark.parametrize("sample", SAMPLES, ids=ids)
def test_a_sample_becomes_a_purchase_with_the_printed_totals(sample: dict[str, Any]) -> None:
    made = to_sellsy(sample, direction="purchases")
    document, totals = made["document"], sample["totals"]
    assert made["kind"] == ("purchase_credit_note" if sample["type"] == "credit_note" else "purchase_invoice")
    assert Decimal(document["totalAmount"]) == Decimal(totals["gross"])
    assert Decimal(document["totalAmountTaxesFree"]) == Decimal(totals["net"])
    assert len(document["map"]["rows"]) > 1
    assert made["third_party"]["type"] == "supplier"
    assert json.loads(json.dumps(made)) == made


def test_there_are_165_samples_and_most_of_them_add_up() -> None:
    closing = 0
    for sample in SAMPLES:
        document = to_sellsy(sample)["document"]
        rows = sum(Decimal(row["amount_tax_exc"]) for row in document["rows"])
        closing += abs(rows - Decimal(document["amounts"]["total_excl_tax"])) < Decimal("0.02")
    assert len(SAMPLES) == 165
    assert closing >= 155
