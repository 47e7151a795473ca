"""The words of the pages as data, in French and in English. :mod:`.texts` hands them out."""

from __future__ import annotations

from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.outcomes import Reason, State

__all__ = ["CORRECTIONS", "DOUBTS", "EVENTS", "KINDS", "ONE_STATE", "PEOPLE", "REASONS", "SAID", "STATES", "WORDS"]

WORDS: dict[str, tuple[str, str]] = {
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
    # between the pages
    "cockpit": ("Où en est-on", "Where we stand"),
    "decisions": ("Décisions à prendre", "Decisions to take"),
    "preview": ("Écritures préparées", "Prepared entries"),
    "company": ("Société", "Company"),
    "every_company": ("toutes", "all"),
    "show": ("Afficher", "Show"),
    "unknown_company": (
        "Cette société n'existe pas, ou elle ne vous est pas ouverte.",
        "There is no such company, or it is not open to you.",
    ),
    "unknown_document": (
        "Cette pièce n'est pas dans la mémoire du programme.",
        "The register does not know this document.",
    ),
    "pdf_missing": (
        "Le PDF de cette pièce n'est pas là, ou n'est plus celui qui avait été enregistré. "
        "Retrouvez-le dans Sellsy et prévenez l'équipe technique.",
        "The PDF of this document is not there, or no longer the one that was stored. "
        "Take it from Sellsy and tell the technical team.",
    ),
    "storage_down": (
        "Le stockage des PDF ne répond pas ; réessayez dans un instant.",
        "The storage of the PDFs does not answer; try again in a moment.",
    ),
    "form_refused": (
        "Ce formulaire n'est plus valable : il a plus de douze heures, ou il n'était pas pour vous. "
        "Rien n'a été fait. Rouvrez la page des décisions et recommencez.",
        "This form is no longer valid: it is more than twelve hours old, or it was not meant for you. "
        "Nothing was done. Open the page of decisions again and start over.",
    ),
    # decisions
    "decisions_intro": (
        "Ce que le programme ne fait jamais de lui-même. Chaque décision porte votre nom dans l'histoire de la pièce.",
        "What the program never does by itself. Each decision bears your name in the document's story.",
    ),
    "nothing_to_decide": ("Aucune décision n'est à prendre.", "There is nothing to decide."),
    "only_readers": (
        "Vous pouvez lire cette page ; décider demande le droit de modifier la société dans Airflow.",
        "You may read this page; deciding needs the right to change the company in Airflow.",
    ),
    "corrections": ("Pièces modifiées dans Sellsy après l'enregistrement", "Documents changed in Sellsy after posting"),
    "posted_before": ("Enregistré", "Posted"),
    "now_in_sellsy": ("Dans Sellsy à présent", "In Sellsy now"),
    "withdrawn": ("La comptabilisation a été annulée dans Sellsy.", "It was withdrawn from accounting in Sellsy."),
    "other_content": (
        "Les montants et les mentions sont les mêmes : le détail (lignes, comptes, codes TVA) a changé.",
        "Amounts and particulars are the same: the detail (rows, accounts, VAT codes) changed.",
    ),
    "what_will_be_done": ("Ce qui sera fait", "What will be done"),
    "reversal_date": ("Date de l'extourne", "Date of the reversal"),
    "new_entry_date": ("Date de la nouvelle écriture", "Date of the new entry"),
    "accept": ("Accepter", "Accept"),
    "accept_by_hand": ("C'est corrigé dans l'outil", "It is corrected in the tool"),
    "left_alone": ("Laissées telles quelles", "Left as they are"),
    "decline": ("Laisser tel quel", "Leave as it is"),
    "doubles": ("Doublons possibles", "Possible duplicates"),
    "ours": ("Pièce de Sellsy", "Document of Sellsy"),
    "theirs": ("Déjà dans les livres", "In the books already"),
    "looks_sure": ("tout concorde", "everything agrees"),
    "looks_alike": ("ressemblance", "alike"),
    "same": ("C'est la même pièce", "It is the same document"),
    "different": ("Ce sont deux pièces différentes", "They are two different documents"),
    "which_entry": ("Quelle écriture ?", "Which entry?"),
    "same_means": (
        "La même pièce : elle ne sera jamais envoyée. Deux pièces différentes : elle part à la prochaine exécution.",
        "The same document: it will never be sent. Two different ones: it leaves with the next run.",
    ),
    "doubts": ("Enregistrements incertains", "Postings in doubt"),
    "doubts_intro": (
        "Regardez d'abord dans l'outil comptable. « N'y est pas » la fait repartir à la prochaine exécution : si "
        "l'écriture y était tout de même, elle serait en double.",
        "Look into the accounting tool first. “Is not there” sends it again with the next run: if the entry was there "
        "all the same, it would be there twice.",
    ),
    "batches_intro": (
        "Avant de dire « N'a pas été importé », retirez le fichier et son manifeste du dossier de l'outil : un fichier "
        "resté sur place pourrait encore être importé, et ses pièces y seraient retrouvées au lieu de repartir.",
        "Before you say “Was not imported”, take the file and its manifest out of the tool's folder: a file that stays "
        "there could still be imported, and its documents are found in it instead of leaving again.",
    ),
    "batch": ("Remise", "Hand-over"),
    "batch_posted": ("Tout a été importé", "All was imported"),
    "batch_not_posted": ("N'a pas été importé", "Was not imported"),
    "posted": ("Est dans les livres", "Is in the books"),
    "not_posted": ("N'y est pas", "Is not there"),
    "known_entry": ("Écriture connue", "Known entry"),
    "entry_id": ("N° de l'écriture dans l'outil", "Id of the entry in the tool"),
    "entry_id_optional": (
        "N° de l'écriture dans l'outil (facultatif)",
        "Id of the entry in the tool (optional)",
    ),
    "note": ("Remarque (facultative)", "Remark (optional)"),
    "more": ("autres suivront quand celles-ci seront décidées", "more follow as these are decided"),
    # preview
    "preview_intro": (
        "Ce que la prochaine exécution enverra, ligne à ligne, et ce qui attend.",
        "What the next run will send, line by line, and what waits.",
    ),
    "choose_company": ("Choisissez une société.", "Choose a company."),
    "nothing_prepared": ("Aucune pièce ne correspond.", "No document matches."),
    "shown_all": ("prêtes et en attente", "ready and waiting"),
    "shown_ready": ("prêtes", "ready"),
    "shown_approval": ("en attente de validation", "waiting for approval"),
    "shown_waiting": ("en attente", "waiting"),
    "journal": ("Journal", "Journal"),
    "number_holds": ("Le numéro contient", "Number holds"),
    "totals": ("Totaux par journal", "Totals by journal"),
    "page": ("Page", "Page"),
    "previous": ("précédente", "previous"),
    "next": ("suivante", "next"),
    # entries and documents
    "entry": ("Écriture", "Entry"),
    "entry_date": ("Date de l'écriture", "Entry date"),
    "piece": ("Pièce", "Piece"),
    "account": ("Compte", "Account"),
    "auxiliary": ("Auxiliaire", "Auxiliary"),
    "label": ("Libellé", "Label"),
    "debit": ("Débit", "Debit"),
    "credit": ("Crédit", "Credit"),
    "vat_code": ("Code TVA", "VAT code"),
    "why": ("Pourquoi", "Why"),
    "total": ("Total", "Total"),
    "number": ("Numéro", "Number"),
    "date": ("Date", "Date"),
    "third_party": ("Tiers", "Third party"),
    "net": ("HT", "Net"),
    "vat": ("TVA", "VAT"),
    "gross": ("TTC", "Gross"),
    "pdf": ("Justificatif PDF", "Supporting document (PDF)"),
    "no_pdf": ("aucun", "none"),
    "posting": ("Enregistrement", "Posting"),
    "posting_key": ("Clé d'unicité", "Posting key"),
    "attempts": ("Tentatives", "Attempts"),
    "handle": ("Remise", "Hand-over"),
    "delivered_at": ("Transmise le", "Handed over on"),
    "posted_at": ("Enregistrée le", "Posted on"),
    "verified_at": ("Relue le", "Read back on"),
    "relatives": ("Corrections de la même pièce", "Corrections of the same document"),
    "story": ("Histoire", "Story"),
    "when": ("Quand", "When"),
    "by": ("Qui", "Who"),
    "what": ("Quoi", "What"),
    "remark": ("Remarque", "Remark"),
}

