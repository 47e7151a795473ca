from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sellsy_ledger.cli import main
from tests.unit.sources import samples

SETTINGS: dict[str, Any] = {
    "company": "atelier",
    "name": "Atelier Exemple SARL",
    "tool": "myunisoft",
    "sellsy_conn_id": "sellsy__atelier",
    "tool_conn_id": "myunisoft__atelier",
    "start_date": "2026-01-01",
    "mappings": {
        "vat": [
            {"direction": "sales", "sellsy_tax_id": 911, "rate": "20", "vat_code": "C20", "account": "445710"},
            {"direction": "purchases", "rate": "20", "vat_code": "D20", "account": "445660"},
        ],
        "rounding_vat_codes": {"sales": "C0", "purchases": "D0"},
        "journals": {"sales": "VE", "purchases": "AC"},
        "accounts": {
            "sales_default": "706000",
            "purchases_default": "607000",
            "customers_control": "411000",
            "suppliers_control": "401000",
            "rounding_credit": "758000",
            "rounding_debit": "658000",
            "deposits": "419100",
        },
    },
}
ACCOUNTS = ("706000", "607000", "411000", "401000", "758000", "658000", "419100", "445710", "445660")
LEDGER: dict[str, Any] = {
    "accounts": [{"number": number, "label": f"Compte {number}", "active": True} for number in ACCOUNTS],
    "journals": [
        {"code": "VE", "label": "Ventes", "kind": "sales", "open": True},
        {"code": "AC", "label": "Achats", "kind": "purchases", "open": True},
    ],
    "vat_codes": [
        {"code": "C20", "label": "20 %", "rate": "20", "direction": "sales", "account": "445710"},
        {"code": "D20", "label": "20 %", "rate": 20, "direction": "purchases", "account": None},
        {"code": "C0", "label": "", "rate": "0", "direction": "sales", "account": None},
        {"code": "D0", "label": "", "rate": None, "direction": "any", "account": None},
    ],
    "fiscal_years": [{"start": "2026-01-01", "end": "2026-12-31", "closed": False, "locked_until": None}],
    "third_parties": [
        {
            "auxiliary_account": "411ACME",
            "name": "Acme",
            "siret": "73282932000074",
            "vat_number": None,
            "kind": "customer",
        }
    ],
    "accounting_codes": {"7060": "706000"},
    "account_length": 6,
    "tool": "myunisoft",
}


def line(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "sales_invoice",
        "document": samples.invoice(),
        "third_party": samples.company(),
        "supporting_document": True,
        **changes,
    }


def purchase_line(**changes: Any) -> dict[str, Any]:
    return line(kind="purchase_invoice", document=samples.purchase(), third_party=None, **changes)


