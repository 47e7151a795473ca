"""A document storage with signed URLs, as object storages have: a tool that fetches PDFs by itself is given such a URL.

``GET /storage/<path>?expires=<unix seconds>&signature=<hex>`` answers the file while the signature is good and the
moment has not come, 403 otherwise. Only what lies below the served folder can be had, whatever the path says.
``PUT /_sandbox/files/<path>`` puts a file there and answers its signed URL, for tests.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

from flask import Blueprint, jsonify, request, send_file
from flask.typing import ResponseReturnValue

__all__ = ["DAY_SECONDS", "SECRET", "Storage", "sign"]

SECRET = "demo-secret-storage"  # noqa: S105 - the published secret of the sandbox, it opens nothing else
DAY_SECONDS = 86_400


def sign(base_url: str, path: str, expires: int, secret: str = SECRET) -> str:
    """The URL under which ``path`` can be fetched until ``expires``.

    Args:
        base_url: the sandbox's address, ``http://127.0.0.1:8700``.
        path: relative path below the served folder, ``atelier/pdf/a.pdf``.
        expires: Unix seconds.
        secret: the key of the storage.
    """
    query = urlencode({"expires": expires, "signature": _signature(path, str(expires), secret)})
    return f"{base_url}/storage/{quote(path)}?{query}"


def _signature(path: str, expires: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"GET\n{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


class Storage:
    """One served folder.

    Args:
        folder: what is served; made when it is missing.
        time: the world's clock, Unix seconds.
        secret: the key that signs.
    """

    def __init__(self, folder: Path, time: Callable[[], float], secret: str = SECRET) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._time, self._secret = folder.resolve(), time, secret

    def routes(self) -> Blueprint:
        """``/storage`` and its control route."""
        routes = Blueprint("storage", __name__)

        @routes.get("/storage/<path:name>")
        def fetch(name: str) -> ResponseReturnValue:
            refusal = self._refusal(name, request.args.get("expires", ""), request.args.get("signature", ""))
            if refusal:
                return jsonify(error=refusal), 403
            file = self._file(name)
            if file is None or not file.is_file():
                return jsonify(error="there is no such file"), 404
            return send_file(file, conditional=False, etag=False, max_age=0)

        @routes.put("/_sandbox/files/<path:name>")
        def put(name: str) -> ResponseReturnValue:
            file = self._file(name)
            if file is None or file.is_dir():
                return jsonify(error="a path below the folder is needed"), 400
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(request.get_data())
            expires = int(self._time()) + DAY_SECONDS
            return jsonify(url=sign(request.host_url.rstrip("/"), name, expires, self._secret)), 201

        return routes

    def _refusal(self, name: str, expires: str, signature: str) -> str:
        """Why the request may not have the file; empty when it may."""
        # The signature comes first: who cannot sign learns nothing about paths or moments.
        if not hmac.compare_digest(_signature(name, expires, self._secret).encode(), signature.encode()):
            return "the signature does not fit this address"
        return "this address has expired" if not expires.isdecimal() or int(expires) <= self._time() else ""

    def _file(self, name: str) -> Path | None:
        """The file of a path, links followed; None when that leads out of the folder."""
        if "\0" in name:
            return None
        file = (self._folder / name).resolve()
        return file if file.is_relative_to(self._folder) else None
