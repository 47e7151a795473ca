"""Documents of the company *atelier* at every point where a person has something to decide or to look at."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from tests.unit.register.builders import COMPANY, document, entry

from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.corrections import Action
from sellsy_ledger.core.documents import Direction, Document, SupportingDocument
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.pipeline.proposals import Proposal, keep, proposed, sealed
from sellsy_ledger.register.booked import StoredDouble
from sellsy_ledger.register.store import Change, Register
from sellsy_ledger_airflow.stores import open_documents

__all__ = ["PDF", "changed", "delivered", "doubtful", "like", "posted", "ready", "seen", "with_pdf"]

PDF = b"%PDF-1.7 only an example"
RUN = "sync__atelier/run-1"


def seen(register: Register, identity: int = 1, /, **fields: Any) -> Document:
    """A document that was read."""
    made = document(identity, **fields)
    register.record_seen(COMPANY, [(made, None, fingerprint(made))], who=RUN)
    return made


def ready(register: Register, identity: int = 1, /, *, journal: str = "VE", **fields: Any) -> Document:
    """One whose entry is ready."""
    made = seen(register, identity, **fields)
    prepared = msgspec.structs.replace(entry(identity), journal=journal)
    register.apply(COMPANY, [Change(key=made.key, state=State.READY, entry=prepared)], who=RUN)
    return made


def _begun(register: Register, identity: int, handle: str, fields: dict[str, Any]) -> Document:
    made = ready(register, identity, **fields)
    register.begin_posting(
        COMPANY,
        made.key,
        posting_key=f"sellsy:1:{made.key}",
        payload_hash="p",
        draft=False,
        who=RUN,
        handle=handle,
    )
    return made


def doubtful(
    register: Register, identity: int = 1, /, *, state: State = State.OUTCOME_UNKNOWN, **fields: Any
) -> Document:
    """One of which nobody knows whether it is in the books."""
    made = _begun(register, identity, "", fields)
    register.apply(COMPANY, [Change(key=made.key, state=state)], who=RUN)
    return made


def delivered(register: Register, identity: int = 1, /, *, handle: str = "", **fields: Any) -> Document:
    """One that was handed over in a file."""
    made = _begun(register, identity, handle, fields)
    register.apply(COMPANY, [Change(key=made.key, state=State.DELIVERED)], who=RUN)
    return made


def posted(register: Register, identity: int = 1, /, **fields: Any) -> Document:
    """One that is in the books."""
    made = _begun(register, identity, "", fields)
    [record] = register.load(COMPANY, [made.key])
    assert record.posting is not None
    posting = msgspec.structs.replace(record.posting, entry_id=f"E{identity}")
    register.apply(COMPANY, [Change(key=made.key, state=State.POSTED, posting=posting)], who=RUN)
    return made


def changed(
    register: Register, identity: int = 1, /, *, gross_cents: int = 13000, action: Action = Action.TAKE_NOTE, **now: Any
) -> Document:
    """One that changed in Sellsy after it was posted, with what is proposed for it."""
    made = posted(register, identity)
    new = msgspec.structs.replace(made, gross_cents=gross_cents, **now)
    register.record_seen(COMPANY, [(new, None, fingerprint(new))], who=RUN)
    propose(register, made.key, action=action, sentence=f"La facture {made.number} a changé.")
    return made


def propose(register: Register, key: str, **fields: Any) -> Proposal:
    """Store what a run proposes for ``key``, beside what is proposed already."""
    [record] = register.load(COMPANY, [key])
    after = record.changed_document
    plain: dict[str, Any] = {
        "key": key,
        "number": record.document.number,
        "third_party": record.document.third_party_name,
        "change": "changed" if after is not None else "retracted",
        "action": Action.TAKE_NOTE,
        "before_cents": record.document.gross_cents,
        "after_cents": after.gross_cents if after is not None else None,
        "sentence": "La pièce a changé.",
    }
    made = sealed(Proposal(**plain | fields), record)
    keep(register, COMPANY, [*(proposed(register, COMPANY) | {key: made}).values()])
    return made


def like(
    register: Register, identity: int = 1, /, *, entries: tuple[str, ...] = ("4711",), theirs: str = "", **fields: Any
) -> Document:
    """One that waits because entries of the books are like it."""
    made = seen(register, identity, **fields)
    change = Change(key=made.key, state=State.WAITING, reason=Reason.POSSIBLE_DUPLICATE, detail="écriture semblable")
    register.apply(COMPANY, [change], who=RUN)
    found = [
        StoredDouble(
            key=made.key,
            other=f"entry:{entry_id}",
            ours=f"{made.number} du 15/01/2026, {made.third_party_name}, 120,00 €",
            theirs=theirs or f"écriture {entry_id} du 15/01/2026, 411ACME, 120,00 €",
            sure=False,
            fingerprint="f",
            direction=Direction.SALES,
            entry=BookedEntry(
                entry_id=entry_id,
                journal="VE",
                date=made.date,
                third_party_account="411ACME",
                gross_cents=12000,
                numbers=(made.number,),
            ),
            source="tool",
        )
        for entry_id in entries
    ]
    register.store_doubles(COMPANY, {made.key: found}, who=RUN)
    return made


def with_pdf(register: Register, made: Document, body: bytes = PDF, *, sha256: str = "") -> None:
    """Give a document its PDF."""
    digest = hashlib.sha256(body).hexdigest()
    path = f"atelier/pdf/{made.kind.value}/{made.id}/{digest}.pdf"
    open_documents().put(path, body)
    stored = SupportingDocument(path=path, file_name=made.number, sha256=sha256 or digest, size_bytes=len(body))
    register.apply(COMPANY, [Change(key=made.key, supporting_document=stored)], who=RUN)
