"""``register``: look into the memory of every document, export it, settle a posting in doubt, keep it safe.

Works without Airflow on the register that ``--register`` or ``SELLSY_LEDGER_REGISTER`` names, by default the one of the
project's own Airflow home. Only ``resolve``, ``double``, ``adopt``, ``restore`` and ``restored`` write, and their
events name the person.
"""

from __future__ import annotations

import argparse
import datetime as dt
import getpass
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sellsy_ledger.cli import register_adopt, register_corrections, register_export, register_safety, register_views
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger.register.location import default_register_url
from sellsy_ledger.register.states import HANDED_OVER, RESOLVABLE
from sellsy_ledger.register.store import DocumentRecord, Register

__all__ = ["configure", "run"]

VARIABLE = "SELLSY_LEDGER_REGISTER"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of every action."""
    parser.add_argument(
        "--register", metavar="URL", help=f"the register's database; by default {VARIABLE}, else ./.airflow/register"
    )
    parser.add_argument("--company", help="the company's short name; needed when the register holds several")
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    listing = actions.add_parser("list", help="documents with their state")
    _add_filters(listing)
    listing.add_argument("--format", choices=("table", "json"), default="table", help="what stdout gets")
    show = actions.add_parser("show", help="one document: entry with its explanation, posting, story")
    show.add_argument("document", help="its number, or its key such as sales_invoice:48213")
    show.add_argument("--format", choices=("table", "json"), default="table", help="what stdout gets")
    export = actions.add_parser("export", help="documents as CSV, or booked entries as an exchange FEC")
    _add_filters(export)
    export.add_argument("--format", choices=("csv", "fec"), required=True, help="what stdout gets")
    export.add_argument("--ledger", type=Path, help="snapshot of the tool's ledger (JSON), for the labels of a FEC")
    resolve = actions.add_parser(
        "resolve",
        help="say what became of a posting that the tool cannot tell about, or of a file that was delivered",
        epilog="Before --batch … --as not-posted, take the file and its manifest out of the tool's folder: a file that "
        "stays there could still be imported, and its documents are found in it instead of leaving again.",
    )
    resolve.add_argument("document", nargs="?", help="its number, or its key such as sales_invoice:48213")
    resolve.add_argument("--batch", help="everything that was handed over under this name (a file, an import)")
    resolve.add_argument("--as", dest="outcome", choices=("posted", "not-posted"), required=True)
    resolve.add_argument(
        "--entry-id", help="the entry's id in the accounting tool, when it is posted; not needed for what was delivered"
    )
    resolve.add_argument("--who", help="who decides; by default the user of this session")
    resolve.add_argument("--note", default="", help="how it was found out; kept in the document's story")
    register_adopt.configure(actions)
    register_corrections.configure(actions)
    register_safety.configure(actions)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", action="append", choices=[state.value for state in State], help="may be repeated")
    parser.add_argument("--reason", action="append", choices=[reason.value for reason in Reason])
    parser.add_argument("--from", dest="dated_from", type=dt.date.fromisoformat, metavar="YYYY-MM-DD")
    parser.add_argument("--to", dest="dated_to", type=dt.date.fromisoformat, metavar="YYYY-MM-DD")
    parser.add_argument("--number", action="append", help="a document number; may be repeated")
    parser.add_argument("--limit", type=int, help="at most so many documents of each company")


def run(args: argparse.Namespace) -> int:
    """Do one action.

    Returns:
        0; 1 when a check found something; 2 when a file was written that does not hold every entry asked for.

    Raises:
        ConfigurationError: no such register, company or document, or options that do not go together.
        TryLater: the register is busy or unreachable.
    """
    url = args.register or os.environ.get(VARIABLE)
    if args.action in register_safety.ACTIONS:
        return register_safety.run(args, _user, lambda: _existing(url))
    if args.action == "adopt":
        _adopt(args, url or default_register_url(Path.cwd()))
        return 0
    with Register.open(_existing(url)) as register:
        if args.action == "double":
            register_adopt.double(register, _find(register, args), args, args.who or _user())
        elif args.action in register_corrections.ACTIONS:
            register_corrections.run(register, _company(register, args.company), args, _user)
        elif args.action == "list":
            _list(register, args)
        elif args.action == "show":
            record = _find(register, args)
            register_views.show(record, register.events(record.company, record.key), args.format)
        elif args.action == "export":
            return _export(register, args)
        elif (args.document is None) == (args.batch is None):
            raise ConfigurationError("Name either one document or one --batch.", field="document")
        elif args.batch is not None:
            _resolve_batch(register, args)
        else:
            _resolve(register, args)
    return 0


def _existing(url: str | None) -> str:
    url = url or default_register_url(Path.cwd())
    file = url.removeprefix("sqlite:///")
    # Opening would make an empty register, and an empty answer would pass for the truth.
    if file != url and not file.startswith("file:") and not Path(file).exists():
        raise ConfigurationError(f"There is no register at {file}; name it with --register or {VARIABLE}.")
    return url


def _adopt(args: argparse.Namespace, url: str) -> None:
    """Before the first run there is no register yet, and none of its companies: both may be new."""
    file = url.removeprefix("sqlite:///")
    if file != url and not Path(file).parent.is_dir():
        raise ConfigurationError(f"There is no folder for the register {file}; name it with --register or {VARIABLE}.")
    with Register.open(url) as register:
        known = register.companies()
        company = args.company or _company(register, None)
        if company not in known:
            print(f"warning: {company} is new to this register.", file=sys.stderr)  # noqa: T201 - stdout is data
        register_adopt.adopt(register, company, args, args.who or _user())


def _list(register: Register, args: argparse.Namespace) -> None:
    companies = [args.company] if args.company else register.companies()
    records = (
        record for company in companies for record in register.records(company, _select(register, company, args))
    )
    register_views.list_documents(records, args.format)


def _export(register: Register, args: argparse.Namespace) -> int:
    company = _company(register, args.company)
    if args.format == "csv":
        register_export.write_csv(register.records(company, _select(register, company, args)), sys.stdout.buffer)
        return 0
    states = args.state
    args.state = states or sorted(HANDED_OVER | {State.CORRECTED, State.RETRACTED})
    records = register.records(company, _select(register, company, args))
    if not states:
        records = _booked(register, company, records)
    refused = register_export.write_fec(records, args.ledger, sys.stdout.buffer)
    for sentence in refused:
        print(sentence, file=sys.stderr)  # noqa: T201 - stdout is data
    return 2 if refused else 0


def _booked(register: Register, company: str, records: Iterable[DocumentRecord]) -> Iterator[DocumentRecord]:
    """Booked, and not only delivered: nobody has said that those are in the books. An entry that was corrected is there
    beside its reversal; one whose place was taken is not.
    """
    for record in records:
        gone = record.state is State.CORRECTED and not register.reversed_keys(company, [record.document])
        if record.posting is not None and record.posting.posted_at is not None and not gone:
            yield record


def _select(register: Register, company: str, args: argparse.Namespace) -> list[str]:
    return register.select(
        company,
        states=[State(state) for state in args.state] if args.state else None,
        reasons=[Reason(reason) for reason in args.reason] if args.reason else None,
        dated_from=args.dated_from,
        dated_to=args.dated_to,
        numbers=args.number,
        limit=args.limit,
    )


def _company(register: Register, asked: str | None) -> str:
    companies: Sequence[str] = register.companies()
    if asked in companies:
        return str(asked)
    known = ", ".join(companies) or "none"
    if asked:
        raise ConfigurationError(f"The register knows no company {asked!r} (known: {known}).", field="--company")
    if len(companies) != 1:
        raise ConfigurationError(f"Say which company with --company (known: {known}).", field="--company")
    return companies[0]


def _find(register: Register, args: argparse.Namespace) -> DocumentRecord:
    """The one document meant, by key or by number."""
    company = _company(register, args.company)
    found = register.load(company, [args.document]) or register.load(
        company, register.select(company, numbers=[args.document])
    )
    if not found:
        raise ConfigurationError(f"{company} has no document {args.document!r}.", field="document")
    if len(found) > 1:
        keys = ", ".join(record.key for record in found)
        raise ConfigurationError(f"Several documents have the number {args.document!r}: {keys}.", field="document")
    return found[0]


def _resolve(register: Register, args: argparse.Namespace) -> None:
    booked = args.outcome == "posted"
    record = _find(register, args)
    if record.state not in RESOLVABLE or record.posting is None:
        raise ConfigurationError(f"{record.key} is {record.state}: its posting is in no doubt.", field="document")
    may_lack_id = not booked or record.state is State.DELIVERED
    if (args.entry_id and not booked) or not (args.entry_id or may_lack_id):
        rule = "needs --entry-id" if booked else "takes no --entry-id"
        raise ConfigurationError(f"--as {args.outcome} {rule}.", field="--entry-id")
    fact = ("posted as entry " + args.entry_id if args.entry_id else "posted") if booked else "not posted"
    note = f"{fact}; {args.note}" if args.note else fact
    who = args.who or _user()
    entry_id = (args.entry_id or "") if booked else None
    register.resolve(record.company, record.key, entry_id=entry_id, who=who, note=note)
    print(f"{record.key}: {fact}, decided by {who}.", file=sys.stderr)  # noqa: T201 - stdout is data


def _resolve_batch(register: Register, args: argparse.Namespace) -> None:
    if args.entry_id:
        raise ConfigurationError("--batch takes no --entry-id: it names several documents.", field="--entry-id")
    company = _company(register, args.company)
    booked = args.outcome == "posted"
    fact = "posted" if booked else "not posted"
    note = f"{fact} with {args.batch}" + (f"; {args.note}" if args.note else "")
    who = args.who or _user()
    keys = register.resolve_batch(company, args.batch, posted=booked, who=who, note=note)
    if not keys:
        raise ConfigurationError(
            f"{company} has no document in doubt that was handed over as {args.batch!r}.", field="--batch"
        )
    print(f"{args.batch}: {len(keys)} documents {fact}, decided by {who}.", file=sys.stderr)  # noqa: T201
    if not booked:
        print(  # noqa: T201
            f"Take the file {args.batch} and its manifest out of the tool's folder before the next run, if you have "
            "not yet: the documents then leave with a new file.",
            file=sys.stderr,
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number without a name.
        return f"uid {os.getuid()}"
