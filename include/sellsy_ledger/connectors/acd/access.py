"""The access check of an ACD connection, step by step, in the words an accountant reads. Never writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

from sellsy_ledger.connectors.acd import errors, reading
from sellsy_ledger.connectors.acd.fec import Fec, UnreadableFec
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.errors import ConfigurationError

if TYPE_CHECKING:
    from sellsy_ledger.connectors.acd.client import AcdClient

__all__ = ["LOGIN_REFUSED", "NO_API", "NO_ROUTE", "REFUSALS", "check_access"]

_SHARING = "Dans ACD : Comptabilité Expert > i-Suite Expert > Gestion du partage"
_LOGIN = (
    "Vérifiez l'identifiant, le mot de passe et la référence CNX dans la connexion ; un compte se bloque une dizaine "
    "de minutes après plusieurs échecs, et un compte à double authentification ne convient pas."
)
_ADDRESS = (
    "Vérifiez l'adresse dans la connexion : https://<serveur>/<cnx>/api ou https://<serveur>/iSuiteExpert/api, telle "
    "que la montre le Swagger du cabinet."
)
_DOSSIER = f"Vérifiez le code du dossier. {_SHARING}, activez le partage du dossier."
_NO_FEC = (
    "Si l'exercice est à cheval sur deux années civiles, mettez l'option « read_back » à « none » : les écritures "
    "partent sans relecture, et une réponse perdue sera laissée à une personne."
)
_ROUTES = "Vérifiez l'adresse, ou donnez la route de ce serveur dans l'option « routes »."

NO_API = "Cette adresse ne répond pas comme l'API d'i-Suite Expert."
NO_ROUTE = "Le serveur n'a pas cette route."
LOGIN_REFUSED = "ACD refuse l'identifiant ou le mot de passe."
REFUSALS = {
    "403": "Accès refusé : le dossier n'est pas partagé, ou sa GED n'est pas liée.",
    errors.NO_DOSSIER: "Le dossier est introuvable.",
    errors.SEVERAL_YEARS: "ACD ne donne pas le FEC d'un exercice à cheval sur deux années.",
}
"""What an accountant reads for a refusal, by its code."""


def check_access(client: AcdClient) -> list[AccessCheck]:
    """Login, dossier, journals, accounts, fiscal years, document store, FEC. Stops at the first step that blocks.

    Raises:
        TryLater: the server does not answer.
    """
    checks: list[AccessCheck] = []
    steps: tuple[tuple[str, Callable[[AcdClient], str], str], ...] = (
        ("Connexion", _login, _LOGIN),
        ("Dossier", _dossier, _DOSSIER),
        ("Comptes", _accounts, _DOSSIER),
    )
    for step, probe, action in steps:
        try:
            checks.append(AccessCheck(step=step, ok=True, detail=probe(client)))
        except ConfigurationError as error:
            return [*checks, _refused(step, error, action)]
    return [*checks, *_optional(client)]


def _optional(client: AcdClient) -> list[AccessCheck]:
    checks: list[AccessCheck] = []
    probes: tuple[tuple[str, Callable[[AcdClient], tuple[bool, str]], str], ...] = (
        ("Journaux", _journals, f"{_SHARING}, cochez un journal de ventes et un journal d'achats."),
        ("Exercice ouvert", _years, "Ouvrez l'exercice en cours dans ACD."),
        ("GED", _ged, "Liez la GED à la comptabilité du dossier : sans elle, aucun PDF ne peut être joint."),
        *((("Relecture (FEC)", _fec, _NO_FEC),) if client.settings.reads_fec else ()),
    )
    for step, probe, action in probes:
        try:
            ok, detail = probe(client)
        except ConfigurationError as error:
            checks.append(_refused(step, error, action, blocking=False))
            continue
        checks.append(AccessCheck(step=step, ok=ok, detail=detail, action="" if ok else action, blocking=False))
    return checks


def _login(client: AcdClient) -> str:
    client.session.log_in()
    return "Session ouverte."


def _dossier(client: AcdClient) -> str:
    client.session.select()
    client.session.touch()
    client.journals()
    return f"Dossier {client.settings.code_dossier} partagé."


def _accounts(client: AcdClient) -> str:
    general = len(client.accounts())
    parties = sum(len(client.third_parties(direction)) for direction in Direction)
    return f"{general} comptes généraux, {parties} comptes de tiers."


def _journals(client: AcdClient) -> tuple[bool, str]:
    journals = [journal for raw in client.journals() if (journal := reading.journal_of(raw))]
    codes = ", ".join(sorted(journal.code for journal in journals)) or "Aucun journal partagé."
    return {"sales", "purchases"} <= {journal.kind for journal in journals}, codes


def _years(client: AcdClient) -> tuple[bool, str]:
    years = [year for raw in client.years() if (year := reading.fiscal_year_of(raw))]
    if not years:
        return True, "Le serveur ne donne pas les exercices : une date hors exercice ne sera connue qu'à son refus."
    still_open = sorted((year.start, year.end) for year in years if not year.closed)
    shown = ", ".join(f"{start.isoformat()} → {end.isoformat()}" for start, end in still_open)
    return bool(still_open), shown or "Aucun exercice ouvert."


def _ged(client: AcdClient) -> tuple[bool, str]:
    nodes = len(client.ged_tree())
    return bool(nodes), f"{nodes} classements à la racine." if nodes else "La GED n'a aucun classement."


def _fec(client: AcdClient) -> tuple[bool, str]:
    today = dt.date.today()  # noqa: DTZ011 - any recent year will do
    try:
        lines = len(Fec(client.fec(today.year)).lines)
    except UnreadableFec:
        return False, f"Le FEC de {today.year} est illisible."
    return True, f"FEC de {today.year} lu : {lines} lignes."


def _refused(step: str, error: ConfigurationError, action: str, *, blocking: bool = True) -> AccessCheck:
    code = error.tool_code or "réponse inattendue"
    detail = "ACD refuse cette lecture."
    if isinstance(error, errors.RouteMissing):
        detail, action = (NO_API, _ADDRESS) if step == "Connexion" else (NO_ROUTE, _ROUTES)
    elif step == "Connexion":
        detail = LOGIN_REFUSED
    elif code in REFUSALS:
        detail = REFUSALS[code]
    return AccessCheck(step=step, ok=False, detail=f"{detail} ({code})", action=action, blocking=blocking)
