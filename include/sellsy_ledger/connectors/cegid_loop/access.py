"""The access check of a Cegid Loop connection, step by step, in the words an accountant reads. Never writes."""

from __future__ import annotations

from collections.abc import Callable

from sellsy_ledger.connectors.cegid_loop import answers
from sellsy_ledger.connectors.cegid_loop.client import CegidLoopClient
from sellsy_ledger.connectors.cegid_loop.errors import FolderRefused
from sellsy_ledger.connectors.cegid_loop.options import Options
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.capabilities import PdfSupport
from sellsy_ledger.errors import AccessError, ConfigurationError

__all__ = ["check_access"]

_KEYS = (
    "Cegid Loop refuse les clés d'accès.",
    "Collez à nouveau la clé d'abonnement, la clé API et son secret dans la connexion.",
)
_FOLDER = (
    "Cegid Loop refuse ce dossier à la clé, ou ne le connaît pas.",
    "Vérifiez le code dossier, puis cochez ce dossier pour votre clé dans LoopHub.",
)
_ODD = ("Cegid Loop a répondu de façon inattendue.", "Vérifiez l'adresse de l'API dans la connexion.")
_LISTS = {
    "/compte": "le plan comptable",
    "/tva": "la TVA",
    "/tiersClient": "les clients",
    "/tiersFournisseur": "les fournisseurs",
}


def check_access(client: CegidLoopClient, options: Options) -> list[AccessCheck]:
    """Keys and folder, lists, journals, look-up, then what the route needs. Stops at the first step that blocks.

    Raises:
        TryLater: Cegid Loop does not answer.
    """
    checks: list[AccessCheck] = []
    for step, probe in (
        ("Clés et dossier", lambda: _folder(client, options)),
        ("Listes du dossier", lambda: _lists(client)),
        ("Journaux", lambda: _journals(client)),
        ("Lecture des écritures", lambda: _look_up(client)),
    ):
        checks.append(_tried(step, probe))
        if checks[-1].blocking and not checks[-1].ok:
            return checks
    return [*checks, *_of_route(options)]


def _tried(step: str, probe: Callable[[], AccessCheck]) -> AccessCheck:
    try:
        return probe()
    except FolderRefused:
        detail, action = _FOLDER
    except AccessError:
        detail, action = _KEYS
    except ConfigurationError:
        detail, action = _ODD
    return AccessCheck(step=step, ok=False, detail=detail, action=action)


def _folder(client: CegidLoopClient, options: Options) -> AccessCheck:
    client.probe("/journal")
    return AccessCheck(step="Clés et dossier", ok=True, detail=f"Dossier {options.dossier_code} ouvert à la clé.")


def _lists(client: CegidLoopClient) -> AccessCheck:
    empty = [name for route, name in _LISTS.items() if not client.probe(route) and route in ("/compte", "/tva")]
    return AccessCheck(
        step="Listes du dossier",
        ok=not empty,
        detail=f"Liste vide : {', '.join(empty)}." if empty else "Comptes, TVA, clients et fournisseurs lisibles.",
        action="Ouvrez le dossier dans Cegid Loop et vérifiez son plan comptable." if empty else "",
        blocking=False,
    )


def _journals(client: CegidLoopClient) -> AccessCheck:
    journals = [one for row in client.journals() if (one := answers.journal_of(row)) and one.open]
    ok = {"sales", "purchases"} <= {journal.kind for journal in journals}
    return AccessCheck(
        step="Journaux",
        ok=ok,
        detail=", ".join(sorted(journal.code for journal in journals)) or "Aucun.",
        action="" if ok else "Créez un journal de ventes et un journal d'achats dans Cegid Loop.",
        blocking=False,
    )


def _look_up(client: CegidLoopClient) -> AccessCheck:
    client.lines(lettered=False, piece="SELLSY-TEST-ACCES")
    return AccessCheck(step="Lecture des écritures", ok=True, detail="Une écriture peut être retrouvée et relue.")


def _of_route(options: Options) -> list[AccessCheck]:
    """What only a person can see to; nothing of it can be probed from here."""
    if options.capabilities.pdf is PdfSupport.URL:
        return [
            AccessCheck(
                step="Justificatifs",
                ok=False,
                detail="Cegid Loop télécharge chaque PDF par un lien signé, valable 24 heures.",
                action="Vérifiez que les PDF sont gardés dans un espace qui signe des liens (S3, Google Cloud, Azure).",
                blocking=False,
            )
        ]
    return [
        AccessCheck(
            step="Justificatifs",
            ok=False,
            detail=f"La voie « {options.route} » n'apporte aucun PDF dans Cegid Loop.",
            action="Choisissez la voie « json » pour joindre les justificatifs.",
            blocking=False,
        )
    ]
