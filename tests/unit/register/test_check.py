"""`register check` sees the same on both databases."""

from __future__ import annotations

import psycopg2
import pytest

from sellsy_ledger.cli import main
from sellsy_ledger.register.store import Register
from tests.unit.register.builders import ACME, COMPANY, WHO, document


def call(url: str) -> int:
    return main(["register", "--register", url, "check"])


def test_a_sound_register_passes(register: Register, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    register.record_seen(COMPANY, [(document(number), ACME, "f") for number in (1, 2)], who=WHO)
    assert call(url) == 0
    shown = capsys.readouterr().out
    assert "2 pièces, 2 événements" in shown
    assert "les événements ne peuvent être ni changés ni supprimés" in shown


def test_a_journal_whose_guard_is_off_is_told(empty_postgres_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    Register.open(empty_postgres_url).close()
    assert call(empty_postgres_url) == 0
    connection = psycopg2.connect(empty_postgres_url)
    connection.autocommit = True
    connection.cursor().execute("ALTER TABLE event DISABLE TRIGGER event_refuses_change")
    connection.close()
    capsys.readouterr()
    assert call(empty_postgres_url) == 1
    assert "ses déclencheurs manquent" in capsys.readouterr().out
