"""What is proposed for posted documents that changed in Sellsy, as it is kept between a run and a person's word.

The proposals are a note of the register; each is good only while its document is what it was when it was made. What a
person declined is a note of its own, and counts until the document changes again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from sellsy_ledger.core.corrections import Action
from sellsy_ledger.core.fingerprint import payload_hash
from sellsy_ledger.register.corrections import stamp
from sellsy_ledger.register.store import DocumentRecord, Register

__all__ = ["Proposal", "declined", "is_current", "keep", "proposed", "remember_declined", "sealed"]

PROPOSED_NOTE = "corrections_proposed"
DECLINED_NOTE = "corrections_declined"


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What would correct the books for one document; nothing is done before somebody accepts it.

    Attributes:
        key: the document's key.
        number: its number, as people know it.
        third_party: customer or supplier.
        change: ``changed`` (other content) or ``retracted`` (not accounted any more, or deleted).
        action: what is proposed.
        before_cents: gross as posted, credit notes negative; None where nobody knows.
        after_cents: gross as Sellsy shows it now, credit notes negative; None when it is retracted.
        reversal_date: the day of the reversal, where there is one.
        entry_date: the day of the new version's entry, where the document's own day is closed.
        seal: binds all of this, the changed content and what was posted: what is accepted is what was shown.
        sentence: what would be done and why, in French.
    """

    key: str
    number: str
    third_party: str
    change: Literal["changed", "retracted"]
    action: Action
    before_cents: int | None
    after_cents: int | None
    reversal_date: dt.date | None = None
    entry_date: dt.date | None = None
    seal: str = ""
    sentence: str


_PROPOSALS = msgspec.json.Decoder(list[Proposal])
_STAMPS = msgspec.json.Decoder(dict[str, str])


def sealed(proposal: Proposal, record: DocumentRecord) -> Proposal:
    """``proposal``, bound to what ``record`` is now."""
    unsealed = msgspec.structs.replace(proposal, seal="")
    facts = {"record": stamp(record), "proposal": msgspec.to_builtins(unsealed)}
    return msgspec.structs.replace(proposal, seal=payload_hash(facts))


def is_current(proposal: Proposal, record: DocumentRecord) -> bool:
    """True while the document is what it was when the proposal was made."""
    return sealed(proposal, record).seal == proposal.seal


def proposed(register: Register, company: str) -> dict[str, Proposal]:
    """What was proposed last, by key."""
    return {one.key: one for one in _PROPOSALS.decode(register.note(company, PROPOSED_NOTE) or "[]")}


def keep(register: Register, company: str, proposals: Iterable[Proposal]) -> None:
    """Store the proposals in place of the earlier ones."""
    register.store_note(company, PROPOSED_NOTE, msgspec.json.encode(list(proposals)).decode())


def declined(register: Register, company: str) -> dict[str, str]:
    """Stamps of the documents whose correction was declined, by key."""
    return _STAMPS.decode(register.note(company, DECLINED_NOTE) or "{}")


def remember_declined(register: Register, company: str, records: Mapping[str, DocumentRecord]) -> None:
    """Do not propose a correction of these again until they change again."""
    known = declined(register, company) | {key: stamp(record) for key, record in records.items()}
    register.store_note(company, DECLINED_NOTE, msgspec.json.encode(known).decode())
