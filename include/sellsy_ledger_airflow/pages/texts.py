"""The words of the pages, French first. Reasons come from the product in French; their English stands here."""

from __future__ import annotations

from sellsy_ledger.core.outcomes import REASON_TEXTS, Reason, State

__all__ = ["LANGUAGES", "action", "language_of", "reason_name", "state_name", "who", "words"]

LANGUAGES = ("fr", "en")

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Sellsy → Compta", "Sellsy → Books"),
    "intro": (
        "Où en est chaque société, et ce qui attend quelqu'un.",
        "Where each company stands, and what waits for somebody.",
    ),
    "nobody": (
        "Aucune société n'est configurée, ou aucune ne vous est ouverte.",
        "No company is configured or open to you.",
    ),
    "last_run": ("Dernière exécution", "Last run"),
    "never": ("jamais exécutée", "never run"),
    "read": ("lues", "read"),
    "new": ("nouvelles", "new"),
    "state": ("État", "State"),
    "documents": ("Pièces", "Documents"),
    "waiting": ("En attente", "Waiting"),
    "nothing_waiting": ("Rien n'attend.", "Nothing waits."),
    "reason": ("Motif", "Reason"),
    "who": ("Qui agit", "Who acts"),
    "action": ("Quoi faire", "What to do"),
    "proof": ("Preuve", "Proof"),
    "proved": ("prouvé", "proved"),
    "gaps": ("écarts", "gaps"),
    "not_provable": ("non prouvable", "not provable"),
    "no_proof": ("pas encore de preuve", "no proof yet"),
    "wrong": ("Réglages à corriger", "Settings to correct"),
    "register_down": (
        "La mémoire du programme ne répond pas ; réessayez dans un instant.",
        "The register does not answer; try again in a moment.",
    ),
    "other_language": ("English", "Français"),
    "scheduled": ("nuit", "night"),
    "backfill": ("reprise d'historique", "backfill"),
    "manual": ("manuelle", "manual"),
}

_STATES: dict[State, tuple[str, str]] = {
    State.SEEN: ("vues, en cours de préparation", "seen, being prepared"),
    State.WAITING: ("en attente", "waiting"),
    State.READY: ("prêtes", "ready"),
    State.POSTING: ("envoi en cours", "being posted"),
    State.DELIVERED: ("transmises, import à confirmer", "handed over, import to be confirmed"),
    State.POSTED: ("enregistrées, à relire", "posted, to be read back"),
    State.VERIFIED: ("enregistrées et vérifiées", "posted and verified"),
    State.NOTHING_TO_POST: ("sans écriture à passer", "nothing to post"),
    State.REJECTED: ("refusées", "refused"),
    State.OUTCOME_UNKNOWN: ("issue inconnue : l'outil sera interrogé", "outcome unknown: the tool will be asked"),
    State.CONFLICT: ("conflit : une personne doit décider", "conflict: a person must decide"),
    State.CHANGED_AFTER_POSTING: ("modifiées après enregistrement", "changed after posting"),
    State.RETRACTED: ("retirées de Sellsy", "withdrawn from Sellsy"),
    State.CORRECTED: ("corrigées", "corrected"),
    State.ADOPTED: ("déjà dans les livres", "in the books already"),
}

_PEOPLE = {
    "L'entreprise": "The company",
    "Le comptable": "The accountant",
    "L'équipe technique": "The technical team",
    "Personne": "Nobody",
}

