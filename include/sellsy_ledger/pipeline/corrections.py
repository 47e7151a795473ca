"""Corrections: proposed by a run, accepted or declined by a person, carried out by the next run.

Nothing is corrected before somebody accepted it. Accepting writes to the register alone: the reversal and the new
version become documents of their own that the next run takes on the ordinary way, each under its own posting key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sellsy_ledger.core.corrections import Action
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.proposals import (
    Proposal,
    declined,
    is_current,
    keep,
    proposed,
    remember_declined,
)
from sellsy_ledger.pipeline.proposing import Proposer
from sellsy_ledger.pipeline.scan import MARK_NOTE
from sellsy_ledger.register.corrections import Correction, stamp
from sellsy_ledger.register.store import DocumentRecord, Register

__all__ = [
    "Accepted",
    "Action",
    "Declined",
    "Proposal",
    "accept",
    "decline",
    "declined_proposals",
    "lacks_proposals",
    "propose",
    "stored_proposals",
]


class Accepted(NamedTuple):
    """``void`` = not what was shown any more (or never proposed): nothing was done for these."""

    accepted: list[str]
    void: list[str]


class Declined(NamedTuple):
    """A proposal that a person declined, and the record that says who."""

    proposal: Proposal
    record: DocumentRecord


def propose(company: Company) -> list[Proposal]:
    """Decide what would correct each document that changed after it was posted, and store that.

    Asks Sellsy for the documents as they are now, and the tool for its ledger and whether entries may still be changed.
    What a person declined is not proposed again.

    Raises:
        AccessError, TryLater: one of the two did not answer; the proposals stored before stay.
    """
    register, name = company.register, company.name
    proposer = Proposer(company)
    keep(register, name, [proposer.proposal(record) for record in register.records(name, register.to_correct(name))])
    return stored_proposals(register, name)


def stored_proposals(register: Register, company_name: str) -> list[Proposal]:
    """The proposals that still hold and wait for a person, by document date."""
    refused = declined(register, company_name)
    return [
        proposal for proposal, record in _current(register, company_name) if refused.get(record.key) != stamp(record)
    ]


def declined_proposals(register: Register, company_name: str) -> list[Declined]:
    """The proposals that a person declined, while nothing has changed since."""
    refused = declined(register, company_name)
    return [
        Declined(proposal, record)
        for proposal, record in _current(register, company_name)
        if refused.get(record.key) == stamp(record)
    ]


def lacks_proposals(company: Company) -> bool:
    """True when something changed after posting and nothing that holds is proposed for it, nor was declined."""
    register, name = company.register, company.name
    known = {proposal.key for proposal, _ in _current(register, name)}
    refused = declined(register, name)
    return any(
        record.key not in known and refused.get(record.key) != stamp(record)
        for record in register.records(name, register.to_correct(name))
    )


def accept(register: Register, company_name: str, seals: Mapping[str, str], *, who: str) -> Accepted:
    """Carry out what a person accepted, in one transaction.

    Args:
        register: the register.
        company_name: the company's short name.
        seals: the seal of each accepted proposal as it was shown, by document key.
        who: the person.
    """
    current = {proposal.key: (proposal, record) for proposal, record in _current(register, company_name)}
    meant = [current[key] for key, seal in seals.items() if key in current and current[key][0].seal == seal]
    if meant:
        # The next scan lists everything: it brings the rows of the new versions.
        register.store_note(company_name, MARK_NOTE, "{}")
    done = register.correct(company_name, [_correction(proposal, record) for proposal, record in meant], who=who)
    return Accepted(accepted=done, void=[key for key in seals if key not in done])


def decline(register: Register, company_name: str, keys: Iterable[str], *, who: str, note: str = "") -> None:
    """Leave the books as they are. It stays visible that they differ; nothing is proposed until another change."""
    records = {record.key: record for record in register.load(company_name, list(keys))}
    waiting = {one.key for one in stored_proposals(register, company_name)}
    records = {key: record for key, record in records.items() if key in waiting}
    remember_declined(register, company_name, records)
    for key in records:
        register.decline(company_name, key, who=who, note=note)


def _current(register: Register, company: str) -> list[tuple[Proposal, DocumentRecord]]:
    stored = proposed(register, company)
    records = register.records(company, [key for key in register.to_correct(company) if key in stored])
    return [(stored[record.key], record) for record in records if is_current(stored[record.key], record)]


def _correction(proposal: Proposal, record: DocumentRecord) -> Correction:
    return Correction(
        key=proposal.key,
        stamp=stamp(record),
        action=proposal.action,
        reversal_date=proposal.reversal_date,
        entry_date=proposal.entry_date,
    )
