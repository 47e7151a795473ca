"""What a person reads in Airflow before answering: subject and markdown body, in French.

Names and labels come from Sellsy: they are shown as plain text, whatever they contain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.money import cents_to_french

if TYPE_CHECKING:
    from datetime import date

    from sellsy_ledger.core.outcomes import Reason
    from sellsy_ledger.pipeline.approval import Offer
    from sellsy_ledger.pipeline.approval_overview import Overview
    from sellsy_ledger.pipeline.corrections import Proposal
    from sellsy_ledger.register.store import DocumentRecord

__all__ = [
    "approval_body",
    "corrections_body",
    "offer_shown",
    "option_of",
    "page_address",
    "plain",
    "some",
]

FIRST_LINES = 6
LONGEST = 80
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@/])")
_REFERENCE = "Référence de cette demande : "
_SHOWN = re.compile(rf"{_REFERENCE}`([0-9a-f]{{16}})`\s*\Z")

_KINDS = {
    Kind.SALES_INVOICE: "Factures de vente",
    Kind.SALES_CREDIT_NOTE: "Avoirs de vente",
    Kind.PURCHASE_INVOICE: "Factures d'achat",
    Kind.PURCHASE_CREDIT_NOTE: "Avoirs d'achat",
}


def plain(text: str, longest: int = LONGEST) -> str:
    """``text`` on one line, cut, and without meaning for markdown or HTML."""
    line = " ".join("".join(letter for letter in text if letter.isprintable() or letter.isspace()).split())
    line = line if len(line) <= longest else f"{line[: longest - 1]}…"
    return _MARKUP.sub(r"\\\1", line)


def approval_body(overview: Overview, offer: Offer, waiting: Mapping[Reason, int], *, page: str) -> str:
    """The question about what a run has prepared.

    Args:
        overview: what is asked about.
        offer: what the answer will bind.
        waiting: how many documents of the company wait, by reason.
        page: address of the page with all prepared entries.
    """
    parts = [
        f"Prêt et en attente de votre accord : **{some(overview.documents, 'pièce')}**. Rien n'est encore enregistré.",
        _table(("Pièces", "Nombre"), [(name, str(overview.kinds[kind])) for kind, name in _KINDS.items()], skip="0"),
    ]
    if overview.totals:
        totals = [
            (plain(journal), cents_to_french(debit), cents_to_french(credit))
            for journal, (debit, credit) in sorted(overview.totals.items())
        ]
        parts.append(_table(("Journal", "Débit", "Crédit"), totals))
    if overview.moved:
        parts += ["#### Dates déplacées hors d'une période close", _moved(overview)]
    parts += ["#### Premières pièces", *(_entry(record) for record in overview.first)]
    if overview.documents > len(overview.first):
        parts.append(f"… et {overview.documents - len(overview.first)} autres.")
    parts.append(f"[Toutes les écritures préparées]({page})")
    if waiting:
        parts.append(_waiting(waiting))
    parts.append(
        "Seul ce qui est montré ici partira : une pièce ou une écriture modifiée depuis attendra la prochaine demande."
    )
    # Last, so that nothing that comes from Sellsy can stand in its place.
    parts.append(f"{_REFERENCE}`{offer.id}`")
    return "\n\n".join(parts)


def some(count: int, what: str) -> str:
    """``1 pièce``, ``2 pièces``; every word of ``what`` takes its s."""
    return f"{count} {what}" if count < 2 else f"{count} {' '.join(f'{word}s' for word in what.split())}"


def offer_shown(body: str) -> str | None:
    """The name of the offer that an approval's ``body`` shows."""
    found = _SHOWN.search(body)
    return found.group(1) if found else None


def corrections_body(proposals: Sequence[Proposal], *, more: int, page: str) -> str:
    """The question about what would correct the books."""
    rows = [
        (plain(option_of(one)), plain(one.third_party), _amounts(one), plain(one.sentence, 400)) for one in proposals
    ]
    parts = [
        "Ces pièces ont changé dans Sellsy **après** leur enregistrement. Rien n'est corrigé sans votre accord ; ce "
        "que vous acceptez part avec la prochaine synchronisation.",
        _table(("Choix", "Tiers", "Montant", "Correction proposée"), rows),
    ]
    if more:
        parts.append(f"… et {more} autres, que la page ci-dessous montre aussi.")
    parts.append(f"[Décisions à prendre]({page})")
    return "\n\n".join(parts)


def option_of(proposal: Proposal) -> str:
    """What a person chooses to accept a proposal: the document's number, and a word that is its seal's, so that the
    option of another content is another option.
    """
    return f"{' '.join(proposal.number.split())[:40]} [{proposal.seal[:8]}]"


def page_address(base_url: str, page: str, company: str) -> str:
    """Address of one of our pages; from the root of Airflow's own address when that is not configured."""
    return f"{base_url.rstrip('/')}/sellsy_ledger/{page}?company={quote(company)}"


def _amounts(proposal: Proposal) -> str:
    before = "?" if proposal.before_cents is None else cents_to_french(proposal.before_cents)
    after = "—" if proposal.after_cents is None else cents_to_french(proposal.after_cents)
    return before if before == after else f"{before} → {after}"


def _moved(overview: Overview) -> str:
    rows = [
        (plain(record.document.number), _name(record), _day(record.document.date), _day(record.entry.date))
        for record in overview.moved_first
        if record.entry is not None
    ]
    table = _table(("Pièce", "Tiers", "Date de la pièce", "Date de l'écriture"), rows)
    hidden = overview.moved - len(rows)
    return f"{table}\n\n… et {hidden} autres dates déplacées." if hidden else table


def _entry(record: DocumentRecord) -> str:
    document, entry = record.document, record.entry
    title = f"**{plain(document.number)}** · {_name(record)} · {_day(document.date)}"
    if entry is None:
        return f"{title} · {cents_to_french(document.gross_cents)} · PDF seul, sans écriture"
    lines = [
        (
            plain(line.auxiliary_account or line.account),
            plain(line.label),
            cents_to_french(line.debit_cents) if line.debit_cents else "",
            cents_to_french(line.credit_cents) if line.credit_cents else "",
        )
        for line in entry.lines[:FIRST_LINES]
    ]
    hidden = len(entry.lines) - len(lines)
    rest = f"\n\n… et {hidden} autres lignes." if hidden else ""
    dated = f"{title} · journal {plain(entry.journal)} au {_day(entry.date)}"
    return f"{dated}\n\n{_table(('Compte', 'Libellé', 'Débit', 'Crédit'), lines)}{rest}"


def _waiting(waiting: Mapping[Reason, int]) -> str:
    from sellsy_ledger_airflow.pages.texts import reason_name

    reasons = (f"{reason_name(reason, 'fr')} ({count})" for reason, count in sorted(waiting.items()))
    return f"En attente pour d'autres raisons, {some(sum(waiting.values()), 'pièce')} : {', '.join(reasons)}."


def _name(record: DocumentRecord) -> str:
    party = record.third_party.name if record.third_party is not None else ""
    return plain(record.document.third_party_name or party or "—")


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, skip: str | None = None) -> str:
    kept = [row for row in rows if skip is None or row[-1] != skip]
    lines = [head, ["---"] * len(head), *kept]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
