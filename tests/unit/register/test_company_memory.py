"""Settings, links, notes, proofs, batches and the lease of a company."""

from __future__ import annotations

import msgspec
import pytest

from sellsy_ledger.errors import ConfigurationError, LeaseHeld
from sellsy_ledger.register.store import Register
from tests.unit.register.builders import ACME, ACME_IN_TOOL, COMPANY, WHO, Clock


def test_settings_make_a_version_only_when_they_change(register: Register) -> None:
    assert register.settings(COMPANY) is None
    assert register.record_settings(COMPANY, '{"a": 1}', who="marie") == 1
    assert register.record_settings(COMPANY, '{"a": 1}', who="paul") == 1
    assert register.record_settings(COMPANY, '{"a": 2}', who="paul") == 2
    assert register.record_settings(COMPANY, '{"a": 1}', who="marie") == 3
    assert register.record_settings("other", "{}", who="marie") == 1
    assert register.settings(COMPANY) == (3, '{"a": 1}')
    events = register.events(COMPANY, "")
    assert [(event.who, event.note) for event in events] == [
        ("marie", "version 1"),
        ("paul", "version 2"),
        ("marie", "version 3"),
    ]
    assert events[2].hash_after == events[0].hash_after == events[1].hash_before


def test_links_are_kept_replaced_and_told(register: Register) -> None:
    assert register.third_party_link(COMPANY, ACME.key) is None
    register.store_third_party_link(COMPANY, ACME.key, ACME_IN_TOOL, who=WHO)
    register.store_third_party_link(COMPANY, ACME.key, ACME_IN_TOOL, who=WHO)
    assert register.third_party_link(COMPANY, ACME.key) == ACME_IN_TOOL
    assert register.third_party_link("other", ACME.key) is None
    moved = msgspec.structs.replace(ACME_IN_TOOL, auxiliary_account="411NEW")
    register.store_third_party_link(COMPANY, ACME.key, moved, who="marie")
    assert register.third_party_links(COMPANY, [ACME.key, "sales:company:404"]) == {ACME.key: moved}
    assert [event.note for event in register.events(COMPANY, ACME.key)] == ["411ACME", "411NEW"]


@pytest.mark.parametrize("name", ["Société\x00 & Fils\n", "".join(map(chr, range(0x4E00, 0x6000)))])
def test_a_third_party_known_by_an_odd_name_is_found_again(register: Register, name: str) -> None:
    key = f"sales:snapshot:{name}"
    register.store_third_party_link(COMPANY, key, ACME_IN_TOOL, who=WHO)
    assert register.third_party_link(COMPANY, key) == ACME_IN_TOOL
    assert register.third_party_link(COMPANY, key + "x") is None


def test_notes_are_replaced(register: Register) -> None:
    assert register.note(COMPANY, "cursor") is None
    register.store_note(COMPANY, "cursor", "1")
    register.store_note(COMPANY, "cursor", '{"page": 2}')
    register.store_note("other", "cursor", "x")
    assert register.note(COMPANY, "cursor") == '{"page": 2}'


def test_proofs_are_kept_by_period_and_the_last_one_counts(register: Register, clock: Clock) -> None:
    register.store_proof(COMPANY, "2026-02", level="gaps", content='{"gaps": 1}', who=WHO)
    register.store_proof(COMPANY, "2026-01", level="proved", content="{}", who=WHO)
    clock.advance(60)
    register.store_proof(COMPANY, "2026-02", level="proved", content="{}", who="marie")
    proofs = register.proofs(COMPANY)
    assert [(proof.period, proof.level, proof.who) for proof in proofs] == [
        ("2026-01", "proved", WHO),
        ("2026-02", "proved", "marie"),
    ]
    assert proofs[1].at == clock.at
    assert len(register.events(COMPANY, "")) == 3


def test_batches_keep_order_and_their_keys_say_nothing(register: Register) -> None:
    keys = register.store_batches(COMPANY, "run-1", [["b", "a"], ["c"]])
    assert [register.batch(key) for key in keys] == [["b", "a"], ["c"]]
    assert len(set(keys)) == 2
    assert all(key.isalnum() and len(key) <= 32 and COMPANY not in key for key in keys)


def test_a_repeated_run_replaces_its_batches_and_keeps_its_keys(register: Register) -> None:
    first = register.store_batches(COMPANY, "run-1", [["a"], ["b"], ["c"]])
    other = register.store_batches(COMPANY, "run-2", [["z"]])
    again = register.store_batches(COMPANY, "run-1", [["x"]])
    assert again == first[:1]
    assert register.batch(first[0]) == ["x"]
    assert register.batch(other[0]) == ["z"]
    with pytest.raises(ConfigurationError, match="fetch_invoices"):
        register.batch(first[1])


def test_no_batches_is_no_key(register: Register) -> None:
    assert register.store_batches(COMPANY, "run-1", []) == []


def test_a_lease_belongs_to_one_holder_who_may_prolong_it(register: Register, clock: Clock) -> None:
    register.take_lease(COMPANY, holder="run-1", seconds=60)
    register.take_lease("other", holder="run-2", seconds=60)
    clock.advance(50)
    register.take_lease(COMPANY, holder="run-1", seconds=60)
    clock.advance(50)
    with pytest.raises(LeaseHeld, match="held by run-1 until 2026-02-01 02:01:50 UTC"):
        register.take_lease(COMPANY, holder="run-2")
    assert register.events(COMPANY, "") == []


def test_an_expired_lease_may_be_taken_over_and_that_is_told(register: Register, clock: Clock) -> None:
    register.take_lease(COMPANY, holder="run-1", seconds=60)
    clock.advance(60)
    register.take_lease(COMPANY, holder="run-2", seconds=60)
    with pytest.raises(LeaseHeld):
        register.take_lease(COMPANY, holder="run-1")
    (event,) = register.events(COMPANY, "")
    assert (event.what, event.who, event.note) == ("lease_taken_over", "run-2", "expired lease of run-1")


def test_only_the_holder_frees_a_lease(register: Register) -> None:
    register.take_lease(COMPANY, holder="run-1")
    register.free_lease(COMPANY, holder="run-2")
    with pytest.raises(LeaseHeld):
        register.take_lease(COMPANY, holder="run-2")
    register.free_lease(COMPANY, holder="run-1")
    register.free_lease(COMPANY, holder="run-1")
    register.take_lease(COMPANY, holder="run-2")


def test_the_lease_of_a_block_is_given_back_whatever_happens(register: Register) -> None:
    def fail() -> None:
        with register.lease(COMPANY, holder="run-1"):
            with pytest.raises(LeaseHeld):
                register.take_lease(COMPANY, holder="run-2")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    register.take_lease(COMPANY, holder="run-2")
