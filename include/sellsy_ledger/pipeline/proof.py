"""The proof of one month: Σ Sellsy = Σ register = Σ ledger, every gap named by document.

Sellsy is listed again, the register is read, every booked entry is read back from the tool. Nothing is repaired here.
Sums are of gross amounts with credit notes negative. Where the tool cannot be read the level says ``not_provable``; so
it does where a document was handed over and nobody can see in the books what became of it.

Corrections add up with what they correct: a reversal counts its document once less, in the month of that document; an
entry that was replaced, or corrected by hand, does not count beside its new version. What changed and is not corrected
yet is named with what is proposed.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Any, Literal

import msgspec

from sellsy_ledger.core.corrections import is_reversal, versioned
from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.money import cents_to_french
from sellsy_ledger.core.outcomes import Reason, State, sentence
from sellsy_ledger.errors import ConfigurationError, DocumentError, PostingConflict
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.comparison import differences, third_party_cents
from sellsy_ledger.pipeline.corrections import lacks_proposals, propose, stored_proposals
from sellsy_ledger.pipeline.steps import LOAD_CHUNK, chunks
from sellsy_ledger.pipeline.verify import GONE, read_back
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["Gap", "Proof", "Total", "prove"]

HANDED_OVER = (
    *(State.DELIVERED, State.POSTED, State.VERIFIED, State.CHANGED_AFTER_POSTING, State.RETRACTED),
    *(State.CORRECTED, State.ADOPTED),
)


class Total(msgspec.Struct, kw_only=True):
    """How many documents, and their gross in cents (credit notes negative)."""

    documents: int = 0
    gross_cents: int = 0

    def add(self, cents: int, *, documents: int = 1) -> None:
        """One more document; one less for a reversal."""
        self.documents += documents
        self.gross_cents += cents


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """One document that is not the same on the three sides, and why (French)."""

    key: str
    number: str
    gross_cents: int
    why: str


class Proof(msgspec.Struct, kw_only=True):
    """A month's proof. ``level``: ``proved`` (three equal sums, no gap), ``gaps``, or ``not_provable``. ``unseen`` =
    documents that were handed over and cannot be read back: they count in the register and not in the ledger.
    ``corrections`` = reversals and new versions among the documents of the month.
    """

    company: str
    month: str
    level: Literal["proved", "gaps", "not_provable"] = "gaps"
    sellsy: Total = msgspec.field(default_factory=Total)
    register: Total = msgspec.field(default_factory=Total)
    ledger: Total | None = None
    unseen: int = 0
    corrections: int = 0
    gaps: list[Gap] = msgspec.field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


def prove(company: Company, month: str) -> Proof:
    """Prove one month of the company (documents dated in it, from the start date on) and store the proof.

    Args:
        company: the company at work.
        month: ``2026-01``.

    Raises:
        ConfigurationError: the month is none.
        AccessError, TryLater: one of the two sides could not be read; no proof is stored then.
    """
    first, last = _bounds(month)
    proof = Proof(company=company.name, month=month)
    first = max(first, company.settings.start_date)
    if lacks_proposals(company):
        propose(company)
    proposals = {one.key: one.sentence for one in stored_proposals(company.register, company.name)}
    listed = _listed(company, first, last, proof) if first <= last else set()
    readable = company.connector.capabilities.read_back
    if readable:
        proof.ledger = Total()
    for keys in chunks(company.register.select(company.name, dated_from=first, dated_to=last), LOAD_CHUNK):
        records = company.register.load(company.name, keys)
        corrected = [record.document for record in records if record.state is State.CORRECTED]
        reversed_keys = company.register.reversed_keys(company.name, corrected)
        for record in records:
            if record.state is State.CORRECTED and record.key not in reversed_keys:
                # Replaced in its place, or by hand: its new version counts.
                continue
            listed_here = record.key in listed or record.state is State.CORRECTED or is_reversal(record.document)
            listed.discard(record.key)
            _compare(company, record, proof, listed=listed_here, proposal=proposals.get(record.key, ""))
    proof.gaps += [_never_recorded(key) for key in sorted(listed)]
    proof.level = _level(proof)
    company.register.store_proof(
        company.name, month, level=proof.level, content=msgspec.json.encode(proof).decode(), who=company.who
    )
    return proof


def _bounds(month: str) -> tuple[dt.date, dt.date]:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise ConfigurationError(f"{month!r} is no month: write it as 2026-01.", field="month")
    year, number = int(month[:4]), int(month[5:])
    return dt.date(year, number, 1), dt.date(year, number, calendar.monthrange(year, number)[1])


def _listed(company: Company, first: dt.date, last: dt.date, proof: Proof) -> set[str]:
    keys: set[str] = set()
    versions = company.register.versions(company.name)
    for page in company.sellsy.accounted(company.settings.scope.directions, first, last):
        for shown, _ in page:
            document = versioned(shown, versions.get(shown.key, 1))
            if first <= document.date <= last and document.key not in keys:
                keys.add(document.key)
                proof.sellsy.add(_signed(document))
    return keys


def _signed(document: Document) -> int:
    return -document.gross_cents if document.kind.is_credit_note else document.gross_cents


def _compare(company: Company, record: DocumentRecord, proof: Proof, *, listed: bool, proposal: str) -> None:
    if not _in_scope(company, record):
        return
    if record.document.correction:
        proof.corrections += 1
    if not listed and not _is_over(record):
        why = "comptabilisée auparavant, absente de Sellsy aujourd'hui"
        proof.gaps.append(_gap(record, f"{why}. {proposal}".removesuffix(". ")))
    if record.state is State.NOTHING_TO_POST:
        # Zero on every side: counted, and no gap.
        proof.register.documents += 1
        if proof.ledger is not None:
            proof.ledger.documents += 1
        return
    if _is_over(record):
        return
    if record.state not in HANDED_OVER:
        why = sentence(record.reason, record.detail) if record.reason else f"état {record.state} {record.detail}"
        proof.gaps.append(_gap(record, why.strip()))
        return
    # What was corrected keeps the content that it was corrected for: its reversal and its new version count.
    differs = record.changed_document is not None and record.state is not State.CORRECTED
    if differs or record.state is State.CHANGED_AFTER_POSTING:
        why = "modifiée dans Sellsy après sa comptabilisation dans l'outil"
        proof.gaps.append(_gap(record, f"{why}. {proposal}".removesuffix(". ")))
    if record.state is State.ADOPTED:
        _add_adopted(company, record, proof)
        return
    proof.register.add(_signed(record.document), documents=_documents(record))
    if proof.ledger is None or not _is_readable(record):
        proof.unseen += 1
    else:
        _read_and_add(company, record, proof, proof.ledger)


def _add_adopted(company: Company, record: DocumentRecord, proof: Proof) -> None:
    """Booked by other hands: the ledger's side is the entry that it was found, or said, to be, as it was read then."""
    proof.register.add(_signed(record.document))
    known = company.register.booked_as(company.name, [record.key]).get(record.key)
    if proof.ledger is None or known is None:
        proof.unseen += 1
        return
    held = _held_gross(record, known.entry.gross_cents)
    proof.ledger.add(held)
    if held != _signed(record.document):
        why = f"reprise comme l'écriture {known.entry.entry_id}, qui porte {cents_to_french(held)}"
        proof.gaps.append(_gap(record, why))


