"""Which VAT mapping decides."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sellsy_ledger.core.capabilities import VatSupport
from sellsy_ledger.core.documents import Direction, DueOn
from sellsy_ledger.core.ledger import VatCode
from sellsy_ledger.core.outcomes import NotReady, Reason
from sellsy_ledger.core.vat import VatMapper, VatRule, reverse_charge_cents
from tests.unit.core.builders import capabilities, ledger, settings

S, P = "sales", "purchases"


def rule(
    lines: list[dict[str, Any]],
    tax_id: int | None = 911,
    rate: str = "20",
    category: str | None = None,
    due_on: DueOn | None = None,
    *,
    direction: Direction = Direction.SALES,
    codes: tuple[VatCode, ...] = (),
    **tool: Any,
) -> VatRule:
    mapper = VatMapper(direction, settings(vat=lines), ledger(vat_codes=codes), capabilities(**tool))
    return mapper.rule(tax_id, Decimal(rate), category, due_on)


def code(*args: Any, **kwargs: Any) -> str | None:
    return rule(*args, **kwargs).vat_code


def line(vat_code: str | None, direction: str = S, **facts: Any) -> dict[str, Any]:
    return {"direction": direction, "vat_code": vat_code} | facts


def refusal(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(NotReady) as stop:
        rule(*args, **kwargs)
    assert stop.value.outcome.reason is Reason.VAT_CODE_UNMAPPED
    return stop.value.outcome.message


def test_the_tax_id_wins_over_everything() -> None:
    lines = [line("RATE", rate="20", category="K", due_on="receipt"), line("ID", sellsy_tax_id=911)]
    assert code(lines, category="K", due_on=DueOn.RECEIPT) == "ID"


def test_rates_are_compared_as_numbers() -> None:
    assert code([line("R", rate="20")], rate="20.000000000") == "R"


def test_a_category_other_than_s_wins_over_the_rate() -> None:
    assert code([line("ZERO", rate="0"), line("EU", category="K")], rate="0", category="K") == "EU"


def test_the_rate_wins_over_category_s() -> None:
    assert code([line("ANY", category="S"), line("R", rate="5.5")], rate="5.5", category="S") == "R"


def test_an_exigibility_wins_over_any() -> None:
    lines = [line("ANY", rate="20"), line("RECEIPT", rate="20", due_on="receipt")]
    assert code(lines, due_on=DueOn.RECEIPT) == "RECEIPT"
    assert code(lines, due_on=DueOn.INVOICE) == "ANY"


def test_an_unknown_exigibility_takes_any_and_never_guesses() -> None:
    split = [line("INVOICE", rate="20", due_on="invoice"), line("RECEIPT", rate="20", due_on="receipt")]
    assert code([*split, line("ANY", rate="20")]) == "ANY"
    assert code(split[:1]) == "INVOICE"
    assert "conviennent autant" in refusal(split)


def test_an_unknown_category_fits_the_only_line_and_never_guesses() -> None:
    lines = [line("EXPORT", rate="0", category="G"), line("EXEMPT", rate="0", category="E")]
    assert code(lines[:1], rate="0") == "EXPORT"
    assert "conviennent autant" in refusal(lines, rate="0")
    assert code([*lines, line("ZERO", rate="0")], rate="0") == "ZERO"


def test_the_other_direction_never_decides() -> None:
    message = refusal([line("D20", P, rate="20")])
    assert "20 %" in message
    assert "911" in message
    assert "ventes" in message


def test_a_missing_mapping_names_rate_tax_direction_and_what_else_is_known() -> None:
    message = refusal([], rate="5.5", category="K", due_on=DueOn.RECEIPT, direction=Direction.PURCHASES)
    for word in ("5,5 %", "911", "achats", "catégorie K", "encaissements"):
        assert word in message


def test_a_code_that_the_tool_does_not_list_is_unmapped() -> None:
    assert "NOPE" in refusal([line("NOPE", rate="20")], codes=(VatCode(code="C20"),))


def test_a_tool_of_accounts_needs_no_code() -> None:
    lines = [line(None, rate="20", account="44571")]
    assert code(lines, vat=VatSupport.ACCOUNT_ONLY) is None
    assert "pas de code TVA" in refusal(lines)


def test_rates_without_code_stay_apart() -> None:
    lines = [line(None, account="44571")]
    groups = {rule(lines, None, rate, vat=VatSupport.ACCOUNT_ONLY).group for rate in ("20", "5.5")}
    assert len(groups) == 2


def test_the_code_s_own_account_stands_in() -> None:
    found = rule([line("C20", rate="20")], codes=(VatCode(code="C20", account="445710"),))
    assert found.account == "445710"


@pytest.mark.parametrize("category", ["AE", "K"])
@pytest.mark.parametrize(
    ("printed", "facts", "codes"),
    [
        ("20", {}, ()),
        ("0", {"rate": "20"}, ()),
        ("0", {}, (VatCode(code="D", rate=Decimal(20)),)),
    ],
    ids=["the document's rate", "the mapping's rate", "the code's rate"],
)
def test_a_reverse_charge_finds_its_rate(
    category: str, printed: str, facts: dict[str, Any], codes: tuple[VatCode, ...]
) -> None:
    lines = [line("D", P, category=category, account="445662", reverse_charge_account="4452", **facts)]
    found = rule(lines, None, printed, category, direction=Direction.PURCHASES, codes=codes)
    assert found.self_assessed_rate == 20


def test_a_reverse_charge_pinned_by_its_tax_needs_no_category() -> None:
    lines = [line("D", P, sellsy_tax_id=911, rate="20", category="K", account="1", reverse_charge_account="2")]
    lines[0] |= {"account": "445662", "reverse_charge_account": "4452"}
    assert rule(lines, rate="0", direction=Direction.PURCHASES).self_assessed_rate == 20


def test_a_zero_rate_is_no_reverse_charge_of_another_tax() -> None:
    lines = [line("D", P, rate="20", account="445662", reverse_charge_account="4452")]
    assert "0 %" in refusal(lines, None, "0", direction=Direction.PURCHASES)


@pytest.mark.parametrize("missing", ["account", "rate"])
def test_a_reverse_charge_without_its_other_half_is_unmapped(missing: str) -> None:
    facts = {"account": {}, "rate": {"account": "445662", "reverse_charge_account": "4452"}}[missing]
    message = refusal([line("D", P, category="AE", **facts)], rate="0", category="AE", direction=Direction.PURCHASES)
    assert ("compte d'autoliquidation" if missing == "account" else "taux d'autoliquidation") in message


def test_a_tool_that_computes_vat_needs_no_pair() -> None:
    found = rule(
        [line("D", P, category="AE")], rate="0", category="AE", direction=Direction.PURCHASES, computes_vat=True
    )
    assert found.self_assessed_rate is None


def test_a_sale_under_reverse_charge_assesses_nothing() -> None:
    found = rule([line("C", category="AE", account="44571", reverse_charge_account="4452")], category="AE")
    assert not found.reverse_charge
    assert found.self_assessed_rate is None


def test_self_assessed_vat_is_rounded_half_up() -> None:
    assert reverse_charge_cents(Decimal("1000.00"), Decimal(20)) == 20000
    assert reverse_charge_cents(Decimal("0.125"), Decimal(20)) == 3
