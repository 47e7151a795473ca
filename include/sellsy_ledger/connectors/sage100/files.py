"""Sage 100 by files: one file per run for *Fichier > Importer*, its PDFs beside it, and our manifest of it.

Nothing here asks Sage anything. What was delivered is known from the manifests, so that a register that was lost never
delivers a document twice; what became of it is known from an acknowledgement that somebody puts beside the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from sellsy_ledger.connectors.base import BatchResult, BatchState, PostedEntry, PostingRequest, Receipt
from sellsy_ledger.connectors.sage100 import reference
from sellsy_ledger.connectors.sage100.capabilities import CAPABILITIES
from sellsy_ledger.connectors.sage100.connector import Sage100Connector
from sellsy_ledger.connectors.sage100.delivery import Delivery
from sellsy_ledger.connectors.sage100.depot import Depot, LocalDepot
from sellsy_ledger.connectors.sage100.files_access import access_checks
from sellsy_ledger.connectors.sage100.options import FileOptions
from sellsy_ledger.connectors.sage100.rendering import Renderer, gross_cents, limits
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.capabilities import kept_characters
from sellsy_ledger.core.ledger import Ledger
from sellsy_ledger.core.money import cents_to_text
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import ConfigurationError, DocumentError, PostingConflict, PostingRefused, TryLater

__all__ = ["FilesConnector"]


class FilesConnector(Sage100Connector):
    """One Sage company whose files go to one folder.

    Args:
        depot: the folder, local or not.
        options: the Connection's options.
    """

    def __init__(self, depot: Depot, options: FileOptions) -> None:
        self.capabilities = limits(CAPABILITIES, options)
        self.options = options
        self._renderer = Renderer(options)
        self.delivery = Delivery(depot, options, self._renderer, self._look_ups)

    @classmethod
    def of_folder(cls, options: Mapping[str, str]) -> Self:
        """A connector to a folder of this machine.

        Raises:
            ConfigurationError: an option is unusable, or the folder is elsewhere.
        """
        read = FileOptions.read(options)
        if not read.is_local:
            raise ConfigurationError(
                "Option folder of the Sage 100 Connection names an object storage: that needs Airflow.",
                field="folder",
                tool=CAPABILITIES.tool,
            )
        path = unquote(urlsplit(read.folder).path) if read.folder.startswith("file://") else read.folder
        return cls(LocalDepot(Path(path).expanduser()), read)

    # -- before posting ------------------------------------------------------------------------------------------
    def check_access(self) -> Sequence[AccessCheck]:
        """The folder, the accountant's lists, and the files that nobody has acknowledged yet."""
        return access_checks(self.delivery, self.options)

    def read_ledger(self) -> Ledger:
        """What the accountant's lists in the folder ``reference`` tell."""
        depot = self.delivery.depot
        try:
            if not depot.is_usable():
                raise TryLater(f"The folder {depot.place} cannot be used.", tool=CAPABILITIES.tool)
            return reference.read_reference(depot)
        except OSError as error:
            raise TryLater(
                f"The folder {depot.place} cannot be read ({type(error).__name__}).", tool=CAPABILITIES.tool
            ) from error

    def create_third_party(self, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
        """Nothing is written: the proposed account is used, and listed for whoever creates it in Sage.

        Raises:
            DocumentError: no character of the account can be kept.
        """
        account = kept_characters(auxiliary_account.upper(), CAPABILITIES.auxiliary_pattern)
        account = account[: self.capabilities.auxiliary_max]
        if not account:
            raise DocumentError(
                f"No account of Sage can be made of {auxiliary_account!r}.",
                reason=Reason.THIRD_PARTY_REFUSED,
                facts={"detail": f"aucun compte ne peut être formé pour {third_party.name}"},
                tool=CAPABILITIES.tool,
            )
        return LedgerThirdParty(
            auxiliary_account=account,
            name=third_party.name,
            direction=third_party.direction,
            siret=third_party.siret,
            siren=third_party.siren,
            vat_number=third_party.vat_number,
        )

    # -- entries -------------------------------------------------------------------------------------------------
    def payload(self, request: PostingRequest) -> Mapping[str, Any]:
        """The entry's text in the file, and the hash of the PDF that lies beside it."""
        return self._renderer.render(request, self._look_ups(request.ledger)).payload

    def find_entry(self, request: PostingRequest) -> PostedEntry | None:
        """The batch whose manifest holds the key; the file is not opened again.

        Raises:
            PostingConflict: several files hold the key, or one holds it with another amount or third party.
            OutcomeUnknown: whether a file was delivered cannot be told.
        """
        batches = self.delivery.find(request.posting_key)
        if not batches:
            return None
        if len(batches) > 1:
            raise PostingConflict(
                f"{request.posting_key} is in {len(batches)} delivered files: {', '.join(batches)}.",
                tool=CAPABILITIES.tool,
            )
        held = self.delivery.entry(request.posting_key)
        wanted = (request.third_party.auxiliary_account, gross_cents(request.entry))
        if (held.third_party, held.gross_cents) != wanted:
            raise PostingConflict(
                f"{request.posting_key} was delivered in {batches[0]} for {held.third_party}, "
                f"{cents_to_text(held.gross_cents)}; now it is {wanted[0]}, {cents_to_text(wanted[1])}.",
                tool=CAPABILITIES.tool,
            )
        return PostedEntry(
            entry_id=batches[0],
            handle=batches[0],
            date=held.date,
            journal=held.journal,
            piece=held.number or held.piece,
            lines=None,
        )

    def post_entry(self, request: PostingRequest) -> Receipt:
        """A file of one entry, named after its key: repeated, it is the same file.

        Raises:
            PostingRefused: the entry does not fit, or the import refused its file.
        """
        batch = f"P{hashlib.sha256(request.posting_key.encode()).hexdigest()[:16]}"
        result = self.deliver_batch(batch, [request])
        if request.posting_key in result.refused:
            raise result.refused[request.posting_key]
        if self.batch_state(batch) is BatchState.REFUSED:
            raise PostingRefused(
                f"The import refused the file {self.delivery.stem(batch)}.",
                reason=Reason.REFUSED_BY_TOOL,
                facts={"detail": f"l'import du fichier {self.delivery.stem(batch)} a été refusé"},
                tool=CAPABILITIES.tool,
            )
        return Receipt(entry_id="", handle=batch)

    def read_back(self, request: PostingRequest, entry_id: str) -> PostedEntry | None:
        """Sage cannot be asked: what the manifest says, without lines."""
        return self.find_entry(request)

    def deliver_batch(self, batch: str, requests: Iterable[PostingRequest]) -> BatchResult:
        """One file; see :mod:`.delivery` for the order of the acts."""
        return self.delivery.deliver(batch, requests)

    def batch_state(self, batch: str) -> BatchState:
        """What the acknowledgement file beside the file says."""
        return self.delivery.state(batch)
