"""The books every emulated accounting tool starts from: one chart, the journals, the VAT codes and the years.

Account numbers follow the French general chart (plan comptable général) on six digits, VAT accounts split by rate.
A tool module shapes these facts as its own API does; none of them invents accounts of its own.
"""

from __future__ import annotations

from typing import Final, TypedDict

__all__ = ["CHART", "FISCAL_YEARS", "JOURNALS", "VAT_CODES", "Account", "FiscalYear", "Journal", "VatCode"]


class Account(TypedDict):
    """One general account: ``number`` on six digits, French ``label``."""

    number: str
    label: str


class Journal(TypedDict):
    """One journal; ``kind`` is ``sales``, ``purchases``, ``bank`` or ``other``."""

    code: str
    label: str
    kind: str


class VatCode(TypedDict):
    """One VAT code.

    ``rate`` is a percentage as text (``"5.5"``); ``direction`` is ``sales`` or ``purchases``; ``category`` is a
    UNTDID 5305 letter; ``due_on`` is ``invoice`` or ``receipt``; ``reverse_charge_account`` is the account of the VAT
    that the buyer owes himself.
    """

    code: str
    label: str
    rate: str
    direction: str
    category: str
    due_on: str
    account: str | None
    reverse_charge_account: str | None


class FiscalYear(TypedDict):
    """One fiscal year: ISO dates, first and last day included."""

    start: str
    end: str
    closed: bool


_ACCOUNTS: Final = {
    "101000": "Capital",
    "120000": "Résultat de l'exercice (bénéfice)",
    "164000": "Emprunts auprès des établissements de crédit",
    "218300": "Matériel de bureau et informatique",
    "401000": "Fournisseurs",
    "404000": "Fournisseurs d'immobilisations",
    "408100": "Fournisseurs - factures non parvenues",
    "411000": "Clients",
    "418100": "Clients - factures à établir",
    "419100": "Clients - avances et acomptes reçus",
    "421000": "Personnel - rémunérations dues",
    "445200": "TVA due intracommunautaire",
    "445510": "TVA à décaisser",
    "445620": "TVA sur immobilisations",
    "445640": "TVA déductible sur encaissements",
    "445660": "TVA déductible sur autres biens et services",
    "445662": "TVA déductible intracommunautaire",
    "445710": "TVA collectée 20 %",
    "445711": "TVA collectée 10 %",
    "445712": "TVA collectée 5,5 %",
    "445713": "TVA collectée 2,1 %",
    "445720": "TVA collectée autoliquidée",
    "445740": "TVA collectée sur encaissements",
    "445800": "TVA à régulariser ou en attente",
    "471000": "Compte d'attente",
    "512000": "Banque",
    "530000": "Caisse",
    "601000": "Achats de matières premières",
    "604000": "Achats d'études et de prestations de services",
    "606300": "Fournitures d'entretien et de petit équipement",
    "606400": "Fournitures administratives",
    "607000": "Achats de marchandises",
    "609700": "Rabais, remises et ristournes obtenus sur achats de marchandises",
    "611000": "Sous-traitance générale",
    "613200": "Locations immobilières",
    "615500": "Entretien et réparations sur biens mobiliers",
    "616000": "Primes d'assurance",
    "622000": "Rémunérations d'intermédiaires et honoraires",
    "623000": "Publicité, publications, relations publiques",
    "624100": "Transports sur achats",
    "624200": "Transports sur ventes",
    "625100": "Voyages et déplacements",
    "626000": "Frais postaux et de télécommunications",
    "627000": "Services bancaires et assimilés",
    "635000": "Autres impôts et taxes",
    "658000": "Charges diverses de gestion courante",
    "665000": "Escomptes accordés",
    "701000": "Ventes de produits finis",
    "704000": "Travaux",
    "706000": "Prestations de services",
    "706100": "Prestations de services - maintenance",
    "707000": "Ventes de marchandises",
    "707100": "Ventes de marchandises - livraisons intracommunautaires",
    "708500": "Ports et frais accessoires facturés",
    "708600": "Bonis sur reprises d'emballages consignés",
    "709700": "Rabais, remises et ristournes accordés sur ventes de marchandises",
    "758000": "Produits divers de gestion courante",
    "765000": "Escomptes obtenus",
}
CHART: Final[tuple[Account, ...]] = tuple({"number": number, "label": label} for number, label in _ACCOUNTS.items())

JOURNALS: Final[tuple[Journal, ...]] = (
    {"code": "VE", "label": "Journal des ventes", "kind": "sales"},
    {"code": "AC", "label": "Journal des achats", "kind": "purchases"},
    {"code": "BQ", "label": "Banque", "kind": "bank"},
    {"code": "OD", "label": "Opérations diverses", "kind": "other"},
)


def _vat(
    code: str,
    label: str,
    rate: str,
    direction: str,
    account: str | None,
    category: str = "S",
    due_on: str = "invoice",
    reverse_charge_account: str | None = None,
) -> VatCode:
    return {
        "code": code,
        "label": label,
        "rate": rate,
        "direction": direction,
        "category": category,
        "due_on": due_on,
        "account": account,
        "reverse_charge_account": reverse_charge_account,
    }


VAT_CODES: Final[tuple[VatCode, ...]] = (
    _vat("C20", "TVA collectée 20 %", "20", "sales", "445710"),
    _vat("C10", "TVA collectée 10 %", "10", "sales", "445711"),
    _vat("C55", "TVA collectée 5,5 %", "5.5", "sales", "445712"),
    _vat("C21", "TVA collectée 2,1 %", "2.1", "sales", "445713"),
    _vat("CE20", "TVA sur encaissements 20 %", "20", "sales", "445740", due_on="receipt"),
    _vat("CE10", "TVA sur encaissements 10 %", "10", "sales", "445740", due_on="receipt"),
    _vat("C0", "Ventes sans TVA", "0", "sales", None, category="E"),
    _vat("CK", "Livraisons intracommunautaires", "0", "sales", None, category="K"),
    _vat("CG", "Exportations", "0", "sales", None, category="G"),
    _vat("CAE", "Ventes avec autoliquidation", "0", "sales", None, category="AE"),
    _vat("D20", "TVA déductible 20 %", "20", "purchases", "445660"),
    _vat("D10", "TVA déductible 10 %", "10", "purchases", "445660"),
    _vat("D55", "TVA déductible 5,5 %", "5.5", "purchases", "445660"),
    _vat("D21", "TVA déductible 2,1 %", "2.1", "purchases", "445660"),
    _vat("DE20", "TVA déductible sur encaissements 20 %", "20", "purchases", "445640", due_on="receipt"),
    _vat("D0", "Achats sans TVA", "0", "purchases", None, category="E"),
    _vat("DK", "Acquisitions intracom. 20 %", "20", "purchases", "445662", "K", reverse_charge_account="445200"),
    _vat("DAE", "Autoliquidation 20 %", "20", "purchases", "445660", "AE", reverse_charge_account="445720"),
)

FISCAL_YEARS: Final[tuple[FiscalYear, ...]] = (
    {"start": "2024-01-01", "end": "2024-12-31", "closed": True},
    {"start": "2025-01-01", "end": "2025-12-31", "closed": False},
    {"start": "2026-01-01", "end": "2026-12-31", "closed": False},
)
