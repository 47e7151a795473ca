"""What a person decides on documents that seem to be in the books already. Needs no tool, only the register.

:mod:`sellsy_ledger.pipeline.judging` finds them; each waits as ``possible_duplicate`` until somebody says what it is. A
decision is remembered for the pair, and the pair is never asked about again.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import msgspec

from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.money import cents_to_french
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger.register.booked import COMPARED, DIFFERENT, DOCUMENT, SAME, StoredDouble
from sellsy_ledger.register.store import Change, DocumentRecord, Register

__all__ = [
    "TOOL",
    "Double",
    "both_sides",
    "compared",
    "decide",
    "double_of",
    "double_of_documents",
    "says_different",
    "stored_doubles",
]

TOOL = "tool"
"""The source of an entry that was read in the tool itself; any other source is the name of a FEC."""

_LONGEST = 500


class Double(msgspec.Struct, frozen=True, kw_only=True):
    """A document that waits for a decision, beside everything that it seems to be.

    Attributes:
        key: the document's key, for :func:`decide`.
        number: its number.
        ours: the document in one French line.
        theirs: what it is like, one French line each, the likeliest first.
        entry_ids: beside each of ``theirs``, the entry's id in the tool; empty for another document of Sellsy.
        sure: True when third party, number, date and amount all agree with the first of them.
    """

    key: str
    number: str
    ours: str
    theirs: list[str]
    entry_ids: list[str]
    sure: bool


def stored_doubles(register: Register, company_name: str) -> list[Double]:
    """The documents that wait as ``possible_duplicate`` with something to decide on, by date."""
    keys = register.select(company_name, states=[State.WAITING], reasons=[Reason.POSSIBLE_DUPLICATE])
    by_key = {
        key: _likeliest_first(one for one in group if not one.decision)
        for key, group in groupby(register.doubles(company_name, keys), key=lambda one: one.key)
    }
    return [
        Double(
            key=record.key,
            number=record.document.number,
            ours=found[0].ours,
            theirs=[one.theirs for one in found],
            entry_ids=[one.entry.entry_id if one.entry else "" for one in found],
            sure=found[0].sure,
        )
        for record in register.records(company_name, [key for key in keys if by_key.get(key)])
        if (found := by_key[record.key])
    ]


def decide(
    register: Register, company_name: str, key: str, *, same: bool, who: str, entry_id: str = "", note: str = ""
) -> None:
    """Store what a person says of a document that waits as ``possible_duplicate``.

    Same: it is ``adopted``, and never sent. Not the same: it goes on with the next run, and none of what it was
    compared with is ever asked about again.

    Args:
        register: the memory.
        company_name: the company.
        key: the document.
        same: whether the document is one of those that it seems to be.
        who: who says so.
        entry_id: which of several entries it is; not needed where there is one.
        note: how it was found out; kept in the document's story.

    Raises:
        ConfigurationError: the document does not wait for such a decision (any more), or the entry has to be named.
    """
    record = next(iter(register.load(company_name, [key])), None)
    if record is None or record.state is not State.WAITING or record.reason is not Reason.POSSIBLE_DUPLICATE:
        state = "unknown" if record is None else f"{record.state}"
        raise ConfigurationError(f"{key} is {state}: it does not wait as a possible duplicate.", field="document")
    found = _likeliest_first(one for one in register.doubles(company_name, [key]) if not one.decision)
    if same and entry_id and not found:
        # The tool itself refused it as a double, and nothing of ours knows of which entry.
        change = Change(key=key, state=State.ADOPTED, detail=f"l'écriture {entry_id}", what="adopted", note=note)
        register.decide_doubles(company_name, [], SAME, change, who=who)
        return
    if same:
        _adopt(register, record, _chosen(key, found, entry_id), who=who, note=note)
        return
    if entry_id:
        raise ConfigurationError("An entry is named only where the document is the same.", field="entry_id")
    change = Change(key=key, state=State.SEEN, what="told_different", note=note)
    register.decide_doubles(company_name, found, DIFFERENT, change, who=who)


def _adopt(register: Register, record: DocumentRecord, chosen: StoredDouble, *, who: str, note: str) -> None:
    change = Change(
        key=record.key,
        state=State.ADOPTED,
        detail=chosen.theirs,
        what="adopted",
        note="; ".join(filter(None, [chosen.other, note])),
    )
    register.decide_doubles(record.company, [chosen], SAME, change, who=who)


def _chosen(key: str, found: list[StoredDouble], entry_id: str) -> StoredDouble:
    """The one that the document is said to be: the entry that is named, or the only thing that it can be."""
    fitting = [one for one in found if one.entry is not None and one.entry.entry_id == entry_id] if entry_id else found
    if len(fitting) > 1 and not entry_id:
        # An entry of the books says more than another document, which is one of the same paper.
        fitting = [one for one in found if one.entry is not None] or found[:1]
    named = {one.entry.entry_id for one in fitting if one.entry is not None}
    if fitting and len(named) < 2:
        # One entry, read in two places or with a line for each of two third parties, is one entry all the same.
        return fitting[0]
    known = ", ".join(dict.fromkeys(one.entry.entry_id for one in found if one.entry is not None)) or "none"
    raise ConfigurationError(f"Say which entry {key} is with its id (known: {known}).", field="entry_id")


def _likeliest_first(doubles: Iterable[StoredDouble]) -> list[StoredDouble]:
    return sorted(doubles, key=lambda one: (not one.sure, one.entry is None, one.other))


# -- the two sides -----------------------------------------------------------------------------------------------
def double_of(record: DocumentRecord, entry: BookedEntry, source: str, *, sure: bool) -> StoredDouble:
    """A document beside an entry of the books that was read in ``source``."""
    return StoredDouble(
        key=record.key,
        other=_name_of(entry, source),
        ours=_document_line(record),
        theirs=_entry_line(entry, source),
        sure=sure,
        fingerprint=record.fingerprint,
        direction=record.document.kind.direction,
        entry=entry,
        source=source,
    )


def double_of_documents(record: DocumentRecord, other: DocumentRecord, *, sure: bool) -> StoredDouble:
    """A document beside another one of Sellsy."""
    return StoredDouble(
        key=record.key,
        other=f"{DOCUMENT}{other.key}",
        ours=_document_line(record),
        theirs=_document_line(other),
        sure=sure,
        fingerprint=record.fingerprint,
        direction=record.document.kind.direction,
    )


def compared(record: DocumentRecord) -> StoredDouble:
    """The mark of a document that was compared with the tool's ledger as its content is now."""
    return StoredDouble(
        key=record.key,
        other=TOOL,
        ours="",
        theirs="",
        sure=False,
        fingerprint=record.fingerprint,
        direction=record.document.kind.direction,
        source=TOOL,
        decision=COMPARED,
    )


