"""The access check of the file way: the folder, the accountant's lists, what nobody has acknowledged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sellsy_ledger.connectors.sage100 import reference
from sellsy_ledger.connectors.sage100.delivery import Delivery
from sellsy_ledger.connectors.sage100.options import FileOptions
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.errors import ConfigurationError

__all__ = ["LISTS", "access_checks"]

LISTS: Mapping[str, str] = {
    "comptes.csv": "les comptes des réglages sont repris tels quels",
    "journaux.csv": "les journaux des réglages sont repris tels quels",
    "tiers.csv": "tous les tiers d'un fichier sont listés comme à créer",
    "exercices.csv": "un exercice clos n'est vu qu'à l'import",
}
WAITING_SHOWN = 3


def access_checks(delivery: Delivery, options: FileOptions) -> list[AccessCheck]:
    """Everything is looked at; nothing is written."""
    place = delivery.depot.place
    try:
        usable = delivery.depot.is_usable()
        later = list(_inside(delivery, options)) if usable else []
    except OSError as error:
        usable, later = False, []
        place = f"{place} ({type(error).__name__})"
    folder = AccessCheck(
        step="Dossier de livraison",
        ok=usable,
        detail=place if usable else f"{place} n'existe pas ou n'est pas accessible en écriture.",
        action="" if usable else "Créez le dossier ou montez le partage, et donnez-y le droit d'écriture à Airflow.",
    )
    return [folder, *later]


def _inside(delivery: Delivery, options: FileOptions) -> Iterator[AccessCheck]:
    try:
        reference.read_reference(delivery.depot)
    except ConfigurationError as error:
        yield AccessCheck(
            step="Listes du comptable",
            ok=False,
            detail=f"une liste ne se lit pas : {error.message}",
            action="Corrigez le fichier, ou supprimez-le pour vous en passer.",
        )
    held = {name.lower() for name in delivery.depot.names(reference.FOLDER)}
    for name, without in LISTS.items():
        if name not in held:
            yield AccessCheck(
                step=f"Liste {name}",
                ok=False,
                detail=f"absente : {without}.",
                action=f"Facultatif : exportez-la de Sage dans {reference.FOLDER}/{name}.",
                blocking=False,
            )
    doubtful = delivery.doubtful()
    if doubtful:
        yield AccessCheck(
            step="Livraisons",
            ok=False,
            detail=f"on ne peut pas dire si {', '.join(doubtful[:WAITING_SHOWN])} a été livré.",
            action=("Si personne n'a pris le fichier, supprimez son manifeste ; sinon supprimez le fichier en .tmp."),
        )
    waiting = delivery.waiting()
    if waiting:
        more = "" if len(waiting) <= WAITING_SHOWN else f" et {len(waiting) - WAITING_SHOWN} autres"
        yield AccessCheck(
            step="Imports en attente",
            ok=False,
            detail=f"sans accusé d'import : {', '.join(waiting[:WAITING_SHOWN])}{more}.",
            action=f"Importez chaque fichier dans Sage, puis déposez <fichier>{options.imported[0]} à côté.",
            blocking=False,
        )
