"""The PDF of a document: Sellsy's own for sales, the supplier's original for purchases.

Links are signed, change with every edit of the document and expire: each is read just before its download and never
stored. What is not a PDF (the HTML page of a draft or of an expired link) is never handed on, nor are the bytes ever
changed: the embedded XML may be the legal invoice.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from sellsy_ledger.core.documents import Direction, Document, Kind
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, DocumentError, TryLater
from sellsy_ledger.http.downloads import FileTooLarge
from sellsy_ledger.http.redaction import short_text
from sellsy_ledger.sources.sellsy.client import SellsyClient
from sellsy_ledger.sources.sellsy.errors import NotFound
from sellsy_ledger.sources.sellsy.fields import UNDECODABLE, clean_text, id_of
from sellsy_ledger.sources.sellsy.purchases import members
from sellsy_ledger.sources.sellsy.sales import PATHS

__all__ = ["MAX_BYTES", "Pdf", "SupportingDocuments"]

MAX_BYTES = 50 * 1024 * 1024
# A purchase made from a scanned file is created after its file, by minutes.
_BEFORE_PURCHASE = dt.timedelta(minutes=10)
_V1_KINDS = {Kind.PURCHASE_INVOICE: "purInvoice", Kind.PURCHASE_CREDIT_NOTE: "purCreditNote"}
_MEMBERS = frozenset({"id", "linkedid", "doctypeid", "created", "ident", "externalident", "step", "response"})
_NAME = re.compile(r"[^\w .()@+-]+")


class Pdf(msgspec.Struct, frozen=True, kw_only=True):
    """A downloaded PDF. ``origin``: ``original``, or ``rendered`` when it is only Sellsy's picture of a purchase."""

    body: bytes
    file_name: str
    origin: str = "original"


class _File(msgspec.Struct):
    public_link: str | None = None


class _Embed(msgspec.Struct):
    file: _File | list[Any] | None = None


class _Sale(msgspec.Struct):
    status: str | None = None
    pdf_link: str | None = None
    file_id: int | None = None
    embed: _Embed | list[Any] | None = msgspec.field(name="_embed", default=None)


class _Unusable(Exception):
    """There were links, and none of them gave a PDF; ``error`` is what became of the last one."""

    def __init__(self, error: DocumentError) -> None:
        super().__init__(error.message)
        self.error = error


