"""The awkward documents that real Sellsy accounts hold, made by hand: each shows one thing a reader must survive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sellsy_ledger_sandbox.sellsy.account import Account, Filed
from sellsy_ledger_sandbox.sellsy.papers import ZERO, Paper, Party, Row, cents
from sellsy_ledger_sandbox.sellsy.reference import Tax, tax_for
from sellsy_ledger_sandbox.sellsy.render import text

__all__ = ["add_deposits", "add_oddities"]

Json = dict[str, Any]
_US: Final = Party("Atelier Exemple SARL", vat="FR00000000000")
_SHOP: Final = Party("Ma jolie boutique SARL")
_TWIN_PARIS: Final = Party("Dupont Rénovation", identity="Paris")
_TWIN_LYON: Final = Party("Dupont Rénovation", identity="Lyon")
_BAD_SIRET: Final = Party("Menuiserie Exemple", siret="12345678901234", vat="FR00 123 456 789")
_PERSON: Final = Party("Jeanne d'Exemple-Martin", is_person=True)
_CARRIER: Final = Party("Transports du Nord SA")
_GERMAN: Final = Party("Werkzeug Muster GmbH", country="DE", vat="DE123456788")
_BUILDER: Final = Party("Sous-traitance Bâtiment SARL")
_STANDARD, _REDUCED = tax_for(Decimal(20), "S"), tax_for(Decimal("5.5"), "S")
_OVERSEAS, _PRESS = tax_for(Decimal("8.5"), "S"), tax_for(Decimal("2.1"), "S")


def _row(label: str, net: str, tax: Tax = _STANDARD, **fields: Any) -> Row:
    return Row(label, Decimal(net), tax, **fields)


def _paper(rows: Iterable[Row], day: str, buyer: Party = _SHOP, **fields: Any) -> Paper:
    """A paper of our own company whose totals follow from its rows."""
    values: Json = {"is_credit_note": False, "number": "", "currency": "EUR", "seller": _US, "buyer": buyer} | fields
    paid = values.pop("paid", ZERO)
    when = date.fromisoformat(day)
    return Paper(date=when, rows=tuple(rows), vat=(), net=ZERO, gross=ZERO, due=ZERO, **values).recomputed(paid)


def _numbered(account: Account, paper: Paper) -> Paper:
    return replace(paper, number=account.next_number("A" if paper.is_credit_note else "F", paper.date))


def _sale(account: Account, rows: Iterable[Row], day: str, buyer: Party = _SHOP, **options: Any) -> Filed:
    own = {name: options.pop(name) for name in ("is_credit_note", "currency", "paid") if name in options}
    return account.add_sale(_numbered(account, _paper(rows, day, buyer, **own)), **options)


def _purchase(account: Account, rows: Iterable[Row], day: str, seller: Party, number: str, **options: Any) -> Filed:
    own = {name: options.pop(name) for name in ("is_credit_note",) if name in options}
    return account.add_purchase(_paper(rows, day, _US, seller=seller, number=number, **own), **options)


def add_deposits(account: Account) -> None:
    """A deposit invoice, the final invoice that takes it back, and two progress invoices."""
    deposit = _sale(
        account,
        [_row("Acompte de 30 % sur devis", "300.00", type="deposit")],
        "2026-03-02",
        is_deposit=True,
        subject="Acompte sur travaux",
    )
    paper = deposit.booking.paper
    taken_back = {
        "id": deposit.id,
        "type": "deposit",
        "date": paper.date.isoformat(),
        "number": paper.number,
        "amount": text(paper.gross, 8),
    }
    _sale(
        account,
        [_row("Pose de parquet", "700.00"), _row("Parquet chêne massif", "300.00")],
        "2026-04-20",
        paid=paper.gross,
        deposits=((paper.net, paper.gross - paper.net),),
        embeds={"deposits": [taken_back]},
        subject="Solde des travaux",
    )
    for month, kind in (("05", "single"), ("06", "progress-single")):
        _sale(
            account,
            [_row("Lot 2 - gros œuvre, situation de travaux", "4250.00", type=kind)],
            f"2026-{month}-29",
            is_progress_invoice=True,
            subject="Situation de travaux",
        )
    _progress_rows(account)


def _progress_rows(account: Account) -> None:
    for filed in account.of_kind("invoice"):
        for row in filed.document["rows"]:
            if row["type"].startswith("progress-"):
                row.update(progress_percentage="25.00", parent_row_id=1)


def add_oddities(account: Account) -> None:
    """Everything else that is rare and real."""
    _amounts(account)
    _texts_and_shapes(account)
    _third_parties(account)
    _links(account)
    _purchases(account)


def _amounts(account: Account) -> None:
    _sale(account, [_row("Échantillon offert", "0.00")], "2026-01-12")
    wrong = _numbered(account, _paper([_row("Étude", "250.00")], "2026-01-14"))
    account.add_sale(replace(wrong, gross=wrong.gross + 5, due=wrong.due + 5))
    _sale(account, [_row("Reprise de matériel", "-80.00")], "2026-01-16")
    _sale(account, [_row("Correction d'un avoir", "-40.00")], "2026-01-17", is_credit_note=True)
    _sale(account, [_row("Rhum agricole", "64.90", _OVERSEAS)], "2026-01-19")
    _sale(account, [_row("Abonnement à la revue", "48.97", _PRESS), _row("Cours", "90.00")], "2026-01-21")
    _sale(
        account,
        [
            _row("Bière artisanale", "120.00"),
            _row("Consigne", "14.40", type="packaging"),
            _row("Port", "9.90", type="shipping"),
        ],
        "2026-01-22",
    )
    _sale(account, [_row("Formation exonérée", "560.00", tax_for(ZERO, "E"))], "2026-01-23", taxes=[])
    _sale(account, [_row("Mission de décembre", "410.00")], "2024-12-30", subject="Comptabilisée tardivement")
    _global_discount(account)
    _sale(
        account,
        [_row("Gros œuvre", "2000.00")],
        "2026-01-28",
        embeds={"discount_incl_taxes": _WITHHELD},
        paid=Decimal("120.00"),
    )


_WITHHELD: Final = {
    "id": 31,
    "reference": "RG5",
    "name": "Retenue de garantie 5 %",
    "description": "Retenue de garantie de 5 % TTC",
    "unit_id": 3,
    "unit_amount": "120.00",
    "quantity": 1,
    "total_amount": "120.00",
    "accounting_code_id": None,
}


def _global_discount(account: Account) -> None:
    """5 % off the whole invoice: rows are printed before the discount, totals and journal after it."""
    rows = [_row("Conseil", "1000.00"), _row("Livres", "200.00", _REDUCED)]
    full = _numbered(account, _paper(rows, "2026-01-26"))
    discounted = replace(
        full, rows=tuple(replace(row, net=cents(row.net * Decimal("0.95"))) for row in rows)
    ).recomputed()
    filed = account.add_sale(
        replace(discounted, rows=tuple(rows)), discount={"percent": "5.00", "amount": "60.00", "type": "percent"}
    )
    filed.document["amounts"]["total_raw_excl_tax"] = text(full.net)
    filed.booking = replace(filed.booking, paper=discounted)
    account.book(filed)


def _texts_and_shapes(account: Account) -> None:
    hostile = "<p>Réparation&nbsp;: moteur<br />\n2 heures</p>\r\n\t🔧 «urgent»; \u200b\u2028<b>payé</b> =1+1 | fin"
    _sale(account, [_row(hostile, "110.00")], "2026-02-02", subject="<p>Dépannage 🔧</p>\nurgent", note="<br />")
    plain = _sale(account, [_row("Entretien", "75.00"), _row("Options", "500.00", is_optional=True)], "2026-02-03")
    plain.document["rows"][0:0] = [{"id": 90, "type": "title", "text": "Prestations"}]
    plain.document["rows"] += [
        {"id": 91, "type": "sub-total", "amount": "75.00"},
        {"id": 92, "type": "comment", "text": "<p>Merci de votre confiance</p>"},
        {"id": 93, "type": "break-line"},
        {"id": 94, "type": "break-page"},
    ]
    _sale(
        account, [_row("Éco-contribution", "3.20", type="eco-contribution"), _row("Lave-linge", "390.00")], "2026-02-04"
    )
    unknown = _sale(account, [_row("Nouveautés", "60.00")], "2026-02-05", status="disputed")
    unknown.document.update(new_block={"a": [1, {"b": None}]}, updated_fields=["x"], esg_score=4.5)
    unknown.document["amounts"]["total_carbon_tax"] = "0.00"
    silent = _sale(account, [_row("Sans l'indicateur", "30.00")], "2026-02-06")
    del silent.document["is_sent_to_accounting"]


def _third_parties(account: Account) -> None:
    _sale(account, [_row("Peinture", "840.00")], "2026-02-09", _TWIN_PARIS)
    _sale(account, [_row("Peinture", "615.00")], "2026-02-10", _TWIN_LYON)
    _sale(account, [_row("Bois", "99.99")], "2026-02-11", _BAD_SIRET)
    _sale(account, [_row("Cours particulier", "45.00")], "2026-02-12", _PERSON)


def _links(account: Account) -> None:
    cancelled = _sale(account, [_row("Facture annulée", "150.00")], "2026-02-16", status="cancelled", paid=Decimal(180))
    _sale(
        account,
        [_row("Annulation", "150.00")],
        "2026-02-17",
        is_credit_note=True,
        status="spent",
        paid=Decimal(180),
        embeds={"invoices": [cancelled.id]},
    )


def _purchases(account: Account) -> None:
    reverse, community, exempt = tax_for(ZERO, "AE"), tax_for(ZERO, "K"), tax_for(ZERO, "E")
    works, tools = (
        _row("Sous-traitance gros œuvre", "1800.00", reverse, code="611000"),
        _row("Outillage", "640.50", community, code="606300"),
    )
    _purchase(account, [works], "2026-02-18", _BUILDER, "ST-77", original=("purInvoice", "id"))
    _purchase(account, [tools], "2026-02-19", _GERMAN, "RE-2026-18", original=("purInvoice", "id"))
    transport, refund = (_row("Transport", net, code="624100") for net in ("96.00", "16.00"))
    _purchase(account, [transport], "2026-02-20", _CARRIER, "T-501", original=("purchase", "linkedid"))
    _purchase(account, [refund], "2026-02-23", _CARRIER, "TA-12", is_credit_note=True)
    _purchase(account, [_row("Timbres", "12.80", exempt)], "2026-02-24", _CARRIER, "", taxesAmountDetails="a:0:{}")
    _purchase(account, [_row("Péage", "0.00")], "2026-02-25", _CARRIER, "T-502")
