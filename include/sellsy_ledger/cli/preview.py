"""``preview``: documents as Sellsy gives them → the entries they would become. Nothing is sent, nothing is stored.

Reads three files (settings, ledger snapshot, documents) and writes one result per document, in order. A line that
cannot be read is reported with file, line and field on stderr, gets its ``rejected`` result, and the others go on.
Imports neither HTTP nor SQL nor Airflow.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from sellsy_ledger.cli.preview_inputs import (
    DocumentLine,
    UnreadableLine,
    read_documents,
    read_ledger,
    read_settings,
)
from sellsy_ledger.cli.preview_outputs import Result, writer
from sellsy_ledger.connectors import registry
from sellsy_ledger.core import third_parties
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.documents import Direction, Document
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.core.outcomes import Outcome, Reason, State
from sellsy_ledger.core.settings import CompanySettings
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.formats import catalogue
from sellsy_ledger.sources.sellsy.fields import id_of
from sellsy_ledger.sources.sellsy.objects import parse_document, parse_third_party
from sellsy_ledger.sources.sellsy.parties import snapshot_of

__all__ = ["Previewer", "configure", "run"]

_FORMAT_HELP = (
    "what stdout gets: one JSON object a document, a table, or the ready entries as an import file "
    "(fec: exchange FEC; tra: Cegid TRA; pnm and mecg: Sage 100; quadra: Quadra ASCII); "
    "entries that a file cannot hold are reported on stderr with their field"
)
# What a document is told before anybody looks for its PDF: none of these would change with one.
_BEFORE_PDF = frozenset({Reason.NOT_ACCOUNTED, Reason.CURRENCY_NOT_SUPPORTED, Reason.ZERO_AMOUNT})


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--settings", required=True, type=Path, help="settings of the company (JSON)")
    parser.add_argument("--ledger", required=True, type=Path, help="snapshot of the tool's ledger (JSON)")
    parser.add_argument("--documents", required=True, type=Path, help="documents, one JSON object a line")
    parser.add_argument("--format", choices=("jsonl", "table", *catalogue.NAMES), default="jsonl", help=_FORMAT_HELP)


def run(args: argparse.Namespace) -> int:
    """Preview every document.

    Returns:
        0, or 2 when some line could not be read.

    Raises:
        ConfigurationError: the settings or the ledger cannot be used.
    """
    settings = read_settings(args.settings)
    ledger = read_ledger(args.ledger)
    previewer = Previewer(settings, ledger, registry.capabilities(settings.tool))
    with _without_collector():
        bad_lines = _write_results(args, previewer, settings.name)
    return 2 if bad_lines else 0


def _write_results(args: argparse.Namespace, previewer: Previewer, company_name: str) -> int:
    """One result per line; the number of lines that could not be read."""
    results = writer(args.format, sys.stdout.buffer, previewer.index, company_name)
    bad_lines = 0
    for number, text, line in read_documents(args.documents):
        try:
            result = previewer.preview(line)
        except DocumentError as error:
            bad_lines += 1
            _complain(f"{args.documents}, line {number}, field {error.field}: {error.message}")
            result = _rejected(text, error)
        try:
            results.add(result)
        except DocumentError as error:
            _complain(f"{args.documents}, line {number}, field {error.field}: {error.message}")
        if args.format in catalogue.NAMES and result.outcome.entry is None:
            _complain(f"{args.documents}, line {number}: {result.outcome.message}")
    results.close()
    return bad_lines


@contextmanager
def _without_collector() -> Iterator[None]:
    """Nothing made here holds a reference cycle; collecting would only walk through everything that lives."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _complain(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - stdout is data, stderr is messages


