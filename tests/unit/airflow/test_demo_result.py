"""The demo's verdict: whatever stands on one side only is named; what a tool cannot keep is not asked of it."""

from __future__ import annotations

from collections import Counter

from rich.console import Console

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger_airflow.demo.companies import COMPANIES
from sellsy_ledger_airflow.demo.result import CompanyResult, _Sides, differences, show

ONE = ("2026-02-03", (("411", 12000), ("445", -2000), ("706", -10000)), "a" * 64)
OTHER = ("2026-02-04", (("411", 100), ("706", -100)), "")


def result(**changes: object) -> CompanyResult:
    made = CompanyResult("Atelier Exemple", "MyUnisoft", read=1, states=Counter({State.VERIFIED: 1}))
    made.booked[ONE] = made.witnessed[ONE] = 1
    made.debit_cents = made.credit_cents = 12000
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_the_same_entries_on_both_sides_agree() -> None:
    assert differences(result()) == []


def test_each_entry_on_one_side_only_is_named() -> None:
    lost = differences(result(witnessed=Counter()))
    doubled = differences(result(witnessed=Counter({ONE: 2, OTHER: 1})))

    assert lost == [
        "Atelier Exemple: 1 × 2026-02-03 (411 120.00, 445 -20.00, 706 -100.00) in the register, not in the ledger"
    ]
    assert [gap.endswith("in the ledger, not in the register") for gap in doubled] == [True, True]


def test_a_document_in_doubt_is_a_difference_and_a_delivered_one_is_not() -> None:
    assert "neither booked nor waiting" in differences(result(states=Counter({State.OUTCOME_UNKNOWN: 1})))[0]
    assert differences(result(states=Counter({State.VERIFIED: 1, State.DELIVERED: 3}))) == []


def test_amounts_that_do_not_balance_are_a_difference() -> None:
    assert "differ" in differences(result(debit_cents=12001))[0]


def test_a_pdf_is_compared_where_the_tool_takes_one() -> None:
    by_name = {company.company: _Sides(company.capabilities) for company in COMPANIES}
    lines = [("411000", 100, 0), ("706000", 0, 100)]

    assert by_name["atelier"].signature("2026-02-03", lines, "f" * 64)[2] == "f" * 64
    assert by_name["fabrique"].signature("2026-02-03", lines, "f" * 64)[2] == ""


def test_the_tables_name_every_company_and_say_who_acts() -> None:
    console = Console(width=200)
    waiting = result(name="Commerce Exemple", waiting=Counter({Reason.VAT_CODE_UNMAPPED: 4}))
    waiting.states[State.DELIVERED] = 7
    with console.capture() as shown:
        show(console, [result(), waiting])

    text = shown.get()
    for expected in ("Atelier Exemple", "Delivered", "7", "1 =", "vat_code_unmapped", "Commerce 4", "Le comptable"):
        assert expected in text
