"""``register corrections`` and ``register correct``: what changed in Sellsy after it was posted, and a person's word on
it.

The proposals are those that a run stored. Accepting writes to the register alone; the next run books.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import msgspec
from rich.table import Table

from sellsy_ledger.cli.register_views import console, plain
from sellsy_ledger.core.corrections import Action
from sellsy_ledger.core.money import cents_to_french
from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger.pipeline.corrections import (
    Proposal,
    accept,
    decline,
    declined_proposals,
    stored_proposals,
)
from sellsy_ledger.register.store import Register

__all__ = ["ACTIONS", "configure", "run"]

ACTIONS = frozenset({"corrections", "correct"})
TEXTS = {
    Action.TAKE_NOTE: "en prendre note",
    Action.REPLACE: "remplacer l'écriture",
    Action.REVERSE: "extourner",
    Action.REVERSE_AND_BOOK: "extourner et comptabiliser",
    Action.BY_HAND: "à la main",
}


def configure(actions: Any) -> None:
    """Declare the options of the two actions (``actions`` is argparse's own object)."""
    listing = actions.add_parser(
        "corrections", help="what is proposed for documents that changed in Sellsy after they were posted"
    )
    listing.add_argument("--format", choices=("table", "json"), default="table", help="what stdout gets")
    correct = actions.add_parser(
        "correct",
        help="accept or decline the proposed correction of one document",
        epilog="Nothing reaches the accounting tool before the next run. A declined correction is proposed again once "
        "the document changes again.",
    )
    correct.add_argument("document", help="its number, or its key such as sales_invoice:48213")
    word = correct.add_mutually_exclusive_group(required=True)
    word.add_argument("--accept", action="store_true", help="do what is proposed; of `by hand`: it is done")
    word.add_argument("--decline", action="store_true", help="leave the books as they are")
    correct.add_argument("--who", help="who decides; by default the user of this session")
    correct.add_argument("--note", default="", help="why it was declined; kept in the document's story")


def run(register: Register, company: str, args: argparse.Namespace, user: Callable[[], str]) -> None:
    """Do one of the two actions.

    Args:
        register: the register.
        company: the company's short name.
        args: what was typed.
        user: the name of the person at work, where none was given.

    Raises:
        ConfigurationError: nothing is proposed for the document, or it changed since.
    """
    if args.action == "corrections":
        _show(register, company, args.format)
    else:
        _decide(register, company, args, args.who or user())


def _show(register: Register, company: str, style: str) -> None:
    waiting = [(proposal, "") for proposal in stored_proposals(register, company)]
    declined = [(proposal, record.detail) for proposal, record in declined_proposals(register, company)]
    if style == "json":
        rows = [{**msgspec.to_builtins(one), "declined": said} for one, said in (*waiting, *declined)]
        print(msgspec.json.format(msgspec.json.encode(rows), indent=1).decode())  # noqa: T201 - stdout is data
        return
    table = Table(title="Corrections proposées")
    for name in ("Pièce", "Tiers", "Avant", "Après", "Proposition", "Explication", "Décision"):
        table.add_column(name, overflow="fold")
    for proposal, said in (*waiting, *declined):
        table.add_row(*map(plain, (*_cells(proposal), said or "attendue")))
    console().print(table)


def _cells(proposal: Proposal) -> tuple[str, ...]:
    amounts = (
        "" if cents is None else cents_to_french(cents) for cents in (proposal.before_cents, proposal.after_cents)
    )
    return (proposal.number, proposal.third_party, *amounts, TEXTS[proposal.action], proposal.sentence)


def _decide(register: Register, company: str, args: argparse.Namespace, who: str) -> None:
    proposal = _meant(stored_proposals(register, company), args.document)
    if args.decline:
        decline(register, company, [proposal.key], who=who, note=args.note)
        told = f"declined by {who}; the books stay as they are"
    elif accept(register, company, {proposal.key: proposal.seal}, who=who).void:
        raise ConfigurationError(f"{proposal.key} changed a moment ago: look at the proposal again.", field="document")
    else:
        told = f"{proposal.action} accepted by {who}; the next run carries it out"
    print(f"{proposal.key}: {told}.", file=sys.stderr)  # noqa: T201 - stdout is data


def _meant(proposals: list[Proposal], document: str) -> Proposal:
    found = [one for one in proposals if document in (one.key, one.number)]
    if not found:
        raise ConfigurationError(f"Nothing is proposed for {document!r}: see register corrections.", field="document")
    if len(found) > 1:
        keys = ", ".join(one.key for one in found)
        raise ConfigurationError(f"Several documents have the number {document!r}: {keys}.", field="document")
    return found[0]
