"""Deliver the entries of a run as one file, once, and tell later what was delivered.

Order of the acts: PDFs; the file under a temporary name; missing third parties; the manifest; last of all the file's
own name. So a file is delivered when it has its name, or when its manifest is there and the temporary name is not (the
user has moved the file away). Where giving the name is no single act, manifest and temporary name together prove
nothing, and a person looks.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, cast

from sellsy_ledger.connectors.base import BatchResult, BatchState, PostingRequest
from sellsy_ledger.connectors.sage100 import manifest
from sellsy_ledger.connectors.sage100.depot import Depot
from sellsy_ledger.connectors.sage100.manifest import Delivered
from sellsy_ledger.connectors.sage100.missing import MissingThirdParties
from sellsy_ledger.connectors.sage100.names import PdfNames
from sellsy_ledger.connectors.sage100.options import FileOptions
from sellsy_ledger.connectors.sage100.rendering import EXTENSIONS, Renderer
from sellsy_ledger.connectors.sage100.written import Written
from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError, InvariantBroken, OutcomeUnknown, TryLater
from sellsy_ledger.http.last_check import last_check

__all__ = ["Delivery"]

TEMPORARY = ".tmp"
MISSING = "_tiers_manquants.csv"
# A file that was delivered in another format is still found.
ENDINGS = tuple(EXTENSIONS.values())
IN_MEMORY_BYTES = 1 << 20
# Nobody imports a file and takes it away in less.
A_MOMENT_SECONDS = 30.0
_BATCH = re.compile(r"[0-9A-Za-z]{1,60}")


class Delivery:
    """The deliveries of one Connection.

    Args:
        depot: where to.
        options: the Connection's options.
        renderer: entry → its lines.
        indexed: ledger → its look-ups, built once per run.
    """

    def __init__(
        self,
        depot: Depot,
        options: FileOptions,
        renderer: Renderer,
        indexed: Callable[[Ledger], LedgerIndex],
    ) -> None:
        self.depot = depot
        self._options = options
        self._format = renderer
        self._look_ups = indexed
        self._index = manifest.Index()
        self._indexed: set[str] = set()
        self._doubtful: dict[str, str] = {}
        self._is_loaded = False

    # -- delivering ----------------------------------------------------------------------------------------------
    def deliver(self, batch: str, requests: Iterable[PostingRequest]) -> BatchResult:
        """See :meth:`LedgerConnector.deliver_batch`.

        Raises:
            OutcomeUnknown: whether the file was delivered cannot be told.
            TryLater: the folder cannot be used; surely nothing was delivered.
        """
        stem = self.stem(batch)
        with self._usable():
            self._refresh()
            if self._is_delivered(stem, self._beside(stem)):
                return BatchResult(tuple(entry.posting_key for entry in self._manifest(stem)), {})
            self._clear(stem)
        refused: dict[str, DocumentError] = {}
        with _spool() as lines, _spool() as rows:
            written = Written(manifest.Writer(rows), MissingThirdParties())
            lines.write(self._format.head.encode(self._format.encoding))
            names = PdfNames()
            for request in requests:
                try:
                    self._write(stem, request, lines, written, names)
                except DocumentError as error:
                    refused[request.posting_key] = error
            written.manifest.end()
            if not written.keys:
                return BatchResult((), refused)
            written.must_balance()
            lines.write(self._format.tail.encode(self._format.encoding))
            self._hand_over(stem, lines, rows, written)
        self._index.add(stem, written.keys)
        self._indexed.add(stem)
        return BatchResult(tuple(written.keys), refused)

    def _write(self, stem: str, request: PostingRequest, lines: IO[bytes], written: Written, names: PdfNames) -> None:
        if request.posting_key in written.keys:
            raise InvariantBroken(f"{request.posting_key} comes twice in one batch")
        if elsewhere := self._index.batches(request.posting_key):
            raise _already_delivered(request, self.batch_of(elsewhere[0]))
        if doubtful := self._doubtful.get(request.posting_key):
            raise _already_delivered(request, self.batch_of(doubtful))
        rendered = self._format.render(request, self._look_ups(request.ledger))
        body = rendered.text.encode(self._format.encoding)
        written.must_be_new(request, rendered.piece)
        pdf_name = ""
        if request.pdf is not None:
            _must_be_pdf(request.pdf)
            pdf_name = names.of(request)
            with self._usable():
                self.depot.put(f"{stem}/{pdf_name}", request.pdf)
        lines.write(body)
        written.add(request, rendered, pdf_name)

    def _hand_over(self, stem: str, lines: IO[bytes], rows: IO[bytes], written: Written) -> None:
        temporary, final = f"{stem}{self._format.extension}{TEMPORARY}", f"{stem}{self._format.extension}"
        begun = time.monotonic()
        with self._usable():
            self.depot.put(temporary, _rewound(lines))
            if written.missing:
                self.depot.put(f"{stem}{MISSING}", written.missing.csv())
            self.depot.put(_manifest_path(stem), _rewound(rows))
        last_check()
        try:
            self.depot.commit(temporary, final)
        except OSError as error:
            raise self._commit_failed(stem, temporary, final, begun) from error

    def _commit_failed(self, stem: str, temporary: str, final: str, begun: float) -> TryLater | OutcomeUnknown:
        """A failed rename that left the temporary name did not happen; anything else is a doubt.

        Where both names are missing, a twin of this task cleared the folder between our acts. The manifest goes,
        because alone it says that somebody has taken the file; unless it was begun so long ago that the twin's own file
        may have been imported and removed since.
        """
        try:
            missing = not self.depot.exists(temporary) and not self.depot.exists(final)
            if self.depot.atomic and missing and time.monotonic() - begun < A_MOMENT_SECONDS:
                self.depot.delete(_manifest_path(stem))
                return TryLater(
                    f"Another try cleared {self.depot.place} meanwhile; the next one delivers.", tool="sage100"
                )
            untouched = self.depot.atomic and self.depot.exists(temporary) and not self.depot.exists(final)
        except OSError:
            untouched = False
        if untouched:
            return TryLater(f"The file {final} could not be given its name in {self.depot.place}.", tool="sage100")
        return _in_doubt(final, self.depot.place)

    def _clear(self, stem: str) -> None:
        """What a try that was broken off left behind: nothing of it was delivered."""
        for name in self.depot.names(stem):
            self.depot.delete(f"{stem}/{name}")
        for name in self._beside(stem):
            self.depot.delete(name)
        self.depot.delete(_manifest_path(stem))

    # -- what was delivered --------------------------------------------------------------------------------------
    def find(self, posting_key: str) -> tuple[str, ...]:
        """The batches whose file holds the key. A refused file counts: somebody may correct the cause and import it;
        whoever gives it up removes it with its manifest.

        Raises:
            OutcomeUnknown: the key is in a file of which nobody can tell whether it was delivered.
        """
        if not self._is_loaded:
            with self._usable():
                self._refresh()
        if posting_key in self._doubtful:
            raise _in_doubt(self._doubtful[posting_key], self.depot.place)
        return tuple(self.batch_of(stem) for stem in self._index.batches(posting_key))

    def entry(self, posting_key: str) -> Delivered:
        """What the manifest says of a delivered key."""
        stem = self._index.batches(posting_key)[0]
        with self._usable():
            kept = self._index.recent(stem) or self._index.remember(stem, self._manifest(stem))
        return kept[posting_key]

    def state(self, batch: str) -> BatchState:
        """What the acknowledgement beside the file says."""
        stem = self.stem(batch)
        with self._usable():
            return self._said(stem, self._beside(stem))

    def waiting(self) -> list[str]:
        """The files that lie in the folder without an acknowledgement."""
        names = self.depot.names()
        return [
            name
            for name in names
            if name.startswith(f"SAGE_{self._options.dossier}_")
            and name.endswith(ENDINGS)
            and self._said(name.rpartition(".")[0], names) is BatchState.DELIVERED
        ]

    def doubtful(self) -> list[str]:
        """The files whose delivery cannot be told, by the name they were to have."""
        if self.depot.atomic:
            return []
        names, manifests = self.depot.names(), self.depot.names(manifest.FOLDER)
        stems = [name.removesuffix(".csv") for name in manifests if name.endswith(".csv")]
        return [stem for stem in stems if not self._has_name(stem, names) and self._has_temporary(stem, names)]

    def stem(self, batch: str) -> str:
        """The file's name without its ending."""
        if not _BATCH.fullmatch(batch):
            raise InvariantBroken(f"{batch!r} is no name of a batch: digits and letters")
        return f"SAGE_{self._options.dossier}_{batch}"

    @staticmethod
    def batch_of(stem: str) -> str:
        """The batch of a file's name."""
        return stem.rpartition("_")[2]

    # -- parts ---------------------------------------------------------------------------------------------------
    def _refresh(self) -> None:
        """Take in the manifests that came since the last look."""
        if not self.depot.is_usable():
            raise OSError(f"{self.depot.place} cannot be used")
        self._doubtful = {}
        manifests = self.depot.names(manifest.FOLDER)
        fresh = [stem for name in manifests if name.endswith(".csv") and (stem := name[:-4]) not in self._indexed]
        if fresh:
            names = self.depot.names()
            for stem in fresh:
                self._take_in(stem, names)
        self._is_loaded = True

    def _take_in(self, stem: str, names: list[str]) -> None:
        if not self._has_name(stem, names) and self._has_temporary(stem, names):
            if not self.depot.atomic:
                self._doubtful.update((entry.posting_key, stem) for entry in self._manifest(stem))
            return
        self._index.add(stem, (entry.posting_key for entry in self._manifest(stem)))
        self._indexed.add(stem)

    def _is_delivered(self, stem: str, names: list[str]) -> bool:
        if self._has_name(stem, names) or self._said(stem, names) is not BatchState.DELIVERED:
            if self.depot.exists(_manifest_path(stem)):
                return True
            raise OutcomeUnknown(
                f"The file {stem} is in {self.depot.place} and its manifest is not: what it holds cannot be told.",
                tool="sage100",
            )
        if not self.depot.exists(_manifest_path(stem)):
            return False
        if not self._has_temporary(stem, names):
            return True
        if self.depot.atomic:
            return False
        raise _in_doubt(stem, self.depot.place)

    def _manifest(self, stem: str) -> Iterator[Delivered]:
        return manifest.read_manifest(self.depot.read(_manifest_path(stem)), f"{stem}.csv")

    def _beside(self, stem: str) -> list[str]:
        """The names of this batch's files: ``SAGE_X_1`` is the start of ``SAGE_X_10`` too."""
        own = (f"{stem}.", f"{stem}{MISSING}")
        return [name for name in self.depot.names() if name.startswith(own)]

    def _has_name(self, stem: str, names: list[str]) -> bool:
        return any(f"{stem}{ending}" in names for ending in ENDINGS)

    def _has_temporary(self, stem: str, names: list[str]) -> bool:
        return any(f"{stem}{ending}{TEMPORARY}" in names for ending in ENDINGS)

    def _said(self, stem: str, names: list[str]) -> BatchState:
        """The acknowledgement's name is the file's, with or without its ending, and a suffix; in any case."""
        lower = {name.lower() for name in names}
        files = [f"{stem}{ending}".lower() for ending in ("", *ENDINGS)]
        for state, suffixes in (
            (BatchState.REFUSED, self._options.refused),
            (BatchState.IMPORTED, self._options.imported),
        ):
            if any(f"{file}{suffix}" in lower for file in files for suffix in suffixes):
                return state
        return BatchState.DELIVERED

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """A folder that cannot be used now is a passing fault: nothing is delivered before the last act."""
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise TryLater(f"The folder {self.depot.place} cannot be used ({reason}).", tool="sage100") from error