class SupportingDocuments:
    """Finds and downloads PDFs; remembers during a run which place the suppliers' originals were found in."""

    def __init__(self, client: SellsyClient, *, max_bytes: int = MAX_BYTES) -> None:
        self._client = client
        self._max_bytes = max_bytes
        self._place: tuple[str, str] | None = None

    def fetch(self, document: Document) -> Pdf:
        """The PDF of ``document``.

        Raises:
            DocumentError: ``supporting_document_missing`` when there is none, or none that is a PDF.
            TryLater: a passing fault.
        """
        if document.kind.direction is Direction.SALES:
            return self._sale(document)
        return self._purchase(document)

    # -- sales -------------------------------------------------------------------------------------------------
    def _sale(self, document: Document) -> Pdf:
        # A link can be outdated between its reading and its use: it is read again once.
        try:
            return self._sale_once(document)
        except _Unusable:
            pass
        try:
            return self._sale_once(document)
        except _Unusable as unusable:
            raise _missing(document, unusable.error) from None

    def _sale_once(self, document: Document) -> Pdf:
        last: DocumentError | None = None
        for link in self._links_of_sale(document):
            try:
                return Pdf(body=self._pdf(link), file_name=f"{_safe(document.number)}.pdf")
            except FileTooLarge as error:
                raise _missing(document, error) from None
            except DocumentError as error:
                last = error
        if last is not None:
            raise _Unusable(last)
        raise _missing(document, "no link")

    def _links_of_sale(self, document: Document) -> Iterator[str]:
        body = self._client.get(f"{PATHS[document.kind]}/{document.id}", [("embed[]", "file")])
        try:
            with _whole(document.key):
                found = msgspec.json.decode(body, type=_Sale)
        except UNDECODABLE:
            raise _missing(document, "its link cannot be read") from None
        if found.status == "draft":
            raise _missing(document, "it is a draft, which has no PDF")
        embedded = found.embed.file if isinstance(found.embed, _Embed) else None
        if found.pdf_link:
            yield found.pdf_link
        if isinstance(embedded, _File) and embedded.public_link:
            yield embedded.public_link
        elif found.file_id:
            yield from self._link_of_file(found.file_id)

    def _link_of_file(self, file_id: int) -> Iterator[str]:
        try:
            with _whole(f"file {file_id}"):
                found = msgspec.json.decode(self._client.get(f"/files/{file_id}"), type=_File)
        except (NotFound, AccessError, *UNDECODABLE):
            return
        if found.public_link:
            yield found.public_link

    # -- purchases ---------------------------------------------------------------------------------------------
    def _purchase(self, document: Document) -> Pdf:
        purchase = self._purchase_facts(document)
        try:
            original = self._original(document, purchase)
        except _Unusable:
            try:
                original = self._original(document, purchase)
            except _Unusable as unusable:
                # There is an original: a picture of the purchase must not take its place for ever.
                raise _missing(document, unusable.error) from None
        return original or self._rendered(document)

    def _original(self, document: Document, purchase: dict[str, Any]) -> Pdf | None:
        """What the supplier sent, wherever Sellsy filed it; None when it filed nothing."""
        last: DocumentError | None = None
        for place in self._places():
            for file in self._plausible_files(document, purchase, place):
                try:
                    body = self._pdf(str(file.get("public_url")))
                except FileTooLarge as error:
                    raise _missing(document, error) from None
                except DocumentError as error:
                    last = error
                    continue
                self._place = place
                return Pdf(body=body, file_name=_file_name(file, document))
        if last is not None:
            raise _Unusable(last)
        return None

    def _purchase_facts(self, document: Document) -> dict[str, Any]:
        """Both ids of the purchase, its names and its creation time."""
        body = self._client.v1("Purchase.getOne", {"id": document.id, "includeTags": "N"})
        try:
            with _whole(document.key):
                return members(body, _MEMBERS)
        except (*UNDECODABLE, TypeError, AttributeError):
            raise _missing(document, "the purchase cannot be read") from None

    def _places(self) -> list[tuple[str, str]]:
        """(what the file is linked to, which of the purchase's ids): undocumented, so tried in turn; a place that
        held a file comes first.
        """
        places = [("kind", "id"), ("purchase", "id"), ("kind", "linkedid"), ("purchase", "linkedid")]
        return sorted(places, key=lambda place: place != self._place)

    def _plausible_files(
        self, document: Document, purchase: dict[str, Any], place: tuple[str, str]
    ) -> list[dict[str, Any]]:
        """PDFs of one place that can be this purchase's: those named like it first, then those made no earlier.

        The two id spaces overlap, so that a place may show another purchase's files.
        """
        linked_type, id_name = place
        identity = id_of(purchase.get(id_name)) or (id_of(purchase.get("doctypeid")) if id_name == "linkedid" else None)
        if identity is None:
            return []
        kind = _V1_KINDS[document.kind] if linked_type == "kind" else linked_type
        search = {"linkedtype": kind, "linkedid": identity, "mode": "flat"}
        try:
            files = _files(self._client.v1("Briefcases.getList", {"search": search}))
        except NotFound:
            return []
        pdfs = [file for file in files if str(file.get("extension") or "").lower() == "pdf" and file.get("public_url")]
        named = [file for file in pdfs if _is_named_like(file, purchase)]
        recent = [file for file in pdfs if file not in named and _is_recent(file, purchase)]
        return named + recent

    def _rendered(self, document: Document) -> Pdf:
        """Sellsy's own picture of the purchase, when the supplier's original is nowhere."""
        try:
            with _whole(document.key):
                found = members(self._client.v1("Purchase.getPublicLink", {"id": document.id}), frozenset({"pdf"}))
            link = found.get("pdf")
        except (NotFound, *UNDECODABLE, TypeError, AttributeError):
            link = None
        if not isinstance(link, str) or not link:
            raise _missing(document, "no file in Sellsy")
        try:
            body = self._pdf(link)
        except DocumentError as error:
            raise _missing(document, error) from None
        return Pdf(body=body, file_name=f"{_safe(document.number)}.pdf", origin="rendered")

    # -- both --------------------------------------------------------------------------------------------------
    def _pdf(self, link: str) -> bytes:
        """The bytes behind a link, when they are a PDF.

        Raises:
            DocumentError: not there, too large, not allowed, or something else than a PDF.
        """
        body = self._client.download(link, max_bytes=self._max_bytes).body
        start = body[:1024].lstrip()
        if start[:5] != b"%PDF-":
            kind = "an HTML page" if start[:1] == b"<" else "no PDF"
            raise DocumentError(
                f"the file is {kind}.",
                reason=Reason.SUPPORTING_DOCUMENT_MISSING,
                facts={"detail": " (le fichier reçu n'est pas un PDF)"},
                tool="sellsy",
            )
        return body


