"""One document's story, and its PDF: with the rights of its company, as it was stored, and never as anything else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.pages.examples import PDF, changed, doubtful, posted, propose, ready, seen, with_pdf
from tests.pages.visitor import Visitor
from tests.unit.airflow.examples import entry as company
from tests.unit.register.builders import COMPANY

from sellsy_ledger.core.corrections import Action
from sellsy_ledger.pipeline.corrections import accept, stored_proposals
from sellsy_ledger.register.store import Register

HOSTILE = '"><script>alert(1)</script>\u202e\r\nX-Evil: 1' + "é" * 3000


@pytest.fixture(autouse=True)
def two_companies(companies: Callable[[Any], None]) -> None:
    companies([company("atelier"), company("mairie") | {"name": "Mairie"}])


@pytest.fixture
def claire() -> Visitor:
    return Visitor("atelier")


def test_a_document_shows_state_entry_posting_and_story(register: Register, claire: Visitor) -> None:
    made = posted(register)

    text = claire.get("document", company="atelier", key=made.key).text

    for shown in (
        "enregistrée, à relire",
        "411ACME",
        "sellsy:1:sales_invoice:1",
        "<bdi>E1</bdi>",
        "lue dans Sellsy",
        "envoi commencé",
        "<bdi>sync__atelier/run-1</bdi>",
        "Justificatif PDF</th><td>aucun",
    ):
        assert shown in text, shown


def test_what_corrects_a_document_is_linked_from_each_of_them(register: Register, claire: Visitor) -> None:
    made = changed(register)
    propose(register, made.key, action=Action.REVERSE_AND_BOOK, reversal_date=made.date)
    [proposal] = stored_proposals(register, COMPANY)
    assert accept(register, COMPANY, {made.key: proposal.seal}, who="Claire").accepted

    family = ["sales_invoice:1", "sales_credit_note:1-r1", "sales_invoice:1-v2"]
    for key in family:
        text = claire.get("document", company="atelier", key=key).text
        linked = [other for other in family if f"<td>{other}</td>" in text]
        assert linked == [other for other in family if other != key]


def test_another_document_with_the_same_id_is_no_relative(register: Register, claire: Visitor) -> None:
    from sellsy_ledger.core.documents import Kind

    made = posted(register, 1)
    seen(register, 1, kind=Kind.SALES_CREDIT_NOTE, number="A-1")

    assert "A-1" not in claire.get("document", company="atelier", key=made.key).text


def test_what_sellsy_shows_now_stands_beside_what_was_posted(register: Register, claire: Visitor) -> None:
    made = changed(register, gross_cents=13000)

    assert "F-1, 15/01/2026, Acmé &amp; Fils, 130,00 €" in claire.get("document", company="atelier", key=made.key).text


@pytest.mark.parametrize("page", ["document", "pdf"])
def test_an_unknown_document_and_a_foreign_company_do_not_exist(register: Register, claire: Visitor, page: str) -> None:
    made = ready(register)
    with_pdf(register, made)

    assert claire.get(page, company="atelier", key="sales_invoice:99").status_code == 404
    assert claire.get(page, company="mairie", key=made.key).status_code == 404
    foreign = Visitor("mairie").get(page, company="atelier", key=made.key)
    assert foreign.status_code == 404
    assert b"F-1" not in foreign.content
    assert PDF not in foreign.content


def test_the_pdf_comes_as_a_file_to_save_and_as_nothing_else(register: Register, claire: Visitor) -> None:
    made = ready(register)
    with_pdf(register, made)

    assert (
        f'href="pdf?company=atelier&amp;key={made.key.replace(":", "%3A")}"'
        in claire.get("document", company="atelier", key=made.key).text
    )
    answer = claire.get("pdf", company="atelier", key=made.key)

    assert answer.status_code == 200
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="F-1.pdf"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("FA/2026-07", "FA-2026-07.pdf"),
        ('a"; filename="b.html', "a-filename-b.html.pdf"),
        ("../../etc/passwd", "etc-passwd.pdf"),
        ("..", "document.pdf"),
        ("№", "document.pdf"),
        ("x" * 500, "x" * 80 + ".pdf"),
        (HOSTILE, "script-alert-1-script-X-Evil-1.pdf"),
    ],
)
def test_the_name_of_the_file_is_safe_whatever_the_number(
    register: Register, claire: Visitor, number: str, name: str
) -> None:
    made = ready(register, number=number)
    with_pdf(register, made)

    answer = claire.get("pdf", company="atelier", key=made.key)

    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert "x-evil" not in answer.headers


def test_a_file_that_is_not_the_one_that_was_stored_is_not_handed_out(
    register: Register, claire: Visitor, tmp_path: Path
) -> None:
    damaged, exchanged, gone, none = (ready(register, identity) for identity in (1, 2, 3, 4))
    with_pdf(register, damaged, PDF + b"1")
    with_pdf(register, exchanged, PDF + b"2", sha256="ab" * 32)
    with_pdf(register, gone, PDF + b"3")
    [file] = (tmp_path / "documents" / "atelier" / "pdf" / "sales_invoice" / "1").iterdir()
    file.write_bytes(b"<html>other</html>")
    [file] = (tmp_path / "documents" / "atelier" / "pdf" / "sales_invoice" / "3").iterdir()
    file.unlink()

    for made in (damaged, exchanged, gone, none):
        answer = claire.get("pdf", company="atelier", key=made.key)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert "Le PDF de cette pièce n&#39;est pas là" in answer.text


def test_a_storage_that_does_not_answer_is_said(
    register: Register, claire: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sellsy_ledger_airflow.pages import app

    made = ready(register)
    with_pdf(register, made)

    class Down:
        def get(self, path: str) -> bytes:
            raise ConnectionError("https://bucket.example/x?signature=secret")

    monkeypatch.setattr(app, "open_documents", Down)
    answer = claire.get("pdf", company="atelier", key=made.key)

    assert answer.status_code == 503
    assert "signature" not in answer.text


def test_texts_of_strangers_stay_text(register: Register, claire: Visitor) -> None:
    made = doubtful(register, number=HOSTILE, third_party_name=HOSTILE)
    register.resolve(COMPANY, made.key, entry_id=HOSTILE[:40], who=HOSTILE[:40], note=HOSTILE)

    for lang in ("fr", "en"):
        text = claire.get("document", company="atelier", key=made.key, lang=lang).text
        assert "<script" not in text
        assert "\u202e" not in text
        assert "&lt;script&gt;" in text
