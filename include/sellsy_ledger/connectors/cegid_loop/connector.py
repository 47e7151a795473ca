"""Cegid Loop as an accounting tool: the connector contract on top of client, mapper and look-up.

An import is asynchronous: it is handed over, works in Loop's own time, and only then the entry can be seen. Loop knows
no idempotency key. The entry is found again by its piece number, then by our key in its free reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from sellsy_ledger.connectors.base import Deposit, LedgerConnector, PostedEntry, PostingRequest, Receipt
from sellsy_ledger.connectors.cegid_loop import answers, errors, mapper
from sellsy_ledger.connectors.cegid_loop.access import check_access
from sellsy_ledger.connectors.cegid_loop.capabilities import CAPABILITIES
from sellsy_ledger.connectors.cegid_loop.client import CegidLoopClient
from sellsy_ledger.connectors.cegid_loop.files import FILE_ROUTES, file_name, file_of
from sellsy_ledger.connectors.cegid_loop.keys import reference_of
from sellsy_ledger.connectors.cegid_loop.look_up import find
from sellsy_ledger.connectors.cegid_loop.options import Options
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.capabilities import Capabilities, PdfSupport
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import ConfigurationError, OutcomeUnknown, PostingRefused
from sellsy_ledger.http.redaction import short_text
from sellsy_ledger.http.throttle import Throttle

__all__ = ["CONNECTOR", "CegidLoopConnector"]

PENDING, RUNNING, DONE, FAILED = 1, 2, 3, 4
THIRD_PARTY_ROUTES = {Direction.SALES: "/tiersClient", Direction.PURCHASES: "/tiersFournisseur"}


class CegidLoopConnector(LedgerConnector):
    """One accounting folder of Cegid Loop, by one of its import routes."""

    capabilities: Capabilities = CAPABILITIES

    def __init__(self, client: CegidLoopClient, options: Options) -> None:
        self.client = client
        self.options = options
        self.capabilities = options.capabilities
        # None for the JSON import.
        self._file = FILE_ROUTES.get(options.route)
        self._index: LedgerIndex | None = None

    @classmethod
    def from_credentials(
        cls,
        *,
        base_url: str,
        secrets: Mapping[str, str],
        options: Mapping[str, str] | None = None,
        throttle: Throttle | None = None,
    ) -> Self:
        """Build the connector from a Connection's parts.

        Args:
            base_url: ``https://api.cegid.com/loop-api-publiques``, or any other server.
            secrets: ``subscription_key``, ``api_key``, ``client_secret``.
            options: ``dossier_code``; ``siret``, ``route``, ``create_third_parties``, ``import_tra_route``, ``modele``,
                ``deposit_hosts`` (see :class:`Options`).
            throttle: a limiter shared with others of the same account.
        """
        read = Options.read(options or {})
        client = CegidLoopClient.from_credentials(
            base_url=base_url,
            secrets=secrets,
            dossier_code=read.dossier_code,
            deposit_hosts=read.deposit_hosts,
            throttle=throttle,
        )
        return cls(client, read)

    # -- reference data ------------------------------------------------------------------------------------------
    def check_access(self) -> Sequence[AccessCheck]:
        """Keys, folder, lists, look-up, and what the chosen route needs besides; see :mod:`.access`."""
        return check_access(self.client, self.options)

    def read_ledger(self) -> Ledger:
        """The folder's lists, to the last page. Loop tells no fiscal years: the import refuses a closed period."""
        client = self.client
        parties = [
            answers.third_party_of(row, direction)
            for direction, rows in ((Direction.SALES, client.customers()), (Direction.PURCHASES, client.suppliers()))
            for row in rows
        ]
        # By number and code: a list whose pages overlap says the same twice.
        accounts = {account.number: account for row in client.accounts() if (account := answers.account_of(row))}
        journals = {journal.code: journal for row in client.journals() if (journal := answers.journal_of(row))}
        vat_codes = {code.code: code for row in client.vat_codes() if (code := answers.vat_code_of(row))}
        return Ledger(
            accounts=tuple(accounts.values()),
            journals=tuple(journals.values()),
            vat_codes=tuple(vat_codes.values()),
            third_parties=tuple(party for party in parties if party is not None),
            tool=self.capabilities.tool,
        )

    def create_third_party(self, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
        """Whoever has this code already, else the third party as the entry's import will create it. Writes nothing:
        Cegid documents no route for it.
        """
        held = self._holder_of(auxiliary_account, third_party.direction)
        if held is not None:
            return held
        if not self.options.create_third_parties:
            raise mapper.third_party_refused(auxiliary_account)
        return LedgerThirdParty(
            auxiliary_account=auxiliary_account, name=third_party.name, direction=third_party.direction
        )

    def _holder_of(self, code: str, direction: Direction) -> LedgerThirdParty | None:
        if not re.fullmatch(r"[A-Za-z0-9]+", code):
            raise mapper.third_party_refused(code)
        rows = self.client.by_code(THIRD_PARTY_ROUTES[direction], code)
        return next((one for row in rows if (one := answers.third_party_of(row, direction))), None)

    # -- entries -------------------------------------------------------------------------------------------------
    def payload(self, request: PostingRequest) -> Mapping[str, Any]:
        """What is handed over: the JSON import with the PDF's hash in place of its signed URL, or the file's text.

        A file route brings no PDF into Loop; the hash stands beside the file all the same, because an approval is given
        to the entry and its document together.
        """
        seal = mapper.pdf_seal(request.pdf) if request.pdf is not None else None
        if self._file is None:
            return mapper.import_body(request, self._look_ups(request), self.options, pdf_uri=seal)
        text = self._file_bytes(request).decode(self._file.encoding())
        body = {**self._import_body(), "file": file_name(request, self._file), "lines": text.splitlines()}
        return body if seal is None else {**body, "supporting_document": seal}

    def find_entry(self, request: PostingRequest) -> PostedEntry | None:
        """The entry of our key; where lines carry no key, the one of exactly our content."""
        piece = mapper.piece_of(request, self.capabilities)
        sent = msgspec.structs.replace(request, entry=msgspec.structs.replace(request.entry, piece=piece))
        found = find(self.client, sent, self._look_ups(request), by_file=self._file is not None)
        # Found by the piece number that was sent, which stands for the request's own.
        return found and msgspec.structs.replace(found, piece=found.piece and request.entry.piece)

    def post_entry(self, request: PostingRequest) -> Receipt:
        """Hand the entry over; the receipt's handle is the import that will book it."""
        if request.draft:
            raise ConfigurationError(
                "Cegid Loop takes no draft: set posting to posted, or to pia for its accounting robot.",
                field="posting",
                tool=self.capabilities.tool,
            )
        if self._file is None:
            index = self._look_ups(request)
            # Checked before the URL is made: a link that nobody fetches is one too many.
            mapper.import_body(request, index, self.options, pdf_uri=None)
            uri = self._pdf_url(request)
            body = mapper.import_body(request, index, self.options, pdf_uri=uri)
            handle = self.client.import_entries("/importJson", body)
        else:
            content = self._file_bytes(request)
            uri = self.client.upload(file_name(request, self._file), content)
            handle = self.client.import_entries(self._file.path(self.options), {**self._import_body(), "URI": uri})
        return Receipt(entry_id="", handle=handle, pdf_attached=self._takes_pdf and request.pdf is not None)

    def wait_until_done(self, request: PostingRequest, receipt: Receipt) -> Receipt | None:
        """One look at the import. A finished one whose entry is not to be seen yet counts as still running.

        Raises:
            PostingRefused: it failed, and the entry is not there.
            OutcomeUnknown: Loop does not know it, or tells nothing usable.
            PostingConflict: the entry is there more than once.
        """
        found = self.client.import_status(receipt.handle)
        status = answers.status_of(found)
        if status in (PENDING, RUNNING):
            return None
        # Whatever else it says, an entry that is there is there: nothing documents that a failed import wrote nothing.
        held = self.find_entry(request)
        if held is not None:
            warnings = () if status == DONE else ("Cegid Loop signale une erreur d'import, mais l'écriture y est.",)
            return Receipt(
                entry_id=held.entry_id,
                handle=receipt.handle,
                # Whoever waits does not carry the bytes again: the document that went along is the request's own.
                pdf_attached=self._takes_pdf and request.supporting_document is not None,
                warnings=warnings,
            )
        if status == DONE:
            return None
        if status == FAILED:
            raise errors.import_refused(errors.words_of(found))
        raise OutcomeUnknown(
            f"Cegid Loop tells nothing usable of import {short_text(receipt.handle, 40)}.",
            tool=self.capabilities.tool,
            tool_code="" if status is None else str(status),
        )

    def read_back(self, request: PostingRequest, entry_id: str) -> PostedEntry | None:
        """The entry by our key: Loop has no route for one entry."""
        return self.find_entry(request)

    # -- the robot -----------------------------------------------------------------------------------------------
    def deposit_document(self, deposit: Deposit) -> Receipt:
        """Hand the PDF to the accounting robot (PIA), which prepares an entry that the accountant validates.

        Loop takes a document for any folder code, existing or not: the folder is proven first.
        """
        if not deposit.pdf.startswith(b"%PDF-"):
            raise _deposit_refused("le fichier n'est pas un PDF")
        if len(deposit.pdf) > (self.capabilities.pdf_max_bytes or 0):
            raise _deposit_refused("le fichier dépasse 50 Mo")
        self.client.probe("/journal")
        document = self.client.store_document(
            name=_document_name(deposit), transaction=mapper.transaction(deposit.kind), body=deposit.pdf
        )
        return Receipt(entry_id=document, pdf_attached=True)

    def find_deposit(self, deposit: Deposit) -> Receipt | None:
        """Nobody can tell: Loop has no route to look for a deposited document."""
        raise OutcomeUnknown(
            f"Cegid Loop cannot be asked whether {deposit.number} was deposited: look into the robot's inbox for "
            f"{reference_of(deposit.posting_key)}.",
            tool=self.capabilities.tool,
        )

    # -- parts ---------------------------------------------------------------------------------------------------
    @property
    def _takes_pdf(self) -> bool:
        return self.capabilities.pdf is PdfSupport.URL

    def _pdf_url(self, request: PostingRequest) -> str | None:
        """The signed link that Loop fetches the PDF from, made now so that its 24 hours begin now."""
        if request.pdf is None:
            return None
        if request.pdf_url is None:
            raise ConfigurationError(
                "Cegid Loop fetches each PDF by a signed link, and the document store makes none: configure a store "
                "that signs (S3, Google Cloud Storage, Azure Blob).",
                field="documents",
                tool=self.capabilities.tool,
            )
        url = request.pdf_url()
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(
                "The document store gave no web link for a PDF: configure a store that signs.",
                field="documents",
                tool=self.capabilities.tool,
            )
        return url

    def _file_bytes(self, request: PostingRequest) -> bytes:
        assert self._file is not None
        index = self._look_ups(request)
        entry = mapper.checked_entry(request, index, self.capabilities)
        return file_of(request, entry, index, self._file)

    def _import_body(self) -> dict[str, Any]:
        """The fields of a file import besides its file."""
        body = {"codeIbs": self.options.dossier_code}
        if self.options.siret:
            body["SIRET"] = self.options.siret
        if self.options.route == "quadra":
            body["modele"] = self.options.modele
        return body

    def _look_ups(self, request: PostingRequest) -> LedgerIndex:
        """The index of the run's ledger, built once."""
        if self._index is None or self._index.ledger is not request.ledger:
            self._index = LedgerIndex(request.ledger)
        return self._index


CONNECTOR = CegidLoopConnector


def _document_name(deposit: Deposit) -> str:
    """A file name by which a person finds the document again: its number, then our key."""
    number = re.sub(r"[^A-Za-z0-9._-]+", "-", short_text(deposit.number, 40)).strip("-.") or "piece"
    return f"{number}_{reference_of(deposit.posting_key).replace(':', '-')}.pdf"


def _deposit_refused(why: str) -> PostingRefused:
    return PostingRefused(
        f"The document does not fit Cegid Loop's robot: {why}.",
        reason=Reason.SUPPORTING_DOCUMENT_MISSING,
        facts={"detail": f" ({why})"},
        field="document",
        tool="cegid_loop",
    )
