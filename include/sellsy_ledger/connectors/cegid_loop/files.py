"""Entries as files for the import: which format each route writes, and what it is called. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import NamedTuple, cast

import msgspec

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.cegid_loop.keys import reference_of
from sellsy_ledger.connectors.cegid_loop.options import Options
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.formats.base import FileEntry, FileFormat, auxiliary_records, file_bytes

__all__ = ["FILE_ROUTES", "FileRoute", "file_name", "file_of"]


class FileRoute(NamedTuple):
    """How one file route works: the format's module, the end of a file's name, the import that takes it, and whether
    the third party's record is asked for by the format's options.
    """

    format_name: str
    ending: str
    path: Callable[[Options], str]
    names_third_parties: bool = False

    def format(self) -> FileFormat:
        """The format; imported when a file is first written."""
        return cast(FileFormat, import_module(f"sellsy_ledger.formats.{self.format_name}"))

    def encoding(self) -> str:
        """Python name of the encoding in which this route's files are written."""
        return self.format().encoding()


FILE_ROUTES: Mapping[str, FileRoute] = {
    "fec": FileRoute("fec", ".txt", lambda options: "/importFEC"),
    "tra": FileRoute("tra", ".tra", lambda options: f"/{options.import_tra_route}", names_third_parties=True),
    "quadra": FileRoute("quadra", ".txt", lambda options: "/importPerso"),
}


def file_of(request: PostingRequest, entry: JournalEntry, index: LedgerIndex, route: FileRoute) -> bytes:
    """One entry as a whole file of this route.

    Raises:
        DocumentError: a value does not fit its field.
        InvariantBroken: the entry does not balance.
    """
    one = FileEntry(
        # Formats prefer the full number; the look-up asks for the piece number, which is safe inside a filter.
        entry=msgspec.structs.replace(entry, number=entry.piece),
        kind=request.kind,
        third_party_name=request.third_party.name,
        third_party=request.source_third_party,
        # A file has no room for a PDF that the import would fetch: none is named in it.
        pdf_name="",
        reference=reference_of(request.posting_key),
    )
    options = route.format().Options(third_parties=auxiliary_records([one])) if route.names_third_parties else None
    return b"".join(file_bytes(route.format(), [one], index, options))


def file_name(request: PostingRequest, route: FileRoute) -> str:
    """The file's name: our key, so that the import history in Loop shows which document it was."""
    return f"{reference_of(request.posting_key).replace(':', '-')}{route.ending}"
