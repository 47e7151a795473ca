"""Lines of ``EcritureComptable`` → the entry they make, and whether it is ours. Pure.

Loop gives lines, not entries, and the shape of a line is not documented beyond the names that filters use. A line is
ours when its ``reference`` is our key. A line without any reference may still be: the file imports carry none, and
nobody says that ``reference`` comes back. Such lines count only when together they are exactly our entry (same day,
journal, accounts and amounts), which is then in the books, whoever wrote it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sellsy_ledger.connectors.base import PostedEntry, PostedLine, PostingRequest
from sellsy_ledger.connectors.cegid_loop.answers import code_of, date_of, lowered, pick, text_of
from sellsy_ledger.connectors.cegid_loop.keys import is_ours, is_somebodys, reference_of
from sellsy_ledger.core.entries import EntryLine
from sellsy_ledger.core.ledger import unpadded
from sellsy_ledger.core.money import NotAnAmount, to_cents
from sellsy_ledger.errors import PostingConflict, TryLater

__all__ = ["Line", "entry_of", "is_balanced", "line_of", "ours"]

TOOL = "cegid_loop"
_Signature = Counter[tuple[str, int, int]]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One accounting line as Loop gives it; amounts in cents, texts empty where it does not tell."""

    id: str
    reference: str
    piece: str
    journal: str
    date: dt.date | None
    piece_date: dt.date | None
    account: str
    third_party: str
    label: str
    debit_cents: int
    credit_cents: int
    has_file: bool
    lettering: str = ""


def line_of(row: Mapping[str, Any]) -> Line:
    """A row (its names in lower case) as a line.

    Raises:
        TryLater: it tells no amount that can be read: nothing may be concluded from such an answer.
    """
    debit, credit = _cents(row.get("debit")), _cents(row.get("credit"))
    if debit is None and credit is None:
        debit, credit = _by_side(row)
    return Line(
        id=text_of(pick(row, "objectid", "id", "uuid")),
        reference=text_of(row.get("reference")),
        piece=text_of(pick(row, "refpiece", "piece")),
        journal=code_of(pick(row, "journalcode", "journal", "codejournal")),
        date=date_of(pick(row, "date", "dateecriture", "datecomptable")),
        piece_date=date_of(pick(row, "datepiece", "datejustif")),
        account=code_of(pick(row, "comptenumero", "compte", "numerocompte")),
        third_party=code_of(pick(row, "tierscode", "tiers", "codetiers")),
        label=text_of(pick(row, "libelle", "label")),
        debit_cents=debit or 0,
        credit_cents=credit or 0,
        lettering=text_of(row.get("codelettrage")),
        has_file=bool(pick(row, "fichier", "document", "documents", "pieceJointe".casefold())),
    )


def _cents(value: object) -> int | None:
    """Cents of a number, a text or ``{"amount": …}``; None when the side is absent."""
    if isinstance(value, Mapping):
        value = pick(lowered(value), "amount", "montant", "value")
    if value in (None, ""):
        return None
    try:
        return to_cents(value)  # type: ignore[arg-type]  # it judges the type itself
    except NotAnAmount:
        raise _unreadable() from None


def _by_side(row: Mapping[str, Any]) -> tuple[int, int]:
    cents, side = _cents(pick(row, "montant", "amount")), text_of(row.get("sens")).casefold()
    if cents is None or side[:1] not in ("d", "c"):
        raise _unreadable()
    return (cents, 0) if side.startswith("d") else (0, cents)


def _unreadable() -> TryLater:
    return TryLater("Cegid Loop gave an accounting line without a readable amount.", tool=TOOL)


# -- which lines are ours ----------------------------------------------------------------------------------------
def ours(lines: Sequence[Line], request: PostingRequest, *, by_file: bool) -> list[Line]:
    """The lines of the request's entry among those of its piece number; empty when it is not there.

    Args:
        lines: what the look-up gave.
        request: the entry that is looked for.
        by_file: True where entries travel without our key: then the same piece, journal, day and third party with
            other amounts is taken for ours too, so that it is looked at instead of being booked again.

    Raises:
        PostingConflict: the entry is there more than once.
    """
    wanted = reference_of(request.posting_key)
    keyed = [line for line in lines if is_ours(line.reference, wanted)]
    if keyed:
        _must_be_one(keyed, request)
        return keyed
    free = [line for line in lines if _may_be(line, request) and not is_somebodys(line.reference)]
    if not by_file:
        free = [line for line in free if not line.reference]
    copies = _copies(free, request)
    if copies > 1:
        raise _several(copies, request)
    if copies == 1:
        return _taken(free, request)
    return free if by_file and _same_third_party(free, request) else []


