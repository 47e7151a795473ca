"""From a register record to what a connector needs to book or find the document."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

from sellsy_ledger.connectors.base import Deposit, PostingRequest
from sellsy_ledger.core.capabilities import PdfSupport
from sellsy_ledger.core.fingerprint import payload_hash
from sellsy_ledger.core.ledger import Ledger
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError, InvariantBroken
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["build_deposit", "build_request", "deposit_hash"]

URL_SECONDS = 24 * 3600


def build_request(company: Company, record: DocumentRecord, ledger: Ledger, *, with_pdf: bool = True) -> PostingRequest:
    """The posting request of a record that has an entry and a third party.

    Raises:
        DocumentError: the stored PDF is gone or damaged; it must be fetched again.
        InvariantBroken: the record is not as far as it claims, or its entry does not balance.
    """
    entry, third_party = record.entry, record.ledger_third_party
    if entry is None or third_party is None:
        raise InvariantBroken(f"{record.key} is {record.state} without an entry or a third party")
    if entry.debit_cents != entry.credit_cents or not entry.lines:
        raise InvariantBroken(f"the entry of {record.key} does not balance")
    document = record.document
    period = None
    if document.service_start is not None and document.service_end is not None:
        period = (document.service_start, document.service_end)
    return PostingRequest(
        posting_key=company.posting_key(record),
        kind=document.kind,
        entry=entry,
        third_party=third_party,
        ledger=ledger,
        draft=company.settings.posting == "draft",
        pdf=_pdf(company, record) if with_pdf else None,
        pdf_url=_signer(company, record) if with_pdf else None,
        supporting_document=record.supporting_document,
        description=document.subject,
        service_period=period,
        is_deposit=document.is_deposit,
        source_third_party=record.third_party,
    )


def build_deposit(company: Company, record: DocumentRecord) -> Deposit:
    """What a connector needs to hand over the record's PDF.

    Raises:
        DocumentError: there is no PDF, or the stored one is gone or damaged; it must be fetched again.
    """
    document, stored = record.document, record.supporting_document
    pdf = _pdf(company, record)
    if stored is None or pdf is None:
        raise DocumentError(f"{record.key} has no PDF to hand over.", reason=Reason.SUPPORTING_DOCUMENT_MISSING)
    name = document.third_party_name or (record.third_party.name if record.third_party else "")
    return Deposit(
        posting_key=company.posting_key(record),
        kind=document.kind,
        number=document.number,
        date=document.date,
        third_party_name=name,
        pdf=pdf,
        supporting_document=stored,
    )


def deposit_hash(deposit: Deposit) -> str:
    """Seals what is handed over: the facts of the document, and the bytes of its PDF by their SHA-256."""
    return payload_hash(
        {
            "key": deposit.posting_key,
            "kind": deposit.kind.value,
            "number": deposit.number,
            "date": deposit.date.isoformat(),
            "third_party": deposit.third_party_name,
            "pdf": hashlib.sha256(deposit.pdf).hexdigest(),
        }
    )


def _signer(company: Company, record: DocumentRecord) -> Callable[[], str] | None:
    """Makes the link for a tool that fetches the PDF itself; made when it is asked for, so that it is always fresh."""
    stored = record.supporting_document
    if stored is None or company.connector.capabilities.pdf is not PdfSupport.URL:
        return None
    return partial(company.documents.signed_url, stored.path, URL_SECONDS)


def _pdf(company: Company, record: DocumentRecord) -> bytes | None:
    """The bytes of the record's PDF, as they were hashed; None when it has none.

    Raises:
        DocumentError: the file is gone or damaged; it must be fetched again.
    """
    stored = record.supporting_document
    if stored is None:
        return None
    try:
        body = company.documents.get(stored.path)
    except FileNotFoundError:
        body = b""
    if hashlib.sha256(body).hexdigest() != stored.sha256:
        raise DocumentError(
            f"The stored PDF of {record.key} is gone or damaged; it will be fetched again.",
            reason=Reason.SUPPORTING_DOCUMENT_MISSING,
            facts={"detail": " : le fichier enregistré est perdu, il sera relu dans Sellsy"},
        )
    return body
