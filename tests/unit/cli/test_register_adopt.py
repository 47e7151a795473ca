"""`register adopt` and `register double`, as they are typed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sellsy_ledger.cli import main
from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.register.store import Register
from tests.unit.formats.test_fec_reader import PURCHASE, fec
from tests.unit.pipeline.fakes import invoice

BILL = invoice(
    117, kind=Kind.PURCHASE_INVOICE, number="FA 2026-0117", third_party_name="Zinc", date=dt.date(2026, 2, 3)
)
ZINC = ThirdParty(direction=Direction.PURCHASES, type="company", id=7000, name="Zinc")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A register with one purchase that the FEC holds too."""
    url = f"sqlite:///{tmp_path}/register.db"
    with Register.open(url) as register:
        register.record_seen("atelier", [(BILL, ZINC, fingerprint(BILL))], who="test")
    return url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The books of the years before."""
    path = tmp_path / "552100554FEC20261231.txt"
    path.write_text(fec(*PURCHASE), "utf-8")
    return path


def call(url: str, *arguments: str) -> int:
    return main(["register", "--register", url, "--company", "atelier", *arguments])


def state(url: str) -> State:
    with Register.open(url) as register:
        (record,) = register.load("atelier", [BILL.key])
        return record.state


def test_a_fec_is_stored_and_what_is_in_it_adopted(url: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(url, "adopt", "--fec", str(file), "--who", "marie") == 0
    told = capsys.readouterr()
    assert "3 lines, 1 entries, 1 of customers and suppliers" in told.err
    assert "1 entries of other hands are stored" in told.err
    assert "FA 2026-0117" in told.out
    assert state(url) is State.ADOPTED
    with Register.open(url) as register:
        assert register.events("atelier", BILL.key)[-1].who == "marie"


def test_a_dry_run_shows_the_same_and_stores_nothing(url: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(url, "adopt", "--fec", str(file), "--dry-run") == 0
    assert "1 documents would be adopted" in capsys.readouterr().err
    assert state(url) is State.SEEN
    with Register.open(url) as register:
        assert not register.has_booked("atelier")


def test_before_the_first_run_there_is_no_register_yet(tmp_path: Path, file: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    assert call(url, "adopt", "--fec", str(file)) == 0
    with Register.open(url) as register:
        assert register.has_booked("atelier")


def test_the_fec_of_another_company_is_noticed(url: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(url, "adopt", "--fec", str(file))
    other = file.with_name("303265045FEC20261231.txt")
    other.write_bytes(file.read_bytes())
    nameless = file.with_name("export.txt")
    nameless.write_bytes(file.read_bytes())
    capsys.readouterr()
    assert call(url, "adopt", "--fec", str(other), "--dry-run") == 0
    assert "SIREN 303265045; those stored before are of 552100554" in capsys.readouterr().err
    call(url, "adopt", "--fec", str(nameless), "--dry-run")
    assert "does not tell whose FEC it is" in capsys.readouterr().err


def test_a_file_that_is_no_fec_stores_nothing(url: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(fec(*PURCHASE[:2]), "utf-8")
    assert call(url, "adopt", "--fec", str(file)) == 2
    assert "line 2: entry 12 of journal AC does not balance" in capsys.readouterr().err
    assert call(url, "adopt", "--fec", str(file.with_name("missing"))) == 2
    with Register.open(url) as register:
        assert not register.has_booked("atelier")


@pytest.mark.parametrize(("word", "ends"), [("--same", State.ADOPTED), ("--different", State.SEEN)])
def test_a_decision_is_typed_by_number(url: str, file: Path, word: str, ends: State) -> None:
    lines = [{**line, "PieceRef": "1", "EcritureLib": "Zinc"} for line in PURCHASE]
    file.write_text(fec(*lines), "utf-8")
    call(url, "adopt", "--fec", str(file))
    assert state(url) is State.WAITING
    assert call(url, "double", "FA 2026-0117", word, "--who", "marie") == 0
    assert state(url) is ends
    assert call(url, "double", "FA 2026-0117", word) == 2


def test_a_backup_holds_what_was_adopted(url: str, file: Path, tmp_path: Path) -> None:
    call(url, "adopt", "--fec", str(file))
    backup, copy = tmp_path / "register.zip", f"sqlite:///{tmp_path}/copy.db"
    assert main(["register", "--register", url, "backup", str(backup)]) == 0
    assert main(["register", "--register", url, "restore", str(backup), "--into", copy]) == 0
    with Register.open(copy) as register:
        assert register.booked_as("atelier", [BILL.key])[BILL.key].entry.entry_id == "AC 12"
    assert state(copy) is State.ADOPTED
