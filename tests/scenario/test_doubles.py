"""A purchase that somebody typed by hand before us, in every tool that shows its books."""

from __future__ import annotations

from typing import Any

from tests.scenario.stage import Stage, line, paper

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.pipeline.doubles import decide, stored_doubles

SUPPLIER = "Fournisseur P1"
TYPED, NEW = "FZ-2026-0117", "FZ-2026-0291"


def two_bills(story: Any) -> Stage:
    """A company with two purchases of one supplier, for one amount."""
    stage: Stage = story(paper("S1", line("Conseil", "100.00")), purchases=[paper("P1", line("Papier", "80.00"))] * 4)
    bills = [one for one in stage.documents() if one["kind"] == "purchase-invoice" and one["date"] >= "2026"][:2]
    for one, number in zip(bills, (TYPED, NEW), strict=True):
        stage.change(one, fields={"externalident": number})
    stage.keep_only(*(one["number"] for one in bills))
    return stage


def type_in(stage: Stage, number: str, day: str, cents: int) -> None:
    """Somebody enters a purchase into the tool, in their own words."""
    stage.sandbox.type_in(
        stage.tool,
        {
            "journal": "AC",
            "date": day,
            "piece": number,
            "third_party_account": stage.kit.account_of("FFOURNISS"),
            "third_party_name": SUPPLIER,
            "lines": [
                {"account": "401000", "debit_cents": 0, "credit_cents": cents, "label": f"Papier {number}"},
                {"account": "606400", "debit_cents": cents, "credit_cents": 0, "label": f"Papier {number}"},
            ],
            **({"company": stage.kit.ledger_name} if stage.kit.ledger_name else {}),
        },
    )


def test_a_purchase_that_was_typed_by_hand_waits_beside_its_entry_and_the_other_one_goes(story: Any) -> None:
    stage = two_bills(story)
    reads_books = stage.company().connector.capabilities.reads_books
    if reads_books:
        bill = next(one for one in stage.documents() if one["kind"] == "purchase-invoice" and one["date"] >= "2026")
        type_in(stage, TYPED.removeprefix("FZ-"), bill["date"], 9600)
    stage.night()
    first = stage.record(TYPED)
    assert stage.record(NEW).state is stage.state_after_a_night
    if not reads_books:
        # Nobody can look there: the register alone is compared, and the capabilities say so.
        assert first.state is stage.state_after_a_night
        return
    assert (first.state, first.reason) == (State.WAITING, Reason.POSSIBLE_DUPLICATE)
    (double,) = stored_doubles(stage.register, "atelier")
    assert TYPED in double.ours
    assert "saisie à la main" in double.theirs[0]
    decide(stage.register, "atelier", first.key, same=True, who="marie", entry_id=double.entry_ids[0])
    stage.tomorrow()
    stage.night()
    assert stage.record(TYPED).state is State.ADOPTED
    assert stage.record(NEW).state is stage.state_after_a_night
