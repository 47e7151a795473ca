from __future__ import annotations

from collections import deque
from typing import Any

import msgspec
import pytest

from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, DocumentError, TryLater
from sellsy_ledger.sources.sellsy.objects import parse_document
from sellsy_ledger.sources.sellsy.supporting import SupportingDocuments

from . import samples
from .fakes import FakeSellsy

PDF = b"%PDF-1.7 the bytes, embedded XML and all"
OOPS = b"<!doctype html><title>Oups, aucun fichier</title>"
SALE = parse_document(Kind.SALES_INVOICE, samples.invoice())
NOTE = parse_document(Kind.SALES_CREDIT_NOTE, samples.invoice(id=5, number="A/5"))
PURCHASE = parse_document(Kind.PURCHASE_INVOICE, samples.purchase())


def pdfs_of(sellsy: FakeSellsy) -> SupportingDocuments:
    return SupportingDocuments(sellsy)  # type: ignore[arg-type]


def missing(sellsy: FakeSellsy, document: Any) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        pdfs_of(sellsy).fetch(document)
    assert caught.value.reason is Reason.SUPPORTING_DOCUMENT_MISSING
    return caught.value


# -- sales -------------------------------------------------------------------------------------------------------


def sale(**changes: Any) -> dict[str, Any]:
    return samples.invoice(**{"pdf_link": "https://file.sellsy.com/new", "file_id": None, **changes})


def test_the_link_is_read_just_before_the_download_and_the_bytes_are_left_alone():
    sellsy = FakeSellsy(invoices=[sale()], files={"https://file.sellsy.com/new": PDF})
    pdf = pdfs_of(sellsy).fetch(SALE)
    assert (pdf.body, pdf.file_name, pdf.origin) == (PDF, "F-2026-0117.pdf", "original")
    assert sellsy.calls == ["/invoices/48213", "download"]


def test_a_credit_note_has_its_own_route_and_a_safe_file_name():
    sellsy = FakeSellsy(credit_notes=[sale(id=5)], files={"https://file.sellsy.com/new": PDF})
    assert pdfs_of(sellsy).fetch(NOTE).file_name == "A-5.pdf"


@pytest.mark.parametrize("stale", [None, OOPS, b"", b"not a pdf"])
def test_an_outdated_link_is_read_again_once(stale: bytes | None):
    answers = deque([sale(pdf_link="https://file.sellsy.com/old"), sale()])
    files: dict[str, Any] = {"https://file.sellsy.com/new": PDF}
    if stale is not None:
        files["https://file.sellsy.com/old"] = stale
    sellsy = FakeSellsy(details={"/invoices/48213": answers}, files=files)
    assert pdfs_of(sellsy).fetch(SALE).body == PDF


def test_an_html_page_is_no_pdf_however_often_it_is_asked_for():
    sellsy = FakeSellsy(invoices=[sale()], files={"https://file.sellsy.com/new": OOPS})
    error = missing(sellsy, SALE)
    assert "HTML" in error.message
    assert sellsy.calls.count("/invoices/48213") == 2
    assert "file.sellsy.com" not in str(error)


def test_without_a_link_the_embedded_file_then_the_file_itself_are_tried():
    files: dict[str, Any] = {"https://file.sellsy.com/embedded": PDF, "https://file.sellsy.com/file": PDF}
    embedded = {"file": {"public_link": "https://file.sellsy.com/embedded"}}
    by_embed = FakeSellsy(invoices=[sale(pdf_link=None, _embed=embedded)], files=files)
    by_file = FakeSellsy(
        invoices=[sale(pdf_link=None, file_id=99)],
        details={"/files/99": {"public_link": "https://file.sellsy.com/file"}},
        files=files,
    )
    assert pdfs_of(by_embed).fetch(SALE).body == PDF
    assert pdfs_of(by_file).fetch(SALE).body == PDF


def test_without_any_link_the_pdf_is_missing_and_asked_for_once():
    for answer in (sale(pdf_link=None), sale(pdf_link=None, file_id=99), sale(pdf_link=None, _embed={"file": []})):
        sellsy = FakeSellsy(invoices=[answer])
        missing(sellsy, SALE)
        assert sellsy.calls.count("/invoices/48213") == 1


def test_without_the_right_to_files_the_pdf_is_missing():
    sellsy = FakeSellsy(invoices=[sale(pdf_link=None, file_id=99)], forbidden={"/files"})
    missing(sellsy, SALE)


def test_a_drafts_broken_link_is_not_even_followed():
    sellsy = FakeSellsy(invoices=[sale(status="draft")], files={"https://file.sellsy.com/new": PDF})
    missing(sellsy, SALE)
    assert "download" not in sellsy.calls


def test_a_passing_fault_is_not_a_missing_pdf():
    sellsy = FakeSellsy(invoices=[sale()], files={"https://file.sellsy.com/new": TryLater("503")})
    with pytest.raises(TryLater):
        pdfs_of(sellsy).fetch(SALE)


# -- purchases ---------------------------------------------------------------------------------------------------


def file(name: str = "FA-889.pdf", created: str = "2026-02-01 17:49:00", **changes: Any) -> dict[str, Any]:
    stem, _, extension = name.rpartition(".")
    return {
        "id": "56358",
        "name": stem,
        "extension": extension,
        "file_fullname": name,
        "created": created,
        "public_url": f"?_f=file&id={name}",
        **changes,
    }


def briefcase(*files: dict[str, Any]) -> dict[str, Any]:
    return {"files": {one["file_fullname"]: one for one in files}, "folders": []}


