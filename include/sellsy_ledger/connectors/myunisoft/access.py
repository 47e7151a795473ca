"""The access check of a MyUnisoft connection, step by step, in the words an accountant reads. Never writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sellsy_ledger.connectors.myunisoft import reading
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.errors import ConfigurationError

if TYPE_CHECKING:
    from sellsy_ledger.connectors.myunisoft.client import MyUnisoftClient

__all__ = ["ROUTES_NEEDED", "check_access"]

# What each granted route is for, below /api/v1.
ROUTES_NEEDED = {
    ("get", "/account"): "lire le plan comptable",
    ("post", "/account"): "créer les comptes de tiers",
    ("get", "/diary"): "lire les journaux",
    ("get", "/vat_param"): "lire la TVA",
    ("get", "/society/exercice"): "lire les exercices",
    ("get", "/entry/id"): "retrouver une écriture",
    ("get", "/mad/entry"): "relire une écriture",
    ("post", "/entries"): "chercher un doublon",
}
# Without this one, posted entries are read by another route, which does not show whose they are.
ROUTE_OF_THE_BOOKS = ("get", "/mad/entries")
# What an accountant reads for the codes that a wrong connection draws, and what to do about it.
_RETYPE = "Collez à nouveau le jeton et le secret partenaire dans la connexion."
REFUSALS = {
    "ERR-API-TOKEN-NOT-FOUND": ("Le jeton API est inconnu ou révoqué.", _RETYPE),
    "ERR-FIRM-TOKEN-NOT-FOUND": ("Le jeton de cabinet est inconnu ou révoqué.", _RETYPE),
    "ERR-INVALID-AUTH-HEADER": ("Le jeton API est mal recopié.", _RETYPE),
    "ERR-INVALID-SECRET": ("Le secret partenaire est faux.", _RETYPE),
    "ERR-SECRET-HEADER-NOT-SET": ("Le secret partenaire manque.", _RETYPE),
    "ERR-THIRD-PARTY-DISCONNECTED": (
        "Le connecteur a été désactivé dans MyUnisoft.",
        "Réactivez-le dans MyUnisoft : Paramètres > Connecteurs.",
    ),
    "ERR-FOLDER-NOT-FOUND": (
        "Le dossier demandé n'existe pas ou n'est pas accessible à ce jeton.",
        "Vérifiez l'identifiant du dossier (society-id) dans la connexion.",
    ),
    "SOCIETE12": (
        "La formule de facturation du dossier est inactive.",
        "Demandez à l'administrateur du cabinet d'activer le dossier.",
    ),
}
_NO_BOOKS = AccessCheck(
    step="Lecture des livres",
    ok=False,
    detail="La route mad/entries n'est pas ouverte : les écritures validées sont lues sans la clé de Sellsy Ledger.",
    action="Demandez à MyUnisoft d'ouvrir la route mad/entries à votre connecteur.",
    blocking=False,
)
POSTING_ROUTES = (("post", "/entry"), ("post", "/entry/temp"))


def check_access(client: MyUnisoftClient) -> list[AccessCheck]:
    """Key, granted routes, folder, then fiscal years and journals. Stops at the first step that blocks the others.

    Raises:
        TryLater: MyUnisoft does not answer.
    """
    try:
        info = client.key_info()
    except ConfigurationError as error:
        return [_refused("Clé API", error, _RETYPE)]
    checks = [_key(info), *_routes(info), _target(info, client)]
    if not all(check.ok for check in checks if check.blocking):
        return checks
    for step, probe, action in (
        ("Dossier", _folder, "Vérifiez l'identifiant du dossier (society-id) et les droits du jeton."),
        ("Exercice ouvert", _years, "Ouvrez l'exercice en cours dans MyUnisoft."),
        ("Journaux", _journals, "Créez un journal de ventes et un journal d'achats dans MyUnisoft."),
    ):
        try:
            ok, detail = probe(client)
        except ConfigurationError as error:
            checks.append(_refused(step, error, action))
            break
        checks.append(AccessCheck(step=step, ok=ok, detail=detail, action="" if ok else action, blocking=False))
    return checks


def _key(info: dict[str, Any]) -> AccessCheck:
    active = info.get("isActivated", True) is not False
    return AccessCheck(
        step="Clé API",
        ok=active,
        detail="Clé active." if active else "La clé n'est pas activée.",
        action="" if active else "Activez le connecteur dans MyUnisoft : Paramètres > Connecteurs.",
    )


def _routes(info: dict[str, Any]) -> list[AccessCheck]:
    """Rights that are missing; a key that lists no route says nothing about its rights."""
    routes = info.get("routes")
    granted = {
        (str(route.get("method", "")).lower(), str(route.get("path", "")).removeprefix("/api/v1"))
        for route in (routes if isinstance(routes, list) else [])
        if isinstance(route, dict)
    }
    if not granted:
        return []
    missing = [purpose for route, purpose in ROUTES_NEEDED.items() if not _granted(route, granted)]
    if not any(_granted(route, granted) for route in POSTING_ROUTES):
        missing.append("écrire dans les journaux")
    rights = AccessCheck(
        step="Droits de la clé",
        ok=not missing,
        detail=f"Il manque : {', '.join(missing)}." if missing else "Toutes les routes utiles sont ouvertes.",
        action="Demandez à MyUnisoft d'ouvrir ces routes à votre connecteur." if missing else "",
    )
    return [rights] if _granted(ROUTE_OF_THE_BOOKS, granted) else [rights, _NO_BOOKS]


def _granted(route: tuple[str, str], granted: set[tuple[str, str]]) -> bool:
    """True when the route or its newer form (``/account/v2``) is granted."""
    method, path = route
    return route in granted or (method, f"{path}/v2") in granted


def _target(info: dict[str, Any], client: MyUnisoftClient) -> AccessCheck:
    target = info.get("target")
    kind = str(target.get("type") or "") if isinstance(target, dict) else ""
    needs_folder = kind == "firm" and not client.society_id
    return AccessCheck(
        step="Type d'accès",
        ok=not needs_folder,
        detail="Jeton de cabinet sans dossier choisi." if needs_folder else f"Accès {kind or 'dossier'}.",
        action="Renseignez l'identifiant du dossier (society-id) dans la connexion." if needs_folder else "",
    )


def _folder(client: MyUnisoftClient) -> tuple[bool, str]:
    folder = client.society()
    return True, f"{folder.get('name') or 'dossier'} ({folder.get('siret') or 'sans SIRET'})."


def _years(client: MyUnisoftClient) -> tuple[bool, str]:
    years = [year for raw in client.fiscal_years() if (year := reading.fiscal_year_of(raw))]
    still_open = [year for year in years if not year.closed]
    shown = ", ".join(
        f"{year.start.isoformat()} → {year.end.isoformat()}" for year in sorted(still_open, key=lambda year: year.start)
    )
    return bool(still_open), shown or "Aucun exercice ouvert."


def _journals(client: MyUnisoftClient) -> tuple[bool, str]:
    journals = [journal for raw in client.diaries() if (journal := reading.journal_of(raw)) and journal.open]
    kinds = {journal.kind for journal in journals}
    return {"sales", "purchases"} <= kinds, ", ".join(sorted(journal.code for journal in journals)) or "Aucun."


def _refused(step: str, error: ConfigurationError, action: str) -> AccessCheck:
    code = error.tool_code or ""
    detail, known_action = REFUSALS.get(code, (f"MyUnisoft refuse l'accès ({code or 'réponse inattendue'}).", action))
    return AccessCheck(step=step, ok=False, detail=detail, action=known_action)
