"""After a restore: third parties whose link was lost with the register are taken as the tool's own entries name them.

Some tools make a third party from an entry and keep nothing of it but its account. When the link between the two is
lost, nothing says whose account it is, and another one is proposed. An entry found under our key does say it.
"""

from __future__ import annotations

import msgspec

from sellsy_ledger.connectors.base import PostedEntry, PostingRequest
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["as_held", "as_linked"]


def as_held(item: PostingRequest, held: PostedEntry) -> PostingRequest | None:
    """The request with the one third party that the entry held has in place of ours; None when it is not that clear."""
    accounts = {line.account for line in held.lines or ()}
    others = [
        known
        for known in item.ledger.third_parties
        if known.direction is item.third_party.direction
        and known.auxiliary_account in accounts
        and known.auxiliary_account != item.third_party.auxiliary_account
    ]
    return _with(item, others[0]) if len(others) == 1 else None


def as_linked(company: Company, record: DocumentRecord) -> DocumentRecord:
    """The record with the third party that is linked by now; the record itself when that is the one it has."""
    if record.third_party is None or record.ledger_third_party is None or record.entry is None:
        return record
    link = company.register.third_party_link(company.name, record.third_party.key)
    if link is None or link.auxiliary_account == record.ledger_third_party.auxiliary_account:
        return record
    entry = _readdressed(record.entry, record.ledger_third_party, link)
    return msgspec.structs.replace(record, entry=entry, ledger_third_party=link)


def _with(item: PostingRequest, theirs: LedgerThirdParty) -> PostingRequest:
    if not theirs.name:
        theirs = msgspec.structs.replace(theirs, name=item.third_party.name)
    return msgspec.structs.replace(item, entry=_readdressed(item.entry, item.third_party, theirs), third_party=theirs)


def _readdressed(entry: JournalEntry, ours: LedgerThirdParty, theirs: LedgerThirdParty) -> JournalEntry:
    lines = tuple(
        msgspec.structs.replace(line, auxiliary_account=theirs.auxiliary_account)
        if line.auxiliary_account == ours.auxiliary_account
        else line
        for line in entry.lines
    )
    return msgspec.structs.replace(entry, lines=lines)
