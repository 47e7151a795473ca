"""Sellsy, emulated: V2 REST below ``/sellsy/v2``, V1 below ``/sellsy/v1/0/``, tokens, files.

Answers follow Sellsy's official OpenAPI 2.264.0 (a contract test compares them) and what running clients saw; what no
source tells is answered in the awkward way. Nothing can be written here through Sellsy's own API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Blueprint
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.base import Tool, World
from sellsy_ledger_sandbox.quota import Quota, Standing
from sellsy_ledger_sandbox.sellsy.controls import controls
from sellsy_ledger_sandbox.sellsy.documents import document_routes
from sellsy_ledger_sandbox.sellsy.files import answer_file
from sellsy_ledger_sandbox.sellsy.journal import journal_routes
from sellsy_ledger_sandbox.sellsy.paging import Refused, refuse
from sellsy_ledger_sandbox.sellsy.settings import LIMITS, reference_routes
from sellsy_ledger_sandbox.sellsy.source import Source
from sellsy_ledger_sandbox.sellsy.third_parties import third_party_routes
from sellsy_ledger_sandbox.sellsy.v1 import answer_v1

__all__ = ["build"]

_PERIODS: Final = ("Second", "Minute", "Day", "Month")


def _quota() -> Quota:
    def headers(standings: list[Standing]) -> Mapping[str, str]:
        pairs = zip(_PERIODS, standings, strict=True)
        return {f"X-Quota-Remaining-By-{period}": str(standing.remaining) for period, standing in pairs}

    def refusal(standings: list[Standing]) -> tuple[Mapping[str, str], str, bytes]:
        body = b'{"error":{"code":429,"message":"Too Many Requests","context":null,"details":[]}}'
        return {}, "application/json", body

    return Quota(LIMITS, headers, refusal)


def _error(status: int) -> tuple[str, bytes]:
    names = {401: "Unauthorized", 500: "Internal Server Error"}
    body = f'{{"error":{{"code":{status},"message":"{names.get(status, "Error")}","context":null,"details":[]}}}}'
    return "application/json", body.encode()


def build(world: World) -> Tool:
    """Make the emulated Sellsy."""
    sellsy = Source(world)
    routes = Blueprint("sellsy", __name__)
    routes.register_error_handler(Refused, refuse)

    @routes.post("/oauth2/access-tokens")
    def mint() -> ResponseReturnValue:
        return sellsy.access.mint()

    @routes.post("/v1/0/")
    def v1() -> ResponseReturnValue:
        try:
            return answer_v1(sellsy.account)
        except Refused as refused:
            return "oauth_problem=token_rejected", refused.status, {"Content-Type": "text/plain"}

    @routes.get("/")
    @routes.get("/file/")
    def file() -> ResponseReturnValue:
        return answer_file(sellsy.accounts)

    document_routes(routes, sellsy)
    third_party_routes(routes, sellsy)
    reference_routes(routes, sellsy)
    journal_routes(routes, sellsy)
    return Tool(
        name="sellsy",
        routes=routes,
        entries=list,
        reset=sellsy.reset,
        quota=_quota(),
        caller=sellsy.caller,
        counted=lambda route: "/v2/" in route or "/v1/" in route,
        error=_error,
        controls=controls(sellsy),
        remembered=False,
    )
