"""What the demo prints: the register's account of each company beside the ledgers' own.

The ledgers' figures come from the sandbox's witness, which knows nothing of the product. They agree only when the same
entries stand on both sides: same date, same PDF, same balance of each account to the cent. Accounts are compared by
their root of three digits, because a tool may book under its own sub-account, and because the reverse-charge pair that
some tools add by themselves (445 against 445) then cancels out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from sellsy_ledger.core.money import cents_to_text
from sellsy_ledger.core.outcomes import REASON_TEXTS, Reason, State
from sellsy_ledger.register.store import DocumentRecord, Register

__all__ = ["CompanyResult", "collect", "differences", "show"]

BOOKED = (State.POSTED, State.VERIFIED)
FIGURES = ("Read", "Posted", "Verified", "New", "Waiting", "Zero", "Rejected", "Debit €", "Credit €", "Ledger")
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
        return self.states[State.POSTED] + self.states[State.VERIFIED]


def collect(
    name: str, tool: str, company: str, register: Register, witness: Iterable[Mapping[str, Any]]
) -> CompanyResult:
    """Read one company's figures from the register, and the same from the tool's own ledger."""
    result = CompanyResult(name, tool)
    keys = register.select(company)
    for start in range(0, len(keys), 200):
        for record in register.load(company, keys[start : start + 200]):
            _count(result, record)
    for entry in witness:
        lines = [(line["account"], line["debit_cents"], line["credit_cents"]) for line in entry["lines"]]
        result.witnessed[_signature(str(entry["date"]), lines, entry["pdf_sha256"] or "")] += 1
    return result


def _signature(date: str, lines: Iterable[tuple[str, int, int]], sha256: str) -> Signature:
    balances: Counter[str] = Counter()
    for account, debit, credit in lines:
        balances[account[:3]] += debit - credit
    return date, tuple(sorted((root, cents) for root, cents in balances.items() if cents)), sha256


def _count(result: CompanyResult, record: DocumentRecord) -> None:
    result.read += 1
    result.states[record.state] += 1
    if record.state is State.WAITING and record.reason is not None:
        result.waiting[record.reason] += 1
    if record.state not in BOOKED or record.entry is None:
        return
    result.debit_cents += record.entry.debit_cents
    result.credit_cents += record.entry.credit_cents
    lines = [(line.account, line.debit_cents, line.credit_cents) for line in record.entry.lines]
    sha256 = record.supporting_document.sha256 if record.supporting_document else ""
    result.booked[_signature(record.entry.date.isoformat(), lines, sha256)] += 1


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
    unsettled = result.states[State.OUTCOME_UNKNOWN] + result.states[State.POSTING] + result.states[State.CONFLICT]
    if unsettled:
        found.append(f"{result.name}: {unsettled} documents are neither booked nor waiting")
    return found


def show(console: Console, results: list[CompanyResult]) -> None:
    """Print the table, then what waits and who must act."""
    table = Table(title="What the nightly runs did", title_justify="left")
    table.add_column("Company")
    table.add_column("Tool")
    for heading in (
        "Read",
        "Posted",
        "Verified",
        "New",
        "Waiting",
        "Zero",
        "Rejected",
        "Debit €",
        "Credit €",
        "Ledger",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for result in results:
        in_ledger = sum(result.witnessed.values())
        table.add_row(
            result.name,
            result.tool,
            str(result.read),
            str(result.posted),
            str(result.states[State.VERIFIED]),
            str(result.new),
            str(result.states[State.WAITING]),
            str(result.states[State.NOTHING_TO_POST]),
            str(result.states[State.REJECTED]),
            cents_to_text(result.debit_cents),
            cents_to_text(result.credit_cents),
            f"{in_ledger} {'=' if in_ledger == result.posted else '≠'}",
        )
    console.print(table)
    _show_waiting(console, results)


def _show_waiting(console: Console, results: list[CompanyResult]) -> None:
    table = Table(title="What waits, and who acts", title_justify="left")
    table.add_column("Reason", no_wrap=True)
    for result in results:
        table.add_column(result.name.split()[0], justify="right")
    table.add_column("Who")
    table.add_column("What to do")
    for reason in sorted({reason for result in results for reason in result.waiting}):
        counts = [str(result.waiting[reason] or "") for result in results]
        table.add_row(reason.value, *counts, REASON_TEXTS[reason].who, REASON_TEXTS[reason].action)
    if table.row_count:
        console.print(table)
