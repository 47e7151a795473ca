"""Inqom as an accounting tool: the connector contract on top of client and mapper.

The PDF is deposited first, without Inqom's own workflow, and the entry names it: a crash in between leaves a document
without entry, never an entry without document. Inqom has no look-up by our key, so an entry is found again among those
of its journal and day.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import msgspec

from sellsy_ledger.connectors.base import BookedEntry, Deposit, LedgerConnector, PostedEntry, PostingRequest, Receipt
from sellsy_ledger.connectors.copies import copy_of, sha256_without_mark
from sellsy_ledger.connectors.inqom import answers, fec_route, mapper, reading
from sellsy_ledger.connectors.inqom.access import check_access
from sellsy_ledger.connectors.inqom.capabilities import CAPABILITIES, VARIANTS
from sellsy_ledger.connectors.inqom.client import InqomClient
from sellsy_ledger.connectors.inqom.errors import TOOL
from sellsy_ledger.connectors.inqom.options import Options
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.corrections import label_of
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.labels import clean_text
from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.periods import windows
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import DocumentError, LedgerError, OutcomeUnknown, PostingRefused, TryLater
from sellsy_ledger.http.throttle import Throttle

__all__ = ["CONNECTOR", "InqomConnector"]

WINDOW_DAYS = 31
A_YEAR = dt.timedelta(days=366)


class InqomConnector(LedgerConnector):
    """One accounting folder of Inqom.

    Args:
        client: the HTTP client of the folder.
        options: the Connection's options; ``route`` decides the variant.
    """

    capabilities: Capabilities = CAPABILITIES

    def __init__(self, client: InqomClient, options: Options) -> None:
        self.client = client
        self.options = options
        self.capabilities = VARIANTS[options.route]
        self._index: LedgerIndex | None = None
        self._files_readable = True

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
            base_url: ``https://api.inqom.com``, or any other server.
            secrets: ``client_id``, ``client_secret``, ``username``, ``password``.
            options: see :class:`Options`; ``dossier_id`` is needed.
            throttle: a limiter shared with others of the same client id and user.
        """
        read = Options.read(options or {}, base_url)
        return cls(
            InqomClient.from_credentials(base_url=base_url, secrets=secrets, options=read, throttle=throttle), read
        )

    # -- before posting --------------------------------------------------------------------------------------------
    def check_access(self) -> Sequence[AccessCheck]:
        """Token, folder, journals, documents, SIREN; see :mod:`.access`."""
        return check_access(self.client, self.options)

    def read_ledger(self) -> Ledger:
        """The whole ledger of the folder; VAT has no codes in Inqom."""
        accounts = self.client.accounts()
        general = {one.number: one for one in accounts if not reading.is_third_party(one)}
        third_parties = {one.number: one for one in accounts if reading.is_third_party(one)}
        return Ledger(
            accounts=tuple(map(reading.account_of, general.values())),
            journals=tuple(map(reading.journal_of, self.client.journals())),
            fiscal_years=reading.fiscal_years(self.client.periods()),
            third_parties=tuple(map(reading.third_party_of, third_parties.values())),
            tool=TOOL,
        )

    def create_third_party(self, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
        """Create the account of a third party, or find the one that exists, as asked for or rewritten.

        What an account that exists already draws is not documented, so that it is looked for first, and again when
        the creation is refused.
        """
        held = self._holder_of(auxiliary_account)
        if held is not None:
            return held
        try:
            number = self.client.create_account(mapper.account_body(third_party, auxiliary_account))
        except PostingRefused as error:
            held = self._holder_of(auxiliary_account)
            if held is not None:
                return held
            raise DocumentError(
                f"Inqom did not take the third-party account {auxiliary_account}.",
                reason=Reason.THIRD_PARTY_REFUSED,
                facts={"detail": f"{auxiliary_account} ({error.facts.get('detail', '')})"},
                tool=TOOL,
                tool_code=error.tool_code,
                request_id=error.request_id,
            ) from error
        return reading.third_party(number, third_party.name, third_party.direction)

    def _holder_of(self, number: str) -> LedgerThirdParty | None:
        forms = mapper.account_forms(number)
        found = {
            account.number.upper(): account
            for prefix in forms
            for account in self.client.accounts(prefix)
            if account.number.upper() in forms and reading.is_third_party(account)
        }
        # The rewritten form is the one that Inqom itself makes.
        best = next((found[form] for form in reversed(forms) if form in found), None)
        return reading.third_party_of(best) if best else None

    # -- posting ---------------------------------------------------------------------------------------------------
    def payload(self, request: PostingRequest) -> Mapping[str, Any]:
        """The entry, or the FEC operation; the deposited document is named by the PDF's hash."""
        index = self._look_ups(request)
        if self.capabilities.asynchronous:
            return fec_route.fec_payload(request, index, self.options)
        return mapper.entry_body(request, index, mapper.pdf_seal(request.pdf) if request.pdf is not None else None)

    def post_entry(self, request: PostingRequest) -> Receipt:
        """Deposit the PDF, then book the entry, or start its import."""
        index = self._look_ups(request)
        body = dict(self.payload(request))
        if not index.is_open(request.entry.date):
            raise mapper.no_open_period(request.entry.date)
        document_id = self._deposited(request) if request.pdf is not None else ""
        if self.capabilities.asynchronous:
            return self._import(request, index)
        if document_id:
            body["AccountingDocumentId"] = _number(document_id)
        return Receipt(entry_id=self.client.create_entry(body), pdf_attached=bool(document_id))

    def find_entry(self, request: PostingRequest) -> PostedEntry | None:
        """The entry of this request among those of its journal and day, see :func:`reading.ours_among`; else wherever
        an accountant may have moved it, see :func:`reading.moved_among`.
        """
        index = self._look_ups(request)
        held = reading.ours_among(self._entries(request), request, index)
        held = held or reading.moved_among(self._elsewhere(request), request, index)
        return self._read(held, request) if held else None

    def read_back(self, request: PostingRequest, entry_id: str) -> PostedEntry | None:
        """The entry with its lines and PDF, by its id, or by our key where the answer to it named another id."""
        held = self._held(request, entry_id)
        return self._read(held, request) if held else None

    def replace_entry(self, request: PostingRequest, entry_id: str) -> Receipt:
        """Deposit the PDF, then put the entry in the place of the booked one, with its document and our key.

        What becomes of a line that is not named is not documented, so that the lines which are there keep their ids.
        """
        if not self.capabilities.replaces:
            return super().replace_entry(request, entry_id)
        body = dict(self.payload(request))
        if not self._look_ups(request).is_open(request.entry.date):
            raise mapper.no_open_period(request.entry.date)
        held = self._held(request, entry_id)
        for line, line_id in zip(body["Lines"], held.line_ids if held else (), strict=False):
            line["Id"] = _number(line_id)
        document_id = self._deposited(request) if request.pdf is not None else ""
        if document_id:
            body["AccountingDocumentId"] = _number(document_id)
        self.client.update_entry({"Id": _number(entry_id), **body})
        return Receipt(entry_id=entry_id, pdf_attached=bool(document_id))

    # -- the books -------------------------------------------------------------------------------------------------
    def booked_entries(self, direction: Direction, first: dt.date, last: dt.date) -> Iterator[BookedEntry]:
        """Every entry with a line below 411 or 401, whoever wrote it; as many lines as Inqom itself counts."""
        root = next(each for each, its in reading.ROOTS.items() if its is direction)
        names = {account.number: account.name or "" for account in self.client.accounts(root)}
        for start, end in windows(first, last, WINDOW_DAYS):
            lines = self.client.entry_lines(start, end)
            counted = self.client.count_lines(start, end)
            if counted not in (None, len(lines)):
                raise TryLater(f"Inqom gave {len(lines)} entry lines and counts {counted}.", tool=TOOL)
            for held in reading.grouped(lines):
                yield from reading.booked(held, root, names)

    def wait_until_done(self, request: PostingRequest, receipt: Receipt) -> Receipt | None:
        """One look at the FEC operation; an operation that waits only for it is integrated."""
        if not receipt.handle:
            return receipt
        state = fec_route.settle(self.client, receipt.handle, self.options)
        if state == "running":
            return None
        found = self.find_entry(request)
        if found is not None:
            return Receipt(
                entry_id=found.entry_id,
                handle=receipt.handle,
                pdf_attached=request.pdf is not None and bool(found.pdf_present),
            )
        if state == "failed":
            raise fec_route.refusal(self.client.issues(receipt.handle) or ["l'import a échoué ou a été supprimé"])
        raise OutcomeUnknown(f"Inqom's import {receipt.handle} is over and its entry is not there.", tool=TOOL)

    # -- PDFs without entry ----------------------------------------------------------------------------------------
    def deposit_document(self, deposit: Deposit) -> Receipt:
        """Hand the PDF over to Inqom's own workflow, which makes the entry from it."""
        reference = mapper.deposit_reference(deposit)
        name = mapper.file_name(deposit.supporting_document, reference)
        fields = mapper.deposit_fields(
            deposit.posting_key, reference, mapper.type_scan(deposit.kind), name, without_workflow=False
        )
        found = self.client.deposit(fields, name, deposit.pdf)
        return Receipt(entry_id=_own(found, deposit.posting_key), pdf_attached=True)

    def find_deposit(self, deposit: Deposit) -> Receipt | None:
        """Inqom documents no list of deposited documents, and a second deposit might make a second entry."""
        raise OutcomeUnknown(
            "Inqom cannot be asked for a document by our key: look for it in Inqom by its number.", tool=TOOL
        )

    # -- parts -----------------------------------------------------------------------------------------------------
    def _deposited(self, request: PostingRequest) -> str:
        """The id of the request's PDF in Inqom; sending it again finds the same one (status ``Duplicate``).

        Raises:
            TryLater: the answer was lost; without workflow a document books nothing, so that it may be sent again.
            PostingRefused: the same file is there already, as somebody else's document.
        """
        # An import joins only what was deposited as « Others », under the number that its file holds.
        wanted = mapper.correction_reference(request) if self.capabilities.asynchronous else None
        reference = clean_text(wanted or mapper.reference_of(request.entry), self.capabilities.label_charset)
        name = mapper.file_name(request.supporting_document, reference)
        scan = mapper.OTHERS if self.capabilities.asynchronous else mapper.type_scan(request.kind)
        fields = mapper.deposit_fields(request.posting_key, reference, scan, name, without_workflow=True)
        pdf, label = request.pdf or b"", label_of(request.posting_key)
        copy = copy_of(pdf, request.posting_key)
        try:
            # A reversal has the PDF of what it takes back, and Inqom keeps the same bytes once.
            found = self.client.deposit(fields, name, copy if label.startswith("-r") else pdf)
            if label and (source := _another_source(found, request.posting_key)) and source.startswith("sellsy:"):
                found = self.client.deposit(fields, name, copy)
        except OutcomeUnknown as error:
            raise TryLater(f"The deposit of a PDF got no answer: {error.message}", tool=TOOL) from error
        return _own(found, request.posting_key)

    def _import(self, request: PostingRequest, index: LedgerIndex) -> Receipt:
        text = fec_route.fec_text(request, index, self.options)
        fields = fec_route.operation_fields(request, index, self.options)
        handle = self.client.create_operation(fields, fec_route.fec_name(request), text)
        return Receipt(entry_id="", handle=handle, pdf_attached=request.pdf is not None)

    def _look_ups(self, request: PostingRequest) -> LedgerIndex:
        """The index of the run's ledger, built once."""
        if self._index is None or self._index.ledger is not request.ledger:
            self._index = LedgerIndex(request.ledger)
        return self._index

    def _entries(self, request: PostingRequest) -> list[reading.HeldEntry]:
        journal = mapper.journal_id(request.entry.journal, self._look_ups(request))
        return self._entries_of(request.entry.date, journal)

    def _entries_of(self, day: dt.date, journal_id: str) -> list[reading.HeldEntry]:
        entries = reading.grouped(self.client.entry_lines(day, day, journal_id=journal_id))
        return [self._with_source(held) for held in entries]

    def _elsewhere(self, request: PostingRequest) -> list[reading.HeldEntry]:
        """The entries of other days and journals that have our number, or our key, on the third party's account."""
        first, last = (request.entry.date + shift for shift in (-A_YEAR, A_YEAR))
        found: dict[tuple[dt.date, str], None] = {}
        for account in mapper.third_party_accounts(request):
            lines = self.client.entry_lines(first, last, account=account)
            likely = [held for held in reading.grouped(lines) if reading.may_be_ours(self._with_source(held), request)]
            ids = {held.entry_id for held in likely}
            for line in lines:
                day = answers.day_of(line.entry.date) if line.entry and str(line.entry.id) in ids else None
                if day and line.journal and line.journal.id not in (None, ""):
                    found[day, str(line.journal.id)] = None
        ours = (request.entry.date, mapper.journal_id(request.entry.journal, self._look_ups(request)))
        return [held for place in found if place != ours for held in self._entries_of(*place)]

    def _held(self, request: PostingRequest, entry_id: str) -> reading.HeldEntry | None:
        entries = self._entries(request)
        held = next((each for each in entries if each.entry_id == entry_id), None)
        return held or reading.ours_among(entries, request, self._look_ups(request))

    def _with_source(self, held: reading.HeldEntry) -> reading.HeldEntry:
        """Where an entry shows a document and no reference, the document itself may tell our key."""
        if held.reference or held.external_ids or not held.document_id:
            return held
        document = self._document(held.document_id)
        source = (document.sourceid or "").strip() if document else ""
        return msgspec.structs.replace(held, external_ids=frozenset({source})) if source else held

    def _read(self, held: reading.HeldEntry, request: PostingRequest) -> PostedEntry:
        is_open = self._look_ups(request).is_open(held.date or request.entry.date)
        sha256 = self._pdf_hash(held.document_id, request)
        return reading.posted(held, request, pdf_sha256=sha256, in_open_period=is_open)

    def _pdf_hash(self, document_id: str, request: PostingRequest) -> str | None:
        """SHA-256 of the attached PDF, by Inqom's checksum of it or by its bytes; None when neither can be had."""
        document = self._document(document_id) if document_id else None
        if document is None:
            return None
        if request.pdf is not None:
            forms = (request.pdf, copy_of(request.pdf, request.posting_key))
            if any(_same_checksum(document.checksum, form) for form in forms):
                return hashlib.sha256(request.pdf).hexdigest()
        body = self._file(document_id, document)
        return sha256_without_mark(body, request.posting_key) if body and body.startswith(b"%PDF-") else None

    def _document(self, document_id: str) -> answers.Document | None:
        try:
            return self.client.document(document_id) if self._files_readable else None
        except TryLater:
            return None
        except LedgerError:
            # One refusal is enough to know that this user may not read documents.
            self._files_readable = False
            return None

    def _file(self, document_id: str, document: answers.Document) -> bytes | None:
        try:
            url = document.fileurl or self.client.public_url(document_id)
            return self.client.file(url) if url else None
        except LedgerError:
            return None


CONNECTOR = InqomConnector


def _same_checksum(checksum: str | None, pdf: bytes) -> bool:
    """True when ``checksum`` is one of the usual digests of the file; which one Inqom uses is not documented."""
    told = (checksum or "").strip().lower()
    digests = ("md5", "sha1", "sha256", "sha512")
    return any(told == hashlib.new(name, pdf, usedforsecurity=False).hexdigest() for name in digests)


def _another_source(document: answers.Document, posting_key: str) -> str:
    """Whose file of the same bytes Inqom held already; empty when it is ours, or was new."""
    source = (document.sourceid or "").strip()
    return source if (document.status or "").lower() == "duplicate" and source != posting_key else ""


def _number(identifier: str) -> int | str:
    """An id as Inqom wrote it: a number where it is one."""
    return int(identifier) if identifier.isdecimal() else identifier


def _own(document: answers.Document, posting_key: str) -> str:
    """The id of a document that was deposited under our key, now or before.

    Raises:
        PostingRefused: Inqom holds the same file from another source, from which it may have made an entry.
    """
    if _another_source(document, posting_key):
        raise PostingRefused(
            f"Inqom holds the same file already, as document {document.id} of another source.",
            reason=Reason.POSSIBLE_DUPLICATE,
            facts={"detail": f"le même PDF est déjà dans Inqom (document {document.id})"},
            tool=TOOL,
        )
    return str(document.id)
