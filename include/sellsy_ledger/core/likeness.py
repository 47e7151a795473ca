"""Is a document one that the books hold already? Pure.

Four facts are compared: the third party, the number, the date and the amount with its sign. All four equal: the same.
Enough of them to make a bookkeeper look twice: perhaps. Everything else is another document; above all the same number
of another third party, the same number a year later, a credit note beside its invoice, and the equal amounts that a
subscription bills every month under different numbers. The rule leans to *perhaps*: that only asks somebody, while
*same* may keep a document from ever being sent.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from enum import IntEnum
from functools import lru_cache

import msgspec

from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.documents import Direction, Document
from sellsy_ledger.core.numbers import Agreement, agreement, running_parts
from sellsy_ledger.core.third_parties import (
    LedgerThirdParty,
    ThirdParty,
    account_forms,
    company_ids,
    plain_name,
)

__all__ = ["Like", "Paper", "Shelf", "Verdict", "paper_of", "verdict"]

_NEAR_DAYS = 31
_UNNUMBERED_DAYS = 10
_NAMES_ALIKE = 0.82
_SHORTEST_NAME = 4
# An account that all customers, or all suppliers, share.
_COLLECTIVE = re.compile(r"4[01][0-9]{0,2}0*")
_DIGITS = re.compile(r"[0-9]+")
_NO_ONE = ("DIVERS", "ATTENTE", "COMPTANT", "PASSAGE")


class Verdict(IntEnum):
    """What a document is to an entry; more is more alike."""

    OTHER = 0
    PERHAPS = 1
    SAME = 2


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared of a document. ``amounts`` are debit minus credit of its third-party line, in cents: what the
    document says, and what its entry has where deposits make that another amount.
    """

    key: str
    direction: Direction
    number: str
    date: dt.date
    amounts: frozenset[int]
    accounts: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()


