"""The contract between the pipeline and an accounting tool.

A connector is a folder: ``capabilities.py`` (data), ``client.py`` (HTTP, one method per route, no accounting),
``mapper.py`` (pure: entry ↔ payload), ``errors.py`` (the tool's codes → our error classes), ``connector.py`` (this
contract). One test suite runs against every connector.

Three ways lead into the books, and the capabilities say which one a tool has:

- at once: :meth:`LedgerConnector.post_entry` books the entry;
- ``asynchronous``: it gives a ``handle``, and :meth:`LedgerConnector.wait_until_done` tells later what became of it;
- ``batches``: :meth:`LedgerConnector.deliver_batch` writes one file per run, which somebody else imports;
  :meth:`LedgerConnector.batch_state` tells whether that was said to be done.

Beside them :meth:`LedgerConnector.deposit_document` hands over a PDF without any entry (``document_only``).
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Self

import msgspec

from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.documents import Direction, Kind, SupportingDocument
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.ledger import Ledger
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import ConfigurationError, DocumentError
from sellsy_ledger.http.throttle import Throttle

__all__ = [
    "BatchResult",
    "BatchState",
    "BookedEntry",
    "Deposit",
    "LedgerConnector",
    "PostedEntry",
    "PostedLine",
    "PostingRequest",
    "Receipt",
]


class PostingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a connector needs to book one document.

    ``third_party`` is the tool's own third party of the entry; ``ledger`` the snapshot read in this run (its ids turn
    account numbers into the tool's ids). ``pdf`` holds the bytes when there is a supporting document.

    ``source_third_party`` is the same third party as Sellsy knows it (address, identifiers), where the caller has it:
    for tools that are told of a new third party together with its entry.

    ``pdf_url`` makes an authenticated URL of the PDF, valid 24 hours, for tools that fetch it themselves (``url``); it
    raises ``ConfigurationError`` where the document store cannot sign. The URL is a secret: it goes into the request
    and nowhere else, the payload holds the hash in its place.
    """

    posting_key: str
    kind: Kind
    entry: JournalEntry
    third_party: LedgerThirdParty
    ledger: Ledger
    draft: bool
    pdf: bytes | None = None
    pdf_url: Callable[[], str] | None = None
    supporting_document: SupportingDocument | None = None
    description: str = ""
    service_period: tuple[dt.date, dt.date] | None = None
    is_deposit: bool = False
    source_third_party: ThirdParty | None = None


class Deposit(msgspec.Struct, frozen=True, kw_only=True):
    """A PDF handed over without an entry: the accountant, or the tool's robot, makes the entry from it."""

    posting_key: str
    kind: Kind
    number: str
    date: dt.date
    third_party_name: str
    pdf: bytes
    supporting_document: SupportingDocument


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the tool answered to a write. ``entry_id`` may be empty when only a look-up can tell it.

    ``handle`` names the hand-over where the entry itself is not booked yet: the id of an asynchronous import, the
    batch of a file.
    """

    entry_id: str
    handle: str = ""
    ledger_entry_id: str = ""
    draft: bool = False
    pdf_attached: bool = False
    warnings: tuple[str, ...] = ()


class PostedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line as the tool holds it."""

    account: str
    debit_cents: int
    credit_cents: int
    label: str = ""


class PostedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as read back. ``pdf_sha256`` is None where the tool does not give the bytes back;
    ``pdf_present`` None where it does not even say; ``lines`` None where lines cannot be read. ``handle`` is the batch
    whose file holds the entry, for tools that import files. ``editable`` says whether the tool would still let the
    entry be changed (not validated, not lettered, period open); None where it does not tell.
    """

    entry_id: str
    date: dt.date | None
    journal: str | None
    piece: str | None
    lines: tuple[PostedLine, ...] | None
    draft: bool | None = None
    pdf_sha256: str | None = None
    pdf_present: bool | None = None
    ledger_entry_id: str = ""
    handle: str = ""
    editable: bool | None = None


class BatchState(StrEnum):
    """What is known of a delivered file: nothing yet, imported, or refused by the import."""

    DELIVERED = "delivered"
    IMPORTED = "imported"
    REFUSED = "refused"


class BatchResult(NamedTuple):
    """What became of the requests of a batch: the posting keys in the file, and why the others are not in it."""

    delivered: tuple[str, ...]
    refused: Mapping[str, DocumentError]


class LedgerConnector(ABC):
    """One company's books in one tool. Not thread-safe; one instance per task.

    Every method may raise ``AccessError`` (credentials, rights), ``ConfigurationError`` and ``TryLater``.

    Attributes:
        capabilities: what this connection can do: the tool's usual ones, or those of its variant.
    """

    capabilities: Capabilities

    @classmethod
    @abstractmethod
    def from_credentials(
        cls,
        *,
        base_url: str,
        secrets: Mapping[str, str],
        options: Mapping[str, str] | None = None,
        throttle: Throttle | None = None,
    ) -> Self:
        """A connector from what a Connection holds.

        Args:
            base_url: the API's address; empty where nothing is asked over HTTP.
            secrets: the tool's own names → values.
            options: the tool's own settings that are no secrets.
            throttle: the limiter of this API account, when several connectors share it.

        Raises:
            ConfigurationError: an option is missing or unusable, named by ``field``.
        """

    @abstractmethod
    def check_access(self) -> Sequence[AccessCheck]:
        """Probe credentials and every right the connector needs, one cheap call each. Never writes."""

    @abstractmethod
    def read_ledger(self) -> Ledger:
        """Read accounts, journals, VAT codes, fiscal years and third parties, to the last page."""

    @abstractmethod
    def create_third_party(self, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
        """Create (or find again) the third party; what the tool gives back is what is stored.

        Safe to repeat: it looks up by our external reference or account number before writing.

        Raises:
            DocumentError: with reason ``third_party_refused`` when the tool will not have it.
            OutcomeUnknown: when the answer was lost.
        """

    @abstractmethod
    def payload(self, request: PostingRequest) -> Mapping[str, Any]:
        """The request body that :meth:`post_entry` will send, PDF bytes replaced by their SHA-256. Pure.

        Its canonical JSON is what the payload hash seals.

        Raises:
            DocumentError: when the entry does not fit the tool (with the field named).
        """

    @abstractmethod
    def find_entry(self, request: PostingRequest) -> PostedEntry | None:
        """The entry booked under ``request.posting_key``, or None.

        Raises:
            PostingConflict: when several are found.
        """

    @abstractmethod
    def post_entry(self, request: PostingRequest) -> Receipt:
        """Book the entry with one write (a PDF upload before it is not a booking).

        Raises:
            PostingRefused: the tool said no; nothing was written.
            OutcomeUnknown: the answer was lost; the caller looks up before anything else.
            TryLater: surely nothing was written.
        """

    @abstractmethod
    def read_back(self, request: PostingRequest, entry_id: str) -> PostedEntry | None:
        """Read the booked entry with its lines and attachment; None when it is gone."""

    def attach_document(self, request: PostingRequest, entry_id: str) -> None:
        """Attach the PDF to a booked entry; only for tools whose capability says ``after``."""
        raise ConfigurationError(
            f"{self.capabilities.title} takes no supporting document after the entry",
            tool=self.capabilities.tool,
        )

    # -- what is in the books already, and what may still change there ---------------------------------------------
    def booked_entries(self, direction: Direction, first: dt.date, last: dt.date) -> Iterator[BookedEntry]:
        """Every entry dated ``first`` to ``last`` with a customer's line (sales) or a supplier's (purchases), to the
        last page, whoever made it: typed by hand, imported, received by the tool itself. An entry with several
        third-party lines comes once per line. Only where the capability ``reads_books`` says so.

        Raises:
            TryLater: the reading is not whole; nothing of it may be used.
        """
        raise ConfigurationError(f"{self.capabilities.title} does not show its books", tool=self.capabilities.tool)

    def replace_entry(self, request: PostingRequest, entry_id: str) -> Receipt:
        """Put the entry of ``request`` in the place of the booked entry ``entry_id``, with one write; only where the
        capability ``replaces`` says so, and while :meth:`read_back` calls the entry ``editable``.

        Safe to repeat: writing the same content twice leaves one entry.

        Raises:
            PostingRefused: the tool will not have it (validated, locked, lettered meanwhile); nothing was written.
            OutcomeUnknown: the answer was lost; :meth:`read_back` tells which of the two contents is there.
        """
        raise ConfigurationError(f"{self.capabilities.title} changes no booked entry", tool=self.capabilities.tool)

    # -- asynchronous tools --------------------------------------------------------------------------------------
    def wait_until_done(self, request: PostingRequest, receipt: Receipt) -> Receipt | None:
        """One look at the import ``receipt.handle``: the final receipt, or None while it is still running.

        Raises:
            PostingRefused: the import failed; nothing was written.
            OutcomeUnknown: the tool does not know the import, or tells nothing usable.
        """
        return receipt

    # -- tools that import files ---------------------------------------------------------------------------------
    def deliver_batch(self, batch: str, requests: Iterable[PostingRequest]) -> BatchResult:
        """Write the run's entries as one file, and whatever goes with it (PDFs, a manifest).

        The file appears whole or not at all, and is never written a second time: for a batch that was delivered
        already, ``requests`` is not looked at and the keys of the file are the result. ``requests`` is a stream; one
        that does not fit is left out with its error.

        Args:
            batch: name of the batch, digits and letters, the same for every try of a run.
            requests: what to write.

        Raises:
            OutcomeUnknown: whether the file was delivered cannot be told.
        """
        raise ConfigurationError(f"{self.capabilities.title} takes no files", tool=self.capabilities.tool)

    def batch_state(self, batch: str) -> BatchState:
        """Whether somebody, or an acknowledgement file, said what became of a delivered batch."""
        return BatchState.DELIVERED

    # -- PDFs without entry --------------------------------------------------------------------------------------
    def deposit_document(self, deposit: Deposit) -> Receipt:
        """Hand over the PDF alone, with one write; ``entry_id`` is the tool's id of the document, if it gives one.

        Raises:
            PostingRefused: the tool will not have the file; nothing was written.
            OutcomeUnknown: the answer was lost.
        """
        raise ConfigurationError(f"{self.capabilities.title} takes no document alone", tool=self.capabilities.tool)

    def find_deposit(self, deposit: Deposit) -> Receipt | None:
        """The document deposited under this key, or None when it is surely not there.

        Raises:
            OutcomeUnknown: the tool cannot tell.
        """
        raise ConfigurationError(f"{self.capabilities.title} takes no document alone", tool=self.capabilities.tool)
