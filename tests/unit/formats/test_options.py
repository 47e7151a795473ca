"""What a customer's version decides: every option of every format, by what it changes in the file."""

from __future__ import annotations

import datetime as dt

import msgspec

from sellsy_ledger.core.documents import Kind
from sellsy_ledger.formats import fec, mecg, pnm, quadra, tra
from sellsy_ledger.formats.base import FileEntry, auxiliary_records, file_bytes
from tests.unit.formats.entries import ACCENTS, CREDIT_NOTE, FEC_ACD, FIVE, LEDGER, SALE, line
from tests.unit.formats.readers import blocks_of, lines_of


def first(file_format, one: FileEntry, **options) -> str:
    return next(iter(file_format.entry_lines(one, LEDGER, file_format.Options(**options)))).removesuffix("\r\n")


def sale(**changes) -> FileEntry:
    return msgspec.structs.replace(SALE, entry=msgspec.structs.replace(SALE.entry, **changes))


def test_fec_of_acd_has_bars_points_an_empty_side_and_a_nineteenth_column():
    data = b"".join(file_bytes(fec, [SALE], LEDGER, FEC_ACD)).decode("ascii")
    header, *rows = (row.split("|") for row in data.split("\r\n")[:-1])
    assert header[10] == "EcritureLibc"
    assert header[17:] == ["Idevise", "MouvementEcriture"]
    assert [row[11:13] for row in rows[:2]] == [["123.45", ""], ["", "50.00"]]
    assert all(len(row) == 19 for row in rows)


def test_fec_names_its_piece_by_number_piece_or_the_end_of_the_pdf_name():
    def ref(**options) -> str:
        return first(fec, msgspec.structs.replace(SALE, pdf_name="VE_FAC-2026-0001.pdf"), **options).split("\t")[8]

    assert ref() == "FAC-2026-0001"
    assert ref(piece_ref="piece") == "FAC20260001"
    assert ref(piece_max=11) == "FAC20260001"
    assert ref(piece_ref="pdf_name") == "-2026-0001"
    assert ref(piece_ref="pdf_name", pdf_name_end=255) == "VE_FAC-2026-0001"
    without = msgspec.structs.replace(SALE, pdf_name="")
    assert first(fec, without, piece_ref="pdf_name").split("\t")[8] == "FAC-2026-0001"


def test_fec_may_tell_entries_apart_by_the_piece_number():
    assert first(fec, SALE).split("\t")[2] == ""
    assert first(fec, SALE, entry_number="piece").split("\t")[2] == "FAC20260001"


def test_fec_cuts_names_and_labels_and_keeps_accents_where_asked():
    fields = first(fec, ACCENTS, label_max=7, name_max=16, charset="iso8859-15").split("\t")
    assert (fields[7], fields[10]) == ("Société générale", "Société")
    assert fec.encoding(fec.Options(charset="iso8859-15")) == "iso8859-15"
    fields = first(fec, ACCENTS, charset="iso8859-15").split("\t")
    assert fields[7].encode("iso8859-15").decode("iso8859-15").endswith("d'œnologie du Val de Loire")


def test_a_separator_never_comes_from_a_text():
    hostile = sale(number="F|1;2\t3", lines=(line("411000", 5, "a|b;c\td", "C1"), line("706000", -5, "x")))
    for separator, number, label in (
        ("\t", "F|1;2 3", "a|b;c d"),
        ("|", "F 1;2 3", "a b;c d"),
        (";", "F|1 2 3", "a|b c d"),
    ):
        fields = first(fec, hostile, separator=separator).split(separator)
        assert len(fields) == 18
        assert (fields[8], fields[10]) == (number, label)


def test_pnm_widths_padding_charset_and_simulation():
    assert len(first(pnm, SALE)) == 105
    wide = first(pnm, SALE, width=141, amount_pad="zero", entry_type="S")
    assert wide[84:105] == "00000000000000123.45S"
    assert wide[105:] == f"{'':33}EUR"
    assert first(pnm, ACCENTS, charset="cp850")[51:76] == "Société générale d'aménag"
    assert pnm.encoding(pnm.Options(charset="cp850")) == "cp850"
    assert (
        pnm.head(pnm.Options(company_name="Établissements Dupont et Fils, Paris"))
        == "Etablissements Dupont et Fils,\r\n"
    )


