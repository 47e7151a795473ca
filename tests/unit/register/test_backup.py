"""A backup holds everything, goes into either database, and is refused when a byte of it is not what it was."""

from __future__ import annotations

import hashlib
import resource
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import ConfigurationError, TryLater
from sellsy_ledger.register.archive import TABLES, write_backup
from sellsy_ledger.register.database import Database
from sellsy_ledger.register.migrations import HEAD
from sellsy_ledger.register.restore import restore
from sellsy_ledger.register.store import Change, Register
from tests.empty_register import empty_register
from tests.unit.register.builders import ACME, ACME_IN_TOOL, COMPANY, PDF, WHO, Clock, document, entry

NUMBERS = range(1, 1202)
NAMES = ("sales_invoice:1", "sales_invoice:2", "sales_invoice:3")


@contextmanager
def database(url: str) -> Iterator[Database]:
    opened = Database(url, busy_seconds=5)
    try:
        yield opened
    finally:
        opened.engine.dispose()


def fill(register: Register) -> None:
    """A company whose documents stand in several states, with every kind of row."""
    odd = document(2, number="F\x00'\"\n;é🙂", third_party_name="\x00é")
    fresh = [document(number) for number in NUMBERS if number != 2]
    register.record_settings(COMPANY, '{"company": "atelier"}', who=WHO)
    register.record_seen(COMPANY, [(each, ACME, "f") for each in (*fresh, odd)], who=WHO)
    register.store_third_party_link(COMPANY, ACME.key, ACME_IN_TOOL, who=WHO)
    register.store_note(COMPANY, "a", "1")
    register.store_batches(COMPANY, "run-1", [list(NAMES)])
    register.store_proof(COMPANY, "2026-01", level="proved", content="{}", who=WHO)
    register.take_lease(COMPANY, holder="run-1")
    ready = Change(key=NAMES[0], state=State.READY, entry=entry(), supporting_document=PDF)
    stops = Change(key=NAMES[1], state=State.WAITING, reason=Reason.ACCOUNT_UNKNOWN, detail="x\x00")
    register.apply(COMPANY, [ready, stops], who=WHO)
    posting = register.begin_posting(
        COMPANY, NAMES[0], posting_key="sellsy:1:sales_invoice:1", payload_hash="p", draft=False, who=WHO
    )
    posted = msgspec.structs.replace(posting, entry_id="E1")
    register.apply(COMPANY, [Change(key=NAMES[0], state=State.POSTED, posting=posted)], who=WHO)


def dump(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with database(url) as opened, opened.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in TABLES
        }


def back_up(url: str, file: Path, clock: Clock) -> Path:
    with database(url) as opened:
        write_backup(opened, file, now=clock())
    return file


def bring_back(file: Path, url: str, clock: Clock, **options: Any) -> None:
    with database(url) as opened:
        restore(opened, file, who="ann", now=clock(), **options)


@pytest.fixture
def backup(url: str, tmp_path: Path, clock: Clock) -> Path:
    """Taken from either database."""
    with Register.open(url, now=clock) as register:
        fill(register)
    return back_up(url, tmp_path / "backup.zip", clock)


