"""The manifest of a delivered file: our own index of what it holds, one CSV per batch, never changed afterwards.

It lies in a folder of its own, so that whoever moves an imported file away leaves it behind: a register that was lost
is made good from here.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO

import msgspec

from sellsy_ledger.core.money import NotAnAmount, cents_to_text, to_cents
from sellsy_ledger.errors import ConfigurationError

__all__ = ["COLUMNS", "FOLDER", "Delivered", "Index", "Writer", "harmless", "read_manifest"]

FOLDER = "manifestes"
COLUMNS = ("cle", "journal", "piece", "numero", "date", "tiers", "montant_ttc", "pdf", "empreinte")
_RECENT = 8


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a delivered file: ``gross_cents`` is its total debit, ``payload_hash`` seals what was written."""

    posting_key: str
    journal: str
    piece: str
    number: str
    date: dt.date | None
    third_party: str
    gross_cents: int
    pdf_name: str
    payload_hash: str


def harmless(text: str) -> str:
    """A text from outside that a spreadsheet will not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


class Writer:
    """Writes a manifest line by line, UTF-8 with a byte-order mark, so that a spreadsheet opens it as it is."""

    def __init__(self, file: IO[bytes]) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
        self._rows = csv.writer(self._text, delimiter=";", lineterminator="\r\n")
        self._rows.writerow(COLUMNS)

    def add(self, entry: Delivered) -> None:
        """One more entry."""
        self._rows.writerow(
            (
                entry.posting_key,
                entry.journal,
                entry.piece,
                harmless(entry.number),
                entry.date.isoformat() if entry.date else "",
                entry.third_party,
                cents_to_text(entry.gross_cents).replace(".", ","),
                entry.pdf_name,
                entry.payload_hash,
            )
        )

    def end(self) -> None:
        """Everything is in the file, which stays open."""
        self._text.flush()
        self._text.detach()


def read_manifest(body: bytes, name: str) -> Iterator[Delivered]:
    """The entries of a manifest, in the order of the file.

    Raises:
        ConfigurationError: somebody changed it so that it cannot be read.
    """
    rows = csv.reader(io.StringIO(body.decode("utf-8-sig", "replace"), newline=""), delimiter=";")
    try:
        if tuple(next(rows, ())) != COLUMNS:
            raise _unreadable(name, 1)
        for place, row in enumerate(rows, 2):
            if row:
                yield _entry(row, name, place)
    except csv.Error:
        raise _unreadable(name, 1) from None


def _entry(row: list[str], name: str, place: int) -> Delivered:
    if len(row) != len(COLUMNS) or not row[0]:
        raise _unreadable(name, place)
    key, journal, piece, number, day, third_party, gross, pdf_name, sealed = row
    date = None
    with suppress(ValueError):
        date = dt.date.fromisoformat(day)
    try:
        gross_cents = to_cents(gross.replace(",", "."))
    except NotAnAmount:
        raise _unreadable(name, place) from None
    return Delivered(
        posting_key=key,
        journal=journal,
        piece=piece,
        number=number.removeprefix("'"),
        date=date,
        third_party=third_party,
        gross_cents=gross_cents,
        pdf_name=pdf_name,
        payload_hash=sealed,
    )


def _unreadable(name: str, line: int) -> ConfigurationError:
    return ConfigurationError(
        f"The manifest {name} was changed: line {line} cannot be read.",
        field="folder",
        tool="sage100",
        action="Put the original back; without it nobody can tell what was delivered.",
    )


class Index:
    """Which batch holds which posting key. Only the keys are kept; the manifests themselves are read when asked for."""

    def __init__(self) -> None:
        self._batches: dict[str, tuple[str, ...]] = {}
        self._recent: OrderedDict[str, dict[str, Delivered]] = OrderedDict()

    def add(self, batch: str, keys: Iterable[str]) -> None:
        """The keys of one more batch; adding it again changes nothing."""
        alone = (batch,)
        for key in keys:
            held = self._batches.get(key)
            if held is None:
                self._batches[key] = alone
            elif batch not in held:
                self._batches[key] = (*held, batch)

    def batches(self, key: str) -> tuple[str, ...]:
        """The batches that hold the key; several mean that a document was delivered twice."""
        return self._batches.get(key, ())

    def remember(self, batch: str, entries: Iterable[Delivered]) -> dict[str, Delivered]:
        """Keep a manifest that was just read: the next key is often in the same one."""
        self._recent[batch] = {entry.posting_key: entry for entry in entries}
        self._recent.move_to_end(batch)
        while len(self._recent) > _RECENT:
            self._recent.popitem(last=False)
        return self._recent[batch]

    def recent(self, batch: str) -> dict[str, Delivered] | None:
        """A manifest that is still kept."""
        return self._recent.get(batch)
