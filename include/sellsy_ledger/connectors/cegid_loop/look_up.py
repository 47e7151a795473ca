"""Find an entry among Cegid Loop's accounting lines, with filters that were not made for it.

Loop insists on a filter by lettering, answers at most 100 lines and does not say when it leaves some out. So lines
without lettering are asked for, then those with, until the lines found make a whole entry; where a piece number has too
many lines, they are asked for account by account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sellsy_ledger.connectors.base import PostedEntry, PostingRequest
from sellsy_ledger.connectors.cegid_loop.client import MOST_LINES, CegidLoopClient
from sellsy_ledger.connectors.cegid_loop.keys import is_ours, reference_of
from sellsy_ledger.connectors.cegid_loop.lines import Line, entry_of, is_balanced, line_of, ours
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.errors import PostingConflict
from sellsy_ledger.http.redaction import short_text

__all__ = ["find"]


def find(client: CegidLoopClient, request: PostingRequest, index: LedgerIndex, *, by_file: bool) -> PostedEntry | None:
    """The request's entry as Loop holds it; None when it is not there.

    Args:
        client: the folder.
        request: what is looked for.
        index: gives accounts in the folder's own form.
        by_file: True where entries travel without our key.

    Raises:
        PostingConflict: the entry is there more than once, under another piece number, or hidden among too many lines.
        TryLater: Loop does not answer, or not in a form that can be read.
    """
    found = list(_lines(client, request, index, lettered=False))
    mine = ours(found, request, by_file=by_file)
    if not mine or not is_balanced(mine):
        # Paid in the meantime: the third party's line has a lettering code, the others have not.
        found += _lines(client, request, index, lettered=True)
        mine = ours(found, request, by_file=by_file)
    if not mine and not by_file:
        _must_not_be_renumbered(client, request, index)
    return entry_of(mine, request) if mine else None


def _must_not_be_renumbered(client: CegidLoopClient, request: PostingRequest, index: LedgerIndex) -> None:
    """Look for our key on the third party's lines of the document's day: somebody may have changed the piece number
    since. As far as Loop shows them; whoever is not among them has not been proven absent, nor present.
    """
    wanted = reference_of(request.posting_key)
    day = request.entry.piece_date.isoformat()
    for lettered in (False, True):
        for account in _accounts(request, index, collective=True):
            lines = [line_of(row) for row in client.lines(lettered=lettered, account=account, day=day)]
            piece = next((line.piece for line in lines if is_ours(line.reference, wanted)), None)
            if piece is not None:
                raise PostingConflict(
                    f"Cegid Loop holds {wanted} under piece {short_text(piece, 40)}, sent as {request.entry.piece}: "
                    "its number was changed there.",
                    tool="cegid_loop",
                )


def _lines(client: CegidLoopClient, request: PostingRequest, index: LedgerIndex, *, lettered: bool) -> Iterable[Line]:
    piece = request.entry.piece
    rows = client.lines(lettered=lettered, piece=piece)
    if len(rows) >= MOST_LINES:
        rows = [
            row
            for account in _accounts(request, index)
            for row in _of_account(client, request, account, lettered=lettered)
        ]
    lines = [line_of(row) for row in rows]
    return [line for line in lines if not line.piece or line.piece.casefold() == piece.casefold()]


def _accounts(request: PostingRequest, index: LedgerIndex, *, collective: bool = False) -> Iterator[str]:
    """The entry's accounts in the folder's own form, each once; ``collective``: those of its third party alone."""
    lines = [line for line in request.entry.lines if line.auxiliary_account or not collective]
    numbers = (index.account(line.account) or line.account for line in lines)
    yield from dict.fromkeys(number if isinstance(number, str) else number.number for number in numbers)


def _of_account(
    client: CegidLoopClient, request: PostingRequest, account: str, *, lettered: bool
) -> list[dict[str, object]]:
    piece = request.entry.piece
    rows = client.lines(lettered=lettered, piece=piece, account=account)
    if len(rows) < MOST_LINES:
        return rows
    day = request.entry.piece_date.isoformat()
    rows = client.lines(lettered=lettered, piece=piece, account=account, day=day)
    if len(rows) < MOST_LINES:
        return rows
    raise PostingConflict(
        f"Cegid Loop holds {MOST_LINES} lines or more of piece {piece} on account {account}: its entry cannot be told "
        "apart; look at it in Loop.",
        tool="cegid_loop",
    )
