"""The proof of a month in which something was booked by other hands."""

from __future__ import annotations

from tests.unit.pipeline.fakes import invoice
from tests.unit.pipeline.test_doubles import BILL, typed

from sellsy_ledger.core.documents import Direction
from sellsy_ledger.pipeline.doubles import decide
from sellsy_ledger.pipeline.proof import prove
from sellsy_ledger.pipeline.takeover import take_over


def test_an_adopted_document_counts_by_the_entry_that_it_is(world):
    here = world(BILL, invoice(2))
    take_over(here.register, "atelier", "fec", [(Direction.PURCHASES, typed())], who="marie")
    here.night()
    proof = prove(here.company(), "2026-02")
    assert (proof.level, proof.gaps, proof.unseen) == ("proved", [], 0)
    assert proof.ledger is not None
    assert proof.ledger.documents == 2


def test_an_adopted_entry_of_another_amount_is_a_gap(world):
    here = world(BILL)
    take_over(here.register, "atelier", "fec", [(Direction.PURCHASES, typed(gross_cents=-11900))], who="marie")
    here.night()
    decide(here.register, "atelier", BILL.key, same=True, who="marie")
    proof = prove(here.company(), "2026-02")
    assert proof.level == "gaps"
    assert "H1" in proof.gaps[0].why
    assert "119,00 €" in proof.gaps[0].why


def test_what_was_adopted_without_an_entry_to_look_at_is_not_provable(world):
    second = invoice(31, kind=BILL.kind, number="2026 1", date=BILL.date, third_party_name="Client 1")
    here = world(BILL, second)
    here.night()
    decide(here.register, "atelier", second.key, same=True, who="marie")
    proof = prove(here.company(), "2026-02")
    assert (proof.level, proof.unseen) == ("not_provable", 1)
