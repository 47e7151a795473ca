"""A sandbox that tempts: its answers carry IBANs, and refusals repeat the caller's own credentials.

Real APIs do both. Whatever the product keeps or says afterwards must be free of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from tests.security.secrets_found import IBAN, Secrets

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Seeding"]

SIGNED = "https://files.example.com/f.pdf?X-Amz-Signature=0123456789abcdef0123456789abcdef&X-Amz-Expires=600"
_ISSUED = ("access_token", "refresh_token", "token", "jwt")
_LINKS = ("pdf_link", "public_link", "url", "link")
_CREDENTIALS = ("HTTP_AUTHORIZATION", "HTTP_X_THIRD_PARTY_SECRET", "HTTP_X_API_KEY", "HTTP_APPLICATION_KEY")


class Seeding:
    """WSGI middleware around the whole sandbox.

    Attributes:
        secrets: grows by every credential that a request carries and an answer issues.
        ibans: JSON objects that were given an IBAN.
        echoes: tool → refusals that repeated what the caller sent.
        refuse: ``write`` refuses each tool's first write, ``401`` and ``500`` everything, "" nothing.
    """

    def __init__(self, application: WSGIApplication, secrets: Secrets) -> None:
        self._application = application
        self.secrets = secrets
        self.ibans = 0
        self.echoes: dict[str, int] = {}
        self.refuse = ""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        tool = environ["PATH_INFO"].split("/", 2)[1]
        if tool.startswith("_") or tool == "storage":
            return self._application(environ, start_response)
        sent = self._note_credentials(environ)
        if self._is_refused(tool, environ):
            self.echoes[tool] = self.echoes.get(tool, 0) + 1
            status = int(self.refuse) if self.refuse.isdigit() else 422
            return Response(_echo(sent), status, content_type="application/json")(environ, start_response)
        logs_in = self._logs_in(environ)
        body, code, headers = run_wsgi_app(self._application, environ, buffered=True)
        whole = b"".join(body)
        if headers.get("Content-Type", "").startswith("application/json"):
            try:
                answer = json.loads(whole)
            except ValueError:
                answer = None
            if isinstance(answer, dict | list):
                self._seed(answer, logs_in=logs_in)
                whole = json.dumps(answer, ensure_ascii=False).encode()
                headers["Content-Length"] = str(len(whole))
        return Response(whole, code, headers)(environ, start_response)

    def _is_refused(self, tool: str, environ: WSGIEnvironment) -> bool:
        if self.refuse.isdigit():
            return True
        writes = environ["REQUEST_METHOD"] != "GET" and tool != "sellsy"
        return self.refuse == "write" and writes and not self._logs_in(environ) and not self.echoes.get(tool)

    @staticmethod
    def _logs_in(environ: WSGIEnvironment) -> bool:
        return any(word in environ["PATH_INFO"].lower() for word in ("token", "auth", "login", "identity"))

    def _note_credentials(self, environ: WSGIEnvironment) -> str:
        sent = [str(environ[name]) for name in environ if name in _CREDENTIALS]
        for value in sent:
            self.secrets.add(value.rpartition(" ")[2])
        return " ".join(sent)

    def _seed(self, value: Any, *, logs_in: bool) -> None:
        """``token`` is a credential where somebody logs in; elsewhere it names a document, which takes one to read."""
        if isinstance(value, list):
            for one in value:
                self._seed(one, logs_in=logs_in)
            return
        if not isinstance(value, dict):
            return
        for name, one in value.items():
            if isinstance(one, str) and logs_in and name in _ISSUED:
                self.secrets.add(one)
            elif isinstance(one, str) and name in _LINKS and "?" in one:
                self.secrets.add(one.partition("?")[2])
            else:
                self._seed(one, logs_in=logs_in)
        if "id" in value:
            self.ibans += 1
            value |= {"iban": IBAN, "bank_account": {"iban": IBAN}, "rib": f"RIB {IBAN}"}


def _echo(sent: str) -> str:
    text = f"Refused: IBAN {IBAN} unknown, {sent or 'no credentials'}, see {SIGNED}"
    return json.dumps(
        {
            "message": text,
            "error": {"message": text, "code": "E1"},
            "errors": [{"message": text, "detail": text}],
            "detail": text,
            "title": text,
            "Message": text,
        }
    )