class Like(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that a document is like."""

    entry: BookedEntry
    verdict: Verdict


class _Party(IntEnum):
    OTHER = 0
    UNKNOWN = 1
    NEAR = 2
    SAME = 3


def paper_of(
    document: Document,
    third_party: ThirdParty | None,
    ledger_third_party: LedgerThirdParty | None = None,
    entry_cents: int | None = None,
) -> Paper:
    """The document as it is compared.

    Args:
        document: the document.
        third_party: its customer or supplier in the source.
        ledger_third_party: the same one in the tool, where that is known already.
        entry_cents: debit minus credit of its entry's third-party line, where there is an entry.
    """
    direction = document.kind.direction
    sign = 1 if (direction is Direction.SALES) is not document.kind.is_credit_note else -1
    names, accounts, ids = {document.third_party_name}, set[str](), {*company_ids(document.third_party_vat_number)}
    if third_party is not None:
        names.add(third_party.name)
        accounts |= account_forms(direction, third_party.auxiliary_code)
        ids |= company_ids(third_party.vat_number, third_party.siren, third_party.siret)
    if ledger_third_party is not None:
        names.add(ledger_third_party.name)
        accounts |= account_forms(direction, ledger_third_party.auxiliary_account)
        accounts |= account_forms(direction, ledger_third_party.code)
    return Paper(
        key=document.key,
        direction=direction,
        number=document.number,
        date=document.date,
        amounts=frozenset({sign * document.gross_cents} | ({entry_cents} if entry_cents is not None else set())),
        accounts=frozenset(accounts),
        names=frozenset(map(plain_name, names)) - {""},
        ids=frozenset(ids),
    )


def verdict(paper: Paper, entry: BookedEntry) -> Verdict:
    """What ``entry`` is to the document.

    Example: the invoice F-2026-0117 of Zinc SARL, 3 February, 120.00 €; an entry of Zinc of that day and amount with
    piece 20260117: the same. With the label "Zinc fournitures" only: perhaps. With piece F-2026-0118: another one.
    """
    if not any(_one_side(amount, entry.gross_cents) for amount in paper.amounts):
        return Verdict.OTHER
    apart = _days_apart(paper, entry)
    if apart is None:
        return Verdict.OTHER
    party = _party(paper, entry)
    if party is _Party.OTHER:
        return Verdict.OTHER
    number = agreement(paper.number, entry.numbers)
    equal = entry.gross_cents in paper.amounts
    if equal and apart == 0 and party is _Party.SAME and number >= Agreement.FOUND:
        return Verdict.SAME
    return Verdict.PERHAPS if _is_worth_a_look(number, party, equal=equal, paper=paper, entry=entry) else Verdict.OTHER


def _is_worth_a_look(number: Agreement, party: _Party, *, equal: bool, paper: Paper, entry: BookedEntry) -> bool:
    if number is Agreement.OTHER:
        return False
    if not equal:
        # A supplier gives a number once a year: the amount is wrong on one side, or was booked in parts. Some tools
        # show the number in a label only.
        return number >= Agreement.FOUND and party is _Party.SAME
    if number >= Agreement.FOUND:
        return True
    if party is _Party.UNKNOWN:
        return False
    if number is Agreement.NEAR:
        return _nearest(paper, entry) <= _NEAR_DAYS
    return any(
        abs((paper.date - day).days) <= _UNNUMBERED_DAYS or (paper.date.year, paper.date.month) == (day.year, day.month)
        for day in _days(entry)
    )


def _one_side(ours: int, theirs: int) -> bool:
    """An invoice and an invoice, or a credit note and a credit note."""
    return (ours > 0) is (theirs > 0) and (ours < 0) is (theirs < 0)


def _days(entry: BookedEntry) -> tuple[dt.date, ...]:
    return (entry.date,) if entry.piece_date is None else (entry.date, entry.piece_date)


def _nearest(paper: Paper, entry: BookedEntry) -> int:
    return min(abs((paper.date - day).days) for day in _days(entry))


def _days_apart(paper: Paper, entry: BookedEntry) -> int | None:
    """Days between the two; None where it is another document's date: numbers begin again every year."""
    nearest = _nearest(paper, entry)
    if nearest <= _NEAR_DAYS or any(day.year == paper.date.year for day in _days(entry)):
        return nearest
    return None


# -- third parties -----------------------------------------------------------------------------------------------
def _party(paper: Paper, entry: BookedEntry) -> _Party:
    theirs = company_ids(*entry.third_party_ids)
    if paper.ids & theirs:
        return _Party.SAME
    sirens, their_sirens = _sirens(paper.ids), _sirens(theirs)
    if sirens and their_sirens:
        return _Party.OTHER
    name = plain_name(entry.third_party_name)
    by_name = max((_names(ours, name) for ours in paper.names), default=_Party.UNKNOWN) if name else _Party.UNKNOWN
    forms = {
        form for form in account_forms(paper.direction, entry.third_party_account) if not _COLLECTIVE.fullmatch(form)
    }
    if paper.accounts & forms:
        # One code for two names is one third party as a rule, and now and then a code that was given twice.
        return _Party.NEAR if by_name is _Party.OTHER and paper.names else _Party.SAME
    if by_name is _Party.SAME:
        return _Party.SAME
    if any(_names(ours, form) is _Party.SAME for ours in paper.names for form in forms):
        return _Party.SAME
    if by_name is _Party.NEAR or _is_named(paper, entry):
        return _Party.NEAR
    if any(word in name or any(word in form for form in forms) for word in _NO_ONE):
        return _Party.UNKNOWN
    return by_name


def _sirens(ids: Iterable[str]) -> set[str]:
    return {each for each in ids if len(each) == 9 and each.isdecimal()}


@lru_cache(maxsize=65_536)
def _names(ours: str, theirs: str) -> _Party:
    if ours == theirs:
        return _Party.SAME
    digits, their_digits = _DIGITS.findall(ours), _DIGITS.findall(theirs)
    if digits and their_digits and digits != their_digits:
        # "Agence 12" and "Agence 13" are no slip of the pen.
        return _Party.OTHER
    shorter, longer = sorted((ours, theirs), key=len)
    if len(shorter) >= _SHORTEST_NAME and shorter in longer:
        return _Party.NEAR
    return _Party.NEAR if SequenceMatcher(None, ours, theirs, autojunk=False).ratio() >= _NAMES_ALIKE else _Party.OTHER


def _is_named(paper: Paper, entry: BookedEntry) -> bool:
    """The label names the third party, whatever account it was typed to."""
    texts = [plain_name(text) for text in entry.numbers]
    return any(len(name) >= _SHORTEST_NAME and name in text for name in paper.names for text in texts)


# -- many entries ------------------------------------------------------------------------------------------------
class Shelf:
    """Entries of the books, ready to be compared with one document after the other.

    Args:
        entries: what the books hold; the lines that an entry has for one third party count together.
    """

    def __init__(self, entries: Iterable[BookedEntry]) -> None:
        self.entries = _together(entries)
        self._by_amount: defaultdict[int, list[int]] = defaultdict(list)
        self._by_number: defaultdict[str, list[int]] = defaultdict(list)
        for place, entry in enumerate(self.entries):
            self._by_amount[entry.gross_cents].append(place)
            for part in {part for text in entry.numbers for part in running_parts(text)}:
                self._by_number[part].append(place)

    def like(self, paper: Paper) -> list[Like]:
        """The entries that are, or may be, the document; the likeliest first, then in their own order."""
        places = {place for amount in paper.amounts for place in self._by_amount.get(amount, ())}
        places |= {place for part in running_parts(paper.number) for place in self._by_number.get(part, ())}
        found = [
            Like(entry=self.entries[place], verdict=told)
            for place in sorted(places)
            if (told := verdict(paper, self.entries[place])) is not Verdict.OTHER
        ]
        return sorted(found, key=lambda one: -one.verdict)


def _together(entries: Iterable[BookedEntry]) -> list[BookedEntry]:
    """One item for each entry and third party: an invoice due in three parts has three lines."""
    found: dict[tuple[str, str], BookedEntry] = {}
    for entry in entries:
        key = (entry.entry_id, entry.third_party_account)
        known = found.get(key)
        if known is not None:
            entry = msgspec.structs.replace(
                known,
                gross_cents=known.gross_cents + entry.gross_cents,
                numbers=tuple(dict.fromkeys((*known.numbers, *entry.numbers))),
                key=known.key or entry.key,
            )
        found[key] = entry
    return list(found.values())
