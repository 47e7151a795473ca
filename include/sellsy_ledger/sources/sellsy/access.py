"""Checks, one cheap call each, that the API client may read all that the synchronisation reads. Never writes; in
particular it only *reads* the strict-conformity state, whose activation cannot be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

import msgspec

from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.errors import AccessError, LedgerError, TryLater
from sellsy_ledger.sources.sellsy.client import SellsyClient

__all__ = ["check_access"]


class _Probe(NamedTuple):
    step: str
    scope: str
    blocking: bool
    call: Callable[[SellsyClient], object]
    directions: tuple[Direction, ...] = (Direction.SALES, Direction.PURCHASES)


class _Conformity(msgspec.Struct):
    active: bool | None = None


def _journal(name: str) -> Callable[[SellsyClient], object]:
    filters = {"include_exported_entries": True}
    return lambda client: client.first(f"/accounting-journal/{name}/search", filters=filters)


_PURCHASE_LIST = {"doctype": "invoice", "pagination": {"pagenum": 1, "nbperpage": 1}}
_SALES, _PURCHASES = (Direction.SALES,), (Direction.PURCHASES,)
_PROBES = (
    _Probe("Factures", "invoices.read", True, lambda c: c.first("/invoices/search", filters={}), _SALES),
    _Probe("Avoirs", "credit-notes.read", True, lambda c: c.first("/credit-notes"), _SALES),
    _Probe("Sociétés", "companies.read", True, lambda c: c.first("/companies")),
    _Probe("Particuliers", "individuals.read", True, lambda c: c.first("/individuals")),
    _Probe("Taxes", "taxes.read", True, lambda c: c.first("/taxes")),
    _Probe("Codes comptables", "accounting-codes.read", True, lambda c: c.first("/accounting-codes")),
    _Probe("Comptes par défaut", "accounting-settings.read", True, lambda c: c.get("/settings/accounting-charts")),
    _Probe("Journal des ventes", "accounting-entry.read", False, _journal("sells"), _SALES),
    _Probe("Journal des achats", "accounting-entry.read", False, _journal("purchases"), _PURCHASES),
    _Probe("Achats (API V1)", "api-v1", True, lambda c: c.v1("Purchase.getList", _PURCHASE_LIST), _PURCHASES),
)


def check_access(client: SellsyClient, *, full: bool, directions: Collection[Direction]) -> list[AccessCheck]:
    """Credentials first; without them nothing else is asked.

    Raises:
        TryLater: Sellsy did not answer, which says nothing about rights.
    """
    try:
        client.connect()
    except AccessError as error:
        return [
            AccessCheck(
                step="Identifiants Sellsy",
                ok=False,
                detail=f"Sellsy refuse les identifiants ({error.tool_code}).",
                action="Recopiez client_id et client_secret d'un client API personnel dans la Connection.",
            )
        ]
    checks = [AccessCheck(step="Identifiants Sellsy", ok=True)]
    if full:
        checks.append(_conformity(client))
        wanted = set(directions) or set(Direction)
        checks += [_probed(client, probe, directions) for probe in _PROBES if wanted & set(probe.directions)]
    return checks


def _probed(client: SellsyClient, probe: _Probe, directions: Collection[Direction]) -> AccessCheck:
    # Nobody said that purchases are wanted: then a right that only they need stops nothing.
    blocking = probe.blocking and (probe.directions != _PURCHASES or Direction.PURCHASES in directions)
    try:
        probe.call(client)
    except TryLater:
        raise
    except LedgerError as error:
        return AccessCheck(
            step=probe.step,
            ok=False,
            detail=f"Le droit {probe.scope} manque."
            if isinstance(error, AccessError)
            else f"Lecture refusée : {error}",
            action=f"Cochez {probe.scope} sur le client API dans Sellsy, puis relancez la vérification.",
            blocking=blocking,
        )
    return AccessCheck(step=probe.step, ok=True, blocking=blocking)


def _conformity(client: SellsyClient) -> AccessCheck:
    step, action = "Conformité stricte", "Activez le mode conforme dans les réglages de Sellsy."
    try:
        found = msgspec.json.decode(client.get("/accounts/conformities"), type=_Conformity)
    except TryLater:
        raise
    except (LedgerError, msgspec.DecodeError):
        return AccessCheck(
            step=step,
            ok=False,
            detail="Son état n'est pas lisible (droit accounts.read).",
            action="Cochez accounts.read sur le client API.",
            blocking=False,
        )
    if found.active:
        return AccessCheck(step=step, ok=True, blocking=False)
    detail = "La conformité stricte n'est pas active : une facture validée peut encore changer."
    return AccessCheck(step=step, ok=False, detail=detail, action=action, blocking=False)
