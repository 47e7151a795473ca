"""Files as the imports read them: FEC, TRA version 011, Quadra ASCII. Positions are those of the published layouts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from sellsy_ledger_sandbox.cegid_loop.books import ImportFailed, RawLine

__all__ = ["read_fec", "read_quadra", "read_tra"]

FEC_COLUMNS = (
    *("JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib"),
    *("PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate"),
    *("Montantdevise", "Idevise"),
)
TRA_WIDTH, QUADRA_LEAST = 222, 146


def _text(body: bytes) -> list[str]:
    return body.decode("cp1252", "replace").split("\r\n")


def _day(text: str, order: str, number: int) -> date:
    try:
        if order == "AAAAMMJJ":
            return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        year = int(text[4:])
        return date(year if year > 99 else 2000 + year, int(text[2:4]), int(text[:2]))
    except ValueError:
        raise ImportFailed(f"Date invalide : {text.strip() or 'vide'}", number) from None


def _cents(text: str, number: int) -> int:
    try:
        return int(Decimal(text.strip().replace(",", ".") or "0") * 100)
    except InvalidOperation:
        raise ImportFailed(f"Montant invalide : {text.strip()}", number) from None


def read_fec(body: bytes) -> list[RawLine]:
    """The 18 columns, tab-separated, with their headings."""
    rows = [row.split("\t") for row in _text(body) if row]
    if not rows or [name.casefold() for name in rows[0]] != [name.casefold() for name in FEC_COLUMNS]:
        raise ImportFailed("Le fichier n'a pas les 18 colonnes d'un FEC")
    lines = []
    for number, row in enumerate(rows[1:], 1):
        if len(row) != len(FEC_COLUMNS):
            raise ImportFailed("Nombre de colonnes invalide", number)
        value = dict(zip(FEC_COLUMNS, row, strict=True))
        lines.append(
            RawLine(
                day=_day(value["EcritureDate"], "AAAAMMJJ", number),
                journal=value["JournalCode"],
                account=value["CompteNum"],
                label=value["EcritureLib"],
                piece=value["PieceRef"],
                debit=_cents(value["Debit"], number),
                credit=_cents(value["Credit"], number),
                third_party=value["CompAuxNum"],
                third_party_name=value["CompAuxLib"],
                piece_date=_day(value["PieceDate"], "AAAAMMJJ", number),
            )
        )
    return lines


def read_tra(body: bytes) -> list[RawLine]:
    """Header, ``***CAE`` records for the names, then standard entries of 222 characters."""
    rows = [row for row in _text(body) if row]
    if not rows or rows[0][:3] != "***" or rows[0][8:14] != "JRLSTD" or rows[0][33:36] != "011":
        raise ImportFailed("L'en-tête TRA est invalide")
    names = {row[6:23].strip(): row[23:58].strip() for row in rows[1:] if row.startswith("***CAE")}
    lines = []
    for number, row in enumerate((row for row in rows if not row.startswith("***")), 1):
        if row[30:31] == "G":
            continue
        if len(row) != TRA_WIDTH:
            raise ImportFailed(f"Longueur de ligne {len(row)} au lieu de {TRA_WIDTH}", number)
        code = row[31:48].strip() if row[30] == "X" else ""
        cents = _cents(row[130:150], number)
        lines.append(
            RawLine(
                day=_day(row[3:11], "JJMMAAAA", number),
                journal=row[:3].strip(),
                account=row[13:30].strip(),
                label=row[83:118].rstrip(),
                piece=row[48:83].strip(),
                debit=cents if row[129] == "D" else 0,
                credit=cents if row[129] == "C" else 0,
                third_party=code,
                third_party_name=names.get(code, ""),
                due=_day(row[121:129], "JJMMAAAA", number) if row[121:129].strip() else None,
            )
        )
    return lines


def read_quadra(body: bytes) -> list[RawLine]:
    """``C`` records for the third parties, then ``M`` lines; the auxiliary account stands in the account's place."""
    rows = [row for row in _text(body) if row.strip()]
    parties = {row[1:9].strip(): (row[9:39].strip(), row[98:106].strip()) for row in rows if row[0] == "C"}
    lines = []
    for number, row in enumerate((row for row in rows if row[0] == "M"), 1):
        if not QUADRA_LEAST <= len(row) <= 256:
            raise ImportFailed(f"Longueur de ligne {len(row)}", number)
        account = row[1:9].strip()
        name, control = parties.get(account, ("", ""))
        cents = int(row[43:55]) * (-1 if row[42] == "-" else 1)
        pieces = (row[231:251], row[148:158], row[99:107], row[74:79])
        lines.append(
            RawLine(
                day=_day(row[14:20], "JJMMAA", number),
                journal=row[110:113].strip() or row[9:11].strip(),
                account=control or account,
                label=row[116:146].rstrip() or row[21:41].rstrip(),
                piece=next((piece.strip() for piece in pieces if piece.strip()), ""),
                debit=cents if row[41] == "D" else 0,
                credit=cents if row[41] == "C" else 0,
                third_party=account if control else "",
                third_party_name=name,
            )
        )
    if not lines:
        raise ImportFailed("Le fichier ne contient aucun mouvement")
    return lines