KINDS: dict[Kind, tuple[str, str]] = {
    Kind.SALES_INVOICE: ("Facture de vente", "Sales invoice"),
    Kind.SALES_CREDIT_NOTE: ("Avoir de vente", "Sales credit note"),
    Kind.PURCHASE_INVOICE: ("Facture d'achat", "Purchase invoice"),
    Kind.PURCHASE_CREDIT_NOTE: ("Avoir d'achat", "Purchase credit note"),
}

DOUBTS: dict[State, tuple[str, str]] = {
    State.OUTCOME_UNKNOWN: (
        "La réponse de l'outil s'est perdue. La prochaine nuit cherche l'écriture là où l'outil le permet ; ne décidez "
        "que si vous avez regardé.",
        "The tool's answer was lost. The next night looks for the entry where the tool lets it; decide only if you "
        "have looked.",
    ),
    State.CONFLICT: (
        "L'outil contient autre chose sous la même clé, ou a refusé l'import du fichier.",
        "The tool holds something else under the same key, or refused the import of the file.",
    ),
    State.DELIVERED: (
        "Remise à l'outil ou au comptable ; personne n'a encore dit qu'elle est dans les livres.",
        "Handed over to the tool or the accountant; nobody has said yet that it is in the books.",
    ),
}

# What the program proposes for a changed document: the proposal's own sentence, which names the amounts, is in French.
CORRECTIONS = {
    "take_note": ("Prendre note, sans écriture", "Take note, without an entry"),
    "replace": ("Remplacer l'écriture sur place", "Replace the entry in its place"),
    "reverse": ("Extourner l'écriture", "Reverse the entry"),
    "reverse_and_book": (
        "Extourner l'écriture et enregistrer la nouvelle version",
        "Reverse the entry and book the new version",
    ),
    "by_hand": ("À corriger à la main dans l'outil", "To be corrected by hand in the tool"),
}

