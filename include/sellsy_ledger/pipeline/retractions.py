"""Documents that Sellsy listed once and does not list any more: taken back from accounting, deleted, or moved.

What is surely not in the books waits until it is accounted again. What was handed over is ``retracted`` and keeps its
posting; Sellsy is asked for each of those alone, because one whose date now lies before the synchronisation's start is
accounted as before, and has changed. Corrections are never listed: a reversal is left alone, a new version is there
when its document is.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping

import msgspec

from sellsy_ledger.core.corrections import base_of, is_reversal_key
from sellsy_ledger.core.documents import Document
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import DocumentError, TryLater
from sellsy_ledger.pipeline.company import Company, Selection
from sellsy_ledger.pipeline.steps import OPEN_STATES, Patience, chunks
from sellsy_ledger.register.states import IN_FLIGHT
from sellsy_ledger.register.store import Change, DocumentRecord

__all__ = ["left_alone", "note_retractions"]

log = logging.getLogger(__name__)

# More documents than this gone from Sellsy's list at once is taken for a wrong list, not for so many retractions.
BELIEVABLE_RETRACTIONS = 10
BELIEVABLE_SHARE = 0.2
HANDED_OVER = (State.DELIVERED, State.POSTED, State.VERIFIED, State.CHANGED_AFTER_POSTING)
TAKEN_BACK = "comptabilisation annulée dans Sellsy"
DELETED = "pièce supprimée de Sellsy"


def note_retractions(company: Company, selection: Selection, listed: Collection[str], patience: Patience) -> bool:
    """Store what has gone since the last whole scan; ``listed`` are the keys that this one met.

    Returns:
        False when something was left to ask for again: the next scan must list everything once more.

    Raises:
        TryLater: Sellsy did not answer several times in a row.
    """
    watched = [*OPEN_STATES, *HANDED_OVER, *sorted(IN_FLIGHT)]
    known = company.register.select(company.name, states=watched, dated_from=selection.dated_from)
    known = [key for key in known if not is_reversal_key(key) and _in_scope(company, key)]
    gone = [key for key in known if base_of(key) not in listed]
    if len(gone) > max(BELIEVABLE_RETRACTIONS, BELIEVABLE_SHARE * len(known)):
        log.warning(
            "%s: %d of %d known documents are missing from Sellsy's list; too many to be retractions, "
            "nothing was changed. Check the rights of the Sellsy connection.",
            company.name,
            len(gone),
            len(known),
        )
        return True
    is_clean = True
    for part in chunks(gone, 200):
        changes: list[Change] = []
        for record in company.register.load(company.name, part):
            if record.state in IN_FLIGHT:
                # Settled first: only then is it known what there is to take back.
                is_clean = False
            elif record.state in OPEN_STATES:
                changes += _waits(record)
            else:
                try:
                    changes += _retracted(company, record)
                    patience.win()
                except TryLater as error:
                    is_clean = False
                    patience.lose(error)
        company.register.apply(company.name, changes, who=company.who)
    return is_clean


def left_alone(company: Company) -> list[str]:
    """Keys of the documents that were never sent because another one of Sellsy was the same paper, and that one is
    neither in the books nor on its way there any more: taken back before it was sent, or reversed.
    """
    same = company.register.same_documents(company.name)
    if not same:
        return []
    adopted = [one.key for one in company.register.records(company.name, list(same)) if one.state is State.ADOPTED]
    versions = company.register.versions(company.name)
    others = {key: _current(same[key], versions) for key in adopted}
    here = {
        record.key
        for record in company.register.records(company.name, list(dict.fromkeys(others.values())))
        if record.reason is not Reason.NOT_ACCOUNTED
    }
    return [key for key, other in others.items() if other not in here]


def _current(key: str, versions: Mapping[str, int]) -> str:
    """The key of a document's version of today; of one that was reversed, no version is there."""
    version = versions.get(base_of(key), 1)
    return base_of(key) if version < 2 else f"{base_of(key)}-v{version}"


def _waits(record: DocumentRecord) -> Iterator[Change]:
    if record.posting is not None and record.posting.replaces:
        # The entry that it was to replace is still in the books.
        yield Change(key=record.key, state=State.RETRACTED, detail=TAKEN_BACK, note="no longer accounted in Sellsy")
    elif record.reason is not Reason.NOT_ACCOUNTED:
        yield Change(key=record.key, state=State.WAITING, reason=Reason.NOT_ACCOUNTED, detail="", entry=None)


def _retracted(company: Company, record: DocumentRecord) -> Iterator[Change]:
    detail = TAKEN_BACK
    try:
        # As if nobody had said whether it is accounted: only then does its own word count.
        now = company.sellsy.detail(msgspec.structs.replace(record.document, accounted=None))
    except DocumentError as error:
        # Not to be read is not to be had; only "gone" is told apart.
        detail = DELETED if error.reason is Reason.NOT_ACCOUNTED else TAKEN_BACK
    else:
        if now.accounted is True and now.date < company.settings.start_date:
            _moved(company, record, msgspec.structs.replace(now, correction=record.document.correction))
            return
    yield Change(key=record.key, state=State.RETRACTED, detail=detail, note=f"no longer listed by Sellsy: {detail}")


def _moved(company: Company, record: DocumentRecord, document: Document) -> None:
    """Accounted, with a date that no listing of ours reaches: it has changed like any other."""
    company.register.record_seen(company.name, [(document, record.third_party, fingerprint(document))], who=company.who)


def _in_scope(company: Company, key: str) -> bool:
    return any(key.startswith(direction.value.removesuffix("s")) for direction in company.settings.scope.directions)
