"""The access check of a Chift connection, step by step, in the words an accountant reads. Never writes."""

from __future__ import annotations

from collections.abc import Callable

from sellsy_ledger.connectors.chift.capabilities import BEHIND
from sellsy_ledger.connectors.chift.client import ChiftClient, tool_named
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.errors import AccessError, ConfigurationError

__all__ = ["check_access"]

Probe = Callable[[ChiftClient], AccessCheck]


def check_access(client: ChiftClient) -> list[AccessCheck]:
    """Credentials, consumer, connection, tool behind, folder, then years and journals; stops at the first step that
    blocks the others.

    Raises:
        TryLater: Chift does not answer.
    """
    checks: list[AccessCheck] = []
    for step, probe, action in _STEPS:
        try:
            checks.append(probe(client))
        except ConfigurationError as error:
            checks.append(AccessCheck(step=step, ok=False, detail=_refusal(error), action=action))
        if not checks[-1].ok and checks[-1].blocking:
            break
    return checks


def _sign_in(client: ChiftClient) -> AccessCheck:
    client.session.sign_in()
    return AccessCheck(step="Compte Chift", ok=True, detail="identifiants acceptés.")


def _consumer(client: ChiftClient) -> AccessCheck:
    known = client.consumers()
    found = [each for each in known if client.consumer in (each.consumerid, each.name.strip())]
    if len(found) == 1:
        return AccessCheck(step="Société (consumer)", ok=True, detail=found[0].name or found[0].consumerid)
    names = ", ".join(f"{each.name} ({each.consumerid})" for each in known[:5]) or "aucune"
    return AccessCheck(
        step="Société (consumer)",
        ok=False,
        detail=f"« {client.consumer} » ne désigne pas une seule société du compte Chift ; il connaît : {names}.",
        action="Recopiez l'identifiant de la société (consumer id) depuis la plateforme Chift.",
    )


def _connection(client: ChiftClient) -> AccessCheck:
    connection = client.connection
    told = tool_named(connection.integration)
    named = connection.integration or "nom inconnu"
    if connection.status != "active":
        return AccessCheck(
            step="Liaison avec l'outil comptable",
            ok=False,
            detail=f"la liaison {named} est inactive.",
            action="Reconnectez l'outil comptable dans Chift, puis relancez la vérification.",
        )
    unsure = "" if told else f" (nommé {named} par Chift : {BEHIND[client.behind]} n'a pas pu être vérifié)"
    return AccessCheck(step="Liaison avec l'outil comptable", ok=True, detail=f"{BEHIND[client.behind]}{unsure}.")


def _agent(client: ChiftClient) -> AccessCheck:
    agent = client.connection.agent
    if agent is None or agent.status.casefold() == "up":
        return AccessCheck(step="Agent local", ok=True, detail="en marche." if agent else "aucun à vérifier.")
    return AccessCheck(
        step="Agent local",
        ok=False,
        detail="l'agent Chift du poste de l'outil comptable ne répond pas.",
        action="Démarrez le poste et le service de l'agent Chift ; il doit rester allumé la nuit.",
        blocking=False,
    )


def _folder(client: ChiftClient) -> AccessCheck:
    chosen = client.folder_id
    known = {each.id: each for each in client.folders()}
    if not chosen:
        return AccessCheck(step="Dossier", ok=True, detail="dossier unique.")
    if known and chosen not in known:
        names = ", ".join(f"{each.id} ({each.name})" for each in list(known.values())[:5])
        return AccessCheck(
            step="Dossier",
            ok=False,
            detail=f"le dossier {chosen} n'est pas ouvert à Chift ; sont ouverts : {names}.",
            action="Corrigez l'identifiant du dossier (folder_id), ou cochez ce dossier dans la liaison Chift.",
        )
    return AccessCheck(step="Dossier", ok=True, detail=known[chosen].name if chosen in known else chosen)


def _years(client: ChiftClient) -> AccessCheck:
    still_open = [f"{year.start} → {year.end}" for year in client.book_years() if not year.closed]
    return AccessCheck(
        step="Exercice ouvert",
        ok=bool(still_open),
        detail=", ".join(sorted(still_open)) or "aucun exercice ouvert.",
        action="" if still_open else "Ouvrez l'exercice en cours dans l'outil comptable.",
        blocking=False,
    )


def _journals(client: ChiftClient) -> AccessCheck:
    usable = [journal for journal in client.journals() if journal.blocked is not True]
    kinds = {journal.journal_type.partition("_")[0] for journal in usable}
    ok = {"customer", "supplier"} <= kinds
    return AccessCheck(
        step="Journaux",
        ok=ok,
        detail=", ".join(sorted(journal.code or journal.id for journal in usable)) or "aucun journal utilisable.",
        action="" if ok else "Créez, ou débloquez, un journal de ventes et un journal d'achats dans l'outil comptable.",
        blocking=False,
    )


_STEPS: tuple[tuple[str, Probe, str], ...] = (
    ("Compte Chift", _sign_in, "Recopiez clientId, clientSecret et accountId depuis la plateforme Chift (Clés API)."),
    ("Société (consumer)", _consumer, "Vérifiez les droits de la clé API dans la plateforme Chift."),
    (
        "Liaison avec l'outil comptable",
        _connection,
        "Vérifiez dans Chift la liaison de cette société, et dans la Connection l'outil derrière Chift (behind).",
    ),
    ("Agent local", _agent, "Vérifiez la liaison dans Chift."),
    ("Dossier", _folder, "Indiquez l'identifiant du dossier à tenir (folder_id) dans la Connection."),
    ("Exercice ouvert", _years, "Vérifiez l'exercice dans l'outil comptable et les droits de la liaison."),
    ("Journaux", _journals, "Vérifiez les journaux dans l'outil comptable et les droits de la liaison."),
)

_BY_FIELD = {
    "consumer_id": "la société n'existe pas dans ce compte Chift.",
    "connection_id": "la société n'a aucune liaison comptable, ou en a plusieurs sans que l'une soit choisie.",
    "behind": "l'outil derrière Chift n'est pas celui de la Connection",
    "folder_id": "l'outil derrière Chift tient plusieurs dossiers et aucun n'est choisi",
}


def _refusal(error: ConfigurationError) -> str:
    if isinstance(error, AccessError):
        return f"refusé par Chift (code {error.tool_code})."
    french = _BY_FIELD.get(error.field or "", "réponse inattendue de Chift")
    return french if french.endswith(".") else f"{french} : {error.message}"
