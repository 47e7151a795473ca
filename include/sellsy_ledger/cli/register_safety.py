"""``register backup``, ``restore``, ``restored`` and ``check``: so that the memory of every document is never lost."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger.register.database import Database
from sellsy_ledger.register.store import Register

__all__ = ["ACTIONS", "configure", "run"]

ACTIONS = frozenset({"backup", "restore", "restored", "check"})
BUSY_SECONDS = 30.0
LOOKED_FOR = (
    "Every document that may have been posted since the copy was taken is now looked for in its tool before it is "
    "posted. Let the next night run, then read what it left in doubt (register list --state outcome_unknown)."
)


def configure(actions: Any) -> None:
    """Declare the options of the four actions (``actions`` is argparse's own object)."""
    backup = actions.add_parser("backup", help="the whole register as one file, while the nights go on")
    backup.add_argument("file", type=Path, help="a file that does not exist yet, such as register-2026-03-01.zip")
    restore = actions.add_parser("restore", help="a backup into an empty register")
    restore.add_argument("file", type=Path, help="the backup")
    restore.add_argument(
        "--into", required=True, metavar="URL", help="the empty register: sqlite:///… or postgresql://…"
    )
    restore.add_argument("--despite-breaks", action="store_true", help="keep stories that were broken already")
    restore.add_argument("--who", help="who restores; by default the user of this session")
    restored = actions.add_parser(
        "restored",
        help="say that the database was restored by other means than register restore",
        epilog="Say it before the next night: until then documents posted since the copy pass for new ones.",
    )
    restored.add_argument("--take-back", action="store_true", help="nothing was posted since the copy was taken")
    restored.add_argument("--who", help="who says so; by default the user of this session")
    restored.add_argument("--note", default="", help="how it was restored, from which copy; kept in the journal")
    check = actions.add_parser("check", help="is the register sound? looks only; exit 1 when something is wrong")
    check.add_argument("--documents", type=Path, metavar="FOLDER", help="check the stored PDFs in this folder too")


def run(args: argparse.Namespace, user: Callable[[], str], existing_register: Callable[[], str]) -> int:
    """Do one of the four actions.

    Args:
        args: what was typed.
        user: the name of the person at work, where none was given.
        existing_register: the URL of the register meant; raises when there is none.

    Returns:
        0, or 1 when a check found something wrong.
    """
    if args.action == "restore":
        _restore(args, args.who or user())
    elif args.action == "backup":
        _backup(args, existing_register())
    elif args.action == "restored":
        _restored(args, args.who or user(), existing_register())
    else:
        return _check(args, existing_register())
    return 0


def _backup(args: argparse.Namespace, url: str) -> None:
    from sellsy_ledger.register.archive import write_backup
    from sellsy_ledger.register.migrate import ensure_schema

    with _database(url) as database:
        ensure_schema(database)
        manifest = write_backup(database, args.file, now=datetime.now(UTC))
    size = args.file.stat().st_size
    documents, events = (manifest.parts[name].rows for name in ("document", "event"))
    _say(f"{args.file}: {documents} documents, {events} events, {size} bytes.")


def _restore(args: argparse.Namespace, who: str) -> None:
    from sellsy_ledger.register.restore import restore

    with _database(args.into) as database:
        manifest = restore(
            database, args.file, who=who, now=datetime.now(UTC), despite_breaks=bool(args.despite_breaks)
        )
        _say(
            f"{database.name}: {manifest.parts['document'].rows} documents and {manifest.parts['event'].rows} events, "
            f"as they were on {manifest.taken_at:%Y-%m-%d at %H:%M} UTC. {LOOKED_FOR}"
        )


def _restored(args: argparse.Namespace, who: str, url: str) -> None:
    with Register.open(url) as register:
        if not args.take_back:
            register.note_restored(who=who, note=args.note)
            _say(LOOKED_FOR)
        elif register.forget_restored(who=who, note=args.note):
            _say("Taken back: new documents are posted as on any night.")
        else:
            raise ConfigurationError("As far as it knows, this register was never restored: nothing to take back.")


def _check(args: argparse.Namespace, url: str) -> int:
    from sellsy_ledger.cli.register_check import check

    if args.documents is not None and not args.documents.is_dir():
        raise ConfigurationError(f"There is no folder {args.documents}.", field="--documents")
    with _database(url) as database:
        return check(database, args.company, args.documents)


@contextmanager
def _database(url: str) -> Iterator[Database]:
    database = Database(url, busy_seconds=BUSY_SECONDS)
    try:
        yield database
    finally:
        database.engine.dispose()


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - stdout is data
