"""What the demo prints: the register's account of each company beside the ledgers' own.

The ledgers' figures come from the sandbox's witness, which knows nothing of the product. They agree only when the same
entries stand on both sides: same dates, same totals to the cent, same PDF.
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
    booked: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    witnessed: Counter[tuple[Any, ...]] = field(default_factory=Counter)
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
        debit = sum(line["debit_cents"] for line in entry["lines"])
        credit = sum(line["credit_cents"] for line in entry["lines"])
        result.witnessed[(str(entry["date"]), debit, credit, entry["pdf_sha256"] or "")] += 1
    return result


def _count(result: CompanyResult, record: DocumentRecord) -> None:
    result.read += 1
    result.states[record.state] += 1
    if record.state is State.WAITING and record.reason is not None:
        result.waiting[record.reason] += 1
    if record.state not in BOOKED or record.entry is None:
        return
    debit, credit = record.entry.debit_cents, record.entry.credit_cents
    result.debit_cents += debit
    result.credit_cents += credit
    sha256 = record.supporting_document.sha256 if record.supporting_document else ""
    result.booked[(record.entry.date.isoformat(), debit, credit, sha256)] += 1


def differences(result: CompanyResult) -> list[str]:
    """Each entry that stands on one side only, in words; empty when register and ledger agree to the cent."""
    found = []
    for title, entries in (
        ("in the register, not in the ledger", result.booked - result.witnessed),
        ("in the ledger, not in the register", result.witnessed - result.booked),
    ):
        for (date, debit, credit, _), count in sorted(entries.items()):
            found.append(
                f"{result.name}: {count} × {date} debit {cents_to_text(debit)} credit {cents_to_text(credit)} {title}"
            )
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
    for heading in ("Read", "Posted", "Verified", "New", "Waiting", "Nothing to post", "Rejected"):
        table.add_column(heading, justify="right")
    for heading in ("Debit €", "Credit €", "In the ledger"):
        table.add_column(heading, justify="right")
    for result in results:
        ledger_count = sum(result.witnessed.values())
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
            f"{ledger_count} {'=' if ledger_count == result.posted else '≠'}",
        )
    console.print(table)
    _show_waiting(console, results)


def _show_waiting(console: Console, results: list[CompanyResult]) -> None:
    table = Table(title="What waits, and who acts", title_justify="left")
    for heading in ("Company", "Reason", "Documents", "Who", "What to do"):
        table.add_column(heading, justify="right" if heading == "Documents" else "left")
    for result in results:
        for reason, count in sorted(result.waiting.items()):
            texts = REASON_TEXTS[reason]
            table.add_row(result.name, reason.value, str(count), texts.who, texts.action)
    if table.row_count:
        console.print(table)
