"""What one direction (sales or purchases) needs from the settings and the ledger, looked up once per run."""

from __future__ import annotations

from sellsy_ledger.core.accounts import AccountResolver, ResolvedAccount, active_number
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import NotReady, Reason
from sellsy_ledger.core.settings import CompanySettings
from sellsy_ledger.core.vat import VatMapper

__all__ = ["Books"]


class Books:
    """Journal, control account, account and VAT look-ups of one direction.

    Attributes:
        journal: the journal's code in the tool's own form.
        control: the collective account.
        accounts: resolves the accounts of rows.
        vat: resolves taxes.
        deposits_vat: the waiting account of the VAT of deposits, or None where the mapped VAT account takes it.

    Raises:
        NotReady: ``journal_missing`` or ``account_unknown``, when no document of the direction can be booked.
    """

    def __init__(
        self, direction: Direction, settings: CompanySettings, ledger: LedgerIndex, capabilities: Capabilities
    ) -> None:
        sales = direction is Direction.SALES
        journals, accounts = settings.mappings.journals, settings.mappings.accounts
        self._ledger = ledger
        self._deposits = accounts.deposits if sales else accounts.deposits_paid
        self.journal = _journal(journals.sales if sales else journals.purchases, direction, ledger)
        control = accounts.customers_control if sales else accounts.suppliers_control
        self.control = _control_account(control, direction, ledger, capabilities)
        self.accounts = AccountResolver(direction, settings, ledger)
        self.vat = VatMapper(direction, settings, ledger, capabilities)
        self.deposits_vat = accounts.deposits_vat if sales else None

    def deposit_account(self) -> ResolvedAccount:
        """The account of deposits: 4191 received from customers, 4091 paid to suppliers.

        Raises:
            NotReady: ``account_unknown``; a deposit never falls back on a turnover account.
        """
        return ResolvedAccount(active_number(self._ledger, self._deposits, "d'acomptes"), "deposit_account", ())


def _journal(code: str | None, direction: Direction, ledger: LedgerIndex) -> str:
    name = "de ventes" if direction is Direction.SALES else "d'achats"
    if code is None:
        raise NotReady(Reason.JOURNAL_MISSING, f"{name} (non renseigné dans les réglages)")
    journal = ledger.journal(code)
    # "other" is what a tool says of a journal whose kind it does not tell; only the opposite kind is surely wrong.
    if journal is None or not journal.open or journal.kind not in (direction.value, "other"):
        raise NotReady(Reason.JOURNAL_MISSING, f"{code} ({name})")
    return journal.code


def _control_account(number: str | None, direction: Direction, ledger: LedgerIndex, capabilities: Capabilities) -> str:
    what = "collectif clients" if direction is Direction.SALES else "collectif fournisseurs"
    if number is not None and capabilities.auxiliary_in_account and ledger.account(number) is None:
        # Such a tool books on the auxiliary account alone, and may not list the collective one.
        return number
    return active_number(ledger, number, what)
