"""Five entries as an accountant meets them, the 26 of ``tests/data/entries``, and options to write them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import Account, Journal, Ledger, LedgerIndex
from sellsy_ledger.core.third_parties import Address, ThirdParty
from sellsy_ledger.formats import fec, mecg, pnm, quadra, tra
from sellsy_ledger.formats.base import FileEntry, auxiliary_records

JOURNALS = (
    Journal(code="VE", label="Journal des ventes", kind="sales"),
    Journal(code="AC", label="Journal des achats", kind="purchases"),
)
LEDGER = LedgerIndex(
    Ledger(
        accounts=(
            Account(number="401000", label="Fournisseurs"),
            Account(number="411000", label="Clients"),
            Account(number="445660", label="TVA déductible"),
            Account(number="445710", label="TVA collectée 20 %"),
            Account(number="445711", label="TVA collectée 10 %"),
            Account(number="606400", label="Fournitures administratives"),
            Account(number="706000", label="Prestations de services"),
            Account(number="707000", label="Ventes de marchandises"),
            Account(number="758000", label="Produits divers de gestion courante"),
        ),
        journals=JOURNALS,
    )
)


def line(account: str, cents: int, label: str, auxiliary: str | None = None, vat_code: str | None = None) -> EntryLine:
    """A debit of ``cents``, or a credit when negative."""
    return EntryLine(
        account=account,
        auxiliary_account=auxiliary,
        label=label,
        debit_cents=max(cents, 0),
        credit_cents=max(-cents, 0),
        vat_code=vat_code,
        role=Role.THIRD_PARTY if auxiliary else Role.NET,
    )


def customer(name: str, **changes: Any) -> ThirdParty:
    return ThirdParty(direction=Direction.SALES, type="company", id=1, name=name, **changes)


SALE = FileEntry(
    kind=Kind.SALES_INVOICE,
    third_party_name="Dupont & Fils SARL",
    third_party=customer(
        "Dupont & Fils SARL",
        siret="732 829 320 00074",
        vat_number="FR44 732829320",
        phone="+33 1 23 45 67 89",
        address=Address(line="12 rue de l'Église", postal_code="75011", city="Paris", country_code="FR"),
    ),
    pdf_name="00000001.pdf",
    entry=JournalEntry(
        journal="VE",
        date=dt.date(2026, 2, 3),
        piece="FAC20260001",
        number="FAC-2026-0001",
        piece_date=dt.date(2026, 2, 3),
        due_date=dt.date(2026, 3, 5),
        lines=(
            line("411000", 12345, "Dupont & Fils SARL", "CDUPONT"),
            line("706000", -5000, "Maintenance annuelle", vat_code="C20"),
            line("707000", -5768, "Ouvrages techniques", vat_code="C10"),
            line("445710", -1000, "TVA 20 %", vat_code="C20"),
            line("445711", -577, "TVA 10 %", vat_code="C10"),
        ),
    ),
)
CREDIT_NOTE = FileEntry(
    kind=Kind.SALES_CREDIT_NOTE,
    third_party_name="Dupont & Fils SARL",
    third_party=SALE.third_party,
    pdf_name="00000002.pdf",
    entry=JournalEntry(
        journal="VE",
        date=dt.date(2026, 2, 10),
        piece="AV20260003",
        number="AV-2026-0003",
        piece_date=dt.date(2026, 2, 10),
        due_date=None,
        lines=(
            line("411000", -12000, "Dupont & Fils SARL", "CDUPONT"),
            line("706000", 10000, "Maintenance annuelle", vat_code="C20"),
            line("445710", 2000, "TVA 20 %", vat_code="C20"),
        ),
    ),
)
PURCHASE = FileEntry(
    kind=Kind.PURCHASE_INVOICE,
    third_party_name="Papeterie du Port",
    pdf_name="00000003.pdf",
    entry=JournalEntry(
        journal="AC",
        # January is closed: the entry went to the first open day, the invoice keeps its own date.
        date=dt.date(2026, 2, 1),
        piece="2026F0457",
        number="2026/F-0457",
        piece_date=dt.date(2026, 1, 28),
        due_date=dt.date(2026, 2, 27),
        lines=(
            line("401000", -24000, "Papeterie du Port", "FPAPIER"),
            line("606400", 20000, "Fournitures de bureau", vat_code="D20"),
            line("445660", 4000, "TVA 20 %", vat_code="D20"),
        ),
    ),
)
ROUNDED = FileEntry(
    kind=Kind.SALES_INVOICE,
    third_party_name="Martin",
    entry=JournalEntry(
        journal="VE",
        date=dt.date(2026, 2, 12),
        piece="FAC20260002",
        number="FAC-2026-0002",
        piece_date=dt.date(2026, 2, 12),
        due_date=dt.date(2026, 2, 12),
        lines=(
            line("411000", 3604, "Martin", "CMARTIN"),
            line("707000", -3003, "Petites fournitures", vat_code="C20"),
            line("445710", -600, "TVA 20 %", vat_code="C20"),
            line("758000", -1, "Écart d'arrondi", vat_code="C0"),
        ),
    ),
)
ACCENTS = FileEntry(
    kind=Kind.SALES_INVOICE,
    third_party_name="Société générale d’aménagement et d’œnologie du Val de Loire",
    entry=JournalEntry(
        journal="VE",
        date=dt.date(2026, 2, 28),
        piece="FAC20260003",
        number="FAC-2026-0003",
        piece_date=dt.date(2026, 2, 28),
        due_date=dt.date(2026, 4, 30),
        lines=(
            line("411000", 1200000000, "Société générale d’aménagement et d’œnologie du Val de Loire", "CSOCGEN"),
            line("706000", -1000000000, "#FIN\r\nÉtude de l'été 2026 : « cœur de cuvée »\tn° 3 | part 1 ; 200 € ☕"),
            line("445710", -200000000, "TVA 20 %"),
        ),
    ),
)
FIVE = (SALE, CREDIT_NOTE, PURCHASE, ROUNDED, ACCENTS)

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "entries" / "entry_vectors.json").read_text())["cases"]
_KINDS = {
    (False, False): Kind.SALES_INVOICE,
    (False, True): Kind.SALES_CREDIT_NOTE,
    (True, False): Kind.PURCHASE_INVOICE,
    (True, True): Kind.PURCHASE_CREDIT_NOTE,
}


def from_vector(case: dict[str, Any]) -> FileEntry:
    """One of the 26 entries, in the journal of its kind, numbered by its name."""
    kind = _KINDS["purchase" in case["kind"], "credit" in case["kind"]]
    lines = tuple(
        line(each["account"], each["debit"] - each["credit"], f"{case['note']} ({each['role']})", each["aux"])
        for each in case["lines"]
    )
    entry = JournalEntry(
        journal="AC" if kind.direction is Direction.PURCHASES else "VE",
        date=dt.date(2026, 2, 3),
        piece=f"2026{case['id']}",
        number=f"2026-{case['id']}",
        piece_date=dt.date(2026, 2, 3),
        due_date=dt.date(2026, 3, 5),
        lines=lines,
    )
    return FileEntry(entry=entry, kind=kind, third_party_name="Tiers", pdf_name="00000001.pdf")


FEC_ACD = fec.Options(
    separator="|",
    decimal_mark=".",
    empty_side=True,
    extra_columns=("MouvementEcriture",),
    label_header="EcritureLibc",
    piece_ref="pdf_name",
)
PNM = pnm.Options(company_name="Boulangerie Élan")
TRA = tra.Options(
    company_name="Boulangerie Élan",
    written_at=dt.datetime(2026, 3, 1, 2, 15, tzinfo=dt.UTC),
    journals=JOURNALS,
    third_parties=auxiliary_records(FIVE),
)
# File name → the format and the options that make it of the five entries.
GOLDEN: dict[str, tuple[Any, Any]] = {
    "fec_legal.txt": (fec, fec.Options()),
    "fec_acd.txt": (fec, FEC_ACD),
    "cegid.tra": (tra, TRA),
    "sage_105.pnm": (pnm, PNM),
    "sage_141.pnm": (pnm, pnm.Options(company_name="Boulangerie Élan", width=141, charset="cp1252", amount_pad="zero")),
    "sage_mecg.txt": (mecg, mecg.Options(tax_codes=True)),
    "quadra_ascii.txt": (quadra, quadra.Options()),
}

SAMPLE_LEDGER = LedgerIndex(
    Ledger(
        accounts=(
            Account(number="41100000", label="Clients"),
            Account(number="70600000", label="Prestations"),
            Account(number="44571000", label="TVA collectée 20"),
        ),
        journals=(Journal(code="VE", label="VENTES", kind="sales"), Journal(code="VEN", label="VENTES", kind="sales")),
    )
)


def sample_sale(name: str) -> tuple[FileEntry, Any]:
    """The sale of ``tests/data/formats/samples/<name>``, with the options that it was written with."""
    label = "EXEMPLE SARL F-2031-0042"
    auxiliary = "CEXEMPLE" if name.startswith("quadra") else "CEXEMPLE01"
    sale = FileEntry(
        kind=Kind.SALES_INVOICE,
        third_party_name="EXEMPLE SARL",
        third_party=customer("EXEMPLE SARL", address=Address(country_code="FR")),
        pdf_name="00000042.pdf" if name.startswith("quadra") else "F-2031-0042.pdf",
        entry=JournalEntry(
            journal="VEN" if name.startswith("tra") else "VE",
            date=dt.date(2031, 3, 14),
            piece="20310042",
            number="F-2031-0042",
            piece_date=dt.date(2031, 3, 14),
            due_date=dt.date(2031, 4, 13),
            lines=(
                line("41100000", 120000, label, auxiliary),
                line("70600000", -100000, label),
                line("44571000", -20000, label),
            ),
        ),
    )
    if name.startswith("quadra"):
        return sale, quadra.Options(line_width=256)
    if name.startswith("fec"):
        return sale, fec.Options()
    options = tra.Options(
        user="SELLSY SYNC",
        written_at=dt.datetime(2031, 3, 15, 9, 30, tzinfo=dt.UTC),
        journals=(Journal(code="VEN", label="VENTES", kind="sales"),),
        third_parties=auxiliary_records([sale]),
    )
    return sale, options
