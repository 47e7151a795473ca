"""Eighth step: every posted entry is read back from the tool and compared with what was sent, line by line.

Where a tool cannot be read the document stays ``posted``: never a green tick without proof.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from sellsy_ledger.connectors.base import PostedEntry, PostingRequest
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.errors import DocumentError, InvariantBroken, PostingConflict, TryLater
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.comparison import differences
from sellsy_ledger.pipeline.posting import takes_pdf_later
from sellsy_ledger.pipeline.posting_request import build_request
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.pipeline.steps import Batch, Patience, StepReport, open_batch
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["read_back", "verify_entries"]

GONE = "l'écriture a disparu de l'outil comptable depuis son envoi"
NO_LINES = "l'outil montre l'écriture sans ses lignes : elle n'a pas pu être comparée"
# A draft posted longer ago than this may have been validated by the accountant since.
DRAFT_SURE_FOR = dt.timedelta(hours=1)
CHUNK = 20


def verify_entries(company: Company, batch: str) -> StepReport:
    """Mark the posted documents of the batch verified, or in conflict with the facts named. One whose lines the tool
    does not show stays posted.

    Raises:
        AccessError: the tool refuses us.
        TryLater: the tool did not answer several times in a row; what was read is stored, the rest stays posted.
    """
    with open_batch(company, batch, "verify_entries") as step:
        readable = company.connector.capabilities.read_back
        patience = Patience()
        for record in step.records(CHUNK):
            # Posted without an entry of ours: a PDF that somebody entered. There is nothing to compare with.
            provable = readable and record.state is State.POSTED and record.entry is not None
            if provable and not _awaits_its_pdf(company, record):
                step.hold_lease()
                _verify_one(step, record, patience)
    return step.close()


def read_back(company: Company, record: DocumentRecord) -> tuple[PostingRequest, PostedEntry | None]:
    """What was sent for a booked record, and what the tool holds of it now (None = gone)."""
    request = build_request(company, record, read_ledger_once(company), with_pdf=False)
    entry_id = record.posting.entry_id if record.posting else ""
    if entry_id:
        return request, company.connector.read_back(request, entry_id)
    found = company.connector.find_entry(request)
    if found is None or not found.entry_id or found.lines is not None:
        return request, found
    return request, company.connector.read_back(request, found.entry_id)


def _awaits_its_pdf(company: Company, record: DocumentRecord) -> bool:
    """The PDF is its own proven step: without it an entry is posted, and not verified."""
    if record.supporting_document is None or not takes_pdf_later(company.connector):
        return False
    return record.posting is not None and not record.posting.pdf_sha256


def _verify_one(step: Batch, record: DocumentRecord, patience: Patience) -> None:
    posting = record.posting
    if posting is None:
        raise InvariantBroken(f"{record.key} is {record.state} without a posting")
    try:
        request, held = read_back(step.company, record)
        patience.win()
    except TryLater as error:
        patience.lose(error)
        return
    except (PostingConflict, DocumentError) as error:
        step.change(record, state=State.CONFLICT, reason=None, detail=error.message, note=str(error)[:500])
        return
    now = step.company.now()
    if held is None:
        step.change(record, state=State.CONFLICT, reason=None, detail=GONE)
        return
    found = differences(
        request,
        held,
        step.company.connector.capabilities,
        pdf_sha256=record.supporting_document.sha256 if record.supporting_document else None,
        validated_meanwhile=posting.posted_at is None or now - posting.posted_at > DRAFT_SURE_FOR,
    )
    if found:
        step.change(record, state=State.CONFLICT, reason=None, detail=" ; ".join(found[:5]))
        return
    if held.lines is None:
        step.change(record, detail=NO_LINES)
        return
    verified = msgspec.structs.replace(
        posting,
        entry_id=posting.entry_id or held.entry_id,
        ledger_entry_id=posting.ledger_entry_id or held.ledger_entry_id,
        verified_at=now,
    )
    step.change(record, state=State.VERIFIED, reason=None, detail="", posting=verified)
