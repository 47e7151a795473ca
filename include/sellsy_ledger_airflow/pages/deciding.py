"""What a person decided, done: every decision is compared with what that person was shown, and does nothing when it
changed meanwhile or was taken already (a double click, two people at once).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sellsy_ledger.core.outcomes import State
from sellsy_ledger.errors import ConfigurationError, InvariantBroken
from sellsy_ledger.pipeline.corrections import accept, decline, declined_proposals, stored_proposals
from sellsy_ledger.pipeline.doubles import decide as decide_double
from sellsy_ledger.pipeline.doubles import stored_doubles
from sellsy_ledger.register.store import Register
from sellsy_ledger_airflow.pages.decisions import DOUBTFUL, batch_seal, double_seal, doubt_seal, entry_ids_of

__all__ = ["DID_NOTHING", "Action", "Decision", "Said", "decide"]


class Action(StrEnum):
    """The buttons of the decisions page."""

    ACCEPT = "accept"
    DECLINE = "decline"
    SAME = "same"
    DIFFERENT = "different"
    POSTED = "posted"
    NOT_POSTED = "not_posted"
    BATCH_POSTED = "batch_posted"
    BATCH_NOT_POSTED = "batch_not_posted"


class Said(StrEnum):
    """What the page says afterwards."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    SAME = "same"
    DIFFERENT = "different"
    POSTED = "posted"
    NOT_POSTED = "not_posted"
    CHANGED = "changed"
    GONE = "gone"
    ENTRY_ID_NEEDED = "entry_id_needed"
    ENTRY_TAKEN = "entry_taken"


DID_NOTHING = frozenset({Said.CHANGED, Said.GONE, Said.ENTRY_ID_NEEDED, Said.ENTRY_TAKEN})


@dataclass(frozen=True)
class Decision:
    """One form as it came back. ``key`` names the document (or the hand-over), ``seal`` what was shown of it."""

    action: Action
    key: str
    seal: str
    entry_id: str = ""
    note: str = ""


def decide(register: Register, company: str, decision: Decision, *, who: str) -> Said:
    """Do one decision, in the name of ``who``.

    Raises:
        TryLater: the register does not answer; nothing was done.
    """
    match decision.action:
        case Action.ACCEPT | Action.DECLINE:
            return _correction(register, company, decision, who)
        case Action.SAME | Action.DIFFERENT:
            return _double(register, company, decision, who)
        case Action.POSTED | Action.NOT_POSTED:
            return _doubt(register, company, decision, who)
        case Action.BATCH_POSTED | Action.BATCH_NOT_POSTED:
            return _batch(register, company, decision, who)


def _correction(register: Register, company: str, decision: Decision, who: str) -> Said:
    shown = {proposal.key: proposal.seal for proposal in stored_proposals(register, company)}
    if decision.action is Action.ACCEPT:
        # What was declined may be accepted later.
        shown |= {one.proposal.key: one.proposal.seal for one in declined_proposals(register, company)}
    if decision.key not in shown:
        return Said.GONE
    if decision.action is Action.ACCEPT:
        done = accept(register, company, {decision.key: decision.seal}, who=who)
        return Said.ACCEPTED if decision.key in done.accepted else Said.CHANGED
    if shown[decision.key] != decision.seal:
        return Said.CHANGED
    decline(register, company, [decision.key], who=who, note=decision.note)
    return Said.DECLINED


def _double(register: Register, company: str, decision: Decision, who: str) -> Said:
    double = next((one for one in stored_doubles(register, company) if one.key == decision.key), None)
    if double is None:
        return Said.GONE
    if double_seal(double) != decision.seal:
        return Said.CHANGED
    same = decision.action is Action.SAME
    entry_id = decision.entry_id if same else ""
    choice = entry_ids_of(double)
    if same and (entry_id or len(choice) > 1) and entry_id not in choice:
        return Said.ENTRY_ID_NEEDED
    try:
        decide_double(register, company, double.key, same=same, who=who, entry_id=entry_id, note=decision.note)
    except ConfigurationError:
        if any(one.key == double.key for one in stored_doubles(register, company)):
            raise
        # Decided by somebody else a moment ago.
        return Said.GONE
    except InvariantBroken:
        return Said.ENTRY_TAKEN
    return Said.SAME if same else Said.DIFFERENT


def _doubt(register: Register, company: str, decision: Decision, who: str) -> Said:
    found = register.load(company, [decision.key])
    if not found or found[0].state not in DOUBTFUL:
        return Said.GONE
    record, booked = found[0], decision.action is Action.POSTED
    if doubt_seal(record) != decision.seal:
        return Said.CHANGED
    entry_id = decision.entry_id if booked else ""
    if booked and not entry_id and record.state is not State.DELIVERED:
        return Said.ENTRY_ID_NEEDED
    fact = _fact(booked, f" as entry {entry_id}" if entry_id else "")
    try:
        register.resolve(
            company,
            record.key,
            entry_id=entry_id if booked else None,
            who=who,
            note=_note(fact, decision.note),
            among=[record.state],
        )
    except InvariantBroken:
        # Somebody else, or the night's run, settled it a moment ago.
        return Said.GONE
    return Said.POSTED if booked else Said.NOT_POSTED


def _batch(register: Register, company: str, decision: Decision, who: str) -> Said:
    keys = register.by_handle(company, DOUBTFUL).get(decision.key, [])
    if not keys:
        return Said.GONE
    if batch_seal(keys) != decision.seal:
        return Said.CHANGED
    booked = decision.action is Action.BATCH_POSTED
    note = _note(_fact(booked, f" with {decision.key}"), decision.note)
    try:
        done = register.resolve_batch(company, decision.key, posted=booked, who=who, note=note, among=DOUBTFUL)
    except InvariantBroken:
        return Said.GONE
    if not done:
        return Said.GONE
    return Said.POSTED if booked else Said.NOT_POSTED


def _fact(booked: bool, how: str) -> str:
    """As the command line writes it: the register's events read alike whoever settled a doubt, and where."""
    return ("posted" if booked else "not posted") + how


def _note(fact: str, note: str) -> str:
    return f"{fact}; {note}" if note else fact
