"""What would correct the books for one document: both sides are asked, the core decides, and it is said in French."""

from __future__ import annotations

import datetime as dt
import logging
from functools import cached_property

import msgspec

from sellsy_ledger.core.corrections import Action, Situation, decide, key_before
from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.core.money import cents_to_french
from sellsy_ledger.core.outcomes import Outcome, State
from sellsy_ledger.core.settings import ClosedPeriod, CompanySettings
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty, match
from sellsy_ledger.errors import DocumentError, OutcomeUnknown, PostingConflict
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.posting_request import build_request
from sellsy_ledger.pipeline.proposals import Proposal, sealed
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["Proposer", "first_open_day_settings", "gross_cents"]

log = logging.getLogger(__name__)

# Between two nights the ledger may have been locked: proposals name days.
LEDGER_AGE = dt.timedelta(minutes=15)


class Proposer:
    """Makes the proposals of one company in one run; asks the tool only when a document needs it."""

    def __init__(self, company: Company) -> None:
        self._company = company

    @cached_property
    def _ledger(self) -> Ledger:
        return read_ledger_once(self._company, younger_than=LEDGER_AGE)

    @cached_property
    def _index(self) -> LedgerIndex:
        return LedgerIndex(self._ledger)

    @cached_property
    def _journaliser(self) -> Journaliser:
        settings = first_open_day_settings(self._company.settings)
        return Journaliser(settings, self._index, self._company.connector.capabilities)

    def proposal(self, record: DocumentRecord) -> Proposal:
        """The proposal for one changed or retracted document.

        Raises:
            AccessError, TryLater: from Sellsy or from the tool.
        """
        retracted = record.state is State.RETRACTED
        changed = None if retracted else record.changed_document
        booked = self._in_the_books(record)
        situation = Situation(
            retracted=retracted,
            is_ours=record.state is not State.ADOPTED,
            is_booked=False,
            reaches_new=changed is None or changed.date >= self._company.settings.start_date,
        )
        outcome = None
        if situation.is_ours and booked.entry is not None and _is_booked(booked):
            if changed is not None:
                outcome = self._outcome(booked, changed)
            situation = msgspec.structs.replace(
                situation,
                is_booked=True,
                posted=booked.entry,
                new=outcome.entry if outcome is not None else None,
                replaceable=outcome is not None and self._is_replaceable(booked),
                reversal_date=self._index.first_open_day(booked.entry.date),
            )
        action = decide(situation)
        moved = outcome.entry.date if outcome is not None and outcome.entry is not None else None
        if changed is not None and moved == changed.date:
            moved = None
        proposal = Proposal(
            key=record.key,
            number=record.document.number,
            third_party=record.document.third_party_name or (record.third_party.name if record.third_party else ""),
            change="retracted" if retracted else "changed",
            action=action,
            before_cents=gross_cents(booked.document),
            after_cents=gross_cents(changed) if changed is not None else None,
            reversal_date=situation.reversal_date if action in (Action.REVERSE, Action.REVERSE_AND_BOOK) else None,
            entry_date=moved if action in (Action.REPLACE, Action.REVERSE_AND_BOOK) else None,
            sentence="",
        )
        sentence = _sentence(self._company, record, booked, proposal, outcome)
        return sealed(msgspec.structs.replace(proposal, sentence=sentence), record)

    def _in_the_books(self, record: DocumentRecord) -> DocumentRecord:
        """The record whose entry stands in the books: the version before, for one that was to replace it and has not
        done so.
        """
        posting = record.posting
        if posting is None or not posting.replaces or posting.posted_at is not None:
            return record
        (before,) = self._company.register.load(self._company.name, [key_before(record.document)])
        return before

    def _outcome(self, booked: DocumentRecord, changed: Document) -> Outcome | None:
        """The entry that the changed document gives, or why it gives none; None when nobody can say today."""
        company = self._company
        try:
            detail = company.sellsy.detail(changed)
        except DocumentError as error:
            log.warning("%s %s cannot be read as it is now: %s", company.name, changed.key, error)
            return None
        document = msgspec.structs.replace(detail, correction=changed.correction)
        third_party = self._third_party(booked, document)
        return self._journaliser(document, third_party) if third_party is not None else None

    def _third_party(self, booked: DocumentRecord, document: Document) -> LedgerThirdParty | None:
        """The tool's third party of the changed document, as it would be found without creating any."""
        company = self._company
        told: ThirdParty | None = company.sellsy.third_parties([document]).get(document.key)
        if told is None or (booked.third_party is not None and told.key == booked.third_party.key):
            return booked.ledger_third_party
        link = company.register.third_party_link(company.name, told.key)
        candidates = [known for known in self._ledger.third_parties if known.direction is document.kind.direction]
        return match(told, candidates, link=link).found

    def _is_replaceable(self, booked: DocumentRecord) -> bool:
        connector, posting = self._company.connector, booked.posting
        able = connector.capabilities.replaces and connector.capabilities.read_back
        if not able or posting is None or not posting.entry_id:
            return False
        try:
            request = build_request(self._company, booked, self._ledger, with_pdf=False)
            held = connector.read_back(request, posting.entry_id)
        except (DocumentError, PostingConflict, OutcomeUnknown) as error:
            log.warning("%s %s cannot be read back: %s", self._company.name, booked.key, error)
            return False
        return held is not None and held.editable is True


