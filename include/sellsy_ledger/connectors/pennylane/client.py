"""Pennylane's HTTP API, one method per route. No accounting, no decision.

Lists are read to their last page, filter and sort resent with each cursor (the cursor does not hold them). Filters are
one JSON array in ``filter``; what comes back is still checked by the caller, because the API ignores parameters that it
does not know.
Source: the official "Company V2" OpenAPI and the pagination, errors and rate-limiting guides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from sellsy_ledger.connectors.pennylane import answers
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.errors import ConfigurationError, DocumentError, LedgerError, OutcomeUnknown, TryLater
from sellsy_ledger.http.paging import follow
from sellsy_ledger.http.transport import Answer, Transport

__all__ = ["Filter", "PennylaneClient"]

T = TypeVar("T")
Filter = tuple[str, str, str]
"""Field, operator, value."""

PAGE_MAX = 100
ACCOUNTS_PAGE_MAX = 1000
FILE_BYTES_MAX = 100 * 1024 * 1024

_INVOICES = {Direction.SALES: "/customer_invoices", Direction.PURCHASES: "/supplier_invoices"}


class PennylaneClient:
    """One company's API token at work.

    Args:
        transport: towards ``…/api/external/v2``, with the token in its headers.
        file_hosts: where invoice files may be downloaded from (see ``Transport.download``).
    """

    def __init__(self, transport: Transport, *, file_hosts: Sequence[str] = ()) -> None:
        self.transport = transport
        self.file_hosts = tuple(file_hosts)
        self.page_size = PAGE_MAX
        self.accounts_page_size = ACCOUNTS_PAGE_MAX

    # -- reference data ------------------------------------------------------------------------------------------
    def me(self) -> answers.Me:
        """The token's company and scopes."""
        found = self._get("/me", answers.Me)
        if found is None:
            raise _wrong_address("/me")
        return found

    def fiscal_years(self) -> Iterator[answers.FiscalYear]:
        """Every fiscal year."""
        return self._list("/fiscal_years", answers.FiscalYear, sort="id")

    def journals(self) -> Iterator[answers.Journal]:
        """Every journal."""
        return self._list("/journals", answers.Journal, sort="id")

    def ledger_accounts(self, *filters: Filter) -> Iterator[answers.Account]:
        """The chart of accounts, third parties' accounts included."""
        return self._list("/ledger_accounts", answers.Account, *filters, sort="id", limit=self.accounts_page_size)

    def ledger_account(self, account_id: int) -> answers.Account | None:
        """One account."""
        return self._get(f"/ledger_accounts/{account_id}", answers.Account)

    # -- third parties -------------------------------------------------------------------------------------------
    def customers(self, *filters: Filter) -> Iterator[answers.Customer]:
        """Customers, companies and individuals."""
        return self._list("/customers", answers.Customer, *filters, sort="id")

    def suppliers(self, *filters: Filter) -> Iterator[answers.Supplier]:
        """Suppliers."""
        return self._list("/suppliers", answers.Supplier, *filters, sort="id")

    def create_company_customer(self, body: Mapping[str, Any]) -> answers.Customer:
        """Create a customer that is a company."""
        return self._post("/company_customers", body, answers.Customer)

    def create_individual_customer(self, body: Mapping[str, Any]) -> answers.Customer:
        """Create a customer that is a person."""
        return self._post("/individual_customers", body, answers.Customer)

    def create_supplier(self, body: Mapping[str, Any]) -> answers.Supplier:
        """Create a supplier."""
        return self._post("/suppliers", body, answers.Supplier)

    # -- invoices ------------------------------------------------------------------------------------------------
    def upload(self, file_name: str, body: bytes) -> answers.Attachment:
        """Upload a PDF; a file that nothing names has no effect in the books.

        Raises:
            TryLater: the answer was lost; uploading again does no harm.
        """
        files = {"file": (file_name, body, "application/pdf")}
        try:
            answer = self.transport.write("POST", "/file_attachments", data={"filename": file_name}, files=files)
            return self._created("/file_attachments", answer, answers.Attachment)
        except OutcomeUnknown as error:
            raise TryLater(f"The upload of a PDF got no answer: {error.message}", tool="pennylane") from error

    def import_invoice(self, direction: Direction, body: Mapping[str, Any]) -> answers.Invoice:
        """Import an invoice or credit note with its uploaded file; the entry comes with it."""
        return self._post(f"{_INVOICES[direction]}/import", body, answers.Invoice)

    def invoice(self, direction: Direction, invoice_id: int) -> answers.Invoice | None:
        """One invoice."""
        return self._get(f"{_INVOICES[direction]}/{invoice_id}", answers.Invoice)

    def invoices(self, direction: Direction, *filters: Filter) -> Iterator[answers.Invoice]:
        """Invoices and credit notes, newest first."""
        return self._list(_INVOICES[direction], answers.Invoice, *filters, sort="-id")

    def file(self, url: str) -> bytes | None:
        """The bytes behind an invoice's own link; None when the link leads where we may not follow."""
        try:
            return self.transport.download(url, allowed_hosts=self.file_hosts, max_bytes=FILE_BYTES_MAX).body
        except DocumentError:
            return None

    # -- entries -------------------------------------------------------------------------------------------------
    def ledger_entry(self, entry_id: int) -> answers.Entry | None:
        """One entry with its lines."""
        return self._get(f"/ledger_entries/{entry_id}", answers.Entry)

    def ledger_entries(self, *filters: Filter) -> Iterator[answers.EntrySummary]:
        """Entries, without lines."""
        return self._list("/ledger_entries", answers.EntrySummary, *filters, sort="-id")

    def ledger_entry_lines(self, *filters: Filter) -> Iterator[answers.ListedLine]:
        """Lines of all entries."""
        return self._list("/ledger_entry_lines", answers.ListedLine, *filters, sort="id")

    def create_ledger_entry(self, body: Mapping[str, Any]) -> answers.Entry:
        """Create a raw entry."""
        return self._post("/ledger_entries", body, answers.Entry)

    # -- one call ------------------------------------------------------------------------------------------------
    def _get(self, path: str, kind: type[T]) -> T | None:
        """One object, or None when there is none (404)."""
        answer = self.transport.read("GET", path)
        return None if answer.status == 404 else self._read(path, answer, kind)

    def _list(self, path: str, kind: type[T], *filters: Filter, sort: str, limit: int = 0) -> Iterator[T]:
        params = {"limit": str(limit or self.page_size), "sort": sort}
        if filters:
            wanted = [{"field": field, "operator": operator, "value": value} for field, operator, value in filters]
            params["filter"] = msgspec.json.encode(wanted).decode()

        def fetch(cursor: str) -> tuple[list[T], str | None]:
            answer = self.transport.read("GET", path, params=params | ({"cursor": cursor} if cursor else {}))
            if answer.status == 404:
                raise _wrong_address(path)
            page = self._read(path, answer, answers.Page)
            if page.has_more and not page.next_cursor:
                raise TryLater(f"Pennylane announced more {path} and gave no cursor.", tool="pennylane")
            return [self._convert(path, item, kind) for item in page.items], page.next_cursor if page.has_more else None

        for items in follow("", fetch, what=f"Pennylane {path}"):
            yield from items

    def _read(self, path: str, answer: Answer, kind: type[T]) -> T:
        try:
            return self._convert(path, answer.json(), kind)
        except ValueError:
            raise TryLater(f"Pennylane answered {path} with something that is not JSON.", tool="pennylane") from None

    def _convert(self, path: str, data: Any, kind: type[T]) -> T:
        try:
            return answers.read_as(kind, data)
        except ValueError as error:
            raise TryLater(f"Pennylane answered {path} in another form: {error}.", tool="pennylane") from None

    def _post(self, path: str, body: Mapping[str, Any], kind: type[T]) -> T:
        return self._created(path, self.transport.write("POST", path, json=body), kind)

    def _created(self, path: str, answer: Answer, kind: type[T]) -> T:
        try:
            return answers.read_as(kind, answer.json())
        except ValueError:
            message = f"Pennylane answered POST {path} with {answer.status} and an unreadable body."
            raise OutcomeUnknown(message, tool="pennylane", request_id=answer.request_id) from None


def _wrong_address(path: str) -> LedgerError:
    return ConfigurationError(
        f"There is no Pennylane API at this address (404 to {path}): correct the host in the Connection.",
        field="host",
        tool="pennylane",
    )
