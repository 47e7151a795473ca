"""Readers of the files, made from the layouts of ``tests/data/formats`` alone: nothing of the product reads back."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

DATA = Path(__file__).parents[2] / "data" / "formats"


class Field(NamedTuple):
    name: str
    start: int
    length: int
    kind: str


class Movement(NamedTuple):
    """One line of an entry as its file tells it. ``label`` and ``number`` without the padding."""

    account: str
    auxiliary: str
    date: dt.date
    debit_cents: int
    credit_cents: int
    number: str
    label: str


def _fields(layout: list[dict[str, Any]]) -> list[Field]:
    return [Field(each["name"], int(each["start"]), int(each["length"]), each.get("kind", "A")) for each in layout]


_TRA = json.loads((DATA / "cegid_tra_layout.json").read_text())["records"]
_QUADRA = json.loads((DATA / "quadra_ascii_layout.json").read_text())["records"]
with (DATA / "pnm-layout.csv").open(newline="") as _file:
    PNM = _fields(list(csv.DictReader(_file)))
with (DATA / "mecg-layout-ver31.csv").open(newline="") as _file:
    MECG = [row["name"] for row in csv.DictReader(_file)]
TRA = {
    name: _fields([each | {"kind": each["type"]} for each in _TRA[name]])
    for name in ("XX_header", "JAL_journal", "CAE_third_party_account", "ECR_entry_std", "GED_document_line")
}
QUADRA = {name: _fields(_QUADRA[name]) for name in ("C", "M")}
FEC = [each["name"] for each in json.loads((DATA / "fec_a47a1.json").read_text())["fields"]]


def cut(line: str, layout: list[Field]) -> dict[str, str]:
    """Every field as it stands, padding included; what lies between and behind them must be blank."""
    rest = list(line)
    found = {}
    for field in layout:
        first, last = field.start - 1, field.start - 1 + field.length
        found[field.name] = line[first:last]
        rest[first:last] = " " * len(line[first:last])
    assert "".join(rest).strip() == "", f"something stands outside the fields: {line!r}"
    return found


def compose(values: dict[str, str], layout: list[Field], width: int) -> dict[str, str]:
    """What :func:`cut` must find: texts on the left, numbers (``n``, ``N``) on the right, all else blank."""
    assert not set(values) - {field.name for field in layout}
    wanted = {}
    for field in layout:
        length = max(min(field.length, width - field.start + 1), 0)
        value = values.get(field.name, "")
        assert len(value) <= length, (field, value)
        wanted[field.name] = value.rjust(length) if field.kind in ("n", "N") else value.ljust(length)
    return wanted


def lines_of(data: bytes, encoding: str) -> list[str]:
    """The lines of a file that ends each with CR LF and has no other line end or control character."""
    text = data.decode(encoding)
    assert text.endswith("\r\n")
    lines = text.split("\r\n")[:-1]
    assert all(character.isprintable() or character == "\t" for line in lines for character in line)
    return lines


def cents(text: str, mark: str = ",") -> int:
    whole, _, fraction = text.strip().partition(mark)
    assert whole.isdecimal()
    assert len(fraction) == 2
    return int(whole + fraction)


def day(text: str) -> dt.date:
    """``DDMMYY`` or ``DDMMYYYY``."""
    return dt.datetime.strptime(text, "%d%m%y" if len(text) == 6 else "%d%m%Y").date()  # noqa: DTZ007 - a day


def _sides(side: str, amount: int) -> tuple[int, int]:
    assert side in ("D", "C")
    return (amount, 0) if side == "D" else (0, amount)


def read_fec(data: bytes, encoding: str = "ascii", separator: str = "\t", mark: str = ",") -> list[Movement]:
    header, *lines = (line.split(separator) for line in lines_of(data, encoding))
    assert all(len(line) == len(header) for line in lines)
    found = []
    for line in lines:
        row = dict(zip(FEC, line, strict=False))
        found.append(
            Movement(
                row["CompteNum"],
                row["CompAuxNum"],
                dt.datetime.strptime(row["EcritureDate"], "%Y%m%d").date(),  # noqa: DTZ007 - a day
                cents(row["Debit"] or f"0{mark}00", mark),
                cents(row["Credit"] or f"0{mark}00", mark),
                row["PieceRef"],
                row["EcritureLib"],
            )
        )
    return found


def read_pnm(data: bytes, encoding: str = "ascii", width: int = 105) -> list[Movement]:
    company, *lines = lines_of(data, encoding)
    assert len(company) <= 30
    found = []
    for line in lines:
        assert len(line) == width
        row = cut(line, PNM)
        assert (row["line_type"] == "X") is bool(row["aux_or_analytic_account"].strip())
        found.append(
            Movement(
                row["general_account"].rstrip(),
                row["aux_or_analytic_account"].rstrip(),
                day(row["piece_date"]),
                *_sides(row["side"], cents(row["amount"], ".")),
                row["reference"].rstrip(),
                row["label"].rstrip(),
            )
        )
    return found


def blocks_of(lines: list[str]) -> list[list[str]]:
    """The fields of every ``#MECG``: a line that starts with ``#`` is a mark and nothing else."""
    assert lines[:3] == ["#FLG 000", "#VER 31", "#DEV EUR"]
    assert lines[-1] == "#FIN"
    found: list[list[str]] = []
    for line in lines[3:-1]:
        if line.startswith("#"):
            assert line == "#MECG"
            found.append([])
        else:
            found[-1].append(line)
    return found


