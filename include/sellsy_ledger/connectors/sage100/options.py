"""The Connection's options, read once: text in, checked values out.

Where Sage says nothing (how an amount is padded, the character set) or each version differs (the number of fields), the
value is an option with a default that is documented in ``docs/connect/sage100.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from sellsy_ledger.errors import ConfigurationError

__all__ = ["FileOptions", "InvoiceNumber", "ODataOptions"]

COMPANY_NAME_MAX = 30
CHARSETS = ("ascii", "cp1252", "cp850")
FORMATS = ("pnm", "mecg")
# Older databases hold 35 characters of a label; what is longer is cut by Sage there, or refused.
LABEL_MAX = {"pnm": ("25",), "mecg": ("35", "69")}
_DOSSIER = re.compile(r"[A-Za-z0-9-]{1,30}")
_EXTENSION = re.compile(r"\.[A-Za-z0-9_.-]{1,20}")

InvoiceNumber = str
"""``number`` = the document's number is Sage's invoice number; ``reference`` = Sellsy's own id is."""


class FileOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of the file way.

    Attributes:
        folder: a local folder, or a URL of an object storage.
        dossier: the code of the Sage company, part of every file name.
        format: ``pnm`` or ``mecg``.
        company_name: the first line of a PNM file.
        pnm_width: characters of a PNM line.
        amount_pad: ``space`` or ``zero``, what fills a PNM amount on its left.
        charset: ``ascii``, ``cp1252`` or ``cp850``.
        mecg_version: the number after ``#VER``.
        mecg_fields: fields of one ``#MECG`` block.
        label_max: characters of a label.
        invoice_number: what becomes Sage's invoice number.
        imported: endings of the file that says "imported".
        refused: endings of the file that says "refused".
    """

    folder: str
    dossier: str
    format: str
    company_name: str
    pnm_width: int
    amount_pad: str
    charset: str
    mecg_version: int
    mecg_fields: int
    label_max: int
    invoice_number: InvoiceNumber
    imported: tuple[str, ...]
    refused: tuple[str, ...]

    @classmethod
    def read(cls, options: Mapping[str, str]) -> FileOptions:
        """From the Connection's extras.

        Raises:
            ConfigurationError: naming the option.
        """
        folder = options.get("folder", "").strip()
        if not folder:
            raise _wrong("folder", "say where the files are delivered (a folder, or the URL of an object storage)")
        kind = _choice(options, "format", FORMATS)
        # A PNM file names no character set, and MECG is read as CP850 by Sage.
        charset = _choice(options, "charset", CHARSETS, default="cp850" if kind == "mecg" else "ascii")
        return cls(
            folder=folder,
            dossier=_matching(options, "dossier", _DOSSIER, "SELLSY"),
            format=kind,
            company_name=options.get("company_name", "").strip()[:COMPANY_NAME_MAX] or "SELLSY",
            pnm_width=int(_choice(options, "pnm_width", ("105", "141"))),
            amount_pad=_choice(options, "amount_pad", ("space", "zero")),
            charset=charset,
            mecg_version=_number(options, "mecg_version", 31, 1, 99),
            mecg_fields=_number(options, "mecg_fields", 39, 18, 39),
            label_max=int(_choice(options, "label_max", LABEL_MAX[kind])),
            invoice_number=_choice(options, "invoice_number", ("number", "reference")),
            imported=_endings(options, "imported_suffixes", ".ok,.importe"),
            refused=_endings(options, "refused_suffixes", ".refuse"),
        )

    @property
    def is_local(self) -> bool:
        """True when the folder is one of this machine."""
        return "://" not in self.folder or self.folder.startswith("file://")


class ODataOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of the OData way.

    Attributes:
        dataset: id of the company, or its name; empty where the account has one company only.
        authority: address of the login server.
        token_url: address that gives tokens, when it is not ``<authority>/oauth/token``.
        audience: the API that a token is asked for.
        scope: rights that are asked for; empty = those of the refresh token.
        label_max: characters of a label, where ``$metadata`` does not say.
        invoice_number: what becomes Sage's invoice number.
        provenance: what ``extProvenance`` says; ``none`` leaves it out.
        check_first: True has each entry checked by ``controle=true`` before it is created.
        customers_account: collective account of a new customer; empty = the first account 411.
        suppliers_account: the same for suppliers, 401.
    """

    dataset: str
    authority: str
    token_url: str
    audience: str
    scope: str
    label_max: int
    invoice_number: InvoiceNumber
    provenance: str
    check_first: bool
    customers_account: str
    suppliers_account: str

    @classmethod
    def read(cls, options: Mapping[str, str]) -> ODataOptions:
        """From the Connection's extras.

        Raises:
            ConfigurationError: naming the option.
        """
        return cls(
            dataset=options.get("dataset", "").strip(),
            authority=options.get("authority", "").strip().rstrip("/"),
            token_url=options.get("token_url", "").strip(),
            audience=options.get("audience", "").strip(),
            scope=options.get("scope", "").strip(),
            label_max=_number(options, "label_max", 69, 5, 69),
            invoice_number=_choice(options, "invoice_number", ("number", "reference")),
            provenance=options.get("provenance", "").strip() or "SELLSY",
            check_first=_choice(options, "check_first", ("yes", "no")) == "yes",
            customers_account=options.get("customers_account", "").strip(),
            suppliers_account=options.get("suppliers_account", "").strip(),
        )


def _wrong(name: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"Option {name} of the Sage 100 Connection: {what}.", field=name, tool="sage100")


def _choice(options: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str = "") -> str:
    value = options.get(name, "").strip().lower() or default or allowed[0]
    if value not in allowed:
        raise _wrong(name, f"it must be {' or '.join(allowed)}")
    return value


def _number(options: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = options.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and least <= int(text[:9]) <= most):
        raise _wrong(name, f"it must be a number from {least} to {most}")
    return int(text)


def _matching(options: Mapping[str, str], name: str, pattern: re.Pattern[str], default: str) -> str:
    value = options.get(name, "").strip() or default
    if not pattern.fullmatch(value):
        raise _wrong(name, "it must hold 1 to 30 letters, digits and hyphens")
    return value


def _endings(options: Mapping[str, str], name: str, default: str) -> tuple[str, ...]:
    found = tuple(part.strip().lower() for part in (options.get(name, "") or default).split(",") if part.strip())
    if not found or not all(_EXTENSION.fullmatch(part) for part in found):
        raise _wrong(name, "it must hold file endings with their point, separated by commas (.ok,.importe)")
    return found