@contextmanager
def _whole(what: str) -> Iterator[None]:
    """An answer that is no JSON at all was cut on its way: it says nothing of whether there is a PDF."""
    try:
        yield
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        raise TryLater(
            f"Sellsy's answer about {what} cannot be read; the next try will ask again.", tool="sellsy"
        ) from error


def _files(data: bytes) -> list[dict[str, Any]]:
    """The files of a briefcase, whatever PHP made of the list, with or without ``result`` around it."""
    try:
        with _whole("the files of a purchase"):
            found = members(data, frozenset({"result", "files"}))
        if "files" not in found:
            found = members(found.get("result") or {}, frozenset({"files"}))
        files = found.get("files") or {}
        files = msgspec.json.decode(files) if isinstance(files, msgspec.Raw) else files
    except (*UNDECODABLE, TypeError, AttributeError):
        return []
    items = files.values() if isinstance(files, dict) else files
    return [item for item in items if isinstance(item, dict)]


def _is_named_like(file: dict[str, Any], purchase: dict[str, Any]) -> bool:
    name = _bare(f"{file.get('file_fullname') or ''} {file.get('name') or ''}")
    numbers = (_bare(purchase.get("externalident")), _bare(purchase.get("ident")))
    return any(len(number) >= 3 and number in name for number in numbers)


def _is_recent(file: dict[str, Any], purchase: dict[str, Any]) -> bool:
    made, purchased = _moment(file.get("created")), _moment(purchase.get("created"))
    return made is not None and purchased is not None and made >= purchased - _BEFORE_PURCHASE


def _moment(value: object) -> dt.datetime | None:
    """V1's Paris time, without a zone; only compared with others of its kind."""
    try:
        return dt.datetime.fromisoformat(str(value))
    except ValueError:
        return None


def _bare(value: object) -> str:
    return re.sub(r"[^a-z0-9]", "", clean_text(value).lower())


def _safe(name: str) -> str:
    """A file name made of a document number: no separators, nothing hidden."""
    return _NAME.sub("-", name).strip(" .-")[:100] or "document"


def _file_name(file: dict[str, Any], document: Document) -> str:
    name = _safe(clean_text(file.get("file_fullname") or file.get("name")) or document.number)
    return name if name.lower().endswith(".pdf") else f"{name}.pdf"


def _missing(document: Document, why: str | DocumentError) -> DocumentError:
    """No PDF, and why: in English for the log; in French too where a file was there and could not be taken."""
    words, detail = (why.message, why.facts.get("detail", "")) if isinstance(why, DocumentError) else (why, "")
    return DocumentError(
        f"{document.key} has no PDF in Sellsy: {short_text(words, 160)}",
        reason=Reason.SUPPORTING_DOCUMENT_MISSING,
        facts={"detail": detail},
        tool="sellsy",
    )