SAID = {
    "accepted": ("Correction acceptée : la prochaine exécution la fera.", "Accepted: the next run does it."),
    "declined": ("Laissé tel quel.", "Left as it is."),
    "same": ("La même pièce : elle ne sera pas envoyée.", "The same document: it will not be sent."),
    "different": (
        "Deux pièces différentes : elle part à la prochaine exécution.",
        "Two different documents: it leaves with the next run.",
    ),
    "posted": ("Noté : dans les livres.", "Noted: in the books."),
    "not_posted": (
        "Noté : pas dans les livres, repart à la prochaine exécution.",
        "Noted: not in the books, leaves again with the next run.",
    ),
    "changed": (
        "Rien n'a été fait : cela a changé depuis que la page était affichée. Relisez, puis décidez.",
        "Nothing was done: this changed since the page was shown. Read it again, then decide.",
    ),
    "gone": (
        "Rien de plus n'a été fait : la décision était déjà prise, ou n'est plus à prendre.",
        "Nothing more was done: the decision was taken already, or is no longer to be taken.",
    ),
    "entry_id_needed": (
        "Rien n'a été fait : donnez le n° de l'écriture trouvée dans l'outil.",
        "Nothing was done: give the id of the entry that you found in the tool.",
    ),
    "entry_taken": (
        "Rien n'a été fait : cette écriture est déjà celle d'une autre pièce.",
        "Nothing was done: this entry is another document's already.",
    ),
}

EVENTS = {
    "seen": ("lue dans Sellsy", "read in Sellsy"),
    "refreshed": ("relue dans Sellsy", "read again in Sellsy"),
    "changed": ("modifiée dans Sellsy", "changed in Sellsy"),
    "changed_after_posting": ("modifiée dans Sellsy après l'enregistrement", "changed in Sellsy after posting"),
    "reappeared": ("revenue dans Sellsy", "back in Sellsy"),
    "moved": ("change d'état", "changes state"),
    "stored": ("complétée", "completed"),
    "posting_begun": ("envoi commencé", "posting begun"),
    "resolved": ("décision d'une personne", "decision of a person"),
    "corrected": ("corrigée", "corrected"),
    "noted": ("changement noté", "change noted"),
    "reversal_made": ("extourne préparée", "reversal prepared"),
    "adopted": ("reconnue dans les livres", "recognised in the books"),
    "told_different": ("dite différente", "told to be another one"),
    "sent_after_all": ("reprise : la pièce jumelle n'est plus dans les livres", "begun anew: its twin left the books"),
    "correction_declined": ("correction refusée", "correction declined"),
}

STATES: dict[State, tuple[str, str]] = {
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

# The same of one document; English needs no other words.
ONE_STATE: dict[State, str] = {
    State.SEEN: "vue, en cours de préparation",
    State.WAITING: "en attente",
    State.READY: "prête",
    State.POSTING: "envoi en cours",
    State.DELIVERED: "transmise, import à confirmer",
    State.POSTED: "enregistrée, à relire",
    State.VERIFIED: "enregistrée et vérifiée",
    State.NOTHING_TO_POST: "sans écriture à passer",
    State.REJECTED: "refusée",
    State.OUTCOME_UNKNOWN: "issue inconnue",
    State.CONFLICT: "conflit",
    State.CHANGED_AFTER_POSTING: "modifiée après enregistrement",
    State.RETRACTED: "retirée de Sellsy",
    State.CORRECTED: "corrigée",
    State.ADOPTED: "déjà dans les livres",
}

PEOPLE = {
    "L'entreprise": "The company",
    "Le comptable": "The accountant",
    "L'équipe technique": "The technical team",
    "Personne": "Nobody",
}

# Reason → its short name in French and in English, and what to do in English (the French stands in the product).
REASONS: dict[Reason, tuple[str, str, str]] = {
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
        "Answer the question in Airflow, page “Required Actions”; every run asks it again.",
    ),
    Reason.POSSIBLE_DUPLICATE: (
        "Doublon possible",
        "Possible duplicate",
        "Compare both, then say whether it is the same (it is never sent) or another one (it goes with the next run).",
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