def _is_over(record: DocumentRecord) -> bool:
    """A new version that was taken back before it was ever booked: nothing of it is anywhere."""
    never_written = record.posting is None or record.posting.posted_at is None
    return record.reason is Reason.NOT_ACCOUNTED and bool(record.document.correction) and never_written


def _documents(record: DocumentRecord) -> int:
    return -1 if is_reversal(record.document) else 1


def _is_readable(record: DocumentRecord) -> bool:
    """False while a delivered entry is not known to be imported, and where somebody else made the entry."""
    return record.entry is not None and record.posting is not None and record.posting.posted_at is not None


def _read_and_add(company: Company, record: DocumentRecord, proof: Proof, ledger: Total) -> None:
    try:
        request, held = read_back(company, record)
    except (PostingConflict, DocumentError) as error:
        proof.gaps.append(_gap(record, error.message))
        return
    if held is None:
        proof.gaps.append(_gap(record, GONE))
        return
    if held.lines is None:
        proof.unseen += 1
    else:
        ledger.add(_held_gross(record, third_party_cents(request, held.lines)), documents=_documents(record))
    found = differences(
        request,
        held,
        company.connector.capabilities,
        pdf_sha256=record.posting.pdf_sha256 or None if record.posting else None,
        validated_meanwhile=True,
    )
    if found:
        proof.gaps.append(_gap(record, " ; ".join(found[:5])))


def _held_gross(record: DocumentRecord, debit_minus_credit: int) -> int:
    """The third-party line as the tool holds it, signed like the document: what the customer owes, or we owe."""
    return debit_minus_credit if record.document.kind.direction.value == "sales" else -debit_minus_credit


def _in_scope(company: Company, record: DocumentRecord) -> bool:
    return record.document.kind.direction in company.settings.scope.directions


def _gap(record: DocumentRecord, why: str) -> Gap:
    document = record.document
    return Gap(key=record.key, number=document.number, gross_cents=_signed(document), why=why)


def _never_recorded(key: str) -> Gap:
    return Gap(
        key=key, number="", gross_cents=0, why="comptabilisée dans Sellsy, pas encore lue par une synchronisation"
    )


def _level(proof: Proof) -> Literal["proved", "gaps", "not_provable"]:
    if proof.gaps:
        return "gaps"
    if proof.ledger is None or proof.unseen:
        return "not_provable"
    same = proof.sellsy == proof.register == proof.ledger
    return "proved" if same else "gaps"
