"""French texts of the DAGs: what people read on a DAG's page and in its trigger form."""

from __future__ import annotations

from copy import copy

from airflow.sdk import Param

__all__ = ["ERROR_DOC", "PROOF_DOC", "SYNC_DOC", "sync_params"]

SYNC_DOC = """
### {name} : de Sellsy vers l'outil comptable ({tool})

Chaque nuit, les factures et avoirs **comptabilisés** dans Sellsy depuis le {start_date} sont enregistrés dans l'outil
comptable avec leur PDF, une seule fois, au centime près, puis relus pour vérification.

| Étape | Ce qu'elle fait |
|---|---|
| `check_access` | vérifie les réglages, les accès et les correspondances |
| `fetch_invoices` | cherche ce qui est nouveau ou en attente ; s'il n'y a rien, la suite est passée |
| `fetch_pdfs` | prend le justificatif de chaque pièce |
| `resolve_third_parties` | retrouve le client ou le fournisseur, le crée si besoin |
| `map_vat_and_accounts` | prépare les lignes : comptes, codes TVA, libellés |
| `compute_rounding` | équilibre l'écriture, ligne d'arrondi comprise |
| `approve` | demande l'accord d'une personne si les réglages le veulent (page « Actions requises ») ; sinon passe |
| `post_entries` | enregistre les écritures (ou dépose les PDF, selon les réglages) |
| `await_imports` | si l'outil a une file d'attente : attend la fin des imports, une heure au plus |
| `verify_entries` | relit les écritures et les compare ligne à ligne |
| `deliver_batch` | si l'outil importe des fichiers : remet celui de la nuit, note les imports confirmés |
| `report` | fait le bilan |

**Une pièce en attente n'est jamais oubliée** : la page « Sellsy → Compta » dit pourquoi elle attend, qui doit agir et
quoi faire ; elle repart à la nuit suivante. Une exécution rouge peut être relancée sans risque de doublon.

**Reprise d'historique** : bouton *Déclencher*, puis *Backfill* ; chaque exécution prend les pièces datées de son
intervalle. Réglages : Variable `sellsy_ledger_company__{company}`.
"""

PROOF_DOC = """
### {name} : preuve hebdomadaire ({tool})

Compare, mois par mois depuis le {start_date}, les pièces comptabilisées dans Sellsy, la mémoire du programme et les
écritures de l'outil comptable. Chaque écart est nommé, pièce par pièce. Un mois que l'outil ne permet pas de relire est
dit **non prouvable**, jamais « conforme ».

Avant cela, `full_scan` relit tout Sellsy : ce qui a changé après son enregistrement est vu, et une correction proposée.
`accept_corrections` demande à une personne lesquelles partiront avec la prochaine synchronisation (page « Actions
requises »). La preuve n'attend pas sa réponse.
"""

ERROR_DOC = """
### Réglages à corriger

`{message}`

Les autres sociétés ne sont pas touchées. Une fois les réglages corrigés (menu *Admin > Variables*, ou le fichier de la
société), ce DAG redevient normal à la lecture suivante.
"""


def sync_params() -> dict[str, Param]:
    """The trigger form, anew for each DAG: Airflow writes the values of a run into the parameters that it is given."""
    return {name: copy(param) for name, param in _SYNC_PARAMS.items()}


_SYNC_PARAMS = {
    "from": Param(
        None,
        type=["null", "string"],
        format="date",
        title="Du (date des pièces)",
        description="Première date prise. Vide : depuis la date de début de la société.",
    ),
    "to": Param(
        None,
        type=["null", "string"],
        format="date",
        title="Au (date des pièces)",
        description="Dernière date prise, incluse. Vide : jusqu'à aujourd'hui.",
    ),
    "numbers": Param(
        None,
        type=["null", "array"],
        items={"type": "string"},
        title="Numéros de pièces",
        description="Un numéro par ligne, pour ne prendre que ces pièces. Vide : toutes.",
    ),
    "mode": Param(
        "post",
        type="string",
        enum=["post", "preview"],
        values_display={"post": "Enregistrer les écritures", "preview": "Préparer seulement, sans rien enregistrer"},
        title="Mode",
        description="« Préparer seulement » s'arrête avant toute demande d'accord et avant l'outil comptable ; les "
        "écritures se lisent dans les pages.",
    ),
    "retry": Param(
        "waiting",
        type="string",
        enum=["waiting", "all"],
        values_display={"waiting": "Les pièces en attente", "all": "Aussi les pièces refusées"},
        title="Reprendre",
        description="Quelles pièces déjà vues sont reprises.",
    ),
}
