"""What a person approved is what is sent: an approval seals the payload hash of each document that was shown.

A run that needs a person *offers* what it has prepared: the hashes are stored before anything is shown, and an answer
is given to one offer, never to "the run". A document or mapping that changed since has another hash, so the approval
does not cover it and it waits again. Nobody's answer, a refusal, and no offer at all are the same thing to the posting
step: nothing covers the document.

While a person is waited for the run holds no lease: other runs of the company may work, and what they change is not
covered any more. Offers and answers are kept, one note per run, as the record of who approved what.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

import msgspec

from sellsy_ledger.core.corrections import is_reversal
from sellsy_ledger.core.fingerprint import payload_hash
from sellsy_ledger.core.ledger import Ledger
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.core.periods import asked
from sellsy_ledger.core.settings import ClosedPeriod
from sellsy_ledger.errors import ConfigurationError, DocumentError, InvariantBroken
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.fetch import RUN_NOTE
from sellsy_ledger.pipeline.posting_request import build_deposit, build_request, deposit_hash
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.pipeline.steps import LEASE_SECONDS, LOAD_CHUNK, chunks
from sellsy_ledger.register.store import Change, DocumentRecord, Register
from sellsy_ledger.sources.sellsy.fields import PARIS

__all__ = [
    "Answer",
    "Approvals",
    "Offer",
    "answer_offer",
    "approve",
    "is_moved",
    "last_answer",
    "make_offer",
    "offer_again",
    "take_up_again",
]

FIRST_RUN_NOTE = "first_run_approved"


class Answer(StrEnum):
    """What a person said of an offer; ``UNANSWERED`` = nobody did in time."""

    APPROVED = "approved"
    APPROVED_BUT_MOVED = "approved_but_moved"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


class Offer(msgspec.Struct, kw_only=True):
    """What was prepared and shown to a person.

    ``seals``: document key → payload hash; ``moved``: those of them whose entry is dated outside a closed period.
    ``run`` is the run's own note, so that the run can be taken up again after others. ``answer`` None = not yet.
    """

    id: str
    run_id: str
    at: dt.datetime
    seals: dict[str, str]
    moved: list[str] = []
    run: dict[str, object] = {}
    answer: Answer | None = None
    who: str = ""
    answered_at: dt.datetime | None = None
    remark: str = ""

    def covers(self, key: str) -> bool:
        """True when the answer lets the document go, as it was shown."""
        if self.answer is Answer.APPROVED_BUT_MOVED:
            return key in self.seals and key not in self.moved
        return self.answer is Answer.APPROVED and key in self.seals


def is_moved(record: DocumentRecord) -> bool:
    """True when the entry is dated outside the closed period of its document, on a day that nobody has agreed to yet.

    The days of a correction are agreed to when it is accepted.
    """
    if record.entry is None or is_reversal(record.document):
        return False
    agreed = record.posting.entry_date if record.posting is not None else None
    return record.entry.date not in (record.document.date, agreed)


class _Policy:
    """Which documents of a run may not go without a person's word, by the company's settings."""

    def __init__(self, company: Company) -> None:
        self._asks_dates = company.settings.closed_period is ClosedPeriod.ASK
        self._everything = company.settings.approval == "every_run"
        if company.settings.approval == "first_run":
            first = json.loads(company.register.note(company.name, FIRST_RUN_NOTE) or "{}")
            # Until somebody approved a run every document needs it, and so do the documents of that run itself.
            self._everything = first.get("run_id", company.run_id) == company.run_id

    def asks(self, record: DocumentRecord) -> bool:
        """True for a ready document that waits for a person. A posting already begun had its approval."""
        return record.state is State.READY and (self._everything or (self._asks_dates and is_moved(record)))


def _asked_about(company: Company, batches: Sequence[str]) -> Iterator[DocumentRecord]:
    """The ready documents of the batches that may not go without a person's word."""
    policy = _Policy(company)
    for batch in batches:
        for keys in chunks(company.register.batch(batch), LOAD_CHUNK):
            for record in company.register.load(company.name, keys):
                if policy.asks(record):
                    yield record


def make_offer(
    company: Company, batches: Sequence[str], *, show: Callable[[DocumentRecord], None] | None = None
) -> Offer | None:
    """Seal and store what a person must be asked about, and give the lease back until there is an answer.

    Args:
        company: the company at work.
        batches: what the run has prepared.
        show: is told each document of the offer, as it is sealed.

    Returns:
        None when nothing needs a person: the run goes on and keeps the lease.

    Raises:
        LeaseHeld: another run of the company is at work.
        AccessError, TryLater: from the tool, when the run's ledger has to be read again.
    """
    company.register.take_lease(company.name, holder=company.run_id, seconds=LEASE_SECONDS)
    ledger = None
    seals: dict[str, str] = {}
    dates: list[str] = []
    for record in _asked_about(company, batches):
        if ledger is None and not company.settings.document_only:
            ledger = read_ledger_once(company)
        try:
            seals[record.key] = _seal(company, record, ledger)
        except DocumentError:
            # Posting will say why; a document that cannot be sent needs no approval.
            continue
        if show is not None:
            show(record)
        if is_moved(record):
            dates.append(record.key)
    if not seals:
        return None
    run = json.loads(company.register.note(company.name, RUN_NOTE) or "{}")
    offer = _add(company.register, company.name, company.run_id, seals, dates, run, company.now())
    company.register.free_lease(company.name, holder=company.run_id)
    return offer