def purchases(briefcases: dict[tuple[str, int], Any], **options: Any) -> FakeSellsy:
    bodies = {f"?_f=file&id={name}": PDF for name in ("FA-889.pdf", "scan.pdf", "old.pdf", "other.pdf")}
    bodies["?rendered"] = PDF
    options = {"purchases": [samples.purchase()], "files": bodies, **options}
    return FakeSellsy(briefcases=briefcases, **options)


@pytest.mark.parametrize("place", [("purInvoice", 1304), ("purchase", 1304), ("purInvoice", 316), ("purchase", 316)])
def test_the_suppliers_original_is_found_in_any_of_four_places(place: tuple[str, int]):
    pdf = pdfs_of(purchases({place: briefcase(file())})).fetch(PURCHASE)
    assert (pdf.body, pdf.file_name, pdf.origin) == (PDF, "FA-889.pdf", "original")


def test_the_place_that_held_a_file_is_tried_first_from_then_on():
    sellsy = purchases({("purchase", 316): briefcase(file())})
    pdfs = pdfs_of(sellsy)
    pdfs.fetch(PURCHASE)
    first = sellsy.calls.count("Briefcases.getList")
    pdfs.fetch(PURCHASE)
    assert (first, sellsy.calls.count("Briefcases.getList")) == (4, 5)


@pytest.mark.parametrize(
    "shape",
    [
        lambda found: found,
        lambda found: {"result": found},
        lambda found: {"result": {"files": list(found["files"].values())}},
        lambda found: {"result": {"files": {**found["files"], "_xml_childtag": "file"}}},
    ],
)
def test_the_list_of_files_comes_in_many_shapes(shape: Any):
    sellsy = purchases({("purInvoice", 1304): shape(briefcase(file()))})
    assert pdfs_of(sellsy).fetch(PURCHASE).origin == "original"


def test_a_file_named_like_the_purchase_goes_before_a_merely_recent_one():
    found = briefcase(file("scan.pdf"), file("FA-889.pdf", created="2026-01-01 00:00:00"))
    assert pdfs_of(purchases({("purInvoice", 1304): found})).fetch(PURCHASE).file_name == "FA-889.pdf"


def test_a_file_made_just_before_the_purchase_is_plausible_and_an_older_one_is_not():
    recent = purchases({("purInvoice", 1304): briefcase(file("scan.pdf", created="2026-02-01 17:40:00"))})
    older = purchases({("purInvoice", 1304): briefcase(file("old.pdf", created="2026-01-31 10:00:00"))})
    assert pdfs_of(recent).fetch(PURCHASE).file_name == "scan.pdf"
    missing(older, PURCHASE)


def test_pictures_and_files_without_a_link_are_passed_over():
    found = briefcase(file("FA-889.png"), file("FA-889.pdf", public_url=None))
    missing(purchases({("purInvoice", 1304): found}), PURCHASE)


def test_an_original_that_is_no_pdf_gives_way_to_the_next():
    sellsy = purchases({("purInvoice", 1304): briefcase(file("FA-889.pdf"), file("scan.pdf"))})
    sellsy.files["?_f=file&id=FA-889.pdf"] = OOPS
    assert pdfs_of(sellsy).fetch(PURCHASE).file_name == "scan.pdf"


def test_without_an_original_sellsys_picture_is_taken_and_says_so():
    pdf = pdfs_of(purchases({}, public_links={1304: {"filename": "x", "pdf": "?rendered"}})).fetch(PURCHASE)
    assert (pdf.body, pdf.origin) == (PDF, "rendered")


def test_sellsys_picture_never_takes_the_place_of_an_original_that_could_not_be_read_today():
    sellsy = purchases({("purInvoice", 1304): briefcase(file())}, public_links={1304: {"pdf": "?rendered"}})
    sellsy.files["?_f=file&id=FA-889.pdf"] = OOPS
    missing(sellsy, PURCHASE)
    sellsy.files["?_f=file&id=FA-889.pdf"] = PDF
    assert pdfs_of(sellsy).fetch(PURCHASE).origin == "original"


@pytest.mark.parametrize("call", ["Briefcases.getList", "Purchase.getOne", "Purchase.getPublicLink"])
def test_an_answer_that_was_cut_on_its_way_says_nothing_of_the_pdf(call: str):
    files = {} if call == "Purchase.getPublicLink" else {("purInvoice", 1304): briefcase(file())}
    sellsy = purchases(files, public_links={1304: {"pdf": "?rendered"}})
    whole = sellsy.v1

    def cut(method: str, params: Any) -> bytes:
        body = whole(method, params)
        return body[: len(body) // 2] if method == call else body

    sellsy.v1 = cut  # type: ignore[method-assign]
    with pytest.raises(TryLater, match="cannot be read"):
        pdfs_of(sellsy).fetch(PURCHASE)


@pytest.mark.parametrize("link", [{"pdf": ""}, {}, {"pdf": None}, [], {"pdf": "?nowhere"}])
def test_without_either_the_pdf_is_missing(link: Any):
    missing(purchases({}, public_links={1304: link}), PURCHASE)


def test_a_credit_note_is_looked_for_under_its_own_type():
    note = msgspec.structs.replace(PURCHASE, kind=Kind.PURCHASE_CREDIT_NOTE)
    sellsy = purchases({("purCreditNote", 1304): briefcase(file())})
    assert pdfs_of(sellsy).fetch(note).origin == "original"


def test_a_missing_right_is_not_a_missing_pdf():
    with pytest.raises(AccessError):
        pdfs_of(purchases({}, forbidden={"Briefcases"})).fetch(PURCHASE)
