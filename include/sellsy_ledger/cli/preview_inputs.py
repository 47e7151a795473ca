"""The three files that ``preview`` reads. Whatever is wrong in one is said with file, line and field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

import msgspec

from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, Ledger, VatCode
from sellsy_ledger.core.settings import CompanySettings, load_settings
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.errors import ConfigurationError

__all__ = ["DocumentLine", "UnreadableLine", "read_documents", "read_ledger", "read_settings"]


class DocumentLine(msgspec.Struct, frozen=True):
    """One line of the documents file; Sellsy's objects stay as they came until their own parsers read them."""

    kind: Kind
    document: msgspec.Raw
    third_party: msgspec.Raw = msgspec.Raw(b"null")
    supporting_document: bool = True


class UnreadableLine(msgspec.Struct, frozen=True):
    """A line that is no JSON, or not of the expected shape: which member, and what is wrong with it."""

    field: str
    problem: str


# The file's own member names; the product's values differ in the third parties' `kind`.
class _Party(msgspec.Struct):
    auxiliary_account: str
    kind: Literal["customer", "supplier"]
    name: str = ""
    siret: str | None = None
    siren: str | None = None
    vat_number: str | None = None
    active: bool = True


class _Account(msgspec.Struct):
    number: str
    label: str | None = None
    active: bool = True


class _Journal(msgspec.Struct):
    code: str
    label: str | None = None
    kind: Literal["sales", "purchases", "other"] = "other"
    open: bool = True


class _VatCode(msgspec.Struct):
    code: str
    label: str | None = None
    rate: Decimal | None = None
    direction: Literal["sales", "purchases", "any"] | None = None
    account: str | None = None


class _Year(msgspec.Struct):
    start: date
    end: date
    closed: bool = False
    locked_until: date | None = None


class _LedgerFile(msgspec.Struct):
    accounts: list[_Account]
    journals: list[_Journal]
    vat_codes: list[_VatCode] = []
    fiscal_years: list[_Year] = []
    third_parties: list[_Party] = []
    accounting_codes: dict[str, str] = {}
    account_length: int | None = None
    tool: str = ""


_DIRECTIONS = {"customer": Direction.SALES, "supplier": Direction.PURCHASES}
_ledger_decoder = msgspec.json.Decoder(_LedgerFile)
_line_decoder = msgspec.json.Decoder(DocumentLine)


def read_settings(path: Path) -> CompanySettings:
    """The company's settings.

    Raises:
        ConfigurationError: naming the file and every field at fault.
    """
    return load_settings(_bytes_of(path, "settings"), where=str(path))


def read_ledger(path: Path) -> Ledger:
    """The snapshot of the tool's ledger.

    Raises:
        ConfigurationError: naming the file, the line where the JSON breaks, or the field at fault.
    """
    data = _bytes_of(path, "ledger")
    try:
        found = _ledger_decoder.decode(data)
    except msgspec.ValidationError as error:
        field, problem = _field_and_problem(error)
        raise ConfigurationError(f"{path}: {field or 'the whole'}: {problem}.", field=field) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}, line {_line_of(data, str(error))}: not valid JSON.", field="") from None
    return _ledger(found)


def _ledger(found: _LedgerFile) -> Ledger:
    return Ledger(
        accounts=tuple(
            Account(number=each.number, label=each.label or "", active=each.active) for each in found.accounts
        ),
        journals=tuple(
            Journal(code=each.code, label=each.label or "", kind=each.kind, open=each.open) for each in found.journals
        ),
        vat_codes=tuple(
            VatCode(
                code=each.code,
                label=each.label or "",
                rate=each.rate,
                direction=each.direction or "any",
                account=each.account,
            )
            for each in found.vat_codes
        ),
        fiscal_years=tuple(
            FiscalYear(start=each.start, end=each.end, closed=each.closed, locked_until=each.locked_until)
            for each in found.fiscal_years
        ),
        third_parties=tuple(
            LedgerThirdParty(
                auxiliary_account=each.auxiliary_account,
                name=each.name,
                direction=_DIRECTIONS[each.kind],
                siret=each.siret or "",
                siren=each.siren or "",
                vat_number=each.vat_number or "",
                active=each.active,
            )
            for each in found.third_parties
        ),
        accounting_codes=found.accounting_codes,
        account_length=found.account_length,
        tool=found.tool,
    )


def read_documents(path: Path) -> Iterator[tuple[int, bytes, DocumentLine | UnreadableLine]]:
    """Line number, text and content of each line, blank ones left out; the file is never held whole.

    Raises:
        ConfigurationError: the file cannot be opened.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise _cannot_open(path, "documents", error) from None
    with file:
        for number, line in enumerate(file, start=1):
            text = line.strip(b" \t\r\n\xef\xbb\xbf" if number == 1 else b" \t\r\n")
            if text:
                yield number, text, _document_line(text)


def _document_line(text: bytes) -> DocumentLine | UnreadableLine:
    try:
        return _line_decoder.decode(text)
    except msgspec.ValidationError as error:
        field, problem = _field_and_problem(error)
        return UnreadableLine(field or "line", problem)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UnreadableLine("line", "is not valid JSON")


def _field_and_problem(error: msgspec.ValidationError) -> tuple[str, str]:
    """``accounts[3].number`` and what is wrong with it; a missing member is named as a member."""
    problem, _, where = str(error).partition(" - at ")
    field = where.strip("`").removeprefix("$").lstrip(".")
    if "missing required field" in problem:
        member = problem.rpartition("field")[2].strip(" `")
        field = f"{field}.{member}".lstrip(".")
    return field, problem[:1].lower() + problem[1:]


def _line_of(data: bytes, message: str) -> int:
    """The line of a JSON fault, from the byte position in msgspec's message (the end when it tells none)."""
    position = message.rpartition("byte ")[2].rstrip(")")
    end = int(position) if position.isdecimal() else len(data)
    return data.count(b"\n", 0, end) + 1


def _bytes_of(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _cannot_open(path, what, error) from None


def _cannot_open(path: Path, what: str, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"The {what} file {path} cannot be read: {error.strerror}.", field=what)
