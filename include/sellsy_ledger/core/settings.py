"""A company's settings: the contract between accountants, pages, Variables and the pipeline."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from sellsy_ledger.core.capabilities import Capabilities, VatSupport
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.errors import ConfigurationError

__all__ = [
    "UNINVOICED_VAT_ACCOUNTS",
    "Accounts",
    "ClosedPeriod",
    "CompanyEntry",
    "CompanySettings",
    "Journals",
    "LabelStyle",
    "Mappings",
    "RoundingRule",
    "RoundingVatCodes",
    "Scope",
    "VatMapping",
    "check_against",
    "load_companies",
    "load_settings",
    "settings_warnings",
]

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
AccountNumber = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9A-Za-z]{1,21}$")]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


UNINVOICED_VAT_ACCOUNTS = ("44586", "44587")
"""VAT on invoices to be received or issued at year-end: a common wrong choice for VAT on receipts (44564, 44574)."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scope(StrEnum):
    """Which documents are synchronised."""

    SALES_AND_PURCHASES = "sales_and_purchases"
    SALES = "sales"
    PURCHASES = "purchases"

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions this scope covers."""
        if self is Scope.SALES_AND_PURCHASES:
            return (Direction.SALES, Direction.PURCHASES)
        return (Direction(self.value),)


class LabelStyle(StrEnum):
    """How line labels are made (the four styles of the product page)."""

    THIRD_PARTY_THEN_DESCRIPTION = "third_party_then_description"
    THIRD_PARTY = "third_party"
    THIRD_PARTY_AND_DESCRIPTION = "third_party_and_description"
    THIRD_PARTY_AND_NUMBER = "third_party_and_number"

    @property
    def needs_descriptions(self) -> bool:
        """True when labels hold Sellsy's row descriptions, so that rows must be read."""
        return self in (LabelStyle.THIRD_PARTY_THEN_DESCRIPTION, LabelStyle.THIRD_PARTY_AND_DESCRIPTION)


class ClosedPeriod(StrEnum):
    """What happens to a document dated in a closed period."""

    REFUSE = "refuse"
    FIRST_OPEN_DAY = "first_open_day"
    ASK = "ask"


class RoundingRule(StrEnum):
    """``by_side``: the account follows the missing side; ``literal``: the product page's sentence everywhere."""

    BY_SIDE = "by_side"
    LITERAL = "literal"


class VatMapping(_Model):
    """One Sellsy tax → the tool's VAT code and account.

    A null ``sellsy_tax_id``, ``rate`` or ``category`` matches any; the most specific line wins. On a line with a
    ``reverse_charge_account``, ``rate`` is the rate to assess, whether the document prints it or 0 %.
    """

    direction: Direction
    sellsy_tax_id: int | None = None
    rate: Decimal | None = Field(default=None, ge=0, le=100)
    category: Literal["S", "E", "AE", "K", "G", "O", "Z"] | None = None
    due_on: Literal["invoice", "receipt", "any"] = "any"
    vat_code: Code | None = None
    account: AccountNumber | None = None
    reverse_charge_account: AccountNumber | None = None

    @field_validator("rate", mode="before")
    @classmethod
    def _no_float(cls, value: object) -> object:
        if isinstance(value, float):
            raise ValueError('write the rate as text, for instance "5.5"')
        return value


class RoundingVatCodes(_Model):
    """VAT codes of rounding lines, for tools that demand one on every line."""

    sales: Code | None = None
    purchases: Code | None = None


class Journals(_Model):
    """Journal codes in the tool."""

    sales: Code | None = None
    purchases: Code | None = None


class Accounts(_Model):
    """Default and control accounts. ``deposits_vat`` takes the VAT of deposit invoices (Sellsy's 4458x scheme);
    when null, the account of the VAT mapping does. ``deposits_paid`` (4091) takes deposit invoices of suppliers.
    """

    sales_default: AccountNumber | None = None
    purchases_default: AccountNumber | None = None
    customers_control: AccountNumber | None = None
    suppliers_control: AccountNumber | None = None
    rounding_credit: AccountNumber
    rounding_debit: AccountNumber
    deposits: AccountNumber | None = None
    deposits_vat: AccountNumber | None = None
    deposits_paid: AccountNumber | None = None


class Mappings(_Model):
    """Everything that turns Sellsy's words into the tool's."""

    vat: tuple[VatMapping, ...] = ()
    rounding_vat_codes: RoundingVatCodes = RoundingVatCodes()
    journals: Journals
    accounts: Accounts
    account_overrides: dict[str, AccountNumber] = {}


_NO_MAPPINGS = Mappings(journals=Journals(), accounts=Accounts(rounding_credit="758000", rounding_debit="658000"))
"""Stands in where only PDFs are handed over; anywhere else the settings must bring their own."""


