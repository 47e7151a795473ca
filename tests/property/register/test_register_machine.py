"""Whatever the order of news, steps, crashes and people's decisions: no event is lost, no state is forbidden, and no
booked document is ever begun again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.register.states import BEGIN_FROM, HANDED_OVER, OPEN, RESOLVABLE, TRANSITIONS
from sellsy_ledger.register.store import Change, DocumentRecord, Register
from tests.empty_register import empty_register
from tests.unit.register.builders import ACME, COMPANY, PDF, WHO, document, entry

IDENTITIES = (1, 2)
FORWARD = {State.SEEN: State.READY, State.POSTING: State.POSTED, State.POSTED: State.VERIFIED}
identities = st.sampled_from(IDENTITIES)


def is_gone(record: DocumentRecord) -> bool:
    """In the books, or handed over to whoever brings it there."""
    posting = record.posting
    return posting is not None and (posting.posted_at is not None or posting.delivered_at is not None)


class RegisterMachine(RuleBasedStateMachine):
    """Drives a real register on SQLite and keeps, beside it, what must be true of each document."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name) / "register.db"
        file.write_bytes(empty_register())
        self.register = Register.open(f"sqlite:///{file}")
        self.events: dict[str, int] = {}
        self.begun: dict[str, int] = {}
        self.booked: set[str] = set()

    def teardown(self) -> None:
        self.register.close()
        self.folder.cleanup()

    def record(self, identity: int) -> DocumentRecord | None:
        found = self.register.load(COMPANY, [f"sales_invoice:{identity}"])
        return found[0] if found else None

    @contextmanager
    def expecting(self, allowed: bool) -> Iterator[None]:
        """The act succeeds exactly when it is allowed."""
        refused = False
        try:
            yield
        except InvariantBroken:
            refused = True
        assert refused is not allowed

    @initialize()
    def first_scan(self) -> None:
        news = [(document(identity), ACME, "f0") for identity in IDENTITIES]
        assert len(self.register.record_seen(COMPANY, news, who=WHO)) == len(IDENTITIES)

    @rule(chosen=st.sets(identities), content=st.integers(0, 2), status=st.sampled_from(["due", "paid"]))
    def scan(self, chosen: set[int], content: int, status: str) -> None:
        before = {identity: self.record(identity) for identity in chosen}
        news = [(document(i, gross_cents=12000 + content, status=status), ACME, f"f{content}") for i in sorted(chosen)]
        assert self.register.record_seen(COMPANY, news, who=WHO) == []
        for identity, old in before.items():
            new = self.record(identity)
            assert old is not None
            assert new is not None
            if old.posting is not None and (old.state in HANDED_OVER or is_gone(old)):
                # What was posted stays as it was posted.
                assert (new.document, new.entry, new.supporting_document) == (
                    old.document,
                    old.entry,
                    old.supporting_document,
                )

    @rule(identity=identities, after=st.sampled_from(list(State)), with_reason=st.booleans(), note=st.text(max_size=5))
    def any_step(self, identity: int, after: State, with_reason: bool, note: str) -> None:
        self.step(identity, after, with_reason=with_reason, note=note)

    @rule(identity=identities, data=st.data())
    def likely_step(self, identity: int, data: st.DataObject) -> None:
        old = self.record(identity)
        assert old is not None
        self.step(identity, data.draw(st.sampled_from(sorted(TRANSITIONS[old.state]))), with_reason=True)

    @rule(identity=identities)
    def go_on(self, identity: int) -> None:
        """What a run without trouble does next."""
        old = self.record(identity)
        assert old is not None
        if old.state is State.READY:
            self.begin(identity)
        elif old.state in FORWARD:
            self.step(identity, FORWARD[old.state], with_reason=False)

    def step(self, identity: int, after: State, *, with_reason: bool, note: str = "") -> None:
        old = self.record(identity)
        assert old is not None
        gone = is_gone(old)
        reason = Reason.PERIOD_CLOSED if with_reason else None
        allowed = (
            (after is old.state or (after in TRANSITIONS[old.state] and after is not State.POSTING))
            and (with_reason or after not in (State.WAITING, State.REJECTED))
            and not (after in HANDED_OVER | {State.CORRECTED} and old.posting is None)
            and not (after in OPEN and gone)
        )
        change = Change(
            key=old.key, state=after, reason=reason, entry=entry(identity), supporting_document=PDF, note=note
        )
        with self.expecting(allowed):
            self.register.apply(COMPANY, [change], who=WHO)
        new = self.record(identity)
        assert new is not None
        assert new.state is (after if allowed else old.state)
        if allowed and after in HANDED_OVER:
            self.booked.add(old.key)

    @rule(identity=identities)
    def begin_again(self, identity: int) -> None:
        self.begin(identity)

    def begin(self, identity: int) -> None:
        old = self.record(identity)
        assert old is not None
        with self.expecting(old.state in BEGIN_FROM):
            posting = self.register.begin_posting(
                COMPANY, old.key, posting_key=f"k{identity}", payload_hash="p", draft=False, who=WHO
            )
            # Nothing that was booked is begun again, by whatever detour.
            assert old.key not in self.booked
            self.begun[old.key] = self.begun.get(old.key, 0) + 1
            assert posting.attempts == self.begun[old.key]

    @rule(identity=identities, entry_id=st.sampled_from([None, "E1"]))
    def decide(self, identity: int, entry_id: str | None) -> None:
        old = self.record(identity)
        assert old is not None
        with self.expecting(old.state in RESOLVABLE and old.posting is not None):
            self.register.resolve(COMPANY, old.key, entry_id=entry_id, who="marie")
            # A person alone may say that what seemed booked is not.
            (self.booked.discard if entry_id is None else self.booked.add)(old.key)

    @rule(identity=identities, good=identities)
    def failing_batch(self, identity: int, good: int) -> None:
        before = [self.record(each) for each in IDENTITIES]
        changes = [Change(key=f"sales_invoice:{good}", note="x"), Change(key="sales_invoice:404", note=str(identity))]
        with self.expecting(False):
            self.register.apply(COMPANY, changes, who=WHO)
        assert before == [self.record(each) for each in IDENTITIES]

    @invariant()
    def no_event_is_lost_and_they_lead_to_what_is_stored(self) -> None:
        assert list(self.register.audit(COMPANY)) == []
        for identity in IDENTITIES:
            record = self.record(identity)
            if record is None:
                continue
            story = self.register.events(COMPANY, record.key)
            assert len(story) >= self.events.get(record.key, 0)
            self.events[record.key] = len(story)
            assert story[-1].state == record.state

    @invariant()
    def booked_documents_stay_booked(self) -> None:
        for key in self.booked:
            (record,) = self.register.load(COMPANY, [key])
            assert record.state in HANDED_OVER | {State.RETRACTED, State.CONFLICT, State.CORRECTED}
            assert is_gone(record)
            assert record.posting is not None
            assert (record.posting.posted_at is not None) or record.state not in (State.POSTED, State.VERIFIED)
            assert (record.posting.delivered_at is not None) or record.state is not State.DELIVERED


# A failing story is told as it was found: shrinking one takes thousands of commits to a real disk.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
RegisterMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None, phases=PHASES)
TestRegister = RegisterMachine.TestCase
