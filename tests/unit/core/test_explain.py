"""Every rule has its sentence, and the sentence names source, rule and mapping."""

from __future__ import annotations

from typing import Any

from sellsy_ledger.core.documents import DepositDeduction, Kind
from sellsy_ledger.core.entries import EntryLine, Role, Why
from sellsy_ledger.core.explain import RULES, explain
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.ledger import Account
from tests.unit.core.builders import ACCOUNTS, capabilities, changed, document, ledger, party, row, settings, vat


def explained(document_: Any, index: Any = None, **changes: Any) -> dict[str, str]:
    make = Journaliser(settings(**changes), index or ledger(), capabilities())
    entry = make(document_, party(document_.kind)).entry
    assert entry is not None
    return {line.why.rule: explain(line) for line in entry.lines}


def test_a_line_of_a_plain_sale_tells_its_whole_story() -> None:
    sentences = explained(document([row("100", accounting_code_id=70)], [vat(2000)]))
    assert sentences == {
        "third_party": "Total TTC imprimé sur la pièce Sellsy, tiers Café de la Gare : compte auxiliaire "
        "CLI001, collectif 411000 (réglages).",
        "account_code": "Montant HT d'une ligne. Compte 707000 : code comptable 707 de la ligne Sellsy "
        "(n° 70). Taxe Sellsy 1 à 20 % → code TVA C20 (mappings.vat[0]).",
        "vat_printed": "TVA à 20 % imprimée sur la pièce Sellsy, non recalculée. Taxe Sellsy 1 à 20 % → "
        "code TVA C20 (mappings.vat[0]).",
    }


def test_every_rule_is_reached_and_worded() -> None:
    index = ledger([*ledger(ACCOUNTS).ledger.accounts, Account(number="701000", active=False)])
    rows = [
        row("10", account="707"),
        row("10", accounting_code_id=70, analytic_code="1"),
        row("10", account="7061", analytic_code="2"),
        row("10", analytic_code="3"),
        row("10", accounting_code_id=9, analytic_code="4"),
        row("10", account="708", analytic_code="5"),
        row("10", account="701", analytic_code="6"),
    ]
    overrides = {"account_overrides": {"7061": "7085"}}
    sentences = explained(document(rows, [vat(1400)], gross_cents=8401), index, **overrides)
    deposit = document([row("300")], [vat(6000)], is_deposit=True)
    sentences |= explained(deposit, accounts={"deposits_vat": "4458"})
    deduction = DepositDeduction(id=1, number="F-1", gross_cents=36000)
    sentences |= explained(document([row("1000")], [vat(20000)], deposits=(deduction,), remaining_due_cents=84000))
    mapping = {
        "direction": "purchases",
        "rate": "20",
        "category": "K",
        "vat_code": "D20",
        "account": "445662",
        "reverse_charge_account": "4452",
    }
    eu = document([row("100", 9)], [vat(0, 9, "0", "K")], kind=Kind.PURCHASE_INVOICE)
    sentences |= explained(eu, vat=[mapping])
    assert set(sentences) == set(RULES)
    assert all(sentence.endswith(".") and len(sentence) > 40 for sentence in sentences.values())
    assert "mappings.account_overrides" in sentences["account_override"]
    assert "absent" in sentences["default_absent"]
    assert "inactif" in sentences["default_inactive"]
    assert "0,01 €" in sentences["rounding"]


def test_a_rule_that_is_no_longer_known_shows_its_code() -> None:
    line = EntryLine(account="706000", label="", credit_cents=1, role=Role.NET, why=Why("older_rule", ("x",)))
    assert explain(line) == "older_rule"
    assert explain(changed(line, why=Why(""))) == ""
