"""Sentences are for people, whatever length the source's texts have."""

from __future__ import annotations

from sellsy_ledger.core.outcomes import NotReady, Reason


def test_a_detail_of_any_length_makes_a_sentence_that_can_be_read():
    outcome = NotReady(Reason.AMOUNTS_DO_NOT_CLOSE, "9" * 100_000).outcome
    assert len(outcome.message) < 700
    assert "999…" in outcome.message
    assert outcome.message.endswith("ne concordent pas.")
