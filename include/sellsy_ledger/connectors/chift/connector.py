"""Chift as the pipeline sees it: one company's books, in whichever tool is behind, behind the connector contract.

A document is booked as an invoice, or as a journal entry where an invoice would not say the same to the cent. Every
request carries an id that Chift remembers; a refused id is always followed by a look at what became of the first
request, never by a second write that might double it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import msgspec

from sellsy_ledger.connectors.base import BookedEntry, LedgerConnector, PostedEntry, PostingRequest, Receipt
from sellsy_ledger.connectors.chift import answers, books, held, mapper, parties, reading
from sellsy_ledger.connectors.chift.access import check_access
from sellsy_ledger.connectors.chift.capabilities import CAPABILITIES, VARIANTS
from sellsy_ledger.connectors.chift.client import ChiftClient
from sellsy_ledger.connectors.chift.errors import AttachmentTaken, NumberTaken, RequestIdUsed, rule
from sellsy_ledger.connectors.chift.mapper import Mapper
from sellsy_ledger.connectors.chift.options import options_of, secrets_of
from sellsy_ledger.connectors.chift.routes import VatCheck
from sellsy_ledger.connectors.chift.session import Session
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.corrections import label_of
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.fingerprint import payload_hash
from sellsy_ledger.core.labels import own_piece
from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import (
    DocumentError,
    InvariantBroken,
    LedgerError,
    OutcomeUnknown,
    PostingConflict,
)
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Transport

__all__ = ["CONNECTOR", "ChiftConnector"]

# Base64 inside JSON costs four copies of the file in memory; larger files follow the invoice by a request of their own.
INLINE_PDF_MAX_BYTES = 10 * 1024 * 1024
# Somebody else posting the same content at this very moment takes a try too.
RACES_MAX = 3


class ChiftConnector(LedgerConnector):
    """One consumer of a Chift account.

    Args:
        client: the HTTP client of the consumer.
        check: how closely VAT must follow its rate on an invoice.
    """

    capabilities: Capabilities = CAPABILITIES

    def __init__(self, client: ChiftClient, check: VatCheck) -> None:
        self.client = client
        self.capabilities = VARIANTS[client.behind]
        self._check = check
        self._mapper: Mapper | None = None

    @classmethod
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
            base_url: ``https://api.chift.eu``.
            secrets: ``client_id``, ``client_secret``, ``account_id``.
            options: ``consumer_id`` (the id, or the exact name) and ``behind`` (acd, cegid_loop, myunisoft, sage100)
                are required; ``folder_id`` where the tool has several folders, ``connection_id`` where the consumer
                has several accounting connections; ``vat_check`` (``cent`` or ``exact``, see :class:`VatCheck`);
                ``file_hosts``, hosts that attachments may be read back from, separated by commas.
            throttle: the limiter of this account, when several connectors share it.

        Raises:
            ConfigurationError: a secret or option is missing or unusable, named by ``field``.
        """
        given = options_of(options)
        credentials = secrets_of(secrets)
        transport = Transport(
            base_url=base_url.rstrip("/"),
            tool=CAPABILITIES.tool,
            throttle=throttle or Throttle([CAPABILITIES.rate_limit]),
            error_rule=rule,
            headers={"Accept": "application/json"},
        )
        client = ChiftClient(
            Session(transport, credentials),
            behind=given.behind,
            consumer=given.consumer_id,
            connection_id=given.connection_id,
            folder_id=given.folder_id,
            file_hosts=given.file_hosts,
        )
        return cls(client, VatCheck(exact=given.vat_check == "exact"))

    # -- before posting ------------------------------------------------------------------------------------------
    def check_access(self) -> Sequence[AccessCheck]:
        """Credentials, consumer, connection, tool behind, folder, years and journals; see :mod:`.access`."""
        return check_access(self.client)

    def read_ledger(self) -> Ledger:
        """Accounts, journals, VAT codes, years, clients and suppliers, to the last page."""
        return reading.read_ledger(self.client)

    def create_third_party(self, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
        """Find it by our reference, or create it with ``auxiliary_account`` as its account number."""
        return parties.create_third_party(self.client, third_party, auxiliary_account)

    # -- posting -------------------------------------------------------------------------------------------------
    def payload(self, request: PostingRequest) -> Mapping[str, Any]:
        """The body of the invoice or of the journal entry; the PDF by its hash."""
        return self._body(self._with_own_number(request))

    def find_entry(self, request: PostingRequest) -> PostedEntry | None:
        """What Chift remembers of this very content; else what the books hold under its number."""
        sent = self._with_own_number(request)
        found = held.by_attempt(self.client, sent, payload_hash(self._body(sent)))
        return _told(request, sent, found or held.by_number(self.client, sent))

    def post_entry(self, request: PostingRequest) -> Receipt:
        """Book the invoice, or the journal entry, under an id that was not used before."""
        request = self._with_own_number(request)
        body = self._body(request)
        sealed = payload_hash(body)
        attempt = 1
        for _ in range(RACES_MAX):
            try:
                return self._book(request, body, mapper.request_id(request.posting_key, sealed, attempt))
            except RequestIdUsed:
                known = held.last_attempt(lambda each: self._transaction(request, sealed, each))
                booked = self._became_of(request, known, sealed)
                if booked is not None:
                    return self._receipt(request, booked)
                attempt = (known[0] if known else attempt) + 1
            except NumberTaken as refusal:
                return self._same_number(request, refusal)
        raise OutcomeUnknown(
            f"Chift took no request id of {request.posting_key}: somebody else is posting it.", tool="chift"
        )

    def read_back(self, request: PostingRequest, entry_id: str) -> PostedEntry | None:
        """The invoice with its entry's lines and its attachment; or the journal entry."""
        sent = self._with_own_number(request)
        return _told(request, sent, held.read(self.client, sent, entry_id))

    def attach_document(self, request: PostingRequest, entry_id: str) -> None:
        """Attach the PDF to a booked invoice that has none."""
        if request.pdf is None:
            return
        if reading.entry_number(entry_id) is not None:
            raise DocumentError(
                "Chift attaches a PDF to an invoice only, and this document was booked as a journal entry.",
                reason=Reason.SUPPORTING_DOCUMENT_MISSING,
                facts={
                    "detail": " dans l'outil : joignez-le à la main, Chift ne le joint pas après coup à une écriture"
                },
                tool="chift",
            )
        try:
            self.client.attach(
                entry_id, {"base64_string": mapper.pdf_content(request.pdf), "name": mapper.pdf_name(request)}
            )
        except AttachmentTaken:
            return

    # -- the books -----------------------------------------------------------------------------------------------
    def booked_entries(self, direction: Direction, first: dt.date, last: dt.date) -> Iterator[BookedEntry]:
        """Journal entries, posted or not, whoever wrote them; see :mod:`.books`."""
        return books.booked_entries(self.client, direction, first, last)

    # -- parts ---------------------------------------------------------------------------------------------------
    def _with_own_number(self, request: PostingRequest) -> PostingRequest:
        """The request as it is sent: a correction has its label behind piece and number (``FAC20260001V2``).

        Chift shows nobody's key, some of the tools behind take a number once only, and all of them show it: so the
        number tells a correction from what it corrects.
        """
        label = label_of(request.posting_key)
        if not label:
            return request
        piece = own_piece(request.entry.piece, request.posting_key, self.capabilities.piece_max)
        if len(piece) > (self.capabilities.piece_max or len(piece)):
            raise DocumentError(
                f"The piece number {piece} of a correction is longer than {self.capabilities.piece_max} characters.",
                reason=Reason.REFUSED_BY_TOOL,
                facts={"detail": f"le numéro {piece} de la correction est trop long"},
                field="entry.piece",
                tool="chift",
            )
        entry = msgspec.structs.replace(request.entry, piece=piece, number=f"{request.entry.number}{label}")
        return msgspec.structs.replace(request, entry=entry)

    def _body(self, request: PostingRequest) -> dict[str, Any]:
        if self._mapper is None or self._mapper.index.ledger is not request.ledger:
            self._mapper = Mapper(LedgerIndex(request.ledger), self.capabilities, self._check)
        return self._mapper.body(request)

    def _book(self, request: PostingRequest, body: Mapping[str, Any], request_id: str) -> Receipt:
        sent = dict(body)
        follows = False
        if "pdf" in sent:
            if request.pdf is None:
                raise InvariantBroken(f"{request.posting_key} is posted without the bytes of its PDF")
            follows = len(request.pdf) > INLINE_PDF_MAX_BYTES and mapper.is_invoice(sent)
            if follows:
                del sent["pdf"], sent["pdf_name"]
            else:
                sent["pdf"] = mapper.pdf_content(request.pdf)
        if not mapper.is_invoice(sent):
            entry = self.client.create_entry(sent, request_id)
            return _receipt_of(reading.raw_id(entry.id), request, entry.attachments_info, draft=request.draft)
        invoice = self.client.create_invoice(sent, request_id)
        if not invoice.id:
            raise OutcomeUnknown("Chift's answer to an invoice named no id.", tool="chift")
        receipt = _receipt_of(invoice.id, request, invoice.attachments_info, draft=invoice.status == "draft")
        return self._with_pdf_after(request, receipt) if follows else receipt

    def _with_pdf_after(self, request: PostingRequest, receipt: Receipt) -> Receipt:
        """A failure of the second request does not undo the invoice; the PDF is then still to be attached."""
        attached, warnings = True, receipt.warnings
        try:
            self.attach_document(request, receipt.entry_id)
        except LedgerError as error:
            missing = f"Le justificatif n'a pas encore été joint ({error.tool_code or type(error).__name__})."
            attached, warnings = False, (*warnings, missing)
        return Receipt(entry_id=receipt.entry_id, draft=receipt.draft, pdf_attached=attached, warnings=warnings)

    def _transaction(self, request: PostingRequest, sealed: str, attempt: int) -> answers.Transaction | None:
        return self.client.transaction(mapper.request_id(request.posting_key, sealed, attempt))

    def _became_of(
        self, request: PostingRequest, known: tuple[int, answers.Transaction] | None, sealed: str
    ) -> PostedEntry | None:
        """The entry that an earlier request of the same content made; None when it surely made none.

        Raises:
            OutcomeUnknown: Chift does not say, and the books do not show it.
        """
        if known is None:
            # Refused as used, and not remembered: perhaps it is being carried out right now.
            raise OutcomeUnknown("Chift refuses a request id and does not tell what became of it.", tool="chift")
        _, transaction = known
        if transaction.refused:
            return None
        found = held.by_attempt(self.client, request, sealed) or held.by_number(self.client, request)
        if found is None and transaction.succeeded:
            raise OutcomeUnknown(
                "Chift says that the request was carried out, and the books show nothing.", tool="chift"
            )
        return found

    def _same_number(self, request: PostingRequest, refusal: NumberTaken) -> Receipt:
        """The document that holds our number: ours when third party and content say so; else a person compares."""
        found = held.by_number(self.client, request)
        if found is None:
            raise refusal
        if not reading.is_same(request, found):
            raise PostingConflict(
                f"The tool behind Chift holds {request.entry.piece} of the same third party with another content.",
                tool="chift",
                tool_code=refusal.tool_code,
            )
        return self._receipt(request, found)

    def _receipt(self, request: PostingRequest, found: PostedEntry) -> Receipt:
        """The receipt of an entry that was there already, as its own posting would have given it."""
        sent = mapper.pdf_sha256(request) is not None
        return Receipt(
            entry_id=found.entry_id,
            draft=bool(found.draft),
            pdf_attached=sent if found.pdf_present is None else found.pdf_present,
        )


def _told(request: PostingRequest, sent: PostingRequest, found: PostedEntry | None) -> PostedEntry | None:
    """The entry with the document's own number in the place of the one that a correction was sent with."""
    if found is None or found.piece not in (sent.entry.piece, sent.entry.number):
        return found
    return msgspec.structs.replace(found, piece=request.entry.piece)


def _receipt_of(
    entry_id: str, request: PostingRequest, info: answers.AttachmentsInfo | None, *, draft: bool
) -> Receipt:
    """What Chift answered; where it cannot tell whether the PDF is there, having sent it counts."""
    present = info.present if info else None
    sent = request.pdf is not None
    return Receipt(entry_id=entry_id, draft=draft, pdf_attached=sent if present is None else present)


CONNECTOR = ChiftConnector