class CompanySettings(_Model):
    """The whole settings of one company, as in Variable ``sellsy_ledger_company__<company>``.

    ``posting``: ``posted``, ``draft``, or the pending mode without entry, ``document_only``, which some tools call by
    a word of their own (``panier``, ``pia``). That mode makes no entry and needs no ``mappings``.
    ``approval_hours``: how long a run waits for a person's answer; below a day, so that the next night is not kept.
    """

    company: Slug
    name: Name
    tool: Slug
    sellsy_conn_id: Name
    tool_conn_id: Name
    start_date: date
    schedule: str | None = "0 2 * * *"
    scope: Scope = Scope.SALES_AND_PURCHASES
    posting: Literal["posted", "draft", "document_only", "panier", "pia"] = "posted"
    without_supporting_document: Literal["wait", "post"] = "wait"
    label_style: LabelStyle = LabelStyle.THIRD_PARTY_THEN_DESCRIPTION
    closed_period: ClosedPeriod = ClosedPeriod.REFUSE
    approval: Literal["none", "first_run", "every_run"] = "none"
    approval_hours: int = Field(default=20, ge=1, le=720)
    rounding_rule: RoundingRule = RoundingRule.BY_SIDE
    rounding_cap_cents: int = Field(default=10, ge=0, le=1000)
    mappings: Mappings = _NO_MAPPINGS

    @property
    def document_only(self) -> bool:
        """True when only the PDF is handed over, under whatever word of the tool, and the accountant enters it."""
        return self.posting not in ("posted", "draft")


class CompanyEntry(_Model):
    """One line of Variable ``sellsy_ledger_companies``: what the scheduler needs to draw the DAG.

    The Connection ids name the pools of the API accounts; null means ``sellsy__<company>`` and ``<tool>__<company>``.
    """

    company: Slug
    name: Name
    tool: Slug
    start_date: date
    schedule: str | None = "0 2 * * *"
    enabled: bool = True
    sellsy_conn_id: Name | None = None
    tool_conn_id: Name | None = None


def _dotted(location: tuple[int | str, ...]) -> str:
    """``("mappings", "vat", 2, "account")`` → ``mappings.vat[2].account``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".") or "settings"


def _explain(error: ValidationError) -> str:
    """Field by field, without the rejected values (a value may be a misplaced secret)."""
    return "; ".join(f"{_dotted(problem['loc'])}: {problem['msg']}" for problem in error.errors())


def _parse(data: str | bytes | dict[str, Any] | list[Any], where: str) -> Any:
    if not isinstance(data, (str, bytes)):
        return data
    try:
        return json.loads(data)
    except ValueError as error:
        line = getattr(error, "lineno", "?")
        raise ConfigurationError(f"{where} is not valid JSON (line {line}): correct the text.", field="") from None


def load_settings(data: str | bytes | dict[str, Any], *, where: str) -> CompanySettings:
    """Validate one company's settings.

    Args:
        data: the JSON text or the parsed object.
        where: the file or Variable it came from, for the message.

    Raises:
        ConfigurationError: naming every field at fault and what is wrong with it; rejected values are not repeated.
    """
    try:
        settings = CompanySettings.model_validate(_parse(data, where))
    except ValidationError as error:
        fields = ", ".join(_dotted(problem["loc"]) for problem in error.errors())
        raise ConfigurationError(f"{where}: {_explain(error)}.", field=fields) from None
    problems = {**_missing_for_scope(settings), **_contradictions(settings.mappings.vat)}
    if problems:
        text = "; ".join(f"{field}: {problem}" for field, problem in problems.items())
        raise ConfigurationError(f"{where}: {text}.", field=", ".join(problems))
    return settings


def _missing_for_scope(settings: CompanySettings) -> dict[str, str]:
    """Dotted field → what to do, for what the scope's documents cannot do without."""
    if settings.document_only:
        return {}
    if "mappings" not in settings.model_fields_set:
        return {"mappings": "is missing; give journals, accounts and VAT, or hand over the PDF alone"}
    journals, accounts = settings.mappings.journals, settings.mappings.accounts
    needed = {
        Direction.SALES: {
            "mappings.journals.sales": (journals.sales, "the sales journal's code"),
            "mappings.accounts.customers_control": (accounts.customers_control, "the customers' collective account"),
            "mappings.accounts.sales_default": (accounts.sales_default, "the default sales account"),
        },
        Direction.PURCHASES: {
            "mappings.journals.purchases": (journals.purchases, "the purchases journal's code"),
            "mappings.accounts.suppliers_control": (accounts.suppliers_control, "the suppliers' collective account"),
            "mappings.accounts.purchases_default": (accounts.purchases_default, "the default purchases account"),
        },
    }
    return {
        field: f"is needed by the scope {settings.scope.value}; give {what}, or narrow the scope"
        for direction in settings.scope.directions
        for field, (value, what) in needed[direction].items()
        if value is None
    }


def _contradictions(lines: tuple[VatMapping, ...]) -> dict[str, str]:
    """Dotted field → what to do, for two VAT lines that name the same tax and say different things."""
    problems: dict[str, str] = {}
    seen: dict[object, int] = {}
    for position, line in enumerate(lines):
        first = seen.setdefault((line.direction, line.sellsy_tax_id, line.rate, line.category, line.due_on), position)
        if lines[first] != line:
            problems[f"mappings.vat[{position}]"] = (
                f"names the same tax as mappings.vat[{first}] with another code or account; keep one of them"
            )
    return problems