def offer_again(register: Register, company: str, run_id: str, offer_id: str, *, at: dt.datetime) -> Offer:
    """Make an earlier offer of the run once more: it is still what a person is shown.

    Raises:
        ConfigurationError: the register knows no such offer.
    """
    for earlier in _offers(register, company, run_id):
        if earlier.id == offer_id:
            return _add(register, company, run_id, earlier.seals, earlier.moved, earlier.run, at)
    raise ConfigurationError(
        f"The register knows no offer {offer_id} of {run_id}, which is what Airflow shows.",
        action="Mark the task as failed: nothing is posted, and the next run asks anew.",
    )


def answer_offer(
    register: Register,
    company: str,
    run_id: str,
    offer_id: str,
    answer: Answer,
    *,
    who: str,
    at: dt.datetime,
    remark: str = "",
) -> Offer:
    """Store a person's answer to one offer of a run; each document that it lets go says so in its story.

    Raises:
        InvariantBroken: the run made no such offer, or it has an answer already.
    """
    offers = _offers(register, company, run_id)
    offer = next((one for one in offers if one.id == offer_id), None)
    if offer is None or offer.answer is not None:
        said = "it has an answer already" if offer is not None else "the register knows none of that name"
        raise InvariantBroken(f"The offer {offer_id} of {run_id} cannot be answered: {said}.")
    offer.answer, offer.who, offer.answered_at, offer.remark = answer, who, at, remark[:500]
    note = f"by {who}: offer {offer.id} of {run_id}{f' ({offer.remark})' if offer.remark else ''}"
    for keys in chunks(filter(offer.covers, offer.seals), LOAD_CHUNK):
        register.apply(company, [Change(key=key, what="approved", note=note) for key in keys], who=who)
    _store(register, company, run_id, offers)
    if answer in (Answer.APPROVED, Answer.APPROVED_BUT_MOVED) and not register.note(company, FIRST_RUN_NOTE):
        register.store_note(company, FIRST_RUN_NOTE, json.dumps({"who": who, "run_id": run_id}))
    return offer


def approve(company: Company, batches: Sequence[str], *, who: str) -> int:
    """Offer and approve every document of the batches that needs it, as it stands now.

    Returns:
        How many documents were approved.
    """
    offer = make_offer(company, batches)
    if offer is None:
        return 0
    answer_offer(company.register, company.name, company.run_id, offer.id, Answer.APPROVED, who=who, at=company.now())
    return len(offer.seals)


def last_answer(company: Company) -> Offer | None:
    """The offer of this run that was answered last; None when nobody was asked, or nobody has answered yet."""
    answered = [one for one in _offers(company.register, company.name, company.run_id) if one.answered_at is not None]
    return max(answered, key=lambda one: one.answered_at or one.at, default=None)


def take_up_again(company: Company) -> None:
    """While this run waited for a person another one may have worked: this one is the company's run again.

    To be called with the lease held.
    """
    offer = last_answer(company)
    known = json.loads(company.register.note(company.name, RUN_NOTE) or "{}")
    if offer is not None and offer.run and known.get("run_id") != company.run_id:
        company.register.store_note(company.name, RUN_NOTE, json.dumps(offer.run))


class Approvals:
    """What this run's answer covers, read once per batch."""

    def __init__(self, company: Company) -> None:
        self._policy = _Policy(company)
        self._answered = last_answer(company)

    def missing(self, record: DocumentRecord, sealed: str) -> str | None:
        """Why the document may not be sent as ``sealed`` (for the French sentence of ``approval_pending``), or None."""
        offer = self._answered
        # What was shown waits for its answer whatever the settings say by now.
        shown = offer is not None and record.key in offer.seals and record.state is State.READY
        if not shown and not self._policy.asks(record):
            return None
        if offer is not None and offer.covers(record.key):
            return None if offer.seals[record.key] == sealed else " : elle a changé depuis qu'elle a été montrée"
        said = _said(offer, record.key) if offer is not None else ""
        if record.entry is not None and is_moved(record):
            return asked(record.document.date, record.entry.date) + (f" ({said})" if said else "")
        return f" : {said}" if said else ""


def _said(offer: Offer, key: str) -> str:
    if key not in offer.seals:
        return "elle n'était pas parmi ce qui a été montré"
    day = f"{(offer.answered_at or offer.at).astimezone(PARIS):%d/%m/%Y}"
    if offer.answer is Answer.UNANSWERED:
        return f"personne n'avait répondu le {day}"
    said = "non validée" if offer.answer is Answer.APPROVED_BUT_MOVED else "refusée"
    return f"{said} par {offer.who} le {day}" + (f", « {offer.remark} »" if offer.remark else "")


def _seal(company: Company, record: DocumentRecord, ledger: Ledger | None) -> str:
    if ledger is None:
        return deposit_hash(build_deposit(company, record))
    return payload_hash(company.connector.payload(build_request(company, record, ledger)))


def _add(
    register: Register,
    company: str,
    run_id: str,
    seals: dict[str, str],
    dates: list[str],
    run: dict[str, object],
    at: dt.datetime,
) -> Offer:
    offers = _offers(register, company, run_id)
    named = msgspec.json.encode([run_id, len(offers), sorted(seals.items()), dates])
    name = hashlib.sha256(named).hexdigest()[:16]
    offer = Offer(id=name, run_id=run_id, at=at, seals=seals, moved=dates, run=run)
    _store(register, company, run_id, [*offers, offer])
    return offer


def _offers(register: Register, company: str, run_id: str) -> list[Offer]:
    stored = register.note(company, _note_of(run_id))
    return msgspec.json.decode(stored, type=list[Offer]) if stored else []


def _store(register: Register, company: str, run_id: str, offers: list[Offer]) -> None:
    register.store_note(company, _note_of(run_id), msgspec.json.encode(offers).decode())


def _note_of(run_id: str) -> str:
    return f"approval:{run_id}"
