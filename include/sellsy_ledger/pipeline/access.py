"""First step: may this run begin? Settings, rights on both sides, and what the mapping names.

The thorough check costs a dozen calls; it is made when the settings are new or changed, and once a week. On the other
nights the first calls of the run prove the access anyway, and an idle night stays within a handful of calls.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.settings import CompanySettings, check_against, settings_warnings
from sellsy_ledger.errors import AccessError, ConfigurationError
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.snapshot import read_ledger_once

__all__ = ["check_access", "check_mapping", "doubles_check", "probe", "settings_checks"]

NOTE = "access_checked"
THOROUGH_EVERY = dt.timedelta(days=7)


def check_access(company: Company, *, thorough: bool | None = None) -> list[AccessCheck]:
    """Check that the company can be synchronised.

    Args:
        company: the company at work.
        thorough: True to probe everything, False for the settings alone, None to let the last check decide.

    Returns:
        One step per thing looked at, in French; warnings have ``ok=False, blocking=False``.

    Raises:
        ConfigurationError: a blocking step failed (``AccessError`` when credentials or rights are at fault).
    """
    checks = settings_checks(company.settings, company.connector.capabilities)
    _stop_on_failure(checks, ConfigurationError)
    if thorough is False or (thorough is None and _checked_lately(company)):
        return checks
    probed = probe(company)
    _stop_on_failure(probed, AccessError)
    _remember(company)
    return checks + probed


def probe(company: Company) -> list[AccessCheck]:
    """Ask both APIs for everything the run will need. An API that refuses becomes a failed step of its own.

    Raises:
        TryLater: an API does not answer at all.
    """
    checks: list[AccessCheck] = []
    looks: tuple[tuple[str, Callable[[], Sequence[AccessCheck]]], ...] = (
        ("Sellsy", partial(company.sellsy.check_access, directions=company.settings.scope.directions)),
        (company.connector.capabilities.title, company.connector.check_access),
        ("Correspondances", partial(check_mapping, company)),
    )
    for side, look in looks:
        try:
            checks += look()
        except ConfigurationError as error:
            checks.append(AccessCheck(step=side, ok=False, detail=error.message, action=error.action or ""))
            # Without access the ledger cannot be read: its checks would only repeat the same refusal.
            break
    return checks


def check_mapping(company: Company) -> list[AccessCheck]:
    """What the mapping names, looked for in the tool's ledger. Never blocking: the documents it concerns will wait."""
    if company.settings.document_only:
        return [AccessCheck(step="Correspondances", ok=True, detail="sans objet : seul le PDF est transmis")]
    ledger = LedgerIndex(read_ledger_once(company))
    return [*_journal_checks(company.settings, ledger), *_account_checks(company.settings, ledger)]


def settings_checks(settings: CompanySettings, capabilities: Capabilities) -> list[AccessCheck]:
    """Do the settings ask only for what the tool can do? Costs nothing."""
    action = "Corrigez les réglages de la société."
    problems = [
        AccessCheck(step="Réglages", ok=False, detail=problem, action=action)
        for problem in check_against(settings, capabilities)
    ]
    problems += [_warning("Réglages", warning, "") for warning in settings_warnings(settings)]
    return problems or [AccessCheck(step="Réglages", ok=True, detail="conformes à l'outil comptable")]


def doubles_check(settings: CompanySettings, capabilities: Capabilities) -> AccessCheck:
    """What new purchases are compared with before they are posted."""
    title = capabilities.title
    if Direction.PURCHASES not in settings.scope.directions:
        detail = "sans objet : aucun achat dans le périmètre"
    elif capabilities.reads_books:
        detail = f"chaque achat nouveau est comparé aux livres de {title} et aux autres achats connus"
    else:
        detail = f"{title} ne montre pas ses livres : comparaison avec les achats connus, et avec un FEC repris"
    return AccessCheck(step="Doublons", ok=True, detail=detail)


def _journal_checks(settings: CompanySettings, ledger: LedgerIndex) -> Iterable[AccessCheck]:
    for direction in settings.scope.directions:
        code = getattr(settings.mappings.journals, direction.value)
        step = f"Journal {'des ventes' if direction.value == 'sales' else 'des achats'}"
        journal = ledger.journal(code) if code else None
        if journal is None:
            yield _warning(step, code or "aucun journal choisi", "Choisissez un journal de l'outil comptable.")
        elif not journal.open:
            yield _warning(step, f"{code} est fermé", "Ouvrez le journal ou choisissez-en un autre.")
        else:
            yield AccessCheck(step=step, ok=True, detail=code)


def _account_checks(settings: CompanySettings, ledger: LedgerIndex) -> Iterable[AccessCheck]:
    directions = settings.scope.directions
    accounts = settings.mappings.accounts
    wanted: list[str | None] = [accounts.rounding_credit, accounts.rounding_debit]
    wanted += [getattr(accounts, f"{direction.value}_default") for direction in directions]
    for line in settings.mappings.vat:
        if line.direction in directions:
            wanted += [line.account, line.reverse_charge_account]
    missing = sorted({number for number in wanted if number and not _is_usable(ledger, number)})
    if missing:
        action = "Créez ou activez ces comptes dans l'outil comptable, ou corrigez la correspondance."
        return [_warning("Comptes", f"absents ou inactifs : {', '.join(missing)}", action)]
    return [AccessCheck(step="Comptes", ok=True, detail="présents dans le plan comptable")]


def _is_usable(ledger: LedgerIndex, number: str) -> bool:
    account = ledger.account(number)
    return account is not None and account.active


def _warning(step: str, detail: str, action: str) -> AccessCheck:
    return AccessCheck(step=step, ok=False, detail=detail, action=action, blocking=False)


def _stop_on_failure(checks: list[AccessCheck], error: type[ConfigurationError]) -> None:
    failed = [check for check in checks if check.blocking and not check.ok]
    if failed:
        raise error("; ".join(f"{check.step}: {check.detail} {check.action}".strip() for check in failed))


def _settings_hash(company: Company) -> str:
    return hashlib.sha256(company.settings.model_dump_json().encode()).hexdigest()


def _checked_lately(company: Company) -> bool:
    note = json.loads(company.register.note(company.name, NOTE) or "{}")
    if note.get("settings") != _settings_hash(company):
        return False
    age = company.now() - dt.datetime.fromisoformat(note["at"])
    return dt.timedelta(0) <= age < THOROUGH_EVERY


def _remember(company: Company) -> None:
    note = {"at": company.now().isoformat(), "settings": _settings_hash(company)}
    company.register.store_note(company.name, NOTE, json.dumps(note))
