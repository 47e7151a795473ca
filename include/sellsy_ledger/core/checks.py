"""The gate that every entry passes before it is posted: invariants B1 to B9 as a list of functions.

Each check looks at the entry as it stands and says what it finds; none repairs anything and none raises. They
recompute what they can from the document, on another path than the one that made the entry. B8 (one piece number per
journal, third party and year) needs the register and the whole ledger: here it is the piece number's own form, and
``labels.colliding_pieces`` and the pipeline do the rest. B10 is about the PDF and belongs to the pipeline.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.deposits import deducted_cents
from sellsy_ledger.core.documents import Direction, Document
from sellsy_ledger.core.entries import JournalEntry, Role
from sellsy_ledger.core.labels import piece_number
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.money import rate_to_french
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.rounding import lines_are_on_credit, rounds_to_credit_account, tolerance_cents
from sellsy_ledger.core.settings import CompanySettings

__all__ = ["CHECKS", "LEGAL_RATES", "Checked", "Finding", "check_entry", "find_faults", "implied_rate_is_legal"]

LEGAL_RATES = tuple(
    Decimal(rate) for rate in ("20", "19.6", "13", "10", "8.5", "7", "5.5", "2.1", "1.75", "1.05", "0.9", "0")
)
"""The French VAT rates that the tax office's own check knows."""

_HUNDRED = Decimal(100)
_NEAR = Decimal("0.05")
_PRINTED = frozenset({"vat_printed", "vat_of_deposit"})


class Checked(NamedTuple):
    """What a check looks at."""

    document: Document
    entry: JournalEntry
    settings: CompanySettings
    ledger: LedgerIndex
    capabilities: Capabilities


class Finding(NamedTuple):
    """One invariant that does not hold. ``reason`` is set where the ledger's state, not the program, is the cause;
    ``detail`` is then the variable part of its French sentence.
    """

    invariant: str
    text: str
    reason: Reason | None = None
    detail: str = ""


def check_balance(checked: Checked) -> list[Finding]:
    """B1: debits equal credits, in whole cents."""
    debit, credit = checked.entry.debit_cents, checked.entry.credit_cents
    if debit == credit:
        return []
    return [Finding("B1", f"debits are {debit} cents and credits {credit}")]


def check_third_party(checked: Checked) -> list[Finding]:
    """B2: one third-party line, first, carrying the document's gross (less the deposits that it deducts)."""
    document, entry = checked.document, checked.entry
    lines = [line for line in entry.lines if line.role is Role.THIRD_PARTY]
    carried = sum(line.debit_cents - line.credit_cents for line in lines)
    if not lines_are_on_credit(document):
        carried = -carried
    allowed = {document.gross_cents}
    if document.deposits:
        allowed.add(document.gross_cents - deducted_cents(document))
    if len(lines) > 1 or carried not in allowed:
        return [Finding("B2", f"the third party carries {carried} cents, the document {sorted(allowed)}")]
    if any(not line.auxiliary_account for line in lines):
        return [Finding("B2", "the third-party line has no auxiliary account")]
    return []


def check_vat(checked: Checked) -> list[Finding]:
    """B3: the VAT lines of each rate sum to the VAT printed for it."""
    document = checked.document
    sign = 1 if lines_are_on_credit(document) else -1
    expected: dict[str, int] = {}
    for amount in document.vat:
        if amount.vat_cents:
            rate = rate_to_french(amount.rate)
            expected[rate] = expected.get(rate, 0) + amount.vat_cents
    for line in checked.entry.lines:
        if line.role is Role.VAT and line.why.rule in _PRINTED:
            rate = line.why.facts[1]
            expected[rate] = expected.get(rate, 0) - sign * (line.credit_cents - line.debit_cents)
    return [Finding("B3", f"VAT at {rate} is off by {-gap} cents") for rate, gap in expected.items() if gap]


def check_sides(checked: Checked) -> list[Finding]:
    """B4: each line has exactly one positive side."""
    return [
        Finding("B4", f"line {position} has debit {line.debit_cents} and credit {line.credit_cents}")
        for position, line in enumerate(checked.entry.lines)
        if min(line.debit_cents, line.credit_cents) != 0 or line.debit_cents + line.credit_cents <= 0
    ]


def check_rounding(checked: Checked) -> list[Finding]:
    """B5: at most one rounding line, within the tolerance, on the right account."""
    lines = [line for line in checked.entry.lines if line.role is Role.ROUNDING]
    if not lines:
        return []
    if len(lines) > 1:
        return [Finding("B5", f"there are {len(lines)} rounding lines")]
    line, settings = lines[0], checked.settings
    tolerance = tolerance_cents(checked.document, settings.rounding_cap_cents)
    if line.debit_cents + line.credit_cents > tolerance:
        return [Finding("B5", f"the rounding line exceeds {tolerance} cents")]
    accounts = settings.mappings.accounts
    to_credit = rounds_to_credit_account(checked.document, settings.rounding_rule, on_credit=line.credit_cents > 0)
    wanted = checked.ledger.account(accounts.rounding_credit if to_credit else accounts.rounding_debit)
    if wanted is None or wanted.number != line.account:
        return [Finding("B5", f"the rounding line is on account {line.account}")]
    return []