def check_against(settings: CompanySettings, capabilities: Capabilities) -> list[str]:
    """What the settings ask for and the tool cannot do: French sentences naming the field; empty when all is well."""
    problems = _posting_against(settings, capabilities)
    if settings.document_only:
        return problems
    mappings = settings.mappings
    for direction in settings.scope.directions:
        code = mappings.journals.sales if direction is Direction.SALES else mappings.journals.purchases
        if code is not None and capabilities.journal_max is not None and len(code) > capabilities.journal_max:
            problems.append(
                f"mappings.journals.{direction.value} : {code} dépasse les {capabilities.journal_max} caractères "
                f"d'un code journal de {capabilities.title} ; donnez le code tel qu'il y est."
            )
    for position, line in enumerate(mappings.vat):
        if line.direction in settings.scope.directions:
            problems += _vat_line_against(f"mappings.vat[{position}]", line, capabilities)
    for field, account in mappings.accounts:
        if account is not None and capabilities.account_max is not None and len(account) > capabilities.account_max:
            problems.append(
                f"mappings.accounts.{field} : {account} dépasse les {capabilities.account_max} caractères d'un compte "
                f"de {capabilities.title} ; donnez le compte tel qu'il y est."
            )
    return problems


def _posting_against(settings: CompanySettings, capabilities: Capabilities) -> list[str]:
    own_word = capabilities.document_only
    instead = "choisissez « posted »" + (f", ou « {own_word} » pour ne déposer que le PDF." if own_word else ".")
    if settings.posting == "draft" and not capabilities.draft:
        return [f"posting : {capabilities.title} ne connaît pas les écritures en brouillard ; {instead}"]
    if settings.document_only and (own_word is None or settings.posting not in ("document_only", own_word)):
        return [f"posting : {capabilities.title} ne connaît pas le mode « {settings.posting} » ; {instead}"]
    return []


def _vat_line_against(field: str, line: VatMapping, capabilities: Capabilities) -> list[str]:
    problems = []
    if capabilities.vat is VatSupport.CODE_PER_LINE and line.vat_code is None:
        problems.append(f"{field}.vat_code : {capabilities.title} demande un code TVA par ligne ; choisissez-le.")
    reverse_charge = line.direction is Direction.PURCHASES and line.category in ("AE", "K")
    if reverse_charge and line.reverse_charge_account is None and not capabilities.computes_vat:
        problems.append(
            f"{field}.reverse_charge_account : {capabilities.title} ne calcule pas l'autoliquidation ; "
            "donnez le compte de TVA due."
        )
    return problems


def settings_warnings(settings: CompanySettings) -> list[str]:
    """What is allowed and probably not meant: French sentences naming the field."""
    warnings = [
        f"mappings.vat[{position}].account : {line.account} sert aux factures à établir ou à recevoir en fin "
        f"d'exercice ; pour la TVA sur les encaissements, prenez {waiting}."
        for position, line in enumerate(settings.mappings.vat)
        for waiting in ("44574" if line.direction is Direction.SALES else "44564",)
        if line.account is not None and line.account.startswith(UNINVOICED_VAT_ACCOUNTS)
    ]
    accounts = settings.mappings.accounts
    if not accounts.rounding_credit.startswith("7"):
        warnings.append(
            f"mappings.accounts.rounding_credit : {accounts.rounding_credit} n'est pas un compte de produits "
            "(en général 758)."
        )
    if not accounts.rounding_debit.startswith("6"):
        warnings.append(
            f"mappings.accounts.rounding_debit : {accounts.rounding_debit} n'est pas un compte de charges "
            "(en général 658)."
        )
    if settings.approval_hours >= 24 and (settings.approval != "none" or settings.closed_period is ClosedPeriod.ASK):
        warnings.append(
            f"approval_hours : une demande peut attendre {settings.approval_hours} heures, et la société n'a qu'une "
            "exécution à la fois ; les nuits suivantes attendront la réponse."
        )
    return warnings


def load_companies(data: str | bytes | list[Any], *, where: str) -> tuple[list[CompanyEntry], dict[str, str]]:
    """Validate the list of companies one by one, so that a wrong one hurts no other.

    Returns:
        The good entries sorted by company, and for each bad one its name (or ``company_<position>``) → what is wrong.

    Raises:
        ConfigurationError: when the whole is not a JSON list.
    """
    items = _parse(data, where)
    if not isinstance(items, list):
        raise ConfigurationError(f"{where} must be a JSON list of companies.", field="")
    good: dict[str, CompanyEntry] = {}
    bad: dict[str, str] = {}
    for position, item in enumerate(items):
        name = item.get("company") if isinstance(item, dict) else None
        label = (
            name if isinstance(name, str) and re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", name) else f"company_{position}"
        )
        try:
            entry = CompanyEntry.model_validate(item)
        except ValidationError as error:
            bad[label] = f"{where}[{position}]: {_explain(error)}."
            continue
        if entry.company in good:
            bad[f"{label}_{position}"] = f"{where}[{position}]: company {entry.company!r} is listed twice; remove one."
            continue
        good[entry.company] = entry
    return [good[company] for company in sorted(good)], bad
