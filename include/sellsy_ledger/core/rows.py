"""Whether the rows rebuilt from Sellsy's accounting journal make the same entry as the document's own rows.

Where they do, the document's detail need not be fetched. Only what is provable counts: when in doubt, the answer is
no, and the price is one call. The reader rebuilds rows only where the journal closes on the document's totals, and
several lines only where row amounts have no fractions of cents (so that sums of lines are sums of rows); this module
decides what the company's settings add to that. One thing no journal shows: rows with and without an account that
cancel out to zero on Sellsy's default account leave no line there; they change no total, and are not looked for.
"""

from __future__ import annotations

from collections.abc import Iterable

from sellsy_ledger.core.accounts import default_account
from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.ledger import PaddedNumbers, unpadded
from sellsy_ledger.core.money import round_to_cents
from sellsy_ledger.core.settings import CompanySettings

__all__ = ["rows_suffice"]


def rows_suffice(document: Document, settings: CompanySettings, default_accounts: frozenset[str]) -> bool:
    """True when the journal rows give exactly the entry that detail rows would.

    Args:
        document: as read from lists, its rows rebuilt from the accounting journal (or None).
        settings: the company's settings.
        default_accounts: numbers of Sellsy's own default accounts. A journal line on one of them may stand for rows
            without an account, which our default account takes: it proves nothing unless both are the same.
    """
    rows = document.rows
    if not rows or document.rows_source != "journal" or settings.label_style.needs_descriptions:
        return False
    if document.is_deposit or document.deposits or document.adjustments or not _one_taxed_nature(document):
        return False
    if document.global_discount and len(rows) > 1:
        # How Sellsy's journal spread the discount over accounts, to the cent, is not known.
        return False
    return all(_is_certain(row.account, document, settings, default_accounts) for row in rows)


def _one_taxed_nature(document: Document) -> bool:
    """True when all rows bear the one tax that the document prints: its VAT is the rate of its whole net."""
    if len(document.vat) != 1:
        return False
    tax = document.vat[0]
    net = document.net_cents
    if any(row.tax_id != tax.tax_id or row.rate != tax.rate for row in document.rows or ()):
        return False
    if document.gross_cents != net + tax.vat_cents:
        return False
    return round_to_cents(net * tax.rate / 10_000) == tax.vat_cents


def _is_certain(
    account: str | None, document: Document, settings: CompanySettings, default_accounts: Iterable[str]
) -> bool:
    if account is None:
        return False
    if unpadded(account) not in {unpadded(default) for default in default_accounts}:
        return True
    ours = default_account(settings.mappings.accounts, document.kind.direction)
    overridden = PaddedNumbers(settings.mappings.account_overrides.items()).find(account) or account
    return ours is not None and unpadded(overridden) == unpadded(ours)
