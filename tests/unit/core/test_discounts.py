"""The global discount over rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.entries import Role
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.outcomes import Outcome, Reason, State
from tests.unit.core.builders import CUSTOMER, capabilities, document, ledger, row, settings, vat


def journalise(document_: Document) -> Outcome:
    return Journaliser(settings(), ledger(), capabilities())(document_, CUSTOMER)


def nets(outcome: Outcome) -> dict[str, int]:
    assert outcome.entry is not None, outcome.message
    return {
        f"{line.account} {line.vat_code}": line.credit_cents - line.debit_cents
        for line in outcome.entry.lines
        if line.role is Role.NET
    }


def discounted(rows: list[Any], taxes: list[Any], net: int, discount: str) -> Document:
    return document(rows, taxes, net_cents=net, global_discount=Decimal(discount))


def test_every_rate_bears_its_share_and_shipping_none() -> None:
    rows = [row("600", account="706"), row("400", 2, "706"), row("20", account="7085", type="shipping")]
    outcome = journalise(discounted(rows, [vat(11800), vat(2090, 2)], 97000, "50"))
    assert nets(outcome) == {"706000 C20": 57000, "706000 C5": 38000, "708500 C20": 2000}


def test_rows_that_bear_the_discount_already_are_left_alone() -> None:
    outcome = journalise(discounted([row("950", account="706")], [vat(19000)], 95000, "50"))
    assert nets(outcome) == {"706000 C20": 95000}


def test_a_share_that_ends_on_half_a_cent_rounds_up() -> None:
    # A discount of 10 % leaves 0.045 and 0.045 of two rows of 0.05: half a cent up, twice.
    rows = [row("0.05", account="706"), row("0.05", account="707"), row("99.90", account="7085")]
    outcome = journalise(discounted(rows, [vat(1800)], 9000, "10"))
    assert nets(outcome) == {"706000 C20": 5, "707000 C20": 5, "708500 C20": 8991}


def test_a_discount_that_does_not_explain_the_difference_waits_with_both_figures() -> None:
    outcome = journalise(discounted([row("1000")], [vat(18000)], 90000, "50"))
    assert (outcome.state, outcome.reason) == (State.WAITING, Reason.AMOUNTS_DO_NOT_CLOSE)
    assert "950,00 €" in outcome.message
    assert "900,00 €" in outcome.message


def test_a_discount_of_everything_leaves_nothing_to_post() -> None:
    outcome = journalise(discounted([row("100")], [vat(0)], 0, "100"))
    assert (outcome.state, outcome.reason) == (State.NOTHING_TO_POST, Reason.ZERO_AMOUNT)


def test_the_explanation_tells_the_discount() -> None:
    from sellsy_ledger.core.explain import explain

    outcome = journalise(discounted([row("1000", account="706")], [vat(19000)], 95000, "50"))
    assert outcome.entry is not None
    assert "remise globale (50,00 €)" in explain(outcome.entry.lines[1])
