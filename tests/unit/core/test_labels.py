"""Labels in the four styles, untrusted texts, and piece numbers."""

from __future__ import annotations

import pytest

from sellsy_ledger.core.labels import (
    Labels,
    clean_text,
    colliding_pieces,
    cut_label,
    html_to_text,
    own_piece,
    piece_number,
)
from sellsy_ledger.core.settings import LabelStyle
from tests.unit.core.builders import capabilities, changed, document, row

DOCUMENT = document([row("100")], subject="Maintenance T1")


@pytest.mark.parametrize(
    ("style", "third_party", "net"),
    [
        (LabelStyle.THIRD_PARTY_THEN_DESCRIPTION, "Café de la Gare", "Entretien"),
        (LabelStyle.THIRD_PARTY, "Café de la Gare", "Café de la Gare"),
        (LabelStyle.THIRD_PARTY_AND_DESCRIPTION, "Café de la Gare - Maintenance T1", "Café de la Gare - Entretien"),
        (LabelStyle.THIRD_PARTY_AND_NUMBER, "Café de la Gare - F-2026-0117", "Café de la Gare - F-2026-0117"),
    ],
)
def test_the_four_styles_of_the_product_page(style: LabelStyle, third_party: str, net: str) -> None:
    labels = Labels(DOCUMENT, "CAFE", style, capabilities())
    assert labels.third_party() == third_party
    assert labels.net(["Entretien"]) == net
    assert labels.needs_descriptions is style.needs_descriptions


def test_a_line_of_several_rows_names_each_description_once() -> None:
    labels = Labels(DOCUMENT, "", LabelStyle.THIRD_PARTY_THEN_DESCRIPTION, capabilities())
    assert labels.net(["Pose", "<p>Pose</p>", "", "Câble"]) == "Pose, Câble"


def test_without_description_the_subject_stands_in_and_then_the_name() -> None:
    style = LabelStyle.THIRD_PARTY_THEN_DESCRIPTION
    assert Labels(DOCUMENT, "", style, capabilities()).net([""]) == "Maintenance T1"
    assert Labels(changed(DOCUMENT, subject=""), "", style, capabilities()).net(["<br>"]) == "Café de la Gare"


def test_the_tool_s_name_stands_in_for_a_name_that_the_document_does_not_print() -> None:
    labels = Labels(changed(DOCUMENT, third_party_name=""), "CAFE", LabelStyle.THIRD_PARTY, capabilities())
    assert labels.third_party() == "CAFE"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Entretien&nbsp;T1</p><br />suite", "Entretien T1 suite"),
        ("5 < 6 et 7 > 3", "5 < 6 et 7 > 3"),
        ("<script>alert('x')</script>Pose", "Pose"),
        ("<!-- note -->Pose <b>fine</b>", "Pose fine"),
        ("Caf&eacute; &amp; Cie", "Café & Cie"),
        ("<p", "<p"),
    ],
)
def test_html_becomes_its_words(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("text", "charset", "clean"),
    [
        ("Pose\r\nde\tcâble\x00\x07", "unicode", "Pose de câble"),
        ("Pose 🚀 rapide", "unicode", "Pose rapide"),
        ("a\u200bb\u202ec", "unicode", "a b c"),
        ("Œuvre à 10 €", "latin-1", "OEuvre à 10 EUR"),
        ("Œuvre à 10 €", "iso8859-15", "Œuvre à 10 €"),
        ("Élève n° 5", "ascii", "Eleve ndeg 5"),
        ("  deux   mots ", "unicode", "deux mots"),
        ("🚀", "ascii", ""),
    ],
)
def test_texts_are_plain_words_in_the_tool_s_characters(text: str, charset: str, clean: str) -> None:
    assert clean_text(text, charset) == clean


def test_a_label_keeps_its_start_and_its_note() -> None:
    assert cut_label("Entretien annuel", 14, " (note)") == "Entreti (note)"
    assert cut_label("Entretien annuel", 9) == "Entretien"
    assert cut_label("Entretien", 4, " (note)") == " (no"
    assert len(cut_label("x" * 5000, None)) == 255


def test_a_piece_number_keeps_its_characters_and_its_end() -> None:
    tool = capabilities(piece_pattern="A-Za-z0-9", piece_max=8)
    assert piece_number("F-2026-0117", tool) == "20260117"
    assert piece_number("FÀ-0117", tool) == "FA0117"
    assert piece_number("F-2026-0117", capabilities()) == "F-2026-0117"
    assert piece_number("F\n2026", capabilities()) == "F 2026"
    assert piece_number("---", tool) == ""


def test_brackets_around_a_tool_s_character_class_change_nothing() -> None:
    assert piece_number("F-26", capabilities(piece_pattern="[A-Z0-9]")) == "F26"


def test_numbers_cut_to_the_same_piece_are_named_together() -> None:
    tool = capabilities(piece_max=4)
    assert colliding_pieces(["A-0117", "B-0117", "A-0118"], tool) == {"0117": ("A-0117", "B-0117")}
    assert colliding_pieces(["A-0117", "A-0117"], tool) == {}


@pytest.mark.parametrize(
    ("key", "longest", "piece"),
    [
        ("sellsy:1643:sales_invoice:48213", 13, "FAC20260001"),
        ("sellsy:1643:sales_credit_note:48213-r1", 13, "FAC20260001R1"),
        ("sellsy:1643:sales_invoice:48213-v2", None, "FAC20260001V2"),
        ("sellsy:1643:sales_credit_note:48213-r1", 12, "SCN48213R1"),
        ("sellsy:1643:purchase_invoice:48213-v12", 12, "PI48213V12"),
    ],
)
def test_a_correction_has_a_piece_number_of_its_own_and_nothing_is_cut_for_it(
    key: str, longest: int | None, piece: str
) -> None:
    assert own_piece("FAC20260001", key, longest) == piece
