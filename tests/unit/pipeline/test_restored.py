"""After a restore every posting looks first, until nothing of before can be hidden any more."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from tests.unit.pipeline.fakes import CAPABILITIES, DepositConnector, FakeConnector, World, invoice

from sellsy_ledger.core.capabilities import KeySupport
from sellsy_ledger.register.restored import Restored
from sellsy_ledger.register.store import DocumentRecord

A, B, C = (invoice(number) for number in (1, 2, 3))
LATER = msgspec.structs.replace(invoice(4), date=dt.date(2026, 3, 20))


def tomorrow(here: World) -> None:
    here.clock += dt.timedelta(days=1)


def restored(here: World) -> World:
    """The register says that it was restored, yesterday."""
    here.register.note_restored(who="ann", note="")
    tomorrow(here)
    return here


def looks(here: World) -> int:
    return here.tool.calls.count("find_entry")


def test_without_a_restore_only_the_first_new_document_is_looked_up(world):
    here = world(A, B, C)
    here.night()
    assert looks(here) == 1


def test_after_a_restore_every_document_is_looked_up(world):
    here = restored(world(A, B, C))
    here.night()
    assert looks(here) == 3
    assert len(here.keys_held()) == 3


def test_a_document_dated_and_listed_after_it_is_posted_as_on_any_night(world):
    here = restored(world(A))
    here.night()
    before = looks(here)
    for number in (5, 6):
        here.sellsy.documents.append(msgspec.structs.replace(invoice(number), date=dt.date(2026, 3, 20)))
    tomorrow(here)
    here.night()
    assert looks(here) == before + 1


def test_a_document_dated_before_it_is_looked_up_whenever_it_comes(world):
    here = restored(world(A))
    here.night()
    before = looks(here)
    here.sellsy.documents += [B, C]
    tomorrow(here)
    here.night()
    assert looks(here) == before + 2


def test_a_manual_run_does_not_end_it(world):
    here = restored(world(A, LATER))
    here.night(kind="manual", numbers=(A.number,))
    known = here.register.restored("atelier")
    assert known is not None
    assert known.caught_up_at is None
    here.night()
    known = here.register.restored("atelier")
    assert known is not None
    assert known.caught_up_at == here.clock


def test_a_tool_that_shows_no_entries_leaves_each_to_a_person_once(world):
    tool = FakeConnector(capabilities=msgspec.structs.replace(CAPABILITIES, key=KeySupport.NONE, read_back=False))
    here = restored(world(A, connector=tool))
    here.night()
    assert here.state(A) == "outcome_unknown"
    assert here.keys_held() == []
    tomorrow(here)
    here.night()
    assert here.keys_held() == []
    here.register.resolve("atelier", A.key, entry_id=None, who="ann", note="not there")
    tomorrow(here)
    here.night()
    assert here.state(A) == "posted"
    assert len(here.keys_held()) == 1


@pytest.mark.parametrize("can_tell", [True, False])
def test_a_pdf_alone_is_not_handed_over_while_the_tool_cannot_tell(world, can_tell):
    basket = DepositConnector(can_tell=can_tell)
    here = restored(world(A, B, connector=basket, posting="panier"))
    here.night()
    assert len(basket.deposits) == (2 if can_tell else 0)
    assert here.state(A) == ("delivered" if can_tell else "outcome_unknown")
    if not can_tell:
        here.register.resolve("atelier", A.key, entry_id=None, who="ann", note="not there")
        tomorrow(here)
        here.night()
        assert here.state(A) == "delivered"
        assert here.state(B) == "outcome_unknown"


AT = dt.datetime(2026, 3, 1, 2, 0, tzinfo=dt.UTC)
AFTER = AT + dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("caught_up", "first_seen", "dated", "hidden"),
    [
        (None, AFTER, dt.date(2026, 9, 1), True),
        (AFTER, AFTER, dt.date(2026, 9, 1), True),
        (AFTER, AFTER + dt.timedelta(seconds=1), dt.date(2026, 9, 1), False),
        (AFTER, AFTER + dt.timedelta(seconds=1), dt.date(2026, 3, 2), True),
        (AFTER, AFTER + dt.timedelta(seconds=1), dt.date(2026, 3, 3), False),
        (AFTER, None, dt.date(2026, 9, 1), True),
    ],
)
def test_which_documents_a_restore_may_hide(caught_up, first_seen, dated, hidden):
    record = DocumentRecord(
        company="atelier",
        key=A.key,
        state="ready",
        document=msgspec.structs.replace(A, date=dated),
        first_seen_at=first_seen,
    )
    assert Restored(AT, caught_up).may_hide(record) is hidden
