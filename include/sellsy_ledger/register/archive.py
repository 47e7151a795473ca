"""A backup: one zip file with the rows of each table as JSON lines, and a manifest of their counts and hashes.

It is no copy of a database: what SQLite held can go into PostgreSQL, and back. Both ways rows are streamed; memory
holds a few hundred of them. Leases are left out: the run that held one is over when its register is restored.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec
from sqlalchemy import Connection, Table, select

from sellsy_ledger.errors import ConfigurationError, LedgerError, TryLater
from sellsy_ledger.register.database import Database
from sellsy_ledger.register.migrate import schema_revision
from sellsy_ledger.register.rows import chunks
from sellsy_ledger.register.tables import Instant, lease, metadata

__all__ = ["TABLES", "Archive", "Manifest", "Part", "write_backup"]

FORMAT = "sellsy-ledger register backup"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
TABLES: tuple[Table, ...] = tuple(table for table in metadata.sorted_tables if table is not lease)
"""What a backup holds, each table after those that it refers to."""

_ROWS = 500
_DISK_FULL = {27, 28, 122}  # EFBIG, ENOSPC, EDQUOT


class Part(msgspec.Struct, frozen=True):
    """One table: how many rows, and the SHA-256 of its lines."""

    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup promises to hold. ``schema`` is the migration that its tables stand at."""

    format: str
    format_version: int
    schema: str
    taken_at: datetime
    program: str = ""
    parts: dict[str, Part]


# -- writing -----------------------------------------------------------------------------------------------------
def write_backup(database: Database, target: Path, *, now: datetime) -> Manifest:
    """Write everything that the register holds at this moment; the file appears whole, or not at all.

    Raises:
        ConfigurationError: there is a file of that name already, or the folder cannot be written.
        TryLater: the disk is full, or the database does not answer.
    """
    if target.exists():
        raise ConfigurationError(f"{target} is there already; a backup never replaces one. Name another file.")
    aside: Path | None = None
    try:
        # Made readable for its owner alone: invoices, names and settings are in it.
        handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        aside = Path(name)
        with os.fdopen(handle, "w+b") as file:
            manifest = _write(database, file, now)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        if aside is not None:
            aside.unlink(missing_ok=True)
    return manifest


def _write(database: Database, file: BinaryIO, now: datetime) -> Manifest:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        with database.snapshot() as connection:
            manifest = Manifest(
                format=FORMAT,
                format_version=FORMAT_VERSION,
                schema=schema_revision(connection) or "",
                taken_at=now,
                program=_program(),
                parts={table.name: _write_part(archive, connection, table) for table in TABLES},
            )
        # Last: a file without it was cut.
        archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    return manifest


def _write_part(archive: zipfile.ZipFile, connection: Connection, table: Table) -> Part:
    statement = select(table).order_by(*table.primary_key.columns)
    result = connection.execute(statement, execution_options={"stream_results": True, "yield_per": _ROWS})
    digest, count = hashlib.sha256(), 0
    with archive.open(_member(table), "w", force_zip64=True) as member:
        for part in result.mappings().partitions(_ROWS):
            lines = b"".join(msgspec.json.encode(dict(row)) + b"\n" for row in part)
            digest.update(lines)
            count += len(part)
            member.write(lines)
    return Part(count, digest.hexdigest())


def _member(table: Table) -> str:
    return f"{table.name}.jsonl"


def _program() -> str:
    try:
        return version("sellsy-ledger")
    except PackageNotFoundError:
        return ""


def _sync_folder(folder: Path) -> None:
    """A new name survives a power cut only once its folder is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(target: Path, error: OSError) -> LedgerError:
    if error.errno in _DISK_FULL:
        return TryLater(f"The disk is full: nothing was left of the backup {target}. Free some space.")
    return ConfigurationError(f"The backup {target} cannot be written ({error.strerror}).")


# -- reading -----------------------------------------------------------------------------------------------------
class Archive:
    """A backup that is read. Whatever is in the file is untrusted until :meth:`verify` has passed."""

    def __init__(self, file: Path, archive: zipfile.ZipFile) -> None:
        self._file = file
        self._archive = archive
        with self._damage():
            names = sorted(archive.namelist())
            if names != sorted([MANIFEST, *map(_member, TABLES)]):
                raise self._refusal("it does not hold exactly the parts of a backup of this version")
            self.manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
        told = (self.manifest.format, self.manifest.format_version, sorted(self.manifest.parts))
        if told != (FORMAT, FORMAT_VERSION, sorted(table.name for table in TABLES)):
            raise self._refusal("it is not a backup of a register, or of a later version of this program")

    @classmethod
    @contextmanager
    def open(cls, file: Path) -> Iterator[Archive]:
        """Open a backup and read its manifest.

        Raises:
            ConfigurationError: the file cannot be read, is no backup, or is damaged.
        """
        try:
            archive = zipfile.ZipFile(file)
        except zipfile.BadZipFile:
            raise _damaged(file, "it is cut, or no zip file") from None
        except OSError as error:
            raise ConfigurationError(f"The backup {file} cannot be read ({error.strerror}).") from error
        with archive:
            yield cls(file, archive)

    def verify(self) -> None:
        """Read everything and compare counts and hashes with the manifest.

        Raises:
            ConfigurationError: the backup is damaged.
        """
        for table in TABLES:
            for _ in self._lines(table):
                pass

    def rows(self, table: Table) -> Iterator[list[dict[str, Any]]]:
        """The rows of a table in the order in which they were written, a few hundred at a time.

        Raises:
            ConfigurationError: the backup is damaged.
        """
        decoder = msgspec.json.Decoder(_row_type(table))
        for lines in chunks(self._lines(table), _ROWS):
            with self._damage():
                rows = [msgspec.structs.asdict(decoder.decode(line)) for line in lines]
            yield rows

    def _lines(self, table: Table) -> Iterator[bytes]:
        digest, count = hashlib.sha256(), 0
        with self._damage(), self._archive.open(_member(table)) as member:
            for line in member:
                digest.update(line)
                count += 1
                yield line
        if Part(count, digest.hexdigest()) != self.manifest.parts[table.name]:
            raise self._refusal(f"its part {_member(table)} is not what its manifest says")

    @contextmanager
    def _damage(self) -> Iterator[None]:
        try:
            yield
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise self._refusal(f"a part cannot be unpacked ({type(error).__name__})") from error
        except OSError as error:
            raise self._refusal(f"it cannot be read ({error.strerror})") from error
        except (RuntimeError, NotImplementedError) as error:
            raise self._refusal("a part is encrypted, or packed in an unknown way") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._refusal(f"a part holds something else than rows ({type(error).__name__})") from error

    def _refusal(self, why: str) -> ConfigurationError:
        return _damaged(self._file, why)


def _damaged(file: Path, why: str) -> ConfigurationError:
    return ConfigurationError(f"The backup {file} cannot be used: {why}. Nothing was restored; take another backup.")


def _row_type(table: Table) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        f"{table.name}_row",
        [(str(column.name), _python_type(column)) for column in table.columns],
        forbid_unknown_fields=True,
    )


def _python_type(column: Any) -> Any:
    kind: Any = column.type.python_type
    if isinstance(column.type, Instant):
        kind = Annotated[datetime, msgspec.Meta(tz=True)]
    return kind | None if column.nullable else kind
