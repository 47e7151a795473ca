"""Chift's HTTP API, one method per route. No accounting, no decision.

Everything happens inside one consumer (a company), one of its connections (the tool behind) and, where the tool has
several, one folder. These three are found once and remembered.
Source: Chift's OpenAPI.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote

from sellsy_ledger.connectors.chift import answers
from sellsy_ledger.connectors.chift.capabilities import BEHIND
from sellsy_ledger.connectors.chift.errors import JournalBusy
from sellsy_ledger.connectors.chift.session import Session
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.errors import AccessError, ConfigurationError, LedgerError, OutcomeUnknown, TryLater
from sellsy_ledger.http.paging import follow
from sellsy_ledger.http.transport import Answer

__all__ = ["ChiftClient"]

T = TypeVar("T")
PAGE_MAX = 100
FILE_BYTES_MAX = 100 * 1024 * 1024
REQUEST_ID = "X-Chift-Client-RequestId"
JOURNAL_WAIT_SECONDS = 600.0

_PARTNERS = {Direction.SALES: "/clients", Direction.PURCHASES: "/suppliers"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class ChiftClient:
    """One consumer of a Chift account.

    Args:
        session: signed requests.
        behind: the tool behind, one of ``BEHIND``.
        consumer: the consumer's id, or its exact name.
        connection_id: the accounting connection, where the consumer has several; empty otherwise.
        folder_id: the folder, where the tool has several; empty otherwise.
        file_hosts: where attachments may be downloaded from (see ``Transport.download``).
    """

    def __init__(
        self,
        session: Session,
        *,
        behind: str,
        consumer: str,
        connection_id: str = "",
        folder_id: str = "",
        file_hosts: tuple[str, ...] = (),
    ) -> None:
        self.session = session
        self.behind = behind
        self.consumer = consumer
        self.file_hosts = file_hosts
        self.page_size = PAGE_MAX
        self._connection_id = connection_id
        self._folder_id = folder_id

    # -- where we are --------------------------------------------------------------------------------------------
    def consumers(self) -> list[answers.Consumer]:
        """Every consumer of the account."""
        return self._plain_list("/consumers", answers.Consumer) or []

    @cached_property
    def consumer_id(self) -> str:
        """The consumer's id; a name is looked up.

        Raises:
            ConfigurationError: no consumer, or several, have this name.
        """
        if _UUID.fullmatch(self.consumer):
            return self.consumer
        found = [each for each in self.consumers() if self.consumer in (each.consumerid, each.name.strip())]
        if len(found) != 1:
            raise ConfigurationError(
                f"The Chift account has {len(found)} consumers with the id or name given: fill in the consumer's id.",
                field="consumer_id",
                tool="chift",
            )
        return found[0].consumerid

    def connections(self) -> list[answers.Connection]:
        """Every accounting connection of the consumer.

        Raises:
            ConfigurationError: the account has no such consumer.
        """
        found = self._plain_list(f"/consumers/{_part(self.consumer_id)}/connections", answers.Connection)
        if found is None:
            raise ConfigurationError(
                "The Chift account has no such consumer: correct the consumer's id.", field="consumer_id", tool="chift"
            )
        return [each for each in found if "accounting" in each.api.casefold() or not each.api]

    @cached_property
    def connection(self) -> answers.Connection:
        """The connection to the tool behind, which must be the tool that the settings name.

        Raises:
            ConfigurationError: none, several, or another tool.
        """
        found = self.connections()
        if self._connection_id:
            found = [each for each in found if each.connectionid == self._connection_id]
        if len(found) > 1:
            found = [each for each in found if each.status == "active"] or found
        if len(found) != 1:
            raise ConfigurationError(
                f"The consumer has {len(found)} accounting connections that fit: fill in the connection's id.",
                field="connection_id",
                tool="chift",
            )
        told = tool_named(found[0].integration)
        if told and told != self.behind:
            raise ConfigurationError(
                f"The tool behind Chift is {BEHIND[told]}, the Connection says {BEHIND[self.behind]}: correct it.",
                field="behind",
                tool="chift",
            )
        return found[0]

    def folders(self) -> list[answers.Folder]:
        """The folders that take requests; none where the tool knows no folders."""
        try:
            found = self._plain_list(f"{self._accounting}/folders", answers.Folder) or []
        except AccessError:
            raise
        except ConfigurationError:
            # A tool without folders refuses the question.
            return []
        return [each for each in found if each.selected is not False and each.active is not False]

    @cached_property
    def folder_id(self) -> str:
        """The folder of every request; empty where there is only one, or none.

        Raises:
            ConfigurationError: there are several and none is chosen.
        """
        if self._folder_id:
            return self._folder_id
        found = self.folders()
        if len(found) > 1:
            names = ", ".join(f"{each.id} ({each.name})" for each in found[:5])
            raise ConfigurationError(
                f"The tool behind Chift has {len(found)} folders, {names}: fill in the folder's id.",
                field="folder_id",
                tool="chift",
            )
        return found[0].id if found else ""

    # -- reference data ------------------------------------------------------------------------------------------
    def accounts(self) -> Iterator[answers.Account]:
        """The whole chart of accounts."""
        return self._pages("/chart-of-accounts", answers.Account)

    def journals(self) -> Iterator[answers.Journal]:
        """Every journal."""
        return self._pages("/journals", answers.Journal)

    def vat_codes(self) -> Iterator[answers.VatCode]:
        """Every VAT code."""
        return self._pages("/vat-codes", answers.VatCode)

    def book_years(self) -> Iterator[answers.BookYear]:
        """Every fiscal year."""
        return self._pages("/bookyears", answers.BookYear)

    def partners(self, direction: Direction, search: str = "") -> Iterator[answers.Partner]:
        """Clients or suppliers; ``search`` looks in names, external reference and identifiers."""
        return self._pages(_PARTNERS[direction], answers.Partner, {"search": search} if search else {})

    def create_partner(self, direction: Direction, body: Mapping[str, Any]) -> answers.Partner:
        """Create a client or supplier."""
        path = _PARTNERS[direction]
        return self._created(path, self.session.write(self._accounting + path, body, self._folder()), answers.Partner)

    # -- invoices and entries ------------------------------------------------------------------------------------
    def create_invoice(self, body: Mapping[str, Any], request_id: str) -> answers.Invoice:
        """Book an invoice or credit note; lines of the same account and VAT code are merged."""
        params = {"regroup_lines": "true", **self._folder()}
        return self._booked("/invoices/multi-analytic-plans", body, params, request_id, answers.Invoice)

    def create_entry(self, body: Mapping[str, Any], request_id: str) -> answers.Entry:
        """Book a journal entry line by line."""
        return self._booked("/journal-entries", body, self._folder(), request_id, answers.Entry)

    def invoice(self, invoice_id: str) -> answers.Invoice | None:
        """One invoice with its lines."""
        params = {"include_invoice_lines": "true"}
        return self._get(f"/invoices/multi-analytic-plans/{_part(invoice_id)}", answers.Invoice, params)

    def invoices(self, invoice_type: str, first_day: str, last_day: str) -> Iterator[answers.Invoice]:
        """The invoices of a type, from day to day, without lines."""
        params = {"date_from": first_day, "date_to": last_day}
        return self._pages(f"/invoices/multi-analytic-plans/type/{invoice_type}", answers.Invoice, params)

    def entries(self, first_day: str, last_day: str, journal_id: str = "") -> Iterator[answers.Entry]:
        """The entries from day to day (three months at most), whole: a filter by partner would cut lines away."""
        params = {"date_from": first_day, "date_to": last_day, "unposted_allowed": "true"}
        return self._pages("/journal/entries", answers.Entry, {**params, **_named(journal_id=journal_id)})

    def entry(self, entry_id: str) -> answers.Entry | None:
        """One entry."""
        return self._get(f"/journal/entries/{_part(entry_id)}", answers.Entry)

    def attach(self, invoice_id: str, body: Mapping[str, Any]) -> None:
        """Attach a PDF to a booked invoice, unless it has one."""
        params = {"overwrite_existing": "false", **self._folder()}
        self.session.write(f"{self._accounting}/invoices/pdf/{_part(invoice_id)}", body, params)

    def attachments(self, kind: str, document_id: str) -> list[answers.Attachment]:
        """The files of an ``invoice`` or ``entry``, in base64."""
        return list(self._pages("/attachments", answers.Attachment, {"type": kind, "document_id": document_id}))

    def file(self, url: str) -> bytes | None:
        """The bytes behind an attachment's own link, where we may follow it."""
        if not self.file_hosts:
            return None
        try:
            found = self.session.transport.download(url, allowed_hosts=self.file_hosts, max_bytes=FILE_BYTES_MAX)
        except LedgerError:
            return None
        return found.body

    def transaction(self, request_id: str) -> answers.Transaction | None:
        """What became of the request under this id; None when Chift received none."""
        path = f"/consumers/{_part(self.consumer_id)}/connections/{_part(self.connection.connectionid)}/transactions"
        answer = self.session.read("GET", path, {"client_request_id": request_id})
        return None if answer.status == 404 else self._read(path, answer, answers.Transaction)

    # -- one call ------------------------------------------------------------------------------------------------
    @property
    def _accounting(self) -> str:
        return f"/consumers/{_part(self.consumer_id)}/accounting"

    def _folder(self) -> dict[str, str]:
        return _named(folder_id=self.folder_id)

    def _get(self, path: str, kind: type[T], params: Mapping[str, str] | None = None) -> T | None:
        answer = self.session.read("GET", self._accounting + path, {**(params or {}), **self._folder()})
        return None if answer.status >= 400 else self._read(path, answer, kind)

    def _pages(self, path: str, kind: type[T], params: Mapping[str, str] | None = None) -> Iterator[T]:
        asked = {**(params or {}), **self._folder(), "size": str(self.page_size)}

        def fetch(number: int) -> tuple[list[T], int | None]:
            answer = self.session.read("GET", self._accounting + path, {**asked, "page": str(number)})
            if answer.status >= 400:
                raise ConfigurationError(
                    f"Chift has no {path} for this consumer: check the consumer's id and its connection.",
                    field="consumer_id",
                    tool="chift",
                )
            page = self._read(path, answer, answers.Page)
            last = number * max(page.size, 1) >= page.total
            if not page.items and not last:
                raise TryLater(f"Chift announced {page.total} items of {path} and gave fewer.", tool="chift")
            return [self._convert(path, item, kind) for item in page.items], None if last else number + 1

        for items in follow(1, fetch, what=f"Chift {path}"):
            yield from items

    def _plain_list(self, path: str, kind: type[T]) -> list[T] | None:
        """A list without pages; None for a 404."""
        answer = self.session.read("GET", path)
        if answer.status >= 400:
            return None
        found = self._json(path, answer)
        if isinstance(found, dict):
            found = found.get("items")
        if not isinstance(found, list):
            raise TryLater(f"Chift answered {path} with no list.", tool="chift")
        return [self._convert(path, item, kind) for item in found]

    def _booked(
        self, path: str, body: Mapping[str, Any], params: Mapping[str, str], request_id: str, kind: type[T]
    ) -> T:
        headers = {REQUEST_ID: request_id}
        try:
            return self._created(path, self.session.write(self._accounting + path, body, params, headers), kind)
        except JournalBusy as busy:
            raise TryLater(
                busy.message,
                retry_after_seconds=JOURNAL_WAIT_SECONDS,
                tool="chift",
                tool_code=busy.tool_code,
                request_id=busy.request_id,
            ) from busy

    def _read(self, path: str, answer: Answer, kind: type[T]) -> T:
        return self._convert(path, self._json(path, answer), kind)

    def _json(self, path: str, answer: Answer) -> Any:
        try:
            return answer.json()
        except ValueError:
            raise TryLater(f"Chift answered {path} with something that is not JSON.", tool="chift") from None

    def _convert(self, path: str, data: Any, kind: type[T]) -> T:
        try:
            return answers.read_as(kind, data)
        except ValueError as error:
            raise TryLater(f"Chift answered {path} in another form: {error}.", tool="chift") from None

    def _created(self, path: str, answer: Answer, kind: type[T]) -> T:
        try:
            return answers.read_as(kind, answer.json())
        except ValueError:
            message = f"Chift answered POST {path} with {answer.status} and an unreadable body."
            raise OutcomeUnknown(message, tool="chift", request_id=answer.request_id) from None


def tool_named(integration: str) -> str | None:
    """Which tool an integration's name means: ``"Sage 100 (on premise)"`` → ``sage100``; None for any other."""
    plain = re.sub(r"[^a-z0-9]", "", integration.casefold())
    for behind, name in BEHIND.items():
        if re.sub(r"[^a-z0-9]", "", name.casefold()) in plain:
            return behind
    return None


def _part(identifier: str) -> str:
    """An identifier as one part of a path, whatever characters the tool behind gave it."""
    return quote(identifier, safe="")


def _named(**params: str) -> dict[str, str]:
    return {name: value for name, value in params.items() if value}
