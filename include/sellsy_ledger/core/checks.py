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
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.labels import piece_number
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.money import rate_to_french
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.rounding import lines_are_on_credit, rounds_to_credit_account, tolerance_cents
from sellsy_ledger.core.settings import CompanySettings

__all__ = [
    "CHECKS",
    "LEGAL_RATES",
    "Checked",
    "Finding",
    "Tally",
    "check_entry",
    "find_faults",
    "implied_rate_is_legal",
]

LEGAL_RATES = tuple(
    Decimal(rate) for rate in ("20", "19.6", "13", "10", "8.5", "7", "5.5", "2.1", "1.75", "1.05", "0.9", "0")
)
"""The French VAT rates that the tax office's own check knows."""

_HUNDRED = Decimal(100)
_NEAR = Decimal("0.05")
# Looking a member up in its class takes longer than all else that a line needs here.
_NET, _THIRD_PARTY, _ROUNDING = Role.NET, Role.THIRD_PARTY, Role.ROUNDING
_PRINTED = frozenset({"vat_printed", "vat_of_deposit"})


class Tally(NamedTuple):
    """The entry's amounts in cents, added up in one pass. VAT sums have the sign of the document's lines."""

    debit: int
    credit: int
    third_party: int
    """Debits less credits of the third-party lines."""
    third_parties: tuple[EntryLine, ...]
    roundings: tuple[EntryLine, ...]
    printed_vat: dict[str, int]
    """By rate, as ``rate_to_french`` writes it."""
    deductible: int
    """Self-assessed VAT, the half that is deducted."""
    due: int
    """Self-assessed VAT, the half that is owed."""


def _tally(document: Document, entry: JournalEntry) -> Tally:
    debit = credit = third_party = deductible = due = 0
    third_parties, roundings = [], []
    printed_vat: dict[str, int] = {}
    for line in entry.lines:
        debit += line.debit_cents
        credit += line.credit_cents
        role = line.role
        if role is _NET:
            continue
        signed = line.debit_cents - line.credit_cents
        if role is _THIRD_PARTY:
            third_party += signed
            third_parties.append(line)
        elif role is _ROUNDING:
            roundings.append(line)
        elif line.why.rule in _PRINTED:
            rate = line.why.facts[1]
            signed = -signed if lines_are_on_credit(document) else signed
            printed_vat[rate] = printed_vat.get(rate, 0) + signed
        elif line.why.rule == "reverse_charge_deductible":
            deductible += signed
        elif line.why.rule == "reverse_charge_due":
            due -= signed
    return Tally(debit, credit, third_party, tuple(third_parties), tuple(roundings), printed_vat, deductible, due)


class Checked(NamedTuple):
    """What a check looks at."""

    document: Document
    entry: JournalEntry
    tally: Tally
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
    tally = checked.tally
    if tally.debit == tally.credit:
        return []
    return [Finding("B1", f"debits are {tally.debit} cents and credits {tally.credit}")]


def check_third_party(checked: Checked) -> list[Finding]:
    """B2: at most one third-party line, carrying the document's gross (less the deposits that it deducts); none
    only when that is zero.
    """
    document, tally = checked.document, checked.tally
    carried = tally.third_party if lines_are_on_credit(document) else -tally.third_party
    if carried != document.gross_cents and not (
        document.deposits and carried == document.gross_cents - deducted_cents(document)
    ):
        return [Finding("B2", f"the third party carries {carried} cents of a gross of {document.gross_cents}")]
    if len(tally.third_parties) > 1:
        return [Finding("B2", f"there are {len(tally.third_parties)} third-party lines")]
    if tally.third_parties and not tally.third_parties[0].auxiliary_account:
        return [Finding("B2", "the third-party line has no auxiliary account")]
    return []


def check_vat(checked: Checked) -> list[Finding]:
    """B3: the VAT lines of each rate sum to the VAT printed for it."""
    gaps = dict(checked.tally.printed_vat)
    for amount in checked.document.vat:
        if amount.vat_cents:
            rate = rate_to_french(amount.rate)
            gaps[rate] = gaps.get(rate, 0) - amount.vat_cents
    return [Finding("B3", f"VAT at {rate} is off by {gap} cents") for rate, gap in gaps.items() if gap]


def check_sides(checked: Checked) -> list[Finding]:
    """B4: each line has exactly one positive side."""
    return [
        Finding("B4", f"account {line.account} has debit {line.debit_cents} and credit {line.credit_cents}")
        for line in checked.entry.lines
        if line.debit_cents * line.credit_cents or line.debit_cents + line.credit_cents <= 0
    ]


def check_rounding(checked: Checked) -> list[Finding]:
    """B5: at most one rounding line, within the tolerance, on the right account."""
    lines, settings = checked.tally.roundings, checked.settings
    if not lines:
        return []
    if len(lines) > 1:
        return [Finding("B5", f"there are {len(lines)} rounding lines")]
    line = lines[0]
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
    ledger = checked.ledger
    findings = []
    journal = ledger.journal(checked.entry.journal)
    if journal is None or not journal.open:
        name = checked.entry.journal
        findings.append(Finding("B6", f"journal {name} takes no entry", Reason.JOURNAL_MISSING, name))
    for line in checked.entry.lines:
        if not ledger.takes(line.account, line.vat_code):
            findings += _refused_line(line, checked)
    return findings


def _refused_line(line: EntryLine, checked: Checked) -> list[Finding]:
    found = checked.ledger.account(line.account)
    if found is None and line.role is Role.THIRD_PARTY and checked.capabilities.auxiliary_in_account:
        # Such a tool books on the auxiliary account alone, and may not list the collective one.
        return []
    if found is None or not found.active:
        return [Finding("B6", f"account {line.account} takes no entry", Reason.ACCOUNT_UNKNOWN, line.account)]
    detail = f"la ligne {line.account} : le code {line.vat_code} n'existe pas dans l'outil comptable"
    return [Finding("B6", f"VAT code {line.vat_code} is unknown", Reason.VAT_CODE_UNMAPPED, detail)]


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
    deductible, due = checked.tally.deductible, checked.tally.due
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
    checked = Checked(document, entry, _tally(document, entry), settings, ledger, capabilities)
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
