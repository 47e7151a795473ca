"""The contract between the pipeline and an accounting tool.

A connector is a folder: ``capabilities.py`` (data), ``client.py`` (HTTP, one method per route, no accounting),
``mapper.py`` (pure: entry ↔ payload), ``errors.py`` (the tool's codes → our error classes), ``connector.py`` (this
contract). One test suite runs against every connector.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.documents import Kind, SupportingDocument
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.ledger import Ledger
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import ConfigurationError

__all__ = [
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
    """

    posting_key: str
    kind: Kind
    entry: JournalEntry
    third_party: LedgerThirdParty
    ledger: Ledger
    draft: bool
    pdf: bytes | None = None
    supporting_document: SupportingDocument | None = None
    description: str = ""
    service_period: tuple[dt.date, dt.date] | None = None
    is_deposit: bool = False


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the tool answered to a write. ``entry_id`` may be empty when only a look-up can tell it."""

    entry_id: str
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
    ``pdf_present`` None where it does not even say; ``lines`` None where lines cannot be read.
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


class LedgerConnector(ABC):
    """One company's books in one tool. Not thread-safe; one instance per task.

    Every method may raise ``AccessError`` (credentials, rights), ``ConfigurationError`` and ``TryLater``.
    """

    capabilities: ClassVar[Capabilities]

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

    def wait_until_done(self, request: PostingRequest, receipt: Receipt) -> Receipt | None:
        """One look at an asynchronous import: the final receipt, or None while it is still running."""
        return receipt