def check_references(checked: Checked) -> list[Finding]:
    """B6: journal, accounts and VAT codes exist and are active in the ledger read today."""
    ledger, findings = checked.ledger, []
    journal = ledger.journal(checked.entry.journal)
    if journal is None or not journal.open:
        name = checked.entry.journal
        findings.append(Finding("B6", f"journal {name} takes no entry", Reason.JOURNAL_MISSING, name))
    for line in checked.entry.lines:
        found = ledger.account(line.account)
        in_auxiliary = found is None and line.role is Role.THIRD_PARTY and checked.capabilities.auxiliary_in_account
        if not in_auxiliary and (found is None or not found.active):
            text = f"account {line.account} takes no entry"
            findings.append(Finding("B6", text, Reason.ACCOUNT_UNKNOWN, line.account))
        if line.vat_code is not None and ledger.lists_vat_codes and ledger.vat_code(line.vat_code) is None:
            detail = f"la ligne {line.account} : le code {line.vat_code} n'existe pas dans l'outil comptable"
            findings.append(Finding("B6", f"VAT code {line.vat_code} is unknown", Reason.VAT_CODE_UNMAPPED, detail))
    return findings


def check_period(checked: Checked) -> list[Finding]:
    """B7: the period is open, and the piece date is the document's own."""
    entry = checked.entry
    if entry.piece_date != checked.document.date:
        return [Finding("B7", f"the piece date is {entry.piece_date}, the document's {checked.document.date}")]
    if not checked.ledger.is_open(entry.date):
        return [Finding("B7", f"{entry.date} takes no entry", Reason.PERIOD_CLOSED, f"{entry.date:%d/%m/%Y}")]
    return []


def check_piece(checked: Checked) -> list[Finding]:
    """B8, the part that one entry shows: the piece number is the document's, in the form that the tool keeps."""
    wanted = piece_number(checked.document.number, checked.capabilities)
    if not wanted or checked.entry.piece != wanted or checked.entry.number != checked.document.number:
        return [Finding("B8", f"piece {checked.entry.piece!r} is not the document's number")]
    return []


def check_reverse_charge(checked: Checked) -> list[Finding]:
    """B9: a self-assessed purchase has both halves of its pair, of the same amount; nothing else has one."""
    deductible = due = 0
    for line in checked.entry.lines:
        if line.why.rule == "reverse_charge_deductible":
            deductible += line.debit_cents - line.credit_cents
        elif line.why.rule == "reverse_charge_due":
            due += line.credit_cents - line.debit_cents
    if deductible != due:
        return [Finding("B9", f"the reverse charge deducts {deductible} cents and owes {due}")]
    if deductible and checked.document.kind.direction is Direction.SALES:
        return [Finding("B9", "a sale assesses its buyer's VAT")]
    if deductible and checked.capabilities.computes_vat:
        return [Finding("B9", "the tool adds the reverse charge itself, and the entry holds it too")]
    return []


CHECKS: tuple[Callable[[Checked], list[Finding]], ...] = (
    check_balance,
    check_third_party,
    check_vat,
    check_sides,
    check_rounding,
    check_references,
    check_period,
    check_piece,
    check_reverse_charge,
)
"""Every check, in the order B1 to B9."""


def find_faults(
    document: Document,
    entry: JournalEntry,
    settings: CompanySettings,
    ledger: LedgerIndex,
    capabilities: Capabilities,
) -> list[Finding]:
    """What all checks find; empty when the entry may be posted."""
    checked = Checked(document, entry, settings, ledger, capabilities)
    return [finding for check in CHECKS for finding in check(checked)]


def check_entry(
    document: Document,
    entry: JournalEntry,
    settings: CompanySettings,
    ledger: LedgerIndex,
    capabilities: Capabilities,
) -> list[str]:
    """What all checks find, as English text (``B1: debits are …``); empty when the entry may be posted."""
    faults = find_faults(document, entry, settings, ledger, capabilities)
    return [f"{fault.invariant}: {fault.text}" for fault in faults]


def implied_rate_is_legal(document: Document) -> bool:
    """True unless the VAT of a single-rate document fits no French rate, within its roundings.

    Example: 15.00 of VAT on 100.00 fits none; 0.06 on 1.00 is 5.5 % rounded.
    """
    taxed = [amount for amount in document.vat if amount.vat_cents]
    if len(taxed) != 1 or len(document.vat) != 1 or not document.net_cents:
        return True
    vat = taxed[0].vat_cents
    near = max(_NEAR * abs(document.net_cents) / _HUNDRED, Decimal(tolerance_cents(document, 10)))
    return any(abs(document.net_cents * rate / _HUNDRED - vat) <= near for rate in LEGAL_RATES)
