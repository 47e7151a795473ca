"""Two documents that are one paper, and what was compared when, in both databases."""

from __future__ import annotations

import datetime as dt

import pytest

from sellsy_ledger.core.outcomes import State
from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.register.booked import COMPARED, SAME
from sellsy_ledger.register.store import Change, Register
from tests.unit.register.builders import ACME, COMPANY, WHO, Clock, document
from tests.unit.register.test_booked import KEY, OTHER, double


@pytest.fixture
def one_paper(register: Register) -> Register:
    """A register where a person took the second document for the first one."""
    register.record_seen(COMPANY, [(document(number), ACME, "f") for number in (1, 2)], who=WHO)
    told = double(OTHER, f"document:{KEY}", entry=None, source="")
    register.decide_doubles(COMPANY, [told], SAME, Change(key=OTHER, state=State.ADOPTED), who=WHO)
    register.decide_doubles(COMPANY, [double()], SAME, Change(key=KEY), who=WHO)
    return register


def test_only_documents_that_are_another_document_are_named(one_paper: Register) -> None:
    assert one_paper.same_documents(COMPANY) == {OTHER: KEY}
    assert one_paper.same_documents("another") == {}


def test_what_is_sent_after_all_begins_anew_and_the_next_listing_of_it_counts(one_paper: Register) -> None:
    one_paper.send_after_all(COMPANY, [OTHER], who=WHO, note="it is gone")
    (record,) = one_paper.load(COMPANY, [OTHER])
    assert (record.state, record.fingerprint, record.changed_document) == (State.SEEN, "", None)
    assert one_paper.events(COMPANY, OTHER)[-1].note == "it is gone"
    one_paper.record_seen(COMPANY, [(document(2), ACME, "f")], who=WHO)
    assert one_paper.load(COMPANY, [OTHER])[0].fingerprint == "f"
    assert list(one_paper.audit(COMPANY)) == []


def test_nothing_but_an_adopted_document_is_sent_after_all(one_paper: Register) -> None:
    one_paper.apply(COMPANY, [Change(key=KEY, state=State.READY)], who=WHO)
    one_paper.begin_posting(COMPANY, KEY, posting_key="sellsy:1:1", payload_hash="p", draft=False, who=WHO)
    with pytest.raises(InvariantBroken):
        one_paper.send_after_all(COMPANY, [KEY], who=WHO, note="")


def test_when_something_was_compared_stays_until_it_is_compared_again(register: Register, clock: Clock) -> None:
    register.record_seen(COMPANY, [(document(1), ACME, "f")], who=WHO)
    mark = double(KEY, "tool", entry=None, decision=COMPARED)
    register.store_doubles(COMPANY, {KEY: [mark]}, who=WHO)
    (first,) = register.doubles(COMPANY, [KEY])
    assert first.at is not None
    clock.advance(86_400)
    register.store_doubles(COMPANY, {KEY: [first, double()]}, who=WHO)
    again = {one.other: one.at for one in register.doubles(COMPANY, [KEY])}
    assert again["tool"] == first.at
    assert again[double().other] == first.at + dt.timedelta(days=1)
