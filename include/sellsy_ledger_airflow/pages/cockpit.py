"""What the cockpit shows, read from the settings and the register: values only, no HTML. Nothing is written."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.core.settings import CompanyEntry
from sellsy_ledger.pipeline.fetch import RUN_NOTE
from sellsy_ledger.register.store import Register
from sellsy_ledger_airflow.pages import texts
from sellsy_ledger_airflow.pages.companies import dag_of
from sellsy_ledger_airflow.pages.decisions import count_decisions
from sellsy_ledger_airflow.settings import Companies

__all__ = ["Card", "Run", "Waiting", "cards"]

# Reasons explain documents in these two states; in the others they are history.
EXPLAINED = (State.WAITING, State.REJECTED)
# What the page of prepared entries shows.
PREPARED = (State.READY, State.WAITING)


@dataclass(frozen=True)
class Waiting:
    """One reason: how many documents, who acts, what to do."""

    reason: str
    count: int
    who: str
    action: str


@dataclass(frozen=True)
class Run:
    """The last run that looked for documents."""

    started: str
    kind: str
    read: int
    new: int


@dataclass(frozen=True)
class Card:
    """One company on the cockpit; ``problem`` is set (and the rest empty) when its settings are wrong."""

    company: str
    name: str
    tool: str = ""
    problem: str = ""
    run: Run | None = None
    states: list[tuple[str, int]] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    decisions: int = 0
    prepared: int = 0
    proofs: list[tuple[str, str]] = field(default_factory=list)


def cards(companies: Companies, readable: Collection[str], register: Register, language: str) -> list[Card]:
    """One card per company whose DAG the reader may read, those to correct first."""
    wrong = [
        Card(company=company, name=company, problem=problem)
        for company, problem in sorted(companies.wrong.items())
        if dag_of(company) in readable
    ]
    return wrong + [
        _card(entry, register, language) for entry in companies.entries if dag_of(entry.company) in readable
    ]


def _card(entry: CompanyEntry, register: Register, language: str) -> Card:
    counts = register.counts(entry.company)
    return Card(
        company=entry.company,
        name=entry.name,
        tool=entry.tool,
        run=_last_run(register.note(entry.company, RUN_NOTE), language),
        states=list(_states(counts, language)),
        waiting=list(_waiting(counts, language)),
        decisions=count_decisions(register, entry.company, counts),
        prepared=sum(count for (state, _), count in counts.items() if state in PREPARED),
        proofs=_proofs(register, entry.company, language),
    )


def _states(counts: dict[tuple[State, Reason | None], int], language: str) -> Iterator[tuple[str, int]]:
    for state in State:
        total = sum(count for (counted, _), count in counts.items() if counted is state)
        if total:
            yield texts.state_name(state, language), total


def _waiting(counts: dict[tuple[State, Reason | None], int], language: str) -> Iterator[Waiting]:
    for reason in Reason:
        total = sum(counts.get((state, reason), 0) for state in EXPLAINED)
        if total:
            yield Waiting(
                reason=texts.reason_name(reason, language),
                count=total,
                who=texts.who(reason, language),
                action=texts.action(reason, language),
            )


def _last_run(note: str | None, language: str) -> Run | None:
    if note is None:
        return None
    run = json.loads(note)
    return Run(
        started=texts.moment(datetime.fromisoformat(run["started_at"]), language),
        kind=texts.words(language).get(run["kind"], run["kind"]),
        read=run["read"],
        new=run["new"],
    )


def _proofs(register: Register, company: str, language: str) -> list[tuple[str, str]]:
    words = texts.words(language)
    latest = {proof.period: proof.level for proof in register.proofs(company)}
    return [(period, words.get(level, level)) for period, level in sorted(latest.items())]
