"""The firm's server: accounts, sessions, dossiers; and the three hostings by which it is reached."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sellsy_ledger_sandbox.acd.books import Dossier, Refusal
from sellsy_ledger_sandbox.base import World

__all__ = ["HOSTINGS", "Hosting", "Server", "Session"]

# The demonstration's own, worth nothing.
LOGIN, PASSWORD = "demo-login-acd", "demo-password-acd"
CNX = "CNX"
SESSION_SECONDS = 60 * 60
FAILURES_MAX, LOCKED_SECONDS = 5, 10 * 60


@dataclass(frozen=True)
class Hosting:
    """How one kind of server answers.

    Attributes:
        prefix: what stands before ``/v1``.
        selects: it has the route that ties a dossier to the session.
        needs_selection: it reads the dossier from the session only, never from ``CodeDossier``.
        years: its route of the fiscal years.
        pascal: keys are ``CodeRetour`` rather than ``codeRetour``.
        code_on_success: a success tells ``codeRetour`` 1.
        error_status: the status of a refusal in ACD's body.
        lost_status: the status of an unknown session.
        french: sentences are French.
        auxiliary_apart: the FEC has auxiliary accounts in their own column.
        encoding: of the FEC.
    """

    prefix: str
    selects: bool = True
    needs_selection: bool = False
    years: str = "/v1/compta/exercices"
    pascal: bool = False
    code_on_success: bool = True
    error_status: int = 200
    lost_status: int = 401
    french: bool = True
    auxiliary_apart: bool = True
    encoding: str = "utf-8"


HOSTINGS = (
    Hosting("/cnx/api"),
    Hosting(
        "/iSuiteExpert/api",
        needs_selection=True,
        years="/v1/exercices",
        pascal=True,
        code_on_success=False,
        error_status=400,
        lost_status=200,
        french=False,
        auxiliary_apart=False,
        encoding="cp1252",
    ),
    Hosting("/nosession/api", selects=False),
)


@dataclass
class Session:
    """One login: when it was last used, and the dossier it is bound to."""

    used_at: float
    dossier: str | None = None


class Server:
    """Everything behind the hostings."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.reset()

    def reset(self) -> None:
        """Start again: no session, no entry."""
        self.sessions: dict[str, Session] = {}
        self.asleep = 0
        self._logins = 0
        self._failures = 0
        self._locked_until = 0.0
        made = (
            Dossier("DEMO01", "Atelier Exemple SARL", self.world),
            Dossier("DEMO02", "Boutique Exemple SAS", self.world),
            Dossier("DEMO03", "Commerce Exemple SARL", self.world, shared=False),
            Dossier("DEMO04", "Décalé Exemple SAS", self.world, shifted=True),
        )
        self.dossiers = {each.code: each for each in made}

    def log_in(self, body: Mapping[str, Any]) -> str:
        """A new session's UUID. Five failures in a row lock the account for ten minutes, good passwords included."""
        with self.world.lock:
            now = self.world.time()
            if now < self._locked_until:
                raise Refusal("", "Compte verrouillé, réessayez dans 10 minutes", 401)
            given = (body.get("identifiant"), body.get("motdepasse"), body.get("cnx", CNX))
            if given != (LOGIN, PASSWORD, CNX):
                self._failures += 1
                if self._failures >= FAILURES_MAX:
                    self._failures, self._locked_until = 0, now + LOCKED_SECONDS
                raise Refusal("", "Identifiant ou mot de passe incorrect", 401)
            self._failures = 0
            self._logins += 1
            uuid = hashlib.sha256(f"acd session {self._logins}".encode()).hexdigest()[:12].upper()
            self.sessions[uuid] = Session(now)
            return uuid

    def session(self, uuid: str, hosting: Hosting) -> Session:
        """The session of a call; a refusal when it is unknown or was idle for an hour."""
        with self.world.lock:
            now, found = self.world.time(), self.sessions.get(uuid)
            if found is None or now - found.used_at > SESSION_SECONDS:
                self.sessions.pop(uuid, None)
                raise Refusal("jetonNonRecu", "Le jeton est absent ou expiré", hosting.lost_status)
            found.used_at = now
            return found

    def dossier(self, code: str) -> Dossier:
        """A dossier that the account may use."""
        found = self.dossiers.get(code)
        if found is None:
            raise Refusal("", "Dossier introuvable en comptabilité", 404)
        if not found.shared:
            raise Refusal("", "Le dossier n'est pas partagé", 403)
        return found
