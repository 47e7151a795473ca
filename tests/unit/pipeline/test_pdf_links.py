"""A tool that fetches PDFs by link: the link is made when it is asked for, and goes nowhere but into the request."""

from __future__ import annotations

import json
import logging

import msgspec
import pytest
from tests.unit.pipeline.fakes import CAPABILITIES, FakeConnector, invoice

from sellsy_ledger.core.capabilities import PdfSupport
from sellsy_ledger.errors import ConfigurationError

SECRET = "https://bucket.example/x.pdf?X-Amz-Signature=0123456789abcdef"


class LinkConnector(FakeConnector):
    """Asks for the link right before its one write."""

    def __init__(self, pdf=PdfSupport.URL):
        super().__init__(capabilities=msgspec.structs.replace(CAPABILITIES, pdf=pdf))
        self.links = []

    def post_entry(self, request):
        if request.pdf_url is not None:
            self.links.append(request.pdf_url())
        return super().post_entry(request)


def linked(here, monkeypatch):
    asked = []

    def signed_url(self, path, seconds):
        asked.append((path, seconds))
        return SECRET

    monkeypatch.setattr("sellsy_ledger.register.pdf_store.LocalDocumentStore.signed_url", signed_url)
    return asked


def test_the_link_is_good_for_a_day_and_made_when_it_is_asked_for(world, monkeypatch):
    here = world(invoice(1), connector=LinkConnector())
    asked = linked(here, monkeypatch)
    here.night()
    assert here.tool.links == [SECRET]
    ((path, seconds),) = asked
    assert path.startswith("atelier/pdf/")
    assert seconds == 86400
    assert here.state(invoice(1)) == "verified"


def test_the_link_is_in_no_register_log_or_representation(world, monkeypatch, caplog):
    here = world(invoice(1), connector=LinkConnector())
    linked(here, monkeypatch)
    seen = []
    original = here.tool.payload
    here.tool.payload = lambda request: seen.append(repr(request)) or original(request)
    with caplog.at_level(logging.DEBUG):
        report = here.night()
    kept = "".join(path.read_bytes().decode("latin-1") for path in here.folder.glob("register.db*"))
    for text in (kept, caplog.text, *seen, json.dumps(report.to_dict())):
        assert "X-Amz" not in text


def test_other_tools_get_no_link(world, monkeypatch):
    here = world(invoice(1), connector=LinkConnector(pdf=PdfSupport.WITH_ENTRY))
    asked = linked(here, monkeypatch)
    here.night()
    assert (here.tool.links, asked) == ([], [])


def test_a_folder_cannot_sign_so_the_company_stops_and_nothing_is_written(world):
    here = world(invoice(1), invoice(2), connector=LinkConnector())
    with pytest.raises(ConfigurationError, match="sellsy_ledger_documents_url") as caught:
        here.night()
    assert "S3, GCS ou Azure" in (caught.value.action or "")
    assert here.tool.held == []
    assert here.state(invoice(1)) == "ready"
    # The company is free again for the run after the correction.
    here.register.take_lease("atelier", holder="somebody")


def test_without_a_pdf_no_link_is_made(world, monkeypatch):
    from tests.unit.pipeline.fakes import missing_pdf

    here = world(invoice(1), connector=LinkConnector(), without_supporting_document="post")
    asked = linked(here, monkeypatch)
    here.sellsy.pdfs[invoice(1).key] = missing_pdf()
    here.night()
    assert asked == []
    assert len(here.tool.held) == 1
