"""What became of a document, why, and what a person does about it.

States and waiting reasons are stable codes: the register stores them, pages and command line print them.
French sentences live here so that no other module writes one twice.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

from sellsy_ledger.core.entries import JournalEntry

__all__ = ["REASON_TEXTS", "NotReady", "Outcome", "Reason", "ReasonText", "State", "sentence"]


class State(StrEnum):
    """Where a document stands, left to right.

    ``delivered`` = handed over (a file for the import, a PDF without entry), and nobody has said yet that it is in the
    books; it is never handed over a second time. ``adopted`` = in the books already, by other hands than ours; it is
    never handed over. ``corrected`` = its entry is in the books, and what corrects it stands beside it as documents of
    their own.
    """

    SEEN = "seen"
    WAITING = "waiting"
    READY = "ready"
    POSTING = "posting"
    DELIVERED = "delivered"
    POSTED = "posted"
    VERIFIED = "verified"
    NOTHING_TO_POST = "nothing_to_post"
    REJECTED = "rejected"
    OUTCOME_UNKNOWN = "outcome_unknown"
    CONFLICT = "conflict"
    CHANGED_AFTER_POSTING = "changed_after_posting"
    RETRACTED = "retracted"
    CORRECTED = "corrected"
    ADOPTED = "adopted"


class Reason(StrEnum):
    """Why a document waits or was refused."""

    SUPPORTING_DOCUMENT_MISSING = "supporting_document_missing"
    VAT_CODE_UNMAPPED = "vat_code_unmapped"
    ACCOUNT_UNKNOWN = "account_unknown"
    JOURNAL_MISSING = "journal_missing"
    THIRD_PARTY_AMBIGUOUS = "third_party_ambiguous"
    THIRD_PARTY_REFUSED = "third_party_refused"
    AMOUNTS_DO_NOT_CLOSE = "amounts_do_not_close"
    ROUNDING_BEYOND_TOLERANCE = "rounding_beyond_tolerance"
    CURRENCY_NOT_SUPPORTED = "currency_not_supported"
    PERIOD_CLOSED = "period_closed"
    APPROVAL_PENDING = "approval_pending"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    NOT_ACCOUNTED = "not_accounted"
    TOOL_UNAVAILABLE = "tool_unavailable"
    # `rejected` and `nothing_to_post` carry a reason too
    DOCUMENT_UNREADABLE = "document_unreadable"
    REFUSED_BY_TOOL = "refused_by_tool"
    ZERO_AMOUNT = "zero_amount"


class ReasonText(NamedTuple):
    """French texts of one reason: the sentence (``{named}`` facts), who acts, what to do."""

    sentence: str
    who: str
    action: str


REASON_TEXTS: dict[Reason, ReasonText] = {
    Reason.SUPPORTING_DOCUMENT_MISSING: ReasonText(
        "Le justificatif PDF manque dans Sellsy{detail}.",
        "L'entreprise",
        "Ajoutez le PDF à la pièce dans Sellsy ; elle partira à la prochaine synchronisation.",
    ),
    Reason.VAT_CODE_UNMAPPED: ReasonText(
        "Aucun code TVA n'est associé à {detail}.",
        "Le comptable",
        "Complétez la correspondance de TVA de la société.",
    ),
    Reason.ACCOUNT_UNKNOWN: ReasonText(
        "Le compte {detail} est absent du plan comptable ou inactif.",
        "Le comptable",
        "Créez ou activez le compte dans l'outil comptable, ou corrigez la correspondance.",
    ),
    Reason.JOURNAL_MISSING: ReasonText(
        "Le journal {detail} n'existe pas, est fermé ou n'est pas du bon type.",
        "Le comptable",
        "Choisissez un autre journal dans les réglages ou ouvrez-le dans l'outil comptable.",
    ),
    Reason.THIRD_PARTY_AMBIGUOUS: ReasonText(
        "Plusieurs tiers de l'outil comptable correspondent : {detail}.",
        "Le comptable",
        "Désignez le bon tiers, ou corrigez le SIRET ou le code auxiliaire dans Sellsy.",
    ),
    Reason.THIRD_PARTY_REFUSED: ReasonText(
        "L'outil comptable a refusé la création du tiers : {detail}.",
        "Le comptable",
        "Complétez la fiche du tiers dans Sellsy ou créez-le dans l'outil comptable.",
    ),
    Reason.AMOUNTS_DO_NOT_CLOSE: ReasonText(
        "Les montants de la pièce se contredisent : {detail}.",
        "L'entreprise",
        "Vérifiez la pièce dans Sellsy ; elle n'est pas comptabilisée tant que ses totaux ne concordent pas.",
    ),
    Reason.ROUNDING_BEYOND_TOLERANCE: ReasonText(
        "L'écart entre les lignes et le total ({detail}) dépasse un arrondi.",
        "Le comptable",
        "Vérifiez la pièce dans Sellsy ; ajustez le plafond d'arrondi seulement si l'écart est justifié.",
    ),
    Reason.CURRENCY_NOT_SUPPORTED: ReasonText(
        "La pièce est en {detail}, seules les pièces en euros sont comptabilisées.",
        "Le comptable",
        "Saisissez cette pièce à la main dans l'outil comptable.",
    ),
    Reason.PERIOD_CLOSED: ReasonText(
        "La date {detail} tombe dans une période close ou hors exercice.",
        "Le comptable",
        "Rouvrez la période, ou choisissez la politique « premier jour ouvert » dans les réglages.",
    ),
    Reason.APPROVAL_PENDING: ReasonText(
        "Une validation est attendue{detail}.",
        "Le comptable",
        "Répondez à la demande dans Airflow, page « Actions requises » ; chaque exécution la pose à nouveau.",
    ),
    Reason.POSSIBLE_DUPLICATE: ReasonText(
        "Cette pièce semble déjà enregistrée : {detail}.",
        "Le comptable",
        "Comparez les deux, puis dites si c'est la même pièce (elle ne sera jamais envoyée) ou une autre (elle partira "
        "à la prochaine synchronisation).",
    ),
    Reason.NOT_ACCOUNTED: ReasonText(
        "La pièce n'est pas comptabilisée dans Sellsy.",
        "L'entreprise",
        "Cliquez sur « Envoyer en comptabilité » dans Sellsy.",
    ),
    Reason.TOOL_UNAVAILABLE: ReasonText(
        "L'outil comptable n'a pas répondu{detail}.",
        "Personne",
        "La pièce sera reprise à la prochaine synchronisation.",
    ),
    Reason.DOCUMENT_UNREADABLE: ReasonText(
        "La pièce reçue de Sellsy est illisible : {detail}.",
        "L'équipe technique",
        "Vérifiez la pièce dans Sellsy ; si elle est correcte, transmettez ce message à l'équipe technique.",
    ),
    Reason.REFUSED_BY_TOOL: ReasonText(
        "L'outil comptable a refusé l'écriture : {detail}.",
        "Le comptable",
        "Corrigez la cause indiquée puis relancez la pièce.",
    ),
    Reason.ZERO_AMOUNT: ReasonText(
        "La pièce est à zéro : il n'y a rien à comptabiliser.",
        "Personne",
        "Aucune action.",
    ),
}


# A name or number of the source may be of any length; a sentence is read by people.
_DETAIL_MAX = 500


def sentence(reason: Reason, detail: str = "") -> str:
    """The French sentence of ``reason``, with ``detail`` in its place, then what to do."""
    texts = REASON_TEXTS[reason]
    return f"{texts.sentence.format(detail=detail)} {texts.action}"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The decision on one document: an entry, or the reason there is none.

    ``state`` is one of ready, waiting, nothing_to_post, rejected. ``entry`` is set only when ready.
    ``detail`` is the variable part of the French sentence. ``warnings`` are French sentences that do not stop
    the document.
    """

    state: State
    reason: Reason | None = None
    detail: str = ""
    entry: JournalEntry | None = None
    fingerprint: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """French sentence for the person who looks at the document; empty when it is ready."""
        return sentence(self.reason, self.detail) if self.reason else ""


class NotReady(Exception):
    """Raised inside the core to leave a document where it is; ``journalise`` turns it into an :class:`Outcome`.

    Args:
        reason: why.
        detail: the variable part of the reason's French sentence.
        state: ``waiting`` unless the document itself is beyond repair.
    """

    def __init__(self, reason: Reason, detail: str = "", state: State = State.WAITING) -> None:
        detail = detail if len(detail) <= _DETAIL_MAX else f"{detail[: _DETAIL_MAX - 1]}…"
        super().__init__(sentence(reason, detail))
        self.outcome = Outcome(state=state, reason=reason, detail=detail)
