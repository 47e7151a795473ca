"""Whatever fails, in whatever order, a few quiet nights later every document is in the books exactly once."""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.pipeline.fakes import DepositConnector, FileConnector, QueueConnector, World, invoice

from sellsy_ledger.connectors.base import BatchState
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, LedgerError, OutcomeUnknown, PostingRefused, TryLater


class Killed(Exception):
    """The process dies at this point."""


KILLED = Killed()
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
                here.clock += dt.timedelta(days=1)
            here.tool.script = {}
            for _ in range(3):
                here.night()
                here.clock += dt.timedelta(days=1)
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


def document_keys() -> list[str]:
    return sorted(f"sellsy:4242:sales_invoice:{document.id}" for document in DOCUMENTS)


# Minutes between two tries of the same night, then the hours of a whole one.
pauses = st.sampled_from([30, 200, 400, 700, 3700, 86400])
refusal = PostingRefused("closed", reason=Reason.PERIOD_CLOSED)
queue_acts = {
    "post_entry": st.one_of(
        st.none(), before, st.just(lost), st.just(("after", lost)), st.just(("after", KILLED)), st.just(refusal)
    ),
    "find_entry": st.one_of(st.none(), before),
    "wait_until_done": st.one_of(st.none(), before, st.just(lost)),
    "read_ledger": st.one_of(st.none(), before),
}
file_acts = {
    "find_entry": st.one_of(st.none(), before, st.just(lost)),
    "deliver_batch": st.one_of(st.none(), before, st.just(lost), st.just(("after", lost)), st.just(("after", KILLED))),
    "batch_state": st.one_of(st.none(), before),
    "read_ledger": st.one_of(st.none(), before),
}
basket_acts = {
    "deposit_document": st.one_of(
        st.none(), before, st.just(lost), st.just(("after", lost)), st.just(("after", KILLED)), st.just(refusal)
    ),
    "find_deposit": st.one_of(st.none(), before, st.just(lost)),
}


def nights_of(acts):
    night = st.fixed_dictionaries(
        {
            "pause": pauses,
            "batch_size": st.integers(min_value=1, max_value=5),
            "script": st.fixed_dictionaries({method: st.lists(act, max_size=5) for method, act in acts.items()}),
        }
    )
    return st.lists(night, min_size=1, max_size=6)


def play(here, nights):
    """Bad nights, each under a name of its own or the last one's again, then good ones until all is settled."""
    for night in nights:
        here.tool.script = {method: list(acts) for method, acts in night["script"].items()}
        with contextlib.suppress(LedgerError, Killed):
            here.night(batch_size=night["batch_size"])
        here.register.free_lease("atelier", holder=f"run-{here._runs}")
        here.clock += dt.timedelta(seconds=night["pause"])
    here.tool.script = {}
    for _ in range(4):
        here.clock += dt.timedelta(days=1)
        here.night()


@settings(max_examples=30, deadline=None)
@given(nights_of(queue_acts), st.sampled_from([0, 100, 590]))
def test_every_document_goes_through_the_queue_once(nights, seconds):
    with tempfile.TemporaryDirectory() as folder:
        here = World(Path(folder), *DOCUMENTS, connector=QueueConnector(seconds))
        try:
            play(here, nights)
            assert here.keys_held() == document_keys()
            assert {here.state(document) for document in DOCUMENTS} == {"verified"}
            assert here.night() is None
            assert list(here.register.audit("atelier")) == []
        finally:
            here.register.close()


@settings(max_examples=30, deadline=None)
@given(nights_of(file_acts), st.booleans())
def test_every_document_is_in_one_file_once(nights, acknowledged):
    with tempfile.TemporaryDirectory() as folder:
        here = World(Path(folder), *DOCUMENTS, connector=FileConnector())
        try:
            play(here, nights)
            assert here.keys_held() == document_keys()
            assert {here.state(document) for document in DOCUMENTS} == {"delivered"}
            assert here.night() is None
            if acknowledged:
                here.tool.said = dict.fromkeys(here.tool.files, BatchState.IMPORTED)
                here.night()
                assert {here.state(document) for document in DOCUMENTS} == {"posted"}
                assert here.night() is None
            assert list(here.register.audit("atelier")) == []
        finally:
            here.register.close()


@settings(max_examples=30, deadline=None)
@given(nights_of(basket_acts))
def test_every_pdf_is_handed_over_once(nights):
    with tempfile.TemporaryDirectory() as folder:
        here = World(Path(folder), *DOCUMENTS, connector=DepositConnector(), posting="panier")
        try:
            play(here, nights)
            assert sorted(deposit.posting_key for deposit in here.tool.deposits) == document_keys()
            assert {here.state(document) for document in DOCUMENTS} == {"delivered"}
            assert here.night() is None
        finally:
            here.register.close()
