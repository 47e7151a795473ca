"""Delivered files, held against Sage's own layouts, and what the emulated importer makes of right and wrong ones."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sellsy_ledger_sandbox.sage100.accountant import import_folder
from sellsy_ledger_sandbox.server import Sandbox
from tests.unit.connectors.sage100.builders import PDF, files, request

DATA = Path(__file__).resolve().parents[1] / "data" / "sage100"
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "connectors" / "sage100"
PNM = list(csv.DictReader((DATA / "pnm-layout.csv").read_text("utf-8").splitlines()))
MECG = [row["name"] for row in csv.DictReader((DATA / "mecg-layout-ver31.csv").read_text("utf-8").splitlines())]
WANTED = {
    "journal_code": "VE",
    "piece_date": "030226",
    "piece_type": "FC",
    "general_account": "411000",
    "line_type": "X",
    "aux_or_analytic_account": "CEXEMPLE",
    "reference": "FAC-0001",
    "label": "Exemple",
    "due_date": "050326",
    "side": "D",
    "amount": "120.00",
    "entry_type": "N",
}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(quota=False) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset()
    return running


def delivered(folder: Path, **options: str) -> bytes:
    files(folder, **options).deliver_batch("B1", [request(1, pdf=PDF), request(2)])
    (file,) = (path for path in folder.glob("SAGE_*") if path.suffix in (".pnm", ".txt"))
    return file.read_bytes()


@pytest.mark.parametrize(("width", "pad"), [("105", "space"), ("141", "zero")])
def test_each_value_of_a_pnm_line_stands_where_sage_reads_it(tmp_path: Path, width: str, pad: str) -> None:
    lines = delivered(tmp_path, pnm_width=width, amount_pad=pad).decode("ascii").split("\r\n")
    assert lines[-1] == ""
    assert {len(line) for line in lines[1:-1]} == {int(width)}
    read = {
        row["name"]: lines[1][int(row["start"]) - 1 : int(row["start"]) - 1 + int(row["length"])]
        for row in PNM
        if int(row["start"]) <= int(width)
    }
    assert {name: read[name].strip().lstrip("0" if name == "amount" else "") for name in WANTED} == WANTED
    assert read["amount"] == "120.00".rjust(20, "0" if pad == "zero" else " ")
    if width == "141":
        assert read["amount_currency_iso"] == "EUR"


def test_each_field_of_a_flat_block_stands_where_sage_reads_it(tmp_path: Path) -> None:
    blocks = delivered(tmp_path, format="mecg").decode("cp850").split("#MECG\r\n")[1:]
    read = dict(zip(MECG, blocks[0].split("\r\n"), strict=False))
    assert len(blocks[0].removesuffix("\r\n").split("\r\n")) == len(MECG) == 39
    wanted = {
        "journal": "VE",
        "date": "030226",
        "piece": "FAC0001",
        "invoice_number": "FAC-0001",
        "general_account": "411000",
        "third_party": "CEXEMPLE",
        "label": "Exemple",
        "due_date": "050326",
        "side": "0",
        "amount": "120,00",
        "reference": "FC990001",
        "closing_date": "",
    }
    assert {name: read[name] for name in wanted} == wanted


@pytest.mark.parametrize(("name", "options"), [("run.pnm", {}), ("run.txt", {"format": "mecg"})])
def test_a_run_is_the_golden_file(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    assert delivered(tmp_path, company_name="Atelier Exemple", **options) == (GOLDEN / name).read_bytes()


# -- the importer ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("options", [{}, {"pnm_width": "141", "amount_pad": "zero"}, {"format": "mecg"}])
def test_a_delivered_file_is_imported_with_its_keys_and_pdfs(
    sandbox: Sandbox, tmp_path: Path, options: dict[str, str]
) -> None:
    delivered(tmp_path, dossier="DEMO", **options)
    assert len(import_folder(sandbox.url, tmp_path)) == 1
    assert import_folder(sandbox.url, tmp_path) == []
    first, second = sandbox.entries("sage100")
    assert (first["key"], first["company"]) == ("sellsy:4242:sales_invoice:990001", "DEMO")
    assert first["pdf_sha256"]
    assert second["pdf_sha256"] is None
    assert [path.suffix for path in tmp_path.glob("*.ok")] == [".ok"]


def test_nothing_keeps_sage_from_importing_one_file_twice(sandbox: Sandbox, tmp_path: Path) -> None:
    delivered(tmp_path)
    import_folder(sandbox.url, tmp_path)
    next(tmp_path.glob("*.ok")).unlink()
    import_folder(sandbox.url, tmp_path)
    assert len(sandbox.entries("sage100")) == 4


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (rb"\r\n", b"\n", "Format de fichier incorrect !"),
        (rb"N\r\n", b"N \r\n", "Format de fichier incorrect !"),
        (rb"\Z", b" ", "Format de fichier incorrect !"),
        (rb"VE ", b"ZZ ", "Le journal n'existe pas à la ligne 2"),
        (rb"030226", b"030231", "L'écriture n'appartient pas à un exercice à la ligne 2"),
        (rb"030226", b"030224", "L'exercice est clôturé à la ligne 2"),
        (rb"706000", b"799999", "Le compte général n'existe pas à la ligne 3"),
        (rb"100\.00", b"100.01", "Les écritures générales ne sont pas équilibrées pour le journal [VE] (02/2026)"),
        (rb"120\.00", b"120,00", "Une incohérence à la ligne 2 a été détectée !"),
    ],
)
def test_the_importer_refuses_what_sage_refuses_and_books_nothing(
    sandbox: Sandbox, tmp_path: Path, old: bytes, new: bytes, said: str
) -> None:
    body = re.sub(old, new, delivered(tmp_path))
    answer = requests.post(f"{sandbox.url}/_sandbox/sage100/import", data=body, timeout=5)
    assert (answer.status_code, answer.json()["message"]) == (422, said)
    assert sandbox.entries("sage100") == []


def test_an_unknown_third_party_is_created_or_refused_as_sage_is_set(sandbox: Sandbox, tmp_path: Path) -> None:
    body = delivered(tmp_path)
    url = f"{sandbox.url}/_sandbox/sage100/import"
    refused = requests.post(url, files={"file": ("x.pnm", body)}, data={"create_third_parties": "false"}, timeout=5)
    assert refused.json()["message"] == "Le tiers n'existe pas à la ligne 2"
    assert requests.post(url, files={"file": ("x.pnm", body)}, timeout=5).json() == {"company": "demo", "imported": 2}


def test_what_was_imported_outlives_the_sandbox(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    delivered(folder)
    with Sandbox(quota=False, state=tmp_path / "state") as first:
        import_folder(first.url, folder)
        held = first.entries("sage100")
    with Sandbox(quota=False, state=tmp_path / "state") as second:
        assert second.entries("sage100") == held
