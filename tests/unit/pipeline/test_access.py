"""The first step: cheap on an ordinary night, thorough when something is new, loud when it blocks."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from tests.unit.pipeline.fakes import CAPABILITIES, LEDGER, FakeConnector, invoice

from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.settings import LabelStyle
from sellsy_ledger.errors import AccessError, ConfigurationError
from sellsy_ledger.pipeline.access import check_access, check_mapping


def test_the_first_check_asks_both_sides_and_the_next_nights_ask_nothing(world):
    here = world(invoice(1))
    first = check_access(here.company())
    assert all(check.ok for check in first)
    assert here.sellsy.calls == ["check_access"]
    here.sellsy.calls.clear()
    here.tool.calls.clear()
    check_access(here.company())
    assert here.sellsy.calls == here.tool.calls == []


@pytest.mark.parametrize("what", ["a week", "settings"])
def test_a_week_or_new_settings_make_the_check_thorough_again(world, what):
    here = world(invoice(1))
    check_access(here.company())
    if what == "a week":
        here.clock += dt.timedelta(days=7)
    else:
        here.settings = here.settings.model_copy(update={"label_style": LabelStyle.THIRD_PARTY_AND_NUMBER})
    check_access(here.company())
    assert here.sellsy.calls == ["check_access", "check_access"]


def test_a_missing_right_stops_the_company_and_is_named(world):
    here = world()
    here.sellsy.check_access = lambda **_: [
        AccessCheck(step="Factures", ok=False, detail="droit invoices.read absent", action="Ajoutez-le.")
    ]
    with pytest.raises(AccessError, match=r"invoices\.read"):
        check_access(here.company())
    with pytest.raises(AccessError):
        check_access(here.company())


def test_a_warning_stops_nobody(world):
    here = world()
    here.sellsy.check_access = lambda **_: [
        AccessCheck(step="Conformité stricte", ok=False, detail="inactive", blocking=False)
    ]
    checks = check_access(here.company())
    assert [check.step for check in checks if not check.ok] == ["Conformité stricte"]


def test_refused_credentials_are_told_in_a_step(world):
    here = world()
    here.tool.script["check_access"] = [AccessError("token refused", action="Create a new token.")]
    with pytest.raises(AccessError, match="token refused"):
        check_access(here.company())


def test_settings_that_the_tool_cannot_do_stop_before_any_call(world):
    without_draft = msgspec.structs.replace(CAPABILITIES, draft=False)
    here = world(connector=FakeConnector(capabilities=without_draft), posting="draft")
    with pytest.raises(ConfigurationError):
        check_access(here.company())
    assert here.sellsy.calls == []


def test_what_the_mapping_names_and_the_ledger_lacks_is_a_warning(world):
    ledger = msgspec.structs.replace(
        LEDGER,
        journals=LEDGER.journals[:1],
        accounts=tuple(account for account in LEDGER.accounts if account.number not in ("758000", "445660")),
    )
    here = world(connector=FakeConnector(ledger=ledger))
    failed = [check for check in check_mapping(here.company()) if not check.ok]
    assert [(check.step, check.blocking) for check in failed] == [("Journal des achats", False), ("Comptes", False)]
    assert "445660, 758000" in failed[1].detail
