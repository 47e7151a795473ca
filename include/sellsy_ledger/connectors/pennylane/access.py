"""What the answer of ``GET /me`` says about a token: its company and its rights. Pure; texts are French."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sellsy_ledger.connectors.pennylane.answers import Me
from sellsy_ledger.core.access import AccessCheck

__all__ = ["SCOPES", "Scope", "access_checks"]


class Scope(NamedTuple):
    """One right: its name in the API, whether reading is enough, what it is for, whether nothing works without it."""

    name: str
    read_only: bool
    purpose: str
    blocking: bool = True

    @property
    def accepted(self) -> tuple[str, ...]:
        """The scopes that give this right."""
        return (f"{self.name}:readonly", f"{self.name}:all") if self.read_only else (f"{self.name}:all",)


SCOPES = (
    Scope("customers", False, "trouver et créer les clients"),
    Scope("suppliers", False, "trouver et créer les fournisseurs"),
    Scope("customer_invoices", False, "importer les factures de vente"),
    Scope("supplier_invoices", False, "importer les factures d'achat"),
    Scope("file_attachments", False, "déposer les PDF"),
    Scope("ledger_accounts", True, "lire le plan comptable"),
    Scope("journals", True, "lire les journaux"),
    Scope("fiscal_years", True, "lire les exercices"),
    Scope("ledger_entries", True, "relire les écritures après l'envoi"),
    Scope("ledger_entries", False, "enregistrer les pièces sans PDF", blocking=False),
)


def access_checks(me: Me) -> list[AccessCheck]:
    """One step for the company, one per right."""
    return [_company(me), *_rights(set(me.scopes))]


def _company(me: Me) -> AccessCheck:
    test = (me.company.reg_no or "").startswith("sandbox-")
    return AccessCheck(
        step="Société Pennylane", ok=True, detail=me.company.name + (" (société de test)" if test else "")
    )


def _rights(given: set[str]) -> Iterator[AccessCheck]:
    for scope in SCOPES:
        wanted = scope.accepted[0]
        if given.intersection(scope.accepted):
            yield AccessCheck(step=f"Droit {wanted}", ok=True, blocking=scope.blocking)
        else:
            yield AccessCheck(
                step=f"Droit {wanted}",
                ok=False,
                detail=f"le jeton ne permet pas de {scope.purpose}.",
                action=f"Créez un jeton avec le droit {wanted} dans Paramètres > Connectivité > Développeurs.",
                blocking=scope.blocking,
            )
