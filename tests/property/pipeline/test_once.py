"""Whatever fails, in whatever order, a few quiet nights later every document is in the books exactly once."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.pipeline.fakes import World, invoice

from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, LedgerError, OutcomeUnknown, PostingRefused, TryLater

DOCUMENTS = [invoice(identifier) for identifier in range(1, 5)]

before = st.sampled_from([TryLater("503"), AccessError("401")])
lost = OutcomeUnknown("read timed out")
acts = {
    "post_entry": st.one_of(
        st.none(),
        before,
        st.just(lost),
        st.just(("after", lost)),
        st.just(PostingRefused("closed", reason=Reason.PERIOD_CLOSED)),
    ),
    "find_entry": st.one_of(st.none(), before),
    "read_back": st.one_of(st.none(), before),
    "read_ledger": st.one_of(st.none(), before),
    "create_third_party": st.one_of(st.none(), before, st.just(lost), st.just(("after", lost))),
}
bad_nights = st.lists(
    st.fixed_dictionaries({method: st.lists(act, max_size=5) for method, act in acts.items()}),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(bad_nights)
def test_every_document_is_posted_once_whatever_failed_before(nights):
    with tempfile.TemporaryDirectory() as folder:
        here = World(Path(folder), *DOCUMENTS)
        try:
            for script in nights:
                here.tool.script = {method: list(script[method]) for method in script}
                with contextlib.suppress(LedgerError):
                    here.night()
                here.register.free_lease("atelier", holder=f"run-{here._runs}")
            here.tool.script = {}
            for _ in range(3):
                here.night()
            assert here.keys_held() == sorted(f"sellsy:4242:sales_invoice:{document.id}" for document in DOCUMENTS)
            assert {here.state(document) for document in DOCUMENTS} == {"verified"}
            accounts = [created.auxiliary_account for created in here.tool.created]
            assert len(accounts) == len(set(accounts)) == 3
            assert here.night() is None
        finally:
            here.register.close()


@settings(max_examples=15, deadline=None)
@given(st.permutations(DOCUMENTS), st.integers(min_value=1, max_value=5))
def test_order_and_batch_size_change_nothing(documents, batch_size):
    with tempfile.TemporaryDirectory() as folder:
        here = World(Path(folder), *documents)
        try:
            here.night(batch_size=batch_size)
            entries = {held.request.posting_key: held.request.entry for held in here.tool.held}
        finally:
            here.register.close()
    with tempfile.TemporaryDirectory() as folder:
        plain = World(Path(folder), *DOCUMENTS)
        try:
            plain.night()
            assert entries == {held.request.posting_key: held.request.entry for held in plain.tool.held}
        finally:
            plain.register.close()
