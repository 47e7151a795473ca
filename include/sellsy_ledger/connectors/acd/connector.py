"""The ACD connector: the contract of :mod:`sellsy_ledger.connectors.base` on top of the client and the pure parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self

import msgspec

from sellsy_ledger.connectors.acd import errors, mapper, reading
from sellsy_ledger.connectors.acd.access import check_access
from sellsy_ledger.connectors.acd.booked import booked_entries
from sellsy_ledger.connectors.acd.books import Books
from sellsy_ledger.connectors.acd.capabilities import CAPABILITIES
from sellsy_ledger.connectors.acd.client import AcdClient
from sellsy_ledger.connectors.acd.fec import UnreadableFec
from sellsy_ledger.connectors.acd.parties import Parties
from sellsy_ledger.connectors.acd.settings import AcdSettings
from sellsy_ledger.connectors.base import (
    BookedEntry,
    Deposit,
    LedgerConnector,
    PostedEntry,
    PostingRequest,
    Receipt,
)
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.capabilities import Capabilities, KeySupport
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import (
    AccessError,
    ConfigurationError,
    OutcomeUnknown,
    PostingRefused,
    TryLater,
)
from sellsy_ledger.http.throttle import Throttle

__all__ = ["CONNECTOR", "AcdConnector"]

WITHOUT_PDF = "La GED n'a pas de plan de classement : l'écriture est partie sans son justificatif."


class AcdConnector(LedgerConnector):
    """One client dossier on a firm's server."""

    capabilities = CAPABILITIES

    def __init__(self, client: AcdClient) -> None:
        self.client = client
        self.settings = client.settings
        self.books = Books(client)
        self.capabilities = _capabilities(client.settings)
        self._index: LedgerIndex | None = None
        self.parties = Parties(client)
        self._uploaded: tuple[str, str, str] | None = None

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
            base_url: ``https://<server>/<cnx>/api`` or ``https://<server>/iSuiteExpert/api``.
            secrets: ``login``, ``password``.
            options: ``code_dossier`` (required) and those of :class:`AcdSettings`.
            throttle: a limiter shared with others of the same account.
        """
        settings = AcdSettings.from_options(options or {})
        return cls(AcdClient.from_credentials(base_url=base_url, secrets=secrets, settings=settings, throttle=throttle))

    # -- reference data ------------------------------------------------------------------------------------------
    def check_access(self) -> Sequence[AccessCheck]:
        """Login, dossier, lists, document store and FEC; see :mod:`.access`."""
        return check_access(self.client)

    def read_ledger(self) -> Ledger:
        """The whole ledger of the dossier; no list of ACD's has pages. Fiscal years and VAT codes stay empty where the
        server does not give them.
        """
        accounts = tuple(account for raw in self.client.accounts() if (account := reading.account_of(raw)))
        self.parties.forget()
        return Ledger(
            accounts=accounts,
            journals=tuple(journal for raw in self.client.journals() if (journal := reading.journal_of(raw))),
            vat_codes=tuple(code for raw in self.client.vat_codes() if (code := reading.vat_code_of(raw))),
            fiscal_years=tuple(year for raw in self.client.years() if (year := reading.fiscal_year_of(raw))),
            third_parties=tuple(party for direction in Direction for party in self.parties.listed(direction).values()),
            account_length=self.settings.account_length or reading.account_length(accounts),
            tool=CAPABILITIES.tool,
        )

    # -- third parties -------------------------------------------------------------------------------------------
    def create_third_party(self, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
        """Create the account of a third party, or find the one that is there already; see :mod:`.parties`."""
        return self.parties.create(third_party, auxiliary_account)

    # -- entries -------------------------------------------------------------------------------------------------
    def payload(self, request: PostingRequest) -> Mapping[str, Any]:
        """The body of the entry; the uploaded PDF is named by its hash."""
        return self._body(request, mapper.pdf_seal(request.pdf) if request.pdf is not None else None)

    def find_entry(self, request: PostingRequest) -> PostedEntry | None:
        """The entry that carries our mark, in a FEC read now.

        Raises:
            OutcomeUnknown: the FEC cannot be read (a fiscal year over two calendar years, a route that is missing, a
                text that is none): nobody can tell, a person looks.
        """
        if not self.settings.reads_fec:
            return None
        try:
            return self.books.find(request, fresh=True)
        except AccessError:
            raise
        except (ConfigurationError, UnreadableFec) as error:
            raise OutcomeUnknown(
                f"ACD gives no readable FEC of {request.entry.date.year}: {error}",
                tool=CAPABILITIES.tool,
                tool_code=getattr(error, "tool_code", None),
                action="Look for the piece in ACD; where the FEC can never be read, set option read_back to none.",
            ) from error

    def post_entry(self, request: PostingRequest) -> Receipt:
        """Upload the PDF, then book the entry with one write.

        It is sent again only after a refusal that proves that nothing was written: once without the invoice number
        where the journal takes none, once after the third party's account had to be created again.
        """
        if request.draft:
            raise ConfigurationError(
                "ACD has no draft entries: set posting to posted, or to panier for the PDF alone.",
                field="posting",
                tool=CAPABILITIES.tool,
            )
        body = self._body(request, None)
        warnings: tuple[str, ...] = ()
        reference = ""
        if request.pdf is not None:
            reference, warnings = self._upload(request, request.pdf)
            body = mapper.with_reference(body, reference or None)
        self.books.forget()
        sent = self._book(request, body)
        if reference and sent["ReferenceGed"] is None:
            reference, warnings = "", (WITHOUT_PDF,)
        return Receipt(entry_id=mapper.mark_of(request.posting_key), pdf_attached=bool(reference), warnings=warnings)

    def read_back(self, request: PostingRequest, entry_id: str) -> PostedEntry | None:
        """The entry by its mark, in the FEC read since the last write."""
        if not self.settings.reads_fec:
            return None
        try:
            return self.books.find(request, fresh=False)
        except UnreadableFec as error:
            raise TryLater(
                f"ACD's FEC of {request.entry.date.year} is unreadable: {error}", tool=CAPABILITIES.tool
            ) from error

    def booked_entries(self, direction: Direction, first: dt.date, last: dt.date) -> Iterator[BookedEntry]:
        """What the FEC of each calendar year holds; see :mod:`.booked`."""
        if not self.settings.reads_fec:
            return super().booked_entries(direction, first, last)
        codes = {each: self.parties.listed(each).keys() for each in Direction}
        return booked_entries(self.client, self.books, codes, direction, first, last)

    # -- PDFs without entry --------------------------------------------------------------------------------------
    def deposit_document(self, deposit: Deposit) -> Receipt:
        """Put the PDF into the tray (panière); the firm makes the entry from it."""
        mapper.must_be_pdf(deposit.pdf)
        name = mapper.file_name(deposit.supporting_document.file_name, deposit.posting_key)
        found = self.client.deposit(name, deposit.pdf, deposit.kind.direction)
        return Receipt(entry_id=found or mapper.mark_of(deposit.posting_key), pdf_attached=True)

    def find_deposit(self, deposit: Deposit) -> Receipt | None:
        """The document by its own file name: in the tray, or in the document store once somebody has filed it.

        Raises:
            OutcomeUnknown: it is not in the tray and the document store gives no list.
        """
        name = mapper.file_name(deposit.supporting_document.file_name, deposit.posting_key).lower()
        waiting = next((each for each in self.client.tray() if name in reading.names_in([each])), None)
        if waiting is not None:
            entry_id = str(waiting.get("id") or mapper.mark_of(deposit.posting_key))
            return Receipt(entry_id=entry_id, pdf_attached=True)
        try:
            filed = name in reading.names_in(self.client.ged_documents())
        except AccessError:
            raise
        except ConfigurationError as error:
            raise OutcomeUnknown(
                "ACD's tray does not hold the document, and its document store gives no list: somebody may have "
                "filed it already.",
                tool=CAPABILITIES.tool,
            ) from error
        return Receipt(entry_id=mapper.mark_of(deposit.posting_key), pdf_attached=True) if filed else None

    # -- parts ---------------------------------------------------------------------------------------------------
    def _body(self, request: PostingRequest, reference: str | None) -> dict[str, Any]:
        if self._index is None or self._index.ledger is not request.ledger:
            self._index = LedgerIndex(request.ledger)
        return mapper.entry_body(request, self._index, self.settings, reference=reference)

    def _upload(self, request: PostingRequest, pdf: bytes) -> tuple[str, tuple[str, ...]]:
        """The uploaded document's id, and what to tell where there is none by the connection's own choice."""
        mapper.must_be_pdf(pdf)
        key, seal = request.posting_key, mapper.pdf_seal(pdf)
        if self._uploaded and self._uploaded[:2] == (key, seal):
            return self._uploaded[2], ()
        given = request.supporting_document.file_name if request.supporting_document else request.entry.number
        try:
            reference = self.client.upload(mapper.file_name(given, key), pdf)
        except PostingRefused as error:
            if error.reason is not Reason.SUPPORTING_DOCUMENT_MISSING or not self.settings.post_without_ged:
                raise
            return "", (WITHOUT_PDF,)
        self._uploaded = (key, seal, reference)
        return reference, ()

    def _book(self, request: PostingRequest, body: dict[str, Any]) -> dict[str, Any]:
        """Send the entry; returns it as it was taken. Each cure of a refusal is tried once."""
        cures: dict[str | None, Callable[[dict[str, Any]], dict[str, Any] | None]] = {
            errors.INVOICE_NUMBER: mapper.without_invoice_number,
            errors.ACCOUNT_MISSING: lambda sent: sent if self.parties.create_again(request.third_party) else None,
        }
        if self.settings.post_without_ged:
            cures[errors.NO_GED_PLAN] = mapper.without_reference
        while True:
            try:
                if not self.client.post_entry(body):
                    self._must_be_there(request)
                return body
            except PostingRefused as error:
                cure = cures.pop(error.tool_code, None)
                cured = cure(body) if cure else None
                if cured is None:
                    raise self._explained(error, request) from error
                body = cured

    def _must_be_there(self, request: PostingRequest) -> None:
        """Look an entry up whose acceptance said nothing.

        Raises:
            OutcomeUnknown: it is not there, or the look-up failed.
        """
        if not self.settings.reads_fec:
            return
        try:
            found = self.find_entry(request)
        except (ConfigurationError, TryLater) as error:
            raise OutcomeUnknown(
                "ACD accepted an entry without a word, and the look-up failed.", tool=CAPABILITIES.tool
            ) from error
        if found is None:
            raise OutcomeUnknown("ACD accepted an entry without a word and does not show it.", tool=CAPABILITIES.tool)

    def _explained(self, error: PostingRefused, request: PostingRequest) -> PostingRefused:
        """The refusal with what its French sentence needs: the date, the journal."""
        entry = request.entry
        day, reason, detail = f"{entry.date:%d/%m/%Y}", error.reason, error.facts.get("detail", "")
        closed = self._index is not None and not self._index.is_open(entry.date)
        if reason is Reason.PERIOD_CLOSED or (reason is Reason.REFUSED_BY_TOOL and closed):
            reason, detail = Reason.PERIOD_CLOSED, f"{day} ({detail})"
        elif reason is Reason.JOURNAL_MISSING:
            detail = f"{entry.journal} ({detail})"
        return PostingRefused(
            error.message,
            reason=reason,
            facts={"detail": detail},
            tool=error.tool,
            tool_code=error.tool_code,
            request_id=error.request_id,
        )


CONNECTOR = AcdConnector


def _capabilities(settings: AcdSettings) -> Capabilities:
    """What this connection can do."""
    found = CAPABILITIES
    roots = {"sales": settings.customer_root, "purchases": settings.supplier_root}
    if roots != found.auxiliary_prefix:
        found = msgspec.structs.replace(found, auxiliary_prefix=roots)
    if not settings.reads_fec:
        found = msgspec.structs.replace(found, key=KeySupport.NONE, read_back=False, reads_books=False)
    return found
