"""A transport that answers from a script, and a Sellsy account in memory behind the client's own methods."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, DocumentError, LedgerError
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Answer, Download
from sellsy_ledger.sources.sellsy.client import Page
from sellsy_ledger.sources.sellsy.errors import NotFound, V1Refused


def encoded(data: Any) -> bytes:
    return data if isinstance(data, bytes) else json.dumps(data).encode()


@dataclass
class FakeTransport:
    """Gives the scripted answers in order, through the API's own error rule; remembers what was asked."""

    rule: Callable[[Answer, bool], LedgerError | None]
    answers: deque[tuple[int, Any]] = field(default_factory=deque)
    sent: list[dict[str, Any]] = field(default_factory=list)
    throttle: Throttle = field(default_factory=lambda: Throttle([(1000, 1.0)]))

    def will_answer(self, *answers: tuple[int, Any]) -> None:
        self.answers.extend(answers)

    def read(self, method: str, path: str, **request: Any) -> Answer:
        self.sent.append({"method": method, "path": path, **request})
        status, body = self.answers.popleft()
        answer = Answer(status, {}, encoded(body), path)
        if error := self.rule(answer, False):
            raise error
        return answer

    def download(self, url: str, *, allowed_hosts: Iterable[str], max_bytes: int) -> Download:
        self.sent.append({"url": url, "allowed_hosts": tuple(allowed_hosts), "max_bytes": max_bytes})
        return Download(b"%PDF-1.4", "application/pdf")


@dataclass
class FakeSellsy:
    """What the reader needs of a client, over plain lists. ``calls`` counts every request it would have made."""

    invoices: list[dict[str, Any]] = field(default_factory=list)
    credit_notes: list[dict[str, Any]] = field(default_factory=list)
    journals: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    purchases: list[dict[str, Any]] = field(default_factory=list)
    supplier_credit_notes: list[dict[str, Any]] | None = field(default_factory=list)
    companies: list[dict[str, Any]] = field(default_factory=list)
    individuals: list[dict[str, Any]] = field(default_factory=list)
    taxes: list[dict[str, Any]] = field(default_factory=list)
    hidden_taxes: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    briefcases: dict[tuple[str, int], Any] = field(default_factory=dict)
    public_links: dict[int, Any] = field(default_factory=dict)
    files: dict[str, bytes | LedgerError] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    page_size: int = 100
    account: str = "acc"
    calls: list[str] = field(default_factory=list)

    def get(self, path: str, params: Any = ()) -> bytes:
        self._ask(path)
        if path in self.details:
            found = self.details[path]
            found = found.popleft() if isinstance(found, deque) else found
            if isinstance(found, LedgerError):
                raise found
            return encoded(found)
        for prefix, items in (
            ("/invoices/", self.invoices),
            ("/credit-notes/", self.credit_notes),
            ("/taxes/", self.hidden_taxes),
        ):
            for item in items:
                if path == f"{prefix}{item['id']}":
                    return encoded(item)
        raise NotFound(path, reason=Reason.NOT_ACCOUNTED)

    def first(self, path: str, params: Any = (), *, filters: Mapping[str, Any] | None = None) -> bytes:
        self._ask(path)
        return encoded(self.details[path])

    def pages(self, path: str, params: Any = (), *, filters: Mapping[str, Any] | None = None) -> Iterator[Page]:
        items = self._items(path, filters)
        for start in range(0, max(len(items), 1), self.page_size):
            self._ask(path)
            part = items[start : start + self.page_size]
            yield Page([msgspec.Raw(encoded(item)) for item in part], len(items))

    def _items(self, path: str, filters: Mapping[str, Any] | None) -> list[Any]:
        if path.startswith("/accounting-journal/"):
            assert filters is not None
            assert filters["include_exported_entries"] is True
            return self.journals.get(path.split("/")[2], [])
        if path == "/companies/search" or path == "/individuals/search":
            assert filters is not None
            parties = self.companies if "companies" in path else self.individuals
            if "id" in filters:
                return [party for party in parties if party["id"] in filters["id"]]
            return [party for party in parties if party["name"].lower() == filters["name"].lower()]
        return {
            "/invoices/search": self.invoices,
            "/credit-notes": self.credit_notes,
            "/taxes": self.taxes,
            "/accounting-codes": [],
        }[path]

    def v1(self, method: str, params: Mapping[str, Any]) -> bytes:
        self._ask(method)
        if method == "Purchase.getOne":
            for item in [*self.purchases, *(self.supplier_credit_notes or [])]:
                if str(item["id"]) == str(params["id"]):
                    return encoded(item)
            raise NotFound("no purchase", reason=Reason.NOT_ACCOUNTED)
        if method == "Briefcases.getList":
            search = params["search"]
            return encoded(self.briefcases.get((search["linkedtype"], int(search["linkedid"])), {"files": []}))
        if params["id"] not in self.public_links:
            raise NotFound("no link", reason=Reason.NOT_ACCOUNTED)
        return encoded(self.public_links[params["id"]])

    def v1_pages(self, method: str, params: Mapping[str, Any]) -> Iterator[list[msgspec.Raw]]:
        self._ask(method)
        credit_notes = params["doctype"] == "creditNote"
        if credit_notes and self.supplier_credit_notes is None:
            raise V1Refused("doctype", tool_code="E_PARAM")
        items = (self.supplier_credit_notes or []) if credit_notes else self.purchases
        if "ident" in params["search"]:
            items = [item for item in items if item["ident"] == params["search"]["ident"]]
        yield [
            msgspec.Raw(encoded({k: v for k, v in item.items() if k != "map"}))
            for item in items
            if not item.get("_hidden") or "ident" in params["search"]
        ]

    def download(self, url: str, *, max_bytes: int) -> Download:
        self._ask("download")
        found = self.files.get(url)
        if found is None:
            raise DocumentError("not there", reason=Reason.SUPPORTING_DOCUMENT_MISSING)
        if isinstance(found, LedgerError):
            raise found
        return Download(found, "application/pdf")

    def connect(self) -> None:
        self._ask("token")

    def _ask(self, what: str) -> None:
        self.calls.append(what)
        for prefix in self.forbidden:
            if what.startswith(prefix):
                field_name = "accounting-entry.read" if "journal" in prefix else "other"
                raise AccessError(f"{what} is forbidden", field=field_name)