class Previewer:
    """Makes entries for the documents of one company, one after the other.

    A third party that the ledger does not know gets the auxiliary account that would be proposed to the tool, and
    keeps it for its next documents.
    """

    def __init__(self, settings: CompanySettings, ledger: Ledger, capabilities: Capabilities) -> None:
        self.index = LedgerIndex(ledger)
        self._settings = settings
        self._capabilities = capabilities
        self._journalise = Journaliser(settings, self.index, capabilities)
        self._matcher = third_parties.Matcher(ledger.third_parties)
        self._taken = {each.auxiliary_account for each in ledger.third_parties}
        self._taken.update(account.number for account in ledger.accounts)
        self._resolved: dict[ThirdParty, LedgerThirdParty | Outcome] = {}
        self._pieces: dict[tuple[str, str | None, object, str], str] = {}

    def preview(self, line: DocumentLine | UnreadableLine) -> Result:
        """The result of one line.

        Raises:
            DocumentError: the line or the document cannot be read.
        """
        if isinstance(line, UnreadableLine):
            raise DocumentError(
                f"the line cannot be read: {line.problem}.",
                reason=Reason.DOCUMENT_UNREADABLE,
                facts={"detail": f"champ {line.field}"},
                field=line.field,
            )
        document = parse_document(line.kind, bytes(line.document))
        third_party = self._third_party(document, bytes(line.third_party))
        resolved = self._resolve(third_party)
        outcome = self._entry(document, resolved)
        if not line.supporting_document:
            outcome = self._without_pdf(outcome)
        if outcome.entry is not None:
            outcome = self._first_of_its_piece(document, outcome, outcome.entry)
        return Result(
            kind=document.kind.value,
            id=document.id,
            number=document.number,
            outcome=outcome,
            fingerprint=fingerprint(document),
            document=document,
            third_party=third_party,
        )

    def _third_party(self, document: Document, raw: bytes) -> ThirdParty:
        if raw.strip() in (b"null", b"{}", b"[]"):
            return snapshot_of(document)
        return parse_third_party(document.kind.direction, raw)

    def _resolve(self, third_party: ThirdParty) -> LedgerThirdParty | Outcome:
        known = self._resolved.get(third_party)
        if known is None:
            known = self._resolved[third_party] = self._match(third_party)
        return known

    def _match(self, third_party: ThirdParty) -> LedgerThirdParty | Outcome:
        match = self._matcher.match(third_party)
        if match.found is not None:
            return match.found
        if match.candidates:
            names = ", ".join(f"{each.auxiliary_account} {each.name}".strip() for each in match.candidates[:5])
            return Outcome(state=State.WAITING, reason=Reason.THIRD_PARTY_AMBIGUOUS, detail=names)
        return self._proposed(third_party)

    def _proposed(self, third_party: ThirdParty) -> LedgerThirdParty:
        accounts = self._settings.mappings.accounts
        sales = third_party.direction is Direction.SALES
        control = (accounts.customers_control if sales else accounts.suppliers_control) or ("411" if sales else "401")
        account = third_parties.propose_auxiliary(third_party, self._capabilities, self._taken, control)
        proposed = LedgerThirdParty(
            auxiliary_account=account,
            name=third_party.name,
            direction=third_party.direction,
            siret=third_party.siret,
            siren=third_party.siren,
            vat_number=third_party.vat_number,
        )
        self._taken.add(account)
        self._matcher.add(proposed)
        return proposed

    def _entry(self, document: Document, resolved: LedgerThirdParty | Outcome) -> Outcome:
        if not isinstance(resolved, Outcome):
            return self._journalise(document, resolved)
        # Nobody is asked to choose a third party for a document that would not go anyway.
        undecided = LedgerThirdParty(auxiliary_account="", name="", direction=document.kind.direction)
        outcome = self._journalise(document, undecided)
        return outcome if outcome.reason in _BEFORE_PDF else resolved

    def _without_pdf(self, outcome: Outcome) -> Outcome:
        waits = self._settings.without_supporting_document == "wait"
        if not waits or outcome.reason in _BEFORE_PDF or outcome.state is State.REJECTED:
            return outcome
        return Outcome(state=State.WAITING, reason=Reason.SUPPORTING_DOCUMENT_MISSING)

    def _first_of_its_piece(self, document: Document, outcome: Outcome, entry: JournalEntry) -> Outcome:
        """One piece number stands for one document of one third party in one year; a second one waits."""
        auxiliary = next((line.auxiliary_account for line in entry.lines if line.auxiliary_account), None)
        key = (entry.journal, auxiliary, self.index.fiscal_year(entry.date), entry.piece)
        first = self._pieces.get(key)
        if first is None:
            self._pieces[key] = document.number
            return outcome
        detail = f"numéro de pièce {entry.piece} déjà pris par {first} (même tiers, même exercice)"
        return Outcome(state=State.WAITING, reason=Reason.POSSIBLE_DUPLICATE, detail=detail)


def _rejected(text: bytes, error: DocumentError) -> Result:
    """The result of a line that cannot be read, with as much of its identity as can be."""
    try:
        decoded: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        decoded = None
    line = _object(decoded)
    document = _object(line.get("document"))
    document = _object(document.get("response")) or document
    kind, number = line.get("kind"), document.get("number") or document.get("externalident") or document.get("ident")
    outcome = Outcome(
        state=State.REJECTED, reason=Reason.DOCUMENT_UNREADABLE, detail=error.facts.get("detail", error.message)
    )
    return Result(
        kind=kind if isinstance(kind, str) else None,
        id=id_of(document.get("id")),
        number=number if isinstance(number, str) else None,
        outcome=outcome,
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