def first_open_day_settings(settings: CompanySettings) -> CompanySettings:
    """The settings under which an accepted correction is dated: whatever the company's rule for documents of closed
    periods, its day was shown to the person who accepted it.
    """
    return settings.model_copy(update={"closed_period": ClosedPeriod.FIRST_OPEN_DAY})


def gross_cents(document: Document) -> int:
    """Gross in cents, credit notes negative."""
    return -document.gross_cents if document.kind.is_credit_note else document.gross_cents


def _is_booked(record: DocumentRecord) -> bool:
    return record.posting is not None and record.posting.posted_at is not None


def _sentence(
    company: Company, record: DocumentRecord, booked: DocumentRecord, proposal: Proposal, outcome: Outcome | None
) -> str:
    """What would be done, and why."""
    title, entry = company.connector.capabilities.title, booked.entry
    what = _what_happened(proposal)
    if proposal.action is Action.TAKE_NOTE:
        return f"{what}, mais son écriture resterait la même : rien à corriger, il suffit d'en prendre note."
    if proposal.action is Action.BY_HAND:
        return f"{what}. {_by_hand(company, record, booked)}"
    dated = f"L'écriture du {_french(entry.date)}" if entry is not None else "L'écriture"
    if proposal.action is Action.REPLACE:
        shifted = f", datée du {_french(proposal.entry_date)}, premier jour ouvert" if proposal.entry_date else ""
        return (
            f"{what}. {dated} est encore modifiable dans {title} : celle de la pièce d'aujourd'hui y prend sa "
            f"place{shifted}."
        )
    closed = "" if entry is None or proposal.reversal_date == entry.date else ", premier jour ouvert"
    reversal = f"{dated} est extournée le {_french(proposal.reversal_date)}{closed}"
    if proposal.action is Action.REVERSE:
        return f"{what}. {reversal}."
    return f"{what}. {reversal}, puis la pièce d'aujourd'hui est comptabilisée{_new_entry(proposal, outcome)}."


def _new_entry(proposal: Proposal, outcome: Outcome | None) -> str:
    if proposal.entry_date is not None:
        return f" au {_french(proposal.entry_date)}, premier jour ouvert"
    if outcome is not None and outcome.entry is not None:
        return f" au {_french(outcome.entry.date)}"
    if outcome is not None and outcome.state is State.NOTHING_TO_POST:
        return " : elle est à zéro, aucune écriture ne la suit"
    if outcome is not None and outcome.message:
        return f" ; elle attendra cependant ({outcome.message})"
    return " dès que son tiers et ses lignes sont connus"


def _what_happened(proposal: Proposal) -> str:
    if proposal.change == "retracted":
        return f"La pièce {proposal.number} n'est plus comptabilisée dans Sellsy"
    before, after = proposal.before_cents, proposal.after_cents
    amounts = ""
    if before is not None and after is not None and before != after:
        amounts = f" ({cents_to_french(before)} → {cents_to_french(after)})"
    return f"La pièce {proposal.number} a changé dans Sellsy{amounts}"


def _by_hand(company: Company, record: DocumentRecord, booked: DocumentRecord) -> str:
    title, posting = company.connector.capabilities.title, booked.posting
    if record.state is State.ADOPTED:
        return f"Son écriture dans {title} n'est pas la nôtre : corrigez-la vous-même, puis dites que c'est fait."
    if booked.entry is None:
        return (
            f"Seul son PDF a été transmis à {title} : corrigez vous-même ce qui en a été saisi, puis dites que "
            "c'est fait."
        )
    if not _is_booked(booked):
        handle = posting.handle if posting is not None else ""
        return (
            f"Elle est dans le fichier {handle}, dont personne n'a dit s'il est importé : dites-le d'abord "
            f"(register resolve --batch {handle}), une extourne sera alors proposée ; ou retirez la pièce du fichier, "
            "traitez-la à la main et dites que c'est fait."
        )
    changed = record.changed_document
    if changed is not None and changed.date < company.settings.start_date:
        return (
            f"Elle est maintenant datée du {_french(changed.date)}, avant le début de la synchronisation : corrigez "
            f"l'écriture dans {title}, puis dites que c'est fait."
        )
    return (
        f"Aucun exercice n'est ouvert dans {title} à partir du {_french(booked.entry.date)} : ouvrez-en un, ou "
        "corrigez l'écriture vous-même et dites que c'est fait."
    )


def _french(day: dt.date | None) -> str:
    return f"{day:%d/%m/%Y}" if day is not None else ""
