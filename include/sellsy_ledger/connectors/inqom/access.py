"""The access check of an Inqom connection, step by step, in the words an accountant reads. Never writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sellsy_ledger.connectors.inqom import reading
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.errors import AccessError, ConfigurationError, LedgerError

if TYPE_CHECKING:
    from sellsy_ledger.connectors.inqom.client import InqomClient
    from sellsy_ledger.connectors.inqom.options import Options

__all__ = ["check_access"]

# What the token route's own codes mean to whoever fills in the form.
_GRANT = {
    "invalid_grant": (
        "Inqom refuse l'utilisateur ou son mot de passe.",
        "Corrigez l'identifiant et le mot de passe de l'utilisateur Inqom dans la connexion.",
    ),
    "invalid_client": (
        "Inqom refuse client_id ou client_secret.",
        "Collez à nouveau client_id et client_secret, remis par Inqom.",
    ),
    "invalid_scope": (
        "La portée (scope) demandée n'est pas ouverte à ce client_id.",
        "Corrigez l'option scope, ou demandez à Inqom d'ouvrir la portée.",
    ),
}
_OTHER_GRANT = (
    "Inqom ne délivre pas de jeton à ce client_id.",
    "Vérifiez l'adresse d'authentification et demandez à Inqom si ce client_id accepte la connexion par mot de passe.",
)
_NATIVE = AccessCheck(
    step="Connecteur Sellsy d'Inqom",
    ok=False,
    detail="Inqom a son propre connecteur Sellsy, qui enregistre chaque nuit les ventes : avec lui, elles le seraient "
    "deux fois.",
    action="Vérifiez dans Inqom qu'il est désactivé pour ce dossier, puis mettez l'option native_connector_off à yes.",
    blocking=False,
)

Probe = Callable[[], tuple[bool, str]]


def check_access(client: InqomClient, options: Options) -> list[AccessCheck]:
    """Token, folder, journals, documents, SIREN, and the reminder about Inqom's own connector.

    Raises:
        TryLater: Inqom does not answer.
    """
    try:
        client.tokens.token()
    except ConfigurationError as error:
        detail, action = _GRANT.get(error.tool_code or "", _OTHER_GRANT)
        return [AccessCheck(step="Jeton", ok=False, detail=detail, action=action)]
    rights = "Donnez à l'utilisateur Inqom l'accès à ce dossier, et vérifiez dossier_id."
    checks = [AccessCheck(step="Jeton", ok=True, detail="Inqom délivre un jeton.")]
    for step, probe, action, blocking in (
        ("Droits de l'utilisateur", lambda: _rights(client), "Donnez des droits à l'utilisateur dans Inqom.", True),
        ("Dossier et exercice ouvert", lambda: _years(client), rights, True),
        ("Journaux", lambda: _journals(client), "Créez un journal de ventes et un journal d'achats.", False),
        ("Documents", lambda: _documents(client), _documents_action(options), False),
        ("SIREN du dossier", lambda: _siren(client, options), "Vérifiez dossier_id : est-ce le bon dossier ?", False),
    ):
        check = _checked(step, probe, action, blocking=blocking)
        checks.append(check)
        if blocking and not check.ok:
            return checks
    return checks if options.native_connector_off else [*checks, _NATIVE]


def _checked(step: str, probe: Probe, action: str, *, blocking: bool) -> AccessCheck:
    try:
        ok, detail = probe()
    except AccessError as error:
        ok, detail = False, f"Inqom refuse l'accès ({error.tool_code or 'sans code'})."
    except ConfigurationError:
        ok, detail = False, "Inqom ne connaît pas ce dossier, ou l'adresse n'est pas la bonne."
    return AccessCheck(step=step, ok=ok, detail=detail, action="" if ok else action, blocking=blocking)


def _rights(client: InqomClient) -> tuple[bool, str]:
    found = client.internal_access()
    return bool(found), f"{len(found)} société(s) ou dossier(s) accessibles." if found else "Aucun dossier accessible."


def _years(client: InqomClient) -> tuple[bool, str]:
    years = [year for year in reading.fiscal_years(client.periods()) if not year.closed]
    shown = ", ".join(f"{year.start.isoformat()} → {year.end.isoformat()}" for year in years)
    return bool(years), shown or "Aucun exercice ouvert."


def _journals(client: InqomClient) -> tuple[bool, str]:
    journals = [reading.journal_of(journal) for journal in client.journals()]
    kinds = {journal.kind for journal in journals}
    return {"sales", "purchases"} <= kinds, ", ".join(sorted(journal.code for journal in journals)) or "Aucun."


def _documents(client: InqomClient) -> tuple[bool, str]:
    ok = client.documents_answer()
    return ok, "Les documents répondent." if ok else "Les documents ne répondent pas à cette adresse."


def _documents_action(options: Options) -> str:
    return (
        "Corrigez l'option documents_url, ou ajoutez accountingdocumentsapi à l'option scope "
        f"(actuellement « {options.scope} »)."
    )


def _siren(client: InqomClient, options: Options) -> tuple[bool, str]:
    """A warning only: which rights show the folder's identity is not documented."""
    try:
        folder = _folder(client)
    except LedgerError:
        folder = None
    if folder is None:
        return True, "L'identité du dossier ne se lit pas avec ces droits ; le SIREN n'est pas comparé."
    name, siren = folder
    if not options.siren:
        return True, f"{name} ({siren or 'sans SIREN'})."
    if not siren:
        return True, f"{name} : pas de SIREN dans Inqom, rien à comparer."
    return siren == options.siren, f"{name} a le SIREN {siren}, la connexion attend {options.siren}."


def _folder(client: InqomClient) -> tuple[str, str] | None:
    """Name and SIREN of the folder, from the list of its company's folders."""
    wanted = str(client.dossier_id)
    companies = dict.fromkeys(
        str(each.companyid or each.id) for each in client.internal_access() if each.companyid or each.accesstype
    )
    for company in list(companies)[:20]:
        for folder in client.folders(company):
            if str(folder.id) == wanted:
                return folder.name or "Dossier", "".join((folder.siren or "").split())
    return None
