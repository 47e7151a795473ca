"""Which account a net line goes to, and what its explanation says."""

from __future__ import annotations

from typing import Any

import pytest

from sellsy_ledger.core.accounts import AccountResolver
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Account
from sellsy_ledger.core.outcomes import NotReady, Reason
from tests.unit.core.builders import ledger, row, settings


def resolve(row_: Any, direction: Direction = Direction.SALES, ledger_: Any = None, **changes: Any) -> tuple[str, str]:
    found = AccountResolver(direction, settings(**changes), ledger_ or ledger()).resolve(row_)
    return found.number, found.rule


def test_sellsy_s_accounting_code_is_looked_up() -> None:
    assert resolve(row("1", accounting_code_id=70)) == ("707000", "account_code")


def test_the_journal_s_account_is_taken_in_the_tool_s_own_form() -> None:
    assert resolve(row("1", account="70700000")) == ("707000", "account_journal")


@pytest.mark.parametrize("override", ["7061", "706100"])
def test_overrides_apply_exactly_and_after_padding(override: str) -> None:
    found = resolve(row("1", accounting_code_id=71), account_overrides={override: "708500"})
    assert found == ("708500", "account_override")


def test_a_row_without_account_takes_the_default() -> None:
    assert resolve(row("1")) == ("706000", "default_missing")
    assert resolve(row("1"), Direction.PURCHASES) == ("607000", "default_missing")


def test_an_account_absent_from_the_ledger_takes_the_default() -> None:
    assert resolve(row("1", account="708888")) == ("706000", "default_absent")


def test_an_override_absent_from_the_ledger_takes_the_default() -> None:
    assert resolve(row("1", account="707"), account_overrides={"707": "708888"}) == ("706000", "default_absent")


def test_an_inactive_account_takes_the_default() -> None:
    accounts = [Account(number="706000"), Account(number="707000", active=False)]
    assert resolve(row("1", account="707"), ledger_=ledger(accounts)) == ("706000", "default_inactive")


def test_a_code_that_sellsy_does_not_list_takes_the_default() -> None:
    assert resolve(row("1", accounting_code_id=999)) == ("706000", "default_unlisted_code")


def test_a_default_that_the_ledger_lacks_is_an_unknown_account() -> None:
    with pytest.raises(NotReady) as stop:
        resolve(row("1"), ledger_=ledger("707"))
    assert stop.value.outcome.reason is Reason.ACCOUNT_UNKNOWN
    assert "706000" in stop.value.outcome.message
