"""Third step: the supporting document of each piece, fetched, checked, hashed and stored.

No text is read from a PDF here, and its bytes are never altered: the embedded XML may be the legal invoice. One file
is in memory at a time.
"""

from __future__ import annotations

import hashlib

from sellsy_ledger.core.corrections import is_reversal
from sellsy_ledger.core.documents import Document, SupportingDocument
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import DocumentError, TryLater
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.steps import Batch, Patience, Stage, StepReport, detail_of, open_batch, reaches
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["fetch_pdfs", "store_pdf"]

MAGIC = b"%PDF-"
# Some producers put a few bytes before the header; readers accept it within the first kilobyte.
MAGIC_WITHIN = 1024
MIB = 1024 * 1024
CHUNK = 10


def fetch_pdfs(company: Company, batch: str) -> StepReport:
    """Give every document of the batch its PDF, or the reason why it has none.

    Raises:
        AccessError: Sellsy refuses the file service altogether.
        TryLater: Sellsy did not answer several times in a row; what was fetched is stored.
    """
    patience = Patience()
    with open_batch(company, batch, "fetch_pdfs") as step:
        for record in step.records(CHUNK):
            if not reaches(record, Stage.PDFS):
                continue
            # A reversal goes with the PDF of what it reverses, or without where that had none.
            if record.supporting_document is not None or is_reversal(record.document):
                _go_on(step, record)
                continue
            step.hold_lease()
            _fetch_one(step, record, patience)
    return step.close()


def _fetch_one(step: Batch, record: DocumentRecord, patience: Patience) -> None:
    company = step.company
    try:
        pdf = company.sellsy.supporting_document(record.document)
        patience.win()
        stored = store_pdf(company, record.document, pdf.body, file_name=pdf.file_name, origin=pdf.origin)
    except DocumentError as error:
        _without(step, record, error)
    except TryLater as error:
        # Not missing: only not had today. It waits whatever the settings say about documents without a PDF.
        patience.lose(error)
        detail = " : Sellsy n'a pas donné le fichier, nouvel essai à la prochaine synchronisation"
        step.wait(record, Reason.SUPPORTING_DOCUMENT_MISSING, detail, note=str(error)[:500])
    else:
        _go_on(step, record, supporting_document=stored)


def store_pdf(company: Company, document: Document, body: bytes, *, file_name: str, origin: str) -> SupportingDocument:
    """Check and store the bytes of one PDF.

    Raises:
        DocumentError: no PDF, or more bytes than the tool takes.
    """
    limit = company.connector.capabilities.pdf_max_bytes
    if limit is not None and len(body) > limit:
        raise DocumentError(
            f"The PDF of {document.key} has {len(body)} bytes; the tool takes {limit}.",
            reason=Reason.SUPPORTING_DOCUMENT_MISSING,
            facts={"detail": f" : le fichier pèse {len(body) // MIB} Mo, l'outil en accepte {limit // MIB}"},
        )
    if MAGIC not in body[:MAGIC_WITHIN]:
        raise DocumentError(
            f"The file of {document.key} is no PDF ({len(body)} bytes).",
            reason=Reason.SUPPORTING_DOCUMENT_MISSING,
            facts={"detail": " : le fichier reçu n'est pas un PDF"},
        )
    digest = hashlib.sha256(body).hexdigest()
    # Every part of the path is ours (slug, enum, integer, hex): no name from an API reaches the file system.
    path = f"{company.name}/pdf/{document.kind.value}/{document.id}/{digest}.pdf"
    company.documents.put(path, body)
    return SupportingDocument(path=path, file_name=file_name, sha256=digest, size_bytes=len(body), origin=origin)


def _without(step: Batch, record: DocumentRecord, error: DocumentError) -> None:
    missing = error.reason is Reason.SUPPORTING_DOCUMENT_MISSING
    settings = step.company.settings
    # Where the PDF is all that is handed over, there is nothing to hand over without it.
    if missing and settings.without_supporting_document == "post" and not settings.document_only:
        _go_on(step, record, note=str(error)[:500])
    else:
        step.wait(record, error.reason, detail_of(error), note=str(error)[:500])


def _go_on(step: Batch, record: DocumentRecord, *, note: str = "", **fields: SupportingDocument) -> None:
    """The document passes; it loses this step's own reason to wait, and no other."""
    cleared = record.state is State.WAITING and record.reason is Reason.SUPPORTING_DOCUMENT_MISSING
    if cleared:
        step.change(record, state=State.SEEN, reason=None, detail="", note=note, **fields)
    else:
        step.change(record, note=note, **fields)
