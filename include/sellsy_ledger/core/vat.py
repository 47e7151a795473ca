"""Which VAT code and accounts a tax of the document takes, and the reverse-charge pair.

VAT lines carry the document's own amounts and are never recomputed; only the pair of a reverse charge, which no
document prints, is computed from its base. Rate alone is no key: 0 % is an exemption, an intra-EU purchase, an
export, a reverse charge or a sale outside the scope of VAT. So lines of ``mappings.vat`` are compared on tax id,
category, rate and exigibility, and the most specific one decides.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from sellsy_ledger.core.capabilities import Capabilities, VatSupport
from sellsy_ledger.core.documents import Direction, Document, DueOn, VatAmount
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.money import rate_to_french, round_to_cents
from sellsy_ledger.core.outcomes import NotReady, Reason
from sellsy_ledger.core.settings import CompanySettings, VatMapping

__all__ = ["REVERSE_CHARGED", "VatMapper", "VatRule", "reverse_charge_cents"]

REVERSE_CHARGED = frozenset({"AE", "K"})
"""UNTDID 5305 categories under which the buyer assesses the VAT."""

_HUNDRED = Decimal(100)
_DIRECTION_NAMES = {Direction.SALES: "ventes", Direction.PURCHASES: "achats"}

# A tax id says everything. A category other than S says more than the rate (0 % alone says nothing), S says less.
_TAX_ID, _CATEGORY, _RATE, _STANDARD_CATEGORY, _DUE_ON = 16, 8, 4, 2, 1


class VatRule(msgspec.Struct, frozen=True, kw_only=True):
    """What the mapping says about one tax of one document.

    ``self_assessed_rate`` is set when the company assesses the VAT
    itself and the tool does not add the pair; ``account`` and ``reverse_charge_account`` are then its two sides.
    ``group`` keeps net lines of one account apart: the VAT code, or the tax where the tool has no codes.
    """

    tax_id: int | None
    rate: Decimal
    vat_code: str | None
    account: str | None
    reverse_charge_account: str | None = None
    self_assessed_rate: Decimal | None = None
    reverse_charge: bool = False
    group: str = ""
    facts: tuple[str, ...] = ()


def reverse_charge_cents(base: Decimal, rate: Decimal) -> int:
    """The self-assessed VAT of a base in euros, half a cent up: 1000.00 at 20 % → 20000."""
    return round_to_cents(base * rate / _HUNDRED)


def _named(direction: Direction, tax_id: int | None, rate: Decimal, category: str | None, due_on: DueOn | None) -> str:
    """``la TVA 20 % des ventes (taxe Sellsy 911, catégorie S, sur les encaissements)``."""
    facts = []
    if tax_id is not None:
        facts.append(f"taxe Sellsy {tax_id}")
    if category is not None:
        facts.append(f"catégorie {category}")
    if due_on is not None:
        facts.append("sur les débits" if due_on is DueOn.INVOICE else "sur les encaissements")
    suffix = f" ({', '.join(facts)})" if facts else ""
    return f"la TVA {rate_to_french(rate)} des {_DIRECTION_NAMES[direction]}{suffix}"


class VatMapper:
    """VAT rules of one direction; answers are kept, since a company uses few taxes."""

    def __init__(
        self, direction: Direction, settings: CompanySettings, ledger: LedgerIndex, capabilities: Capabilities
    ) -> None:
        self._direction = direction
        self._ledger = ledger
        self._needs_code = capabilities.vat is VatSupport.CODE_PER_LINE
        self._computes_vat = capabilities.computes_vat
        self._lines = [(i, line) for i, line in enumerate(settings.mappings.vat) if line.direction is direction]
        self._rules: dict[tuple[int | None, Decimal, str | None, DueOn | None], VatRule] = {}
        self._accounts: dict[str, str] = {}

    def of_amount(self, document: Document, amount: VatAmount) -> VatRule:
        """The rule of a tax that the document prints.

        Raises:
            NotReady: ``vat_code_unmapped``, naming rate, tax and direction.
        """
        # Only category S carries an amount, whatever the source's tax list leaves unsaid.
        category = amount.category or ("S" if amount.vat_cents else None)
        return self.rule(amount.tax_id, amount.rate, category, document.vat_due_on)

    def rule(self, tax_id: int | None, rate: Decimal, category: str | None, due_on: DueOn | None) -> VatRule:
        """The rule of a tax.

        Raises:
            NotReady: ``vat_code_unmapped``, naming rate, tax and direction.
        """
        key = (tax_id, rate, category, due_on)
        known = self._rules.get(key)
        if known is None:
            known = self._rules[key] = self._look_up(*key)
        return known

    def account(self, number: str | None, rule: VatRule) -> str:
        """The tool's own form of a VAT account.

        Raises:
            NotReady: ``vat_code_unmapped`` without an account, ``account_unknown`` when the ledger has it not.
        """
        if number is None:
            name = _named(self._direction, rule.tax_id, rule.rate, None, None)
            raise NotReady(Reason.VAT_CODE_UNMAPPED, f"{name} : le compte de TVA n'est pas renseigné")
        known = self._accounts.get(number)
        if known is None:
            found = self._ledger.active_account(number)
            if found is None:
                raise NotReady(Reason.ACCOUNT_UNKNOWN, f"{number} (TVA)")
            known = self._accounts[number] = found.number
        return known

    def _look_up(self, tax_id: int | None, rate: Decimal, category: str | None, due_on: DueOn | None) -> VatRule:
        named = _named(self._direction, tax_id, rate, category, due_on)
        position, line = self._most_specific(tax_id, rate, category, due_on, named)
        code, account = line.vat_code, line.account
        if code is None and self._needs_code:
            raise NotReady(Reason.VAT_CODE_UNMAPPED, f"{named} : la correspondance n'a pas de code TVA")
        listed = None if code is None else self._ledger.vat_code(code)
        if code is not None and listed is None and self._ledger.lists_vat_codes:
            raise NotReady(Reason.VAT_CODE_UNMAPPED, f"{named} : le code {code} n'existe pas dans l'outil comptable")
        if account is None and listed is not None:
            account = listed.account
        reverse_charge = self._direction is Direction.PURCHASES and (
            line.reverse_charge_account is not None or (category or line.category) in REVERSE_CHARGED
        )
        self_assessed = None
        if reverse_charge and not self._computes_vat:
            if line.reverse_charge_account is None:
                raise NotReady(Reason.VAT_CODE_UNMAPPED, f"{named} : le compte d'autoliquidation n'est pas renseigné")
            # Such taxes are often printed at 0 %; then the mapping's own rate or the tool's code knows better.
            rates = (rate, line.rate, listed.rate if listed is not None else None)
            self_assessed = next((known for known in rates if known), None)
            if self_assessed is None:
                raise NotReady(Reason.VAT_CODE_UNMAPPED, f"{named} : le taux d'autoliquidation n'est pas renseigné")
        return VatRule(
            tax_id=tax_id,
            rate=rate,
            vat_code=code,
            account=account,
            reverse_charge_account=line.reverse_charge_account,
            self_assessed_rate=self_assessed,
            reverse_charge=reverse_charge,
            group=code or f"{tax_id} {rate.normalize()}",
            facts=(
                "" if tax_id is None else str(tax_id),
                rate_to_french(rate),
                code or "",
                f"mappings.vat[{position}]",
            ),
        )

    def _most_specific(
        self, tax_id: int | None, rate: Decimal, category: str | None, due_on: DueOn | None, named: str
    ) -> tuple[int, VatMapping]:
        best: tuple[int, int] | None = None
        found: list[tuple[int, VatMapping]] = []
        for position, line in self._lines:
            rank = _rank(line, tax_id, rate, category, due_on)
            if rank is None or (best is not None and rank < best):
                continue
            if rank != best:
                best, found = rank, []
            found.append((position, line))
        if not found:
            raise NotReady(Reason.VAT_CODE_UNMAPPED, named)
        if len({(line.vat_code, line.account, line.reverse_charge_account, line.rate) for _, line in found}) > 1:
            positions = " et ".join(str(position + 1) for position, _ in found)
            raise NotReady(Reason.VAT_CODE_UNMAPPED, f"{named} : les lignes {positions} conviennent autant")
        return found[0]


def _rank(
    line: VatMapping, tax_id: int | None, rate: Decimal, category: str | None, due_on: DueOn | None
) -> tuple[int, int] | None:
    """How well a line fits: (weight of what it names, minus what had to be assumed); None when it does not fit.

    The source may not tell the category or the exigibility of a tax (credit notes have none): a line that names
    one then fits too, behind a line that does not, and never decides against an equal.
    """
    weight = assumed = 0
    if line.sellsy_tax_id is not None:
        if line.sellsy_tax_id != tax_id:
            return None
        weight += _TAX_ID
    if line.category is not None:
        if category is None:
            assumed += 1
        elif line.category != category:
            return None
        else:
            weight += _STANDARD_CATEGORY if line.category == "S" else _CATEGORY
    if line.rate is not None:
        # A reverse charge is printed at 0 %: there, the mapping's rate is the one to assess.
        self_assessed = line.reverse_charge_account is not None and not rate
        pinned = line.sellsy_tax_id is not None or (category is not None and line.category == category)
        if line.rate != rate and not (self_assessed and pinned):
            return None
        weight += _RATE
    if line.due_on != "any":
        if due_on is None:
            assumed += 1
        elif line.due_on != due_on.value:
            return None
        else:
            weight += _DUE_ON
    return weight, -assumed