class Preview:
    """Runs the command in this process and keeps what it said."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.settings: Any = SETTINGS
        self.ledger: Any = LEDGER

    def arguments(self, lines: list[Any], *extra: str) -> list[str]:
        (self.folder / "S.json").write_text(_text(self.settings))
        (self.folder / "L.json").write_text(_text(self.ledger))
        (self.folder / "D.jsonl").write_text("".join(f"{_text(one)}\n" for one in lines))
        files = {"--settings": "S.json", "--ledger": "L.json", "--documents": "D.jsonl"}
        return [
            "preview",
            *(part for option, name in files.items() for part in (option, str(self.folder / name))),
            *extra,
        ]

    def run(self, lines: list[Any], *extra: str) -> None:
        self.code = main(self.arguments(lines, *extra))
        said = self._capsys.readouterr()
        self.out, self.err = said.out, said.err

    def results(self, *lines: Any) -> list[dict[str, Any]]:
        self.run(list(lines))
        return [json.loads(one) for one in self.out.splitlines()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@pytest.fixture
def preview(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Preview:
    return Preview(tmp_path, capsys)


# -- the contract of the output ----------------------------------------------------------------------------------


def test_a_document_becomes_a_balanced_explained_entry(preview: Preview):
    (result,) = preview.results(line())
    assert preview.code == 0
    assert preview.err == ""
    assert list(result) == ["kind", "id", "number", "state", "reason", "message", "entry", "fingerprint"]
    assert (result["kind"], result["id"], result["number"]) == ("sales_invoice", 48213, "F-2026-0117")
    assert (result["state"], result["reason"]) == ("ready", None)
    entry = result["entry"]
    assert list(entry) == ["journal", "date", "piece", "piece_date", "due_date", "lines"]
    assert (entry["journal"], entry["date"], entry["due_date"]) == ("VE", "2026-02-03", "2026-03-05")
    assert [(one["account"], one["debit_cents"], one["credit_cents"], one["role"]) for one in entry["lines"]] == [
        ("411000", 120000, 0, "third_party"),
        ("706000", 0, 100000, "net"),
        ("445710", 0, 20000, "vat"),
    ]
    for one in entry["lines"]:
        assert set(one) == {
            "account", "auxiliary_account", "label", "debit_cents", "credit_cents", "vat_code", "role", "explain",
        }  # fmt: skip
        assert one["explain"]
    assert entry["lines"][0]["auxiliary_account"] == "411ACME"
    assert len(result["fingerprint"]) == 64


def test_a_purchase_is_read_in_its_v1_envelope_and_a_missing_third_party_from_its_own_words(preview: Preview):
    document = {"response": samples.purchase(), "error": "", "status": "success"}
    (result,) = preview.results(purchase_line() | {"document": document})
    assert result["state"] == "ready"
    assert result["entry"]["lines"][0]["credit_cents"] == 4200
    assert result["entry"]["lines"][0]["auxiliary_account"].startswith("401")


def test_there_is_one_output_line_per_input_line_in_order_whatever_they_hold(preview: Preview):
    nan = {**samples.invoice()["amounts"], "total_incl_tax": "NaN"}
    results = preview.results(
        line(document=samples.invoice(id=1, number="F-1")),
        "{ this is no JSON",
        line(document=samples.invoice(id=2, number="F-2", amounts=nan)),
        line(kind="receipt"),
        line(document=samples.invoice(id=3, number="F-3")),
        '{"kind": "sales_invoice"}',
        "[]",
        line(supporting_document="yes"),
        purchase_line() | {"document": {**samples.purchase(), "totalAmount": None}},
    )
    assert [one["state"] for one in results] == ["ready", "rejected", "rejected", "rejected", "ready"] + [
        "rejected"
    ] * 4
    assert [one["id"] for one in results] == [1, None, 2, 48213, 3, None, None, 48213, 1304]
    assert all(
        one["reason"] == "document_unreadable" and one["entry"] is None for one in results if one["state"] == "rejected"
    )
    assert preview.code == 2
    complaints = preview.err.splitlines()
    expected = [
        (2, "line"),
        (3, "amounts.total_incl_tax"),
        (4, "kind"),
        (6, "document"),
        (7, "line"),
        (8, "supporting_document"),
        (9, "totalAmount"),
    ]
    assert len(complaints) == len(expected)
    for complaint, (number, field) in zip(complaints, expected, strict=True):
        assert f"D.jsonl, line {number}, field {field}" in complaint


def test_nothing_but_data_reaches_stdout(preview: Preview):
    preview.run(["broken", line()])
    for one in preview.out.splitlines():
        json.loads(one)


def test_blank_lines_and_a_byte_order_mark_are_no_documents(preview: Preview):
    arguments = preview.arguments([line()])
    path = preview.folder / "D.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\r\n  \n")
    assert main(arguments) == 0


# -- states ------------------------------------------------------------------------------------------------------


def test_without_its_pdf_a_document_waits_unless_the_settings_let_it_go(preview: Preview):
    (waiting,) = preview.results(line(supporting_document=False))
    assert (waiting["state"], waiting["reason"]) == ("waiting", "supporting_document_missing")
    assert waiting["entry"] is None
    assert waiting["message"]
    assert waiting["fingerprint"]
    preview.settings = {**SETTINGS, "without_supporting_document": "post"}
    (ready,) = preview.results(line(supporting_document=False))
    assert ready["state"] == "ready"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"is_sent_to_accounting": False}, "not_accounted"),
        ({"status": "draft"}, "not_accounted"),
        ({"currency": "USD"}, "currency_not_supported"),
        ({"date": "2025-06-01"}, "period_closed"),
        ({"taxes": [{"id": 5, "rate": "8.5", "amount": "200.00", "label": "TVA"}]}, "vat_code_unmapped"),
    ],
)
def test_a_document_that_cannot_go_says_why_in_french(preview: Preview, document: dict[str, Any], reason: str):
    (result,) = preview.results(line(document=samples.invoice(**document)))
    assert (result["state"], result["reason"], result["entry"]) == ("waiting", reason, None)
    assert result["message"].endswith(".")


def test_nobody_is_asked_for_the_pdf_of_a_document_that_would_not_go(preview: Preview):
    zero = {**samples.invoice()["amounts"], "total_incl_tax": "0.00", "total_excl_tax": "0.00"}
    results = preview.results(
        line(supporting_document=False, document=samples.invoice(is_sent_to_accounting=False)),
        line(supporting_document=False, document=samples.invoice(id=2, amounts=zero, taxes=[], rows=[])),
    )
    assert [(one["state"], one["reason"]) for one in results] == [
        ("waiting", "not_accounted"),
        ("nothing_to_post", "zero_amount"),
    ]


def test_two_documents_of_one_third_party_never_share_a_piece_number(preview: Preview):
    results = preview.results(
        line(document=samples.invoice(id=1, number="F-1/23")),
        line(document=samples.invoice(id=2, number="F-12/3")),
        line(
            document=samples.invoice(id=3, number="F-12/3"),
            third_party=samples.company(id=8, name="Autre", legal_france=None),
        ),
    )
    assert [one["state"] for one in results] == ["ready", "waiting", "ready"]
    assert results[1]["reason"] == "possible_duplicate"
    assert "F-1/23" in results[1]["message"]


# -- third parties -----------------------------------------------------------------------------------------------


def auxiliaries(results: list[dict[str, Any]]) -> list[str]:
    return [one["entry"]["lines"][0]["auxiliary_account"] for one in results]


def test_a_new_third_party_keeps_its_proposed_account_and_homonyms_of_another_firm_get_their_own(preview: Preview):
    def of(party: dict[str, Any], number: int) -> dict[str, Any]:
        return line(document=samples.invoice(id=number, number=f"F-{number}"), third_party=party)

    new = samples.company(id=8, name="Nouvelle SARL", legal_france=None, auxiliary_code=None)
    moved = {**new, "email": "autre@example.org"}
    near = samples.company(id=9, name="Nouvelle SARL Ouest", legal_france=None, auxiliary_code=None)
    results = preview.results(of(new, 1), of(moved, 2), of(near, 3))
    first, second, third = auxiliaries(results)
    assert first == second
    assert third != first


def test_several_candidates_never_decide(preview: Preview):
    twin = {**LEDGER["third_parties"][0], "auxiliary_account": "411ACME2"}
    preview.ledger = {**LEDGER, "third_parties": [*LEDGER["third_parties"], twin]}
    ambiguous, unaccounted = preview.results(line(), line(document=samples.invoice(id=2, is_sent_to_accounting=False)))
    assert (ambiguous["state"], ambiguous["reason"]) == ("waiting", "third_party_ambiguous")
    assert "411ACME2" in ambiguous["message"]
    assert unaccounted["reason"] == "not_accounted"


# -- bad settings and ledgers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("settings", "{\n\n oops", ("S.json", "line 3")),
        ("settings", {**SETTINGS, "posting": "maybe"}, ("S.json", "posting")),
        ("settings", {**SETTINGS, "tool": "abacus"}, ("abacus", "tool")),
        ("ledger", '{"accounts":\n [}\n', ("L.json", "line 2")),
        ("ledger", {**LEDGER, "accounts": [{"number": "7"}, {"label": "x"}]}, ("L.json", "accounts[1].number")),
        (
            "ledger",
            {**LEDGER, "fiscal_years": [{"start": "2026", "end": "2026-12-31"}]},
            ("L.json", "fiscal_years[0].start"),
        ),
        ("ledger", {**LEDGER, "journals": [{"code": "VE", "kind": "Ventes"}]}, ("L.json", "journals[0].kind")),
        ("ledger", {}, ("L.json", "accounts")),
    ],
)
def test_bad_settings_and_ledgers_are_named_by_file_and_place(
    preview: Preview, part: str, value: Any, said: tuple[str, ...]
):
    setattr(preview, part, value)
    preview.run([line()])
    assert preview.code == 2
    assert preview.out == ""
    assert all(words in preview.err for words in said), preview.err


@pytest.mark.parametrize("name", ["S.json", "L.json", "D.jsonl"])
def test_a_missing_file_is_named(preview: Preview, name: str):
    arguments = preview.arguments([line()])
    (preview.folder / name).unlink()
    assert main(arguments) == 2
    assert name in preview._capsys.readouterr().err


# -- formats -----------------------------------------------------------------------------------------------------


def test_fec_holds_the_ready_entries_and_the_rest_is_said_on_stderr(preview: Preview):
    preview.run(
        [line(), line(document=samples.invoice(id=2, number="F-2", currency="CHF")), purchase_line()], "--format", "fec"
    )
    rows = list(csv.reader(io.StringIO(preview.out, newline=""), delimiter="\t"))
    assert len(rows[0]) == 18
    assert {row[8] for row in rows[1:]} == {"F-2026-0117", "FA-889"}
    assert sum(int(row[11].replace(",", "")) for row in rows[1:]) == sum(
        int(row[12].replace(",", "")) for row in rows[1:]
    )
    assert "line 2" in preview.err
    assert "CHF" in preview.err


def test_the_table_shows_every_document_to_people(preview: Preview):
    preview.run([line(), line(document=samples.invoice(id=2, number="F-[bold]2", currency="CHF"))], "--format", "table")
    assert "1200,00 €" in preview.out
    assert "F-[bold]2" in preview.out
    assert "CHF" in preview.out


# -- the process itself ------------------------------------------------------------------------------------------

HEAVY = ("airflow", "requests", "sqlalchemy", "urllib3", "flask", "alembic")


def test_neither_airflow_nor_http_nor_sql_is_imported(preview: Preview):
    code = (
        "import sys\n"
        "from sellsy_ledger.cli import main\n"
        f"code = main({preview.arguments([line()])!r})\n"
        f"sys.exit(code or [name for name in {HEAVY!r} if name in sys.modules] or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["state"] == "ready"


def test_the_module_is_the_command(preview: Preview):
    command = [sys.executable, "-m", "sellsy_ledger", *preview.arguments([line(), "broken"])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 2


def test_a_reader_that_has_seen_enough_is_no_crash(preview: Preview):
    lines = [line(document=samples.invoice(id=n, number=f"F-{n}")) for n in range(300)]
    command = [sys.executable, "-m", "sellsy_ledger", *preview.arguments(lines)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
