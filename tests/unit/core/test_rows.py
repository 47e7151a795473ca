"""When the accounting journal's rows are enough."""

from __future__ import annotations

from typing import Any

import pytest

from sellsy_ledger.core.documents import DepositDeduction, TaxInclusiveAdjustment
from sellsy_ledger.core.rows import rows_suffice
from tests.unit.core.builders import changed, document, row, settings, vat

JOURNAL = document([row("100", account="707000")], [vat(2000)], rows_source="journal")
DEFAULTS = frozenset({"706000"})


def suffices(document_: Any = JOURNAL, **changes: Any) -> bool:
    return rows_suffice(document_, settings(**({"label_style": "third_party"} | changes)), DEFAULTS)


def test_a_plain_sale_on_an_account_of_its_own_needs_no_detail() -> None:
    assert suffices()
    assert suffices(label_style="third_party_and_number")


@pytest.mark.parametrize("style", ["third_party_then_description", "third_party_and_description"])
def test_labels_of_descriptions_need_the_detail(style: str) -> None:
    assert not suffices(label_style=style)


def test_a_default_account_of_sellsy_may_hide_rows_without_account() -> None:
    on_default = changed(JOURNAL, rows=(row("100", account="706"),))
    assert suffices(on_default)
    assert not suffices(on_default, accounts={"sales_default": "707000"})
    assert suffices(on_default, accounts={"sales_default": "707000"}, account_overrides={"706": "707"})
    assert not suffices(on_default, account_overrides={"706": "707"})


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": None},
        {"rows": ()},
        {"rows_source": "detail"},
        {"rows": (row("100"),)},
        {"vat": ()},
        {"vat": (vat(2000), vat(0, 3))},
        {"vat": (vat(1999),), "gross_cents": 11999},
        {"gross_cents": 12001},
        {"is_deposit": True},
        {"deposits": (DepositDeduction(id=1, number="F-1", gross_cents=100),)},
        {"adjustments": (TaxInclusiveAdjustment(label="Prime", amount_cents=1),)},
        {"rows": (row("100", 2, "707000"),)},
        {"rows": (row("50", account="707000"), row("50", account="7085")), "global_discount": row("5").net},
    ],
    ids=lambda changes: ", ".join(changes),
)
def test_what_is_not_provable_needs_the_detail(changes: dict[str, Any]) -> None:
    assert not suffices(changed(JOURNAL, **changes))