def test_mecg_of_an_older_version_has_the_first_fields_only():
    options = mecg.Options(version=14, fields=30, label_max=35)
    lines = lines_of(b"".join(file_bytes(mecg, [ACCENTS], LEDGER, options)), "cp850")
    assert lines[1] == "#VER 14"
    block = lines[4:34]
    assert lines[3] == lines[34] == "#MECG"
    assert block[10] == "Société générale d'aménagement et d"
    assert block[16:18] == ["0", "12000000,00"]
    for asked, given in ((3, 18), (60, 39)):
        assert first(mecg, SALE, fields=asked).count("\r\n") == given


def test_mecg_writes_capitals_a_reference_and_tax_codes_when_asked():
    one = msgspec.structs.replace(
        sale(piece="fac1", lines=(line("411000", 5, "x", "cDupont", "c20"), line("1", -5, "x")))
    )
    one = msgspec.structs.replace(one, reference="FC990001")
    fields = first(mecg, one).split("\r\n")[1:]
    assert (fields[3], fields[8], fields[25], fields[32]) == ("FAC1", "CDUPONT", "", "FC990001")
    assert first(mecg, one, tax_codes=True).split("\r\n")[26] == "C20"


def test_nothing_opens_a_record_of_its_own_in_mecg():
    label = "##  #FIN\r\n#MECG\n#VER 9"
    one = sale(number="#12", piece="#FIN", lines=(line("411000", 5, label, "C1"), line("1", -5, "# #")))
    (fields, last) = blocks_of(lines_of(b"".join(file_bytes(mecg, [one], LEDGER)), "cp850"))
    assert (fields[3], fields[4], fields[10], last[10]) == ("FIN", "12", "FIN #MECG #VER 9", "")


def test_tra_names_its_maker_and_its_kind_of_entry():
    options = tra.Options(
        product="S1", origin="CLI", user="MOI", written_at=dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)
    )
    header = tra.head(options)
    assert (header[3:8], header[41:53], header[53:56]) == ("S1CLI", "020120260304", "MOI")
    assert tra.head()[41:53] == " " * 12
    assert first(tra, SALE, entry_type="S")[150] == "S"


def test_tra_keeps_the_pdf_of_an_entry_without_third_party():
    one = msgspec.structs.replace(sale(lines=(line("419100", 5, "x"), line("706000", -5, "x"))), pdf_name="a.pdf")
    lines = list(tra.entry_lines(one, LEDGER))
    assert [text[30] for text in lines] == [" ", "G", " "]


def test_quadra_gives_each_third_party_its_record_before_its_entry_or_once_in_front():
    each = "".join(part for one in (SALE, CREDIT_NOTE) for part in quadra.entry_lines(one, LEDGER))
    assert [text[0] for text in each.split("\r\n")[:-1]] == list("CMMMMMCMMM")
    options = quadra.Options(third_parties=auxiliary_records(FIVE), account_records="none")
    once = b"".join(file_bytes(quadra, [SALE, CREDIT_NOTE], LEDGER, options)).decode("cp1252")
    assert [text[0] for text in once.split("\r\n")[:-1]] == list("CCCCMMMMMMMM")
    assert len(first(quadra, SALE, line_width=256, account_records="none")) == 256


def test_quadra_writes_a_long_journal_in_both_places():
    text = first(quadra, sale(journal="VTE"), account_records="none")
    assert (text[9:11], text[110:113]) == ("VT", "VTE")


def test_purchase_credit_notes_are_named_as_such():
    one = msgspec.structs.replace(SALE, kind=Kind.PURCHASE_CREDIT_NOTE)
    assert first(tra, one)[11:13] == "AF"
    assert first(pnm, one)[9:11] == "AF"
    assert first(quadra, one)[217] == "F"
