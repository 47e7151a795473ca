"""The access check of the OData way: token, company, what the interface knows, and every right that is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sellsy_ledger.connectors.sage100.client import ODataClient
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.errors import AccessError, ConfigurationError, PostingRefused

__all__ = ["RIGHTS", "access_checks"]

# Without token, company or interface the next questions have no answer.
FIRST = ("Jeton d'accès", "Société", "Interface OData")
NEEDED = ("journaux", "comptes", "tiers", "ecritures")


class _Right(NamedTuple):
    resource: str
    order: str
    step: str
    scope: str


RIGHTS = (
    _Right("comptes", "numero", "Lire les comptes", "Account.Read.All"),
    _Right("journaux", "code", "Lire les journaux", "Journal.Read.All"),
    _Right("tiers", "numero", "Lire les tiers", "Tiers.Read.All"),
    _Right("ecritures", "id", "Lire les écritures", "History.Accounting.Read.All"),
)
WRITE = "History.Accounting.Write.All"


def access_checks(client: ODataClient) -> list[AccessCheck]:
    """One cheap call each; the right to write is tried with an entry that is only checked, and empty."""
    found: list[AccessCheck] = []
    for step in _steps(client):
        found.append(step)
        if not step.ok and step.step in FIRST:
            break
    return found


def _steps(client: ODataClient) -> Iterator[AccessCheck]:
    try:
        client.tokens.header()
        client.companies()
    except AccessError as error:
        yield _bad(
            "Jeton d'accès",
            f"refusé ({error.tool_code}) : secret faux, jeton révoqué, expiré ou déjà utilisé.",
            "Reconnectez-vous à Sage et collez client_id, client_secret et le nouveau jeton de rafraîchissement.",
        )
        return
    yield AccessCheck(step="Jeton d'accès", ok=True)
    if client.tokens.rotated:
        yield AccessCheck(
            step="Jeton de rafraîchissement",
            ok=False,
            detail="Sage en a rendu un nouveau, que la Connection ne peut pas enregistrer d'elle-même.",
            action="S'il annule l'ancien, demandez à Sage un jeton sans rotation : le prochain accès serait refusé.",
            blocking=False,
        )
    try:
        yield AccessCheck(step="Société", ok=True, detail=client.dataset_id)
    except ConfigurationError as error:
        yield _bad("Société", f"l'option dataset ne désigne aucune société ({error.message}).", "Corrigez-la.")
        return
    yield _interface(client)
    for right in RIGHTS:
        yield _right(right.step, right.scope, lambda right=right: _read_one(client, right))  # type: ignore[misc]
    yield _right("Écrire les écritures", WRITE, lambda: _check_nothing(client))


def _interface(client: ODataClient) -> AccessCheck:
    try:
        metadata = client.metadata
    except ConfigurationError:
        return _bad(
            "Interface OData",
            "$metadata est introuvable à cette adresse.",
            "Corrigez l'adresse ou l'option dataset de la Connection.",
        )
    missing = [name for name in NEEDED if not metadata.has(name)]
    if not metadata.has_action():
        missing.append("creerPieceComptable")
    if missing:
        return _bad(
            "Interface OData",
            f"cette version de Sage ne connaît pas : {', '.join(missing)}.",
            "Mettez Sage à jour, ou laissez l'adresse vide pour livrer des fichiers.",
        )
    return AccessCheck(step="Interface OData", ok=True)


def _right(step: str, scope: str, attempt: Callable[[], None]) -> AccessCheck:
    try:
        attempt()
    except AccessError:
        return _bad(step, f"le droit {scope} manque.", "Ajoutez-le à l'application Sage, puis reconnectez-vous.")
    return AccessCheck(step=step, ok=True)


def _read_one(client: ODataClient, right: _Right) -> None:
    for _ in client.rows(right.resource, order=right.order, most=1):
        return


def _check_nothing(client: ODataClient) -> None:
    """An empty entry is refused by whoever may create entries, and nothing is written: it is only checked."""
    journal = next(iter(client.rows("journaux", order="code", most=1)), None)
    if journal is None:
        return
    try:
        client.check_entry(str(journal.get("id", "")), {"date": "2000-01-01T00:00:00Z", "ecritures": []})
    except PostingRefused:
        return


def _bad(step: str, detail: str, action: str) -> AccessCheck:
    return AccessCheck(step=step, ok=False, detail=detail, action=action)