def is_balanced(lines: Sequence[Line]) -> bool:
    """False when a part of an entry is missing (its third-party line is lettered, say)."""
    return sum(line.debit_cents - line.credit_cents for line in lines) == 0


def _may_be(line: Line, request: PostingRequest) -> bool:
    entry = request.entry
    day = line.date or line.piece_date
    return (not line.journal or line.journal == entry.journal) and (
        day is None or day in (entry.date, entry.piece_date if line.date is None else entry.date)
    )


def _must_be_one(lines: Sequence[Line], request: PostingRequest) -> None:
    copies = _copies(lines, request)
    if copies > 1:
        raise _several(copies, request)


def _several(copies: int, request: PostingRequest) -> PostingConflict:
    return PostingConflict(
        f"Cegid Loop holds the entry {request.posting_key} {copies} times (piece {request.entry.piece}).", tool=TOOL
    )


def _copies(lines: Sequence[Line], request: PostingRequest) -> int:
    """How often the request's lines are wholly among ``lines``."""
    wanted, held = _wanted(request), _held(lines, request)
    return min((held[each] // count for each, count in wanted.items()), default=0)


def _taken(lines: Sequence[Line], request: PostingRequest) -> list[Line]:
    """Exactly the request's lines out of ``lines``."""
    left = _wanted(request)
    found = []
    for line in lines:
        signature = _signature(line, request)
        if left[signature]:
            left[signature] -= 1
            found.append(line)
    return found


def _wanted(request: PostingRequest) -> _Signature:
    return Counter(
        (_bare(line.auxiliary_account or line.account), line.debit_cents, line.credit_cents)
        for line in request.entry.lines
        if line.debit_cents or line.credit_cents
    )


def _held(lines: Sequence[Line], request: PostingRequest) -> _Signature:
    return Counter(_signature(line, request) for line in lines)


def _signature(line: Line, request: PostingRequest) -> tuple[str, int, int]:
    return _bare(account_shown(line, request)), line.debit_cents, line.credit_cents


def _same_third_party(lines: Sequence[Line], request: PostingRequest) -> bool:
    wanted = {_bare(each.auxiliary_account) for each in request.entry.lines if each.auxiliary_account}
    return bool(wanted & {_bare(account_shown(line, request)) for line in lines})


def account_shown(line: Line, request: PostingRequest) -> str:
    """The account of a line as entries are compared: a third-party line by its auxiliary account.

    A line on the entry's collective account that names no third party counts as the entry's own: the shape of lines is
    not documented, and the lines were found by our key or by all their amounts.
    """
    collective = _collective(request.entry.lines)
    if collective is None or _bare(line.account) != _bare(collective.account):
        return line.account
    return line.third_party or collective.auxiliary_account or line.account


def _collective(lines: Sequence[EntryLine]) -> EntryLine | None:
    return next((line for line in lines if line.auxiliary_account), None)


def _bare(account: str) -> str:
    return unpadded(account.strip().upper())


# -- the entry ---------------------------------------------------------------------------------------------------
def entry_of(lines: Sequence[Line], request: PostingRequest) -> PostedEntry:
    """The entry that these lines of ours make. Its id is that of its third-party line, or of its first."""
    first = next((line for line in lines if line.third_party and line.id), None)
    entry_id = first.id if first else min((line.id for line in lines if line.id), default="")
    return PostedEntry(
        entry_id=entry_id or reference_of(request.posting_key),
        date=_date(lines, request),
        journal=next((line.journal for line in lines if line.journal), None),
        piece=next((line.piece for line in lines if line.piece), None),
        lines=tuple(
            PostedLine(
                account=account_shown(line, request),
                debit_cents=line.debit_cents,
                credit_cents=line.credit_cents,
                label=line.label,
            )
            for line in lines
        ),
        draft=False,
        # Whether a line shows its file is not documented: absence proves nothing.
        pdf_present=True if any(line.has_file for line in lines) else None,
        # Whether an entry is validated is not told; a lettered one can surely not be changed.
        editable=False if any(line.lettering for line in lines) else None,
    )


def _date(lines: Sequence[Line], request: PostingRequest) -> dt.date | None:
    """The entry's day. Where only the document's date comes back and it is the one sent, the day was right too."""
    days = {line.date for line in lines if line.date}
    if days:
        return max(days)
    documents = {line.piece_date for line in lines if line.piece_date}
    if not documents or documents == {request.entry.piece_date}:
        return request.entry.date if documents else None
    return max(documents)
