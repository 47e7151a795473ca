"""``register adopt`` and ``register double``: what is in the books by other hands, and what a person says of it."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sellsy_ledger.cli.doctor import LOCAL_CONNECTIONS, read_connections, read_settings
from sellsy_ledger.core.money import cents_to_french
from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger.pipeline.doubles import TOOL, decide
from sellsy_ledger.pipeline.known_books import Match
from sellsy_ledger.pipeline.takeover import TakenOver, books_of_tool, take_over
from sellsy_ledger.register.store import DocumentRecord, Register

__all__ = ["adopt", "configure", "double"]


def configure(actions: Any) -> None:
    """Declare the options of both actions (``actions`` is argparse's own object)."""
    adopting = actions.add_parser(
        "adopt",
        help="store what the books held before the first run, so that none of it is sent again",
        epilog="Do it before the first run. Documents that are surely in the books become adopted, now or when a run "
        "sees them; those that only may be wait as possible_duplicate. Repeating it is safe.",
    )
    source = adopting.add_mutually_exclusive_group(required=True)
    source.add_argument("--fec", type=Path, metavar="FILE", help="a FEC of the company's books")
    source.add_argument("--from-tool", action="store_true", help="the ledger of the accounting tool itself")
    adopting.add_argument("--settings", type=Path, help="with --from-tool: the settings file, instead of --company")
    adopting.add_argument(
        "--connections", type=Path, default=LOCAL_CONNECTIONS, help="with --from-tool: credentials, as for doctor"
    )
    adopting.add_argument("--dry-run", action="store_true", help="show what would come of it, store nothing")
    adopting.add_argument("--who", help="who does it; by default the user of this session")
    deciding = actions.add_parser("double", help="say whether a document that waits as possible_duplicate is one")
    deciding.add_argument("document", help="its number, or its key such as purchase_invoice:48213")
    said = deciding.add_mutually_exclusive_group(required=True)
    said.add_argument("--same", action="store_true", help="it is in the books already: it is never sent")
    said.add_argument("--different", action="store_true", help="it is another one: it goes on with the next run")
    deciding.add_argument("--entry-id", default="", help="with --same: which entry it is, where there are several")
    deciding.add_argument("--who", help="who decides; by default the user of this session")
    deciding.add_argument("--note", default="", help="how it was found out; kept in the document's story")


def double(register: Register, record: DocumentRecord, args: argparse.Namespace, who: str) -> None:
    """Store the decision on one document.

    Raises:
        ConfigurationError: it does not wait for one, or the entry has to be named.
    """
    decide(register, record.company, record.key, same=args.same, who=who, entry_id=args.entry_id, note=args.note)
    told = "in the books already, never sent" if args.same else "another document, goes on with the next run"
    print(f"{record.key}: {told}, decided by {who}.", file=sys.stderr)  # noqa: T201 - stdout is data


def adopt(register: Register, company: str, args: argparse.Namespace, who: str) -> None:
    """Store what the books hold, match the open documents, and print what was found.

    Raises:
        ConfigurationError: the FEC cannot be read, the tool does not show its books, or a connection is not usable.
        TryLater: the tool did not answer to the end; nothing was stored.
    """
    if args.fec is not None:
        from sellsy_ledger.formats.fec_reader import read_fec

        source = args.fec.name
        _warn_of_another_company(source, register.booked_sources(company))
        read = read_fec(_bytes(args.fec), source)
        _say(f"{source}: {read.lines} lines, {read.entries} entries, {len(read.booked)} of customers and suppliers.")
        entries = read.booked
    else:
        from sellsy_ledger.pipeline.assemble import connect_tool

        source, settings = TOOL, read_settings(args)
        if settings.company != company:
            raise ConfigurationError(f"The settings are of {settings.company}, not of {company}.", field="company")
        connector = connect_tool(read_connections(args.connections), settings.tool_conn_id, settings.tool)
        first, last = dt.date(settings.start_date.year, 1, 1), dt.datetime.now(dt.UTC).date()
        entries = books_of_tool(connector, settings.scope.directions, first, last)
    taken = take_over(register, company, source, entries, who=who, dry_run=args.dry_run)
    _print(taken)
    verb = "would be" if args.dry_run else "are"
    _say(
        f"{company}: {taken.entries} entries of other hands {verb} stored from {source}; {len(taken.adopted)} "
        f"documents {verb} adopted, {len(taken.unsure)} wait for a decision (register double)."
    )


def _bytes(path: Path) -> bytes:
    from sellsy_ledger.formats.fec_reader import MAX_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or 'cannot be read'}.", field="--fec") from None


def _warn_of_another_company(name: str, stored: Sequence[str]) -> None:
    from sellsy_ledger.formats.fec_reader import siren_in_name

    siren = siren_in_name(name)
    if not siren:
        _say(f"warning: the name {name} does not tell whose FEC it is (SIREN, FEC, closing day); make sure yourself.")
    others = {other for one in stored if (other := siren_in_name(one))} - {siren}
    if siren and others:
        _say(f"warning: this FEC is one of SIREN {siren}; those stored before are of {', '.join(sorted(others))}.")


def _print(taken: TakenOver) -> None:
    if not taken.adopted and not taken.unsure:
        return
    table = Table(title="Déjà dans les livres", title_justify="left")
    for column in ("Pièce", "Date", "Montant", "Écriture", "Suite"):
        table.add_column(column, overflow="fold")
    for match in taken.adopted:
        table.add_row(*_row(match), "reprise : jamais envoyée")
    for match in taken.unsure:
        table.add_row(*_row(match), "attend une décision")
    Console().print(table)


def _row(match: Match) -> tuple[str, str, str, str]:
    document, found = match.record.document, match.sure or match.like[0]
    return (
        escape(f"{document.number} ({match.record.key})"),
        f"{document.date:%d/%m/%Y}",
        cents_to_french(document.gross_cents),
        escape(f"{found.entry.entry_id} ({found.source})"),
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - stdout is data
