"""The `register` command, on a small register in a file."""

from __future__ import annotations

import csv
import getpass
import io
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.cli import main
from sellsy_ledger.cli.register_export import CSV_COLUMNS, write_csv, write_fec
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.register.store import Change, DocumentRecord, Register
from tests.unit.register.builders import ACME, ACME_IN_TOOL, COMPANY, PDF, WHO, document, entry

EVIL = '=HYPERLINK("http://evil.example";"x")\r\n+second\tline\x1b[2J\x00;"'


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Document 1 posted, 2 waiting with a hostile name, 3 of unknown outcome, and one of another company."""
    url = f"sqlite:///{tmp_path}/register.db"
    documents = [document(1), document(2, number=EVIL, third_party_name=EVIL), document(3)]
    with Register.open(url) as register:
        register.record_seen(COMPANY, [(item, ACME, "f") for item in documents], who=WHO)
        changes = [
            Change(
                key=f"sales_invoice:{number}", state=State.READY, entry=entry(number), ledger_third_party=ACME_IN_TOOL
            )
            for number in (1, 3)
        ]
        waiting = Change(key="sales_invoice:2", state=State.WAITING, reason=Reason.ACCOUNT_UNKNOWN, detail="706999")
        register.apply(COMPANY, [*changes, waiting], who=WHO)
        for number in (1, 3):
            key = f"sales_invoice:{number}"
            register.begin_posting(COMPANY, key, posting_key=f"sellsy:1:{key}", payload_hash="p", draft=False, who=WHO)
        (first,) = register.load(COMPANY, ["sales_invoice:1"])
        assert first.posting is not None
        posting = msgspec.structs.replace(first.posting, entry_id="E1")
        register.apply(
            COMPANY,
            [
                Change(key="sales_invoice:1", state=State.POSTED, posting=posting, supporting_document=PDF),
                Change(key="sales_invoice:3", state=State.OUTCOME_UNKNOWN),
            ],
            who=WHO,
        )
    return url


def call(url: str, *arguments: str) -> int:
    return main(["register", "--register", url, *arguments])


def load(url: str, key: str) -> DocumentRecord:
    with Register.open(url) as register:
        return register.load(COMPANY, [key])[0]


def test_list_prints_a_table_for_people(url: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert call(url, "list") == 0
    shown = capsysbinary.readouterr().out.decode()
    for text in ("sales_invoice:1", "F-1", "15/01/2026", "Acmé & Fils", "120,00 €", "comptabilisée", "E1"):
        assert text in shown
    assert "706999" in shown
    assert not any(character in shown for character in "\x1b\x00\t\r")


def test_list_prints_json_for_programs(url: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert call(url, "list", "--format", "json") == 0
    items = {item["key"]: item for item in json.loads(capsysbinary.readouterr().out)}
    assert list(items) == ["sales_invoice:1", "sales_invoice:2", "sales_invoice:3"]
    assert (items["sales_invoice:1"]["state"], items["sales_invoice:1"]["entry_id"]) == ("posted", "E1")
    assert items["sales_invoice:1"]["gross_cents"] == 12000
    assert items["sales_invoice:2"]["number"] == EVIL
    assert items["sales_invoice:2"]["reason"] == "account_unknown"
    assert "706999" in items["sales_invoice:2"]["message"]


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (["--state", "waiting"], ["sales_invoice:2"]),
        (["--state", "waiting", "--state", "posted"], ["sales_invoice:1", "sales_invoice:2"]),
        (["--reason", "account_unknown"], ["sales_invoice:2"]),
        (["--number", "F-3"], ["sales_invoice:3"]),
        (["--from", "2026-01-16"], []),
        (["--to", "2026-01-15", "--limit", "1"], ["sales_invoice:1"]),
    ],
)
def test_list_is_narrowed(
    url: str, filters: list[str], keys: list[str], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    call(url, "list", "--format", "json", *filters)
    assert [item["key"] for item in json.loads(capsysbinary.readouterr().out)] == keys


@pytest.mark.parametrize("name", ["F-1", "sales_invoice:1"])
def test_show_tells_the_entry_with_its_reasons_and_the_story(
    url: str, name: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert call(url, "show", name) == 0
    shown = capsysbinary.readouterr().out.decode()
    for text in ("706000", "411ACME", "C20", "100,00 €", "sellsy:1:sales_invoice:1", PDF.sha256):
        assert text in shown
    story = shown[shown.index("Histoire") :]
    assert story.index("seen") < story.index("posting_begun") < story.index("posted")


def test_show_json_holds_everything(url: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    call(url, "show", "F-1", "--format", "json")
    (item,) = json.loads(capsysbinary.readouterr().out)
    assert [line["debit_cents"] for line in item["entry"]["lines"]] == [12000, 0, 0]
    assert all("explain" in line for line in item["entry"]["lines"])
    assert item["posting"]["attempts"] == 1
    assert [event["what"] for event in item["events"]] == ["seen", "moved", "posting_begun", "moved"]


def test_show_tells_what_changed_in_sellsy_after_posting(url: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with Register.open(url) as register:
        register.record_seen(COMPANY, [(document(1, gross_cents=15000), ACME, "f2")], who=WHO)
    call(url, "show", "F-1")
    shown = capsysbinary.readouterr().out.decode()
    assert "modifiée après comptabilisation" in shown
    assert "150,00 €" in shown


@pytest.mark.parametrize(
    "arguments", [["show", "F-404"], ["show", "sales_invoice:404"], ["--company", "x", "show", "F-1"]]
)
def test_what_is_not_there_is_bad_input(url: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(url, *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")


def test_a_number_that_two_documents_share_is_not_guessed(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Register.open(url) as register:
        register.record_seen(COMPANY, [(document(9, number="F-1"), ACME, "f")], who=WHO)
    assert call(url, "show", "F-1") == 2
    assert "sales_invoice:1, sales_invoice:9" in capsys.readouterr().err


def test_the_company_is_asked_for_when_there_are_several(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Register.open(url) as register:
        register.record_seen("zinc", [(document(1), ACME, "f")], who=WHO)
    assert call(url, "show", "F-1") == 2
    assert "atelier, zinc" in capsys.readouterr().err
    assert call(url, "--company", "zinc", "show", "F-1", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)[0]["company"] == "zinc"


def test_a_missing_register_is_not_made_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "no.db"
    assert call(f"sqlite:///{file}", "list") == 2
    assert str(file) in capsys.readouterr().err
    assert not file.exists()


def test_the_register_comes_from_the_environment_or_the_projects_airflow_home(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SELLSY_LEDGER_REGISTER", url)
    assert main(["register", "list"]) == 0
    monkeypatch.delenv("SELLSY_LEDGER_REGISTER")
    monkeypatch.chdir(tmp_path)
    assert main(["register", "list"]) == 2
    home = tmp_path / ".airflow" / "register"
    home.mkdir(parents=True)
    (tmp_path / "register.db").rename(home / "register.db")
    capsys.readouterr()
    assert main(["register", "list", "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 3


def test_csv_gives_each_document_one_safe_line(url: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert call(url, "export", "--format", "csv") == 0
    text = capsysbinary.readouterr().out.decode("utf-8-sig")
    assert text.count("\r\n") == 4
    header, first, second, _third = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert tuple(header) == CSV_COLUMNS
    row = dict(zip(header, first, strict=True))
    assert (row["Numéro"], row["HT"], row["TVA"], row["TTC"]) == ("F-1", "100,00", "20,00", "120,00")
    assert (row["Journal"], row["Débit"], row["Crédit"], row["Compte auxiliaire"]) == (
        "VE",
        "120,00",
        "120,00",
        "411ACME",
    )
    assert (row["État"], row["Écriture dans l'outil"]) == ("comptabilisée", "E1")
    hostile = dict(zip(header, second, strict=True))
    assert hostile["Tiers"] == """'=HYPERLINK("http://evil.example";"x")  +second line [2J ;\""""


