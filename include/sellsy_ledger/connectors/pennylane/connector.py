"""Pennylane as the pipeline sees it: one company's books behind the connector contract.

A document with its PDF is imported as a customer or supplier invoice, and Pennylane makes the entry; our posting key is
its ``external_reference``. A document without PDF becomes a raw ledger entry whose label ends with the key. Creations
are not idempotent there, so a duplicate answer is always followed by a look at what is held, never by a second write.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

from sellsy_ledger.connectors.base import BookedEntry, LedgerConnector, PostedEntry, PostingRequest, Receipt
from sellsy_ledger.connectors.copies import copy_of
from sellsy_ledger.connectors.pennylane import answers, books, mapper, raw_entries, reading
from sellsy_ledger.connectors.pennylane.access import access_checks
from sellsy_ledger.connectors.pennylane.capabilities import CAPABILITIES
from sellsy_ledger.connectors.pennylane.client import PennylaneClient
from sellsy_ledger.connectors.pennylane.creation import create_third_party
from sellsy_ledger.connectors.pennylane.errors import AttachmentExists, ReferenceTaken, error_rule
from sellsy_ledger.connectors.pennylane.ids import raw_id, raw_number
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.corrections import label_of
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.entries import Role
from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import AccessError, InvariantBroken, PostingConflict
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Transport

__all__ = ["CONNECTOR", "PennylaneConnector"]

API_PATH = "/api/external/v2"
FILE_HOSTS = ("*.pennylane.com",)
OUR_REFERENCES = "sellsy:"
A_YEAR = dt.timedelta(days=366)


class PennylaneConnector(LedgerConnector):
    """One Pennylane company.

    Args:
        client: the HTTP client of its token.
    """

    capabilities: Capabilities = CAPABILITIES

    def __init__(self, client: PennylaneClient) -> None:
        self.client = client
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
        """A connector from what a Connection holds.

        Args:
            base_url: ``https://app.pennylane.com/api/external/v2``; the path may be left out.
            secrets: ``api_token``.
            options: ``file_hosts``, more hosts that invoice files may come from, separated by commas.
            throttle: the limiter of this token, when several connectors share it.
        """
        parts = urlsplit(base_url)
        more = (options or {}).get("file_hosts", "")
        transport = Transport(
            base_url=base_url.rstrip("/") + ("" if parts.path.strip("/") else API_PATH),
            tool=CAPABILITIES.tool,
            throttle=throttle or Throttle([CAPABILITIES.rate_limit]),
            error_rule=error_rule,
            headers={"Authorization": f"Bearer {secrets['api_token']}", "Accept": "application/json"},
        )
        hosts = [f"{parts.scheme}://{parts.netloc}", *FILE_HOSTS, *(host for host in more.split(",") if host.strip())]
        return cls(PennylaneClient(transport, file_hosts=hosts))

    # -- before posting ------------------------------------------------------------------------------------------
    def check_access(self) -> Sequence[AccessCheck]:
        """One call: ``GET /me`` names the company and every right of the token."""
        try:
            return access_checks(self.client.me())
        except AccessError as error:
            return [
                AccessCheck(
                    step="Jeton API Pennylane",
                    ok=False,
                    detail=f"refusé par Pennylane (code {error.tool_code}).",
                    action="Créez un nouveau jeton dans Paramètres > Connectivité > Développeurs et collez-le ici.",
                )
            ]

    def read_ledger(self) -> Ledger:
        """Accounts, journals, years, customers and suppliers, to the last page; VAT codes as documented."""
        return reading.read_ledger(self.client)

    def create_third_party(self, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
        """Find it by our reference, or create it with ``auxiliary_account`` as its ledger account."""
        return create_third_party(self.client, third_party, auxiliary_account)

    # -- posting -------------------------------------------------------------------------------------------------
    def payload(self, request: PostingRequest) -> Mapping[str, Any]:
        """The body of the import or of the raw entry; the file's hash stands where its upload id will be."""
        index = self._indexed(request.ledger)
        if not mapper.goes_as_invoice(request):
            return raw_entries.raw_entry_body(request, index)
        return mapper.import_body(request, index, f"sha256:{mapper.pdf_sha256(request)}")

    def find_entry(self, request: PostingRequest) -> PostedEntry | None:
        """Look under both routes: the document may have had no PDF when it was sent."""
        found = [*self._invoices_under_key(request), *self._raw_entries_under_key(request)]
        found = found or list(self._moved_raw_entries(request))
        if len(found) > 1:
            raise PostingConflict(
                f"Pennylane holds {len(found)} documents under {request.posting_key}: {', '.join(found)}.",
                tool="pennylane",
            )
        return self.read_back(request, found[0]) if found else None

    def post_entry(self, request: PostingRequest) -> Receipt:
        """Upload the PDF and import the invoice, or create the raw entry."""
        body = dict(self.payload(request))
        if not mapper.goes_as_invoice(request):
            entry = self.client.create_ledger_entry(body)
            return Receipt(entry_id=raw_id(entry.id), ledger_entry_id=str(entry.id))
        if request.pdf is None:
            raise InvariantBroken(f"{request.posting_key} is posted without the bytes of its PDF")
        # A reversal has the PDF of what it takes back, and Pennylane takes the bytes of a file once.
        takes_back = label_of(request.posting_key).startswith("-r")
        pdf = copy_of(request.pdf, request.posting_key) if takes_back else request.pdf
        return reading.receipt(self._imported(request, body, pdf), wanted_key=request.posting_key)

    def read_back(self, request: PostingRequest, entry_id: str) -> PostedEntry | None:
        """The invoice, its entry and its file; or the raw entry."""
        journals = {journal.tool_id: journal.code for journal in request.ledger.journals}
        raw = raw_number(entry_id)
        if raw is not None:
            entry = self.client.ledger_entry(raw)
            return reading.posted_raw_entry(entry, journals) if entry else None
        invoice = self.client.invoice(request.kind.direction, int(entry_id))
        return reading.posted_invoice(self.client, request, invoice, journals) if invoice else None

    # -- the books -----------------------------------------------------------------------------------------------
    def booked_entries(self, direction: Direction, first: dt.date, last: dt.date) -> Iterator[BookedEntry]:
        """Entries and invoices, whoever made them; see :mod:`.books`."""
        return books.booked_entries(self.client, direction, first, last)

    # -- what is held already ------------------------------------------------------------------------------------
    def _invoices_under_key(self, request: PostingRequest) -> Iterable[str]:
        wanted = ("external_reference", "eq", request.posting_key)
        for invoice in self.client.invoices(request.kind.direction, wanted):
            if invoice.external_reference == request.posting_key:
                yield str(invoice.id)

    def _raw_entries_under_key(self, request: PostingRequest) -> Iterable[str]:
        """Raw entries are filtered by journal and day only; the key at the end of the label says which is ours."""
        journal = self._indexed(request.ledger).journal(request.entry.journal)
        if journal is None or not journal.tool_id:
            return
        day = request.entry.date.isoformat()
        for entry in self.client.ledger_entries(("journal_id", "eq", journal.tool_id), ("date", "eq", day)):
            if mapper.key_at_the_end(entry.label or "") == request.posting_key:
                yield raw_id(entry.id)

    def _moved_raw_entries(self, request: PostingRequest) -> Iterable[str]:
        """The same wherever an accountant may have moved it: among the entries with our amount on the third party's
        account, a year to both sides.
        """
        account = request.third_party.account_tool_id
        gross = sum(
            line.debit_cents - line.credit_cents for line in request.entry.lines if line.role is Role.THIRD_PARTY
        )
        if not account.isdecimal():
            return
        first, last = (request.entry.date + shift for shift in (-A_YEAR, A_YEAR))
        wanted = (
            ("ledger_account_id", "eq", account),
            ("date", "gteq", first.isoformat()),
            ("date", "lteq", last.isoformat()),
        )
        lines = self.client.ledger_entry_lines(*wanted)
        for entry_id in dict.fromkeys(line.ledger_entry.id for line in lines if reading.balance_of(line) == gross):
            entry = self.client.ledger_entry(entry_id)
            if entry is not None and mapper.key_at_the_end(entry.label or "") == request.posting_key:
                yield raw_id(entry_id)

    def _imported(self, request: PostingRequest, body: Mapping[str, Any], pdf: bytes) -> answers.Invoice:
        """The invoice that the import made, or that was there under our key, or with our file, before.

        Pennylane takes the bytes of a file once, and perhaps a number once: a new version, refused for what the
        document that it corrects has, goes again with a copy of the file, or with its label behind the number. Nothing
        was written by the import that was refused.
        """
        sent = {**body, "file_attachment_id": self.client.upload(mapper.file_name(request), pdf).id}
        corrects = bool(label_of(request.posting_key))
        try:
            return self.client.import_invoice(request.kind.direction, sent)
        except AttachmentExists as refusal:
            held = self.client.invoice(request.kind.direction, refusal.existing_id)
            if held is None:
                raise
            if held.external_reference == request.posting_key:
                return _same_content(request, held)
            is_anothers = (held.external_reference or "").startswith(OUR_REFERENCES)
            if is_anothers and corrects and pdf == request.pdf:
                return self._imported(request, body, copy_of(pdf, request.posting_key))
            if is_anothers or not reading.is_same_document(request, held):
                raise
            return held
        except ReferenceTaken:
            under_key = list(self._invoices_under_key(request))
            held = self.client.invoice(request.kind.direction, int(under_key[0])) if len(under_key) == 1 else None
            if held is not None:
                return _same_content(request, held)
            number = mapper.numbers_of(request)[-1]
            if under_key or body["invoice_number"] == number:
                raise
            return self._imported(request, {**body, "invoice_number": number}, pdf)

    def _indexed(self, ledger: Ledger) -> LedgerIndex:
        """The index of ``ledger``, kept while the same snapshot is used."""
        if self._index is None or self._index.ledger is not ledger:
            self._index = LedgerIndex(ledger)
        return self._index


def _same_content(request: PostingRequest, held: answers.Invoice) -> answers.Invoice:
    if reading.is_same_document(request, held):
        return held
    raise PostingConflict(
        f"Pennylane invoice {held.id} has the reference {request.posting_key} with another number or amount.",
        tool="pennylane",
    )


CONNECTOR = PennylaneConnector
