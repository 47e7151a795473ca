"""What the demo prints: the register's account of each company beside the ledgers' own.

The ledgers' figures come from the sandbox's witness, which knows nothing of the product. They agree only when the same
entries stand on both sides: same date, same PDF where the tool takes one, same balance of each account to the cent.
Accounts are compared by their root of three digits, because a tool may book under its own sub-account, and because the
reverse-charge pair that some tools add by themselves (445 against 445) then cancels out. A third party's own account
counts as its control account.

What was delivered as a file is not in the books before somebody imports it: it is told apart, and never counted as
posted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from sellsy_ledger.core.capabilities import Capabilities, PdfSupport
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.money import cents_to_text
from sellsy_ledger.core.outcomes import REASON_TEXTS, Reason, State
from sellsy_ledger.register.store import DocumentRecord, Register
from sellsy_ledger_airflow.demo.companies import DemoCompany

__all__ = ["BOOKED", "CompanyResult", "collect", "differences", "show"]

BOOKED = (State.POSTED, State.VERIFIED)
UNSETTLED = (State.OUTCOME_UNKNOWN, State.POSTING, State.CONFLICT)
# Date, balance in cents of each account root, SHA-256 of the PDF.
Signature = tuple[str, tuple[tuple[str, int], ...], str]


@dataclass
class CompanyResult:
    """One company's figures; amounts are cents. ``booked`` and ``witnessed`` count identical entries."""

    name: str
    tool: str
    read: int = 0
    states: Counter[State] = field(default_factory=Counter)
    waiting: Counter[Reason] = field(default_factory=Counter)
    debit_cents: int = 0
    credit_cents: int = 0
    booked: Counter[Signature] = field(default_factory=Counter)
    witnessed: Counter[Signature] = field(default_factory=Counter)
    new: int = 0

    @property
    def posted(self) -> int:
        """Documents booked, whether read back already or not."""
        return sum(self.states[state] for state in BOOKED)


def collect(company: DemoCompany, register: Register, witness: Iterable[Mapping[str, Any]]) -> CompanyResult:
    """Read one company's figures from the register, and the same from the tool's own ledger.

    Args:
        company: the company.
        register: the register of the demo.
        witness: the entries that the sandbox holds in the company's ledger.
    """
    result = CompanyResult(company.name, company.capabilities.title)
    sides = _Sides(company.capabilities)
    keys = register.select(company.company)
    for start in range(0, len(keys), 200):
        for record in register.load(company.company, keys[start : start + 200]):
            _count(result, record, sides)
    for entry in witness:
        lines = [(line["account"], line["debit_cents"], line["credit_cents"]) for line in entry["lines"]]
        result.witnessed[sides.signature(str(entry["date"]), lines, entry["pdf_sha256"])] += 1
    return result


class _Sides:
    """Makes both sides comparable, as far as the tool keeps what was sent."""

    def __init__(self, capabilities: Capabilities) -> None:
        self._has_pdf = capabilities.pdf is not PdfSupport.NEVER and not capabilities.batches
        self._control_accounts: dict[str, str] = {}

    def learn(self, entry: JournalEntry) -> None:
        """Remember which control account each third party's own account stands for."""
        for line in entry.lines:
            if line.auxiliary_account:
                self._control_accounts[line.auxiliary_account] = line.account

    def signature(self, date: str, lines: Iterable[tuple[str, int, int]], sha256: str | None) -> Signature:
        balances: Counter[str] = Counter()
        for account, debit, credit in lines:
            balances[self._control_accounts.get(account, account)[:3]] += debit - credit
        told = sha256 or "" if self._has_pdf else ""
        return date, tuple(sorted((root, cents) for root, cents in balances.items() if cents)), told


def _count(result: CompanyResult, record: DocumentRecord, sides: _Sides) -> None:
    result.read += 1
    result.states[record.state] += 1
    if record.state is State.WAITING and record.reason is not None:
        result.waiting[record.reason] += 1
    if record.state not in BOOKED or record.entry is None:
        return
    sides.learn(record.entry)
    result.debit_cents += record.entry.debit_cents
    result.credit_cents += record.entry.credit_cents
    lines = [(line.account, line.debit_cents, line.credit_cents) for line in record.entry.lines]
    sha256 = record.supporting_document.sha256 if record.supporting_document else ""
    result.booked[sides.signature(record.entry.date.isoformat(), lines, sha256)] += 1


def differences(result: CompanyResult) -> list[str]:
    """Each entry that stands on one side only, in words; empty when register and ledger agree to the cent."""
    found = []
    for title, entries in (
        ("in the register, not in the ledger", result.booked - result.witnessed),
        ("in the ledger, not in the register", result.witnessed - result.booked),
    ):
        for (date, balances, _), count in sorted(entries.items()):
            accounts = ", ".join(f"{root} {cents_to_text(cents)}" for root, cents in balances)
            found.append(f"{result.name}: {count} × {date} ({accounts}) {title}")
    if result.debit_cents != result.credit_cents:
        found.append(f"{result.name}: debit {result.debit_cents} and credit {result.credit_cents} cents differ")
    unsettled = sum(result.states[state] for state in UNSETTLED)
    if unsettled:
        found.append(f"{result.name}: {unsettled} documents are neither booked nor waiting")
    return found


def show(console: Console, results: list[CompanyResult]) -> None:
    """Print the table, then what waits and who must act."""
    table = Table(title="What the nightly runs did", title_justify="left")
    table.add_column("Company")
    table.add_column("Tool")
    rows = [_figures(result) for result in results]
    for heading in rows[0] if rows else ():
        table.add_column(heading, justify="right", no_wrap=True)
    for result, row in zip(results, rows, strict=True):
        table.add_row(result.name, result.tool, *row.values())
    console.print(table)
    _show_waiting(console, results)


def _figures(result: CompanyResult) -> dict[str, str]:
    in_ledger = sum(result.witnessed.values())
    return {
        "Read": str(result.read),
        "Posted": str(result.posted),
        "Verified": str(result.states[State.VERIFIED]),
        "New": str(result.new),
        "Delivered": str(result.states[State.DELIVERED]),
        "Waiting": str(result.states[State.WAITING]),
        "Zero": str(result.states[State.NOTHING_TO_POST]),
        "Rejected": str(result.states[State.REJECTED]),
        "Debit €": cents_to_text(result.debit_cents),
        "Credit €": cents_to_text(result.credit_cents),
        "Ledger": f"{in_ledger} {'=' if in_ledger == result.posted else '≠'}",
    }


def _show_waiting(console: Console, results: list[CompanyResult]) -> None:
    table = Table(title="What waits, and who acts", title_justify="left")
    table.add_column("Reason", no_wrap=True)
    table.add_column("Documents")
    table.add_column("Who")
    table.add_column("What to do")
    for reason in sorted({reason for result in results for reason in result.waiting}):
        counts = [f"{result.name.split()[0]} {result.waiting[reason]}" for result in results if result.waiting[reason]]
        table.add_row(reason.value, ", ".join(counts), REASON_TEXTS[reason].who, REASON_TEXTS[reason].action)
    if table.row_count:
        console.print(table)
