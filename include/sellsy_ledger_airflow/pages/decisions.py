"""What waits for a person's decision, company by company: corrections, possible doubles, postings in doubt. Reads only;
:mod:`.deciding` does what is decided.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.pipeline.corrections import Action, Proposal, declined_proposals, stored_proposals
from sellsy_ledger.pipeline.doubles import Double, stored_doubles
from sellsy_ledger.register.store import DocumentRecord, Register
from sellsy_ledger_airflow.pages import texts
from sellsy_ledger_airflow.pages.pieces import Piece, piece_of

__all__ = [
    "DOUBTFUL",
    "LIMIT",
    "Batch",
    "Correction",
    "DoubleView",
    "Doubt",
    "Section",
    "batch_seal",
    "count_decisions",
    "double_seal",
    "doubt_seal",
    "entry_ids_of",
    "section",
]

DOUBTFUL = (State.OUTCOME_UNKNOWN, State.CONFLICT, State.DELIVERED)
"""Postings that a person may settle. ``posting`` is not among them: a run is at work on it, or the next one will be."""

LIMIT = 50
"""Decisions of one sort shown for one company; the others come up as these are taken."""


@dataclass(frozen=True)
class Field:
    """One thing of a document, as it was posted and as Sellsy shows it now."""

    name: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        """True when it changed."""
        return self.before != self.after


@dataclass(frozen=True)
class Correction:
    """A change in Sellsy after the posting, and what the program proposes. ``seal`` is what was shown, for the form."""

    key: str
    number: str
    third_party: str
    seal: str
    retracted: bool
    action: str
    sentence: str
    by_hand: bool
    dates: list[tuple[str, str]]
    fields: list[Field]


@dataclass(frozen=True)
class DoubleView:
    """A document and what it looks like. ``entry_ids`` are to choose from where it may be one of several entries."""

    key: str
    number: str
    ours: str
    theirs: list[str]
    entry_ids: list[str]
    sure: bool
    seal: str


@dataclass(frozen=True)
class Doubt:
    """A document of which nobody knows for sure whether it is in the books."""

    piece: Piece
    seal: str
    explanation: str
    entry_id: str
    needs_entry_id: bool


@dataclass(frozen=True)
class Batch:
    """Everything in doubt that was handed over together, decided at once."""

    handle: str
    count: int
    seal: str


@dataclass(frozen=True)
class Section:
    """One company's decisions; the ``more_…`` count those not shown. ``may_decide`` shows the buttons."""

    company: str
    name: str
    may_decide: bool
    corrections: list[Correction] = field(default_factory=list)
    more_corrections: int = 0
    declined: list[Correction] = field(default_factory=list)
    more_declined: int = 0
    doubles: list[DoubleView] = field(default_factory=list)
    more_doubles: int = 0
    batches: list[Batch] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    more_doubts: int = 0

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to show."""
        return not (self.corrections or self.declined or self.doubles or self.batches or self.doubts)


def count_decisions(register: Register, company: str, counts: Mapping[tuple[State, Reason | None], int]) -> int:
    """How many decisions wait for the company; ``counts`` are :meth:`Register.counts`."""
    doubts = sum(count for (state, _), count in counts.items() if state in DOUBTFUL)
    return doubts + len(stored_proposals(register, company)) + len(stored_doubles(register, company))


def section(register: Register, company: str, name: str, language: str, *, may_decide: bool) -> Section:
    """Everything that waits for a decision of one company."""
    proposals, doubles = stored_proposals(register, company), stored_doubles(register, company)
    declined = [one.proposal for one in declined_proposals(register, company)]
    in_doubt = register.select(company, states=DOUBTFUL)
    shown = register.load(company, in_doubt[:LIMIT])
    return Section(
        company=company,
        name=name,
        may_decide=may_decide,
        corrections=list(_corrections(register, company, proposals[:LIMIT], language)),
        more_corrections=max(len(proposals) - LIMIT, 0),
        declined=list(_corrections(register, company, declined[:LIMIT], language)),
        more_declined=max(len(declined) - LIMIT, 0),
        doubles=[_double(double) for double in doubles[:LIMIT]],
        more_doubles=max(len(doubles) - LIMIT, 0),
        batches=list(_batches(register, company, in_doubt)),
        doubts=[_doubt(record, language) for record in shown],
        more_doubts=max(len(in_doubt) - LIMIT, 0),
    )


def _corrections(
    register: Register, company: str, proposals: Sequence[Proposal], language: str
) -> Iterator[Correction]:
    words = texts.words(language)
    records = {record.key: record for record in register.load(company, [proposal.key for proposal in proposals])}
    for proposal in proposals:
        record = records.get(proposal.key)
        yield Correction(
            key=proposal.key,
            number=proposal.number,
            third_party=proposal.third_party,
            seal=proposal.seal,
            retracted=proposal.change == "retracted",
            action=texts.correction_name(proposal.action.value, language),
            sentence=proposal.sentence,
            by_hand=proposal.action is Action.BY_HAND,
            dates=[
                (words[name], texts.day(date, language))
                for name, date in (("reversal_date", proposal.reversal_date), ("new_entry_date", proposal.entry_date))
                if date is not None
            ],
            fields=_fields(proposal, record, language) if record is not None else [],
        )


def _fields(proposal: Proposal, record: DocumentRecord, language: str) -> list[Field]:
    """What was posted beside what Sellsy shows now; nothing on the right of a document that is gone from there."""
    before = _facts(record.document, language)
    after: dict[str, str] = {}
    if proposal.change != "retracted":
        after = _facts(record.changed_document or record.document, language)
    words = texts.words(language)
    return [Field(name=words[name], before=value, after=after.get(name, "")) for name, value in before.items()]


def _facts(document: Document, language: str) -> dict[str, str]:
    return {
        "number": document.number,
        "date": texts.day(document.date, language),
        "third_party": document.third_party_name,
        "net": texts.amount(document.net_cents, language, document.currency),
        "vat": texts.amount(document.vat_cents, language, document.currency),
        "gross": texts.amount(document.gross_cents, language, document.currency),
    }


def _double(double: Double) -> DoubleView:
    entry_ids = entry_ids_of(double)
    return DoubleView(
        key=double.key,
        number=double.number,
        ours=double.ours,
        theirs=double.theirs,
        entry_ids=entry_ids if len(entry_ids) > 1 else [],
        sure=double.sure,
        seal=double_seal(double),
    )


def _doubt(record: DocumentRecord, language: str) -> Doubt:
    return Doubt(
        piece=piece_of(record, language),
        seal=doubt_seal(record),
        explanation=texts.doubt_explanation(record.state, language),
        entry_id=record.posting.entry_id if record.posting else "",
        needs_entry_id=record.state is not State.DELIVERED,
    )


def _batches(register: Register, company: str, in_doubt: Collection[str]) -> Iterator[Batch]:
    """Hand-overs of several documents (a file of the night); a document alone is decided by itself."""
    doubtful = set(in_doubt)
    for handle, keys in register.by_handle(company, DOUBTFUL).items() if doubtful else ():
        if len(keys) > 1 and not doubtful.isdisjoint(keys):
            yield Batch(handle=handle, count=len(keys), seal=batch_seal(keys))


def entry_ids_of(double: Double) -> list[str]:
    """The entries that a possible double may be, each once, the likeliest first."""
    return list(dict.fromkeys(filter(None, double.entry_ids)))


def double_seal(double: Double) -> str:
    """Names exactly what was shown of a possible double."""
    return _seal(double)


def doubt_seal(record: DocumentRecord) -> str:
    """Names exactly this doubt: a later posting of the same document is another one."""
    attempts = record.posting.attempts if record.posting else 0
    return _seal([record.key, record.state.value, attempts, record.updated_at])


def batch_seal(keys: Iterable[str]) -> str:
    """Names the documents that are decided together."""
    return _seal(sorted(keys))


def _seal(shown: object) -> str:
    return hashlib.sha256(msgspec.json.encode(shown)).hexdigest()[:32]
