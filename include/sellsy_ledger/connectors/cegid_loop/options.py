"""What a Connection to Cegid Loop says besides its secrets, checked once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Self

import msgspec
from stdnum.fr import siret as siret_numbers

from sellsy_ledger.connectors.cegid_loop.capabilities import CAPABILITIES, DEFAULT_ROUTE, VARIANTS
from sellsy_ledger.core.capabilities import Capabilities, ThirdPartySupport
from sellsy_ledger.errors import ConfigurationError

__all__ = ["DEPOSIT_HOSTS", "Options"]

DEPOSIT_HOSTS = "*.blob.core.windows.net"
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,50}")
_ROUTE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{1,40}")
_YES, _NO = ("true", "1", "yes", "oui"), ("false", "0", "no", "non")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one Connection.

    Attributes:
        dossier_code: code of the accounting folder (``codeDossier``, ``codeIbs``).
        siret: establishment that entries belong to; empty = the folder's own.
        route: json, fec, tra or quadra: how entries travel.
        create_third_parties: False where a person creates the third parties in Loop.
        import_tra_route: name of the TRA import; Cegid's pages do not show it.
        modele: the custom import's model, for the Quadra route.
        deposit_hosts: where a file may be put before its import.
        piece_max: characters of a piece number that this folder keeps; 0 = the route's usual length. A number that Loop
            cut would not be found again.
    """

    dossier_code: str
    siret: str = ""
    route: str = DEFAULT_ROUTE
    create_third_parties: bool = True
    import_tra_route: str = "importTRA"
    modele: str = ""
    deposit_hosts: tuple[str, ...] = (DEPOSIT_HOSTS,)
    piece_max: int = 0

    @classmethod
    def read(cls, options: Mapping[str, str]) -> Self:
        """Check the options of a Connection.

        Raises:
            ConfigurationError: one is missing or unusable; the field is named.
        """
        given = {name: str(value).strip() for name, value in options.items() if str(value or "").strip()}
        code = given.get("dossier_code", "")
        if not _CODE.fullmatch(code):
            raise _fault("dossier_code", "fill in the code of the accounting folder, letters and digits.")
        route = given.get("route", DEFAULT_ROUTE).lower()
        if route not in VARIANTS:
            raise _fault("route", f"it must be one of {', '.join(VARIANTS)}.")
        tra = given.get("import_tra_route", "importTRA").lstrip("/")
        if not _ROUTE_NAME.fullmatch(tra):
            raise _fault("import_tra_route", "it must be the bare name of the route, such as importTRA.")
        if route == "quadra" and not given.get("modele"):
            raise _fault("modele", "the custom import needs the name of its model in Cegid Loop.")
        return cls(
            dossier_code=code,
            siret=_siret(given.get("siret", "")),
            route=route,
            create_third_parties=_flag("create_third_parties", given.get("create_third_parties", "true")),
            import_tra_route=tra,
            modele=given.get("modele", ""),
            piece_max=_length("piece_max", given.get("piece_max", "0")),
            deposit_hosts=tuple(
                host for part in given.get("deposit_hosts", DEPOSIT_HOSTS).split(",") if (host := part.strip())
            ),
        )

    @property
    def capabilities(self) -> Capabilities:
        """What this connection can do."""
        usual = VARIANTS[self.route]
        if self.piece_max:
            usual = msgspec.structs.replace(usual, piece_max=min(self.piece_max, usual.piece_max or self.piece_max))
        if self.create_third_parties or usual.third_parties is not ThirdPartySupport.WITH_ENTRY:
            return usual
        return msgspec.structs.replace(usual, third_parties=ThirdPartySupport.NONE)


def _siret(text: str) -> str:
    digits = "".join(text.split())
    if digits and not siret_numbers.is_valid(digits):
        raise _fault("siret", "it is not a valid SIRET; leave it empty for the folder's own establishment.")
    return digits


def _length(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 4) or 0 < int(text) < 5:
        raise _fault(name, "write a number of characters, 5 at least.")
    return int(text)


def _flag(name: str, text: str) -> bool:
    if text.lower() not in (*_YES, *_NO):
        raise _fault(name, "write true or false.")
    return text.lower() in _YES


def _fault(field: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"Cegid Loop connection, {field}: {what}", field=field, tool=CAPABILITIES.tool)
