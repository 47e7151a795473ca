"""The accountant's lists, as people export them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.errors import ConfigurationError
from tests.unit.connectors.sage100.builders import files


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> None:
    (folder / "reference").mkdir(exist_ok=True)
    (folder / "reference" / name).write_bytes(text.encode(encoding))


def test_without_lists_the_settings_are_trusted(tmp_path: Path) -> None:
    ledger = files(tmp_path).read_ledger()
    assert ledger.unlisted == ("accounts", "journals")
    index = LedgerIndex(ledger)
    assert index.active_account("706000") is not None
    assert index.journal("VE") is not None
    assert index.is_open(dt.date(2026, 1, 1))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_lists_are_read_in_every_usual_form(tmp_path: Path, encoding: str, separator: str) -> None:
    lists = {
        "Comptes.csv": "N° compte;Intitulé;Sommeil\r\n706000;Prestations de services;non\r\n707000;Été;OUI\r\n\r\n",
        "journaux.CSV": "CODE;INTITULE;TYPE\nVE;Ventes;Vente\nAC;Achats;0\nOD;Divers;Général\n",
        "tiers.csv": "Compte tiers;Intitulé;Type;N° SIRET;Identifiant\n"
        "cdupont;Dupont & Fils;Client;732 829 320 00074;FR44732829320\nFMARTIN;Martin;1;;\nPAUL;Paul;Salarié;;\n",
        "exercices.csv": "Début;Fin;Clôturé;Bloqué jusqu'au\n01/01/2025;31/12/2025;Oui;\n"
        "2026-01-01;2026-12-31;;31/01/2026\n010127;311227;non;\n",
    }
    for name, text in lists.items():
        write(tmp_path, name, text.replace(";", separator), encoding)
    ledger = files(tmp_path).read_ledger()
    assert ledger.unlisted == ()
    assert [(one.number, one.label, one.active) for one in ledger.accounts] == [
        ("706000", "Prestations de services", True),
        ("707000", "Été", False),
    ]
    assert [(one.code, one.kind) for one in ledger.journals] == [("VE", "sales"), ("AC", "purchases"), ("OD", "other")]
    customer, supplier = ledger.third_parties
    assert (customer.auxiliary_account, customer.siret, customer.vat_number, customer.direction) == (
        "CDUPONT",
        "73282932000074",
        "FR44732829320",
        Direction.SALES,
    )
    assert (supplier.auxiliary_account, supplier.direction) == ("FMARTIN", Direction.PURCHASES)
    assert [(one.start.isoformat(), one.end.isoformat(), one.closed) for one in ledger.fiscal_years] == [
        ("2025-01-01", "2025-12-31", True),
        ("2026-01-01", "2026-12-31", False),
        ("2027-01-01", "2027-12-31", False),
    ]
    assert ledger.fiscal_years[1].locked_until == dt.date(2026, 1, 31)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("comptes.csv", "", "no column numero"),
        ("comptes.csv", "Libellé;Sommeil\nX;non\n", "no column numero"),
        ("comptes.csv", "Numéro;Libellé\n;X\n", "line 2: the column numero is empty"),
        ("journaux.csv", "Journal;Libellé\nVE\n;x\n", "line 3: the column code is empty"),
        ("tiers.csv", "Compte tiers;Type\nX;Client\n", "no column intitule"),
        ("exercices.csv", "Début;Fin\n2026;31/12/2026\n", "debut is no date"),
        ("exercices.csv", "Début;Fin\n01/01/2027;31/12/2026\n", "ends before it starts"),
    ],
)
def test_a_list_that_cannot_be_read_names_file_line_and_column(tmp_path: Path, name: str, text: str, told: str) -> None:
    write(tmp_path, name, text)
    connector = files(tmp_path)
    with pytest.raises(ConfigurationError, match=name) as wrong:
        connector.read_ledger()
    assert told in wrong.value.message
    check = next(check for check in connector.check_access() if check.step == "Listes du comptable")
    assert name in check.detail
    assert check.action
    assert check.blocking


def test_lists_that_are_there_are_not_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "comptes.csv", "Numéro\n706000\n")
    steps = [check.step for check in files(tmp_path).check_access()]
    assert "Liste comptes.csv" not in steps
    assert "Liste tiers.csv" in steps