# Reason → its short name in French and in English, and what to do in English (the French stands in the product).
_REASONS: dict[Reason, tuple[str, str, str]] = {
    Reason.SUPPORTING_DOCUMENT_MISSING: (
        "Justificatif PDF manquant",
        "Supporting document missing",
        "Add the PDF to the document in Sellsy; it leaves with the next run.",
    ),
    Reason.VAT_CODE_UNMAPPED: (
        "Code TVA sans correspondance",
        "VAT code not mapped",
        "Complete the company's VAT mapping.",
    ),
    Reason.ACCOUNT_UNKNOWN: (
        "Compte absent ou inactif",
        "Account missing or inactive",
        "Create or activate the account in the accounting tool, or correct the mapping.",
    ),
    Reason.JOURNAL_MISSING: (
        "Journal absent ou fermé",
        "Journal missing or closed",
        "Choose another journal in the settings, or open it in the accounting tool.",
    ),
    Reason.THIRD_PARTY_AMBIGUOUS: (
        "Tiers ambigu",
        "Several third parties match",
        "Name the right third party, or correct its SIRET or auxiliary code in Sellsy.",
    ),
    Reason.THIRD_PARTY_REFUSED: (
        "Tiers refusé par l'outil",
        "Third party refused by the tool",
        "Complete the third party in Sellsy, or create it in the accounting tool.",
    ),
    Reason.AMOUNTS_DO_NOT_CLOSE: (
        "Montants contradictoires",
        "Amounts contradict each other",
        "Check the document's totals in Sellsy.",
    ),
    Reason.ROUNDING_BEYOND_TOLERANCE: (
        "Écart au-delà d'un arrondi",
        "Gap beyond a rounding",
        "Check the document in Sellsy; raise the cap only for a gap that is justified.",
    ),
    Reason.CURRENCY_NOT_SUPPORTED: (
        "Devise autre que l'euro",
        "Currency other than the euro",
        "Enter this document by hand in the accounting tool.",
    ),
    Reason.PERIOD_CLOSED: (
        "Période close",
        "Closed period",
        "Reopen the period, or choose the policy “first open day” in the settings.",
    ),
    Reason.APPROVAL_PENDING: (
        "Validation attendue",
        "Approval pending",
        'Reopen the period, or set "approval" to "none": approving in Airflow does not exist yet.',
    ),
    Reason.POSSIBLE_DUPLICATE: (
        "Doublon possible",
        "Possible duplicate",
        "Compare both documents, then say whether this one is to be booked.",
    ),
    Reason.NOT_ACCOUNTED: (
        "Non comptabilisée dans Sellsy",
        "Not accounted in Sellsy",
        "Send it to accounting in Sellsy.",
    ),
    Reason.TOOL_UNAVAILABLE: (
        "Outil comptable indisponible",
        "Accounting tool unavailable",
        "Nothing: the next run takes it up.",
    ),
    Reason.DOCUMENT_UNREADABLE: (
        "Pièce illisible",
        "Document unreadable",
        "Check the document in Sellsy; if it is right, hand it to the technical team.",
    ),
    Reason.REFUSED_BY_TOOL: (
        "Écriture refusée par l'outil",
        "Entry refused by the tool",
        "Correct the cause that the tool names, then ask for the document again.",
    ),
    Reason.ZERO_AMOUNT: (
        "Pièce à zéro",
        "Zero amount",
        "Nothing.",
    ),
}


def language_of(asked: str | None) -> str:
    """The asked language when there is one, else French."""
    return asked if asked in LANGUAGES else "fr"


def words(language: str) -> dict[str, str]:
    """Every fixed word of the pages in one language."""
    index = LANGUAGES.index(language)
    return {name: pair[index] for name, pair in _WORDS.items()}


def state_name(state: State, language: str) -> str:
    """What a state is called on a page."""
    return _STATES[state][LANGUAGES.index(language)]


def reason_name(reason: Reason, language: str) -> str:
    """A reason's short name."""
    return _REASONS[reason][LANGUAGES.index(language)]


def who(reason: Reason, language: str) -> str:
    """Who acts on a reason."""
    person = REASON_TEXTS[reason].who
    return _PEOPLE.get(person, person) if language == "en" else person


def action(reason: Reason, language: str) -> str:
    """What that person does."""
    return _REASONS[reason][2] if language == "en" else REASON_TEXTS[reason].action
