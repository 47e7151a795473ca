"""Once a week everything is looked at again, whether nights run or not."""

from __future__ import annotations

import pytest
from tests.unit.pipeline.fakes import invoice

from sellsy_ledger.errors import LeaseHeld
from sellsy_ledger.pipeline.corrections import stored_proposals
from sellsy_ledger.pipeline.fetch import RUN_NOTE, scan_everything


def test_a_change_is_found_and_a_correction_proposed_although_no_night_runs(world):
    here = world(invoice(1), invoice(2))
    here.night()
    last_run = here.register.note("atelier", RUN_NOTE)
    here.sellsy.documents[0] = invoice(1, net_cents=20000)
    assert scan_everything(here.company("weekly")) == (2, 1)
    assert here.state(invoice(1)) == "changed_after_posting"
    assert [one.key for one in stored_proposals(here.register, "atelier")] == [invoice(1).key]
    assert here.register.note("atelier", RUN_NOTE) == last_run
    # The company is free again, and nothing was booked by looking.
    here.register.take_lease("atelier", holder="another")
    assert len(here.tool.held) == 2
    with pytest.raises(LeaseHeld):
        scan_everything(here.company("weekly"))
