"""Each line's explanation in French: which source field, which rule and which mapping made it.

Lines carry only a rule's code and the values its sentence needs (:class:`~sellsy_ledger.core.entries.Why`); words are
made here, when somebody looks. The first words name what was read in Sellsy, the last ones the setting.
"""

from __future__ import annotations

from collections.abc import Callable

from sellsy_ledger.core.entries import EntryLine
from sellsy_ledger.core.money import cents_to_french

__all__ = ["RULES", "explain"]


def explain(line: EntryLine) -> str:
    """Why ``line`` is there, in one or two French sentences; the bare code of a rule that is no longer known."""
    render = RULES.get(line.why.rule)
    return render(line, *line.why.facts) if render is not None else line.why.rule


def _third_party(line: EntryLine, name: str, control: str) -> str:
    return (
        f"Total TTC imprimé sur la pièce Sellsy, tiers {name} : compte auxiliaire "
        f"{line.auxiliary_account}, collectif {control} (réglages)."
    )


def _third_party_less_deposits(line: EntryLine, name: str, control: str, deposits: str) -> str:
    return (
        f"Total TTC imprimé sur la pièce Sellsy, acomptes déduits ({deposits}), tiers {name} : compte auxiliaire "
        f"{line.auxiliary_account}, collectif {control} (réglages)."
    )


def _net(account: Callable[..., str]) -> Callable[..., str]:
    """The sentence of a net line: its rows, its account (by the given rule), its tax."""

    def render(
        line: EntryLine, rows: str, spread: str, tax_id: str, rate: str, code: str, place: str, *facts: str
    ) -> str:
        source = "Montant HT d'une ligne" if rows == "1" else f"Somme des montants HT de {rows} lignes"
        discount = f", part de la remise globale ({spread}) déduite" if spread else ""
        return f"{source}{discount}. {account(line, *facts)} {_tax(tax_id, rate, code, place)}"

    return render


def _tax(tax_id: str, rate: str, code: str, place: str) -> str:
    tax = f"taxe Sellsy {tax_id} à {rate}" if tax_id else f"taux de {rate}"
    return f"{tax[0].upper()}{tax[1:]} → {f'code TVA {code}' if code else 'sans code TVA'} ({place})."


def _account_journal(line: EntryLine, account: str) -> str:
    return f"Compte {line.account} : {account} dans le journal comptable de Sellsy."


def _account_code(line: EntryLine, code_id: str, account: str) -> str:
    return f"Compte {line.account} : code comptable {account} de la ligne Sellsy (n° {code_id})."


def _account_override(line: EntryLine, account: str) -> str:
    return f"Compte {line.account} : remplace le compte Sellsy {account} (mappings.account_overrides)."


def _default_missing(line: EntryLine) -> str:
    return f"Compte par défaut {line.account} : la ligne Sellsy ne porte pas de compte."


def _default_unlisted_code(line: EntryLine, code_id: str) -> str:
    return f"Compte par défaut {line.account} : le code comptable n° {code_id} de la ligne n'est pas listé par Sellsy."


def _default_absent(line: EntryLine, account: str) -> str:
    return f"Compte par défaut {line.account} : le compte {account} est absent du plan comptable."


def _default_inactive(line: EntryLine, account: str) -> str:
    return f"Compte par défaut {line.account} : le compte {account} est inactif dans l'outil comptable."


def _deposit_account(line: EntryLine) -> str:
    return f"Compte {line.account} : un acompte n'est ni un produit ni une charge (réglages, comptes d'acomptes)."


def _vat_printed(line: EntryLine, tax_id: str, rate: str, code: str, place: str) -> str:
    return f"TVA à {rate} imprimée sur la pièce Sellsy, non recalculée. {_tax(tax_id, rate, code, place)}"


def _vat_of_deposit(line: EntryLine, tax_id: str, rate: str, code: str, place: str) -> str:
    return (
        f"TVA à {rate} de l'acompte, sur le compte d'attente {line.account} (mappings.accounts.deposits_vat). "
        f"{_tax(tax_id, rate, code, place)}"
    )


def _deposit_taken_back(line: EntryLine, number: str, gross: str) -> str:
    return f"Reprise de l'acompte {number} ({gross} TTC), montant HT, compte {line.account}."


def _deposit_vat_taken_back(line: EntryLine, number: str, tax_id: str, rate: str, code: str, place: str) -> str:
    return f"Reprise de la TVA à {rate} de l'acompte {number}. {_tax(tax_id, rate, code, place)}"


def _reverse_charge_deductible(line: EntryLine, base: str, tax_id: str, rate: str, code: str, place: str) -> str:
    return f"TVA autoliquidée, part déductible, calculée sur {base} HT. {_tax(tax_id, rate, code, place)}"


def _reverse_charge_due(line: EntryLine, base: str, tax_id: str, rate: str, code: str, place: str) -> str:
    return f"TVA autoliquidée, part due, calculée sur {base} HT. {_tax(tax_id, rate, code, place)}"


def _rounding(line: EntryLine, rule: str, gap: str, tolerance: str) -> str:
    side = "crédit" if line.credit_cents else "débit"
    named = "selon le côté manquant" if rule == "by_side" else "règle littérale"
    return (
        f"Écart d'arrondi de {cents_to_french(int(gap))} entre les lignes et le total TTC : il manque au {side}, "
        f"compte {line.account} ({named} ; {cents_to_french(int(tolerance))} admis)."
    )


RULES: dict[str, Callable[..., str]] = {
    "third_party": _third_party,
    "third_party_less_deposits": _third_party_less_deposits,
    "account_journal": _net(_account_journal),
    "account_code": _net(_account_code),
    "account_override": _net(_account_override),
    "default_missing": _net(_default_missing),
    "default_unlisted_code": _net(_default_unlisted_code),
    "default_absent": _net(_default_absent),
    "default_inactive": _net(_default_inactive),
    "deposit_account": _net(_deposit_account),
    "vat_printed": _vat_printed,
    "vat_of_deposit": _vat_of_deposit,
    "deposit_taken_back": _deposit_taken_back,
    "deposit_vat_taken_back": _deposit_vat_taken_back,
    "reverse_charge_deductible": _reverse_charge_deductible,
    "reverse_charge_due": _reverse_charge_due,
    "rounding": _rounding,
}
"""Every rule that may appear in a :class:`Why`, with what puts it into words (the line, then the rule's facts)."""
