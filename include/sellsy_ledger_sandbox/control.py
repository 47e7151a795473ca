"""The control surface below ``/_sandbox``: what was posted, what was typed in, calls, faults, quota, start again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.faults import KINDS

if TYPE_CHECKING:
    from sellsy_ledger_sandbox.server import Sandbox

__all__ = ["control"]


def control(sandbox: Sandbox) -> Blueprint:
    """The routes of the control surface."""
    routes = Blueprint("_sandbox", __name__, url_prefix="/_sandbox")

    @routes.get("/")
    def index() -> ResponseReturnValue:
        return jsonify(tools=sorted(sandbox.tools), fault_kinds=KINDS, quota=sandbox.quota_enabled)

    @routes.get("/<tool>/entries")
    def entries(tool: str) -> ResponseReturnValue:
        if tool not in sandbox.tools:
            return jsonify(error=f"no tool {tool}; there are {', '.join(sorted(sandbox.tools))}"), 404
        return jsonify(sandbox.entries(tool))

    @routes.post("/<tool>/entries")
    def type_in(tool: str) -> ResponseReturnValue:
        try:
            sandbox.type_in(tool, request.get_json(force=True))
        except (KeyError, ValueError, AttributeError) as error:
            return jsonify(error=str(error)), 400
        return jsonify(typed=True), 201

    @routes.get("/calls")
    def calls() -> ResponseReturnValue:
        return jsonify(sandbox.calls())

    @routes.get("/faults")
    def planned() -> ResponseReturnValue:
        return jsonify(sandbox.planned_faults())

    @routes.post("/faults")
    def plan() -> ResponseReturnValue:
        wanted = request.get_json(force=True)
        try:
            waiting = sandbox.faults(wanted if isinstance(wanted, list) else [wanted])
        except (ValueError, AttributeError, TypeError) as error:
            return jsonify(error=str(error)), 400
        return jsonify(waiting=waiting)

    @routes.post("/quota")
    def quota() -> ResponseReturnValue:
        wanted = request.get_json(force=True)
        if not isinstance(wanted, dict) or not isinstance(wanted.get("enabled"), bool):
            return jsonify(error='send {"enabled": true} or {"enabled": false}'), 400
        sandbox.set_quota(enabled=wanted["enabled"])
        return jsonify(enabled=sandbox.quota_enabled)

    @routes.post("/reset")
    def reset() -> ResponseReturnValue:
        sandbox.reset()
        return jsonify(reset=True)

    return routes
