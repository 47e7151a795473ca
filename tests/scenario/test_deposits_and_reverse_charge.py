"""A deposit invoice, then its final invoice; a purchase whose VAT the buyer owes himself."""

from __future__ import annotations

from collections import Counter

from tests.scenario.stage import line, paper


def balances(entry):
    found: Counter[str] = Counter()
    for one in entry["lines"]:
        found[one["account"][:3]] += one["debit_cents"] - one["credit_cents"]
    return {account: cents for account, cents in found.items() if cents}


def test_a_deposit_is_no_turnover_and_the_final_invoice_takes_it_back(story):
    """The sandbox holds a deposit of 300 + VAT on works of 1,000 + VAT."""
    stage = story(paper("S1", line("Conseil", "1.00")), keep=("F-2026-0001", "F-2026-0002"))
    deposit, final = sorted(stage.documents(), key=lambda one: one["date"])
    stage.night()
    assert stage.problems_with_the_books() == []
    first, second = sorted(stage.entries(), key=lambda entry: entry["date"])
    assert balances(first) == {"411": 36000, "419": -30000, "445": -6000}
    assert second["date"] == final["date"]
    customer = balances(second)["411"]
    assert customer == final["gross_cents"] - deposit["gross_cents"]
    assert balances(second)["419"] == 30000
    assert sum(balances(second).values()) == 0


def test_a_reverse_charge_purchase_owes_the_net_and_books_the_vat_on_both_sides(story):
    """One tool gets the pair from us, the other makes it from its VAT code; the books are the same."""
    subcontract = paper("P1", line("Sous-traitance", "500.00", "0.00", "AE"))
    stage = story(purchases=[subcontract], keep=("F_INV-20251001-01301",), scope="purchases")
    mapping = {
        "direction": "purchases",
        "rate": "20",
        "category": "AE",
        "vat_code": stage.kit.reverse_charge_code,
        "account": "445660",
        "reverse_charge_account": "445720",
    }
    settings = stage.settings.model_dump(mode="json")
    settings["mappings"]["vat"] = [mapping]
    stage.settings = type(stage.settings).model_validate(settings)
    stage.night()
    assert stage.states() == {stage.state_after_a_night: 1}, stage.records()[0].detail
    (entry,) = stage.entries()
    found = balances(entry)
    assert found.pop("401") == -50000
    assert sum(found.values()) == 50000
    vat = sorted(one["debit_cents"] - one["credit_cents"] for one in entry["lines"] if one["account"].startswith("445"))
    assert vat == [-10000, 10000]
