"""The FEC as the books: what carries our mark, what looks like it without one, and when a FEC may be trusted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from sellsy_ledger.connectors.acd import mapper
from sellsy_ledger.connectors.acd.capabilities import CAPABILITIES
from sellsy_ledger.connectors.acd.fec import Fec, FecEntry, FecLine, UnreadableFec
from sellsy_ledger.connectors.acd.reading import names_in
from sellsy_ledger.connectors.base import PostedEntry, PostedLine, PostingRequest
from sellsy_ledger.core.entries import Role
from sellsy_ledger.errors import ConfigurationError, LedgerError, PostingConflict, TryLater

if TYPE_CHECKING:
    from sellsy_ledger.connectors.acd.client import AcdClient

__all__ = ["Books"]

# An entry this near to the end of a year may have been moved over it, into the period that is open.
NEAR = dt.timedelta(days=62)


class Books:
    """What the dossier holds, read by year and kept until something is written.

    Args:
        client: the dossier.
    """

    def __init__(self, client: AcdClient) -> None:
        self.client = client
        self._years: dict[int, Fec] = {}
        self._file_names: set[str] | None = None
        self._lists_files = True

    def forget(self) -> None:
        """Something is about to be written: what was read is old."""
        self._years.clear()
        self._file_names = None

    def find(self, request: PostingRequest, *, fresh: bool) -> PostedEntry | None:
        """The entry that carries the request's mark, or None.

        Args:
            request: whose posting key makes the mark.
            fresh: read the books again now.

        Raises:
            PostingConflict: several carry it; or none, while a line of the same piece, third party and amount is
                there without a mark (somebody typed the entry, or changed its label).
            UnreadableFec: the answer is no FEC.
            ConfigurationError: the server gives none (code ``periodeMultiExercice``, no such route).
        """
        fec = self._fec(request.entry.date.year, fresh=fresh)
        mark = mapper.mark_of(request.posting_key)
        found = fec.marked(mark) or self._marked_next_door(request.entry.date, mark)
        if len(found) > 1:
            raise PostingConflict(f"ACD holds {len(found)} entries marked #{mark}.", tool=CAPABILITIES.tool)
        if not found:
            self._refuse_look_alike(fec, request, mark)
            return None
        return self._posted(found[0], request, mark)

    def _fec(self, year: int, *, fresh: bool) -> Fec:
        if fresh:
            self.forget()
        if year not in self._years:
            self._years[year] = Fec(self.client.fec(year))
        return self._years[year]

    def _marked_next_door(self, day: dt.date, mark: str) -> list[FecEntry]:
        """The entry in the calendar year beside its own, where the firm may have moved it when ``day`` is near the
        border. A year that cannot be read there tells nothing.
        """
        years = {(day + NEAR).year, (day - NEAR).year} - {day.year}
        found: list[FecEntry] = []
        for year in sorted(years):
            with suppress(ConfigurationError, UnreadableFec):
                found += self._fec(year, fresh=False).marked(mark)
        return found

    def booked(self, years: Iterable[int]) -> Iterator[tuple[FecEntry, FecLine]]:
        """Every line of these calendar years, with its entry, read now.

        Raises:
            TryLater: a text is no FEC, or not a whole one.
            ConfigurationError: the server gives none.
        """
        self.forget()
        for year in years:
            try:
                entries = self._fec(year, fresh=False).entries()
            except UnreadableFec as error:
                raise TryLater(f"ACD's FEC of {year} is unreadable: {error}", tool=CAPABILITIES.tool) from error
            for entry in entries:
                for line in entry.lines:
                    yield entry, line

    def _posted(self, entry: FecEntry, request: PostingRequest, mark: str) -> PostedEntry:
        first = entry.first
        return PostedEntry(
            entry_id=mark,
            date=first.date,
            journal=first.journal or None,
            # What was sent for the request's piece number is shown as that number.
            piece=(request.entry.piece if first.piece == mapper.piece_of(request) else first.piece) or None,
            lines=tuple(
                PostedLine(
                    account=line.account,
                    debit_cents=line.debit_cents,
                    credit_cents=line.credit_cents,
                    label=line.label,
                )
                for line in entry.lines
            ),
            draft=False,
            pdf_present=self._has_pdf(request),
            ledger_entry_id=first.number,
            editable=entry.editable,
        )

    def _has_pdf(self, request: PostingRequest) -> bool | None:
        """True when the document store lists the PDF's own file name; it does not tell whose entry it belongs to, and
        a list may be incomplete: absence proves nothing.
        """
        document = request.supporting_document
        if document is None or not self._lists_files:
            return None
        if self._file_names is None:
            try:
                self._file_names = names_in(self.client.ged_documents())
            except LedgerError:
                self._lists_files = False
                return None
        return mapper.file_name(document.file_name, request.posting_key).lower() in self._file_names or None

    def _refuse_look_alike(self, fec: Fec, request: PostingRequest, mark: str) -> None:
        entry = request.entry
        ours = {
            (mapper.auxiliary_of(request), line.debit_cents, line.credit_cents)
            for line in entry.lines
            if line.role is Role.THIRD_PARTY
        }
        lines = [
            line
            for piece in dict.fromkeys((entry.piece, entry.number, mapper.piece_of(request)))
            for line in fec.of_piece(piece)
        ]
        if any(_looks_like(line, entry.journal, ours) for line in lines):
            raise PostingConflict(
                f"ACD holds an entry of piece {entry.piece} with the same third party and amount, without our mark "
                f"#{mark}: it was typed there, or its label was changed.",
                tool=CAPABILITIES.tool,
            )


def _looks_like(line: FecLine, journal: str, ours: set[tuple[str, int, int]]) -> bool:
    amounts = (line.account, line.debit_cents, line.credit_cents)
    return line.journal == journal and not line.mark and amounts in ours