def _manifest_path(stem: str) -> str:
    return f"{manifest.FOLDER}/{stem}.csv"


def _spool() -> IO[bytes]:
    """A local file that holds what is written until it is handed over whole."""
    return cast("IO[bytes]", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES))


def _rewound(file: IO[bytes]) -> IO[bytes]:
    file.seek(0)
    return file


def _must_be_pdf(body: bytes) -> None:
    if b"%PDF-" not in body[:1024]:
        raise DocumentError(
            "The supporting document is no PDF.",
            reason=Reason.SUPPORTING_DOCUMENT_MISSING,
            facts={"detail": " : le fichier reçu n'est pas un PDF"},
            tool="sage100",
        )


def _already_delivered(request: PostingRequest, batch: str) -> DocumentError:
    return DocumentError(
        f"{request.posting_key} was delivered in batch {batch}.",
        reason=Reason.POSSIBLE_DUPLICATE,
        facts={"detail": f"elle a été livrée dans le lot {batch}"},
        tool="sage100",
    )


def _in_doubt(name: str, place: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"Whether {name} was delivered to {place} cannot be told: its manifest and its temporary file are there, the "
        f"file itself is not.",
        tool="sage100",
        action=(
            "If nobody took the file, delete its manifest; if somebody did, delete the temporary file (ending in .tmp)."
        ),
    )
