"""Last step: what the run did and where the company stands, in counts and totals; gives the lease back."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import msgspec

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.pipeline.approval import Answer, last_answer
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.corrections import stored_proposals
from sellsy_ledger.pipeline.doubles import stored_doubles
from sellsy_ledger.pipeline.fetch import RUN_NOTE
from sellsy_ledger.pipeline.steps import LOAD_CHUNK, chunks

__all__ = ["ApprovalCounts", "RunReport", "build_report"]

BOOKED = (State.POSTED, State.VERIFIED)


class ApprovalCounts(msgspec.Struct, kw_only=True):
    """What became of the documents that a person was shown in this run: each is in one of the other four.

    ``held`` = approved, and changed since it was shown: not sent.
    """

    shown: int = 0
    approved: int = 0
    held: int = 0
    refused: int = 0
    unanswered: int = 0


class RunReport(msgspec.Struct, kw_only=True):
    """One run of one company.

    ``read`` documents listed by Sellsy, ``new`` seen for the first time, ``unreadable`` accounted and not to be
    understood, ``worked_on`` in the run's batches; ``states``
    and ``reasons`` count those as the run left them. ``all_states`` and ``all_reasons`` count every document of the
    company; ``delivered`` those handed over and not yet known to be in the books; ``booked``, ``debit_cents`` and
    ``credit_cents`` its posted and verified entries, of all runs. ``proposals`` corrections that wait for a person,
    ``doubles`` documents that the books seem to hold already, ``corrected`` documents whose entry was corrected beside
    or in its place. ``answered_by`` names the person behind ``approval``: for logs, and in no dictionary.
    """

    company: str
    run_id: str
    read: int = 0
    new: int = 0
    unreadable: int = 0
    worked_on: int = 0
    states: dict[str, int] = {}
    reasons: dict[str, int] = {}
    all_states: dict[str, int] = {}
    all_reasons: dict[str, int] = {}
    delivered: int = 0
    proposals: int = 0
    corrected: int = 0
    booked: int = 0
    debit_cents: int = 0
    credit_cents: int = 0
    approval: ApprovalCounts = msgspec.field(default_factory=ApprovalCounts)
    answered_by: str = ""
    doubles: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, for XCom and logs."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        del plain["answered_by"]
        return plain


def build_report(company: Company) -> RunReport:
    """Count the run and the company, then free the lease."""
    note = json.loads(company.register.note(company.name, RUN_NOTE) or "{}")
    report = RunReport(company=company.name, run_id=company.run_id)
    if note.get("run_id") == company.run_id:
        report.read, report.new, report.unreadable = note["read"], note["new"], note["unreadable"]
        _count_run(company, report, note["batches"])
    _count_answers(company, report)
    _count_company(company, report)
    _add_up(company, report)
    report.doubles = len(stored_doubles(company.register, company.name))
    company.register.free_lease(company.name, holder=company.run_id)
    return report


def _count_run(company: Company, report: RunReport, batches: list[str]) -> None:
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for batch in batches:
        for keys in chunks(company.register.batch(batch), LOAD_CHUNK):
            for record in company.register.load(company.name, keys):
                states[record.state.value] += 1
                if record.reason is not None:
                    reasons[record.reason.value] += 1
    report.worked_on = states.total()
    report.states, report.reasons = dict(sorted(states.items())), dict(sorted(reasons.items()))


def _count_answers(company: Company, report: RunReport) -> None:
    offer = last_answer(company)
    if offer is None:
        return
    counts, report.answered_by = report.approval, offer.who
    counts.shown = len(offer.seals)
    if offer.answer is Answer.UNANSWERED:
        counts.unanswered = counts.shown
        return
    approved = [key for key in offer.seals if offer.covers(key)]
    counts.refused = counts.shown - len(approved)
    for record in company.register.records(company.name, approved):
        if record.state is State.SEEN or record.reason is Reason.APPROVAL_PENDING:
            counts.held += 1
        else:
            counts.approved += 1


def _count_company(company: Company, report: RunReport) -> None:
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for (state, reason), count in company.register.counts(company.name).items():
        states[state.value] += count
        if reason is not None:
            reasons[reason.value] += count
    report.delivered = states[State.DELIVERED.value]
    report.corrected = states[State.CORRECTED.value]
    report.proposals = len(stored_proposals(company.register, company.name))
    report.all_states, report.all_reasons = dict(sorted(states.items())), dict(sorted(reasons.items()))


def _add_up(company: Company, report: RunReport) -> None:
    for keys in chunks(company.register.select(company.name, states=BOOKED), LOAD_CHUNK):
        for record in company.register.load(company.name, keys):
            report.booked += 1
            if record.entry is not None:
                report.debit_cents += record.entry.debit_cents
                report.credit_cents += record.entry.credit_cents
