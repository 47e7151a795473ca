"""The options of an ACD connection: what differs from one firm's server, or one dossier, to the next.

Nothing that the API leaves open is guessed in the code: it is an option here, with the usual value as its default.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote

from sellsy_ledger.connectors.acd.capabilities import CAPABILITIES
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.errors import ConfigurationError

__all__ = ["LINE_FIELDS", "ROUTES", "AcdSettings"]

ROUTES: Mapping[str, str] = {
    "login": "/v1/authentification",
    "select": "/v1/sessions/dossier/{code}",
    "dossiers": "/v1/dossiers",
    "journals": "/v1/compta/journal",
    "accounts": "/v1/compta/comptes/generaux",
    "customers": "/v1/compta/comptes/clients",
    "suppliers": "/v1/compta/comptes/fournisseurs",
    "new_customer": "/v1/compta/comptes/client",
    "new_supplier": "/v1/compta/comptes/fournisseur",
    # The accent must be percent-encoded.
    "vat_codes": "/v1/compta/param%C3%A8tres/codesTVA",
    # Public clients disagree on this one: the second is asked where the first does not exist.
    "years": "/v1/compta/exercices",
    "years_older": "/v1/exercices",
    "ged_tree": "/v1/ged/arborescence",
    "ged_upload": "/v1/ged/documents",
    "ged_list": "/v1/ged/documents/filtrer",
    "tray": "/v1/panieres/documents",
    "entry": "/v1/compta/ecriture",
    "fec": "/v1/compta/fec",
}
"""Every route below the base URL; option ``routes`` replaces any of them."""

LINE_FIELDS = (
    "Jour",
    "NumeroPiece",
    "NumeroFacture",
    "Compte",
    "CodeTVA",
    "Libelle",
    "Debit",
    "Credit",
    "ModeReglement",
    "ReferenceGed",
    "Analytiques",
)
_EXTRA_VALUES = frozenset({"due_date"})
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~%-]|\{code\})+)+/?")
_YES, _NO = ("yes", "true", "1", "oui"), ("", "no", "false", "0", "non")


@dataclass(frozen=True)
class AcdSettings:
    """One dossier on one firm's server.

    Attributes:
        code_dossier: the client dossier.
        cnx: the server's connection reference.
        id_arbo_ged: the classification node of the document store that uploads go to.
        customer_root: what customers' auxiliary accounts begin with.
        supplier_root: the same for suppliers.
        account_length: digits of a general account; 0 = as the dossier's chart writes it.
        send_invoice_number: ``auto`` (where the journal takes it), ``always`` or ``never``.
        reads_fec: False where the dossier's FEC cannot be read: nothing is looked up or read back then.
        post_without_ged: True: an entry goes without its PDF where the document store has no plan for the journal.
        tray_types: the tray's ``type`` of a document, by direction; empty = not sent.
        routes: every route, by name.
        extra_line_fields: additional field of a third-party line → what it holds (``due_date``).
    """

    code_dossier: str
    cnx: str = "CNX"
    id_arbo_ged: int = 0
    customer_root: str = "C"
    supplier_root: str = "F"
    account_length: int = 0
    send_invoice_number: str = "auto"
    reads_fec: bool = True
    post_without_ged: bool = False
    tray_types: Mapping[Direction, str] = field(default_factory=dict)
    routes: Mapping[str, str] = field(default_factory=lambda: dict(ROUTES))
    extra_line_fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_options(cls, options: Mapping[str, str]) -> Self:
        """Read and check the options of a Connection.

        Raises:
            ConfigurationError: one is missing or unusable, named by ``field``.
        """
        options = {name: value.strip() for name, value in options.items()}
        code = options.get("code_dossier", "")
        if not code:
            raise _fault("code_dossier", "the code of the client dossier is missing: fill it in.")
        tray = {Direction.SALES: "paniere_type_sales", Direction.PURCHASES: "paniere_type_purchases"}
        usual = {Direction.SALES: "", Direction.PURCHASES: "1"}
        return cls(
            code_dossier=code,
            cnx=options.get("cnx") or "CNX",
            id_arbo_ged=_number(options, "id_arbo_ged"),
            customer_root=_root(options, "customer_root", "C"),
            supplier_root=_root(options, "supplier_root", "F"),
            account_length=_number(options, "account_length", longest=20),
            send_invoice_number=_choice(options, "send_invoice_number", "auto", "always", "never"),
            reads_fec=_choice(options, "read_back", "fec", "none") == "fec",
            post_without_ged=_is_yes(options, "post_without_ged"),
            tray_types={
                direction: str(_number(options, name)) if options.get(name) else usual[direction]
                for direction, name in tray.items()
            },
            routes={**ROUTES, **_routes(options)},
            extra_line_fields=_extra_fields(options),
        )

    def route(self, name: str) -> str:
        """The path of a route, with the dossier in its place."""
        return self.routes[name].replace("{code}", quote(self.code_dossier, safe=""))


def _fault(name: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"Option {name} of the ACD connection: {what}", field=name, tool=CAPABILITIES.tool)


def _number(options: Mapping[str, str], name: str, *, longest: int | None = None) -> int:
    text = options.get(name) or "0"
    if not (text.isascii() and text.isdecimal()) or (longest is not None and int(text) > longest):
        raise _fault(name, "write a whole number, or leave it empty.")
    return int(text)


def _root(options: Mapping[str, str], name: str, usual: str) -> str:
    text = (options.get(name) or usual).upper()
    if not re.fullmatch(r"[A-Z0-9]{1,6}", text):
        raise _fault(name, "write 1 to 6 letters and digits, for instance C, F or 411.")
    return text


def _choice(options: Mapping[str, str], name: str, *allowed: str) -> str:
    """One of ``allowed``; the first is the default."""
    text = (options.get(name) or allowed[0]).lower()
    if text not in allowed:
        raise _fault(name, f"write one of {', '.join(allowed)}.")
    return text


def _is_yes(options: Mapping[str, str], name: str) -> bool:
    text = options.get(name, "").lower()
    if text not in (*_YES, *_NO):
        raise _fault(name, "write yes or no.")
    return text in _YES


def _texts(options: Mapping[str, str], name: str) -> dict[str, str]:
    """A JSON object of texts."""
    try:
        found = json.loads(options.get(name) or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise _fault(name, "write a JSON object of texts.")
    return found


def _routes(options: Mapping[str, str]) -> dict[str, str]:
    found = _texts(options, "routes")
    for name, path in found.items():
        if name not in ROUTES:
            raise _fault("routes", f"there is no route {name!r}; the routes are {', '.join(ROUTES)}.")
        if not _PATH.fullmatch(path) or ("{code}" in path and name != "select"):
            raise _fault("routes", f"the path of {name} must look like {ROUTES[name]}, letters percent-encoded.")
    if "years" in found and "years_older" not in found:
        found["years_older"] = found["years"]
    return found


def _extra_fields(options: Mapping[str, str]) -> dict[str, str]:
    found = _texts(options, "extra_line_fields")
    taken = {name.lower() for name in LINE_FIELDS}
    for name, value in found.items():
        if not _FIELD_NAME.fullmatch(name) or name.lower() in taken:
            raise _fault("extra_line_fields", f"{name[:40]!r} is not the name of an additional field.")
        if value not in _EXTRA_VALUES:
            raise _fault("extra_line_fields", f"{name} may hold one of {', '.join(sorted(_EXTRA_VALUES))}.")
    return found