@given(text=st.text(max_size=40))
def test_no_text_breaks_out_of_its_csv_cell(text: str) -> None:
    record = DocumentRecord(
        company=COMPANY,
        key="sales_invoice:1",
        state=State.WAITING,
        reason=Reason.ACCOUNT_UNKNOWN,
        detail=text,
        document=document(1, number=text, third_party_name=text, currency=text),
        ledger_third_party=msgspec.structs.replace(ACME_IN_TOOL, auxiliary_account=text),
        entry=msgspec.structs.replace(entry(), piece=text, journal=text),
    )
    out = io.BytesIO()
    write_csv([record, record], out)
    rows = list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [len(row) for row in rows] == [len(CSV_COLUMNS)] * 3
    assert rows[1] == rows[2]
    for cell in rows[1]:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert cell.isprintable()


def test_fec_holds_the_booked_entries_alone(url: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert call(url, "export", "--format", "fec") == 0
    lines = capsysbinary.readouterr().out.decode("ascii").split("\r\n")
    assert lines[0].startswith("JournalCode\tJournalLib\tEcritureNum")
    rows = [line.split("\t") for line in lines[1:-1]]
    assert [(row[4], row[6], row[11], row[12]) for row in rows] == [
        ("411000", "411ACME", "120,00", "0,00"),
        ("706000", "", "0,00", "100,00"),
        ("445710", "", "0,00", "20,00"),
    ]


def test_a_fec_tells_the_entries_that_it_cannot_hold() -> None:
    def record(auxiliary: str) -> DocumentRecord:
        first, *others = entry().lines
        lines = (msgspec.structs.replace(first, auxiliary_account=auxiliary), *others)
        made = msgspec.structs.replace(entry(), lines=lines)
        return DocumentRecord(
            company=COMPANY, key=f"sales_invoice:{auxiliary}", state=State.POSTED, document=document(1), entry=made
        )

    out = io.BytesIO()
    (refused,) = write_fec([record("411CAFÉ"), record("411THE")], None, out)
    assert refused.startswith("sales_invoice:411CAFÉ, field compte auxiliaire: ")
    assert b"411THE" in out.getvalue()
    assert b"411CAF" not in out.getvalue()


def test_fec_takes_labels_from_a_ledger_snapshot(
    url: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    ledger = tmp_path / "ledger.json"
    ledger.write_text(
        json.dumps(
            {
                "accounts": [{"number": "706000", "label": "Prestations", "active": True}],
                "journals": [{"code": "VE", "label": "Ventes", "kind": "sales", "open": True}],
                "vat_codes": [],
                "fiscal_years": [],
                "third_parties": [],
                "accounting_codes": {},
                "account_length": 6,
                "tool": "myunisoft",
            }
        )
    )
    assert call(url, "export", "--format", "fec", "--ledger", str(ledger)) == 0
    shown = capsysbinary.readouterr().out.decode("ascii")
    assert "VE\tVentes\t" in shown
    assert "706000\tPrestations\t" in shown


def test_a_person_resolves_an_unknown_outcome_as_posted(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(url, "resolve", "F-3", "--as", "posted", "--entry-id", "E9", "--who", "marie", "--note", "vu") == 0
    record = load(url, "sales_invoice:3")
    assert record.state is State.POSTED
    assert record.posting is not None
    assert record.posting.entry_id == "E9"
    with Register.open(url) as register:
        event = register.events(COMPANY, "sales_invoice:3")[-1]
    assert (event.what, event.who, event.note) == ("resolved", "marie", "posted as entry E9; vu")
    out, err = capsys.readouterr()
    assert out == ""
    assert "decided by marie" in err


def test_a_person_resolves_an_unknown_outcome_as_not_posted(url: str) -> None:
    assert call(url, "resolve", "F-3", "--as", "not-posted") == 0
    assert load(url, "sales_invoice:3").state is State.READY
    with Register.open(url) as register:
        assert register.events(COMPANY, "sales_invoice:3")[-1].who == getpass.getuser()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["F-3", "--as", "posted"], "needs --entry-id"),
        (["F-3", "--as", "not-posted", "--entry-id", "E9"], "takes no --entry-id"),
        (["F-1", "--as", "not-posted"], "in no doubt"),
        (["sales_invoice:2", "--as", "not-posted"], "in no doubt"),
    ],
)
def test_a_wrong_decision_is_bad_input_and_changes_nothing(
    url: str, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load(url, "sales_invoice:3"), load(url, "sales_invoice:1")
    assert call(url, "resolve", *arguments) == 2
    assert words in capsys.readouterr().err
    assert before == (load(url, "sales_invoice:3"), load(url, "sales_invoice:1"))


@pytest.fixture
def delivered(url: str) -> str:
    """Document 3 and document 4 delivered with one file."""
    with Register.open(url) as register:
        register.record_seen(COMPANY, [(document(4), ACME, "f")], who=WHO)
        register.apply(COMPANY, [Change(key="sales_invoice:4", state=State.READY, entry=entry(4))], who=WHO)
        for number in (3, 4):
            key = f"sales_invoice:{number}"
            register.begin_posting(
                COMPANY, key, posting_key=f"sellsy:1:{key}", payload_hash="p", draft=False, who=WHO, handle="20260301"
            )
            register.apply(COMPANY, [Change(key=key, state=State.DELIVERED)], who=WHO)
    return url


def test_what_was_delivered_is_listed_and_shown_with_its_file(
    delivered: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert call(delivered, "list", "--state", "delivered") == 0
    assert "transmise, import à confirmer" in capsysbinary.readouterr().out.decode()
    assert call(delivered, "show", "F-4") == 0
    shown = capsysbinary.readouterr().out.decode()
    assert "20260301" in shown
    assert "Transmise le" in shown
    assert call(delivered, "list", "--format", "json") == 0
    items = {item["key"]: item for item in json.loads(capsysbinary.readouterr().out)}
    assert (items["sales_invoice:4"]["state"], items["sales_invoice:4"]["batch"]) == ("delivered", "20260301")


def test_a_fec_holds_nothing_that_was_only_delivered(
    delivered: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert call(delivered, "export", "--format", "fec") == 0
    booked = capsysbinary.readouterr().out.decode("ascii")
    assert "F-1" in booked
    assert "F-4" not in booked


def test_a_delivered_document_is_posted_without_an_id(delivered: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(delivered, "resolve", "F-4", "--as", "posted", "--who", "marie") == 0
    record = load(delivered, "sales_invoice:4")
    assert record.state is State.POSTED
    assert record.posting is not None
    assert record.posting.posted_at is not None
    assert "posted, decided by marie" in capsys.readouterr().err


@pytest.mark.parametrize(("outcome", "state"), [("posted", State.POSTED), ("not-posted", State.READY)])
def test_a_person_decides_on_a_whole_file(
    delivered: str, outcome: str, state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(delivered, "resolve", "--batch", "20260301", "--as", outcome, "--who", "marie", "--note", "vu") == 0
    told = capsys.readouterr().err
    assert "2 documents" in told
    assert ("manifest" in told) is (outcome == "not-posted")
    for number in (3, 4):
        assert load(delivered, f"sales_invoice:{number}").state is state
    with Register.open(delivered) as register:
        assert list(register.audit(COMPANY)) == []
        event = register.events(COMPANY, "sales_invoice:4")[-1]
    assert (event.what, event.who) == ("resolved", "marie")
    assert event.note.endswith("with 20260301; vu")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--batch", "19990101", "--as", "posted"),
        ("--batch", "20260301", "--as", "posted", "--entry-id", "E1"),
        ("F-4", "--batch", "20260301", "--as", "posted"),
        ("--as", "posted"),
        ("F-4", "--as", "not-posted", "--entry-id", "E1"),
    ],
)
def test_what_makes_no_sense_about_a_file_is_refused(delivered: str, arguments: tuple[str, ...]) -> None:
    assert call(delivered, "resolve", *arguments) == 2
    assert load(delivered, "sales_invoice:4").state is State.DELIVERED