def says_different(doubles: Iterable[StoredDouble], entry: BookedEntry, source: str) -> bool:
    """True when a person said that the document is not this entry."""
    name = _name_of(entry, source)
    return any(one.decision == DIFFERENT and one.other == name for one in doubles)


def both_sides(doubles: Iterable[StoredDouble]) -> str:
    """The variable part of the French sentence: the document, and what it is like."""
    first, *others = _likeliest_first(doubles)
    more = f" (et {len(others)} autre{'s' if len(others) > 1 else ''})" if others else ""
    return f"{first.ours}, comme {first.theirs}{more}"[:_LONGEST]


def _name_of(entry: BookedEntry, source: str) -> str:
    return f"entry:{source}:{entry.entry_id}:{entry.third_party_account}"


def _document_line(record: DocumentRecord) -> str:
    document = record.document
    kind = "avoir" if document.kind.is_credit_note else "facture"
    name = document.third_party_name or (record.third_party.name if record.third_party else "") or "sans tiers"
    return (
        f"{kind} {document.number} du {document.date:%d/%m/%Y}, {name}, {cents_to_french(document.gross_cents)} "
        f"(Sellsy, {record.key})"
    )


def _entry_line(entry: BookedEntry, source: str) -> str:
    how = "saisie à la main, ou reçue par l'outil" if source == TOOL else f"lue dans {source}"
    piece = f", pièce {entry.numbers[0]}" if entry.numbers else ""
    account = " ".join(filter(None, [entry.third_party_account, entry.third_party_name]))
    return (
        f"l'écriture {entry.entry_id} du {entry.date:%d/%m/%Y}, journal {entry.journal}{piece}, compte {account}, "
        f"{cents_to_french(abs(entry.gross_cents))} ({how})"
    )