@pytest.fixture
def small(tmp_path: Path, clock: Clock) -> Path:
    """The backup of a small register."""
    (tmp_path / "small.db").write_bytes(empty_register())
    url = f"sqlite:///{tmp_path}/small.db"
    with Register.open(url, now=clock) as register:
        register.record_seen(COMPANY, [(document(number), ACME, "f") for number in (1, 2)], who=WHO)
    return back_up(url, tmp_path / "small.zip", clock)


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Another empty place; the SQLite file does not exist yet."""
    if request.param == "postgres":
        found: str = request.getfixturevalue("empty_postgres_url")
        return found
    return f"sqlite:///{tmp_path}/deep/target.db"


def test_everything_comes_back_in_either_database(
    url: str, target: str, backup: Path, tmp_path: Path, clock: Clock
) -> None:
    before = dump(url)
    clock.advance(60)
    bring_back(backup, target, clock)
    after = dump(target)
    assert {name: len(rows) for name, rows in before.items()}["document"] == len(NUMBERS)
    # The restore itself leaves one event and one note, and nothing else differs.
    *events, restored = after["event"]
    assert (restored[2], restored[4], restored[5]) == ("", "ann", "restored")
    assert events == before["event"]
    assert [row for row in after["note"] if row[0]] == before["note"]
    others = [table.name for table in TABLES if table.name not in ("event", "note")]
    assert [name for name in others if after[name] != before[name]] == []
    with Register.open(target, now=clock) as register:
        assert list(register.audit(COMPANY)) == []
        # The dead run's lease did not come along, events go on behind the restored ones, and still refuse changes.
        register.take_lease(COMPANY, holder="run-2")
        register.apply(COMPANY, [Change(key=NAMES[2], state=State.READY, entry=entry(3))], who=WHO)
        assert [event.what for event in register.events(COMPANY, NAMES[2])] == ["seen", "moved"]
        with pytest.raises(DBAPIError, match="append-only"), register._database.engine.begin() as connection:
            connection.execute(text("DELETE FROM event"))


def test_there_and_back_again_is_the_same(
    url: str, target: str, small: Path, tmp_path: Path, clock: Clock, empty_postgres_url: str
) -> None:
    bring_back(small, target, clock)
    again = back_up(target, tmp_path / "again.zip", clock)
    third = f"sqlite:///{tmp_path}/third.db" if target.startswith("postgres") else empty_postgres_url
    bring_back(again, third, clock)
    first, last = dump(target), dump(third)
    assert last.pop("event")[:-1] == first.pop("event")
    assert last == first


def test_a_backup_is_private_and_one_moment(register: Register, url: str, tmp_path: Path, clock: Clock) -> None:
    fill(register)
    with database(url) as opened, opened.snapshot() as connection:
        assert len(connection.execute(select(TABLES[0])).all()) >= 0
        register.store_note(COMPANY, "late", "1")
        names = connection.execute(text("SELECT name FROM note")).scalars().all()
    assert "late" not in names
    file = back_up(url, tmp_path / "b.zip", clock)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_the_manifest_tells_counts_and_hashes(small: Path) -> None:
    with zipfile.ZipFile(small) as archive:
        manifest = msgspec.json.decode(archive.read("manifest.json"))
        body = archive.read("document.jsonl")
    part = manifest["parts"]["document"]
    assert part == {"rows": 2, "sha256": hashlib.sha256(body).hexdigest()}
    assert body.count(b"\n") == 2
    assert manifest["schema"] == HEAD
    assert "lease" not in manifest["parts"]


def test_a_backup_never_replaces_a_file(small: Path, tmp_path: Path, clock: Clock) -> None:
    held = small.read_bytes()
    with pytest.raises(ConfigurationError, match="never replaces one"):
        back_up(f"sqlite:///{tmp_path}/small.db", small, clock)
    assert small.read_bytes() == held


def test_a_full_disk_leaves_no_half_backup(register: Register, url: str, tmp_path: Path, clock: Clock) -> None:
    fill(register)
    folder = tmp_path / "backups"
    folder.mkdir()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(TryLater, match="disk is full"):
            back_up(url, folder / "b.zip", clock)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(folder.iterdir()) == []


def test_a_full_disk_restores_nothing(backup: Path, tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "t.db").write_bytes(empty_register())
    url = f"sqlite:///{tmp_path}/t.db"
    with database(url) as opened:
        with opened.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(TryLater, match="disk is full"):
            restore(opened, backup, who="ann", now=clock())
    assert [name for name, rows in dump(url).items() if rows] == []
    bring_back(backup, url, clock)


def _rewrite(file: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """The same zip with other parts, and checksums that fit them."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            changed = change(name, body)
            if changed is not None:
                archive.writestr(name, changed)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def _flip(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        part = archive.getinfo("document.jsonl")
    body = bytearray(file.read_bytes())
    body[part.header_offset + part.compress_size // 2] ^= 1
    file.write_bytes(bytes(body))


def _raise_an_amount(file: Path) -> None:
    _rewrite(file, lambda name, body: body.replace(b"12000", b"13000") if name == "document.jsonl" else body)


def _lose_a_row(file: Path) -> None:
    _rewrite(file, lambda name, body: body.split(b"\n", 1)[1] if name == "event.jsonl" else body)


def _lose_a_part(file: Path) -> None:
    _rewrite(file, lambda name, body: None if name == "posting.jsonl" else body)


def _lose_the_manifest(file: Path) -> None:
    _rewrite(file, lambda name, body: None if name == "manifest.json" else body)


def _break_the_manifest(file: Path) -> None:
    _rewrite(file, lambda name, body: b"{}" if name == "manifest.json" else body)


def _be_of_the_future(file: Path) -> None:
    _rewrite(file, lambda _name, body: body.replace(b'"format_version": 1', b'"format_version": 2'))


def _be_something_else(file: Path) -> None:
    file.write_bytes(b"%PDF-1.7 " * 100)


def _lie(file: Path) -> None:
    """Rows and manifest fit each other, and the rows are none."""

    def change(name: str, body: bytes) -> bytes:
        rows = b'{"company": 1}\n'
        if name == "note.jsonl":
            return rows
        if name == "manifest.json":
            manifest = msgspec.json.decode(body)
            manifest["parts"]["note"] = {"rows": 1, "sha256": hashlib.sha256(rows).hexdigest()}
            return msgspec.json.encode(manifest)
        return body

    _rewrite(file, change)


DAMAGES = [
    *(_cut, _flip, _raise_an_amount, _lose_a_row, _lose_a_part, _lose_the_manifest),
    *(_break_the_manifest, _be_of_the_future, _be_something_else, _lie),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_refused_and_leaves_no_register(
    small: Path, tmp_path: Path, clock: Clock, damage: Callable[[Path], None]
) -> None:
    damage(small)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        bring_back(small, f"sqlite:///{tmp_path}/target.db", clock)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("target")] == []


def test_a_missing_backup_is_named(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(ConfigurationError, match=r"no\.zip cannot be read"):
        bring_back(tmp_path / "no.zip", f"sqlite:///{tmp_path}/target.db", clock)


def test_a_backup_of_another_schema_says_which_program_restores_it(small: Path, tmp_path: Path, clock: Clock) -> None:
    _rewrite(small, lambda _name, body: body.replace(f'"schema": "{HEAD}"'.encode(), b'"schema": "0009"'))
    with pytest.raises(ConfigurationError, match=r"schema 0009.*version of the program that took it"):
        bring_back(small, f"sqlite:///{tmp_path}/target.db", clock)


@pytest.mark.parametrize("what", ["document", "note", "lease"])
def test_only_an_empty_register_takes_a_backup(
    register: Register, url: str, small: Path, clock: Clock, what: str
) -> None:
    if what == "document":
        register.record_seen("zinc", [(document(1), ACME, "f")], who=WHO)
    elif what == "note":
        register.store_note(COMPANY, "a", "1")
    else:
        register.take_lease(COMPANY, holder="run-1")
    before = dump(url)
    with pytest.raises(ConfigurationError, match=r"not empty.*new SQLite file or a new PostgreSQL database"):
        bring_back(small, url, clock)
    assert dump(url) == before


def test_a_story_that_was_broken_before_is_kept_only_when_asked_for(tmp_path: Path, target: str, clock: Clock) -> None:
    (tmp_path / "s.db").write_bytes(empty_register())
    source = f"sqlite:///{tmp_path}/s.db"
    with Register.open(source, now=clock) as register:
        register.record_seen(COMPANY, [(document(number), ACME, "f") for number in (1, 2, 3)], who=WHO)
        with register._database.writing(COMPANY) as connection:
            connection.execute(text("UPDATE document SET detail = 'x' WHERE key = 'sales_invoice:2'"))
            connection.execute(text("DELETE FROM document WHERE key = 'sales_invoice:3'"))
    file = back_up(source, tmp_path / "b.zip", clock)
    with pytest.raises(
        ConfigurationError, match=r"sales_invoice:2: its content.*sales_invoice:3: .*is gone.*--despite"
    ):
        bring_back(file, target, clock)
    bring_back(file, target, clock, despite_breaks=True)
    with Register.open(target) as register:
        assert len(list(register.audit(COMPANY))) == 2


def test_a_restored_register_remembers_it_until_a_whole_scan(register: Register, clock: Clock) -> None:
    assert register.restored(COMPANY) is None
    register.note_restored(who="ann", note="from the night's copy")
    at = clock()
    clock.advance(60)
    known = register.restored(COMPANY)
    assert known is not None
    assert (known.at, known.caught_up_at) == (at, None)
    register.note_caught_up(COMPANY)
    known, other = register.restored(COMPANY), register.restored("other")
    assert known is not None
    assert other is not None
    assert (known.caught_up_at, other.caught_up_at) == (clock(), None)
    clock.advance(60)
    register.note_restored(who="ann", note="again")
    known = register.restored(COMPANY)
    assert known is not None
    assert known.caught_up_at is None
    assert register.forget_restored(who="ann", note="nothing was posted")
    assert not register.forget_restored(who="ann", note="")
    assert register.restored(COMPANY) is None
    assert [event.what for event in register.events("", "")] == ["restored", "restored", "restored_taken_back"]
