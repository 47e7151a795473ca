"""ACD i-Suite Expert, emulated: one firm's server with four dossiers, reached by three hostings that differ.

ACD publishes no reference: it answers what independent public clients agree on, and each hosting takes one side where
they do not. ``/acd/cnx/api`` is the newer one, ``/acd/iSuiteExpert/api`` the older (the session must have a dossier,
years by another route, no ``codeRetour`` for a success, other spellings), ``/acd/nosession/api`` selects no dossier.
Controls below ``/_sandbox/acd``: ``sleep``, ``expire``, ``journal``, ``account``, ``close``, ``ged``,
``file-tray``.
"""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.acd import answers
from sellsy_ledger_sandbox.acd.books import Dossier, type_in
from sellsy_ledger_sandbox.acd.hosting import HOSTINGS, Server
from sellsy_ledger_sandbox.acd.routes import wire
from sellsy_ledger_sandbox.base import HandEntry, Tool, World

__all__ = ["build"]


def build(world: World) -> Tool:
    """The emulated tool: its routes and its books. No quota is known."""
    server = Server(world)
    routes = Blueprint("acd", __name__)
    for hosting in HOSTINGS:
        wire(routes, server, hosting)

    @routes.before_request
    def night() -> ResponseReturnValue | None:
        if not server.asleep:
            return None
        return f"<html><body><h1>{server.asleep} Service Unavailable</h1></body></html>", server.asleep

    def typed(entry: HandEntry) -> None:
        name = entry.get("company")
        found = [each for each in server.dossiers.values() if name in (None, each.name)]
        if not found:
            raise ValueError(f"no dossier {name}")
        type_in(found[0], entry)

    return Tool(
        name="acd",
        routes=routes,
        entries=lambda: [answers.witness(each, booked) for each in server.dossiers.values() for booked in each.entries],
        reset=server.reset,
        caller=lambda headers: headers.get("UUID", ""),
        error=lambda status: ("text/html", b"<html><body><h1>Server Error in '/' Application.</h1></body></html>"),
        controls=_controls(server),
        type_in=typed,
    )


def _controls(server: Server) -> Blueprint:
    controls = Blueprint("acd_controls", __name__)

    @controls.post("/sleep")
    def sleep() -> ResponseReturnValue:
        """``{"status": 503}``: the server is off behind its proxy; ``{"status": 0}`` wakes it."""
        server.asleep = int(request.get_json(force=True).get("status", 503))
        return jsonify(status=server.asleep)

    @controls.post("/expire")
    def expire() -> ResponseReturnValue:
        """Every session is over."""
        with server.world.lock:
            count = len(server.sessions)
            server.sessions.clear()
        return jsonify(expired=count)

    @controls.post("/journal")
    def journal() -> ResponseReturnValue:
        """``{"dossier", "code", "takes_number"}``: what the server enforces; its list goes on saying what it said."""
        wanted = request.get_json(force=True)
        _dossier(server, wanted).journals[wanted["code"]].takes_number = bool(wanted["takes_number"])
        return jsonify(wanted)

    @controls.post("/account")
    def account() -> ResponseReturnValue:
        """``{"dossier", "code"}``: somebody deletes an account."""
        wanted = request.get_json(force=True)
        return jsonify(deleted=_dossier(server, wanted).accounts.pop(wanted["code"], None) is not None)

    @controls.post("/close")
    def close() -> ResponseReturnValue:
        """``{"dossier", "key", "lettering"}``: the firm validates the entry of that mark today, or letters it."""
        wanted = request.get_json(force=True)
        dossier = _dossier(server, wanted)
        with server.world.lock:
            found = [each for each in dossier.entries if answers.witness(dossier, each)["key"] == wanted["key"]]
            for booked in found:
                booked.lettering = str(wanted.get("lettering") or "")
                booked.validated = None if booked.lettering else server.world.today()
        return jsonify(closed=len(found))

    @controls.post("/ged")
    def ged() -> ResponseReturnValue:
        """``{"dossier", "plan", "linked"}``: the document store's classification, and whether there is one."""
        wanted = request.get_json(force=True)
        dossier = _dossier(server, wanted)
        dossier.has_ged_plan, dossier.has_ged = bool(wanted.get("plan", True)), bool(wanted.get("linked", True))
        return jsonify(wanted)

    @controls.post("/file-tray")
    def file_tray() -> ResponseReturnValue:
        """The firm works off the tray: its documents are filed in the document store."""
        dossier = _dossier(server, request.get_json(force=True))
        with server.world.lock:
            filed = len(dossier.tray)
            dossier.files += dossier.tray
            dossier.tray.clear()
        return jsonify(filed=filed)

    return controls


def _dossier(server: Server, wanted: dict[str, str]) -> Dossier:
    return server.dossiers[wanted.get("dossier", "DEMO01")]
