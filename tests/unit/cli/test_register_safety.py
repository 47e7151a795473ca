"""`register backup`, `restore`, `restored` and `check`, as a data team types them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from sellsy_ledger.cli import main
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.register.migrate import VERSION_TABLE
from sellsy_ledger.register.pdf_store import LocalDocumentStore
from sellsy_ledger.register.store import Change, Register
from tests.empty_register import empty_register
from tests.unit.register.builders import ACME, COMPANY, PDF, WHO, document, entry

BODY = b"%PDF-1.7 one"
SHA = hashlib.sha256(BODY).hexdigest()
PATH = f"atelier/pdf/{SHA}.pdf"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Two documents, one with a PDF in ``documents``."""
    file = tmp_path / "register.db"
    file.write_bytes(empty_register())
    url = f"sqlite:///{file}"
    pdf = msgspec.structs.replace(PDF, path=PATH, sha256=SHA, size_bytes=len(BODY))
    with Register.open(url) as register:
        register.record_seen(COMPANY, [(document(number), ACME, "f") for number in (1, 2)], who=WHO)
        ready = Change(key="sales_invoice:1", state=State.READY, entry=entry(), supporting_document=pdf)
        register.apply(COMPANY, [ready], who=WHO)
    LocalDocumentStore(tmp_path / "documents").put(PATH, BODY)
    return url


def call(url: str, *arguments: object) -> int:
    return main(["register", "--register", url, *map(str, arguments)])


def tamper(url: str, *statements: str) -> None:
    with Register.open(url) as register, register._database.writing(COMPANY) as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for statement in statements:
            connection.execute(text(statement))


def test_a_backup_is_restored_and_the_nights_look_first(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, target = tmp_path / "b.zip", f"sqlite:///{tmp_path}/new/register.db"
    assert call(url, "backup", file) == 0
    assert "2 documents, 3 events" in capsys.readouterr().err
    assert main(["register", "restore", str(file), "--into", target, "--who", "ann"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "2 documents and 3 events" in err
    assert "looked for in its tool before it is posted" in err
    with Register.open(target) as register:
        assert register.select(COMPANY) == ["sales_invoice:1", "sales_invoice:2"]
        assert register.restored(COMPANY) is not None
        assert [event.who for event in register.events("", "")] == ["ann"]


def test_a_register_in_use_takes_no_backup(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(url, "backup", tmp_path / "b.zip")
    assert call(url, "restore", tmp_path / "b.zip", "--into", url) == 2
    assert "not empty" in capsys.readouterr().err
    assert call(url, "backup", tmp_path / "b.zip") == 2
    assert "never replaces one" in capsys.readouterr().err


def test_nothing_is_backed_up_of_a_register_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(f"sqlite:///{tmp_path}/no.db", "backup", tmp_path / "b.zip") == 2
    assert "There is no register" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_restore_by_other_means_is_told_and_taken_back(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(url, "restored", "--take-back") == 2
    assert call(url, "restored", "--who", "ann", "--note", "snapshot of the disk") == 0
    with Register.open(url) as register:
        assert register.restored(COMPANY) is not None
        (event,) = register.events("", "")
        assert (event.who, event.what, event.note) == ("ann", "restored", "snapshot of the disk")
    assert call(url, "restored", "--take-back", "--who", "ann") == 0
    with Register.open(url) as register:
        assert register.restored(COMPANY) is None
    assert "Taken back" in capsys.readouterr().err


def test_a_sound_register_passes_the_check(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(url, "restored")
    assert call(url, "check", "--documents", tmp_path / "documents") == 0
    shown = capsys.readouterr().out
    for words in ("integrity_check", "2 pièces, 3 événements", "1 justificatifs", "Registre restauré"):
        assert words in shown
    assert "ANOMALIE" not in shown


def _change_content(url: str, folder: Path) -> None:
    tamper(url, "UPDATE document SET detail = 'x' WHERE key = 'sales_invoice:2'")


def _lose_document(url: str, folder: Path) -> None:
    tamper(url, "DELETE FROM document WHERE key = 'sales_invoice:2'")


def _lose_event(url: str, folder: Path) -> None:
    tamper(
        url,
        "DROP TRIGGER event_refuses_delete",
        "DELETE FROM event WHERE what = 'seen' AND key = 'sales_invoice:1'",
    )


def _lose_owner(url: str, folder: Path) -> None:
    with Register.open(url) as register, register._database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        connection.rollback()
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("DELETE FROM document WHERE key = 'sales_invoice:1'")


def _lose_pdf(url: str, folder: Path) -> None:
    (folder / PATH).unlink()


def _damage_pdf(url: str, folder: Path) -> None:
    (folder / PATH).write_bytes(b"%PDF-1.7 two")


def _be_old(url: str, folder: Path) -> None:
    tamper(url, f"UPDATE {VERSION_TABLE} SET version_num = '0000'")


def _damage_file(url: str, folder: Path) -> None:
    file = Path(url.removeprefix("sqlite:///"))
    body = bytearray(file.read_bytes())
    for page in range(4, len(body) // 4096):
        body[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    file.write_bytes(bytes(body))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_change_content, "son contenu n'est pas celui que son dernier événement a laissé"),
        (_lose_document, "son histoire existe, la pièce a disparu du registre"),
        (_lose_event, "un événement manque dans son histoire"),
        (_lose_event, "ses déclencheurs manquent"),
        (_lose_owner, "supporting_document : 1"),
        (_lose_pdf, f"le justificatif {PATH} manque"),
        (_damage_pdf, f"le justificatif {PATH} n'est pas celui qui a été reçu"),
        (_be_old, "révision 0000, ce programme attend 0002"),
        (_damage_file, "Base de données"),
    ],
)
def test_what_is_wrong_is_told(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[str, Path], None], words: str
) -> None:
    damage(url, tmp_path / "documents")
    assert call(url, "check", "--documents", tmp_path / "documents") == 1
    shown = capsys.readouterr().out
    assert words in shown
    assert "ANOMALIE" in shown


@pytest.mark.parametrize("arguments", [["--documents", "/nowhere"]])
def test_a_wrong_folder_is_bad_input(url: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(url, "check", *arguments) == 2
    assert main(["register", "--register", url, "--company", "x", "check"]) == 2
    assert capsys.readouterr().out == ""


def test_a_database_without_a_register_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.db").write_bytes(b"")
    assert call(f"sqlite:///{tmp_path}/other.db", "check") == 2
    assert "There is no register" in capsys.readouterr().err


def test_the_check_changes_nothing(url: str, tmp_path: Path) -> None:
    file = Path(url.removeprefix("sqlite:///"))
    before = file.read_bytes()
    assert call(url, "check") == 0
    assert file.read_bytes() == before
