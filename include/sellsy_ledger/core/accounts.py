"""Which general account a row goes to.

Sellsy's account (given by the journal, or looked up from the row's accounting code) → the company's overrides →
the same account in the tool's ledger, compared without padding zeros. The default account stands in for an account
that is missing in Sellsy, or absent from the ledger or inactive there. Each way has its own explanation.
"""

from __future__ import annotations

from typing import NamedTuple

from sellsy_ledger.core.documents import Direction, Row
from sellsy_ledger.core.ledger import LedgerIndex, PaddedNumbers
from sellsy_ledger.core.outcomes import NotReady, Reason
from sellsy_ledger.core.settings import Accounts, CompanySettings

__all__ = ["AccountResolver", "ResolvedAccount", "active_number", "default_account"]


class ResolvedAccount(NamedTuple):
    """An account in the tool's own form and where it comes from (a rule of ``explain`` with its facts)."""

    number: str
    rule: str
    facts: tuple[str, ...]


def active_number(ledger: LedgerIndex, number: str | None, what: str) -> str:
    """The tool's own form of an account that a setting names.

    Args:
        ledger: the ledger read today.
        number: the setting's value; None when nobody filled it in.
        what: what the account is for, in French, for the message.

    Raises:
        NotReady: ``account_unknown`` when it is not set, absent from the ledger, or inactive.
    """
    if number is None:
        raise NotReady(Reason.ACCOUNT_UNKNOWN, f"{what} (non renseigné dans les réglages)")
    account = ledger.active_account(number)
    if account is None:
        raise NotReady(Reason.ACCOUNT_UNKNOWN, f"{number} ({what})")
    return account.number


def default_account(accounts: Accounts, direction: Direction) -> str | None:
    """The company's default account of a direction."""
    return accounts.sales_default if direction is Direction.SALES else accounts.purchases_default


class AccountResolver:
    """Net accounts of one direction; answers are kept, since a company uses few of them."""

    def __init__(self, direction: Direction, settings: CompanySettings, ledger: LedgerIndex) -> None:
        self._ledger = ledger
        self._what = "de ventes par défaut" if direction is Direction.SALES else "d'achats par défaut"
        self._default = default_account(settings.mappings.accounts, direction)
        self._overrides = PaddedNumbers(settings.mappings.account_overrides.items())
        self._known: dict[tuple[str | None, int | None], ResolvedAccount] = {}

    def resolve(self, row: Row) -> ResolvedAccount:
        """The account of ``row``.

        Raises:
            NotReady: ``account_unknown`` when even the default account cannot be used.
        """
        key = (row.account, row.accounting_code_id)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._look_up(*key)
        return known

    def _look_up(self, account: str | None, code_id: int | None) -> ResolvedAccount:
        source = "" if code_id is None else str(code_id)
        if account is None and code_id is not None:
            account = self._ledger.accounting_codes.get(source)
            if account is None:
                return self._by_default("default_unlisted_code", source)
        if account is None:
            return self._by_default("default_missing")
        override = self._overrides.find(account)
        wanted = override or account
        found = self._ledger.account(wanted)
        if found is None:
            return self._by_default("default_absent", wanted)
        if not found.active:
            return self._by_default("default_inactive", wanted)
        if override is not None:
            return ResolvedAccount(found.number, "account_override", (account,))
        if source:
            return ResolvedAccount(found.number, "account_code", (source, account))
        return ResolvedAccount(found.number, "account_journal", (account,))

    def _by_default(self, rule: str, *facts: str) -> ResolvedAccount:
        return ResolvedAccount(active_number(self._ledger, self._default, self._what), rule, facts)