def read_mecg(data: bytes, encoding: str = "cp850") -> list[Movement]:
    found = []
    for block in blocks_of(lines_of(data, encoding)):
        assert len(block) == len(MECG) == 39
        row = dict(zip(MECG, block, strict=True))
        found.append(
            Movement(
                row["general_account"],
                row["third_party"],
                day(row["date"]),
                *_sides("DC"[int(row["side"])], cents(row["amount"])),
                row["invoice_number"],
                row["label"],
            )
        )
    return found


def read_tra(data: bytes, encoding: str = "cp1252") -> list[Movement]:
    found = []
    header, *lines = lines_of(data, encoding)
    assert cut(header, TRA["XX_header"])["version"] == "011"
    for line in lines:
        if line.startswith("***") or line[30] == "G":
            continue
        assert len(line) == 222
        row = cut(line, TRA["ECR_entry_std"])
        assert (row["type_cpte"] == "X") is bool(row["auxiliaire_ou_section"].strip())
        found.append(
            Movement(
                row["general"].rstrip(),
                row["auxiliaire_ou_section"].rstrip(),
                day(row["date_comptable"]),
                *_sides(row["sens"], cents(row["montant1"])),
                row["ref_interne"].rstrip(),
                row["libelle"].rstrip(),
            )
        )
    return found


def read_quadra(data: bytes, encoding: str = "cp1252") -> list[Movement]:
    found = []
    collective: dict[str, str] = {}
    for line in lines_of(data, encoding):
        if line.startswith("C"):
            row = cut(line, QUADRA["C"])
            collective[row["compte"].rstrip()] = row["collectif"].rstrip()
            continue
        assert len(line) == 251
        row = cut(line, QUADRA["M"])
        account = row["compte"].rstrip()
        # Quadra has one account a line; the record before it tells which are auxiliary ones.
        general, auxiliary = (collective[account], account) if account in collective else (account, "")
        assert row["montant_signe"] == "+"
        found.append(
            Movement(
                general,
                auxiliary,
                day(row["date"]),
                *_sides(row["sens"], int(row["montant_centimes"])),
                row["piece20"].rstrip(),
                row["libelle30"].rstrip(),
            )
        )
    return found


READERS: dict[str, Callable[[bytes], list[Movement]]] = {
    "fec": read_fec,
    "tra": read_tra,
    "pnm": read_pnm,
    "mecg": read_mecg,
    "quadra": read_quadra,
}
