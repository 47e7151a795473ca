"""The rounding line: how large it may be, on which side it goes, and on which account.

Sellsy rounds each priced row and the VAT of each rate, so each of these amounts errs by half a cent at most; the sum
of the errors is the only difference that may be called rounding. Beyond it, something else is wrong and the document
waits. VAT and net lines are never touched to close a gap.
"""

from __future__ import annotations

from sellsy_ledger.core.accounts import active_number
from sellsy_ledger.core.documents import Direction, Document
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role, Why
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.money import cents_to_french
from sellsy_ledger.core.outcomes import NotReady, Reason
from sellsy_ledger.core.settings import CompanySettings, RoundingRule

__all__ = [
    "lines_are_on_credit",
    "rounding_line",
    "rounds_to_credit_account",
    "tolerance_cents",
]


def tolerance_cents(document: Document, cap_cents: int) -> int:
    """The largest gap in cents that rounding alone can explain.

    min(cap, max(1, ⌊(priced rows + VAT rates) / 2⌋)): 5 rows and 2 rates → 3 cents; 1 row and 1 rate → 1 cent;
    3,000 rows → the cap.
    """
    rates = len(document.vat)
    if rates > 1:
        rates = len({amount.rate for amount in document.vat})
    return min(cap_cents, max(1, (len(document.rows or ()) + rates) // 2))


def lines_are_on_credit(document: Document) -> bool:
    """True when the net and VAT lines of a document with a positive total stand on the credit side: sales invoices
    and purchase credit notes. The third party stands on the other side.
    """
    return (document.kind.direction is Direction.SALES) is not document.kind.is_credit_note


def rounds_to_credit_account(document: Document, rule: RoundingRule, *, on_credit: bool) -> bool:
    """Whether a rounding line on the given side uses the credit account (758) or the debit account (658).

    ``by_side``: the account follows the side, so that 758 only ever receives credits. ``literal``: lines short of
    the total go to the credit account whatever the side, lines above it to the debit account. Both agree on sales
    invoices and purchase credit notes.
    """
    if rule is RoundingRule.BY_SIDE:
        return on_credit
    # Lines are short when what is missing is on their own side; a negative total turns the document over.
    return on_credit is (lines_are_on_credit(document) is (document.gross_cents >= 0))


def rounding_line(
    document: Document,
    entry: JournalEntry,
    settings: CompanySettings,
    ledger: LedgerIndex,
    label: str,
) -> EntryLine | None:
    """The line that balances ``entry`` on the side that lacks, or None when it balances already.

    Raises:
        NotReady: ``rounding_beyond_tolerance`` when the gap is no rounding, ``account_unknown`` for the account.

    Example: purchase of 36.04 with lines of 36.03: one cent of debit is missing → debit 658 (by side).
    """
    missing_credit = entry.debit_cents - entry.credit_cents
    if not missing_credit:
        return None
    gap = abs(missing_credit)
    tolerance = tolerance_cents(document, settings.rounding_cap_cents)
    if gap > tolerance:
        detail = f"{cents_to_french(gap)} pour {cents_to_french(tolerance)} admis"
        raise NotReady(Reason.ROUNDING_BEYOND_TOLERANCE, detail)
    on_credit = missing_credit > 0
    accounts = settings.mappings.accounts
    if rounds_to_credit_account(document, settings.rounding_rule, on_credit=on_credit):
        setting, what = accounts.rounding_credit, "d'arrondi en crédit"
    else:
        setting, what = accounts.rounding_debit, "d'arrondi en débit"
    codes = settings.mappings.rounding_vat_codes
    code = codes.sales if document.kind.direction is Direction.SALES else codes.purchases
    if code is not None and ledger.lists_vat_codes and ledger.vat_code(code) is None:
        raise NotReady(Reason.VAT_CODE_UNMAPPED, f"l'arrondi : le code {code} n'existe pas dans l'outil comptable")
    return EntryLine(
        account=active_number(ledger, setting, what),
        label=label,
        debit_cents=0 if on_credit else gap,
        credit_cents=gap if on_credit else 0,
        vat_code=code,
        role=Role.ROUNDING,
        why=Why("rounding", (settings.rounding_rule, str(gap), str(tolerance))),
    )
