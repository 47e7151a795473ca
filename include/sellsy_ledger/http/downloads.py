"""Fetch one file from an address that an API gave us, as little trusting as possible.

The address is untrusted: it may point at our own network, redirect elsewhere, or never end. Hosts are checked
against an allow-list at every redirect, the address actually connected to must be public unless the allow-list names
the origin, and reading stops at the size cap. Our authorization is never sent, and the URL (often signed) is never
logged or repeated in a message.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError, TryLater
from sellsy_ledger.http.engine import TimedConnection, TimedTLSConnection, open_manager

__all__ = ["AllowList", "Download", "FileTooLarge", "fetch"]

REDIRECTS_MAX = 5
CHUNK_BYTES = 1 << 18
PASSING = frozenset({408, 425, 429})
# Anything else in a host (a backslash, an @) is read differently by different parsers.
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")


@dataclass(frozen=True, slots=True)
class Download:
    """A downloaded file: its bytes and content type."""

    body: bytes
    content_type: str


class FileTooLarge(DocumentError):
    """The file is larger than its reader takes; another try today would only read as much again."""


class AllowList:
    """Hosts that files may come from. See ``Transport.download`` for the two ways to write one."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._origins: set[str] = set()
        self._hosts: set[str] = set()
        for entry in entries:
            cleaned = entry.strip().lower()
            if "://" in cleaned:
                self._origins.add(_origin(cleaned))
            elif cleaned:
                self._hosts.add(cleaned)

    def names_origin(self, url: str) -> bool:
        """True when exactly this scheme, host and port are written in the list."""
        return _origin(url) in self._origins

    def allows(self, url: str) -> bool:
        """True when ``url`` may be fetched."""
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
            if parts.username is not None or not _HOST.fullmatch(host):
                return False
            if self.names_origin(url):
                return True
            if parts.scheme != "https" or _port(url) != 443:
                return False
        except ValueError:
            return False
        return host in self._hosts or any(each[:2] == "*." and host.endswith(each[1:]) for each in self._hosts)


class _PrivateAddress(Exception):
    """The name resolved to an address inside some network. Not an OSError: urllib3 would wrap it as a passing fault."""


def _only_public(sock: socket.socket) -> socket.socket:
    address = ipaddress.ip_address(sock.getpeername()[0].split("%")[0])
    mapped = getattr(address, "ipv4_mapped", None) or address
    if not mapped.is_global or mapped.is_multicast:
        sock.close()
        raise _PrivateAddress(f"{type(mapped).__name__} is not public")
    return sock


# The address is judged after connecting and before a byte is sent, so that a name cannot resolve to a public
# address for the check and to a private one for the request.
class _PublicConnection(TimedConnection):
    def _new_conn(self) -> socket.socket:
        return _only_public(super()._new_conn())


class _PublicTLSConnection(TimedTLSConnection):
    def _new_conn(self) -> socket.socket:
        return _only_public(super()._new_conn())


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicTLSPool(HTTPSConnectionPool):
    ConnectionCls = _PublicTLSConnection


def fetch(url: str, rules: AllowList, max_bytes: int, *, timeout: urllib3.Timeout, tool: str) -> Download:
    """The file at ``url``; one try, up to five redirects.

    Raises:
        DocumentError: not allowed, not there, or larger than ``max_bytes``.
        TryLater: a passing fault.
    """
    for _ in range(REDIRECTS_MAX + 1):
        if not rules.allows(url):
            host = urlsplit(url).hostname
            raise _refused(f"host {host!r} is not on the allow-list", "son serveur n'est pas autorisé", tool)
        found = _get(url, rules, max_bytes, timeout, tool)
        if isinstance(found, Download):
            return found
        url = urljoin(url, found)
    raise _refused(f"more than {REDIRECTS_MAX} redirects", "son lien tourne en rond", tool)


def _get(url: str, rules: AllowList, max_bytes: int, timeout: urllib3.Timeout, tool: str) -> Download | str:
    """The file, or the address that the server redirects to."""
    manager, proxied = open_manager(url)
    if not proxied and not rules.names_origin(url):
        # Through a proxy the peer is the proxy itself, which the machine's owner chose.
        manager.pool_classes_by_scheme = {"http": _PublicPool, "https": _PublicTLSPool}
    try:
        with manager:
            response = manager.urlopen(
                "GET",
                url,
                headers={"Accept": "*/*", "Accept-Encoding": "identity"},
                retries=False,
                redirect=False,
                timeout=timeout,
                preload_content=False,
            )
            try:
                return _judge(response, max_bytes, tool)
            finally:
                response.close()
    except _PrivateAddress:
        why = "the host resolves to an address that is not public"
        raise _refused(why, "son serveur n'est pas autorisé", tool) from None
    except (HTTPError, OSError) as error:
        # The text of the error would repeat the signed URL, and so would its cause in a traceback.
        raise TryLater(f"Downloading a file of {tool} failed: {type(error).__name__}.", tool=tool) from None


def _judge(response: urllib3.BaseHTTPResponse, max_bytes: int, tool: str) -> Download | str:
    status = response.status
    location = response.headers.get("location")
    if 300 <= status < 400 and location:
        return location
    if status in PASSING or status >= 500:
        raise TryLater(f"Downloading a file of {tool} was answered {status}.", tool=tool, tool_code=str(status))
    if status != 200:
        raise _refused(f"the server answered {status}", f"le serveur répond {status}", tool)
    return Download(_read(response, max_bytes, tool), response.headers.get("content-type", ""))


def _read(response: urllib3.BaseHTTPResponse, max_bytes: int, tool: str) -> bytes:
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise _too_large(max_bytes, tool)
    chunks: list[bytes] = []
    size = 0
    while chunk := response.read(CHUNK_BYTES, decode_content=True):
        chunks.append(chunk)
        size += len(chunk)
        if size > max_bytes:
            raise _too_large(max_bytes, tool)
    return b"".join(chunks)


def _too_large(max_bytes: int, tool: str) -> FileTooLarge:
    megabytes = max_bytes // (1024 * 1024)
    return FileTooLarge(
        f"A file of {tool} was not downloaded: it is larger than {max_bytes} bytes.",
        reason=Reason.SUPPORTING_DOCUMENT_MISSING,
        facts={"detail": f" (le fichier dépasse {megabytes} Mo)"},
        tool=tool,
    )


def _refused(why: str, french: str, tool: str) -> DocumentError:
    return DocumentError(
        f"A file of {tool} was not downloaded: {why}.",
        reason=Reason.SUPPORTING_DOCUMENT_MISSING,
        facts={"detail": f" (fichier refusé : {french})"},
        tool=tool,
    )


def _port(url: str) -> int | None:
    parts = urlsplit(url)
    return parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{_port(url)}"
