"""The options of an Inqom Connection, checked one by one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from sellsy_ledger.errors import ConfigurationError

__all__ = ["Options"]

API_URL = "https://api.inqom.com"
AUTH_URL = "https://auth.inqom.com"
SCOPE = "openid apidata"
FILE_HOSTS = ("*.inqom.com",)
_YES = ("yes", "oui", "true", "1")
_NO = ("no", "non", "false", "0", "")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a Connection says beside its secrets.

    Attributes:
        dossier_id: the accounting folder (dossierId = accountingFolderId = enterpriseId).
        documents_url: where documents are deposited; the API's own host unless told otherwise.
        auth_url: where tokens come from.
        scope: what the token is asked for.
        route: ``api`` or ``fec``.
        siren: the SIREN that the folder should have; empty: not compared.
        native_connector_off: True when somebody said that Inqom's own Sellsy connector is off.
        temporary: FEC: import as *temporary*.
        leave_to_human: FEC: an operation that waits for an action is left to a person in Inqom.
        attachments: FEC: how the deposited PDF is joined (``PieceRef``, ``NomFichier``, ``None``).
        third_party_column: FEC: ``account`` writes the third party's account in CompteNum, ``auxiliary`` writes the
            control account there and the third party's in CompAuxNum.
        file_hosts: hosts that PDFs may be read back from.
    """

    dossier_id: int
    documents_url: str
    auth_url: str = AUTH_URL
    scope: str = SCOPE
    route: str = "api"
    siren: str = ""
    native_connector_off: bool = False
    temporary: bool = False
    leave_to_human: bool = False
    attachments: str = "PieceRef"
    third_party_column: str = "account"
    file_hosts: tuple[str, ...] = FILE_HOSTS

    @classmethod
    def read(cls, options: Mapping[str, str], base_url: str) -> Options:
        """The options of a Connection.

        Args:
            options: names → texts, as the form holds them; empty texts are absent.
            base_url: the API's address, the default of ``documents_url``.

        Raises:
            ConfigurationError: an option is missing or unusable; its field is named.
        """
        given = {name: str(value).strip() for name, value in options.items() if str(value or "").strip()}
        documents_url = given.get("documents_url", base_url)
        parts = urlsplit(documents_url)
        hosts = [host.strip() for host in given.get("file_hosts", "").split(",") if host.strip()]
        return cls(
            dossier_id=_folder(given.get("dossier_id", "")),
            documents_url=documents_url,
            auth_url=given.get("auth_url", AUTH_URL),
            scope=given.get("scope", SCOPE),
            route=_one_of(given, "route", ("api", "fec")),
            siren="".join(given.get("siren", "").split()),
            native_connector_off=_yes(given, "native_connector_off"),
            temporary=_yes(given, "temporary"),
            leave_to_human=_yes(given, "leave_to_human"),
            attachments=_one_of(given, "attachments", ("PieceRef", "NomFichier", "None")),
            third_party_column=_one_of(given, "third_party_column", ("account", "auxiliary")),
            file_hosts=(f"{parts.scheme}://{parts.netloc}", *FILE_HOSTS, *hosts),
        )


def _folder(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise _wrong("dossier_id", "must be the number of the accounting folder")
    return int(text)


def _one_of(given: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """The option in its own spelling; the first of ``allowed`` when it is absent."""
    text = given.get(name, allowed[0])
    found = next((each for each in allowed if each.lower() == text.lower()), None)
    if found is None:
        raise _wrong(name, f"must be one of {', '.join(allowed)}")
    return found


def _yes(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "").lower()
    if text not in (*_YES, *_NO):
        raise _wrong(name, "must be yes or no")
    return text in _YES


def _wrong(name: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"{name} of the Inqom connection {what}.", field=name, tool="inqom")
