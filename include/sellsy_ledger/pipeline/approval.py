"""What a person approved is what is sent: an approval seals the payload hash of each document.

A document or mapping that changed since has another hash, so its approval is void and it waits again.
"""

from __future__ import annotations

import json

from sellsy_ledger.core.fingerprint import payload_hash
from sellsy_ledger.core.ledger import Ledger
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.posting_request import build_deposit, build_request, deposit_hash
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.pipeline.steps import LOAD_CHUNK, chunks
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["Approvals", "approve"]

NOTE = "approvals"
FIRST_RUN_NOTE = "first_run_approved"


def approve(company: Company, batches: list[str], *, who: str) -> int:
    """Approve every ready document of the batches as it stands now.

    Returns:
        How many documents were approved.
    """
    ledger = None if company.settings.document_only else read_ledger_once(company)
    approved: dict[str, str] = {}
    for batch in batches:
        for keys in chunks(company.register.batch(batch), LOAD_CHUNK):
            for record in company.register.load(company.name, keys):
                if record.state is State.READY:
                    try:
                        approved[record.key] = _seal(company, record, ledger)
                    except DocumentError:
                        # Posting will say why; a document that cannot be sent needs no approval.
                        continue
    company.register.store_note(company.name, NOTE, json.dumps({"who": who, "approved": approved}))
    if not company.register.note(company.name, FIRST_RUN_NOTE):
        company.register.store_note(company.name, FIRST_RUN_NOTE, json.dumps({"who": who, "run_id": company.run_id}))
    return len(approved)


def _seal(company: Company, record: DocumentRecord, ledger: Ledger | None) -> str:
    if ledger is None:
        return deposit_hash(build_deposit(company, record))
    return payload_hash(company.connector.payload(build_request(company, record, ledger)))


class Approvals:
    """The company's approvals, read once per batch."""

    def __init__(self, company: Company) -> None:
        policy = company.settings.approval
        register = company.register
        self._needed = policy == "every_run"
        if policy == "first_run":
            first = json.loads(register.note(company.name, FIRST_RUN_NOTE) or "{}")
            # Until somebody approved a run every document needs it, and so do the documents of that run itself.
            self._needed = first.get("run_id", company.run_id) == company.run_id
        note = json.loads(register.note(company.name, NOTE) or "{}") if self._needed else {}
        self._approved: dict[str, str] = note.get("approved", {})

    def cover(self, record: DocumentRecord, sealed: str) -> bool:
        """True when the document may be sent as ``sealed``. A posting already begun had its approval."""
        if not self._needed or record.state is not State.READY:
            return True
        return self._approved.get(record.key) == sealed
